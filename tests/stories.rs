//! Every way of moving a protected branch, as a story with each kind of content: what must be refused is refused and loses nothing, what
//! is harmless passes. Prints its counts.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use std::io::Write as _;
use std::sync::Mutex;
use std::thread;

use support::{Git, Sandbox, both};

/// What an act brings.
struct Payload {
    name: &'static str,
    /// Changes files of the work tree.
    change: &'static str,
    /// The rule that refuses it; none if it passes.
    rule: Option<&'static str>,
    /// Whether the fleet itself acts.
    fleet: bool,
}

const PAYLOADS: [Payload; 6] = [
    Payload {
        name: "a stranger's state",
        change: "echo '{\"last_run\": 7}' > state/heartbeat_state.json",
        rule: Some("canonical-state-commit"),
        fleet: false,
    },
    Payload { name: "a wipe", change: "printf '{\"agents\": {}}\\n' > state/agents.json", rule: Some("emptied-collection"), fleet: true },
    Payload {
        name: "invalid JSON",
        change: "printf '{\"last_run\": \\n' > state/heartbeat_state.json",
        rule: Some("invalid-json"),
        fleet: true,
    },
    Payload {
        name: "conflict markers",
        change: "printf '<<<<<<< HEAD\\n{}\\n=======\\n{\"a\": 1}\\n>>>>>>> side\\n' > state/heartbeat_state.json",
        rule: Some("conflict-marker"),
        fleet: true,
    },
    Payload { name: "a session's own file", change: "echo mine >> README.md", rule: None, fleet: false },
    Payload { name: "the fleet's state", change: "echo '{\"last_run\": 8}' > state/heartbeat_state.json", rule: None, fleet: true },
];

/// One way of moving `main`.
struct Way {
    name: &'static str,
    /// Before the state is looked at. `PAYLOAD` stands for the change, `SIDE` for a branch `side` whose one commit is that change, `OWN` for a
    /// file that is nobody's business, `WORK` for what somebody has begun beside it: staged, changed and new.
    setup: &'static str,
    act: &'static str,
}

const fn way(name: &'static str, setup: &'static str, act: &'static str) -> Way {
    Way { name, setup, act }
}

