//! What stands after a refusal, and what is pasted then, on every git of this machine: it ends well, and nobody's work is lost.

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

/// The fleet's own commit, of one file, in the checkout that everybody shares.
const FRAME: &str = "echo '{\"last_run\": 8}' > state/heartbeat_state.json && git commit -q --author 'Bot <bot@example.org>' -m frame -- state/heartbeat_state.json";

/// git makes no commit of single paths while a merge is open. The refusal cannot change that: it says so, and the way back ends it.
#[test]
fn a_refused_merge_says_that_the_fleet_waits() {
    let acts = [
        ("git merge --no-edit side", true),
        ("git merge --no-edit --no-verify side", true),
        ("git pull -q --no-rebase --no-edit . side", true),
        ("git cherry-pick side", true),
        ("git cherry-pick side~1..side", true),
        ("git am -q ../patches/*", false),
        ("git checkout -q --detach side~1; git checkout -q -B main side", false),
        ("git reset -q --keep side", false),
    ];
    on_every_git(|sandbox| {
        sandbox.ok(&format!(
            "git switch -qc side && {STRANGERS} && git -c core.hooksPath=/dev/null commit -qam side && git format-patch -q -o ../patches -1
            git switch -q main && echo mine > mine && git add mine && git commit -qm mine; cp -a . ../copy"
        ));
        for (act, waits) in acts {
            sandbox.ok("find . -mindepth 1 -delete; cp -a ../copy/. .; git status > ../out; echo own > own; echo own >> README.md");
            let name = format!("{act} on {}", sandbox.git().version);
            let said = sandbox.fails(act);
            assert!(said.contains("error[canonical-state-commit]") && said.contains("put it back with"), "{name}: {said}");
            assert_eq!(said.contains("until then git makes no `git commit -- PATH` here"), waits, "{name}: {said}");
            let frame = sandbox.sh(FRAME);
            assert_eq!(frame.status.success(), !waits, "{name}: {}", both(&frame));
            let way_back = said.lines().map(str::trim).find(|line| line.starts_with("git ")).unwrap();
            sandbox.ok(way_back);
            if waits {
                sandbox.ok(FRAME);
            }
            assert_eq!(
                sandbox.ok("git show HEAD:state/heartbeat_state.json; cat own; tail -n1 README.md; git diff HEAD --name-only"),
                "{\"last_run\": 8}\nown\nown\nREADME.md",
                "{name}"
            );
        }
        // In a worktree of one's own nobody else waits.
        sandbox.ok("git worktree add -q -b topic ../topic");
        let said = sandbox.fails("cd ../topic && git merge --no-edit side");
        assert!(said.contains("git merge --abort") && !said.contains("until then"), "{said}");
    });
}

/// What the fleet commits while a rebase stands still is on no branch; it is told how it gets there.
#[test]
fn what_the_fleet_commits_while_a_rebase_stands_still_comes_back() {
    on_every_git(|sandbox| {
        sandbox.ok(&format!(
            "git switch -qc side && {STRANGERS} && git -c core.hooksPath=/dev/null commit -qam side
            git switch -q main && echo mine > mine && git add mine && git commit -qm mine; cp -a . ../copy"
        ));
        for backend in ["--merge", "--apply"] {
            sandbox.ok("find . -mindepth 1 -delete; cp -a ../copy/. .");
            let said = sandbox.fails(&format!("git rebase -q {backend} side"));
            sandbox.ok(FRAME);
            let way_back = said.lines().map(str::trim).find(|line| line.starts_with("git checkout")).unwrap();
            let brought = said.split('`').find(|code| code.starts_with("git cherry-pick ")).unwrap();
            let log = sandbox.ok(&format!("{way_back} && {brought} > ../out && git log --format=%s && cat state/heartbeat_state.json"));
            assert_eq!(log, "frame\nmine\nlaw\ndescribe\nbegin\n{\"last_run\": 8}", "{backend}: {said}");
        }
    });
}

