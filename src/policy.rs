//! The policy: `gnp.toml` over the built-in defaults, validated, all problems reported at once.

use std::time::Duration;

use crate::pattern::{Pattern, Patterns};
use crate::rule::Level;

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
    pub subject: Vec<regex::Regex>,
    /// Globs for the author's e-mail; one must match.
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
        subject: regex::Regex,
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
