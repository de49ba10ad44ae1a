//! `gnp-lint audit` over real histories, on every git of this machine: what it finds, what it leaves alone, and how it ends.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

#[path = "support/history.rs"]
mod history;
mod support;

use std::fs;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt;

use std::process::Stdio;

use history::{audit, commit, grown, on_every_git, write};
use serde_json::Value;
use support::{Git, Sandbox, agents, both};

/// A wipe, what was there before, conflict markers, half a document, and what was there before.
fn damage(sandbox: &Sandbox) {
    commit(sandbox, "state/agents.json", "{\"agents\": {}}\n", "sync: wipe");
    commit(sandbox, "state/agents.json", &agents(137), "put back");
    let marked = format!("<<<<<<< Updated upstream\n{}=======\n{{}}\n>>>>>>> Stashed changes\n", agents(138));
    commit(sandbox, "state/agents.json", &marked, "pop");
    commit(sandbox, "state/agents.json", &agents(139), "resolve");
    commit(sandbox, "state/agents.json", "{\"agents\": {\"agent-001\": ", "cut short");
    commit(sandbox, "state/agents.json", &agents(138), "put back again");
}

/// The JSON report, and the exit code.
fn json(sandbox: &Sandbox, args: &str) -> (Value, i32) {
    let output = sandbox.sh(&format!("exec gnp-lint audit --format json {args}"));
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", both(&output)));
    (report, output.status.code().unwrap())
}

/// Rule and subject of each finding, in the order of the report.
fn told(report: &Value) -> Vec<(&str, &str)> {
    let count = |commit: &Value| usize::try_from(commit["findings"].as_u64().unwrap()).unwrap();
    let commits = report["commits"].as_array().unwrap().iter();
    let subjects = commits.flat_map(|commit| std::iter::repeat_n(commit["subject"].as_str().unwrap(), count(commit)));
    report["findings"].as_array().unwrap().iter().map(|one| one["rule"].as_str().unwrap()).zip(subjects).collect()
}

#[test]
fn a_damaged_history_is_told_oldest_first() {
    on_every_git(|sandbox| {
        damage(sandbox);
        let (report, code) = json(sandbox, "");
        assert_eq!(code, 1);
        assert_eq!(told(&report), [("emptied-collection", "sync: wipe"), ("conflict-marker", "pop"), ("invalid-json", "cut short")]);
        let commit = &report["commits"][0];
        assert_eq!((commit["author"].as_str(), commit["date"].as_str()), (Some("Ada <ada@example.org>"), Some("2026-01-01T00:00:00Z")));
        let summary = &report["summary"];
        assert_eq!((&summary["deny"], &summary["commits"]), (&3.into(), &7.into()));
        assert_eq!(summary["rules"]["conflict-marker"], serde_json::json!({ "deny": 1, "warn": 0, "commits": 1 }));
        assert_eq!(report["interrupted"], false);

        let output = audit(sandbox, "");
        let said = both(&output);
        assert_eq!(output.status.code(), Some(1));
        for line in ["by Ada <ada@example.org>: sync: wipe", "emptied-collection       1       0        1", "3 denied in 7 commits"] {
            assert!(said.contains(line), "{line}: {said}");
        }
        // The command that the first finding prints brings 136 agents back.
        let command = said.lines().find_map(|line| line.trim().strip_prefix("git restore ")).unwrap();
        sandbox.ok(&format!("git restore {command} && grep -q '\"total\": 136' state/agents.json"));

        let github = both(&audit(sandbox, "--format github"));
        assert_eq!(github.lines().filter(|line| line.starts_with("::error file=state/agents.json,")).count(), 3, "{github}");
        let silent = audit(sandbox, "--format json --output-file ../report.json");
        assert_eq!((silent.status.code(), silent.stdout.len()), (Some(1), 0));
        assert!(fs::read_to_string(sandbox.path("report.json")).unwrap().ends_with("}\n"));
    });
}

