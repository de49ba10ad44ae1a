//! Levels, suppressions, `[[allow]]`, targets and dialects of script findings.

mod script_support;

use gnp_lint::finding::Finding;
use gnp_lint::lint::lint;
use gnp_lint::pattern::{Pattern, Patterns};
use gnp_lint::policy::{Allow, Policy, TargetOverride, Targets, Version};
use gnp_lint::rule::Level;
use gnp_lint::shell::Script;
use script_support::{TARGETS, findings, findings_for, policy, told};

fn rules(found: &[Finding]) -> Vec<&str> {
    found.iter().map(|finding| finding.rule).collect()
}

fn under(policy: &Policy, path: &str, text: &str) -> Vec<Finding> {
    lint(&Script::parse(path, text.as_bytes(), policy.targets_for(path).clone()), policy)
}

fn paths(pattern: &str) -> Patterns {
    Patterns(Pattern::new(pattern).into_iter().collect())
}

#[test]
fn the_incident_is_told_with_place_harm_and_way_out() {
    let found =
        findings("#!/usr/bin/env bash\nfor i in 1 2; do\n  timeout 30 ./stream.sh &\n  pids+=($!); sleep 4\ndone\nwait \"${pids[-1]}\"\n");
    assert_eq!(rules(&found), ["missing-command", "bash-feature-too-new"]);
    assert!(found.iter().all(|finding| finding.level == Level::Deny && finding.article == 8));
    let starts: Vec<_> = found.iter().map(|finding| finding.place.span.as_ref().unwrap().start()).collect();
    assert_eq!(starts, [(3, 3), (6, 7)]);
    assert_eq!(found[0].message, "`timeout` is missing on macOS: the command is not found there");
    assert!(found[0].help.as_ref().unwrap().contains("command -v timeout"));
    assert_eq!(
        found[1].message,
        "`${pids[-1]}`: a negative subscript needs bash 4.2, and the target is 3.2: it prints `bad array subscript`, and the value is empty"
    );
    assert!(found[1].help.as_ref().unwrap().contains("${a[${#a[@]}-1]}"));
}

#[test]
fn a_comment_allows_its_line_or_the_command_after_it() {
    let silent = [
        "timeout 5 x # gnp-lint: allow(missing-command) linux only",
        "# gnp-lint: allow(missing-command) linux only\ntimeout 5 x",
        "# gnp-lint: allow(missing-command) linux only\n# and more\ntimeout 5 x",
        "# gnp-lint: allow(missing-command) linux only\nls |\n  timeout 5 x",
        "# gnp-lint: allow(missing-command) linux only\nfoo \\\n  && timeout 5 x",
        "# gnp-lint: allow(missing-command, unportable-option) linux only\ntimeout 5 sed -i s/a/b/ f",
        "if x; then\n  # gnp-lint: allow(missing-command) linux only\n  timeout 5 x\nfi",
    ];
    for text in silent {
        assert!(findings(text).is_empty(), "{text}: {:?}", told(&findings(text)));
    }
    let loud = [
        ("timeout 5 x # gnp-lint: allow(missing-command)", &["suppression-without-reason"][..]),
        ("ls # gnp-lint: allow(missing-command) linux only\ntimeout 5 x", &["suppression-without-reason", "missing-command"]),
        ("echo '\n# gnp-lint: allow(missing-command) linux only\n'; timeout 5 x", &["missing-command"]),
        ("cat <<EOF\n# gnp-lint: allow(missing-command) linux only\nEOF\ntimeout 5 x", &["missing-command"]),
        ("# gnp-lint: allow(missing-command) linux only\n\ntimeout 5 x", &["suppression-without-reason", "missing-command"]),
        ("timeout 5 x # gnp-lint: allow(unportable-option) linux only", &["missing-command", "suppression-without-reason"]),
        ("ls # gnp-lint: allow(no-such-rule) because", &["suppression-without-reason"]),
        ("ls # gnp-lint: allow() because", &["suppression-without-reason"]),
    ];
    for (text, expected) in loud {
        assert_eq!(rules(&findings(text)), expected, "{text}");
    }
}

#[test]
fn the_policy_sets_levels_and_allows_paths() {
    let mut policy = policy();
    policy.levels = vec![("missing-command".to_owned(), Level::Warn), ("unportable-option".to_owned(), Level::Allow)];
    let found = under(&policy, "a.sh", "timeout 5 sed -i s/a/b/ f");
    assert_eq!(found.iter().map(|finding| (finding.rule, finding.level)).collect::<Vec<_>>(), [("missing-command", Level::Warn)]);
    policy.allow = vec![Allow { rule: "missing-command".to_owned(), paths: paths("ci/**"), reason: "linux".to_owned() }];
    assert!(under(&policy, "ci/a.sh", "timeout 5 x").is_empty());
    assert_eq!(rules(&under(&policy, "bin/a.sh", "timeout 5 x")), ["missing-command"]);
}

