//! Our hooks beside those of others: real lefthook, husky, lint-staged, pre-commit and prek, hooks of one's own, and unusual folders.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/snapshot.rs"]
mod snapshot;
mod support;

use std::env;
use std::path::PathBuf;

use gnp_lint::commands::install::{Kind, install};
use snapshot::{differences, snapshot};
use support::{Git, Sandbox};

/// The folders that hold the hook managers: those that `.ci/managers` fills, then PATH.
fn folders() -> Vec<PathBuf> {
    let own = env::var_os("GNP_MANAGERS").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/managers"), PathBuf::from);
    let mut folders = vec![own.join("node_modules/.bin"), own.join("venv/bin")];
    folders.extend(env::split_paths(&env::var_os("PATH").unwrap_or_default()));
    folders
}

/// An empty repository in which programs can be called by name.
fn with(git: &Git, programs: &[&str]) -> Sandbox {
    let sandbox = Sandbox::empty(git);
    for program in programs.iter().chain(&["node"]) {
        let found = folders().into_iter().map(|folder| folder.join(program)).find(|path| path.exists());
        let found = found.unwrap_or_else(|| panic!("{program} is missing: run .ci/managers, or name its folder in GNP_MANAGERS"));
        if !sandbox.path("bin").join(program).exists() {
            std::os::unix::fs::symlink(found, sandbox.path("bin").join(program)).unwrap();
        }
    }
    sandbox.ok("git init -q -b main .");
    sandbox
}

fn on_every_git(programs: &[&str], story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        story(&with(&git, programs));
    }
}

/// What the hooks have written down, and forget it.
fn seen(sandbox: &Sandbox) -> String {
    sandbox.ok("cat \"$HOME/seen\" 2>/dev/null || :; rm -f \"$HOME/seen\"")
}

/// lefthook with a job for each of three hooks; `veto` makes the first one fail.
const LEFTHOOK: &str = r#"cat > lefthook.yml <<'EOF'
output: false
pre-commit:
  jobs:
    - run: echo pre-commit >> "$HOME/seen"; test ! -e "$HOME/veto"
commit-msg:
  jobs:
    - run: echo commit-msg >> "$HOME/seen"
pre-push:
  jobs:
    - run: cat >> "$HOME/seen"
      use_stdin: true
EOF
git add . && git commit -qm begin
"#;

/// pre-commit's and prek's configuration.
const PRE_COMMIT: &str = r#"cat > .pre-commit-config.yaml <<'EOF'
repos:
- repo: local
  hooks:
  - id: see
    name: see
    language: system
    entry: sh -c 'echo ran >> "$HOME/seen"; test ! -e "$HOME/veto"'
    always_run: true
    pass_filenames: false
    stages: [pre-commit, pre-push]
EOF
git add . && git commit -qm begin
"#;

#[test]
fn lefthook_goes_on_with_its_input_and_its_veto() {
    on_every_git(&["lefthook"], |sandbox| {
        sandbox.ok(LEFTHOOK);
        sandbox.ok("lefthook install > /dev/null && git init -q --bare ../up.git");
        let before = snapshot(&sandbox.path("repo/.git"));
        sandbox.ok("gnp-lint install");
        seen(sandbox);
        sandbox.ok("echo one > one && git add one && git commit -qm one 2>&1 && git push -q ../up.git main 2>&1");
        let said = seen(sandbox);
        assert!(said.starts_with("pre-commit\ncommit-msg\nrefs/heads/main "), "{said}");
        sandbox.fails("touch \"$HOME/veto\" && echo two > two && git add two && git commit -qm two");
        sandbox.ok("rm \"$HOME/veto\" && git rm -q --cached two && rm two && test \"$(git log -1 --format=%s)\" = one");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("these run behind ours: lefthook"), "{said}");
        sandbox.ok("gnp-lint uninstall && rm -rf .git/logs .git/objects .git/COMMIT_EDITMSG .git/refs .git/index .git/ORIG_HEAD");
        let left: Vec<String> = differences(&before, &snapshot(&sandbox.path("repo/.git")));
        assert!(
            left.iter().all(|name| ["logs", "objects", "COMMIT_EDITMSG", "refs", "index"].iter().any(|own| name.starts_with(own))),
            "{left:?}"
        );
    });
}

