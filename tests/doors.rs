//! Stories at the doors of git, on every git of this machine: what is refused, what passes, and what a refusal leaves behind.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use support::{Git, Sandbox, agents, both};

/// Runs a story on every git.
fn on_every_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        story(&Sandbox::new(&git));
    }
}

#[test]
fn a_commit_that_is_refused_changes_nothing() {
    on_every_git(|sandbox| {
        sandbox.ok("sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak && git add . && echo mine > mine.txt");
        let before = sandbox.state();
        for way in [
            "git commit -qm tune",
            "git commit -q --no-verify -m tune",
            "git commit -q --amend --no-edit --no-verify",
            "git -C state commit -qm tune",
        ] {
            let said = sandbox.fails(way);
            assert!(said.contains("canonical-state-commit"), "{said}");
            assert_eq!(sandbox.state(), before, "{way}");
        }
        // The printed command takes the file out, the rest commits, and what may be the fleet's next frame stays where it is.
        let said = sandbox.fails("git commit -qm tune");
        let command = said.lines().find_map(|line| line.trim().strip_prefix("git restore ")).expect("a command to paste");
        sandbox.ok(&format!("git restore {command} && git add mine.txt && git commit -qm mine && grep -q busy state/agents.json"));
        // So on another branch in the checkout that everybody shares.
        sandbox.ok("git switch -qc feature");
        let said = sandbox.fails("git commit -qam all");
        assert!(said.contains("error[canonical-state-in-worktree]") && !said.contains("--worktree"), "{said}");
        // And where the branch has nothing yet.
        let said = sandbox.fails("git checkout -q --orphan fresh && git commit -qam all");
        let command = said.lines().find_map(|line| line.trim().strip_prefix("git restore ")).expect("a command to paste");
        sandbox.ok(&format!("git restore {command} && git commit -qm all && grep -q busy state/agents.json"));
    });
}

/// What is printed is pasted where nothing was touched, or where the refused commit is not HEAD's: it must not take a good one back.
#[test]
fn no_way_back_is_told_from_where_nobody_went() {
    on_every_git(|sandbox| {
        sandbox.ok(
            "git switch -qc side && printf '{\"agents\": {}}\\n' > state/agents.json && echo s > s && git add . && git -c core.hooksPath=/dev/null commit -qm side",
        );
        for act in ["git switch -qc other", "git checkout -qb other"] {
            let said = sandbox.fails(act);
            assert!(said.contains("error[emptied-collection]") && !said.contains("put it back with"), "{act}: {said}");
        }
        let said = sandbox.fails("git switch -q main && git merge -q --ff-only side");
        assert!(said.contains("warning[mixed-commit]") && !said.contains("HEAD~1"), "{said}");
    });
}

#[test]
fn the_fleets_next_frame_stays_while_a_refused_move_is_put_back() {
    on_every_git(|sandbox| {
        sandbox.ok("git switch -qc side && printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam side && git switch -q main");
        for act in ["fleet git merge -q side", "git cherry-pick side", "fleet git reset -q --keep side"] {
            let said = sandbox.fails(act);
            assert!(said.contains("put it back with"), "{act}: {said}");
            let mut commands = said.lines().map(str::trim).filter(|line| line.starts_with("git "));
            let way_back = commands.next().expect("a command to paste");
            let rest = commands.collect::<Vec<_>>().join("\n");
            sandbox.ok(&format!(
                "{way_back} && git diff --exit-code HEAD && sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak"
            ));
            sandbox.ok(&format!("{rest}\ngrep -q busy state/agents.json && git restore -- state"));
        }
    });
}