#[test]
fn a_merge_answers_for_what_it_makes_of_each_side() {
    on_every_git(|sandbox| {
        // The branch is older than the posts; its copy of the file is taken, and the posts are gone.
        let posts = "{\"posts\": [1, 2, 3, 4, 5, 6, 7, 8]}\n";
        sandbox.ok("git branch stale");
        commit(sandbox, "state/posts.json", posts, "post");
        sandbox.ok("git switch -q stale && echo work > work.txt && git add . && git commit -qm work");
        sandbox.ok("git merge -q --no-commit main && git checkout -q HEAD -- state/posts.json && git commit -qm 'take the stale side'");
        sandbox.ok("git switch -q main && git merge -q --ff-only stale");
        assert_eq!(told(&json(sandbox, "").0), [("emptied-collection", "take the stale side")]);
        assert_eq!(told(&json(sandbox, "-- state/posts.json").0), [("emptied-collection", "take the stale side")]);
        // The first parent is the branch, which never had them.
        assert_eq!(json(sandbox, "--first-parent").1, 1, "the merge brings main's work into the branch and drops its posts");
    });
}

#[test]
fn a_merge_is_silent_about_what_a_side_has_done_itself() {
    on_every_git(|sandbox| {
        sandbox.ok("git switch -qc side");
        commit(sandbox, "state/agents.json", "{\"agents\": {}}\n", "wipe on a side");
        sandbox.ok("git switch -q main && git switch -qc other && echo 1 > other.txt && git add . && git commit -qm other");
        sandbox.ok("git switch -q main && echo 2 > own.txt && git add . && git commit -qm own");
        sandbox.ok("git merge -q --no-edit side other");
        sandbox.ok("test \"$(git rev-list --parents -n1 HEAD | wc -w)\" -eq 4");
        assert_eq!(told(&json(sandbox, "").0), [("emptied-collection", "wipe on a side")]);
        // Along the first parents it is the merge that brings the loss.
        let (report, _) = json(sandbox, "--first-parent");
        let [(rule, subject)] = told(&report)[..] else { panic!("{report}") };
        assert!(rule == "emptied-collection" && subject.starts_with("Merge branches"), "{report}");
        assert_eq!(report["summary"]["commits"], 3);
    });
}

#[test]
fn histories_that_cross_and_roots_that_meet_are_clean() {
    on_every_git(|sandbox| {
        sandbox.ok("git branch b && echo 1 > a.txt && git add . && git commit -qm a1");
        sandbox.ok("git switch -q b && echo 1 > b.txt && git add . && git commit -qm b1");
        sandbox.ok("git tag b1 && git merge -q --no-edit main && git switch -q main && git merge -q --no-edit b1");
        commit(sandbox, "state/agents.json", &agents(140), "grow");
        sandbox.ok("git merge -q --no-edit b && test \"$(git merge-base --all HEAD^1 b | wc -l)\" -ge 1");
        sandbox.ok("git switch -q --orphan root && echo '{\"other\": [1, 2, 3, 4, 5, 6]}' > elsewhere.json && git add elsewhere.json && git commit -qm root");
        sandbox.ok("git switch -q main && git merge -q --no-edit --allow-unrelated-histories root");
        let (report, code) = json(sandbox, "--all");
        assert_eq!((told(&report), code), (vec![], 0));
        assert_eq!(report["not_judged"], serde_json::json!([]));
    });
}

#[test]
fn a_waiver_lifts_and_is_listed() {
    on_every_git(|sandbox| {
        write(sandbox, "state/agents.json", "{\"agents\": {}}\n");
        sandbox.ok("git commit -qam reseed -m 'GNP-Allow: emptied-collection: after incident 12'");
        let (report, code) = json(sandbox, "");
        assert_eq!((told(&report), code), (vec![], 0));
        assert_eq!(report["waived"][0]["reason"], "after incident 12");
        let said = both(&audit(sandbox, ""));
        assert!(said.contains("waived: emptied-collection in `state/agents.json`") && said.contains("after incident 12"), "{said}");
        // A policy that does not let it be waived does not.
        write(sandbox, "../strict.toml", "waivable = []\n");
        assert_eq!(json(sandbox, "--config ../strict.toml").1, 1);
    });
}

