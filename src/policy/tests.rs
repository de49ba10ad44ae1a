//! What a policy means once it is read, and what is said when it cannot be.

use proptest::prelude::*;

use super::*;
use crate::event::Event;
use crate::finding::Sink;
use crate::rule::Check;

fn strict(text: &str) -> Policy {
    let (policy, warnings) = Policy::read(text, FILE, Strictness::Strict).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(warnings, []);
    policy
}

fn texts(patterns: &Patterns) -> Vec<&str> {
    patterns.0.iter().map(Pattern::text).collect()
}

/// Each problem as `line:column message — help`.
fn problems(text: &str) -> Vec<String> {
    let problems = Policy::read(text, FILE, Strictness::Strict).unwrap_err();
    let line = |problem: &Problem| {
        let (line, column) = problem.position();
        format!("{line}:{column} {} — {}", problem.message, problem.help)
    };
    problems.0.iter().map(line).collect()
}

#[test]
fn the_built_in_policy_has_no_problem_and_says_what_it_should() {
    let policy = strict(read::BUILT_IN);
    assert_eq!(format!("{policy:?}"), format!("{:?}", Policy::built_in()));
    assert_eq!(texts(&policy.protected), ["main"]);
    assert_eq!(policy.waivable, ["shrunk-collection", "emptied-collection", "policy-loosened"]);
    assert_eq!(policy.state.depth, 1);
    assert_eq!(policy.state.delta_keys, [(Pattern::trusted("state/stream_deltas/*.json"), vec!["frame".into(), "stream_id".into()])]);
    assert_eq!(policy.state.assignments, Some(Assignments { path: "state/stream_assignments.json".into(), pointer: "/streams".into() }));
    assert_eq!(policy.writers[0].env, [("GNP_WRITER".to_owned(), "merge-engine".to_owned())]);
    assert!(policy.fleet.alive.is_empty() && policy.fleet.otherwise_alive);
    assert_eq!(policy.targets, Targets { bash: Version(3, 2), macos: Some(Version(12, 0)), linux: true });
    assert!(policy.instructions.matches(".claude/commands/deep/run.md"));
}

#[test]
fn classes_have_their_precedence() {
    let policy = strict("[state]\ncanonical = ['state/**']\n");
    let classes = ["state/agents.json", "state/inbox/a.json", "state/memory/a/b.md", "state/archive/x.json", "gnp.toml", "sub/gnp.toml"];
    assert_eq!(
        classes.map(|path| policy.class(path)),
        [Class::Canonical, Class::Delta, Class::Free, Class::Archive, Class::Policy, Class::Other]
    );
    assert!(policy.is_protected("main") && !policy.is_protected("mainline"));
}

#[test]
fn fleet_paths_follow_the_state_unless_they_are_named() {
    let paths = |text| strict(text).fleet.paths.0.iter().map(|pattern| pattern.text().to_owned()).collect::<Vec<_>>();
    assert_eq!(paths(""), ["state/**"]);
    assert_eq!(paths("[state]\ncanonical = ['state/*.json', 'data/*.json']\n"), ["state/**", "data/*.json"]);
    assert_eq!(paths("[state]\ndeltas = ['out/*.json']\n"), ["state/**", "out/*.json"]);
    assert_eq!(paths("[state]\ncanonical = ['db/*.json']\ndeltas = ['db/new/*.json']\n"), ["db/*.json", "db/new/*.json"]);
    assert_eq!(paths("[state]\ncanonical = ['db/*.json']\n[fleet]\npaths = ['db/**']\n"), ["db/**"]);
    assert_eq!(paths("[state]\ndepth = 2\n"), ["state/**"]);
}

#[test]
fn roots_are_few_and_lie_apart() {
    assert_eq!(strict("").roots(), ["gnp.toml", "state"]);
    let moved = "[state]\ncanonical = ['db/*.json', 'top.json']\ndeltas = ['db/new/*.json']\nfree = []\narchive = ['statements/**']\n";
    assert_eq!(strict(moved).roots(), ["db", "gnp.toml", "statements", "top.json"]);
    assert_eq!(strict("[state]\ncanonical = ['*.json']\n").roots(), [""]);
}