/// A rebase stands still until somebody reads why; the fleet does not.
#[test]
fn what_the_fleet_writes_while_a_rebase_stands_still_is_kept() {
    on_every_git(|sandbox| {
        sandbox.ok(
            "git switch -qc side && printf '#!/bin/bash\\ntimeout 5 x\\n' > x.sh && git add x.sh && git -c core.hooksPath=/dev/null commit -qm side && git switch -q main\n\
             echo mine > mine && git add mine && git commit -qm mine && echo more >> mine && echo new > new && git add new",
        );
        for backend in ["--merge", "--apply"] {
            let said = sandbox.fails(&format!("git rebase -q {backend} --autostash side"));
            let way_back = said.lines().map(str::trim).find(|line| line.starts_with("git checkout")).expect("a command to paste");
            sandbox.ok(&format!("sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak && {way_back}"));
            let status = sandbox.ok("git symbolic-ref HEAD && git status --porcelain && git checkout -q -- state && ls .git");
            assert!(
                status.starts_with("refs/heads/main\n M mine\nA  new\n M state/agents.json\n") && !status.contains("rebase-"),
                "{status}"
            );
        }
    });
}

#[test]
fn below_the_root_the_way_up_is_told() {
    on_every_git(|sandbox| {
        sandbox.ok("mkdir -p docs/old && printf '{\"agents\": {}}\\n' > state/agents.json && git add state");
        let said = sandbox.fails("cd docs/old && fleet git commit -qm sync");
        let last = "gnp-lint: do what `help` says, after `cd ../..`; the reason: gnp-lint explain emptied-collection\n";
        assert!(said.ends_with(last), "{said}");
        let said = sandbox.fails("fleet git commit -qm sync");
        assert!(said.ends_with("gnp-lint: do what `help` says; the reason: gnp-lint explain emptied-collection\n"), "{said}");
    });
}

#[test]
fn the_wipe_is_refused_by_any_writer() {
    on_every_git(|sandbox| {
        sandbox.ok("printf '{\"agents\": {}}\\n' > state/agents.json");
        for way in ["fleet git commit -qam sync", "fleet git commit -q --no-verify -am sync"] {
            let said = sandbox.fails(way);
            assert!(said.contains("emptied-collection") && said.contains("136") && said.contains("agent-001"), "{said}");
            assert!(said.contains("git restore --source="), "{said}");
        }
        sandbox.ok("git restore --source=HEAD --staged --worktree -- state/agents.json && git diff --exit-code HEAD");
        // The fleet has written its next frame meanwhile: that is not put back.
        let staged = "printf '{\"agents\": {}}\\n' > state/agents.json && git add state && git show HEAD:state/agents.json | sed s/idle/busy/ > state/agents.json";
        for way in ["git commit -qm sync", "git commit -q --no-verify -m sync", "git -C state commit -qm sync"] {
            let said = sandbox.fails(&format!("{staged} && fleet {way}"));
            let command = said.lines().find_map(|line| line.trim().strip_prefix("git restore ")).expect("a command to paste");
            assert!(!command.contains("--worktree"), "{way}: {said}");
            sandbox.ok(&format!("git restore {command} && git diff --cached --exit-code && grep -q busy state/agents.json"));
        }
    });
}

#[test]
fn writers_are_known_by_environment_author_and_subject() {
    on_every_git(|sandbox| {
        sandbox.ok("cat > gnp.toml <<'EOF'\n\
             [[writer]]\nname = 'engine'\nenv = { GNP_WRITER = 'merge-engine' }\n\
             [[writer]]\nname = 'bot'\nauthor = ['*-bot@example.org']\n\
             [[writer]]\nname = 'sync'\nsubject = ['^chore: sync']\n\
             EOF\n\
             git add gnp.toml && fleet git commit -qm 'set policy'");
        let change = |n: u32| format!("echo '{{\"last_run\": {n}}}' > state/heartbeat_state.json && git add state");
        for (n, passes) in [
            "GNP_WRITER=merge-engine git commit -qm engine",
            "GIT_AUTHOR_EMAIL=merge-bot@example.org git commit -qm bot",
            "git commit -qm 'chore: sync 12'",
            "git commit -qm '# not a subject' -m x --cleanup=strip && git commit -q --amend -m 'chore: sync by amend'",
        ]
        .iter()
        .take(3)
        .enumerate()
        {
            sandbox.ok(&change(u32::try_from(n).unwrap() + 1));
            sandbox.ok(passes);
        }
        sandbox.ok(&change(9));
        let said = sandbox.fails("git commit -qm 'my chore: sync'");
        assert!(said.contains("canonical-state-commit") && said.contains("my chore: sync"), "{said}");
        let said = sandbox.fails("GNP_WRITER=other git commit -qm 'x'");
        assert!(said.contains("canonical-state-commit"), "{said}");
        assert_eq!(sandbox.ok("git log -1 --format=%s"), "chore: sync 12");
    });
}