#[test]
fn lefthook_with_a_file_staged_in_part_loses_nothing() {
    on_every_git(&["lefthook"], |sandbox| {
        sandbox.ok("mkdir state && echo '{}' > state/a.json && seq 9 > mine");
        sandbox.ok(LEFTHOOK);
        sandbox.ok("lefthook install > /dev/null && gnp-lint install > /dev/null
            echo '{\"n\": 1}' > state/a.json && echo 10 >> mine && git add mine && echo 11 >> mine");
        let before = sandbox.state();
        let said = sandbox.fails("git commit -qm 'in part'");
        assert!(said.contains("stash-over-fleet"), "{said}");
        assert_eq!(sandbox.state(), before);
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("lefthook makes a stash where a file is staged in part"), "{said}");
        sandbox.ok("git add mine && git commit -qm whole 2>&1");
        assert_eq!(sandbox.ok("git status --porcelain"), " M state/a.json");
    });
}

#[test]
fn lefthook_over_ours_is_noticed_and_healed() {
    on_every_git(&["lefthook"], |sandbox| {
        sandbox.ok(LEFTHOOK);
        sandbox.ok("gnp-lint install && lefthook install -f > /dev/null 2>&1");
        // lefthook moves ours to NAME.old and does not call it; the door behind them all still stands.
        let said = sandbox.fails("gnp-lint doctor");
        assert!(said.contains("replaced by lefthook") && said.contains("`pre-commit`"), "{said}");
        sandbox.ok("gnp-lint doctor --fix 2> /dev/null");
        seen(sandbox);
        // lefthook runs a job only where something is staged.
        sandbox.ok("echo one > one && git add one && git commit -qm one 2>&1");
        assert_eq!(seen(sandbox), "pre-commit\ncommit-msg");
        sandbox.ok("test ! -e .git/hooks/pre-commit.old && gnp-lint doctor > /dev/null");
        // Again, with a newer lefthook, whose hook files differ: what it wrote before is as good as overwritten.
        sandbox.ok("lefthook install -f > /dev/null 2>&1; echo '# newer' >> .git/hooks/pre-commit; gnp-lint install");
        sandbox.ok("git commit -q --allow-empty -m two 2>&1 && gnp-lint uninstall && tail -1 .git/hooks/pre-commit | grep -q newer");
        assert_eq!(sandbox.ok("ls .git/hooks | grep -v sample"), "commit-msg\npre-commit\npre-push");
    });
}

#[test]
fn pre_commit_and_prek_go_on_and_are_warned_of() {
    for program in ["pre-commit", "prek"] {
        on_every_git(&[program], |sandbox| {
            sandbox.ok(PRE_COMMIT);
            sandbox.ok(&format!(
                "{program} install -t pre-commit -t pre-push > /dev/null && git init -q --bare ../up.git && gnp-lint install"
            ));
            sandbox.ok("git commit -q --allow-empty -m one 2>&1");
            assert_eq!(seen(sandbox), "ran");
            sandbox.ok("git push -q ../up.git main 2>&1");
            assert_eq!(seen(sandbox), "ran");
            sandbox.fails("touch \"$HOME/veto\" && git commit -q --allow-empty -m two");
            let said = sandbox.ok("rm \"$HOME/veto\"; gnp-lint doctor");
            assert!(said.contains(&format!("tree-touching-hook-manager: {program} in `pre-commit`, `pre-push` reverts")), "{said}");
            // The cure takes it out and leaves ours in.
            let cure = said.lines().find_map(|line| line.trim().strip_prefix("gnp-lint uninstall && ")).unwrap();
            seen(sandbox);
            sandbox.ok(&format!("(gnp-lint uninstall && {cure}) > /dev/null 2>&1 && git commit -q --allow-empty -m three"));
            assert_eq!(seen(sandbox), "", "{program}");
            let said = sandbox.ok("gnp-lint doctor");
            assert!(said.ends_with("all is well"), "{said}");
        });
    }
}

