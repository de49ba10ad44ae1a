//! What scripts do that the protocol speaks of: calls of git, worktrees that come and go, jobs that are started, files that are written.

pub mod calls;
pub mod launches;
mod mentions;
pub mod worktrees;
pub mod writes;

pub use mentions::mentions;
