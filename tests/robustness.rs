//! The hook itself under strain: what happens is decided, git is never wedged, and a protected branch never moves unjudged.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use std::io::Write;
use std::process::{Output, Stdio};

use support::{Git, Sandbox, both};

fn on_every_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        story(&Sandbox::new(&git));
    }
}

/// A stranger's change of state, staged.
const STATE: &str = "echo '{\"last_run\": 7}' > state/heartbeat_state.json; git add state";

#[test]
fn a_log_that_cannot_be_written_changes_no_verdict() {
    on_every_git(|sandbox| {
        // A file where the folder should be: nothing can be written there, not even by root.
        sandbox.ok(&format!("rm -rf .git/gnp && : > .git/gnp && {STATE}"));
        assert!(sandbox.fails("git commit -qm x").contains("canonical-state-commit"));
        sandbox.ok("git restore --staged --worktree state && echo x > x && git add x && git commit -qm x");
        // A device that is always full: nothing of the line gets through.
        sandbox.ok(&format!("rm .git/gnp && mkdir .git/gnp && ln -s /dev/full .git/gnp/log.jsonl && {STATE}"));
        assert!(sandbox.fails("git commit -qm x").contains("canonical-state-commit"));
        sandbox.ok("git restore --staged --worktree state && echo y > x && git commit -qam y");
    });
}

/// Runs a story in a mount name space of its own, which ends with it; none where this machine gives nobody one.
fn where_mounts_end_with_it(sandbox: &Sandbox, story: &str) -> Option<Output> {
    let run = |user: &[&str]| sandbox.command("unshare").args(user).args(["-m", "sh", "-ec", story]).output();
    let may = |user: &[&str]| {
        let probe = sandbox.command("unshare").args(user).args(["-m", "sh", "-c", "mount -t tmpfs none ../home"]).output();
        probe.is_ok_and(|probe| probe.status.success())
    };
    let user = [&["-r"][..], &[]].into_iter().find(|user| may(user))?;
    run(user).ok()
}

