//! Every kind of repository that git knows: the doors hold there, or say in a line what they cannot.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use support::{Git, Sandbox, both};

/// Makes a repository of a kind around the usual content, with the hooks in: `MAKE` stands for `git init`, `AFTER` is run before the hooks.
fn made(git: &Git, init: &str, after: &str) -> Sandbox {
    let sandbox = Sandbox::empty(git);
    let agents = support::agents(136);
    sandbox.ok(&format!(
        "{init}\nmkdir -p state docs/deep && cat > state/agents.json <<'EOF'\n{agents}EOF\n\
         echo '{{\"last_run\": 0}}' > state/heartbeat_state.json; echo hi > README.md; echo d > docs/deep/d\n\
         git add . && git commit -qm begin && echo more >> README.md && git commit -qam more\n{after}\n\
         gnp-lint install --force >/dev/null"
    ));
    sandbox
}

/// What must hold in every repository with a work tree.
fn holds(sandbox: &Sandbox, what: &str) {
    let at = |script: &str| format!("{what} on {}: {script}", sandbox.git().version);
    let refused = |script: &str, rule: &str| {
        let output = sandbox.sh(script);
        let said = both(&output);
        assert!(!output.status.success() && said.contains(&format!("error[{rule}]")), "{}\n{said}", at(script));
    };
    refused("echo '{\"last_run\": 7}' > state/heartbeat_state.json; git commit -qam x", "canonical-state-commit");
    refused("git commit -q --no-verify -am x", "canonical-state-commit");
    refused("git stash", "stash-over-fleet");
    sandbox.ok("git checkout -q -- state");
    refused("printf '{\"agents\": {}}\\n' > state/agents.json; fleet git commit -qam x", "emptied-collection");
    refused("fleet git commit -q --no-verify -am x", "emptied-collection");
    sandbox.ok("git restore --source=HEAD --staged --worktree -- state/agents.json");
    refused("git update-ref refs/heads/main \"$(git commit-tree -m x \"$(git mktree </dev/null)\" -p HEAD)\"", "canonical-state-commit");
    let passed = sandbox.sh("echo mine >> README.md; git commit -qam mine; echo '{\"last_run\": 8}' > state/heartbeat_state.json; fleet git commit -qam sync; git gc -q");
    assert!(passed.status.success(), "{}\n{}", at("ordinary commits"), both(&passed));
    refused("echo '{\"last_run\": 9}' > state/heartbeat_state.json; git commit -qam 'after gc'", "canonical-state-commit");
}

#[test]
fn the_doors_hold_in_every_kind_of_repository() {
    const PLAIN: &str = "git init -q -b main .";
    let kinds = [
        ("sha256", "git init -q -b main --object-format=sha256 .", ""),
        ("split index", PLAIN, "git update-index --split-index && test -n \"$(ls .git/sharedindex.*)\""),
        ("index version 4", PLAIN, "git update-index --index-version 4"),
        ("untracked cache", PLAIN, "git update-index --untracked-cache 2>/dev/null"),
        ("many files", PLAIN, "git config feature.manyFiles true && git status -s"),
        ("file system monitor", PLAIN, "git config core.fsmonitor true && git update-index --fsmonitor 2>/dev/null || :"),
        ("sparse checkout", PLAIN, "git sparse-checkout set --cone state"),
        ("sparse index", PLAIN, "git sparse-checkout set --cone --sparse-index state"),
        ("worktree configuration", PLAIN, "git config extensions.worktreeConfig true && git config --worktree core.sparseCheckout false"),
        ("packed refs and objects", PLAIN, "git gc -q && git pack-refs --all"),
        ("a repository apart from its work tree", "git init -q -b main --separate-git-dir ../apart.git .", ""),
    ];
    for git in Git::all() {
        for (what, init, after) in kinds {
            holds(&made(&git, init, after), what);
        }
    }
}

