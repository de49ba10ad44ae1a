//! What git is about to do, or has just done, as rules see it.

use crate::change::FileChange;
use crate::policy::Policy;

/// Something that git is about to do, or has just done.
#[derive(Debug)]
pub struct Event<'r> {
    /// What it is.
    pub act: Act<'r>,
    /// The short name of the branch that it is about: of the one that is checked out there, unless the act names one; none on a detached HEAD.
    pub branch: Option<String>,
    /// Whether the policy protects that branch.
    pub protected: bool,
    /// The name of the writer who acts, if the environment tells.
    pub writer: Option<String>,
    /// Whether the fleet runs, and how that is known.
    pub fleet: Liveness,
}

impl<'r> Event<'r> {
    /// Something that happens to a branch, wherever HEAD stands and whether or not the fleet runs.
    pub fn of_ref(act: Act<'r>, branch: &str, policy: &Policy) -> Self {
        let fleet = Liveness::not_asked();
        Self { act, branch: Some(branch.to_owned()), protected: policy.is_protected(branch), writer: None, fleet }
    }
}

/// Whether the fleet runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Liveness {
    /// Whether it is taken to run.
    pub alive: bool,
    /// How that is known, for messages, e.g. "process 4711 of /tmp/sim.pid runs".
    pub because: String,
}

impl Liveness {
    /// For acts that are the same whether the fleet runs or not.
    pub fn not_asked() -> Self {
        Self { alive: false, because: "nobody asked".to_owned() }
    }
}

/// The acts that rules judge.
#[derive(Debug)]
pub enum Act<'r> {
    /// A stash is about to be made by hand.
    Stash(Stash<'r>),
    /// A rebase, merge or pull puts uncommitted changes aside.
    Autostash(Stash<'r>),
    /// A branch is about to go: deleted, renamed away, or made to point at another.
    BranchRemoved(BranchRemoved),
    /// A branch was made and checked out, by this command.
    BranchStarted(String),
    /// A linked worktree was made; what it lacks of the main checkout's uncommitted files.
    WorktreeAdded(WorktreeAdded),
    /// A branch is about to be made here.
    BranchMade(BranchMade),
    /// A branch on a remote is about to move because of a push; the remote's own branch and protection stand in the event.
    Push(Push),
}

/// A new branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchMade {
    /// Its short name.
    pub name: String,
}

/// A push that moves a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// The short name of the branch on the remote.
    pub branch: String,
    /// What the pusher calls the remote, by name or address; none on the remote itself.
    pub remote: Option<String>,
    /// The full id of its tip there; what it has and `new` lacks is about to be lost.
    pub old: String,
    /// The full id of its tip afterwards.
    pub new: String,
    /// Whether `new` contains `old`.
    pub fast_forward: bool,
    /// The name of the writer who pushes, if one is known whom the policy lets force-push.
    pub forcing_writer: Option<String>,
}

/// What a stash holds.
#[derive(Debug)]
pub struct Stash<'r> {
    /// The full id of the stash commit.
    pub id: String,
    /// The files it would take away: work tree, index and untracked, against the commit it was made on.
    pub files: Vec<FileChange<'r>>,
    /// Those of them that a stash can hold without the fleet's; none if git cannot be told to leave those out.
    pub own: Vec<String>,
    /// Commands that bring everything back after a refusal, where git does not do so by itself.
    pub restore: Vec<String>,
}

/// A branch that is about to go. The [`Event`] says whether it is protected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchRemoved {
    /// Its short name.
    pub name: String,
    /// How it goes.
    pub how: Removal,
    /// The remote it goes from; none for this repository.
    pub remote: Option<String>,
}

/// How a branch goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removal {
    /// It is deleted, or renamed: git shows both as a deletion.
    Deleted,
    /// It becomes a symbolic ref to this full name.
    Repointed(String),
}

/// A new linked worktree.
#[derive(Debug)]
pub struct WorktreeAdded {
    /// Where it is, absolute.
    pub path: String,
    /// Where the main checkout is, absolute.
    pub main: String,
    /// Uncommitted files of the policy's `worktree.carry`, and what became of each.
    pub carried: Vec<Carried>,
    /// Other uncommitted state files of the main checkout, which stay behind.
    pub left: Vec<String>,
}

/// One file that a new worktree needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Relative to the root.
    pub path: String,
    /// None if it was copied, else why not.
    pub failed: Option<String>,
}
