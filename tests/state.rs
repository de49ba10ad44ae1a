//! Losses of state, on every git of this machine: what is noticed, what is left alone, and that every printed command brings the data back.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use support::{Git, Sandbox, agents, both};

/// Runs a story on every git.
fn on_every_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        story(&Sandbox::new(&git));
    }
}

/// The commands of a report that begin with some words.
fn commands<'s>(said: &'s str, begin: &str) -> Vec<&'s str> {
    let mut found: Vec<&str> =
        said.lines().map(|line| line.trim_start_matches(['│', '|', ' '])).filter(|line| line.starts_with(begin)).collect();
    found.dedup();
    found
}

/// The command of a report that restores; where two doors print one, the last.
fn restore(said: &str) -> &str {
    commands(said, "git restore ").last().unwrap_or_else(|| panic!("no command: {said}"))
}

/// The names of the rules that the log has, in order, without repetitions.
fn rules(sandbox: &Sandbox) -> Vec<String> {
    let mut names: Vec<String> = sandbox.log().iter().map(|entry| entry["finding"]["rule"].as_str().unwrap().to_owned()).collect();
    names.dedup();
    names
}

/// Each with a rule, and shell text that does the damage to the work tree.
const DAMAGE: &[(&str, &str)] = &[
    ("emptied-collection", "echo '{\"agents\": {}}' > state/agents.json"),
    ("shrunk-collection", "cp few.json state/agents.json"),
    ("collapsed-counter", "sed 's/\"total\": 136/\"total\": 1/' state/agents.json > a && mv a state/agents.json"),
    ("invalid-json", "echo '{\"agents\": {' > state/agents.json"),
    ("duplicate-key", "sed 's/agent-002/agent-001/' state/agents.json > a && mv a state/agents.json"),
    ("conflict-marker", "echo '<<<<<<< HEAD' >> state/agents.json"),
    ("canonical-file-removed", "rm state/agents.json"),
    ("canonical-file-removed", "rm state/agents.json && ln -s ../README.md state/agents.json"),
    ("canonical-file-removed", "mv state/agents.json state/agents.bak"),
    ("stale-revert", "cp old.json state/agents.json"),
];

/// A sandbox whose agents have an older version, `old.json`, and a smaller one, `few.json`, beside it.
fn aged(git: &Git) -> Sandbox {
    let sandbox = Sandbox::new(git);
    sandbox.ok("printf 'few.json\\nold.json\\n' >> .git/info/exclude && cp state/agents.json old.json");
    sandbox.ok(&format!("cat > few.json <<'EOF'\n{}EOF\n", agents(60).replace("\"total\": 60", "\"total\": 136")));
    sandbox.ok("sed 's/\"karma\": 7 /\"karma\": 8 /' old.json > state/agents.json && fleet git commit -qam 'karma of agent 1'");
    sandbox
}

#[test]
fn the_printed_command_restores_from_the_index_and_from_a_commit() {
    for git in Git::all() {
        for (rule, damage) in DAMAGE {
            // Refused or warned about before the commit, at the reference door alone, and after the fact.
            for way in [
                "fleet git commit -qam sync",
                "fleet git commit -q --no-verify -am sync",
                "git -c core.hooksPath=/dev/null commit -qam sync && gnp-lint ci --base HEAD~1",
            ] {
                let sandbox = aged(&git);
                let good = sandbox.ok("git rev-parse HEAD");
                sandbox.ok(&format!("{damage}\ngit add -A state"));
                let said = both(&sandbox.sh(way));
                assert!(said.contains(rule), "{}: {damage}: {way}: {said}", git.version);
                sandbox.ok(restore(&said));
                assert_eq!(
                    sandbox.ok(&format!("git diff --cached {good} -- state/agents.json && git diff {good} -- state/agents.json")),
                    "",
                    "{damage}: {way}: {said}"
                );
            }
        }
    }
}