#[test]
fn pre_commit_over_ours_calls_ours_and_nothing_runs_twice() {
    on_every_git(&["pre-commit"], |sandbox| {
        sandbox.ok(PRE_COMMIT);
        // Once over ours alone, once over ours in front of itself.
        for before in ["gnp-lint install", "gnp-lint install && pre-commit install > /dev/null && gnp-lint install"] {
            sandbox.ok(&format!("({before}) > /dev/null; pre-commit install > /dev/null; test -e .git/hooks/pre-commit.legacy"));
            seen(sandbox);
            sandbox.ok("git commit -q --allow-empty -m one 2>&1");
            assert_eq!(seen(sandbox), "ran", "{before}");
            sandbox.ok("printf '<<<<<<< a\\n=======\\n>>>>>>> b\\n' > file && git add file");
            let said = sandbox.fails("git commit -qm conflict");
            assert!(said.contains("conflict-marker"), "{said}");
            sandbox.ok("git rm -q --cached file && rm file");
            let said = sandbox.fails("gnp-lint doctor");
            assert!(said.contains("`pre-commit` replaced by pre-commit"), "{said}");
            seen(sandbox);
            sandbox.ok("gnp-lint install > /dev/null && git commit -q --allow-empty -m healed 2>&1");
            assert_eq!(seen(sandbox), "ran", "{before}");
            sandbox.ok("test ! -e .git/hooks/pre-commit.legacy && gnp-lint uninstall > /dev/null && rm -f .git/hooks/*");
        }
    });
}

#[test]
fn prek_does_not_write_over_ours_and_goes_in_before_them() {
    on_every_git(&["prek"], |sandbox| {
        sandbox.ok(PRE_COMMIT);
        sandbox.ok("gnp-lint install > /dev/null");
        // prek reads the hook that it finds as text, and ours is a program.
        sandbox.fails("prek install");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.ends_with("all is well"), "{said}");
        sandbox.ok("(gnp-lint uninstall && prek install && gnp-lint install) > /dev/null && git commit -q --allow-empty -m one 2>&1");
        assert_eq!(seen(sandbox), "ran");
    });
}

#[test]
fn husky_runs_in_every_worktree_that_has_it_and_ours_in_all() {
    on_every_git(&["husky"], |sandbox| {
        sandbox.ok("echo '{}' > package.json && printf 'echo husky >> \"$HOME/seen\"; test ! -e \"$HOME/veto\"\\n' > ../hook
            husky > /dev/null && mv ../hook .husky/pre-commit && echo .husky/_ > .gitignore && git add . && git -c core.hooksPath=/dev/null commit -qm begin");
        let said = sandbox.ok("gnp-lint install");
        assert!(said.contains("the hooks in .husky/_ still run"), "{said}");
        sandbox.ok("git commit -q --allow-empty -m one");
        assert_eq!(seen(sandbox), "husky");
        sandbox.fails("touch \"$HOME/veto\" && git commit -q --allow-empty -m two");
        // A worktree that is made later lacks `.husky/_`; without ours git would run nothing there, and say nothing.
        sandbox.ok("rm \"$HOME/veto\"; git worktree add -q -b topic ../topic && cd ../topic && printf '<<<<<<< a\\n=======\\n>>>>>>> b\\n' > file && git add file");
        seen(sandbox);
        let said = sandbox.fails("cd ../topic && git commit -qm conflict");
        assert!(said.contains("conflict-marker"), "{said}");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("for 2 checkouts") && said.contains("these run behind ours: husky"), "{said}");
        // husky sets its folder anew at each `npm install`: that is noticed and healed.
        sandbox.ok("husky > /dev/null");
        let said = sandbox.fails("gnp-lint doctor");
        assert!(said.contains("git runs those of") && said.contains(".husky/_"), "{said}");
        sandbox.ok("gnp-lint doctor --fix 2>/dev/null && git commit -q --allow-empty -m three");
        assert_eq!(seen(sandbox), "husky");
        sandbox.ok("gnp-lint uninstall && test \"$(git config core.hooksPath)\" = .husky/_");
    });
}

