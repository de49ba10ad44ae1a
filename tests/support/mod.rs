//! Real git in throwaway repositories: cleared environment, own HOME, fixed identity and dates, every git on the machine.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "each test file uses its own part, and a panic is how a test fails"
)]

use std::env;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use tempfile::TempDir;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_gnp-lint");

/// One git of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself, e.g. `git version 2.47.3`.
    pub version: String,
}

impl Git {
    /// Every git on PATH, one of each version.
    pub fn all() -> Vec<Self> {
        static FOUND: OnceLock<Vec<Git>> = OnceLock::new();
        FOUND.get_or_init(find_all).clone()
    }
}

fn find_all() -> Vec<Git> {
    let mut found: Vec<Git> = Vec::new();
    for dir in env::split_paths(&env::var_os("PATH").unwrap_or_default()) {
        let path = dir.join("git");
        let Ok(output) = Command::new(&path).arg("version").output() else { continue };
        let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !found.iter().any(|git| git.version == version) {
            found.push(Git { path, version });
        }
    }
    assert!(!found.is_empty(), "no git on PATH");
    found
}

/// A folder of its own with HOME, PATH and a repository in `repo`.
pub struct Sandbox {
    dir: TempDir,
    git: Git,
}

impl Sandbox {
    /// An empty folder: no repository yet.
    pub fn empty(git: &Git) -> Self {
        let sandbox = Self { dir: tempfile::tempdir().unwrap(), git: git.clone() };
        for name in ["home", "bin", "repo"] {
            fs::create_dir(sandbox.path(name)).unwrap();
        }
        // A command of git has ended when it ends: no upkeep goes on behind it while a test looks at the repository.
        let upkeep = "[gc]\n\tautoDetach = false\n[maintenance]\n\tautoDetach = false\n";
        fs::write(sandbox.path("home/.gitconfig"), upkeep).unwrap();
        symlink(&git.path, sandbox.path("bin/git")).unwrap();
        symlink(BINARY, sandbox.path("bin/gnp-lint")).unwrap();
        // The writer of the built-in policy, as a word in front of a command.
        let fleet = "#!/bin/sh\nGNP_WRITER=merge-engine exec \"$@\"\n";
        fs::write(sandbox.path("bin/fleet"), fleet).unwrap();
        sandbox.sh("chmod +x ../bin/fleet");
        sandbox
    }

    /// A repository with 136 agents that a fleet commits to, with the hooks installed.
    pub fn new(git: &Git) -> Self {
        static MADE: Mutex<Vec<(Sandbox, Child)>> = Mutex::new(Vec::new());
        let template = {
            let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
            if !made.iter().any(|(sandbox, _)| sandbox.git == *git) {
                let sandbox = Self::make(git);
                let sweeper = sandbox.removed_at_exit();
                made.push((sandbox, sweeper));
            }
            made.iter().find(|(sandbox, _)| sandbox.git == *git).unwrap().0.path("repo")
        };
        let sandbox = Self::empty(git);
        let copied = Command::new("cp").arg("-a").arg(format!("{}/.", template.display())).arg(sandbox.path("repo")).status().unwrap();
        assert!(copied.success());
        sandbox
    }

    fn make(git: &Git) -> Self {
        let sandbox = Self::empty(git);
        sandbox.ok(&format!("mkdir -p state && cat > state/agents.json <<'EOF'\n{}EOF\n", agents(136)));
        sandbox.ok("git init -q -b main .\n\
             echo '{\"last_run\": \"2026-01-01T00:00:00Z\"}' > state/heartbeat_state.json\n\
             echo '# A fleet' > README.md\n\
             git add . && git commit -qm 'begin'\n\
             echo 'It never stops.' >> README.md && git commit -qam 'describe'");
        sandbox.ok("gnp-lint install --force > ../install.log 2>&1");
        sandbox
    }

    /// Has the folder removed once this process has ended, however it does: what is static is not dropped.
    fn removed_at_exit(&self) -> Child {
        let mut sh = Command::new("sh");
        sh.args(["-c", "cat; rm -rf \"$1\"", "sh"]).arg(self.dir.path()).current_dir("/");
        sh.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }

    /// The git that `git` means here.
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// A path in the sandbox.
    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Runs shell text in `repo`, as `set -e` would have it stop.
    pub fn sh(&self, script: &str) -> Output {
        self.command("sh").arg("-ec").arg(script).output().unwrap()
    }

    /// A command in `repo` with the sandbox's environment and nothing else.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = format!("{}:/usr/bin:/bin", self.path("bin").display());
        command.current_dir(self.path("repo")).env_clear().env("PATH", path).env("HOME", self.path("home"));
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_EDITOR", ":").env("TZ", "UTC").env("LC_ALL", "C.UTF-8");
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ada").env(format!("GIT_{who}_EMAIL"), "ada@example.org");
            command.env(format!("GIT_{who}_DATE"), "1767225600 +0000");
        }
        command
    }

    /// Runs shell text that must succeed: what it wrote to stdout.
    pub fn ok(&self, script: &str) -> String {
        let output = self.sh(script);
        assert!(output.status.success(), "{}: failed: {script}\n{}", self.git.version, both(&output));
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs shell text that must fail: what it wrote to both streams.
    pub fn fails(&self, script: &str) -> String {
        let output = self.sh(script);
        assert!(!output.status.success(), "{}: passed: {script}\n{}", self.git.version, both(&output));
        both(&output)
    }

    /// What the doors have logged so far.
    pub fn log(&self) -> Vec<serde_json::Value> {
        let text = fs::read_to_string(self.path("repo/.git/gnp/log.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Everything that an act may have changed: refs, HEAD, index, work tree, stashes, reflogs, what is in progress.
    pub fn state(&self) -> String {
        let tree = "find . -path ./.git -prune -o \\( -type f -o -type l \\) -print | LC_ALL=C sort | while IFS= read -r f; do printf '%s ' \"$f\"; git hash-object --no-filters \"$f\"; done";
        let progress = "ls -d .git/*_HEAD .git/MERGE_* .git/rebase-* .git/sequencer .git/*.lock 2>/dev/null || :";
        let git = "git for-each-ref; git rev-parse -q --verify HEAD; git symbolic-ref -q HEAD || echo detached; git ls-files -s; git status --porcelain; git stash list; git reflog show --all";
        self.ok(&format!("{git}; {tree}; {progress}"))
    }
}

/// Both streams of a command, for messages.
pub fn both(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// `state/agents.json` with a number of agents.
pub fn agents(count: usize) -> String {
    let agent = |n: usize| format!("    \"agent-{n:03}\": {{ \"phase\": \"idle\", \"karma\": {} }}", n * 7 % 100);
    let agents: Vec<String> = (1..=count).map(agent).collect();
    format!("{{\n  \"agents\": {{\n{}\n  }},\n  \"total\": {count}\n}}\n", agents.join(",\n"))
}

/// A path as text.
pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
