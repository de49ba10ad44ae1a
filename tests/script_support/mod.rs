//! A policy with the built-in targets, and the findings of a text under it.
#![allow(dead_code, reason = "each test file uses a part of it")]

use gnp_lint::finding::Finding;
use gnp_lint::lint::lint;
use gnp_lint::pattern::Patterns;
use gnp_lint::policy::{Fleet, Policy, State, Targets, Version, Worktree};
use gnp_lint::shell::Script;

pub(crate) const TARGETS: Targets = Targets { bash: Version(3, 2), macos: Some(Version(12, 0)), linux: true };

pub(crate) fn policy() -> Policy {
    Policy {
        protected: Patterns::default(),
        waivable: Vec::new(),
        required_version: None,
        state: State {
            canonical: Patterns::default(),
            deltas: Patterns::default(),
            free: Patterns::default(),
            archive: Patterns::default(),
            depth: 1,
            delta_keys: Vec::new(),
            assignments: None,
            collections: Vec::new(),
        },
        writers: Vec::new(),
        fleet: Fleet { paths: Patterns::default(), alive: Vec::new(), otherwise_alive: true },
        worktree: Worktree { carry: Patterns::default(), branch: Patterns::default() },
        targets: TARGETS,
        target_overrides: Vec::new(),
        instructions: Patterns::default(),
        levels: Vec::new(),
        allow: Vec::new(),
    }
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