#[test]
fn a_change_cannot_exempt_itself() {
    on_every_git(|sandbox| {
        sandbox.ok("printf '[state]\\ncanonical = []\\n' > gnp.toml && sed -i.bak s/idle/busy/ state/agents.json && git add gnp.toml state/agents.json");
        let said = sandbox.fails("git commit -qm 'loosen and use it'");
        assert!(said.contains("canonical-state-commit"), "{said}");
        let said = sandbox.fails("git commit -q --no-verify -m 'loosen and use it'");
        assert!(said.contains("canonical-state-commit"), "{said}");
    });
}

#[test]
fn waivers_become_trailers_and_only_those_count_later() {
    on_every_git(|sandbox| {
        sandbox.ok("printf '{\"agents\": {}}\\n' > state/agents.json && git add state");
        let waived = "GNP_ALLOW='emptied-collection: reseeding after incident 12' fleet git commit";
        // Without commit-msg there is no trailer, and the reference door wants one.
        sandbox.fails(&format!("{waived} -q --no-verify -m reseed"));
        let said = sandbox.fails("GNP_ALLOW='emptied-collection' fleet git commit -qm reseed");
        assert!(said.contains("RULE: REASON"), "{said}");
        sandbox.ok(&format!("{waived} -qm reseed"));
        assert_eq!(sandbox.ok("git log -1 --format=%B"), "reseed\n\nGNP-Allow: emptied-collection: reseeding after incident 12");
        // Rules that the policy does not list cannot be waived.
        sandbox.ok("echo '{\"last_run\": 1}' > state/heartbeat_state.json");
        let said = sandbox.fails("GNP_ALLOW='canonical-state-commit: I must' git commit -qam x");
        assert!(said.contains("waivable"), "{said}");
    });
}

#[test]
fn an_act_without_a_commit_is_waived_by_the_environment_where_the_policy_lets_it() {
    on_every_git(|sandbox| {
        sandbox.ok("printf 'waivable = [\"stash-over-fleet\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm 'set policy'");
        sandbox.ok("echo '{\"last_run\": 1}' > state/heartbeat_state.json");
        sandbox.fails("git stash");
        sandbox.fails("GNP_ALLOW='autostash-over-fleet: other' git stash");
        sandbox.ok("GNP_ALLOW='stash-over-fleet: the fleet is paused' git stash && git stash pop");
        let waived = sandbox.log().into_iter().filter(|entry| entry["waived"] == "the fleet is paused").count();
        assert_eq!(waived, 1);
    });
}

#[test]
fn what_upstream_has_and_what_the_fleet_made_never_stops_a_session() {
    on_every_git(|sandbox| {
        sandbox.ok(
            "git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main && git branch -q -u origin/main\n\
             git clone -q ../up.git ../fleet\n\
             cd ../fleet && echo '{\"last_run\": 2}' > state/heartbeat_state.json && git commit -qam 'chore: sync' && git push -q",
        );
        // A pull brings the fleet's commits: fast-forward, merge, and rebase of an own commit.
        sandbox.ok("git pull -q --ff-only && git log -1 --format=%s | grep -q sync");
        sandbox
            .ok("cd ../fleet && echo '{\"last_run\": 3}' > state/heartbeat_state.json && git commit -qam 'chore: sync 3' && git push -q");
        sandbox.ok("echo mine > mine && git add mine && git commit -qm mine && git pull -q --no-rebase --no-edit");
        sandbox.ok("cd ../fleet && git pull -q --no-rebase --no-edit && echo '{\"last_run\": 4}' > state/heartbeat_state.json && git commit -qam 'chore: sync 4' && git push -q");
        sandbox.ok("echo more >> mine && git commit -qam more && git pull -q --rebase");
        // A feature branch rebased onto fleet commits that are not pushed yet, and merged.
        sandbox.ok("git switch -qc feature && echo f > f && git add f && git commit -qm f && git switch -q main");
        sandbox.ok("echo '{\"last_run\": 5}' > state/heartbeat_state.json && fleet git commit -qam 'chore: sync 5'");
        sandbox.ok("git switch -q feature && git rebase -q main && git switch -q main && git merge -q feature && git commit -q --amend -m 'f, said better'");
        assert_eq!(sandbox.log(), Vec::<serde_json::Value>::new());
    });
}