#[test]
fn a_wipe_that_is_renamed_on_the_way_is_one_file() {
    on_every_git(|sandbox| {
        let good = sandbox.ok("git rev-parse HEAD");
        // Half of the text goes on under the new name, the collection does not.
        let posts: Vec<String> = (0..40).map(|n| format!("{{\"id\": {n}, \"text\": \"a post of some length\"}}")).collect();
        sandbox.ok(&format!(
            "echo '{{\"ids\": [1, 2, 3, 4, 5, 6],\n\"posts\": [\n{}]}}' > state/posts.json && git add state",
            posts.join(",\n")
        ));
        sandbox.ok("fleet git commit -qm posts && git mv state/posts.json state/entries.json");
        sandbox.ok("sed 's/1, 2, 3, 4, 5, 6//' state/entries.json > e && mv e state/entries.json");
        let said = sandbox.fails("fleet git commit -qam rename");
        assert!(said.contains("emptied-collection") && said.contains("`/ids` of `state/entries.json`"), "{said}");
        sandbox.ok(restore(&said));
        assert_eq!(sandbox.ok("git status --porcelain && ls state"), "agents.json\nheartbeat_state.json\nposts.json");
        // By a stranger it is a change like any other.
        sandbox.ok("git mv state/posts.json state/entries.json");
        let said = sandbox.fails("git commit -qm rename");
        assert!(said.contains("canonical state `state/entries.json` renamed") && !said.contains("canonical-file-removed"), "{said}");
        sandbox.ok("fleet git commit -qm rename");
        assert_eq!(rules(sandbox), ["emptied-collection", "canonical-state-commit"]);
        assert_ne!(sandbox.ok("git rev-parse HEAD"), good);
    });
}

#[test]
fn a_stale_copy_names_the_commit_that_it_equals() {
    for git in Git::all() {
        let sandbox = aged(&git);
        sandbox.ok("sed 's/\"karma\": 14 /\"karma\": 15 /' state/agents.json > a && mv a state/agents.json && fleet git commit -qam 'karma of agent 2'");
        let (old, last) = (sandbox.ok("git rev-parse --short=12 HEAD~3"), sandbox.ok("git rev-parse HEAD"));
        sandbox.ok("cp old.json state/agents.json");
        let said = both(&sandbox.sh("fleet git commit -qam 'pop a stash'"));
        assert!(
            said.contains("stale-revert") && said.contains(&format!("`{old}` \"begin\"")) && said.contains("2 later versions"),
            "{said}"
        );
        // The printed command repairs it, and the repair is no stale copy.
        let before = sandbox.log().len();
        sandbox.ok(&format!("{} && fleet git commit -qm 'put it right' && git diff --exit-code {last} -- state", restore(&said)));
        assert_eq!(sandbox.log().len(), before, "{:?}", rules(&sandbox));
    }
}

#[test]
fn going_back_on_purpose_is_left_alone() {
    for git in Git::all() {
        let sandbox = aged(&git);
        sandbox.ok("fleet git revert --no-edit HEAD && fleet git revert --no-edit HEAD");
        // Undoing the very change that lost half is mending.
        sandbox.ok("fleet git -c core.hooksPath=/dev/null commit -q --allow-empty -m x && cp state/agents.json good.json");
        sandbox.ok("cp few.json state/agents.json && fleet git -c core.hooksPath=/dev/null commit -qam shrink");
        sandbox.ok("mv good.json state/agents.json && fleet git commit -qam 'bring them back'");
        assert_eq!(rules(&sandbox), [""; 0]);
    }
}

#[test]
fn a_merge_is_compared_with_each_of_its_sides() {
    on_every_git(|sandbox| {
        sandbox.ok("git branch side && sed 's/\"karma\": 7 /\"karma\": 8 /' state/agents.json > a && mv a state/agents.json && fleet git commit -qam 'sync'");
        sandbox.ok("git switch -q side && echo s > s && git add s && git commit -qm s");
        // The side's old copy wins, in a merge into the shared branch …
        sandbox.ok("git switch -q main && fleet git merge -q -s ours --no-ff --no-edit side && git reset -q --hard HEAD~1");
        sandbox.ok("git merge -q --no-ff --no-commit side && git restore --source=side --staged --worktree -- state");
        let said = both(&sandbox.sh("fleet git commit -qm 'merge side'"));
        assert!(said.contains("stale-revert") && said.contains("\"begin\""), "{said}");
        sandbox.ok("git reset -q --hard HEAD~1 && rm -f .git/gnp/log.jsonl");
        // … and in a merge of the shared branch into the side, which then comes back by a fast-forward.
        sandbox.ok("git switch -q side && git -c core.hooksPath=/dev/null merge -q -s ours --no-edit main && git switch -q main");
        let said = both(&sandbox.sh("fleet git merge -q --ff-only side"));
        assert!(said.contains("stale-revert"), "{said}");
    });
}