/// The fleet writes on while a refusal is read: what it has written stays, in a file of the refused change, too.
#[test]
fn what_the_fleet_has_written_since_stays_behind_every_way_back() {
    let acts = [
        "git merge --no-edit side",
        "git merge --no-edit --no-verify side",
        "git cherry-pick side",
        "git cherry-pick side~1..side",
        "git am -q ../patches/*",
        "git reset -q --keep side",
        "git reset -q side",
        "git rebase -q --merge side",
        "git rebase -q --apply side",
        "git reset -q --hard HEAD~1; git merge -q --ff-only side",
        "git checkout -q -B main side",
    ];
    on_every_git(|sandbox| {
        sandbox.ok(&format!(
            "git switch -qc side && {STRANGERS} && git -c core.hooksPath=/dev/null commit -qam side && git format-patch -q -o ../patches -1
            git switch -q main && echo mine > mine && git add mine && git commit -qm mine; cp -a . ../copy"
        ));
        for act in acts {
            sandbox.ok("find . -mindepth 1 -delete; cp -a ../copy/. .; git status > ../out; echo own > own");
            let name = format!("{act} on {}", sandbox.git().version);
            let said = sandbox.fails(act);
            let way_back = said.lines().map(str::trim).find(|line| line.starts_with("git ")).unwrap();
            sandbox.ok("printf '{\"agents\": {\"next\": 1}}\\n' > state/agents.json");
            let output = sandbox.sh(way_back);
            if !output.status.success() {
                let first = said.split('`').find(|code| code.starts_with("git restore ") && code.ends_with("FILE")).unwrap();
                sandbox.ok(&format!("{}; {way_back}", first.replace("FILE", "state/agents.json")));
            }
            assert_eq!(
                sandbox.ok("git symbolic-ref HEAD; cat own state/agents.json; git status --porcelain"),
                "refs/heads/main\nown\n{\"agents\": {\"next\": 1}}\n M state/agents.json\n?? own",
                "{name}: {said}"
            );
        }
    });
}

/// What is pushed has been committed for a while; by now the fleet may have written its next frame there.
#[test]
fn what_mends_a_refused_push_leaves_the_work_tree_to_the_fleet() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q -u origin main");
        sandbox.ok("cp state/agents.json ../agents && printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam wipe");
        let command = |said: &str| said.lines().find(|line| line.contains("git restore")).expect("a command to paste").trim().to_owned();
        let said = sandbox.fails("git push -q");
        assert!(said.contains("error[emptied-collection]") && command(&said).contains("--staged --worktree"), "{said}");
        sandbox.ok("sed s/idle/busy/ ../agents > state/agents.json");
        let mend = command(&sandbox.fails("git push -q"));
        sandbox.ok(&format!("{mend} && grep -q busy state/agents.json && fleet git commit -qm mend && git push -q"));
    });
}

/// What a stranger has committed past the hooks is taken back as the refused push asks for it; what a writer has, or nobody knows, is not.
#[test]
fn what_strangers_alone_have_made_since_upstream_is_taken_back_in_silence() {
    on_every_git(|sandbox| {
        sandbox.ok("git init -q --bare -b main ../up.git && mkdir -p state/inbox && echo '{\"a\": 1}' > state/inbox/1.json
            git add . && git -c core.hooksPath=/dev/null commit -qm inbox
            git remote add origin ../up.git && git push -q -u origin main");
        let strangers = "sed -i.bak 's/\"karma\": 7 /\"karma\": 8 /' state/agents.json && rm state/agents.json.bak && echo '{\"a\": 2}' > state/inbox/1.json && git -c core.hooksPath=/dev/null commit -qam evil";
        sandbox.ok(strangers);
        let said = sandbox.fails("git push -q");
        for command in said.lines().map(str::trim).filter(|line| line.starts_with("git restore ")) {
            sandbox.ok(command);
        }
        let output = sandbox.sh("git commit -qm back && git push -q && git diff --exit-code HEAD~2");
        assert!(output.status.success() && !both(&output).contains("state/"), "{}: {}", sandbox.git().version, both(&output));
        // A frame that is not pushed yet is the fleet's all the same.
        sandbox.ok("sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak && git commit -q --author 'Bot <bot@example.org>' -am frame");
        sandbox.ok(strangers);
        let said = sandbox.fails("git restore --source=origin/main --staged --worktree state && git commit -qm back");
        assert!(said.contains("error[canonical-state-commit]"), "{said}");
    });
}

/// Nor need it be known who wiped, where that is all that the commit did to the file here.
#[test]
fn a_wipe_that_is_not_pushed_is_taken_back_by_anybody() {
    on_every_git(|sandbox| {
        sandbox.ok("git rm -q gnp.toml && git -c core.hooksPath=/dev/null commit -qm 'no law' && git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q -u origin main");
        let wipe = "printf '{\"agents\": {}}\\n' > state/agents.json && git -c core.hooksPath=/dev/null commit -qam wipe";
        sandbox.ok(wipe);
        let said = sandbox.fails("git push -q");
        let restore = said.lines().map(str::trim).find(|line| line.starts_with("git restore ")).unwrap();
        let said = both(&sandbox.sh(&format!("{restore} && git commit -qm back && git push -q && git diff --exit-code HEAD~2")));
        assert!(!said.contains("state/"), "{}: {said}", sandbox.git().version);
        // Of two commits one may be a frame of the fleet's.
        sandbox.ok(&format!("{STRANGERS} && fleet git commit -qam frame && {wipe}"));
        let said = sandbox.fails("git restore --source=origin/main --staged --worktree state && git commit -qm back");
        assert!(said.contains("error[canonical-state-commit]"), "{said}");
    });
}
