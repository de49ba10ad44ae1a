//! What scripts do that the protocol speaks of: worktrees that come and go, jobs that are started, files that are written.

pub mod launches;
pub mod worktrees;
pub mod writes;