#[test]
fn damage_that_upstream_has_is_told_with_the_last_content_before_it() {
    on_every_git(|sandbox| {
        sandbox.ok(
            "git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main && git branch -q -u origin/main\n\
             git clone -q ../up.git ../fleet && cd ../fleet\n\
             sed -i.bak s/idle/busy/ state/agents.json && git commit -qam 'frame 2' && printf '{\"agents\": {}}\\n' > state/agents.json && git commit -qam wipe\n\
             echo later >> README.md && git commit -qam later && git push -q",
        );
        let output = sandbox.sh("git pull -q --ff-only");
        let said = both(&output);
        assert!(output.status.success() && said.contains("it comes with `") && said.contains("\"wipe\" by Ada"), "{said}");
        // What the fleet did between the last pull and the wipe comes back too; and nothing waits for a waiver any more.
        let command = said.lines().find(|line| line.contains("git restore")).expect("a command to paste").trim();
        sandbox.ok(&format!("{command} && grep -q busy state/agents.json && fleet git commit -qm repair"));
        assert!(!said.contains("GNP_ALLOW"), "{said}");
    });
}

#[test]
fn a_wipe_that_comes_by_a_pushed_branch_is_refused() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main");
        sandbox.ok(
            "git switch -qc wipe && printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam 'resolve'\n\
             git -c core.hooksPath=/dev/null push -q origin wipe && git switch -q main",
        );
        for way in ["fleet git merge -q --ff-only origin/wipe && :", "fleet git merge -q --no-ff --no-edit wipe"] {
            let said = sandbox.fails(way);
            assert!(said.contains("emptied-collection"), "{way}: {said}");
            sandbox.ok("git reset -q --merge");
        }
        // Where upstream's main has it already, a pull passes, and says what it brings.
        sandbox.ok("git -c core.hooksPath=/dev/null push -q origin wipe:main");
        let said = support::both(&sandbox.sh("git pull -q --ff-only origin main"));
        assert!(said.contains("warning[emptied-collection]") && said.contains("upstream has it"), "{said}");
        assert_eq!(sandbox.ok("git rev-parse main"), sandbox.ok("git rev-parse wipe"));
    });
}

#[test]
fn a_merge_passes_where_one_parent_had_the_loss_already() {
    on_every_git(|sandbox| {
        sandbox.ok("git switch -qc topic && echo t > t && git add t && git commit -qm t && git switch -q main");
        // The fleet seeds anew, and says so; the topic still has the old agents.
        sandbox.ok(
            "printf '{\"agents\": {}}\\n' > state/agents.json && GNP_ALLOW='emptied-collection: reseeding' fleet git commit -qam reseed",
        );
        let logged = sandbox.log().len();
        sandbox.ok("git merge -q --no-edit topic && git switch -q topic && git merge -q --no-edit main && git switch -q main && git merge -q --ff-only topic");
        let denied: Vec<_> = sandbox.log().split_off(logged).into_iter().filter(|entry| entry["finding"]["level"] == "deny").collect();
        assert_eq!(denied, Vec::<serde_json::Value>::new());
    });
}

