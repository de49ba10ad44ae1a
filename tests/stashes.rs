//! Every form of stash and autostash: refused over the fleet's dirty files, passed everywhere else, and never a byte lost.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use support::{Git, Sandbox, both};

fn on_every_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        story(&Sandbox::new(&git));
    }
}

/// The fleet's file changed, one of its files new, an own change staged.
const DIRTY: &str =
    "echo '{\"last_run\": 1}' > state/heartbeat_state.json; echo '{}' > state/new.json; echo mine >> README.md; git add README.md";

#[test]
fn every_form_of_stash_over_the_fleets_files_is_refused_and_changes_nothing() {
    on_every_git(|sandbox| {
        sandbox.ok(DIRTY);
        let before = sandbox.state();
        for form in [
            "git stash",
            "git stash push",
            "git stash push -m 'put aside'",
            "git stash push --keep-index",
            "git stash -u",
            "git stash push --include-untracked -- state/new.json",
            "git stash push --all",
            "git stash push -- state",
            "git stash push -- state/heartbeat_state.json README.md",
            "cd state && git stash",
            "git -C state stash push",
            "git stash save 'put aside'",
            "git stash store -m by-hand \"$(git stash create)\"",
            "yes | git stash push -p",
            "git add state/heartbeat_state.json && git stash push --staged || { git restore -q --staged state/heartbeat_state.json; exit 1; }",
        ] {
            let said = sandbox.fails(form);
            assert!(said.contains("error[stash-over-fleet]"), "{form}: {said}");
            assert_eq!(sandbox.state(), before, "{form} on {}", sandbox.git().version);
        }
    });
}

/// Whatever was to be stashed, the command that is printed for one's own part of it works, and leaves the fleet's part where it is.
#[test]
fn the_stash_that_is_offered_works() {
    on_every_git(|sandbox| {
        let fleet = "echo '{\"last_run\": 1}' > state/heartbeat_state.json; echo '{}' > state/new.json";
        for own in [
            "echo mine >> README.md; git add .",
            "echo mine >> README.md; mkdir 'a b'; echo new > 'a b/n*w'; rm -f 'a b/new'",
            "rm README.md",
        ] {
            sandbox.ok(&format!("{own}; {fleet}; git restore -q --staged state"));
            let work = "git status --porcelain -uall && git diff HEAD";
            let before = sandbox.ok(work);
            let said = sandbox.fails("git stash -u");
            let offered = said.lines().find(|line| line.contains("git stash push")).expect("a command to paste").trim();
            sandbox.ok(offered);
            assert_eq!(sandbox.ok("git status --short"), " M state/heartbeat_state.json\n?? state/new.json", "{offered}");
            sandbox.ok("git stash pop -q --index");
            assert_eq!(sandbox.ok(work), before, "{offered}");
            sandbox.ok("git reset -q --hard && git clean -qfd");
        }
        // git would put these into the stash all the same, or not find them.
        for own in ["echo mine >> README.md; git add state/heartbeat_state.json", "git rm -q README.md"] {
            sandbox.ok(&format!("{fleet}; {own}"));
            let said = sandbox.fails("git stash");
            assert!(said.contains("git worktree add") && !said.contains("git stash push"), "{own}: {said}");
            sandbox.ok("git reset -q --hard");
        }
    });
}

#[test]
fn what_takes_nothing_from_the_fleet_passes() {
    on_every_git(|sandbox| {
        sandbox.ok(DIRTY);
        sandbox.ok("git stash push -q -- README.md && git stash pop -q --index");
        sandbox.ok("git stash push -q --staged && git stash pop -q && git add README.md");
        sandbox.ok("git stash list && git stash create >/dev/null");
        // On a branch of one's own in a worktree, or on no branch at all.
        sandbox.ok("git worktree add -q -b topic ../topic && cd ../topic && echo '{\"last_run\": 2}' > state/heartbeat_state.json && git stash -q && git stash pop -q");
        sandbox.ok("git switch -q --detach && git stash -q && git stash pop -q --index && git switch -q main");
        let denied: Vec<_> = sandbox.log().into_iter().filter(|entry| entry["finding"]["level"] == "deny").collect();
        assert_eq!(denied, Vec::<serde_json::Value>::new());
    });
}

#[test]
fn old_stashes_can_be_dropped_popped_and_cleared() {
    on_every_git(|sandbox| {
        let old = format!("{DIRTY}; git -c core.hooksPath=/dev/null stash push -q -u");
        sandbox.ok(&format!("{old} && git stash drop -q && test -z \"$(git stash list)\" && ! git rev-parse -q --verify refs/stash"));
        sandbox.ok(&format!("{old} && git stash pop -q --index && test -f state/new.json && test -z \"$(git stash list)\""));
        sandbox.ok("git -c core.hooksPath=/dev/null stash push -q -u && git stash clear && test -z \"$(git stash list)\"");
        sandbox.ok(&format!("{old}; echo more >> README.md; git stash -q && git stash drop -q 'stash@{{1}}' && git stash pop -q"));
    });
}