#[test]
fn who_may_write_is_judged_on_protected_branches() {
    on_every_git(|sandbox| {
        commit(sandbox, "gnp.toml", "[[writer]]\nname = 'bot'\nauthor = ['*-bot@example.org']\n", "set policy");
        write(sandbox, "state/agents.json", &agents(137));
        sandbox.ok("GIT_AUTHOR_EMAIL=merge-bot@example.org git commit -qam frame");
        commit(sandbox, "state/agents.json", &agents(138), "by hand");
        sandbox.ok("git switch -qc feature");
        commit(sandbox, "state/agents.json", &agents(139), "on a branch");
        sandbox.ok("echo more >> state/agents.json && git stash -q && git switch -q main");
        let (report, code) = json(sandbox, "--all");
        assert_eq!(told(&report), [("canonical-state-commit", "by hand")]);
        assert_eq!((code, report["summary"]["commits"].as_u64()), (1, Some(5)), "the stash is no part of any branch");
        assert_eq!(json(sandbox, "feature").0["summary"]["deny"], 1);
        // Once it is merged, it has reached the branch.
        sandbox.ok("git merge -q --no-ff --no-edit feature");
        assert_eq!(told(&json(sandbox, "").0), [("canonical-state-commit", "by hand"), ("canonical-state-commit", "on a branch")]);
    });
}

#[test]
fn ci_judges_what_a_push_has_already_brought_upstream() {
    on_every_git(|sandbox| {
        damage(sandbox);
        sandbox.ok("git remote add origin ../nowhere && git update-ref refs/remotes/origin/main HEAD");
        let output = sandbox.sh("gnp-lint ci --base HEAD~6");
        assert_eq!(output.status.code(), Some(1), "{}", both(&output));
        assert!(both(&output).contains("3 denied in 6 commits"), "{}", both(&output));
    });
}

#[test]
fn what_a_partial_clone_lacks_is_named_and_the_rest_goes_on() {
    on_every_git(|sandbox| {
        damage(sandbox);
        sandbox.ok("git config uploadpack.allowFilter true && git config uploadpack.allowAnySHA1InWant true");
        sandbox.ok("git clone -q --filter=blob:none \"file://$PWD\" ../part");
        let before = sandbox.ok("cd ../part && find .git/objects -type f | sort");
        let output = sandbox.sh("cd ../part && exec gnp-lint audit");
        let said = both(&output);
        assert_eq!(output.status.code(), Some(0), "{said}");
        assert!(said.contains("missing: ") && said.contains("`state/agents.json`") && said.contains("clean: 7 commits"), "{said}");
        let output = sandbox.sh("cd ../part && exec gnp-lint audit --timeline state/agents.json");
        assert!(both(&output).contains("6 versions not in this clone"), "{}", both(&output));
        assert_eq!(sandbox.ok("cd ../part && find .git/objects -type f | sort"), before, "nothing is fetched");
        // The printed command fetches one of them, and fewer are missing.
        let command = said.lines().find_map(|line| line.trim().strip_prefix("git cat-file ")).unwrap();
        sandbox.ok(&format!("cd ../part && git cat-file {command}"));
        assert_ne!(said, both(&sandbox.sh("cd ../part && exec gnp-lint audit")));
    });
}

