//! Merges at the doors, on every git of this machine: what they take out of a side, and what a refused one holds up.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod support;

use support::{Git, Sandbox, both};

/// Runs a story on every git, with a writer who is known by the author.
fn on_every_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        sandbox.ok("printf '[[writer]]\\nname = \"bot\"\\nauthor = [\"bot@example.org\"]\\n' > gnp.toml && git add . && git -c core.hooksPath=/dev/null commit -qm law");
        story(&sandbox);
    }
}

const STRANGERS: &str = "sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak";

/// To leave a stranger's state out of a merge is what the refusal of that merge asks for.
#[test]
fn a_strangers_state_that_is_taken_out_of_a_merge_is_no_loss() {
    let more = "sed -i.bak 's/\"agents\": {/\"agents\": {\"a\": {}, \"b\": {}, \"c\": {}/' state/agents.json";
    let added = "printf '{\"last_run\": 1, \"topics\": [1, 2, 3, 4, 5]}\\n' > state/heartbeat_state.json";
    on_every_git(|sandbox| {
        for strangers in [STRANGERS, more, added] {
            sandbox.ok(&format!(
                "git switch -qc side && {strangers}; rm -f state/*.bak; echo s > s; git add . && git -c core.hooksPath=/dev/null commit -qm side
                git switch -q main && echo mine > mine && git add mine && git commit -qm mine"
            ));
            let said = sandbox.fails("git merge --no-edit side");
            assert!(said.contains("error["), "{said}");
            let output = sandbox.sh("git restore --source=HEAD --staged --worktree state && git commit -qm 'merge side'");
            assert!(
                output.status.success() && !both(&output).contains("gnp-lint"),
                "{strangers} on {}: {}",
                sandbox.git().version,
                both(&output)
            );
            sandbox.ok("test -e s && git reset -q --hard HEAD~1 && git reset -q --hard HEAD~1 && git branch -qD side");
        }
    });
}

/// But what a writer made on the side is lost by a merge that takes the branch's older version.
#[test]
fn a_writers_state_that_is_taken_out_of_a_merge_is_told() {
    on_every_git(|sandbox| {
        let writer = "git -c user.email=bot@example.org -c core.hooksPath=/dev/null commit -q --author 'Bot <bot@example.org>'";
        for then in
            ["", "sed -i.bak 's/\"karma\": 7 /\"karma\": 8 /' state/agents.json; git -c core.hooksPath=/dev/null commit -qam stranger"]
        {
            sandbox.ok(&format!(
                "git switch -qc side && {STRANGERS} && {writer} -am frame; {then}
                rm -f state/*.bak; git switch -q main && echo mine > mine && git add mine && git commit -qm mine
                git -c core.hooksPath=/dev/null merge -q --no-commit side || :"
            ));
            let said = both(&sandbox.sh("git restore --source=HEAD --staged --worktree state && git commit -qm 'merge side'"));
            assert!(said.contains("stale-revert"), "{then}: {said}");
            sandbox.ok("git reset -q --hard HEAD~1 && git reset -q --hard HEAD~1 && git branch -qD side");
        }
    });
}