#[test]
fn lint_staged_is_named_because_its_stash_is_refused() {
    on_every_git(&["husky", "lint-staged"], |sandbox| {
        sandbox.ok("echo '{\"lint-staged\": {\"*.txt\": \"true\"}}' > package.json && mkdir state && echo '{}' > state/a.json && echo node_modules > .gitignore
            husky > /dev/null && printf 'lint-staged\\n' > .husky/pre-commit && git add . && git -c core.hooksPath=/dev/null commit -qm begin && gnp-lint install");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("tree-touching-hook-manager: lint-staged in `pre-commit` makes a stash"), "{said}");
        sandbox.ok("echo '{\"n\": 1}' > state/a.json && echo one > one.txt && git add one.txt");
        let said = sandbox.fails("git commit -qm one");
        assert!(said.contains("stash-over-fleet"), "{said}");
        assert_eq!(sandbox.ok("git status --porcelain"), "A  one.txt\n M state/a.json");
        sandbox.ok("printf 'lint-staged --no-stash\\n' > .husky/pre-commit && git commit -qm one 2>&1 && cat state/a.json | grep -q 1");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(!said.contains("lint-staged"), "{said}");
    });
}

#[test]
fn a_hook_file_with_blocks_of_several_tools_runs_whole_and_in_order() {
    on_every_git(&[], |sandbox| {
        sandbox.ok("cat > .git/hooks/pre-commit <<'EOF'
#!/usr/bin/env sh
echo mine >> \"$HOME/seen\"
# --- BEGIN TRACKER INTEGRATION v1 ---
echo tracker >> \"$HOME/seen\"
test ! -e \"$HOME/veto\" || exit 3
# --- END TRACKER INTEGRATION v1 ---
echo last >> \"$HOME/seen\"
EOF
chmod 750 .git/hooks/pre-commit");
        let before = snapshot(&sandbox.path("repo/.git"));
        sandbox.ok("gnp-lint install && git commit -q --allow-empty -m one");
        assert_eq!(seen(sandbox), "mine\ntracker\nlast");
        sandbox.fails("touch \"$HOME/veto\" && git commit -q --allow-empty -m two");
        sandbox.ok("gnp-lint uninstall && rm -rf .git/logs .git/objects/?? .git/COMMIT_EDITMSG .git/refs/heads/main .git/index");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn hooks_of_gits_own_configuration_are_told() {
    on_every_git(&[], |sandbox| {
        sandbox.ok("git config hook.tests.event pre-commit && git config hook.tests.command 'echo configured >> \"$HOME/seen\"' && gnp-lint install");
        sandbox.ok("git commit -q --allow-empty -m one");
        // git before 2.54 does not know them.
        let knows = ["2.39", "2.47"].iter().all(|old| !sandbox.git().version.contains(old));
        assert_eq!(seen(sandbox), if knows { "configured" } else { "" });
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("git 2.54 and newer runs `tests` of its configuration before ours"), "{said}");
        // Their veto counts, and so does ours behind them.
        if knows {
            sandbox.ok("git config hook.veto.event reference-transaction && git config hook.veto.command 'cat >> \"$HOME/seen\"; test ! -e \"$HOME/veto\" && :'");
            sandbox.ok("git commit -q --allow-empty -m two");
            let tip = sandbox.ok("git rev-parse main");
            assert!(seen(sandbox).contains(&format!("{tip} refs/heads/main")));
            sandbox.fails("touch \"$HOME/veto\"; git commit -q --allow-empty -m three");
            let said = sandbox
                .fails("rm \"$HOME/veto\"; mkdir state; printf '{' > state/a.json; git add . && git commit -q --no-verify -m broken");
            assert!(said.contains("invalid-json"), "{said}");
            sandbox.ok("git config unset hook.veto.event && git rm -q --cached state/a.json");
        }
        sandbox.ok("gnp-lint uninstall && git config hook.tests.event");
    });
}

#[test]
fn a_folder_of_hooks_that_is_a_link_is_left_as_it_is() {
    on_every_git(&[], |sandbox| {
        sandbox.ok("rm -rf .git/hooks && mkdir ../common && ln -s ../../common .git/hooks
            printf '#!/bin/sh\\necho common >> \"$HOME/seen\"\\n' > ../common/pre-commit && chmod +x ../common/pre-commit");
        let (before, shared) = (snapshot(&sandbox.path("repo/.git")), snapshot(&sandbox.path("common")));
        sandbox.ok("gnp-lint install && git commit -q --allow-empty -m one && git worktree add -q -b topic ../topic && cd ../topic && git commit -q --allow-empty -m two");
        assert_eq!(seen(sandbox), "common\ncommon");
        assert_eq!(differences(&shared, &snapshot(&sandbox.path("common"))), [""; 0], "others share it");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("for 2 checkouts"), "{said}");
        sandbox.ok("git worktree remove ../topic && gnp-lint uninstall && rm -rf .git/logs .git/objects/?? .git/COMMIT_EDITMSG .git/refs/heads/* .git/index .git/worktrees");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn a_shared_repository_stays_open_to_its_group() {
    on_every_git(&[], |sandbox| {
        for (mode, folder, file) in
            [("group", "drwxrws---", "-rw-rw----"), ("all", "drwxrwsr-x", "-rw-rw-r--"), ("umask", "drwx------", "-rw-------")]
        {
            sandbox.ok(&format!(
                "cd .. && rm -rf repo && umask 077 && git init -q -b main --shared={mode} repo && cd repo
                mkdir .husky && git config core.hooksPath .husky && gnp-lint install > /dev/null
                mkdir state && echo '{{\"a\": [1, 2, 3, 4, 5]}}' > state/a.json && git add . && git commit -qm begin"
            ));
            sandbox.fails("echo '{\"a\": []}' > state/a.json && fleet git commit -qam wipe");
            let modes = sandbox.ok("ls -ld .git/gnp .git/gnp/hooks .git/gnp/log.jsonl .git/gnp/hooks/former-hooks-path .git/gnp/hooks/pre-commit .git/gnp/hooks/pre-push | cut -c1-10");
            let modes: Vec<&str> = modes.lines().collect();
            assert_eq!(modes, [folder, folder, "-rw-r--r--", "-rwxr-xr-x", "-rwxr-xr-x", file], "{mode}");
        }
    });
}

#[test]
fn what_cannot_be_run_is_not_installed() {
    on_every_git(&[], |sandbox| {
        // As on a file system mounted `noexec`, or with a program for another machine.
        std::fs::write(sandbox.path("program"), "no program at all").unwrap();
        let before = snapshot(&sandbox.path("repo/.git"));
        let refused = install(&sandbox.path("repo"), &sandbox.path("program"), Kind::WorkTree).unwrap_err().to_string();
        assert!(refused.contains("nothing was installed") && refused.contains("cannot be run"), "{refused}");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn what_cannot_be_written_is_said_and_nothing_is_half_done() {
    on_every_git(&[], |sandbox| {
        // The superuser may write everywhere: what it cannot do is make a folder where a file stands.
        sandbox.ok("rm -rf .git/hooks && echo mine > .git/hooks");
        let before = snapshot(&sandbox.path("repo/.git"));
        let said = sandbox.fails("gnp-lint install");
        assert!(said.contains(".git/hooks") && said.starts_with("gnp-lint: "), "{said}");
        sandbox.ok("gnp-lint uninstall");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
        sandbox.ok("rm .git/hooks && mkdir .git/hooks && chmod a-w .git/hooks .git");
        let output = sandbox.sh("test -w .git && exec gnp-lint install; gnp-lint install");
        let said = support::both(&output);
        sandbox.ok("chmod u+w .git .git/hooks");
        match output.status.code() {
            Some(0) => assert!(said.contains("installed the hooks"), "{said}"),
            code => assert!(code == Some(2) && said.contains("cannot be"), "{said}"),
        }
    });
}