#[test]
fn a_full_disk_or_one_that_is_read_only_changes_no_verdict_and_loses_nothing() {
    const REFUSED: &str = "if git commit -qm x 2>../said; then exit 9; fi; cat ../said; grep -q canonical-state-commit ../said
         if git commit -q --no-verify -m x 2>../said; then exit 9; fi; grep -q canonical-state-commit ../said
         if git stash 2>../said; then exit 9; fi; grep -q stash-over-fleet ../said
         git restore --staged --worktree state; echo x >> x; git add x; git commit -qm x; test \"$(git log -1 --format=%s)\" = x";
    // All that git and we write to: nothing moves, and once there is room everything goes on.
    const ALL_FULL: &str = "mount -t tmpfs -o size=8m none ../small; mkdir ../small/repo; tar -c --exclude ./.git/hooks . | tar -x -C ../small/repo; cd ../small/repo
         mkdir .git/hooks; mount --bind ../../repo/.git/hooks .git/hooks
         echo '{\"last_run\": 7}' > state/heartbeat_state.json; git add state; git write-tree > /dev/null; evil=$(git commit-tree -m evil -p HEAD \"$(git write-tree)\")
         look() { git rev-parse HEAD main; git diff --cached; git diff; git stash list; ls .git .git/refs/heads; cat state/*; }
         look > ../../before; dd if=/dev/zero of=../fill bs=4k 2>/dev/null || :
         for act in 'commit -qm x' 'commit -q --no-verify -m x' 'stash' 'update-ref refs/heads/main '$evil 'merge -q --ff-only '$evil 'worktree add -q ../w'; do
           if git $act >../../said 2>&1; then cat ../../said; echo \"passed: $act\"; exit 9; fi
         done
         rm -rf ../w; git worktree prune; look > ../../after; cmp ../../before ../../after
         rm ../fill; if git commit -qm x 2>../../said; then exit 9; fi; grep -q canonical-state-commit ../../said
         git restore --staged --worktree state; gnp-lint doctor; echo x > x; git add x; git commit -qm x";
    on_every_git(|sandbox| {
        sandbox.ok("mkdir -p .git/gnp ../small");
        let stories = [
            ("no room for the log", format!("mount -t tmpfs -o size=4k none .git/gnp; echo full > .git/gnp/full; {STATE}; {REFUSED}")),
            ("the log's folder is read-only", format!("mount -t tmpfs -o ro none .git/gnp; {STATE}; {REFUSED}")),
            ("no room at all", ALL_FULL.to_owned()),
        ];
        for (what, story) in stories {
            sandbox.ok("git reset -q --hard HEAD");
            let Some(output) = where_mounts_end_with_it(sandbox, &story) else {
                return writeln!(std::io::stderr(), "robustness: skipped, no mount name space here: full and read-only disks").unwrap();
            };
            assert!(output.status.success(), "{what} on {}:\n{}", sandbox.git().version, both(&output));
        }
    });
}

#[test]
fn a_program_that_was_replaced_leaves_the_last_door_standing() {
    on_every_git(|sandbox| {
        sandbox.ok(STATE);
        for replaced in ["cp /bin/true", "printf 'no program\\n' | tee"] {
            // The early hooks are one file by several names; what is written into one of them is in all.
            sandbox.ok(&format!("{replaced} .git/hooks/pre-commit > /dev/null && {replaced} .git/hooks/gnp-lint > /dev/null"));
            let before = sandbox.ok("git rev-parse main");
            sandbox.fails("git commit -qm x");
            assert!(sandbox.fails("git commit -q --no-verify -m x").contains("canonical-state-commit"));
            assert_eq!(sandbox.ok("git rev-parse main"), before);
            let said = both(&sandbox.sh("gnp-lint doctor"));
            assert!(said.contains("`pre-commit`") && said.contains("gnp-lint install"), "{said}");
            sandbox.ok("gnp-lint install 2>&1");
            assert!(sandbox.fails("git commit -qm x").contains("canonical-state-commit"));
        }
    });
}

#[test]
fn killed_at_any_point_a_hook_leaves_everything_as_it_was() {
    // In place of a hook: the real one, ended after so many seconds; with 0 before it is even the program, without a number not at all.
    const MORTAL: &str = "#!/bin/sh\nif [ -z \"${LIFE-}\" ]; then exec \"$0.real\" \"$@\"; fi\nexec 3<&0\n\
        { [ \"$LIFE\" != 0 ] || kill -STOP \"$(exec sh -c 'echo $PPID')\"; exec \"$0.real\" \"$@\"; } <&3 & p=$!\n\
        [ \"$LIFE\" = 0 ] || sleep \"$LIFE\"\nkill -9 $p 2>/dev/null\nwait $p\n";
    // Each hook is the first that would speak.
    const ACTS: [(&str, &str); 3] = [
        ("pre-commit", "git commit -qm x"),
        ("commit-msg", "mv .git/hooks/pre-commit ../aside; s=0; git commit -qm x || s=$?; mv ../aside .git/hooks/pre-commit; exit $s"),
        ("reference-transaction", "git commit -q --no-verify -m x"),
    ];
    on_every_git(|sandbox| {
        std::fs::write(sandbox.path("mortal"), MORTAL).unwrap();
        for (hook, act) in ACTS {
            let mut ended = 0;
            sandbox.ok(&format!("cd .git/hooks && mv {hook} {hook}.real && cp ../../../mortal {hook} && chmod +x {hook}"));
            for life in ["0", "0.0005", "0.001", "0.0015", "0.002", "0.003", "0.005", ""] {
                sandbox.ok(&format!("{STATE}; echo mine >> README.md; git add README.md"));
                let before = sandbox.state();
                let output = sandbox.sh(&format!("export LIFE={life}; {act}"));
                assert!(!output.status.success(), "{hook} after {life} s on {}", sandbox.git().version);
                assert_eq!(sandbox.state(), before, "{hook} after {life} s on {}: {}", sandbox.git().version, both(&output));
                ended += usize::from(!both(&output).contains("canonical-state-commit"));
                // What it was allowed to write is whole lines, or none.
                sandbox.log();
                sandbox.ok("git reset -q --hard");
            }
            sandbox.ok(&format!("cd .git/hooks && mv -f {hook}.real {hook}"));
            assert!((1..8).contains(&ended), "{hook}: {ended} of 8 were ended before they had spoken");
        }
        assert!(sandbox.fails(&format!("{STATE}; git commit -qm x")).contains("canonical-state-commit"));
        sandbox.ok("git restore --staged --worktree state && echo x > x && git add x && git commit -qm x");
    });
}

#[test]
fn a_hook_that_is_not_executable_or_gone_leaves_the_other_doors_standing() {
    on_every_git(|sandbox| {
        sandbox.ok(STATE);
        sandbox.ok("chmod -x .git/hooks/pre-commit .git/hooks/commit-msg");
        assert!(sandbox.fails("git commit -qm x").contains("canonical-state-commit"));
        // The program beside the hooks is gone: the cold hooks say so, a push is held back, the rest goes on.
        sandbox.ok("git restore --staged --worktree state && rm .git/hooks/gnp-lint && echo x > x && git add x && git commit -qm x");
        let said = both(&sandbox.sh("git worktree add -q -b w ../w"));
        assert!(said.contains("gnp-lint is missing") && said.contains("gnp-lint install"), "{said}");
        let said = sandbox.fails("git init -q --bare ../up.git && git push -q ../up.git main");
        assert!(said.contains("gnp-lint is missing"), "{said}");
        sandbox.ok("gnp-lint install && git push -q ../up.git main");
    });
}

#[test]
fn a_hook_that_is_killed_refuses_and_leaves_no_lock() {
    on_every_git(|sandbox| {
        // The kernel ends the program before it has read a line; git takes that for a refusal.
        sandbox.ok("printf '#!/bin/sh\\nkill -9 $$\\n' > ../killed && chmod +x ../killed && ln -f .git/hooks/reference-transaction ../saved && cp ../killed .git/hooks/reference-transaction.new && mv -f .git/hooks/reference-transaction.new .git/hooks/reference-transaction");
        let before = sandbox.ok("git rev-parse main");
        sandbox.fails("echo x > x && git add x && git commit -qm x");
        assert_eq!(sandbox.ok("git rev-parse main; ls .git/*.lock .git/refs/heads/*.lock 2>/dev/null || :"), before);
        sandbox.ok("mv -f ../saved .git/hooks/reference-transaction && git commit -qm x");
    });
}

#[test]
fn closed_input_three_thousand_refs_and_odd_lines_end_well() {
    on_every_git(|sandbox| {
        let run = |input: Option<&[u8]>, state: &str| {
            let mut command = sandbox.command(sandbox.path("repo/.git/hooks/reference-transaction").to_str().unwrap());
            command
                .arg(state)
                .stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() })
                .stdout(Stdio::piped())
                .stderr(Stdio::piped());
            let mut child = command.spawn().unwrap();
            if let Some(input) = input {
                child.stdin.take().unwrap().write_all(input).unwrap();
            }
            child.wait_with_output().unwrap()
        };
        assert!(run(None, "prepared").status.success());
        sandbox.ok(".git/hooks/reference-transaction prepared <&- && .git/hooks/pre-commit <&- && .git/hooks/pre-push origin url <&-");
        assert!(run(Some(b"\xff\xfe garbage\n\n a b c d\n"), "prepared").status.success());
        assert!(run(Some(b"x y refs/heads/main\n"), "preparing").status.success());
        let tip = sandbox.ok("git rev-parse main");
        let null = "0".repeat(40);
        let many = (0..3000).map(|n| format!("{null} {tip} refs/heads/topic-{n}")).collect::<Vec<_>>().join("\n");
        let output = run(Some(many.as_bytes()), "prepared");
        assert!(output.status.success(), "{}", both(&output));
        // A line about main that names an object which is not there: it would move unjudged, so it is refused.
        let output = run(Some(format!("{tip} {} refs/heads/main\n", "1".repeat(40)).as_bytes()), "prepared");
        assert!(!output.status.success() && both(&output).contains("unjudged"), "{}", both(&output));
        // The same about another branch passes, loudly.
        let output = run(Some(format!("{tip} {} refs/heads/topic\n", "1".repeat(40)).as_bytes()), "prepared");
        assert!(output.status.success() && both(&output).contains("gnp-lint:"), "{}", both(&output));
    });
}

#[test]
fn two_gits_at_once_both_end() {
    on_every_git(|sandbox| {
        sandbox.ok("git worktree add -q -b a ../a && git worktree add -q -b b ../b");
        sandbox.ok(
            "for w in a b; do ( cd ../$w; i=0; while [ $i -lt 8 ]; do echo $i > $w; git add $w; git commit -qm $i; i=$((i+1)); done ) & done; wait\n\
             test \"$(git rev-list --count main..a)\" = 8 && test \"$(git rev-list --count main..b)\" = 8",
        );
        assert_eq!(sandbox.log(), Vec::<serde_json::Value>::new());
    });
}

#[test]
fn variables_of_git_are_followed() {
    on_every_git(|sandbox| {
        sandbox.ok(STATE);
        for way in [
            "GIT_DIR=.git git commit -qm x",
            "GIT_DIR=.git GIT_WORK_TREE=. git commit -qm x",
            "cp .git/index ../index && GIT_INDEX_FILE=../index git commit -qm x",
            "mkdir -p ../objects && GIT_OBJECT_DIRECTORY=$PWD/../objects GIT_ALTERNATE_OBJECT_DIRECTORIES=$PWD/.git/objects git commit -qm x",
            "LC_ALL=C git commit -qm x",
            "LC_ALL=C git commit -q --no-verify -m x",
        ] {
            let said = sandbox.fails(way);
            assert!(said.contains("error[canonical-state-commit]"), "{way}: {said}");
        }
        sandbox.ok("git restore --staged --worktree state");
        // Nothing that comes from another index is judged, and what is not UTF-8 is shown, not choked on.
        sandbox.ok("echo x > x && GIT_INDEX_FILE=$PWD/../other git read-tree HEAD && GIT_INDEX_FILE=$PWD/../other git add x && GIT_INDEX_FILE=$PWD/../other git commit -qm x");
        let said = sandbox.fails("f=$(printf 'state/\\377.json'); printf '{' > \"$f\"; git add . && fleet git commit -qm bytes");
        assert!(said.contains("invalid-json"), "{said}");
    });
}

#[test]
fn a_repository_that_git_does_not_trust_is_said_and_never_moves_unjudged() {
    on_every_git(|sandbox| {
        let trusted = sandbox.sh("chown -R 12345 .git . 2>/dev/null && git status >/dev/null 2>&1");
        if trusted.status.success() {
            // Not root, or this git does not ask who owns a repository: then there is nothing to see here.
            return;
        }
        let said = sandbox.fails(&format!("{STATE}; git commit -qm x"));
        assert!(said.contains("dubious ownership"), "{said}");
        sandbox.ok("echo > gnp.toml");
        for command in ["ci", "audit", "doctor", "install", "policy"] {
            let said = sandbox.fails(&format!("gnp-lint {command} > ../out"));
            assert!(said.starts_with("gnp-lint: `/") && said.contains("belongs to another user"), "{command}: {said}");
            let trust = said.split('`').find(|code| code.starts_with("git config ")).unwrap();
            sandbox.ok(&format!("{trust} && git status > ../out && git config --global --unset-all safe.directory"));
        }
        sandbox.ok("git config --global --add safe.directory '*'");
        assert!(sandbox.fails(&format!("{STATE}; git commit -qm x")).contains("error[canonical-state-commit]"));
    });
}

#[test]
fn odd_places_get_a_clear_line() {
    on_every_git(|sandbox| {
        for (script, said) in [
            ("mkdir ../none && cd ../none && gnp-lint install", "is not in a git repository"),
            ("git init -q --bare ../bare.git && cd ../bare.git && gnp-lint install", "bare"),
            ("gnp-lint policy --config missing.toml", "cannot read the policy `missing.toml`"),
            ("printf 'protectde = []\\n' > gnp.toml && gnp-lint policy", "protected"),
            ("printf '\\377' > gnp.toml && gnp-lint policy", "gnp.toml"),
            ("gnp-lint --config gnp.toml .", "gnp.toml"),
            ("gnp-lint explain no-such-rule", "not a rule"),
            ("gnp-lint hook post-wedding", "hook"),
        ] {
            let output = sandbox.sh(script);
            let text = both(&output);
            assert_eq!(output.status.code(), Some(2), "{script}: {text}");
            assert!(text.contains(said) && !text.contains("panicked"), "{script}: {text}");
        }
        // An unborn branch and a detached HEAD are places like others.
        sandbox.ok("rm -f gnp.toml; git init -q -b main ../unborn && cd ../unborn && gnp-lint install && mkdir state && echo '{}' > state/a.json && git add . && git commit -qm begin");
        sandbox.ok("git switch -q --detach && echo '{\"last_run\": 7}' > state/heartbeat_state.json && git commit -qam 'not on main'");
    });
}