#[test]
fn targets_and_exemptions_go_by_path() {
    let policy = strict(
        "[targets]\nmacos = '10.15'\n[[target]]\npaths = ['ci/**']\nbash = '5.2'\nmacos = false\n[[target]]\npaths = ['ci/mac/**']\nlinux = false\n\
         [[allow]]\nrule = 'state-write-in-script'\npaths = ['tests/**']\nreason = 'a sandbox'\n",
    );
    assert_eq!(policy.targets_for("a.sh"), &Targets { bash: Version(3, 2), macos: Some(Version(10, 15)), linux: true });
    assert_eq!(policy.targets_for("ci/a.sh"), &Targets { bash: Version(5, 2), macos: None, linux: true });
    assert_eq!(policy.targets_for("ci/mac/a.sh"), &Targets { bash: Version(3, 2), macos: Some(Version(10, 15)), linux: false });
    assert_eq!(policy.allows("state-write-in-script", "tests/a.sh").map(|allow| &*allow.reason), Some("a sandbox"));
    assert_eq!(policy.allows("state-write-in-script", "a.sh"), None);
    assert_eq!(policy.allows("emptied-collection", "tests/a.sh"), None);
}

#[test]
fn levels_come_as_a_word_or_in_a_table() {
    const RULE: Rule = Rule {
        name: "shrunk-collection",
        article: 6,
        summary: "",
        why: "",
        level: Level::Warn,
        bad: &[],
        good: &[],
        check: Check::Event(|_: &Event<'_>, _: &Policy, _: &mut Sink<'_>| {}),
    };
    assert_eq!(strict("").level(&RULE), Level::Warn);
    assert_eq!(strict("[rules]\nshrunk-collection = 'deny'").level(&RULE), Level::Deny);
    assert_eq!(strict("[rules]\nshrunk-collection = { level = 'allow' }").level(&RULE), Level::Allow);
}

#[test]
fn the_whole_model_is_read() {
    let policy = strict(
        r#"
        required_version = ">=0.1"
        [[state.collection]]
        path = "state/notifications.json"
        pointer = "/notifications"
        min = 10
        at = "50%"
        caps = 100
        counter = false
        drains = true
        reason = "a queue"
        [state.delta_keys]
        "state/stream_deltas/*.json" = []
        "state/inbox/*.json" = ["agent"]
        [[writer]]
        name = "sync"
        author = ["github-actions[bot]@users.noreply.github.com"]
        scripts = ["scripts/**"]
        force_push = true
        [fleet]
        alive = [ { pid_file = "/tmp/sim.pid" },
                  { lock = "/tmp/push.lock", within = "10m" },
                  { json = "state/heartbeat_state.json", pointer = "/last_run", within = "5m" },
                  { subject = '^chore: (watchdog|sim) ', on = "origin/main", within = "15m" } ]
        otherwise = "dead"
        [worktree]
        branch = ["dc/*/frame-*"]
        "#,
    );
    let [collection] = &policy.state.collections[..] else { panic!("{policy:?}") };
    assert_eq!((collection.min, collection.at, collection.caps, collection.counter), (Some(10), Some(50), Some(100), Some(false)));
    assert_eq!(policy.state.delta_keys, [(Pattern::trusted("state/inbox/*.json"), vec!["agent".to_owned()])]);
    assert!(policy.writers.len() == 1 && policy.writers[0].force_push, "a list replaces the built-in one");
    assert_eq!(policy.fleet.alive.len(), 4);
    assert!(matches!(&policy.fleet.alive[1], Signal::Lock { within, .. } if *within == Duration::from_secs(600)));
    assert!(matches!(&policy.fleet.alive[3], Signal::Subject { subject, .. } if subject.matches("chore: sim 12")));
    assert!(!policy.fleet.otherwise_alive);
    assert!(policy.worktree.branch.matches("dc/stream-1/frame-405"));
}

#[test]
fn every_problem_is_named_at_once_with_its_place_and_what_to_write() {
    let text = r#"protectd = ["main"]
waivable = ["shrunk-colection"]
[state]
canonical = "state/*.json"
depth = "2"
protected = ["main"]
[[state.collection]]
path = "state/a.json"
drains = true
[[writer]]
name = "nobody"
[fleet]
alive = [{ lock = "/tmp/l", within = 600 }, { pidfile = "/tmp/p" }, { lock = "/tmp/l", pid_file = "/tmp/p" }]
otherwise = "alvie"
[targets]
bash = 3.2
[rules]
brace-range = "of"
[allow]
rule = "brace-range"
"#;
    assert_eq!(
        problems(text),
        [
            "1:1 unknown key `protectd` in the policy — write `protected`",
            "2:13 there is no rule `shrunk-colection` — write \"shrunk-collection\"",
            "4:13 `canonical` is the text \"state/*.json\" — write [\"state/*.json\"]",
            "5:9 `depth` is the text \"2\" — write 2, without quotes",
            "6:1 unknown key `protected` in `state` — move `protected` to the top of the file, before the first line in brackets",
            "7:1 `state.collection` has no `reason` — add `reason = …`: why",
            "10:1 `writer` has none of `env`, `subject`, `author` — add one: `env` (variables and values that must be in the environment), \
         `subject` (regular expressions; the subject must match one), `author` (globs; the author's e-mail must match one. `[` and `{` \
         stand for themselves)",
            "13:38 `within` is the number 600 — write \"600s\"",
            "13:45 this entry of `fleet.alive` has none of `pid_file`, `lock`, `json`, `subject` — write `pid_file` instead of `pidfile`",
            "13:69 this entry of `fleet.alive` has `pid_file`, `lock` at once — make an entry of each",
            "14:13 `alvie` is no value for `otherwise` — write \"alive\"",
            "16:8 `bash` is `3.2` — write \"3.2\", in quotes",
            "18:15 `of` is no value for `brace-range` — write \"allow\" or \"warn\" or \"deny\"",
            "19:1 `allow` is a table — write `[[allow]]`, with two brackets",
        ]
    );
}

