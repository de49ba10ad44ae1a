//! gnp-lint: many writers, one git repository, and nobody's work destroyed.

pub mod breach;
pub mod change;
pub mod commands;
pub mod event;
pub mod facts;
pub mod finding;
pub mod lint;
pub mod pattern;
pub mod policy;
pub mod report;
pub mod rule;
pub mod rules;
pub mod shell;
pub mod state;