#[test]
fn a_shallow_clone_is_judged_as_far_as_it_goes() {
    on_every_git(|sandbox| {
        damage(sandbox);
        sandbox.ok("git clone -q --depth 3 \"file://$PWD\" ../shallow");
        let output = sandbox.sh("cd ../shallow && exec gnp-lint audit --format json");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told(&report), [("invalid-json", "cut short")]);
        assert_eq!((report["not_judged"].as_array().unwrap().len(), &report["summary"]["commits"]), (1, &2.into()));
        let said = both(&sandbox.sh("cd ../shallow && exec gnp-lint audit"));
        assert!(said.contains("not judged: 1 commit"), "{said}");
        let command = said.lines().map(str::trim).find(|line| *line == "git fetch --unshallow").unwrap();
        sandbox.ok(&format!("cd ../shallow && {command} -q"));
        assert!(both(&sandbox.sh("cd ../shallow && exec gnp-lint audit")).contains("3 denied in 7 commits"));
    });
}

#[test]
fn nothing_to_judge_is_clean_and_wrong_usage_is_2() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        assert_eq!(audit(&sandbox, "").status.code(), Some(2), "there is no repository");
        sandbox.ok("git init -q -b main .");
        for args in ["", "--all", "-- state"] {
            let output = audit(&sandbox, args);
            assert_eq!(output.status.code(), Some(0), "{args}: {}", both(&output));
            assert!(both(&output).contains("no commit was judged"), "{args}: {}", both(&output));
        }
        assert_eq!(json(&sandbox, "").0["summary"]["commits"], 0);
        sandbox.ok("git commit -q --allow-empty -m begin");
        for (args, says) in [
            ("nowhere", "bad revision 'nowhere'"),
            ("main..nowhere", "bad revision 'main..nowhere'"),
            ("--config nowhere.toml", "nowhere.toml"),
            ("--timeline nowhere.json", "no commit there knows a file `nowhere.json`"),
            ("--svg x.svg", "--timeline"),
            ("main --all", "--all"),
            ("--html /nowhere/x.html", "/nowhere/x.html"),
        ] {
            let output = audit(&sandbox, args);
            assert!(output.status.code() == Some(2) && both(&output).contains(says), "{args}: {}", both(&output));
        }
        let output = sandbox.command("gnp-lint").args(["audit", "--", "--output=x"]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", both(&output));
        assert!(!sandbox.path("repo/x").exists());
    }
}

#[test]
fn the_commits_can_be_chosen() {
    on_every_git(|sandbox| {
        damage(sandbox);
        commit(sandbox, "state/posts.json", "{\"posts\": ", "posts cut short");
        assert_eq!(told(&json(sandbox, "HEAD~3..").0), [("invalid-json", "cut short"), ("invalid-json", "posts cut short")]);
        assert_eq!(told(&json(sandbox, "HEAD~3").0).len(), 2);
        let (report, _) = json(sandbox, "-- state/posts.json");
        assert_eq!((told(&report), &report["summary"]["commits"]), (vec![("invalid-json", "posts cut short")], &2.into()));
        // Paths count from where one stands, as git has it.
        let output = sandbox.sh("cd state && exec gnp-lint audit --format json -- posts.json");
        assert_eq!(told(&serde_json::from_slice(&output.stdout).unwrap()).len(), 1);
        let output = sandbox.sh("cd .. && GIT_DIR=repo/.git exec gnp-lint audit --format json -- state/posts.json");
        assert_eq!(told(&serde_json::from_slice(&output.stdout).unwrap()).len(), 1, "{}", both(&output));
        write(sandbox, "state/posts.json", "{\"posts\": [\n");
        sandbox.ok("GIT_COMMITTER_DATE='1798761600 +0000' git commit -qam later");
        assert_eq!(json(sandbox, "--since 2026-06-01").0["summary"]["commits"], 1);
        assert_eq!(json(sandbox, "--since 2001-01-01").0["summary"]["commits"], 9);
        // A machine whose clock went back hides nothing that lies behind its commit.
        write(sandbox, "state/posts.json", "{\"posts\": [1\n");
        sandbox.ok("GIT_COMMITTER_DATE='946684800 +0000' git commit -qam back");
        assert_eq!(json(sandbox, "--since 2001-01-01").0["summary"]["commits"], 9);
    });
}

