//! Installing into real repositories, with every git of this machine: what runs afterwards, and that nothing is left after `uninstall`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "support/snapshot.rs"]
mod snapshot;
mod support;

use std::fs;

use snapshot::{differences, snapshot, touched};
use support::{Git, Sandbox};

/// Runs a story once with each git, in a repository without commits.
fn with_each_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok("git init -q -b main .");
        story(&sandbox);
    }
}

/// What shell text left behind.
struct Outcome {
    code: i32,
    out: String,
    err: String,
}

fn run(sandbox: &Sandbox, text: &str) -> Outcome {
    let output = sandbox.sh(text);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Outcome { code: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}

/// Existing hooks of every sort, and a configuration with a comment in it.
const LIVED_IN: &str = r#"
printf '# mine\n[user]\n\tname = Ada ; not Eva\n' >> .git/config
printf '#!/bin/sh\necho "pre-commit: $0" >> "$HOME/seen"\n' > .git/hooks/pre-commit
chmod 755 .git/hooks/pre-commit
printf 'not a hook yet\n' > .git/hooks/pre-push
printf '#!/bin/sh\ncp "$1" "$HOME/message"\n' > .git/hooks/check-message
chmod 700 .git/hooks/check-message
ln -s check-message .git/hooks/commit-msg
"#;

#[test]
fn uninstall_puts_everything_back_byte_for_byte() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        let before = snapshot(&sandbox.path("repo/.git"));
        let said = sandbox.ok("gnp-lint install");
        assert!(said.contains("installed the hooks"), "{said}");
        assert!(said.contains("your own hooks still run: pre-commit, commit-msg, pre-push"), "{said}");
        let after = snapshot(&sandbox.path("repo/.git"));
        assert_eq!(after["hooks/commit-msg.before-gnp"].content.as_slice(), b"check-message", "a link stays a link");
        assert_eq!(sandbox.ok("git config --local rebase.autoStash; git config --local merge.autoStash"), "false\nfalse");
        sandbox.ok("gnp-lint uninstall");
        let restored = snapshot(&sandbox.path("repo/.git"));
        assert_eq!(differences(&before, &restored), [""; 0]);
        let said = sandbox.ok("gnp-lint uninstall");
        assert!(said.starts_with("not installed"), "{said}");
        assert_eq!(touched(&restored, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn a_second_install_touches_nothing() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        sandbox.ok("gnp-lint install");
        let first = snapshot(&sandbox.path("repo/.git"));
        let said = sandbox.ok("gnp-lint install && gnp-lint install");
        assert!(said.starts_with("already installed"), "{said}");
        assert_eq!(touched(&first, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn a_folder_without_hooks_gets_one_and_loses_it_again() {
    with_each_git(|sandbox| {
        sandbox.ok("rm -r .git/hooks");
        let before = snapshot(&sandbox.path("repo/.git"));
        sandbox.ok("gnp-lint install && test -x .git/hooks/pre-commit && gnp-lint uninstall");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn earlier_hooks_run_with_arguments_and_input() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        sandbox.ok(
            "printf '#!/bin/sh\\nprintf \"%%s \" \"$@\" >> \"$HOME/moves\"\\ncat >> \"$HOME/moves\"\\n' > .git/hooks/reference-transaction
            cp .git/hooks/reference-transaction .git/hooks/pre-push
            chmod +x .git/hooks/reference-transaction .git/hooks/pre-push
            gnp-lint install
            git commit -q --allow-empty -m 'a message'
            test \"$(cat \"$HOME/message\")\" = 'a message'
            grep -q 'pre-commit: .git/hooks/pre-commit.before-gnp' \"$HOME/seen\"
            grep -q '^prepared 0' \"$HOME/moves\"
            grep -q '^committed 0' \"$HOME/moves\"
            grep -q \"$(git rev-parse main) refs/heads/main$\" \"$HOME/moves\"
            git init -q --bare ../remote
            git push -q ../remote main
            grep -q \"^../remote ../remote refs/heads/main $(git rev-parse main) refs/heads/main 0000\" \"$HOME/moves\"",
        );
    });
}

#[test]
fn the_veto_of_an_earlier_hook_counts() {
    for hook in ["pre-commit", "commit-msg", "reference-transaction"] {
        with_each_git(|sandbox| {
            sandbox
                .ok(&format!("printf '#!/bin/sh\\necho no from {hook} >&2\\nexit 1\\n' > .git/hooks/{hook}; chmod +x .git/hooks/{hook}"));
            sandbox.ok("gnp-lint install");
            let refused = run(sandbox, "git commit -q --allow-empty -m x");
            assert_ne!(refused.code, 0, "{hook}");
            assert!(refused.err.contains(&format!("no from {hook}")), "{}", refused.err);
            assert_ne!(run(sandbox, "git rev-parse -q --verify main").code, 0, "{hook}");
        });
    }
}

#[test]
fn hooks_of_a_configured_folder_run_untouched() {
    with_each_git(|sandbox| {
        sandbox.ok("mkdir -p .husky/_
            for hook in pre-commit prepare-commit-msg post-commit; do
                printf '#!/bin/sh\\necho \"%s $0 $*\" >> \"$HOME/seen\"\\n' $hook > .husky/_/$hook
            done
            chmod +x .husky/_/*
            git config core.hooksPath .husky/_");
        let before = snapshot(&sandbox.path("repo"));
        let said = sandbox.ok("gnp-lint install");
        assert!(said.contains("the hooks in .husky/_ still run"), "{said}");
        let hooks = sandbox.path("repo").canonicalize().unwrap().join(".git/gnp/hooks");
        assert_eq!(sandbox.ok("git config --local core.hooksPath").trim_end(), hooks.to_str().unwrap());
        assert!(sandbox.ok("gnp-lint install").starts_with("already installed"));
        let seen = sandbox.ok("git commit -q --allow-empty -m x; cat \"$HOME/seen\"");
        assert_eq!(
            seen,
            "pre-commit .husky/_/pre-commit \nprepare-commit-msg .husky/_/prepare-commit-msg .git/COMMIT_EDITMSG message\n\
             post-commit .husky/_/post-commit"
        );
        // A hook that is added there later runs as well.
        sandbox.ok("printf '#!/bin/sh\\nexit 1\\n' > .husky/_/commit-msg; chmod +x .husky/_/commit-msg; ! git commit -q --allow-empty -m y
            rm .husky/_/commit-msg
            gnp-lint uninstall
            rm -rf .git/logs .git/objects/?? .git/COMMIT_EDITMSG .git/refs/heads/main .git/index");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo"))), [""; 0]);
    });
}

#[test]
fn a_global_folder_of_hooks_runs_too_and_stays_global() {
    with_each_git(|sandbox| {
        sandbox.ok("mkdir \"$HOME/their hooks\"
            printf '#!/bin/sh\\nexit 1\\n' > \"$HOME/their hooks/pre-commit\"; chmod +x \"$HOME/their hooks/pre-commit\"
            git config --global core.hooksPath '~/their hooks'");
        let before = snapshot(&sandbox.path("repo/.git"));
        sandbox.ok("gnp-lint install");
        sandbox.ok("! git commit -q --allow-empty -m x; gnp-lint uninstall; rm -rf .git/index .git/objects/??");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
        assert_eq!(sandbox.ok("git config --show-scope core.hooksPath"), "global\t~/their hooks");
    });
}

#[test]
fn a_folder_that_is_configured_later_is_found_at_the_next_install() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        sandbox.ok("gnp-lint install
            mkdir .husky; printf '#!/bin/sh\\necho husky >> \"$HOME/seen\"\\n' > .husky/pre-commit; chmod +x .husky/pre-commit
            git config core.hooksPath .husky
            gnp-lint install
            git commit -q --allow-empty -m x
            test \"$(cat \"$HOME/seen\")\" = husky
            test ! -e .git/hooks/gnp-lint
            gnp-lint uninstall
            test \"$(git config core.hooksPath)\" = .husky
            test ! -e .git/gnp");
    });
}

#[test]
fn a_copied_or_moved_repository_minds_its_own_hooks() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        sandbox.ok("mkdir .husky; printf '#!/bin/sh\\necho husky >> \"$HOME/seen\"\\n' > .husky/pre-commit; chmod +x .husky/pre-commit");
        for configured in ["", "git config core.hooksPath .husky"] {
            sandbox.ok(configured);
            let (git, before) = (sandbox.path("repo/.git"), snapshot(&sandbox.path("repo/.git")));
            sandbox.ok("gnp-lint install; rm -rf ../copy; cp -a . ../copy");
            let installed = snapshot(&git);
            // A copy that is installed into, or freed, leaves the original alone.
            sandbox.ok("gnp-lint install ../copy; cd ../copy; git commit -q --allow-empty -m x; test \"$(wc -l < \"$HOME/seen\")\" -eq 1; rm \"$HOME/seen\"");
            assert_eq!(differences(&installed, &snapshot(&git)), [""; 0]);
            sandbox.ok("gnp-lint uninstall ../copy; cd ../copy; git commit -q --allow-empty -m y; rm \"$HOME/seen\"; test ! -e .git/gnp");
            assert_eq!(differences(&installed, &snapshot(&git)), [""; 0]);
            sandbox.ok("cd ..; mv repo moved; gnp-lint uninstall moved; mv moved repo");
            assert_eq!(differences(&before, &snapshot(&git)), [""; 0]);
        }
    });
}

#[test]
fn a_lost_record_does_not_leave_git_without_hooks() {
    with_each_git(|sandbox| {
        sandbox.ok("mkdir .husky; printf '#!/bin/sh\\nexit 1\\n' > .husky/pre-commit; chmod +x .husky/pre-commit
            git config --global core.hooksPath \"$PWD/.husky\"
            gnp-lint install; rm .git/gnp/*.*; gnp-lint install; gnp-lint uninstall
            test -z \"$(git config --local core.hooksPath)\"
            ! git commit -q --allow-empty -m x");
    });
}

#[test]
fn settings_made_since_are_kept() {
    with_each_git(|sandbox| {
        sandbox.ok("git config merge.autoStash true; gnp-lint install; git config user.name Eva; gnp-lint uninstall");
        let config = sandbox.ok("git config --local --list");
        assert!(config.contains("user.name=Eva") && config.contains("merge.autostash=true"), "{config}");
        assert!(!config.contains("rebase.autostash"), "{config}");
    });
}

#[test]
fn where_our_hooks_could_not_run_nothing_is_installed() {
    with_each_git(|sandbox| {
        sandbox.ok("git config extensions.worktreeConfig true; git config --worktree core.hooksPath /nowhere");
        let before = snapshot(&sandbox.path("repo/.git"));
        let refused = run(sandbox, "gnp-lint install");
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains("git config --worktree --unset core.hooksPath"), "{}", refused.err);
        sandbox.ok("git config --worktree --unset core.hooksPath; git config core.hooksPath /theirs
            printf '[core]\\n\\thooksPath = /included\\n' > .git/more; git config include.path more");
        let before_include = snapshot(&sandbox.path("repo/.git"));
        let refused = run(sandbox, "gnp-lint install");
        assert_eq!(refused.code, 2, "{}", refused.out);
        assert!(refused.err.contains("an included configuration file sets `core.hooksPath` to `/included`"), "{}", refused.err);
        assert_eq!(differences(&before_include, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
        assert!(!before.contains_key("gnp"));
    });
}

#[test]
fn an_install_that_fails_leaves_nothing_behind() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        sandbox.ok("mkdir -p .git/hooks/post-checkout.gnp-new/in-the-way");
        let before = snapshot(&sandbox.path("repo/.git"));
        let refused = run(sandbox, "gnp-lint install");
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains("post-checkout` cannot be put in place"), "{}", refused.err);
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn every_worktree_and_subfolder_leads_to_the_same_hooks() {
    with_each_git(|sandbox| {
        sandbox.ok("printf '#!/bin/sh\\npwd >> \"$HOME/seen\"\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
            git commit -q --allow-empty -m first; mkdir -p a/b
            git worktree add -q ../'linked one' -b other
            cd ../'linked one' && mkdir sub && cd sub && gnp-lint install && cd .. && git commit -q --allow-empty -m x && cd '../repo'
            grep -q '/linked one$' \"$HOME/seen\"
            cd a/b && gnp-lint install | grep -q '^already' && cd ../..
            gnp-lint install \"$PWD/a\" | grep -q '^already'
            test ! -e '../linked one/.git/gnp'");
    });
}

#[test]
fn whatever_an_install_got_done_before_it_was_ended_can_be_finished_or_undone() {
    let Some(git) = Git::all().pop() else { return };
    for configured in [false, true] {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok("git init -q -b main .");
        sandbox.ok(LIVED_IN);
        if configured {
            sandbox.ok("mkdir .husky; git config core.hooksPath .husky");
        }
        sandbox.ok("cp -a .git ../before; gnp-lint install; cp -a .git ../after");
        let (before, after) = (snapshot(&sandbox.path("before")), snapshot(&sandbox.path("after")));
        let folder = if configured { "gnp/hooks" } else { "hooks" };
        let mut made: Vec<String> = ["gnp/config.before", "gnp/config.after", "gnp/install.json"].map(str::to_owned).into();
        made.push(format!("{folder}/gnp-lint"));
        let hooks = differences(&before, &after).into_iter().filter(|name| {
            name.starts_with(folder)
                && name != folder
                && !name.ends_with("gnp-lint")
                && after.contains_key(name)
                && !name.ends_with("former-hooks-path")
        });
        // The second name of an earlier hook is made before ours takes the first.
        let mut hooks: Vec<String> = hooks.collect();
        hooks.sort_by_key(|name| (name.trim_end_matches(".before-gnp").to_owned(), !name.ends_with(".before-gnp")));
        made.extend(hooks);
        if configured {
            made.push(format!("{folder}/former-hooks-path"));
        }
        made.push("config".to_owned());
        // Where git's own folder is not in use, most hooks are alike.
        let step = if configured { 4 } else { 1 };
        for done in (0..=made.len()).rev().step_by(step) {
            let files: Vec<String> = made[..done].iter().map(|name| format!("'{name}'")).collect();
            let copy = files.join(" ");
            let broken_off = format!(
                "rm -rf .git; cp -a ../before .git; for f in {copy}; do mkdir -p \".git/$(dirname \"$f\")\"; ln -f \"../after/$f\" \".git/$f\"; done
                 touch .git/hooks/gnp-lint.gnp-new"
            );
            sandbox.ok(&broken_off);
            sandbox.ok("gnp-lint uninstall; rm -f .git/hooks/gnp-lint.gnp-new");
            assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0], "undone after {:?}", made[..done].last());
            sandbox.ok(&broken_off);
            sandbox.ok("gnp-lint install; rm -f .git/hooks/gnp-lint.gnp-new");
            assert_eq!(differences(&after, &snapshot(&sandbox.path("repo/.git"))), [""; 0], "finished after {:?}", made[..done].last());
        }
    }
}

#[test]
fn an_upgrade_replaces_every_file_by_a_new_one() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        let before = snapshot(&sandbox.path("repo/.git"));
        sandbox
            .ok("gnp-lint install; cp \"$(command -v gnp-lint)\" ../newer; printf newer >> ../newer; cp ../newer ../gnp-lint; rm ../newer");
        let old = fs::metadata(sandbox.path("repo/.git/hooks/gnp-lint")).unwrap().len();
        let said = sandbox.ok("PATH=\"$PWD/..:$PATH\"; gnp-lint install");
        assert!(said.starts_with("installed"), "{said}");
        for hook in ["gnp-lint", "pre-commit", "commit-msg", "reference-transaction", "post-index-change"] {
            assert_eq!(fs::metadata(sandbox.path("repo/.git/hooks").join(hook)).unwrap().len(), old + 5, "{hook}");
        }
        sandbox.ok("git commit -q --allow-empty -m x; test -s \"$HOME/seen\"
            gnp-lint uninstall
            rm -rf .git/logs .git/objects/?? .git/COMMIT_EDITMSG .git/refs/heads/main .git/index");
        assert_eq!(differences(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
    });
}

#[test]
fn a_hook_manager_that_moved_ours_is_set_aside_without_a_circle() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        sandbox.ok("gnp-lint install; rm .git/hooks/commit-msg.before-gnp .git/hooks/commit-msg
            mv .git/hooks/commit-msg.before-gnp .git/hooks/commit-msg 2>/dev/null || cp \"$(command -v gnp-lint)\" .git/hooks/commit-msg.legacy
            printf '#!/bin/sh\\necho manager >> \"$HOME/managed\"\\nh=.git/hooks/commit-msg.legacy\\nif [ -x $h ]; then exec $h \"$@\"; fi\\n' > .git/hooks/commit-msg
            chmod +x .git/hooks/commit-msg
            gnp-lint install
            git commit -q --allow-empty -m x
            test \"$(cat \"$HOME/managed\")\" = manager");
    });
}

#[test]
fn two_earlier_hooks_of_one_name_are_not_guessed_at() {
    with_each_git(|sandbox| {
        sandbox.ok(LIVED_IN);
        sandbox.ok(
            "gnp-lint install; rm .git/hooks/pre-commit; printf '#!/bin/sh\\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit",
        );
        let before = snapshot(&sandbox.path("repo/.git"));
        let refused = run(sandbox, "gnp-lint install");
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains("`pre-commit.before-gnp` holds an earlier hook already"), "{}", refused.err);
        assert_eq!(touched(&before, &snapshot(&sandbox.path("repo/.git"))), [""; 0]);
        let left = run(sandbox, "gnp-lint uninstall");
        assert_eq!(left.code, 0);
        assert!(left.err.contains("`pre-commit` was replaced since"), "{}", left.err);
        assert!(sandbox.path("repo/.git/hooks/pre-commit.before-gnp").exists());
    });
}

#[test]
fn without_the_program_only_a_push_is_held_back() {
    with_each_git(|sandbox| {
        sandbox.ok("git commit -q --allow-empty -m x; git init -q --bare ../remote; gnp-lint install; rm .git/hooks/gnp-lint");
        let switched = run(sandbox, "git switch -q -c side");
        assert_eq!(switched.code, 0);
        assert!(switched.err.contains("is missing, so post-checkout is not checked; run: gnp-lint install"), "{}", switched.err);
        assert_eq!(run(sandbox, "git push -q ../remote main").code, 1);
        sandbox.ok("gnp-lint install; git push -q ../remote main");
    });
}

#[test]
fn paths_may_hold_spaces_and_quotes() {
    with_each_git(|sandbox| {
        sandbox.ok(r#"cd ..; mv repo "it's \"our\" repo"; cd "it's \"our\" repo"
            printf '#!/bin/sh\nexit 1\n' > .git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
            gnp-lint install; ! git commit -q --allow-empty -m x; gnp-lint uninstall
            mkdir 'their hooks'; mv .git/hooks/pre-commit 'their hooks'; git config core.hooksPath "$PWD/their hooks"
            gnp-lint install; ! git commit -q --allow-empty -m x; gnp-lint uninstall
            test "$(git config core.hooksPath)" = "$PWD/their hooks"; cd ..; mv "$OLDPWD" repo"#);
    });
}

/// A fleet with an identity of its own that commits state, and a person who set the repository up.
const FLEET: &str = r#"
mkdir state; echo '{"agents": {}}' > state/agents.json; git add .; git commit -q -m 'Set up'
fleet() {
    echo "{\"agents\": {\"frame\": $1}}" > state/agents.json
    GIT_AUTHOR_NAME='Sim Bot' GIT_AUTHOR_EMAIL='7+sim[bot]@users.noreply.github.com' git commit -q -a -m "chore: sim frame $1"
}
fleet 1; fleet 2; fleet 3
"#;

const FLEETS_BLOCK: &str = r"[[writer]]
name = 'merge engine'
env = { GNP_WRITER = 'merge-engine' }

[[writer]]
name = 'Sim Bot'
author = ['7+sim\[bot\]@users.noreply.github.com']
subject = ['^chore: sim frame \d+$']
";

#[test]
fn a_fleet_that_the_hooks_would_stop_is_shown_first() {
    with_each_git(|sandbox| {
        sandbox.ok(FLEET);
        let before = snapshot(&sandbox.path("repo"));
        let refused = run(sandbox, "gnp-lint install");
        assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
        assert_eq!(refused.out, FLEETS_BLOCK);
        assert!(refused.err.contains("3 commits among the last 200 of `main`"), "{}", refused.err);
        assert!(refused.err.contains("nothing was installed"), "{}", refused.err);
        assert_eq!(touched(&before, &snapshot(&sandbox.path("repo"))), [""; 0]);
        let forced = run(sandbox, "gnp-lint install --force");
        assert_eq!(forced.code, 0, "{}", forced.err);
        assert!(sandbox.ok("gnp-lint install").starts_with("already installed"), "an upgrade asks no more");
        assert!(sandbox.path("repo/.git/hooks/gnp-lint").exists());
    });
}

#[test]
fn the_block_is_written_for_the_user_to_commit() {
    with_each_git(|sandbox| {
        sandbox.ok(FLEET);
        sandbox.ok("printf '[fleet]\\notherwise = \"alive\"' > gnp.toml");
        for _ in 0..2 {
            // The second time the block stands there already and is not written again.
            let refused = run(sandbox, "gnp-lint install --write-policy");
            assert_eq!(refused.code, 2, "{}", refused.err);
            assert_eq!(
                fs::read_to_string(sandbox.path("repo/gnp.toml")).unwrap(),
                format!("[fleet]\notherwise = \"alive\"\n\n{FLEETS_BLOCK}")
            );
            let commands: Vec<&str> = refused.err.lines().filter_map(|line| line.strip_prefix("    git ")).collect();
            assert_eq!(commands.len(), 2, "{}", refused.err);
        }
        assert_eq!(run(sandbox, "gnp-lint install").code, 2, "the policy in force is the committed one");
        let printed = run(sandbox, "gnp-lint install --write-policy").err;
        let commands: Vec<&str> =
            printed.lines().filter_map(|line| line.strip_prefix("    ")).filter(|line| !line.starts_with(' ')).collect();
        sandbox.ok(&commands.join("\n"));
        assert!(sandbox.path("repo/.git/hooks/gnp-lint").exists());
    });
}

#[test]
fn a_writer_by_environment_counts_once_the_repository_names_one() {
    with_each_git(|sandbox| {
        sandbox.ok(FLEET);
        sandbox.ok("printf '[[writer]]\\nname = \"fleet\"\\nenv = { GNP_WRITER = \"fleet\" }\\n' > gnp.toml; git add gnp.toml; git commit -q -m 'Name the fleet'");
        sandbox.ok("gnp-lint install");
    });
}

#[test]
fn setting_a_repository_up_is_no_fleet() {
    with_each_git(|sandbox| {
        sandbox.ok("mkdir state; echo '{}' > state/a.json; git add .; git commit -q -m 'Set up'
            echo '{}' > state/b.json; git add .; git commit -q -m 'Add b'
            echo '{\"a\": 1}' > state/a.json; git commit -q -a -m 'Mend a'
            gnp-lint install");
    });
}

#[test]
fn a_wrong_committed_policy_is_named() {
    with_each_git(|sandbox| {
        sandbox.ok("echo 'protected = 3' > gnp.toml; git add .; git commit -q -m x");
        let refused = run(sandbox, "gnp-lint install");
        assert_eq!(refused.code, 2);
        assert!(refused.err.contains(":1:13: `protected`"), "{}", refused.err);
        assert!(refused.err.contains("it is committed like this on `main`"), "{}", refused.err);
    });
}

#[test]
fn what_is_no_repository_is_said_in_one_line() {
    with_each_git(|sandbox| {
        sandbox.ok("git init -q --bare ../bare; mkdir ../plain");
        for (what, said) in [
            ("gnp-lint install ../plain", "is not in a git repository"),
            ("gnp-lint uninstall ../plain", "is not in a git repository"),
            ("gnp-lint install ../bare", "is a bare repository"),
            ("gnp-lint install ../nowhere", "`../nowhere` is not a folder"),
            ("cd .git && gnp-lint install", "lies inside a git folder"),
            ("gnp-lint install README", "`README` is not a folder"),
        ] {
            let refused = run(sandbox, what);
            assert_eq!(refused.code, 2, "{what}");
            assert!(refused.err.contains(said), "{what}: {}", refused.err);
            assert_eq!((refused.out.as_str(), refused.err.lines().count()), ("", 1), "{what}: {}", refused.err);
        }
        // The folder that is named counts, whatever the environment says.
        sandbox.ok("GIT_DIR=/nowhere gnp-lint install . && test -e .git/hooks/gnp-lint");
    });
}
