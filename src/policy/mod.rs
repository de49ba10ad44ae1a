//! The policy: `gnp.toml` over the built-in defaults, validated, all problems reported at once.
//!
//! This file holds the model and what it answers; the others read it: text → tree → checked tree → model.

mod check;
mod problem;
mod read;
mod scalar;
mod schema;
pub(crate) mod shape;
pub(crate) mod tree;
mod unmatched;
mod writer;

pub use problem::{Problem, Problems, Strictness};
pub(crate) use read::{BUILT_IN, in_force};
pub use schema::schema;
pub use writer::{Actor, Environment, Who};

use std::time::Duration;

use crate::change::Class;
use crate::pattern::{Pattern, Patterns, Regex};
use crate::rule::{Level, Rule};

/// Where a repository keeps its policy, from its root.
pub const FILE: &str = "gnp.toml";

/// What may be done in a repository, by whom.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Branch names.
    pub protected: Patterns,
    /// Rules that `GNP_ALLOW` may waive.
    pub waivable: Vec<String>,
    /// The versions of gnp-lint that may judge by it.
    pub required_version: Option<semver::VersionReq>,
    /// `[state]` and `[[state.collection]]`.
    pub state: State,
    /// `[[writer]]`.
    pub writers: Vec<Writer>,
    /// `[fleet]`.
    pub fleet: Fleet,
    /// `[worktree]`.
    pub worktree: Worktree,
    /// `[targets]`.
    pub targets: Targets,
    /// `[[target]]`: the last one whose paths match a script takes the place of `targets`.
    pub target_overrides: Vec<TargetOverride>,
    /// `[scripts] instructions`: Markdown whose inline code is read as commands.
    pub instructions: Patterns,
    /// `[rules]`: levels that differ from a rule's own.
    pub levels: Vec<(String, Level)>,
    /// `[[allow]]`.
    pub allow: Vec<Allow>,
}

impl Policy {
    /// The same policy with all rules off but those that are named.
    #[must_use]
    pub fn only(mut self, names: &[&str]) -> Self {
        let on = |rule: &&&Rule| names.contains(&rule.name);
        let own: Vec<(String, Level)> =
            crate::rules::RULES.iter().filter(on).map(|rule| (rule.name.to_owned(), self.level(rule))).collect();
        let off = crate::rules::RULES.iter().filter(|rule| !on(rule)).map(|rule| (rule.name.to_owned(), Level::Allow));
        self.levels = own.into_iter().chain(off).collect();
        self
    }

    /// The level of a rule: the policy's, else the rule's own.
    pub fn level(&self, rule: &Rule) -> Level {
        self.levels.iter().find(|(name, _)| name == rule.name).map_or(rule.level, |(_, level)| *level)
    }

    /// What a path is, counted from the repository's root with `/`.
    pub fn class(&self, path: &str) -> Class {
        let state = &self.state;
        if path == FILE {
            Class::Policy
        } else if state.deltas.matches(path) {
            Class::Delta
        } else if state.free.matches(path) {
            Class::Free
        } else if state.archive.matches(path) {
            Class::Archive
        } else if state.canonical.matches(path) {
            Class::Canonical
        } else {
            Class::Other
        }
    }

    /// Whether the fleet writes a path.
    pub fn is_fleet_path(&self, path: &str) -> bool {
        self.fleet.paths.matches(path)
    }

    /// Whether a pathspec, counted from the root, names a file that the fleet writes, or a folder that may hold one.
    pub fn holds_fleet_path(&self, pathspec: &str) -> bool {
        holds(&self.fleet.paths, pathspec)
    }

    /// Whether a pathspec, counted from the root, names canonical state, or a folder that may hold some.
    pub fn holds_canonical(&self, pathspec: &str) -> bool {
        self.class(pathspec) == Class::Canonical || holds(&self.state.canonical, pathspec) && self.class(pathspec) == Class::Other
    }

    /// Whether a branch is protected; by its short name, e.g. `main`.
    pub fn is_protected(&self, branch: &str) -> bool {
        self.protected.matches(branch)
    }

    /// What a script must run on.
    pub fn targets_for(&self, path: &str) -> &Targets {
        self.target_overrides.iter().rev().find(|entry| entry.paths.matches(path)).map_or(&self.targets, |entry| &entry.targets)
    }

    /// The exemption of a path from a rule.
    pub fn allows(&self, rule: &str, path: &str) -> Option<&Allow> {
        self.allow.iter().find(|allow| allow.rule == rule && allow.paths.matches(path))
    }

    /// The files and folders below which state, fleet paths and the policy itself lie, as pathspecs: none lies in another.
    ///
    /// An empty one, then the only one, stands for the whole tree. Scripts may be anywhere else.
    pub fn roots(&self) -> Vec<&str> {
        let state = &self.state;
        let lists = [&state.canonical, &state.deltas, &state.free, &state.archive, &self.fleet.paths];
        let mut roots: Vec<&str> = lists.into_iter().flat_map(|list| &list.0).map(Pattern::root).chain([FILE]).collect();
        roots.sort_unstable();
        roots.dedup();
        let all = roots.clone();
        roots.retain(|root| !all.iter().any(|other| lies_below(root, other)));
        roots
    }
}

