//! What linting is made of and what other files bring: dialects, the lint itself, the policy.

use std::path::Path;

use crate::finding::{Finding, Sink};
use crate::pattern::Patterns;
use crate::policy::{Fleet, Policy, State, Targets, Version, Worktree};
use crate::rule::Check;
use crate::rules::RULES;
use crate::shell::Script;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Bash,
    Other,
}

impl Dialect {
    pub(super) fn of(path: &str, head: &[u8]) -> Option<Self> {
        let of = |name: &str| match name {
            "sh" | "bash" | "dash" | "ash" => Some(Self::Bash),
            "zsh" | "ksh" | "mksh" | "fish" | "csh" | "tcsh" => Some(Self::Other),
            _ => None,
        };
        let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
        if let Some(interpreter) = line.strip_prefix(b"#!") {
            let interpreter = String::from_utf8_lossy(interpreter);
            let mut words = interpreter.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word));
            return words.find(|word| *word != "env" && !word.starts_with('-')).and_then(of);
        }
        of(Path::new(path).extension()?.to_str()?)
    }

    pub(super) fn is_analysed(self) -> bool {
        self == Self::Bash
    }
}

pub(super) fn lint(path: &str, _text: &str, _dialect: Dialect, policy: &Policy) -> Vec<Finding> {
    let script = Script { path: path.to_owned() };
    let mut findings = Vec::new();
    for rule in RULES {
        let level = policy.levels.iter().find(|(name, _)| name == rule.name).map_or(rule.level, |(_, level)| *level);
        if let Check::Script(check) = rule.check {
            check(&script, policy, &mut Sink::new(rule, level, &mut findings));
        }
    }
    findings
}

pub(super) fn read_policy(text: &str, name: &str) -> anyhow::Result<(Policy, Vec<String>)> {
    toml::from_str::<toml::Table>(text).map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    Ok((built_in(), Vec::new()))
}

pub(super) fn built_in() -> Policy {
    let none = Patterns::default;
    Policy {
        protected: none(),
        waivable: vec![],
        required_version: None,
        state: State {
            canonical: none(),
            deltas: none(),
            free: none(),
            archive: none(),
            depth: 1,
            delta_keys: vec![],
            assignments: None,
            collections: vec![],
        },
        writers: vec![],
        fleet: Fleet { paths: none(), alive: vec![], otherwise_alive: true },
        worktree: Worktree { carry: none(), branch: none() },
        targets: Targets { bash: Version(3, 2), macos: Some(Version(12, 0)), linux: true },
        target_overrides: vec![],
        instructions: none(),
        levels: vec![],
        allow: vec![],
    }
}