const WAYS: &[Way] = &[
    // Commits, in all forms.
    way("commit", "PAYLOAD; git add .", "git commit -qm x"),
    way("commit -a", "PAYLOAD", "git commit -qam x"),
    way("commit PATH", "PAYLOAD; echo other > other; git add other", "git commit -qm x README.md state"),
    way("commit -i", "PAYLOAD; echo other > other; git add other", "git commit -qm x -i README.md state"),
    way("commit --amend", "PAYLOAD; git add .", "git commit -q --amend --no-edit"),
    way("commit --no-verify", "PAYLOAD; git add .", "git commit -q --no-verify -m x"),
    way("commit --amend --no-verify", "PAYLOAD; git add .", "git commit -q --amend --no-verify --no-edit"),
    way("commit in an editor", "PAYLOAD; git add .", "GIT_EDITOR='echo x >' git commit -q"),
    way("git -C DIR commit", "PAYLOAD; git add .", "cd .. && git -C repo commit -qm x"),
    way("commit in a subfolder", "PAYLOAD", "cd state && git commit -qam x"),
    way("commit with --git-dir and --work-tree", "PAYLOAD", "d=$PWD; cd / && git --git-dir=\"$d/.git\" --work-tree=\"$d\" commit -qam x"),
    way(
        "commit in a linked worktree",
        "git switch -q --detach; git worktree add -q ../w main; cd ../w; PAYLOAD",
        "cd ../w && git commit -qam x",
    ),
    // Merges and pulls.
    way("merge, fast-forward", "SIDE", "git merge -q side"),
    way("merge --no-ff", "SIDE", "git merge -q --no-ff --no-edit side"),
    way("merge --no-ff --no-verify", "SIDE", "git merge -q --no-ff --no-verify --no-edit side"),
    way("merge, true", "SIDE; MINE", "git merge -q --no-edit side"),
    way("merge --squash, then commit", "SIDE; git merge -q --squash side", "git commit -qm x"),
    way("merge --no-commit, then commit", "SIDE; MINE; git merge -q --no-commit side", "git commit -qm x"),
    way("merge --no-commit, then commit --no-verify", "SIDE; MINE; git merge -q --no-commit side", "git commit -q --no-verify -m x"),
    way(
        "merge with a conflict, then commit",
        "SIDE; CONFLICT; git merge -q side || :; git checkout -q --theirs . ; git add .",
        "git commit -qm x",
    ),
    way(
        "merge, octopus",
        "SIDE; git branch other; git switch -q other; echo o > o; git add o; git commit -qm o; git switch -q main; MINE",
        "git merge -q --no-edit side other",
    ),
    way("pull, fast-forward", "SIDE", "git pull -q --ff-only . side"),
    way("pull, merge", "SIDE; MINE", "git pull -q --no-rebase --no-edit . side"),
    way("pull --rebase", "SIDE; MINE", "git pull -q --rebase . side"),
    way("merge, fast-forward, beside own work", "OWN; SIDE; WORK", "git merge -q side"),
    way("pull, fast-forward, beside own work", "OWN; SIDE; WORK", "git pull -q --ff-only . side"),
    way("merge, fast-forward, with an autostash of own work", "OWN; SIDE; WORK", "git merge -q --autostash side"),
    way("pull, fast-forward, with an autostash of own work", "OWN; SIDE; WORK", "git pull -q --ff-only --autostash . side"),
    way("merge, true, with an autostash of own work", "OWN; SIDE; MINE; WORK", "git merge -q --no-edit --autostash side"),
    way("merge, true, beside own work", "OWN; SIDE; MINE; WORK; git reset -q", "git merge -q --no-edit --no-verify side"),
    // Rebases.
    way("rebase --merge", "SIDE; MINE", "git rebase -q --merge side"),
    way("rebase --apply", "SIDE; MINE", "git rebase -q --apply side"),
    way("rebase --merge, with an autostash of own work", "OWN; SIDE; MINE; WORK", "git rebase -q --merge --autostash side"),
    way("rebase --apply, with an autostash of own work", "OWN; SIDE; MINE; WORK", "git rebase -q --apply --autostash side"),
    way("rebase -i with a reword", "SIDE; MINE", "GIT_SEQUENCE_EDITOR=\"sed -i.bak s/^pick/reword/\" git rebase -q -i side"),
    way("rebase --exec", "SIDE; MINE", "git rebase -q --exec true side"),
    way("rebase --onto", "SIDE; MINE", "git rebase -q --onto side HEAD~1"),
    way("rebase -i with a squash", "SIDE; MINE; echo m2 >> mine; git commit -qam 'squash! mine'", "git rebase -q -i --autosquash side"),
    way("rebase, fast-forward", "SIDE", "git rebase -q side"),
    way("rebase of a branch that is named", "SIDE; MINE", "git rebase -q side main"),
    // One commit after the other.
    way("cherry-pick", "SIDE; MINE", "git cherry-pick side"),
    way("cherry-pick, beside own work", "OWN; SIDE; MINE; WORK; git reset -q", "git cherry-pick side"),
    way("cherry-pick --ff", "SIDE", "git cherry-pick --ff side"),
    way(
        "cherry-pick of a range",
        "SIDE; git switch -q side; echo s > s; git add s; git PAST commit -qm s; git switch -q main; MINE",
        "git cherry-pick HEAD~1..side",
    ),
    way("cherry-pick -n, then commit", "SIDE; git cherry-pick -n side", "git commit -qm x"),
    way("revert", "PAYLOAD; git add .; git PAST commit -qm evil; git PAST revert --no-edit HEAD", "git revert --no-edit HEAD"),
    way("am", "SIDE; git format-patch -q -o ../patches -1 side", "git am -q ../patches/*"),
    way("am --3way", "SIDE; git format-patch -q -o ../patches -1 side; MINE", "git am -q --3way ../patches/*"),
    way("am, beside own work", "OWN; SIDE; git format-patch -q -o ../patches -1 side; WORK; git reset -q", "git am -q ../patches/*"),
    // Moving the branch by hand.
    way("reset --soft", "SIDE", "git reset -q --soft side"),
    way("reset --soft, beside own work", "OWN; SIDE; WORK", "git reset -q --soft side"),
    way("reset, beside own work", "OWN; SIDE; WORK; git reset -q", "git reset -q side"),
    way("reset --hard", "SIDE", "git reset -q --hard side"),
    way("reset --merge", "SIDE", "git reset -q --merge side"),
    way("reset --keep", "SIDE", "git reset -q --keep side"),
    way("reset --keep, beside own work", "OWN; SIDE; WORK; git reset -q", "git reset -q --keep side"),
    way("checkout -B", "SIDE; git switch -q side", "git checkout -q -B main"),
    way("switch -C", "SIDE; git switch -q side", "git switch -q -C main"),
    way("checkout -B from elsewhere, beside own work", "OWN; SIDE; git switch -qc third; MINE; WORK", "git checkout -q -B main side"),
    way("switch -C from elsewhere, beside own work", "OWN; SIDE; git switch -qc third; MINE; WORK", "git switch -q -C main side"),
    way("branch -f", "SIDE; git switch -q side", "git branch -f main side"),
    way("branch -M", "SIDE; git switch -q --detach", "git branch -M side main"),
    way("update-ref", "SIDE", "git update-ref refs/heads/main side"),
    way("update-ref with the old value", "SIDE", "git update-ref refs/heads/main side main"),
    way("update-ref --stdin", "SIDE", "echo update refs/heads/main side | git update-ref --stdin"),
    way(
        "update-ref --stdin, a transaction",
        "SIDE",
        "printf 'start\\nupdate refs/heads/main side\\nprepare\\ncommit\\n' | git update-ref --stdin",
    ),
    way(
        "update-ref through an alias",
        "SIDE; git PAST symbolic-ref refs/heads/alias refs/heads/main",
        "git update-ref refs/heads/alias side",
    ),
    way("update-ref HEAD", "SIDE", "git update-ref HEAD side"),
    way("fetch into main", "SIDE; git switch -q --detach", "git fetch -q . side:main"),
    way("fetch into main while it is checked out", "SIDE", "git fetch -q --update-head-ok . side:main"),
    way("worktree add -B", "SIDE; git switch -q --detach", "git worktree add -q -B main ../w side"),
    way("push to itself", "SIDE; git switch -q --detach", "git push -q . side:main"),
    way("push to a checkout", "SIDE; git config receive.denyCurrentBranch updateInstead", "git push -q . side:main"),
    way("fetch from a bundle", "SIDE; git bundle create -q ../b.bundle side; git switch -q --detach", "git fetch -q ../b.bundle side:main"),
    way(
        "fast-import",
        "SIDE; printf 'reset refs/heads/main\\nfrom %s\\n\\n' \"$(git rev-parse side)\" > ../stream",
        "git fast-import --quiet < ../stream",
    ),
    way(
        "filter-branch",
        "SIDE; git show side:state/agents.json > ../a; git show side:state/heartbeat_state.json > ../h; git show side:README.md > ../r",
        "d=$PWD/..; FILTER_BRANCH_SQUELCH_WARNING=1 git filter-branch -f --tree-filter \"cp '$d/a' state/agents.json; cp '$d/h' state/heartbeat_state.json; cp '$d/r' README.md\" HEAD~1..HEAD",
    ),
];

