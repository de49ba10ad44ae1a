//! The throwaway repository that the demo plays in: nothing of the user's configuration comes in, nothing stays behind.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::commands::install::program;

/// A folder with a repository `fleet` and whatever the acts put beside it.
#[derive(Debug)]
pub(super) struct Stage {
    folder: TempDir,
    sweeper: Sweeper,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The fleet's merge engine, known by its environment as the built-in policy has it.
    Fleet,
    /// Anybody else.
    Session,
}

/// How a command ended.
#[derive(Debug, Default)]
pub(super) struct Ended {
    /// Whether its exit code was 0.
    pub(super) success: bool,
    /// What it wrote, standard output first.
    pub(super) text: String,
}

impl Ended {
    /// The first line that holds a word, without the spaces around it.
    pub(super) fn line(&self, word: &str) -> Option<String> {
        self.text.lines().find(|line| line.contains(word)).map(|line| line.trim().to_owned())
    }
}

impl Stage {
    /// Makes the repository, with a first commit.
    pub(super) fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("gnp-lint-demo-").tempdir().context("no temporary folder can be made")?;
        let sweeper = Sweeper::over(folder.path())?;
        let stage = Self { folder, sweeper };
        fs::create_dir(stage.folder.path().join("home"))?;
        fs::create_dir(stage.repo())?;
        stage.must(&["init", "-q", "."])?;
        stage.must(&["symbolic-ref", "HEAD", "refs/heads/main"])?;
        // No upkeep goes on behind a command that has ended, not while the folder is removed either.
        stage.must(&["config", "maintenance.auto", "false"])?;
        stage.write("state/agents.json", &super::agents(403))?;
        stage.write("state/stream_assignments.json", "{\"streams\": {}}\n")?;
        stage.must(&["add", "."])?;
        stage.must(&["commit", "-q", "-m", "Frame 403"])?;
        Ok(stage)
    }

    fn repo(&self) -> PathBuf {
        self.folder.path().join("fleet")
    }

    /// Puts the hooks in as a user would, by this very program and away from the user's configuration.
    pub(super) fn install(&self) -> Result<()> {
        let mut install = self.command(program()?, Who::Session);
        let ended = end(install.arg("install"))?;
        if !ended.success {
            bail!("the hooks cannot be installed: {}", ended.text.trim_end());
        }
        Ok(())
    }

    /// What git calls itself.
    pub(super) fn version(&self) -> Result<String> {
        Ok(self.must(&["--version"])?.replace(" version", ""))
    }

    /// Puts content into a file; its path counts from the repository.
    pub(super) fn write(&self, path: &str, content: &str) -> Result<()> {
        let path = self.repo().join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&path, content).with_context(|| format!("`{}` cannot be written", path.display()))
    }

    /// The content of a file.
    pub(super) fn read(&self, path: &str) -> Result<Vec<u8>> {
        let path = self.repo().join(path);
        fs::read(&path).with_context(|| format!("`{}` cannot be read", path.display()))
    }

    /// The full id of a branch's tip.
    pub(super) fn tip(&self, branch: &str) -> Result<String> {
        self.must(&["rev-parse", "--verify", branch])
    }

    /// The first line of the message of a branch's tip.
    pub(super) fn subject(&self, branch: &str) -> Result<String> {
        self.must(&["log", "-1", "--format=%s", branch])
    }

    /// What differs from the last commit.
    pub(super) fn status(&self) -> Result<String> {
        self.must(&["status", "--porcelain"])
    }

    /// Runs git in the repository.
    pub(super) fn git(&self, who: Who, args: &[&str]) -> Result<Ended> {
        end(self.command("git", who).args(args))
    }

    /// Commits one file of the repository.
    pub(super) fn commit(&self, who: Who, path: &str, subject: &str) -> Result<Ended> {
        self.commit_in(".", who, path, subject)
    }

    /// Commits one file of a worktree.
    pub(super) fn commit_in(&self, worktree: &str, who: Who, path: &str, subject: &str) -> Result<Ended> {
        let added = self.git(who, &["-C", worktree, "add", path])?;
        if added.success { self.git(who, &["-C", worktree, "commit", "-q", "-m", subject]) } else { Ok(added) }
    }

    /// Runs a line of shell text in the repository, as if it were pasted.
    pub(super) fn shell(&self, line: &str) -> Result<Ended> {
        end(self.command("sh", Who::Session).args(["-c", line]))
    }

    /// Takes everything away.
    pub(super) fn strike(self) -> Result<()> {
        self.folder.close().context("the temporary folder cannot be removed")?;
        self.sweeper.dismiss();
        Ok(())
    }

    /// Runs git, which must succeed, and returns what it printed.
    fn must(&self, args: &[&str]) -> Result<String> {
        let ended = self.git(Who::Session, args)?;
        if !ended.success {
            bail!("the stage cannot be set: `git {}` says: {}", args.join(" "), ended.text.trim_end());
        }
        Ok(ended.text.trim_end().to_owned())
    }

    fn command(&self, program: impl AsRef<OsStr>, who: Who) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.repo()).stdin(Stdio::null()).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        command.env("HOME", self.folder.path().join("home")).env("TMPDIR", self.folder.path()).env("LC_ALL", "C");
        command.envs([("GIT_CONFIG_NOSYSTEM", "1"), ("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_TERMINAL_PROMPT", "0")]);
        let (name, email) = match who {
            Who::Fleet => ("Fleet", "fleet@example.com"),
            Who::Session => ("Session", "session@example.com"),
        };
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), name).env(format!("GIT_{role}_EMAIL"), email);
            command.env(format!("GIT_{role}_DATE"), "2026-01-01T00:00:00Z");
        }
        if who == Who::Fleet {
            command.env("GNP_WRITER", "merge-engine");
        }
        command
    }
}

fn end(command: &mut Command) -> Result<Ended> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| format!("`{program}` cannot be run; is it on PATH?"))?;
    let text = [output.stdout, output.stderr].concat();
    Ok(Ended { success: output.status.success(), text: String::from_utf8_lossy(&text).into_owned() })
}

/// A process that removes the folder once this one is gone, however it ended: it sees its standard input close.
#[derive(Debug)]
struct Sweeper {
    process: Child,
    alive: ChildStdin,
}

impl Sweeper {
    fn over(folder: &Path) -> Result<Self> {
        let wait = "trap '' HUP INT TERM; cat >/dev/null; rm -rf -- \"$1\"";
        let mut sh = Command::new("sh");
        sh.args(["-c", wait, "sh"]).arg(folder).current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = sh.spawn().context("`sh` cannot be run")?;
        let alive = process.stdin.take().context("`sh` has no standard input")?;
        Ok(Self { process, alive })
    }

    fn dismiss(mut self) {
        drop(self.alive);
        // It finds nothing to remove; how it ends does not matter.
        let _ = self.process.wait();
    }
}