#[test]
fn paths_with_spaces_and_line_ends_are_told_as_they_are() {
    on_every_git(|sandbox| {
        let path = "state/a b\n:c.json";
        commit(sandbox, path, "{\"a\": [1, 2, 3, 4, 5, 6]}\n", "new");
        commit(sandbox, path, "{\"a\": []}\n", "wipe");
        commit(sandbox, "state/posts.json", "{", "another file");
        let output = sandbox.command("gnp-lint").args(["audit", "--format", "json", "--", path]).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told(&report), [("emptied-collection", "wipe")]);
        assert_eq!(report["findings"][0]["path"], path);
        assert!(both(&audit(sandbox, "")).contains("`state/a b\\n:c.json`"));
        let output = sandbox.command("gnp-lint").args(["audit", "--timeline", path]).output().unwrap();
        assert!(
            both(&output).starts_with("state/a b\\n:c.json: 2 versions") || both(&output).contains("state/a b\\n:c.json: 2 versions"),
            "{}",
            both(&output)
        );
        let command = both(&output).lines().find_map(|line| line.trim().strip_prefix("git restore ").map(str::to_owned)).unwrap();
        assert!(command.contains("state/a b"), "{command}");
    });
}

#[test]
fn interrupted_it_says_how_far_it_came() {
    on_every_git(|sandbox| {
        damage(sandbox);
        // It waits for its policy, so that the signal comes in time.
        sandbox.ok("mkfifo ../policy.toml");
        let child = sandbox
            .command("gnp-lint")
            .args(["audit", "--config", "../policy.toml"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut policy = fs::OpenOptions::new().write(true).open(sandbox.path("policy.toml")).unwrap();
        sandbox.ok(&format!("kill -INT {}", child.id()));
        policy.write_all(b"waivable = []\n").unwrap();
        drop(policy);
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.status.signal()), (Some(130), None), "{}", both(&output));
        assert!(both(&output).contains("interrupted: 0 of 7 commits were judged"), "{}", both(&output));
    });
}

#[test]
fn git_is_not_started_for_each_commit() {
    on_every_git(|sandbox| {
        commit(sandbox, "gnp.toml", "[[writer]]\nname = 'sync'\nsubject = ['^sync']\n", "set policy");
        // Ever new content, so that nobody need ask what was there before; every other commit is a stranger's, and mixed with other work.
        sandbox.ok("for n in $(seq 1 30); do echo \"{\\\"posts\\\": [$n]}\" > state/posts.json; git commit -qam \"sync $n\"; \
            echo \"{\\\"posts\\\": [$n, $n]}\" > state/posts.json; echo $n > work.txt; git add . && git commit -qm \"work $n\"; done");
        sandbox.ok("mkdir ../counting && printf '#!/bin/sh\\necho \"$*\" >> %s/calls\\nexec %s/bin/git \"$@\"\\n' \"${PWD%/*}\" \"${PWD%/*}\" > ../counting/git && chmod +x ../counting/git");
        let output = sandbox.sh("PATH=\"$PWD/../counting:$PATH\" gnp-lint audit --format json");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let rules = &report["summary"]["rules"];
        assert_eq!(
            (&report["summary"]["commits"], &rules["canonical-state-commit"]["deny"], &rules["mixed-commit"]["warn"]),
            (&62.into(), &30.into(), &30.into())
        );
        let calls = fs::read_to_string(sandbox.path("calls")).unwrap();
        assert!(calls.lines().count() < 15, "{calls}");
    });
}