#[test]
fn going_back_and_forth_over_ones_own_commits_passes() {
    on_every_git(|sandbox| {
        sandbox.ok("echo one > one && git add one && git commit -qm one && git tag one");
        // A rewind, and the same commits again; a commit undone and made anew; a branch replayed on top.
        sandbox.ok("git reset -q --hard HEAD~1 && git reset -q --hard one && git reset -q --soft HEAD~1 && git commit -qm 'one, anew'");
        sandbox.ok("git switch -qc topic HEAD~1 && echo two > two && git add two && git commit -qm two && git rebase -q main && git switch -q main && git merge -q --ff-only topic");
        assert_eq!(sandbox.log(), Vec::<serde_json::Value>::new());
        // A rewind past what the fleet has gathered is a loss like another.
        sandbox.ok("git switch -q --orphan other && mkdir -p state && printf '{\"agents\": {}}\\n' > state/agents.json && git add . && git -c core.hooksPath=/dev/null commit -qm empty && git switch -q main");
        let said = sandbox.fails("fleet git reset -q --hard other");
        assert!(said.contains("emptied-collection"), "{said}");
        sandbox.ok("git reset -q --merge && git diff --exit-code HEAD");
    });
}

#[test]
fn a_merge_that_takes_the_stale_side_is_refused() {
    on_every_git(|sandbox| {
        let few = agents(2);
        // The shared main had two agents when the branch left; it has 136 now. The merge takes the branch's old copy.
        sandbox.ok(&format!("cat > state/agents.json <<'EOF'\n{few}EOF\nGNP_ALLOW='emptied-collection: x; shrunk-collection: x' fleet git commit -qam 'few' "));
        sandbox.ok("git switch -qc stale && echo s > s && git add s && git commit -qm s && git switch -q main");
        sandbox.ok("git show HEAD~1:state/agents.json > state/agents.json && fleet git commit -qam 'many again'");
        sandbox.ok("git merge -q --no-ff --no-commit stale && printf '{\"agents\": {}}\\n' > state/agents.json && git add state");
        let said = sandbox.fails("fleet git commit -qm merge");
        assert!(said.contains("emptied-collection"), "{said}");
        let said = sandbox.fails("fleet git commit -q --no-verify -m merge");
        assert!(said.contains("emptied-collection"), "{said}");
    });
}

#[test]
fn a_stash_is_refused_only_while_the_fleet_runs() {
    on_every_git(|sandbox| {
        sandbox.ok(
            "printf '[fleet]\\nalive = [{ pid_file = \"../sim.pid\" }]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm policy",
        );
        sandbox.ok("echo '{\"last_run\": 1}' > state/heartbeat_state.json && echo mine >> README.md && git add README.md");
        let before = sandbox.state();
        let said = sandbox.fails("sleep 60 & echo $! > ../sim.pid; git stash || { kill $!; exit 1; }");
        assert!(said.contains("stash-over-fleet") && said.contains("git stash push -u -- README.md"), "{said}");
        assert_eq!(sandbox.state(), before);
        // That process is gone now: a stale pid file is a dead fleet.
        sandbox.ok("git stash -q && git stash pop -q --index");
        // A writer is warned.
        sandbox.ok("rm ../sim.pid && git rm -q gnp.toml && git commit -qm 'back to the built-in policy' -- gnp.toml && fleet git stash -q && git stash pop -q");
    });
}

#[test]
fn an_autostash_is_refused_before_anything_is_touched() {
    on_every_git(|sandbox| {
        sandbox.ok("git switch -qc side HEAD~1 && echo s > s && git add s && git commit -qm s && git switch -q main");
        sandbox.ok("echo '{\"last_run\": 1}' > state/heartbeat_state.json && echo mine >> README.md && git add README.md");
        let before = sandbox.state();
        for way in [
            "git rebase --autostash side",
            "git rebase --apply --autostash side",
            "git merge --autostash side",
            "git pull --rebase --autostash . side",
        ] {
            let said = sandbox.fails(way);
            assert!(said.contains("autostash-over-fleet"), "{way}: {said}");
            let lasting = |state: &str| -> Vec<String> {
                state.lines().filter(|line| !line.ends_with("FETCH_HEAD") && !line.ends_with("ORIG_HEAD")).map(str::to_owned).collect()
            };
            assert_eq!(lasting(&sandbox.state()), lasting(&before), "{way} on {}", sandbox.git().version);
        }
        // An ordinary merge beside a dirty file makes a stash commit of its own, and passes.
        sandbox.ok("git stash push -q -- README.md && git merge -q --no-edit side");
    });
}