/// Whether a pathspec matches one of some patterns, or is a folder that a match may lie in.
fn holds(patterns: &Patterns, pathspec: &str) -> bool {
    let path = pathspec.trim_start_matches(":/").trim_start_matches("./").trim_end_matches(['*', '/']);
    let everything = path.is_empty() || path == ".";
    everything || patterns.matches(path) || patterns.0.iter().any(|pattern| pattern.root() == path || lies_below(pattern.root(), path))
}

/// Whether a path lies in a folder; every other path lies in the root, `""`.
fn lies_below(path: &str, folder: &str) -> bool {
    if folder.is_empty() { !path.is_empty() } else { path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')) }
}

/// Which paths are what; precedence: deltas, free, archive, canonical.
#[derive(Debug, Clone)]
pub struct State {
    /// Files that only a writer may change.
    pub canonical: Patterns,
    /// What a worktree writes instead.
    pub deltas: Patterns,
    /// Written from worktrees, rightly.
    pub free: Patterns,
    /// Where rotated entries go.
    pub archive: Patterns,
    /// How deep collections are looked for: 0 the root alone, 1 its members too.
    pub depth: usize,
    /// Keys that a delta of a path must have.
    pub delta_keys: Vec<(Pattern, Vec<String>)>,
    /// Which streams are at work.
    pub assignments: Option<Assignments>,
    /// What single collections or numbers may do.
    pub collections: Vec<Collection>,
}

/// Where the streams at work are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignments {
    /// A path in the repository.
    pub path: String,
    /// A JSON pointer into it.
    pub pointer: String,
}

/// What one collection or number of a state file may do.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The files it is about.
    pub path: Pattern,
    /// JSON pointer, `*` for any member; none: the whole file.
    pub pointer: Option<String>,
    /// It is emptied as a matter of course.
    pub drains: bool,
    /// The size from which a loss counts, instead of the rule's own.
    pub min: Option<u64>,
    /// The share lost, in percent, from which shrinking counts.
    pub at: Option<u8>,
    /// The size it is kept at by its owner.
    pub caps: Option<u64>,
    /// Whether a number there is a counter; `false` lets it fall.
    pub counter: Option<bool>,
    /// Why.
    pub reason: String,
}

/// Who may change canonical state; all conditions that are given must hold.
#[derive(Debug, Clone)]
pub struct Writer {
    /// For messages.
    pub name: String,
    /// Variables and their values in the environment of the act.
    pub env: Vec<(String, String)>,
    /// Regular expressions for the subject; one must match.
    pub subject: Vec<Regex>,
    /// Globs for the author's e-mail, made by [`Pattern::mail`]; one must match.
    pub author: Patterns,
    /// Scripts that write canonical state on its behalf.
    pub scripts: Patterns,
    /// Whether it may force-push protected branches.
    pub force_push: bool,
}

/// The fleet: where it writes, and how to tell that it runs.
#[derive(Debug, Clone)]
pub struct Fleet {
    /// What the fleet writes.
    pub paths: Patterns,
    /// Any one that holds means alive.
    pub alive: Vec<Signal>,
    /// Whether it is taken to run when no signal is configured.
    pub otherwise_alive: bool,
}

/// One way to tell that the fleet runs.
#[derive(Debug, Clone)]
pub enum Signal {
    /// A file that holds the id of a process; dead when that process is gone.
    PidFile(String),
    /// A lock file (or folder) that was touched within a time.
    Lock {
        /// Where, absolute or from the main checkout's root.
        path: String,
        /// How long it counts.
        within: Duration,
    },
    /// A time in a JSON file on disk: RFC 3339, epoch seconds or milliseconds.
    Json {
        /// Where, absolute or from the main checkout's root.
        path: String,
        /// JSON pointer to the time.
        pointer: String,
        /// How long it counts.
        within: Duration,
    },
    /// A commit whose subject matches, on a branch.
    Subject {
        /// What the subject must match.
        subject: Regex,
        /// The revision whose history is looked at.
        on: String,
        /// How long it counts.
        within: Duration,
    },
}

/// New worktrees.
#[derive(Debug, Clone)]
pub struct Worktree {
    /// Copied into each new worktree when uncommitted.
    pub carry: Patterns,
    /// What stream branches are called.
    pub branch: Patterns,
}

/// What scripts must run on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// The oldest bash.
    pub bash: Version,
    /// The oldest macOS; none if no mac runs them.
    pub macos: Option<Version>,
    /// Whether Linux runs them.
    pub linux: bool,
}

/// A version of two numbers, e.g. bash 3.2 or macOS 10.15.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16, pub u16);

/// Other targets for some paths.
#[derive(Debug, Clone, PartialEq)]
pub struct TargetOverride {
    /// Which scripts.
    pub paths: Patterns,
    /// What they must run on: the general targets with the keys of this entry in their place.
    pub targets: Targets,
}

/// An exemption with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct Allow {
    /// The rule that is exempted.
    pub rule: String,
    /// Where.
    pub paths: Patterns,
    /// Why.
    pub reason: String,
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(major, minor) = self;
        if *minor == 0 { write!(f, "{major}") } else { write!(f, "{major}.{minor}") }
    }
}

#[cfg(test)]
mod tests;