#[test]
fn a_writer_is_warned_and_goes_on() {
    on_every_git(|sandbox| {
        sandbox.ok(DIRTY);
        let said = both(&sandbox.sh("fleet git stash"));
        assert!(said.contains("warning[stash-over-fleet]"), "{said}");
        sandbox.ok("git stash pop -q --index");
        sandbox.ok("git branch side HEAD~1");
        let said = both(&sandbox.sh("fleet git rebase --autostash side"));
        assert!(said.contains("warning[autostash-over-fleet]"), "{said}");
        assert_eq!(sandbox.ok("cat state/heartbeat_state.json"), "{\"last_run\": 1}");
    });
}

#[test]
fn gits_own_rescue_of_an_autostash_is_let_through() {
    on_every_git(|sandbox| {
        // An autostash that was made while no hook looked, in a rebase that stops at a conflict.
        sandbox.ok("git switch -qc side HEAD~1 && echo other >> README.md && git commit -qam other && git switch -q main");
        sandbox.ok("echo '{\"last_run\": 1}' > state/heartbeat_state.json; git -c core.hooksPath=/dev/null rebase --autostash side || :");
        sandbox.ok("test -f .git/rebase-merge/autostash && git rebase --quit && git stash list | grep -q autostash");
        sandbox.ok("git reset -q --hard && git switch -q main && git stash pop -q && grep -q 1 state/heartbeat_state.json");
        // One that conflicts when it comes back.
        sandbox.ok("git checkout -q -- state; git switch -q side && echo '{\"last_run\": 9}' > state/heartbeat_state.json && git -c core.hooksPath=/dev/null commit -qam 'chore: sync' && git switch -q main && git reset -q --hard HEAD~1");
        sandbox.ok("echo '{\"last_run\": 2}' > state/heartbeat_state.json; fleet git rebase --autostash side >/dev/null 2>&1 || :");
        assert!(sandbox.ok("git stash list").contains("autostash"), "{}", sandbox.ok("git status"));
        sandbox.ok("git show 'stash@{0}:state/heartbeat_state.json' | grep -q 2");
    });
}

#[test]
fn the_second_line_refuses_the_autostash_of_a_merge_where_git_shows_it() {
    on_every_git(|sandbox| {
        sandbox.ok("git switch -qc side HEAD~1 && echo s > s && git add s && git commit -qm s && git switch -q main && rm .git/hooks/post-index-change");
        sandbox.ok(DIRTY);
        let before = sandbox.state();
        let shows = !sandbox.git().version.contains(" 2.39");
        let output = sandbox.sh("git merge -q --no-edit --autostash side");
        assert_eq!(output.status.success(), !shows, "{}", both(&output));
        if shows {
            assert!(both(&output).contains("error[autostash-over-fleet]"), "{}", both(&output));
            let lasting = |state: &str| state.lines().filter(|line| !line.ends_with("ORIG_HEAD")).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(lasting(&sandbox.state()), lasting(&before));
        } else {
            // 2.39 keeps it in a file; what was put aside is back all the same.
            sandbox.ok("grep -q 1 state/heartbeat_state.json && test -f state/new.json");
        }
    });
}

#[test]
fn each_sign_of_life_counts() {
    on_every_git(|sandbox| {
        let policy = |alive: &str| {
            sandbox.ok(&format!("printf '%s\\n' '[fleet]' 'alive = [{alive}]' > gnp.toml && git add gnp.toml && {{ git commit -qm 'name a sign of life' -- gnp.toml || :; }}"));
        };
        let refused = || {
            let output = sandbox.sh("echo '{\"last_run\": 1}' > state/heartbeat_state.json; git stash -q");
            let refused = !output.status.success();
            assert_eq!(refused, both(&output).contains("error[stash-over-fleet]"), "{}", both(&output));
            if !refused {
                sandbox.ok("git stash drop -q");
            }
            refused
        };
        policy("{ pid_file = \"../sim.pid\" }");
        assert!(!refused(), "no pid file");
        sandbox.ok("sh -c 'echo $$' > ../sim.pid");
        assert!(!refused(), "the process is gone");
        std::fs::write(sandbox.path("sim.pid"), std::process::id().to_string()).unwrap();
        assert!(refused(), "the process runs");
        policy("{ lock = \"../push.lock\", within = \"10m\" }");
        assert!(!refused(), "no lock");
        sandbox.ok("touch -t 202001010000 ../push.lock");
        assert!(!refused(), "an old lock");
        sandbox.ok("touch ../push.lock");
        assert!(refused(), "a fresh lock");
        policy("{ json = \"../beat.json\", pointer = \"/last\", within = \"5m\" }");
        sandbox.ok("echo '{\"last\": \"2020-01-01T00:00:00Z\"}' > ../beat.json");
        assert!(!refused(), "an old heartbeat");
        sandbox.ok("echo \"{\\\"last\\\": $(date +%s)}\" > ../beat.json");
        assert!(refused(), "a fresh heartbeat");
        policy("{ subject = \"^chore: sim \", on = \"main\", within = \"15m\" }");
        assert!(!refused(), "no such commit");
        sandbox.ok("GIT_COMMITTER_DATE=\"$(date +%s) +0000\" git commit -q --allow-empty -m 'chore: sim 12'");
        assert!(refused(), "a fresh commit of the fleet");
        sandbox.ok("GIT_COMMITTER_DATE='946684800 +0000' git commit -q --allow-empty -m 'chore: sim 13'");
        assert!(refused(), "a fresh commit of the fleet behind one by a machine whose clock went back");
    });
}