#[test]
fn behind_a_missing_post_index_change_pre_rebase_refuses_and_says_the_way_back() {
    on_every_git(|sandbox| {
        sandbox.ok("git switch -qc side HEAD~1 && echo s > s && git add s && git commit -qm s && git switch -q main");
        sandbox.ok("echo '{\"last_run\": 1}' > state/heartbeat_state.json && echo mine >> README.md && git add README.md && rm .git/hooks/post-index-change");
        let lasting = |state: String| -> Vec<String> {
            state.lines().filter(|line| !line.contains("HEAD") && !line.contains("refs/gnp/")).map(str::to_owned).collect()
        };
        let before = lasting(sandbox.state());
        let said = sandbox.fails("git rebase --autostash side");
        // What git has put aside comes back before anything else moves.
        let (lost, pull) = (said.find("nothing is lost"), said.find("git pull"));
        assert!(said.contains("autostash-over-fleet") && lost.is_some() && lost < pull, "{said}");
        let commands: Vec<&str> = said
            .lines()
            .skip_while(|line| !line.contains("nothing is lost"))
            .skip(1)
            .map(str::trim)
            .take_while(|line| line.starts_with("git "))
            .collect();
        assert!(!commands.is_empty(), "{said}");
        for command in commands {
            sandbox.ok(command);
        }
        assert_eq!(lasting(sandbox.state()), before, "{}", sandbox.git().version);
    });
}

#[test]
fn a_new_worktree_gets_its_assignments() {
    on_every_git(|sandbox| {
        sandbox.ok("echo '{\"streams\": {\"stream-1\": [1]}}' > state/stream_assignments.json && echo state/stream_assignments.json >> .git/info/exclude");
        let said = support::both(&sandbox.sh("git worktree add -q -b s1 '../s 1'"));
        assert!(said.contains("uncarried-file"), "{said}");
        sandbox.ok("cmp state/stream_assignments.json '../s 1/state/stream_assignments.json'");
        // A committed one is older than the change that nobody has committed yet.
        sandbox.ok("git add -f state/stream_assignments.json && git commit -qm assign && echo '{\"streams\": {\"stream-2\": [2]}}' > state/stream_assignments.json");
        sandbox.ok("git worktree add -q -b s2 ../s2 && cmp state/stream_assignments.json ../s2/state/stream_assignments.json");
        // What the policy does not carry is copied by the command that is printed, into folders that no commit has yet.
        sandbox.ok("mkdir -p 'state/in box' && echo '{}' > 'state/in box/x y.json'");
        let said = support::both(&sandbox.sh("git worktree add -q -b s4 '../s 4'"));
        let command = said.lines().map(str::trim).find(|line| line.starts_with("mkdir -p ")).expect("a command to paste");
        sandbox.ok(&format!("{command} && cmp 'state/in box/x y.json' '../s 4/state/in box/x y.json' && rm -r 'state/in box'"));
        // A symlinked folder is not followed out of the worktree.
        sandbox.ok("mkdir ../outside && git checkout -q -- state && git switch -qc link && git mv state elsewhere && ln -s ../outside state && git add state && git -c core.hooksPath=/dev/null commit -qm link && git switch -q main");
        sandbox.ok("mkdir -p state && echo '{\"streams\": {}}' > state/stream_assignments.json");
        let said = support::both(&sandbox.sh("git worktree add -q ../s3 link"));
        assert!(said.contains("symlink"), "{said}");
        assert_eq!(sandbox.ok("ls ../outside"), "");
    });
}