#[test]
fn targets_decide_what_is_missing() {
    let newer = Targets { bash: Version(5, 2), macos: Some(Version(13, 0)), linux: true };
    assert!(findings_for("realpath f; declare -A m; echo \"${m[-1]}\" |& cat", newer.clone()).is_empty());
    assert_eq!(rules(&findings_for("timeout 5 x; jq . f", newer)), ["missing-command", "missing-command"]);
    let linux = Targets { bash: Version(3, 2), macos: None, linux: true };
    assert_eq!(rules(&findings_for("timeout 5 x; pbcopy < f; declare -A m", linux)), ["missing-command", "bash-feature-too-new"]);
    let mac = Targets { linux: false, ..TARGETS };
    assert!(findings_for("pbcopy < f; date -v-1d; sed -i '' s/a/b/ f", mac).is_empty());
    let four = Targets { bash: Version(4, 0), ..TARGETS };
    assert_eq!(rules(&findings_for("declare -A m; echo \"${a[-1]}\"", four)), ["bash-feature-too-new"]);
}

#[test]
fn a_target_for_some_paths_takes_the_place_of_the_general_one() {
    let mut policy = policy();
    let targets = Targets { bash: Version(5, 2), macos: None, linux: true };
    policy.target_overrides = vec![TargetOverride { paths: paths("ci/**"), targets }];
    assert!(under(&policy, "ci/a.sh", "timeout 5 x; declare -A m").is_empty());
    assert_eq!(rules(&under(&policy, "a.sh", "timeout 5 x")), ["missing-command"]);
}

#[test]
fn dialects() {
    let of = |path: &str, text: &str| rules(&under(&policy(), path, text)).join(" ");
    assert_eq!(of("a.sh", "#!/bin/sh\ntimeout 5 x; echo \"${a[-1]}\""), "missing-command bashism-in-sh");
    assert_eq!(of("a.sh", "#!/bin/dash\nbash -c 'declare -A m'"), "bash-feature-too-new");
    assert_eq!(of("a.bash", "sh -c 'echo ${x^^}'"), "bashism-in-sh");
    assert_eq!(of("a.zsh", "timeout 5 x"), "");
    assert_eq!(of("a", "#!/usr/bin/fish\ntimeout 5 x; end"), "");
    assert_eq!(of("a", "#!/usr/bin/env -S bash -e\ntimeout 5 x"), "missing-command");
    assert_eq!(of("lib.sh", "# shellcheck shell=dash\ndeclare -A m"), "bashism-in-sh");
}

#[test]
fn what_cannot_be_read_is_named_and_what_stands_before_it_is_judged() {
    let text = "timeout 5 x\nif true; then\n  echo hello\n";
    let found = findings(text);
    assert_eq!(rules(&found), ["missing-command", "unreadable-script"]);
    assert_eq!(found[1].level, Level::Warn);
    assert_eq!(rules(&findings("echo a\0b")), ["unreadable-script"]);
    assert!(findings("").is_empty());
    assert!(findings("\n\n# nothing\n").is_empty());
}

#[test]
fn columns_are_right_behind_crlf_bom_and_broken_utf8() {
    let at = |bytes: &[u8]| {
        let found = lint(&Script::parse("a.sh", bytes, TARGETS), &policy());
        let span = found.first().unwrap_or_else(|| panic!("nothing found in {bytes:?}")).place.span.clone().unwrap();
        assert_eq!(span.snippet(), "timeout");
        span.start()
    };
    assert_eq!(at(b"if true; then\r\n  timeout 5 x\r\nfi\r\n"), (2, 3));
    assert_eq!(at(b"\xef\xbb\xbf#!/bin/bash\ntimeout 5 x\n"), (2, 1));
    assert_eq!(at(b"echo \xff\xfe; timeout 5 x\n"), (1, 10));
    assert_eq!(at("echo äöü; timeout 5 x\n".as_bytes()), (1, 11));
    assert_eq!(at(b"\ttimeout 5 x\n"), (1, 2));
}

/// In `bad`, a comment at the end of a line names the rule that must deny there; everything else is fine.
#[test]
fn whole_scripts() {
    let clean = findings(include_str!("scripts/ok/launch-streams.bash"));
    assert!(clean.is_empty(), "{:?}", told(&clean));
    let bad = include_str!("scripts/bad/launch-streams.bash");
    let expected: Vec<(usize, &str)> = bad
        .lines()
        .enumerate()
        .filter_map(|(at, line)| Some((at + 1, line.rsplit_once("# ")?.1)))
        .filter(|(_, rule)| gnp_lint::rules::find(rule).is_some())
        .collect();
    let found = findings(bad);
    let mut denied: Vec<(usize, &str)> = found
        .iter()
        .filter(|finding| finding.level == Level::Deny)
        .filter_map(|finding| Some((finding.place.span.as_ref()?.start().0, finding.rule)))
        .collect();
    denied.dedup();
    assert_eq!(denied, expected);
}