#[test]
fn octopus_root_and_criss_cross_merges_are_understood() {
    on_every_git(|sandbox| {
        // Three branches that each bring something of their own, and the shared branch that goes on.
        sandbox
            .ok("for b in a b c; do git switch -qc $b main && echo $b > $b && git add $b && git commit -qm $b; done && git switch -q main");
        sandbox.ok("sed 's/\"karma\": 7 /\"karma\": 8 /' state/agents.json > x && mv x state/agents.json && fleet git commit -qam 'sync'");
        sandbox.ok("fleet git merge -q --no-edit a b c && test $(git show -s --format=%P | wc -w) = 4");
        // Criss-cross: two branches that merged each other.
        sandbox.ok("git switch -qc left && echo l > l && git add l && git commit -qm l && git switch -qc right HEAD~1 && echo r > r && git add r && git commit -qm r");
        sandbox.ok("git tag r1 && git merge -q --no-edit left && git switch -q left && git merge -q --no-edit r1 && git switch -q main");
        sandbox
            .ok("sed 's/\"karma\": 14 /\"karma\": 15 /' state/agents.json > x && mv x state/agents.json && fleet git commit -qam 'sync'");
        sandbox.ok("git merge -q --no-edit left && git merge -q --no-edit right");
        // A root commit, and a history of another repository.
        sandbox.ok("git switch -q --orphan new && echo n > n && git add n && git commit -qm n && git switch -qf main");
        sandbox.ok("git merge -q --no-edit --allow-unrelated-histories new");
        assert_eq!(rules(sandbox), [""; 0]);
        // An octopus that wipes is refused like any other merge.
        sandbox
            .ok("for b in d e; do git switch -qc $b main && echo $b > $b && git add $b && git commit -qm $b; done && git switch -q main");
        sandbox.ok("git -c core.hooksPath=/dev/null branch wiped $(git commit-tree -p main -p d -p e -m octopus $(printf '{\"agents\": {}}\\n' > state/agents.json && git add state && git write-tree))");
        sandbox.ok("git reset -q --hard");
        let said = sandbox.fails("fleet git merge -q --ff-only wiped");
        assert!(said.contains("emptied-collection") && said.contains("136"), "{said}");
    });
}

#[test]
fn of_several_commits_the_one_with_the_loss_is_named() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main && git config core.hooksPath /dev/null");
        sandbox.ok("echo 1 > one && git add one && git commit -qm one && echo '{\"agents\": {}}' > state/agents.json && GIT_AUTHOR_NAME=Eve git commit -qam 'resolve the conflict'");
        sandbox.ok("echo '{\"agents\": {\"agent-900\": {}}}' > state/agents.json && git commit -qam 'one more agent' && echo 2 > two && git add two && git commit -qm two");
        let wipe = sandbox.ok("git rev-parse --short=12 HEAD~2");
        sandbox.ok("git config --unset core.hooksPath && gnp-lint install --force > ../install.log 2>&1");
        let comes_with = format!("it comes with `{wipe}` \"resolve the conflict\" by Eve <");
        let said = sandbox.fails("git push -q origin HEAD~2:main");
        assert!(said.contains("emptied-collection") && said.contains(&comes_with), "{said}");
        // One more commit, and the net change only shrinks the collection.
        let said = both(&sandbox.sh("git push -q origin main"));
        assert!(said.contains("shrinks: 136 → 1"), "{said}");
    });
}

