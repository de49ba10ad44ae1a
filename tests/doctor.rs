//! `gnp-lint doctor` in repositories where something does not hold: what it says, that its cures work, and that `--fix` harms nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use serde_json::Value;
use support::{Git, Sandbox};

/// Runs a story on every git, in a repository with the hooks installed.
fn on_every_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        story(&Sandbox::new(&git));
    }
}

/// The report as JSON, and the exit code.
fn report(sandbox: &Sandbox) -> (Value, i32) {
    let output = sandbox.sh("gnp-lint doctor --format json");
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", support::both(&output)));
    (report, output.status.code().unwrap())
}

/// What is not as it should be: state, what it is about, message.
fn faults(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["state"] != "ok");
    checks.map(|check| (text(&check["state"]), text(&check["about"]), text(&check["message"]))).collect()
}

/// The commands of every check that is not as it should be.
fn cures(report: &Value) -> Vec<String> {
    let checks = report["checks"].as_array().unwrap().iter().filter(|check| check["state"] != "ok");
    let lines = checks.flat_map(|check| check["cure"].as_array().unwrap().clone());
    lines.filter_map(|line| line.as_str().unwrap().strip_prefix("    ").map(str::to_owned)).collect()
}

/// Asserts that the only fault is of a state and says something.
fn one_fault(sandbox: &Sandbox, state: &str, said: &str) -> Value {
    let (report, code) = report(sandbox);
    let found = faults(&report);
    assert!(found.len() == 1 && found[0].0 == state && found[0].2.contains(said), "{}: {said}: {found:#?}", sandbox.git().version);
    assert_eq!(code, i32::from(state == "wrong"), "{found:#?}");
    report
}

fn well(sandbox: &Sandbox) {
    let (report, code) = report(sandbox);
    assert_eq!((faults(&report), code), (Vec::new(), 0), "{}", sandbox.git().version);
}

#[test]
fn a_sound_repository_is_well() {
    on_every_git(|sandbox| {
        sandbox.ok("git worktree add -q -b topic ../topic");
        well(sandbox);
        let said = sandbox.ok("cd ../topic && gnp-lint doctor --fix 2>&1");
        assert!(said.ends_with("all is well") && said.contains("for 2 checkouts"), "{said}");
        assert!(!said.contains("mended"), "{said}");
        let (report, _) = report(sandbox);
        assert_eq!((&report["version"], &report["summary"]["wrong"]), (&Value::from(1), &Value::from(0)));
        // What this git cannot show is said, whether or not anything is wrong.
        let git = report["checks"].as_array().unwrap().iter().find(|check| check["about"] == "git").unwrap();
        let hidden = git["details"].to_string().contains("symbolic-ref");
        assert_eq!(hidden, sandbox.git().version.contains(" 2.39"), "{git}");
    });
}

#[test]
fn where_nothing_is_installed_that_is_wrong_and_said_with_its_cure() {
    on_every_git(|sandbox| {
        sandbox.ok("gnp-lint uninstall");
        let report = one_fault(sandbox, "wrong", "not installed");
        // Installing looks at the history first, so it is not done on the side.
        sandbox.fails("gnp-lint doctor --fix");
        for cure in cures(&report) {
            sandbox.ok(&cure);
        }
        well(sandbox);
    });
}

#[test]
fn every_fault_of_a_hook_is_named_and_mended() {
    let breaks = [
        ("rm .git/hooks/pre-rebase", "`pre-rebase` not there"),
        ("rm .git/hooks/reference-transaction", "`reference-transaction` not there"),
        ("chmod -x .git/hooks/pre-push", "`pre-push` not executable"),
        ("chmod -x .git/hooks/reference-transaction", "`reference-transaction` not executable"),
        ("echo '# more' >> .git/hooks/pre-push", "`pre-push` not as gnp-lint"),
        ("echo more >> .git/hooks/reference-transaction", "`reference-transaction` not as gnp-lint"),
        (
            "rm .git/hooks/commit-msg; printf '#!/bin/sh\\n' > .git/hooks/commit-msg; chmod +x .git/hooks/commit-msg",
            "`commit-msg` replaced by another hook",
        ),
        ("git config core.hooksPath .elsewhere", "which is not there: no hook runs"),
        ("mkdir ../other && git config --global core.hooksPath ~/../other", "(`core.hooksPath`, global)"),
    ];
    for (broken, said) in breaks {
        on_every_git(|sandbox| {
            sandbox.ok(broken);
            let report = one_fault(sandbox, "wrong", said);
            for cure in cures(&report) {
                sandbox.ok(&cure);
            }
            well(sandbox);
        });
        let sandbox = Sandbox::new(&Git::all()[0]);
        sandbox.ok(broken);
        let said = sandbox.ok("gnp-lint doctor --fix 2>&1");
        assert!(said.contains("mended: the hooks"), "{said}");
        well(&sandbox);
    }
}