#[test]
fn scripts_are_linted_from_the_index_and_only_what_is_new_denies() {
    on_every_git(|sandbox| {
        sandbox
            .ok("printf '#!/bin/bash\\ntimeout 5 sleep 1\\n' > old.sh && git add old.sh && git -c core.hooksPath=/dev/null commit -qm old");
        sandbox.ok("printf 'echo fine\\n' >> old.sh && git commit -qam 'more of it'");
        sandbox.ok("printf '#!/bin/bash\\npids=(1 2)\\nwait \"${pids[-1]}\"\\ntimeout 30 sleep 1\\n' > run.sh && git add run.sh && printf '#!/bin/bash\\n:\\n' > run.sh");
        let said = sandbox.fails("git commit -qm run");
        assert!(said.contains("missing-command") && said.contains("bash-feature-too-new") && said.contains("run.sh:4"), "{said}");
        // What stands in the work tree is not what is committed.
        sandbox.ok("git add run.sh && git commit -qm run");
    });
}

#[test]
fn scripts_inside_other_files_are_judged_in_the_same_way() {
    on_every_git(|sandbox| {
        sandbox.ok("mkdir -p .github/workflows && printf 'jobs:\\n  a:\\n    runs-on: macos-14\\n    steps:\\n      - run: timeout 5 x\\n' > .github/workflows/ci.yml && git add . && git -c core.hooksPath=/dev/null commit -qm old");
        sandbox.ok(
            "printf 'name: ci\\n' | cat - .github/workflows/ci.yml > new && mv new .github/workflows/ci.yml && git commit -qam 'more of it'",
        );
        sandbox.ok(
            "printf '      - run: timeout 6 x\\n' >> .github/workflows/ci.yml && printf '```sh\\ntimeout 7 x\\n```\\n' > a.md && git add .",
        );
        let said = sandbox.fails("git commit -qm more");
        assert!(said.contains(".github/workflows/ci.yml:7:14") && said.contains("a.md:2:1") && !said.contains("ci.yml:6"), "{said}");
        sandbox.ok("git restore --staged --worktree .github && printf 'Never:\\n\\n' | cat - a.md > b.md && mv b.md a.md && git add . && git commit -qm more");
    });
}

#[test]
fn a_push_is_judged_by_what_the_remote_lacks() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main");
        sandbox.ok("printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam wipe");
        let said = sandbox.fails("git push -q origin main");
        assert!(said.contains("emptied-collection") && said.contains("this push"), "{said}");
        let waive = said.lines().map(str::trim).find(|line| line.starts_with("git commit --amend")).expect("a command to paste");
        sandbox.ok(&format!("cp -a ../up.git ../other.git && git tag wiped && {} && git push -q ../other.git main && git reset -q --soft wiped && git tag -d wiped", waive.replace("REASON", "reseeded")));
        sandbox.ok("git reset -q --hard HEAD~1 && git tag v1 && git push -q origin v1 main && git push -q origin main:other && git push -q origin :other");
    });
}

#[test]
fn a_push_that_somebody_was_faster_than_is_left_to_git_unless_it_is_forced() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main && git clone -q ../up.git ../other\n\
             cd ../other && echo theirs > theirs.txt && git add theirs.txt && git commit -qm theirs && git push -q origin main");
        sandbox.ok("echo mine > mine.txt && git add mine.txt && git commit -qm mine && git config alias.up 'push -q origin' && git config alias.over 'push -f'");
        let there = sandbox.ok("git -C ../up.git for-each-ref");
        for push in ["git push origin main", "git push -u origin HEAD:main", "git -c push.default=current push", "git up main"] {
            let said = sandbox.fails(push);
            assert!(said.contains("fetch first") && !said.contains("gnp-lint"), "{push}: {said}");
        }
        for push in [
            "git push -f origin main",
            "git push origin +main",
            "git push --force-with-lease=main:$(git -C ../up.git rev-parse main) origin main",
            "git -c remote.origin.push=+main:main push origin",
            "git -c remote.origin.mirror=true push origin",
            "git over origin main",
        ] {
            let said = sandbox.fails(push);
            assert!(said.contains("error[force-push-to-protected]"), "{push}: {said}");
            assert!(said.contains("git pull --no-rebase --no-autostash origin main\n"), "{push}: {said}");
        }
        assert_eq!(sandbox.ok("git -C ../up.git for-each-ref"), there);
        sandbox.ok("git pull -q --rebase --no-autostash origin main && git push -q origin main");
    });
}