#[test]
fn lines_are_entries() {
    on_every_git(|sandbox| {
        sandbox.ok("printf '[state]\\ncanonical = [\"state/*.json\", \"state/*.jsonl\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm policy");
        sandbox.ok("seq 12 | sed 's/.*/{\"id\": &}/' > state/log.jsonl && git add state && fleet git commit -qm log");
        sandbox.ok("echo '{\"id\": 13}' >> state/log.jsonl && fleet git commit -qam 'one more'");
        sandbox.ok("tail -n +7 state/log.jsonl > l && cp l state/log.jsonl && fleet git commit -qam 'less than half goes'");
        let refused = [
            (": > state/log.jsonl", "`state/log.jsonl` as a whole is emptied: 7 → 0 entries"),
            ("echo '{\"id\": 14' >> state/log.jsonl", "line 8, column 10: the text ends where `,` or `}` was expected"),
            ("echo '{\"id\": 14, \"id\": 15}' >> state/log.jsonl", "has the key `id` twice"),
        ];
        for (damage, words) in refused {
            sandbox.ok(damage);
            let said = sandbox.fails("fleet git commit -qam sync");
            assert!(said.contains(words), "{said}");
            sandbox.ok("git checkout -q HEAD -- state");
        }
    });
}

#[test]
fn a_worktree_may_only_bring_what_is_its_own() {
    on_every_git(|sandbox| {
        let change = "sed s/idle/busy/ state/agents.json > a && mv a state/agents.json && git add state";
        sandbox.ok("git worktree add -q -b stream ../wt 2> ../said.txt && git worktree add -q --detach ../loose");
        for (folder, place) in [("../wt", "in a linked worktree, on `stream`"), ("../loose", "in a linked worktree, on no branch")] {
            let said = sandbox.fails(&format!("cd {folder} && {change} && git commit -qm tune"));
            assert!(said.contains("canonical-state-in-worktree") && said.contains(place), "{said}");
            sandbox.ok(&format!("cd {folder} && {}&& git diff --exit-code HEAD", restore(&said)));
        }
        // A deletion, a rename and a cherry-pick are changes too.
        for way in [
            "git rm -q state/agents.json && git commit -q --no-verify -m rm",
            "git mv state/agents.json state/b.json && git commit -q --no-verify -m mv",
        ] {
            let said = sandbox.fails(&format!("cd ../wt && {way}"));
            assert!(said.contains("canonical-state-in-worktree"), "{way}: {said}");
            sandbox.ok("cd ../wt && git reset -q --hard");
        }
        // The fleet's own process may work in a worktree, and everybody may bring a new file.
        sandbox.ok(&format!("cd ../wt && {change} && fleet git commit -qm 'sync' && git reset -q --hard HEAD~1"));
        sandbox.ok("cd ../wt && echo '{}' > state/new.json && git add state && git commit -qm new && echo '{\"a\": 1}' > state/new.json && git commit -qam more");
        // What was let in on the branch goes back where it was.
        sandbox.ok(&format!("cd ../wt && {change} && git -c core.hooksPath=/dev/null commit -qm tune && git checkout -q main -- state/agents.json && git commit -qm 'leave it alone'"));
    });
}

#[test]
fn a_feature_branch_takes_in_what_the_fleet_pushed_and_what_it_did_not() {
    on_every_git(|sandbox| {
        sandbox.ok(
            "git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q origin main && git branch -q -u origin/main\n\
             git clone -q ../up.git ../fleet && git switch -qc feature && echo f > f && git add f && git commit -qm f",
        );
        for (n, way) in ["git pull -q --no-rebase --no-edit origin main", "git pull -q --rebase origin main"].iter().enumerate() {
            sandbox.ok(&format!("cd ../fleet && sed 's/\"karma\": 7 /\"karma\": {n}1 /' state/agents.json > a && mv a state/agents.json && git commit -qam sync --allow-empty && git push -q"));
            sandbox.ok(way);
        }
        sandbox.ok("git switch -q main && echo '{\"last_run\": 9}' > state/heartbeat_state.json && fleet git commit -qam sync && git switch -q feature && git merge -q --no-edit main");
        assert_eq!(rules(sandbox), [""; 0]);
    });
}

