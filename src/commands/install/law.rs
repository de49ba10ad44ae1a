//! The law in force here, as far as an installation needs it: who may write canonical state, and on which branches that counts.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::Kind;
use super::first_day::{Commit, EnvironmentCounts, Stranger, is_writers};
use crate::law::{FILE, Law, shared_branch};
use crate::policy::{Policy, Strictness, Writer};
use crate::repo::Repo;
use crate::report::shown;

/// A policy, and what it says of its own writers.
#[derive(Debug)]
pub(super) struct Rulebook {
    /// The policy.
    pub(super) policy: Policy,
    /// Whether the repository's own file names writers.
    names_writers: bool,
}

impl Rulebook {
    /// The one committed where everybody builds on.
    ///
    /// # Errors
    /// When it is wrong: the doors would go by the defaults, which nobody here wants.
    pub(super) fn in_force(repo: &Repo) -> Result<Self> {
        let law = Law::in_force(repo);
        if let Some(problems) = law.broken {
            let branch = shared_branch(repo);
            bail!(
                "{problems}\nit is committed like this on `{}`: correct it there, then install",
                shown(branch.trim_start_matches("refs/heads/"))
            );
        }
        let names_writers = match law.commit {
            Some(commit) => names_writers(&repo.ask(["cat-file", "blob", &format!("{commit}:{FILE}")])?),
            None => false,
        };
        Ok(Self { policy: law.policy, names_writers })
    }

    /// The one in a file of the work tree, if it is valid.
    pub(super) fn of_file(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let (policy, _) = Policy::read(&text, FILE, Strictness::Door).ok()?;
        Some(Self { policy, names_writers: names_writers(&text) })
    }

    /// The protected branches that have commits.
    pub(super) fn branches(&self, repo: &Repo) -> Result<Vec<String>> {
        let all = repo.ask(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"])?;
        Ok(all.lines().filter(|branch| self.policy.is_protected(branch)).map(str::to_owned).collect())
    }

    /// The writers that only come from the built-in policy, and that a list in the repository's file would replace.
    pub(super) fn inherited(&self) -> &[Writer] {
        if self.names_writers { &[] } else { &self.policy.writers }
    }

    /// Whether a writer made the commit, as far as that can be told afterwards: the doors of a server can tell no more.
    pub(super) fn is_writers(&self, commit: &Commit, kind: Kind) -> bool {
        let environment = if self.names_writers || kind == Kind::Server { EnvironmentCounts::Yes } else { EnvironmentCounts::No };
        is_writers(&self.policy, commit, environment)
    }

    /// Whether all commits of an author are a writer's.
    pub(super) fn covers(&self, stranger: &Stranger<'_>) -> bool {
        stranger.changes.iter().all(|commit| self.is_writers(commit, Kind::WorkTree))
    }
}

fn names_writers(text: &str) -> bool {
    text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("writer"))
}
