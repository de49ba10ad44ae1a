//! gnp-lint: many writers, one git repository, and nobody's work destroyed.
//!
//! Three ways in, one room: [`lint()`] judges shell text, [`judge()`] a change of the repository's files
//! ([`judge_range`] that of a range of commits), [`judge_event`] something that git is about to do. The doors of git, the command line and CI all end here.

pub mod articles;
pub mod breach;
pub mod carriers;
pub mod chain;
pub mod change;
pub mod checkup;
pub mod cli;
pub mod commands;
pub mod doors;
pub mod event;
pub mod facts;
pub mod finding;
pub mod fix;
pub mod fleet;
pub mod law;
pub mod lint;
pub mod log;
pub mod managers;
pub mod pattern;
pub mod policy;
pub mod process;
pub mod programs;
pub mod protocol;
pub mod range;
pub mod repo;
pub mod report;
pub mod rule;
pub mod rules;
pub mod shell;
pub mod state;
pub mod subject;
pub mod waiver;
pub mod walk;

mod judge;
mod threads;

pub use judge::{Against, Judged, judge, judge_checkup, judge_commit, judge_event, judge_range};
pub use lint::lint;