#[test]
fn the_doors_hold_where_refs_are_kept_in_tables() {
    for git in Git::all() {
        let probe = Sandbox::empty(&git);
        if !probe.sh("git init -q --ref-format=reftable ../probe").status.success() {
            // Before 2.45 git knows no tables; 2.39 must be the one that says so.
            assert!(git.version.contains(" 2.39"), "{} should know reftable", git.version);
            continue;
        }
        holds(&made(&git, "git init -q -b main --ref-format=reftable .", ""), "reftable");
    }
}

#[test]
fn clones_of_every_depth_are_judged() {
    for git in Git::all() {
        let sandbox = made(&git, "git init -q -b main .", "git config uploadpack.allowFilter true");
        for (what, clone) in [
            ("shallow", "git clone -q --depth 1 \"file://$PWD\" ../c"),
            ("partial, without blobs", "git clone -q --filter=blob:none \"file://$PWD\" ../c"),
            ("with alternates", "git clone -q --shared . ../c"),
            ("with a reference", "git clone -q --reference . . ../c"),
        ] {
            sandbox.ok(&format!("rm -rf ../c; {clone} && cd ../c && gnp-lint install --force >/dev/null"));
            let refused = |script: &str, rule: &str| {
                let output = sandbox.sh(&format!("cd ../c && {script}"));
                let said = both(&output);
                assert!(
                    !output.status.success() && said.contains(&format!("error[{rule}]")),
                    "{what} on {}: {script}\n{said}",
                    git.version
                );
            };
            refused("echo '{\"last_run\": 7}' > state/heartbeat_state.json; git commit -qam x", "canonical-state-commit");
            refused(
                "git checkout -q -- state; printf '{\"agents\": {}}\\n' > state/agents.json; fleet git commit -q --no-verify -am x",
                "emptied-collection",
            );
            sandbox
                .ok("cd ../c && git checkout -q -- state && echo x >> README.md && git commit -qam x && git pull -q --no-rebase --no-edit");
        }
    }
}

#[test]
fn every_checkout_of_a_repository_is_covered() {
    const WIPE: &str = "printf '{\"agents\": {}}\\n' > state/agents.json; git commit -qam wipe";
    for git in Git::all() {
        let sandbox = made(&git, "git init -q -b main .", "");
        let refused = |folder: &str, script: &str, rule: &str| {
            let output = sandbox.sh(&format!("cd {folder} && {script}"));
            let said = both(&output);
            assert!(!output.status.success() && said.contains(&format!("error[{rule}]")), "{folder} on {}: {script}\n{said}", git.version);
        };
        // A linked worktree, one made relative to it, and a submodule of a superproject.
        sandbox.ok("git worktree add -q -b topic ../topic && cd ../topic && git worktree add -q -b other ../other");
        refused("../topic", WIPE, "emptied-collection");
        refused("../other", WIPE, "emptied-collection");
        sandbox.ok(
            "git init -q -b main ../super && cd ../super && git -c protocol.file.allow=always submodule --quiet add ../repo part && git commit -qm begin\n\
             cd part && gnp-lint install --force >/dev/null",
        );
        refused("../super/part", WIPE.replace("commit -qam", "commit -q --no-verify -am").as_str(), "emptied-collection");
        sandbox.ok("cd ../super/part && git checkout -q -- . && cd .. && git -c protocol.file.allow=always submodule --quiet update --init && git status --short");
        // Worktrees that are told by relative paths, which git before 2.48 does not know.
        if sandbox.sh("git worktree add -q --relative-paths -b relative ../relative").status.success() {
            sandbox.ok("grep -q '^gitdir: [.][.]/' ../relative/.git");
            refused("../relative", WIPE, "emptied-collection");
            sandbox.ok("cd ../relative && git checkout -q -- . && echo x > x && git add x && git commit -qm x");
        } else {
            assert!(["2.39", "2.47"].iter().any(|old| git.version.contains(old)), "{} should know relative worktrees", git.version);
        }
        // A repository without a work tree of its own, with one added.
        sandbox.ok("git clone -q --bare . ../bare.git && cd ../bare.git && git worktree add -q ../added main && cp ../repo/.git/hooks/[a-z]* hooks/ 2>/dev/null; cd ../added");
        refused("../added", "echo '{\"last_run\": 7}' > state/heartbeat_state.json; git commit -qam x", "canonical-state-commit");
    }
}

