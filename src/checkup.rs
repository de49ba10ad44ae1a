//! What a look at a whole repository found, as plain data for the rules about repositories.

use std::path::PathBuf;

use crate::managers::Habit;

/// The facts of one repository at one time.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checkup {
    /// Settings that make git put uncommitted changes aside by itself.
    pub autostashes: Vec<Autostash>,
    /// Hook managers whose hooks run here.
    pub managers: Vec<HookManager>,
    /// Linked worktrees and their branches that nobody uses any more.
    pub orphans: Vec<Orphan>,
}

/// A setting like `rebase.autoStash` that is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Autostash {
    /// `rebase.autoStash` or `merge.autoStash`.
    pub key: String,
    /// Where it is set, as git says: `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// The top of the checkout in which it holds.
    pub checkout: PathBuf,
}

/// A hook manager.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookManager {
    /// What it is called.
    pub name: String,
    /// What it does to uncommitted changes.
    pub habit: Habit,
    /// The hooks that it runs in, by git's names.
    pub hooks: Vec<String>,
}

/// Something of a worktree that was left behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Orphan {
    /// An entry whose folder is gone.
    Gone(Gone),
    /// A worktree whose lock names a process that has ended.
    DeadLock {
        /// Its folder.
        path: PathBuf,
        /// The reason of the lock.
        reason: String,
        /// The process it names.
        process: i32,
    },
    /// A branch that is called like a stream's and has no worktree.
    Branch {
        /// Its short name.
        name: String,
    },
}

/// An entry of a linked worktree whose folder is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Where the folder was.
    pub path: PathBuf,
    /// The short name of the branch it stands on; none on a detached HEAD.
    pub branch: Option<String>,
    /// Whether it is locked by something that may still live: on purpose, as on a disk that is not mounted.
    pub locked: bool,
    /// What only this entry knows of and pruning would lose, as a clause, e.g. "staged changes".
    pub holds: Option<String>,
    /// The commit its HEAD stands on.
    pub head: String,
}
