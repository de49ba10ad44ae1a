//! A policy with the built-in targets, and the findings of a text under it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use gnp_lint::finding::Finding;
use gnp_lint::lint::lint;
use gnp_lint::policy::{Policy, Targets, Version};
use gnp_lint::shell::Script;

pub(crate) const TARGETS: Targets = Targets { bash: Version(3, 2), macos: Some(Version(12, 0)), linux: true };

/// The policy of a repository that has none of its own.
pub(crate) fn policy() -> Policy {
    Policy::built_in()
}

/// The findings of a bash text.
pub(crate) fn findings(text: &str) -> Vec<Finding> {
    findings_for(text, TARGETS)
}

/// The findings of a bash text under other targets.
pub(crate) fn findings_for(text: &str, targets: Targets) -> Vec<Finding> {
    lint(&Script::parse("script.bash", text.as_bytes(), targets), &policy())
}

/// Their rules and messages, for failures of tests.
pub(crate) fn told(findings: &[Finding]) -> Vec<String> {
    findings.iter().map(|finding| format!("{} {}: {}", finding.level.word(), finding.rule, finding.message)).collect()
}