#[test]
fn a_hook_that_is_switched_off_takes_neither_the_program_nor_the_last_door_with_it() {
    on_every_git(|sandbox| {
        sandbox.ok("chmod -x .git/hooks/pre-commit && printf '{\"agents\": {}}\\n' > state/agents.json");
        let said = sandbox.fails("fleet git commit -qam wipe");
        assert!(said.contains("emptied-collection"), "{said}");
        let (report, code) = report(sandbox);
        assert!(faults(&report)[0].2.contains("`pre-commit`"), "{report:#}");
        assert_eq!(code, 1);
        sandbox.ok("git restore state && gnp-lint doctor --fix 2>/dev/null");
        well(sandbox);
    });
}

#[test]
fn every_linked_worktree_is_asked_where_its_hooks_are() {
    on_every_git(|sandbox| {
        sandbox.ok("git worktree add -q -b one '../one two' && git config extensions.worktreeConfig true
            git -C '../one two' config --worktree core.hooksPath .husky/_");
        let report = one_fault(sandbox, "wrong", "one two` git runs those of `");
        sandbox.fails("gnp-lint doctor --fix");
        for cure in cures(&report) {
            sandbox.ok(&cure);
        }
        well(sandbox);
    });
}

#[test]
fn pruning_never_takes_what_an_entry_alone_knows_of() {
    on_every_git(|sandbox| {
        sandbox.ok("for name in done detached staged locked; do git worktree add -q -b $name ../$name; done
            git worktree add -q -b used '../in use' && echo mine > '../in use/mine'
            (cd ../detached && git switch -q --detach && git commit -q --allow-empty -m 'nobody else has it')
            (cd ../staged && echo new > new && git add new)
            (cd ../done && echo new > new && git add new && git commit -qm new)
            git worktree lock --reason 'on a disk that is away' ../locked
            rm -rf ../done ../detached ../staged ../locked");
        let (before, code) = report(sandbox);
        assert_eq!((faults(&before).len(), code), (3, 0), "{before:#}");
        let said = sandbox.ok("gnp-lint doctor --fix 2>&1");
        assert!(said.contains("mended: pruned the entry of the worktree") && said.matches("mended").count() == 1, "{said}");
        let left = sandbox.ok("git worktree list --porcelain | sed -n 's|^worktree .*/||p' | sort | tr '\\n' ' '");
        assert_eq!(left, "detached in use locked repo staged");
        let (after, _) = report(sandbox);
        let found = faults(&after);
        assert!(found.iter().any(|(_, _, message)| message.contains("holds commits that no branch reaches")), "{found:#?}");
        assert!(found.iter().any(|(_, _, message)| message.contains("holds staged changes")), "{found:#?}");
        // The cure brings the commit back within reach.
        let add = cures(&after).into_iter().find(|cure| cure.starts_with("git worktree add ../rescued")).unwrap();
        sandbox.ok(&add);
        assert!(["nobody else has it", "describe"].contains(&sandbox.ok("git -C ../rescued log -1 --format=%s").as_str()));
        sandbox.ok("git rev-parse -q --verify refs/heads/done && cat '../in use/mine'");
    });
}

#[test]
fn autostash_is_turned_off_where_it_is_on() {
    on_every_git(|sandbox| {
        sandbox.ok("git config rebase.autoStash true && git worktree add -q -b one ../one && git config extensions.worktreeConfig true
            git -C ../one config --worktree merge.autoStash true");
        let (report, code) = report(sandbox);
        assert_eq!((faults(&report).len(), code), (2, 0), "{report:#}");
        sandbox.ok("gnp-lint doctor --fix 2>/dev/null");
        well(sandbox);
        assert_eq!(sandbox.ok("git config rebase.autoStash; git -C ../one config merge.autoStash"), "false\nfalse");
    });
}

#[test]
fn what_came_onto_main_past_the_doors_is_found_with_its_cure() {
    on_every_git(|sandbox| {
        sandbox.ok("printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam resolve");
        let report = one_fault(sandbox, "wrong", "`main` holds what would be refused (emptied-collection)");
        let restore = cures(&report).into_iter().find(|cure| cure.starts_with("git restore")).unwrap();
        sandbox.ok(&format!("{restore} && fleet git commit -qm 'put the agents back'"));
        well(sandbox);
        // What upstream has been let in with is not asked about again.
        sandbox.ok("git init -q --bare -b main ../up.git && git remote add origin ../up.git
            printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam resolve
            git -c core.hooksPath=/dev/null push -q origin main");
        well(sandbox);
    });
}

#[test]
fn the_policy_and_the_fleet_are_told_as_they_stand() {
    on_every_git(|sandbox| {
        sandbox.ok("printf '[fleet]\\nalive = [{ pid_file = \"../sim.pid\" }, { json = \"state/heartbeat_state.json\", pointer = \"/nothing\", within = \"5m\" }]\\n' > gnp.toml
            git add gnp.toml && fleet git commit -qm policy && echo 1 > ../sim.pid");
        let report = one_fault(sandbox, "warning", "it runs: process 1 of `../sim.pid` runs");
        let fleet = report["checks"].as_array().unwrap().iter().find(|check| check["about"] == "fleet").unwrap();
        let details = fleet["details"].to_string();
        assert!(
            details.contains("alive: process 1") && details.contains("cannot be told: `state/heartbeat_state.json` has nothing at"),
            "{details}"
        );
        sandbox.ok("printf '[fleet]\\nalive = [{ pid_file = \"../gone.pid\" }]\\n' > gnp.toml && git commit -qam policy");
        well(sandbox);
        sandbox.ok("echo 'protected = [3]' > gnp.toml");
        one_fault(sandbox, "warning", "gnp.toml in the work tree has mistakes");
        sandbox.ok("git -c core.hooksPath=/dev/null commit -qam broken && echo 'protected = [\"main\"]' > gnp.toml");
        let (broken, code) = self::report(sandbox);
        assert!(faults(&broken).iter().any(|(state, _, said)| state == "wrong" && said.contains("cannot be read")), "{broken:#}");
        assert_eq!(code, 1);
        sandbox.ok("git commit -qam repair");
        well(sandbox);
        sandbox.ok("echo 'protected = [\"trunk\"]' > gnp.toml && git -c core.hooksPath=/dev/null commit -qam trunk");
        one_fault(sandbox, "warning", "none is here; the policy protects `trunk`");
    });
}

#[test]
fn exemptions_that_match_nothing_are_told() {
    on_every_git(|sandbox| {
        sandbox.ok("cat > gnp.toml <<'EOF'
[[allow]]
rule = 'conflict-marker'
paths = ['README.md', 'fixtures/**']
reason = 'fixtures'
[[state.collection]]
path = 'state/agents.json'
pointer = '/agents'
min = 20
reason = 'small ones come and go'
[[state.collection]]
path = 'state/agents.json'
pointer = '/agent'
drains = true
reason = 'misspelt'
EOF
git add gnp.toml && fleet git commit -qm policy");
        let report = one_fault(sandbox, "warning", "gnp.toml in the work tree exempts what is not there");
        let details = report["checks"].to_string();
        assert!(details.contains("`[[allow]]` of `conflict-marker` matches nothing: there is no file `fixtures/**`"), "{details}");
        assert!(details.contains("`state/agents.json` has nothing at `/agent`") && !details.contains("at `/agents`"), "{details}");
        let output = sandbox.sh("cd state && gnp-lint policy");
        let said = support::both(&output);
        assert!(output.status.success() && said.matches("matches nothing").count() == 2, "{said}");
        // Ignored files are files.
        sandbox.ok("echo fixtures > .git/info/exclude && mkdir fixtures && echo x > fixtures/x");
        assert_eq!(support::both(&sandbox.sh("gnp-lint policy")).matches("matches nothing").count(), 1);
    });
}

#[test]
fn recent_refusals_are_shown() {
    on_every_git(|sandbox| {
        sandbox.fails("echo '{\"last_run\": 1}' > state/heartbeat_state.json; git stash");
        sandbox.ok("git checkout -q -- state && printf '{\"agents\": {}}\\n' > state/agents.json
            GNP_ALLOW='emptied-collection: a new season' fleet git commit -qam reseed");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("refused and") && said.contains("waived in the last day"), "{said}");
        assert!(said.contains("reference-transaction: stash-over-fleet: ") && said.contains("(waived: a new season)"), "{said}");
        assert!(!said.contains('\u{1b}'), "{said}");
    });
}

#[test]
fn a_server_is_looked_over_too() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok("git init -q --bare -b main ../up.git && gnp-lint install --server ../up.git 2>/dev/null");
        let said = sandbox.ok("cd ../up.git && gnp-lint doctor");
        assert!(said.contains("for 1 checkout") && said.contains("known only by its environment"), "{said}");
        let said = sandbox.fails("rm ../up.git/hooks/pre-receive; gnp-lint doctor ../up.git");
        assert!(said.contains("`pre-receive` not there") && said.contains("gnp-lint install --server /"), "{said}");
        let said = sandbox.ok("gnp-lint doctor --fix ../up.git 2>&1");
        assert!(said.contains("mended: the hooks"), "{said}");
    }
}

#[test]
fn names_from_the_repository_cannot_deceive() {
    on_every_git(|sandbox| {
        sandbox.ok("git worktree add -q -b one \"$(printf '../a\\033[2Jb')\" && rm -rf ../a*");
        let said = sandbox.ok("gnp-lint doctor");
        assert!(said.contains("orphaned-worktree") && said.contains("a\\u{1b}[2Jb") && !said.contains('\u{1b}'), "{said}");
    });
}

#[test]
fn without_a_repository_it_fails() {
    let sandbox = Sandbox::empty(&Git::all()[0]);
    let output = sandbox.sh("gnp-lint doctor");
    assert_eq!(output.status.code(), Some(2));
    assert!(support::both(&output).contains("is not in a git repository"));
}