/// Where the repository is bare, the linked worktree on its main branch is the one that everybody shares.
#[test]
fn the_shared_worktree_of_a_bare_repository_is_the_fleets() {
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        sandbox.ok("git clone -q --bare . ../bare.git && cd ../bare.git && git worktree add -q ../shared main && cd ../shared && gnp-lint install --force > ../install.log 2>&1");
        sandbox.ok("cd ../shared && sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak && echo '{\"streams\": {}}' > state/stream_assignments.json");
        let said = sandbox.fails("cd ../shared && git commit -qam all");
        assert!(said.contains("error[canonical-state-commit]") && !said.contains("--worktree"), "{said}");
        let output = sandbox.sh("cd ../shared && git worktree add -q -b topic ../topic && cmp state/stream_assignments.json ../topic/state/stream_assignments.json");
        let said = both(&output);
        assert!(
            output.status.success()
                && said.contains("was copied into this worktree")
                && said.contains("`state/agents.json` is uncommitted"),
            "{said}"
        );
    }
}

#[test]
fn a_protected_branch_of_another_name_is_found() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok(
            "git init -q -b trunk . && mkdir state && echo '{\"last_run\": 0}' > state/a.json && printf 'protected = [\"trunk\"]\\n' > gnp.toml\n\
             git add . && git commit -qm begin && gnp-lint install --force >/dev/null",
        );
        let said = sandbox.fails("echo '{\"last_run\": 1}' > state/a.json; git commit -qam x");
        assert!(said.contains("on `trunk`"), "{said}");
        sandbox.ok("git clone -q . ../c && cd ../c && gnp-lint install --force >/dev/null && git switch -qc topic && echo x > x && git add x && git commit -qm x");
        let said = sandbox.fails("cd ../c && git switch -q trunk && echo '{\"last_run\": 1}' > state/a.json; git commit -qam x");
        assert!(said.contains("on `trunk`"), "{said}");
    }
}

#[test]
fn hooks_from_a_template_pass_a_clone_and_a_fetch_of_many_refs() {
    for git in Git::all() {
        let sandbox = made(&git, "git init -q -b main .", "");
        sandbox.ok(
            "mkdir -p ../template/hooks && cp .git/hooks/[a-z]* ../template/hooks/ && i=0; while [ $i -lt 50 ]; do git update-ref refs/heads/b$i main; i=$((i+1)); done\n\
             git clone -q --template ../template . ../c && cd ../c && test -x .git/hooks/reference-transaction && git fetch -q origin '+refs/heads/*:refs/copies/*' && git gc -q\n\
             test \"$(git for-each-ref refs/copies | wc -l)\" -ge 51",
        );
        let said = sandbox.fails("cd ../c && echo '{\"last_run\": 7}' > state/heartbeat_state.json; git commit -qam x");
        assert!(said.contains("canonical-state-commit"), "{said}");
        // A submodule that is cloned with them, brought up to date and moved on.
        sandbox.ok(
            "git config --global init.templateDir \"$PWD/../template\" && git config --global protocol.file.allow always\n\
             git init -q -b main ../super && cd ../super && git submodule --quiet add ../repo part && git commit -qm begin\n\
             cd ../repo && echo more >> README.md && git commit -qam more && git clone -q --recurse-submodules ../super ../again\n\
             cd ../again && test -x .git/modules/part/hooks/reference-transaction && git submodule --quiet update --remote && git add part && git commit -qm 'move on'",
        );
        let said = sandbox
            .fails("cd ../again/part && git switch -q main && echo '{\"last_run\": 7}' > state/heartbeat_state.json; git commit -qam x");
        assert!(said.contains("canonical-state-commit"), "{said}");
    }
}
