//! Whole scripts: one that obeys all eight articles is silent and works, each of the others breaks one and is found out.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gnp_lint::policy::Policy;
use gnp_lint::rules;
use gnp_lint::shell::Script;

use support::{Git, Sandbox, both};

/// Each finding of a script as its line and its rule.
fn found(text: &str) -> BTreeSet<(usize, String)> {
    let policy = Policy::built_in();
    let script = Script::parse("scripts/run.sh", text.as_bytes(), policy.targets.clone());
    let line = |finding: &gnp_lint::finding::Finding| finding.place.span.as_ref().map_or(0, |span| span.start().0);
    gnp_lint::lint(&script, &policy).iter().map(|finding| (line(finding), finding.rule.to_owned())).collect()
}

/// What the comments at the ends of lines say must be found there.
fn expected(text: &str) -> BTreeSet<(usize, String)> {
    let named = |line: &str| -> Vec<String> {
        let words = line.rsplit_once(" # ").map_or("", |(_, comment)| comment);
        words.split(' ').filter(|word| rules::known(word)).map(str::to_owned).collect()
    };
    text.lines().enumerate().flat_map(|(at, line)| named(line).into_iter().map(move |rule| (at + 1, rule))).collect()
}

fn scripts(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "sh"));
    paths.sort();
    assert!(!paths.is_empty());
    paths
}

#[test]
fn the_good_ones_are_silent() {
    for path in scripts("ok") {
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(found(&text), BTreeSet::new(), "{}", path.display());
    }
}

#[test]
fn each_bad_one_breaks_what_its_comments_say_and_nothing_else() {
    for path in scripts("bad") {
        let text = fs::read_to_string(&path).unwrap();
        let expected = expected(&text);
        assert!(!expected.is_empty(), "{} names no rule", path.display());
        assert_eq!(found(&text), expected, "{}", path.display());
    }
}

#[test]
fn the_good_one_runs_a_frame_whatever_becomes_of_its_workers() {
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts/ok/orchestrator.sh"), sandbox.path("orchestrator.sh")).unwrap();
        sandbox.ok("mkdir -p scripts && echo '{\"streams\": {}}' >state/stream_assignments.json
            cat >scripts/worker.sh <<'END'
#!/bin/sh
case $2 in
fails) exit 1 ;;
hangs) exec sleep 60 ;;
esac
grep -q fails state/stream_assignments.json || exit 1
printf '{\"frame\": %s, \"stream_id\": \"%s\"}\\n' \"$1\" \"$2\" >\"$3\"
END
            chmod +x scripts/worker.sh && git add . && fleet git commit -qm 'fleet: begin'
            echo '{\"streams\": {\"works\": 1, \"fails\": 1, \"hangs\": 1}}' >state/stream_assignments.json");
        let output = sandbox.sh("STAGGER=0 LIMIT=1 bash ../orchestrator.sh 405 works fails hangs");
        let context = format!("{}\n{}", git.version, both(&output));
        assert!(output.status.success(), "{context}");
        let delta = |stream: &str| {
            let text = sandbox.ok(&format!("git show HEAD:state/stream_deltas/frame-405-{stream}.json"));
            serde_json::from_str::<serde_json::Value>(&text).expect(&context)
        };
        assert!(delta("works")["_meta"].is_null(), "{context}");
        assert_eq!(delta("fails")["_meta"]["status"], "fallback", "{context}");
        assert_eq!(delta("hangs")["_meta"]["status"], "fallback", "{context}");
        assert_eq!(sandbox.ok("git worktree list | wc -l").trim(), "1", "{context}");
        assert_eq!(sandbox.ok("git branch --list 'frame-*'"), "", "{context}");
        // What was uncommitted still is, and only that.
        assert_eq!(sandbox.ok("git status --porcelain"), " M state/stream_assignments.json", "{context}");
    }
}