#[test]
fn the_best_common_ancestor_is_the_one_that_git_finds() {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        // Forty commits with up to three parents each, some dated before them.
        let mut number = 17_u64;
        let mut draw = |below: u64| {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (number >> 33) % below
        };
        let mut stream = String::new();
        for mark in 1..=40_u64 {
            let time = 1_767_225_600 + mark * 60 - draw(4) * 90;
            stream += &format!("commit refs/heads/b{mark}\nmark :{mark}\ncommitter A <a@example.org> {time} +0000\ndata 1\nx\n");
            let mut parents: Vec<u64> = if mark % 13 == 1 { Vec::new() } else { (0..=draw(3)).map(|_| 1 + draw(mark - 1)).collect() };
            parents.sort_unstable();
            parents.dedup();
            for (at, parent) in parents.iter().enumerate() {
                stream += &format!("{} :{parent}\n", if at == 0 { "from" } else { "merge" });
            }
        }
        fs::write(sandbox.path("stream"), stream).unwrap();
        sandbox.ok("git init -q -b main . && git fast-import --quiet < ../stream");
        let ids: Vec<String> = (1..=40).map(|mark| sandbox.ok(&format!("git rev-parse b{mark}"))).collect();
        let repo = gnp_lint::repo::Repo::at(&sandbox.path("repo/.git")).unwrap();
        let pairs = ids.iter().step_by(3).flat_map(|a| ids.iter().map(move |b| (a, b)));
        let all = "while read -r a b; do echo $(git merge-base --all $a $b); done";
        let asked: Vec<String> = pairs.clone().map(|(a, b)| format!("{a} {b}\n")).collect();
        fs::write(sandbox.path("pairs"), asked.concat()).unwrap();
        let answers = sandbox.ok(&format!("{all} < ../pairs; echo end"));
        for ((a, b), answer) in pairs.zip(answers.lines()) {
            match repo.merge_base(a, b) {
                Some(base) => assert!(answer.contains(&base), "{a} {b}: {base}, git says {answer}"),
                None => assert_eq!(answer, "", "{a} {b}"),
            }
        }
    }
}

#[test]
fn a_timeline_follows_renames_and_names_the_last_good_commit() {
    on_every_git(|sandbox| {
        grown(sandbox);
        let output = sandbox.sh("LC_ALL=C.UTF-8 COLUMNS=60 exec gnp-lint audit --timeline state/people.json");
        let said = both(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        for line in [
            "6 versions from 2026-01-01 to 2026-01-01, damaged 2 times, 1 version not JSON",
            "/agents  ▇▇▇!_█  139 of 139",
            "is emptied: 137 → 0 entries",
            "the last version that can be read",
            "brought back by",
        ] {
            assert!(said.contains(line), "{line}: {said}");
        }
        assert!(both(&sandbox.sh("LC_ALL=C exec gnp-lint audit --timeline state/people.json")).contains("/agents  ###!_@  139 of 139"));
        let good = sandbox.ok("git rev-parse --short=12 HEAD~3");
        let command = format!("git restore --source={good} --staged --worktree -- state/people.json");
        assert!(said.contains(&command), "{said}");
        sandbox.ok(&format!("{command} && grep -q '\"total\": 137' state/people.json"));
        let (report, _) = json(sandbox, "--timeline state/people.json");
        let sizes: Vec<Option<u64>> =
            report["versions"].as_array().unwrap().iter().map(|version| version["collections"]["/agents"].as_u64()).collect();
        assert_eq!(sizes, [Some(136), Some(137), Some(137), None, Some(0), Some(139)]);
        let paths: Vec<&str> = report["versions"].as_array().unwrap().iter().map(|version| version["path"].as_str().unwrap()).collect();
        assert_eq!((paths[1], paths[2]), ("state/agents.json", "state/people.json"));
        assert_eq!(report["damage"][1]["mended"].as_str().unwrap(), sandbox.ok("git rev-parse HEAD"));
        assert_eq!(json(sandbox, "--timeline state/posts.json").1, 0);
    });
}