#[test]
fn a_push_from_a_shallow_clone_is_judged_ref_by_ref_and_told_once() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && git push -q ../up.git main && git clone -q --depth 1 \"file://$PWD/../up.git\" ../c\n\
             cd ../c && gnp-lint install --force >/dev/null && test -f .git/shallow\n\
             printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam wipe && git tag wiped && git branch topic");
        let there = sandbox.ok("git -C ../up.git for-each-ref");
        for (push, told) in [("main", 1), ("main:new", 1), ("topic", 1), ("wiped main", 1), ("main main:new", 2)] {
            let said = sandbox.fails(&format!("cd ../c && git push origin {push}"));
            assert_eq!(said.matches("error[emptied-collection]").count(), told, "{push}: {said}");
            assert_eq!(sandbox.ok("git -C ../up.git for-each-ref"), there, "{push}");
        }
        for (push, rule) in
            [(":main", "protected-branch-removed"), ("-f \"$(git commit-tree -m o 'main~1^{tree}')\":main", "force-push-to-protected")]
        {
            let said = sandbox.fails(&format!("cd ../c && git push origin {push}"));
            assert!(said.contains(&format!("error[{rule}]")), "{push}: {said}");
            assert_eq!(sandbox.ok("git -C ../up.git for-each-ref"), there, "{push}");
        }
        // A tag moves no branch; what is fine passes in silence, to new branches too, and they can go again.
        let said = sandbox
            .sh("cd ../c && git push -q origin wiped && git reset -q --hard HEAD~1 && echo x > x && git add x && git commit -qm x\n\
             git push -q origin main main:new && git push -q origin :new :wiped");
        assert_eq!((said.status.success(), support::both(&said)), (true, String::new()));
    });
}

#[test]
fn what_git_shows_to_no_hook_is_seen_by_the_next_door() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main && git fetch -q\n\
             git switch -qc side && printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam wipe && git switch -q --detach main");
        let mut ways = vec!["git branch -C side main"];
        if sandbox.git().version.contains(" 2.39") {
            ways.push("git symbolic-ref refs/heads/main refs/heads/side");
        }
        for way in ways {
            sandbox.ok(&format!("git -c core.hooksPath=/dev/null branch -f main origin/main && {way}"));
            assert_eq!(sandbox.ok("git rev-parse main"), sandbox.ok("git rev-parse side"), "{way}");
            for door in ["git push origin main", "git switch -q --detach main && gnp-lint ci --base origin/main", "gnp-lint doctor"] {
                let said = sandbox.fails(door);
                assert!(said.contains("emptied-collection"), "{way}, {door}: {said}");
            }
            sandbox.ok("git switch -q --detach origin/main");
        }
    });
}

#[test]
fn a_broken_committed_policy_is_loud_and_can_be_repaired() {
    on_every_git(|sandbox| {
        sandbox.ok("printf 'protected = [\\n' > gnp.toml && git add gnp.toml && git -c core.hooksPath=/dev/null commit -qm broken");
        sandbox.ok("echo x > x && git add x");
        let said = support::both(&sandbox.sh("git commit -qm x"));
        assert!(said.contains("built-in one is in force"), "{said}");
        sandbox.ok("printf 'protected = [\"main\"]\\n' > gnp.toml && git commit -qam repair && echo y > y && git add y");
        assert_eq!(support::both(&sandbox.sh("git commit -qm y")), "");
    });
}

#[test]
fn maintenance_and_branches_of_no_interest_pass_in_silence() {
    on_every_git(|sandbox| {
        let said = sandbox.sh(
            "git gc -q && git pack-refs --all && git branch a && git branch -m a b && git branch -D b && git tag t && git notes add -m n\n\
             git switch -q --detach && git commit -q --allow-empty -m detached && git switch -q main && git switch -q --orphan empty && git switch -q main\n\
             echo x > x && git add x && git commit -qm x && git revert --no-edit HEAD && git worktree add -q ../w HEAD && git worktree remove ../w",
        );
        assert!(said.status.success(), "{}", support::both(&said));
        assert_eq!(sandbox.log(), Vec::<serde_json::Value>::new());
    });
}