#[test]
fn a_feature_branch_takes_in_a_loss_that_was_waived_on_the_shared_one() {
    on_every_git(|sandbox| {
        sandbox.ok("git switch -qc feature && echo f > f && git add f && git commit -qm f && git switch -q main");
        sandbox.ok("echo '{\"agents\": {}}' > state/agents.json && git add state");
        sandbox.ok("GNP_ALLOW='emptied-collection: a new season' fleet git commit -qm reseed && rm .git/gnp/log.jsonl");
        sandbox.ok("git switch -q feature && git merge -q --no-edit main && git switch -q main && git merge -q --ff-only feature");
        assert_eq!(rules(sandbox), [""; 0]);
        // A branch that is moved back writes no copy.
        sandbox.ok("sed 's/{}/{\"agent-001\": {}}/' state/agents.json > a && mv a state/agents.json && fleet git commit -qam 'one' && fleet git reset -q --hard HEAD~1");
        assert_eq!(rules(sandbox), [""; 0]);
    });
}

#[test]
fn two_deltas_of_one_moment_are_told() {
    on_every_git(|sandbox| {
        let delta = |stream: u32| {
            format!(
                "echo '{{\"frame\":405,\"stream_id\":\"stream-{stream}\",\"_meta\":{{\"timestamp\":\"2026-01-01T00:00:00Z\"}}}}' > state/stream_deltas/frame-405-stream-{stream}.json && git add state"
            )
        };
        sandbox.ok(&format!("mkdir -p state/stream_deltas && {} && git commit -qm one", delta(1)));
        assert_eq!(rules(sandbox), [""; 0]);
        let said = both(&sandbox.sh(&format!("{} && git commit -qm two", delta(2))));
        assert!(said.contains("malformed-delta") && said.contains("both say frame 405"), "{said}");
        assert_eq!(sandbox.ok("git log -1 --format=%s"), "two");
    });
}

#[test]
fn an_overwritten_delta_is_put_back_by_the_printed_command() {
    on_every_git(|sandbox| {
        let delta = |posts: u32| {
            format!(
                "echo '{{\"frame\":405,\"stream_id\":\"stream-1\",\"posts\":{posts}}}' > state/stream_deltas/frame-405-stream-1.json && git add state"
            )
        };
        sandbox.ok(&format!("mkdir -p state/stream_deltas && {} && git commit -qm one", delta(1)));
        for way in ["git commit -qm two", "git commit -q --no-verify -m two"] {
            sandbox.ok(&delta(2));
            let said = sandbox.fails(way);
            assert!(said.contains("delta-overwritten"), "{way}: {said}");
            sandbox.ok(&format!("{} && git diff --exit-code HEAD", restore(&said)));
        }
    });
}

#[test]
fn very_large_documents_are_judged_too() {
    on_every_git(|sandbox| {
        // Above the size up to which contents are kept.
        sandbox.ok("{ echo '{\"agents\": {'; seq 90000 | sed 's/.*/\"agent-&\": {\"phase\": \"idle\", \"bio\": \"some words about this agent, and more\"},/'; echo '\"last\": {}}}'; } > state/large.json");
        sandbox.ok("test $(wc -c < state/large.json) -gt 5000000 && git add state && fleet git commit -qm large");
        sandbox.ok("sed 's/idle/busy/' state/large.json > l && mv l state/large.json && fleet git commit -qam busy");
        // Before and after, one of them is in a pack.
        sandbox.ok("cp state/large.json good.json && git gc -q --prune=now && sed 's/busy/idle/' good.json > state/large.json");
        sandbox.ok("fleet git commit -qam idle && fleet git revert --no-edit HEAD");
        sandbox.ok("echo '{\"agents\": {}}' > state/large.json");
        let said = sandbox.fails("fleet git commit -qam wipe");
        assert!(said.contains("90001 → 0 entries; lost: `agent-1`"), "{said}");
        sandbox.ok("sed 's/\"last\"/\"agent-7\"/' good.json > state/large.json");
        let said = sandbox.fails("fleet git commit -qam twice");
        assert!(said.contains("duplicate-key") && said.contains("`agent-7`"), "{said}");
        sandbox.ok("head -c 5000000 good.json > state/large.json");
        let said = sandbox.fails("fleet git commit -qam cut");
        assert!(said.contains("invalid-json") && said.contains("truncated"), "{said}");
    });
}
