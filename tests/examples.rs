//! Every example of every rule, executed: script examples are linted, the others run against real git, real hooks, the real binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use gnp_lint::policy::Policy;
use gnp_lint::rule::{Check, Level, Rule};
use gnp_lint::rules::RULES;
use gnp_lint::shell::Script;

use support::{Git, Sandbox, both};

#[test]
fn script_examples_are_linted() {
    let policy = Policy::built_in();
    let mut linted = 0;
    for rule in RULES.iter().filter(|rule| matches!(rule.check, Check::Script(_))) {
        for (example, bad) in examples(rule) {
            let script = Script::parse("example.sh", example.as_bytes(), policy.targets.clone());
            let found: Vec<(String, Level)> = gnp_lint::lint(&script, &policy).into_iter().map(|f| (f.rule.to_owned(), f.level)).collect();
            verify(rule, example, bad, &found, "lint");
            linted += 1;
        }
    }
    assert!(linted > 0, "no script rule has an example");
}

#[test]
fn change_and_event_examples_run_on_every_git() {
    let rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| matches!(rule.check, Check::Change(_) | Check::Event(_))).collect();
    assert!(!rules.is_empty());
    for git in Git::all() {
        for rule in &rules {
            for (example, bad) in examples(rule) {
                let sandbox = Sandbox::new(&git);
                let output = sandbox.sh(example);
                let log = sandbox.log();
                let found: Vec<(String, Level)> = log.iter().map(|entry| rule_and_level(&entry["finding"])).collect();
                let context = format!("{}\n{}", git.version, both(&output));
                verify(rule, example, bad, &found, &context);
                let refused = found.iter().any(|(_, level)| *level == Level::Deny);
                assert_eq!(output.status.success(), !refused, "{}: exit code of\n{example}\n{context}", rule.name);
            }
        }
    }
}

#[test]
fn repository_examples_are_looked_over_on_every_git() {
    let rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| matches!(rule.check, Check::Repository(_))).collect();
    assert!(!rules.is_empty());
    for git in Git::all() {
        for rule in &rules {
            for (example, bad) in examples(rule) {
                let sandbox = Sandbox::new(&git);
                sandbox.ok(example);
                let output = sandbox.sh("gnp-lint doctor --format json");
                let context = format!("{}\n{}", git.version, both(&output));
                let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&context);
                let found: Vec<(String, Level)> = report["findings"].as_array().unwrap().iter().map(rule_and_level).collect();
                verify(rule, example, bad, &found, &context);
                assert_eq!(output.status.code(), Some(0), "{}: these only warn: {example}\n{context}", rule.name);
            }
        }
    }
}

/// Of a finding as reports write it.
fn rule_and_level(finding: &serde_json::Value) -> (String, Level) {
    let level = if finding["level"] == "deny" { Level::Deny } else { Level::Warn };
    (finding["rule"].as_str().unwrap().to_owned(), level)
}

fn examples(rule: &Rule) -> impl Iterator<Item = (&'static str, bool)> {
    rule.bad.iter().map(|text| (*text, true)).chain(rule.good.iter().map(|text| (*text, false)))
}

/// `bad` is reported by its rule at its level, with no other rule denying; `good` by no rule at all.
fn verify(rule: &Rule, example: &str, bad: bool, found: &[(String, Level)], context: &str) {
    if !bad {
        assert!(found.is_empty(), "{}: a good example is reported: {found:?}\n{example}\n{context}", rule.name);
        return;
    }
    let own = found.iter().filter(|(name, _)| name == rule.name);
    assert!(own.clone().any(|(_, level)| *level == rule.level), "{}: a bad example passes: {found:?}\n{example}\n{context}", rule.name);
    let others: Vec<_> = found.iter().filter(|(name, level)| name != rule.name && *level == Level::Deny).collect();
    assert!(others.is_empty(), "{}: other rules deny its example: {others:?}\n{example}\n{context}", rule.name);
}