#[derive(Default)]
struct Counts {
    tried: usize,
    refused: usize,
    passed: usize,
    compared: usize,
    losses: Vec<String>,
}

#[test]
fn nothing_forbidden_gets_onto_main_and_nothing_is_lost() {
    let counts = Mutex::new(Counts::default());
    let gits = Git::all();
    let cases: Vec<(&Git, &Way, &Payload)> =
        gits.iter().flat_map(|git| WAYS.iter().flat_map(move |way| PAYLOADS.iter().map(move |payload| (git, way, payload)))).collect();
    let next = Mutex::new(cases.iter());
    let work = || {
        while let Some((git, way, payload)) = { next.lock().unwrap().next() } {
            story(git, way, payload, &counts);
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let counts = counts.into_inner().unwrap();
    // Past the capture of the test runner: the counts are wanted whether the test passes or not.
    let Counts { tried, refused, passed, compared, losses } = &counts;
    writeln!(
        std::io::stderr(),
        "stories: operations tried: {tried}, refused: {refused}, passed: {passed}, states compared: {compared}, losses: {}",
        losses.len()
    )
    .unwrap();
    assert!(counts.losses.is_empty(), "{}", counts.losses.join("\n\n"));
    assert_eq!(counts.tried, gits.len() * WAYS.len() * PAYLOADS.len());
}

fn story(git: &Git, way: &Way, payload: &Payload, counts: &Mutex<Counts>) {
    let sandbox = Sandbox::new(git);
    let fleet = if payload.fleet { "export GNP_WRITER=merge-engine; " } else { "" };
    let expand = |text: &str| {
        let side = format!("git switch -qc side; {}; git add .; git PAST commit -qm side; git switch -q main", payload.change);
        text.replace("SIDE", &side)
            .replace("MINE", "echo mine > mine; git add mine; git commit -qm mine")
            // Another change of the same files, so that git cannot merge by itself.
            .replace("CONFLICT", "printf '{\"last_run\": 1}\\n' > state/heartbeat_state.json; sed -i.bak s/idle/busy/ state/agents.json; rm state/agents.json.bak; echo theirs >> README.md; GNP_WRITER=merge-engine git commit -qam conflict")
            .replace("PAYLOAD", payload.change)
            .replace("OWN", "echo own > own; git add own; git PAST commit -qm own")
            .replace("WORK", "echo changed >> own; echo staged > staged; git add staged; echo new > new")
            .replace("PAST", "-c core.hooksPath=/dev/null")
    };
    sandbox.ok(&expand(way.setup));
    let before = sandbox.state();
    let logged = sandbox.log().len();
    let output = sandbox.sh(&format!("{fleet}{}", expand(way.act)));
    let said = both(&output);
    let name = format!("{} with {} on {}", way.name, payload.name, git.version);
    let mut losses = Vec::new();
    if let Some(rule) = payload.rule {
        let denied = sandbox.log()[logged..].iter().any(|entry| entry["finding"]["rule"] == rule && entry["finding"]["level"] == "deny");
        // filter-branch throws away what hooks say; the log has it.
        let heard = said.contains(&format!("error[{rule}]")) || way.name == "filter-branch";
        if output.status.success() || !denied || !heard {
            losses.push(format!("{name}: not refused by {rule}:\n{said}"));
        }
        for command in commands_of_way_back(&said) {
            let restored = sandbox.sh(&command);
            if !restored.status.success() {
                losses.push(format!("{name}: `{command}` fails:\n{}\n{said}", both(&restored)));
            }
        }
        let after = sandbox.state();
        if lasting(&after) != lasting(&before) {
            losses.push(format!("{name}: something is different:\n{}\n{said}", difference(&before, &after)));
        }
    } else {
        let denied = sandbox.log()[logged..].iter().any(|entry| entry["finding"]["level"] == "deny");
        if !output.status.success() || denied {
            losses.push(format!("{name}: does not pass:\n{said}"));
        }
    }
    let mut counts = counts.lock().unwrap();
    counts.tried += 1;
    if payload.rule.is_some() {
        counts.refused += 1;
        counts.compared += 1;
    } else {
        counts.passed += 1;
    }
    counts.losses.extend(losses);
}

/// A protected branch cannot be taken away, whichever way; each refusal loses nothing.
#[test]
fn main_itself_stays() {
    let ways = [
        ("", "git branch -m trunk"),
        ("", "git branch -M trunk"),
        ("", "git branch --move main trunk"),
        ("git switch -q --detach", "git branch -D main"),
        ("git switch -q --detach", "git branch -M main trunk"),
        ("git pack-refs --all; git switch -q --detach", "git branch -D main"),
        ("", "git update-ref -d refs/heads/main"),
        ("", "git update-ref --no-deref -d refs/heads/main"),
        ("", "echo delete refs/heads/main | git update-ref --stdin"),
        ("git config receive.denyDeleteCurrent ignore", "git push -q . :main"),
        ("", "git symbolic-ref refs/heads/main refs/heads/side"),
        ("", "echo symref-update refs/heads/main refs/heads/side | git update-ref --stdin --no-deref"),
    ];
    for git in Git::all() {
        for (setup, act) in ways {
            let sandbox = Sandbox::new(&git);
            sandbox.ok(&format!("git branch side HEAD~1; {setup}"));
            let before = sandbox.state();
            let output = sandbox.sh(act);
            let said = both(&output);
            if act.contains("symref-update") && git.version.contains(" 2.39") {
                // git learnt the word in 2.46.
                assert!(!output.status.success() && said.contains("unknown command"), "{said}");
                continue;
            }
            if act.contains("symbolic-ref") && git.version.contains(" 2.39") {
                // This git calls no hook for it; the next commit comes by the reference door under the name it now has.
                assert!(output.status.success(), "{said}");
                continue;
            }
            assert!(!output.status.success() && said.contains("error[protected-branch-removed]"), "{act} on {}: {said}", git.version);
            for command in commands_of_way_back(&said) {
                sandbox.ok(&command);
            }
            assert_eq!(difference(&before, &sandbox.state()), "", "{act} on {}: {said}", git.version);
        }
    }
}

/// What git learnt to move branches with after 2.47 comes by the same door.
#[test]
fn newer_commands_are_seen_too() {
    for git in Git::all().into_iter().filter(|git| !["2.39", "2.47"].iter().any(|old| git.version.contains(old))) {
        let sandbox = Sandbox::new(&git);
        sandbox
            .ok("git switch -qc side; printf '{\"agents\": {}}\\n' > state/agents.json; git -c core.hooksPath=/dev/null commit -qam side
            git switch -q main; echo mine > mine; git add mine; git commit -qm mine");
        let before = sandbox.state();
        for act in
            ["git replay --onto side main~1..main", "git replay --ref-action=print --onto side main~1..main | git update-ref --stdin"]
        {
            let said = sandbox.fails(act);
            assert!(said.contains("error[emptied-collection]"), "{act} on {}: {said}", git.version);
            assert_eq!(difference(&before, &sandbox.state()), "", "{act} on {}: {said}", git.version);
        }
        sandbox.ok("GIT_EDITOR='echo better >' git history reword main~1 && test \"$(git log --format=%s -1 main~1)\" = better");
    }
}

/// To verify where the branch stands looks like a deletion to the hook.
#[test]
fn a_ref_that_is_verified_is_not_removed() {
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        let tip = sandbox.ok("git rev-parse main");
        for pack in ["", "git pack-refs --all; ", "git pack-refs --all; git switch -q --detach; "] {
            sandbox.ok(&format!(
                "{pack}printf 'start\\nverify refs/heads/main {tip}\\nprepare\\ncommit\\n' | git update-ref --stdin
                printf 'verify refs/heads/main {tip}\\ncreate refs/heads/new {tip}\\n' | git update-ref --stdin && git branch -qD new"
            ));
            let said = sandbox
                .fails("printf 'create refs/heads/new %s\\ndelete refs/heads/main\\n' $(git rev-parse HEAD) | git update-ref --stdin");
            assert!(said.contains("error[protected-branch-removed]"), "{}: {said}", git.version);
        }
        assert_eq!((sandbox.ok("git rev-parse main"), sandbox.log().len()), (tip, 3), "{}", git.version);
    }
}

/// What does not move the branch is nobody's business.
#[test]
fn other_refs_move_freely() {
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        sandbox.ok("git switch -qc side; printf '{\"agents\": {}}\\n' > state/agents.json; git add .; git -c core.hooksPath=/dev/null commit -qm side; git switch -q main");
        let before = sandbox.ok("git rev-parse main");
        sandbox.ok(
            "git tag evil side && git tag -a -m annotated evil2 side && git notes add -m note side && git replace main side && git replace -d main\n\
             git update-ref refs/copies/evil side && git bundle create -q ../b side && git gc -q && git pack-refs --all --prune && git repack -adq && git branch -D side",
        );
        assert_eq!((sandbox.ok("git rev-parse main"), sandbox.log().len()), (before, 0));
    }
}

/// All commands of a refusal that has a way back to the state before, in the order in which they are printed; none if it has no such way.
fn commands_of_way_back(said: &str) -> Vec<String> {
    let lines = said.lines().skip_while(|line| !line.contains("put it back with")).map(str::trim);
    lines.filter(|line| ["git ", "mv "].iter().any(|word| line.starts_with(word)) && !line.contains("NAME")).map(str::to_owned).collect()
}

/// What must be as before: all but git's own notes of what was tried last.
fn lasting(state: &str) -> Vec<&str> {
    let passing = ["HEAD@{", "ORIG_HEAD", "FETCH_HEAD", "AUTO_MERGE", "REBASE_HEAD"];
    state.lines().filter(|line| !passing.iter().any(|word| line.contains(word))).collect()
}

fn difference(before: &str, after: &str) -> String {
    let (before, after) = (lasting(before), lasting(after));
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}"));
    let new = after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"));
    gone.chain(new).collect::<Vec<_>>().join("\n")
}