#[test]
fn what_is_not_toml_does_not_hide_the_rest() {
    let problems = problems("protected = \nwaivable = [1]\n\n[stat]\nx = [,,]\n");
    assert_eq!(problems.len(), 4, "{problems:#?}");
    assert!(problems[0].starts_with("1:13 not TOML"), "{problems:#?}");
    assert!(problems[1].starts_with("2:13 `waivable` is the number 1"), "{problems:#?}");
    assert!(problems[2].starts_with("4:2 unknown key `stat`"), "{problems:#?}");
    assert!(problems[3].starts_with("5:6 not TOML"), "{problems:#?}");
}

#[test]
fn what_only_a_newer_version_knows_warns_at_doors() {
    let text = "required_version = '>=99'\nnewer = 1\n[rules]\nbrand-new-fault-of-tomorrow = 'deny'\n[fleet]\nalive = [{ socket = '/run/sim' }]\n\
                [[writer]]\nname = 'x'\ncommitter = ['x']\n";
    let (policy, warnings) = Policy::read(text, FILE, Strictness::Door).unwrap();
    assert_eq!(warnings.len(), 6, "{warnings:#?}");
    assert!(policy.fleet.alive.is_empty());
    assert!(matches!(policy.writer(&Actor::default()), Who::Stranger), "a writer without a known condition is nobody");
    assert_eq!(Policy::read(text, FILE, Strictness::Strict).unwrap_err().0.len(), 6);
    assert!(Policy::read("protected = 1", FILE, Strictness::Door).is_err());
}

#[test]
fn marks_and_line_ends_of_other_systems_do_not_move_places() {
    let found = problems("\u{feff}protected = [\"main\", 1]\r\nx = 1\r\n");
    assert!(found[0].starts_with("1:23 `protected` is the number 1"), "{found:?}");
    assert!(found[1].starts_with("2:1 unknown key `x`"), "{found:?}");
}

#[test]
fn text_of_the_file_cannot_act_on_a_terminal() {
    let problems = problems("\"a\\u001b[31m\\u202e\" = 1\n");
    assert!(!problems[0].contains(['\u{1b}', '\u{202e}']), "{problems:?}");
}

#[test]
fn hostile_files_are_refused_in_time() {
    let deep = ["[", "a.", "{a=", "a=[", "[["].map(|piece| piece.repeat(100_000));
    let many = |between: &str| (0..20_000).fold(String::new(), |text, n| text + &format!("k{n} = {n}{between}"));
    let wide = [many("\n"), format!("a = [,\nstate = {{ {} , }}", many(",")), format!("a=[{}", ",".repeat(200_000)), "x".repeat(2 << 20)];
    for text in deep.iter().chain(&wide) {
        let problems = Policy::read(text, FILE, Strictness::Strict).unwrap_err();
        assert!(problems.to_string().len() < 100_000);
    }
}

proptest! {
    #[test]
    fn no_text_makes_reading_panic(text in "\\PC*|([a-z_]{1,9}( = |\\.)?|[\\[\\]{}\"'=\n, 0-9é%/*-])*") {
        for strictness in [Strictness::Strict, Strictness::Door] {
            let found = match Policy::read(&text, FILE, strictness) {
                Ok((_, warnings)) => warnings,
                Err(problems) => problems.0,
            };
            for problem in found {
                let span = problem.place.span.as_ref().unwrap();
                prop_assert!(span.bytes.end <= text.len() && text.get(span.bytes.clone()).is_some());
                prop_assert!(problem.position().0 >= 1);
            }
        }
    }
}
