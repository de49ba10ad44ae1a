//! `gnp-lint ci`: the range it judges, by which law, and how it reports; and what it says where there is nothing to judge.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use support::{Git, Sandbox};

/// A clone of an upstream, on a branch with three commits: a harmless one, a wipe, and a script for Linux alone.
fn job(git: &Git) -> Sandbox {
    let sandbox = Sandbox::new(git);
    sandbox.ok(
        "printf '[[writer]]\\nname = \"bot\"\\nauthor = [\"bot@example.org\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm policy\n\
         git init -q --bare -b main ../up.git && git remote add origin ../up.git && git push -q -u origin main\n\
         git clone -q ../up.git ../job && cd ../job && git switch -qc topic\n\
         echo fine > fine && git add fine && git commit -qm fine\n\
         printf '{\"agents\": {}}\\n' > state/agents.json && git commit -qam 'resolve the conflict'\n\
         printf '#!/bin/bash\\ntimeout 5 sleep 1\\n' > run.sh && git add run.sh && git commit -qm 'add run.sh'",
    );
    sandbox
}

/// Runs in the clone: exit code, stdout, stderr.
fn ci(sandbox: &Sandbox, before: &str, args: &str) -> (i32, String, String) {
    let output = sandbox.sh(&format!("cd ../job && {before} gnp-lint ci {args}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn every_new_commit_is_judged_and_named() {
    for git in Git::all() {
        let sandbox = job(&git);
        let (code, out, err) = ci(&sandbox, "", "--base origin/main --format json");
        assert_eq!(code, 1, "{err}");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert_eq!(report["summary"]["commits"], 3);
        let commit = |rev: &str| sandbox.ok(&format!("cd ../job && git rev-parse {rev}"));
        let found: Vec<(String, String)> = report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["rule"].as_str().unwrap().to_owned(), f["commit"].as_str().unwrap().to_owned()))
            .collect();
        let expected =
            [("canonical-state-commit", commit("HEAD~1")), ("emptied-collection", commit("HEAD~1")), ("missing-command", commit("HEAD"))];
        assert_eq!(found, expected.map(|(rule, id)| (rule.to_owned(), id)));
        assert!(!err.contains("left out"), "the writer is known by author: {err}");
    }
}

#[test]
fn the_base_is_found_where_the_job_says_it() {
    for git in Git::all() {
        let sandbox = job(&git);
        let event = |json: &str| {
            std::fs::write(sandbox.path("event.json"), json).unwrap();
            "GITHUB_EVENT_PATH=../event.json"
        };
        let commits = |before: &str, args: &str| {
            let (code, out, err) = ci(&sandbox, before, &format!("--format json {args}"));
            assert!(code < 2, "{before} {args}: {err}");
            serde_json::from_str::<serde_json::Value>(&out).unwrap()["summary"]["commits"].as_u64().unwrap()
        };
        let id = |rev: &str| sandbox.ok(&format!("cd ../job && git rev-parse {rev}"));
        assert_eq!(commits("GITHUB_BASE_REF=main", ""), 3);
        assert_eq!(commits(event(&format!("{{\"before\": \"{}\"}}", id("HEAD~1"))), ""), 1);
        assert_eq!(commits(event(&format!("{{\"pull_request\": {{\"base\": {{\"sha\": \"{}\"}}}}}}", id("HEAD~2"))), ""), 2);
        // A new branch: the event names no commit before it.
        assert_eq!(commits(event(&format!("{{\"before\": \"{}\"}}", "0".repeat(40))), ""), 3);
        assert_eq!(commits("", "--base HEAD"), 0);
        sandbox.ok("cd ../job && git branch -q -u origin/main");
        assert_eq!(commits("", ""), 3);
    }
}

#[test]
fn without_a_base_it_says_how_to_name_one() {
    for git in Git::all() {
        let sandbox = job(&git);
        for (before, args, said) in [
            ("", "--base nonsense", "there is no revision `nonsense` here"),
            ("GITHUB_BASE_REF=other", "", "the base branch `other` was not fetched"),
            ("GITHUB_EVENT_PATH=/nowhere", "", "cannot read GITHUB_EVENT_PATH"),
            ("cd ../repo && git switch -q --detach && git remote remove origin &&", "", "name a base with --base"),
            (
                "git clone -q --depth 1 --no-single-branch --branch topic file://$PWD ../shallow && cd ../shallow &&",
                "--base origin/main~1",
                "fetch the whole history",
            ),
            ("cd .. &&", "", "not a git repository"),
            ("git init -q -b main ../unborn && cd ../unborn &&", "", "nothing to judge"),
        ] {
            let (code, out, err) = ci(&sandbox, before, args);
            assert!(code == 2 && out.is_empty() && err.contains(said), "{before} {args}: {code} {out}{err}");
            assert!(err.starts_with("gnp-lint: ") && !err.contains("panicked"), "{err}");
        }
    }
}

#[test]
fn waived_commits_and_writers_pass_and_a_bare_repository_works() {
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        sandbox.ok(
            "printf '[[writer]]\\nname = \"bot\"\\nauthor = [\"bot@example.org\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm policy && git branch base\n\
             printf '{\"agents\": {}}\\n' > state/agents.json\n\
             GIT_AUTHOR_EMAIL=bot@example.org GNP_ALLOW='emptied-collection: reseeding' git commit -qam reseed\n\
             git clone -q --bare . ../job",
        );
        let (code, out, err) = ci(&sandbox, "", "--base base");
        assert_eq!((code, out.as_str()), (0, "clean: 1 commit\n"), "{err}");
    }
}

#[test]
fn a_writer_known_only_by_environment_cannot_be_judged_afterwards_and_it_says_so() {
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        sandbox.ok("echo '{\"last_run\": 1}' > state/heartbeat_state.json && fleet git commit -qam sync && git clone -q . ../job");
        let (code, out, err) = ci(&sandbox, "", "--base HEAD~1 --format github");
        assert_eq!(code, 0, "{out}");
        assert!(err.contains("`canonical-state-commit` is left out"), "{err}");
    }
}
