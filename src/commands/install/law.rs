//! The policy in force on a protected branch: the one committed there.

use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

use super::first_day::{Commit, EnvironmentCounts, Stranger, is_writers};
use super::repository::{Repository, ask, told};
use crate::policy::{Policy, Strictness, Writer};
use crate::report::shown;

/// A protected branch and the policy that is committed on it.
#[derive(Debug)]
pub(super) struct Law {
    /// Its short name.
    pub(super) branch: String,
    /// The policy in force there.
    pub(super) policy: Policy,
    /// Whether the repository's own file names writers.
    names_writers: bool,
}

impl Law {
    /// Whether the branch that is checked out has no commit yet and will be protected once it has one.
    ///
    /// # Errors
    /// When git cannot be run.
    pub(super) fn is_yet_to_come(repository: &Repository) -> Result<bool> {
        let head = head(repository)?;
        let born = ask(repository.git().args(["rev-parse", "-q", "--verify", "HEAD"]))?.is_some();
        Ok(!born && Policy::built_in().is_protected(&head))
    }

    /// The protected branches of a repository that have commits: those the built-in policy protects, and the checked-out one where its own file says so.
    ///
    /// # Errors
    /// When a committed policy is wrong.
    pub(super) fn of(repository: &Repository) -> Result<Vec<Self>> {
        let built_in = Policy::built_in();
        let head = head(repository)?;
        let branches = told(repository.git().args(["for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads"]))?;
        let branches = String::from_utf8_lossy(&branches).into_owned();
        let mut laws = Vec::new();
        for branch in branches.lines().filter(|branch| *branch == head || built_in.is_protected(branch)) {
            let law = Self::on(repository, branch)?;
            if law.policy.is_protected(branch) {
                laws.push(law);
            }
        }
        Ok(laws)
    }

    fn on(repository: &Repository, branch: &str) -> Result<Self> {
        let Some(text) = ask(repository.git().args(["cat-file", "blob", &format!("refs/heads/{branch}:gnp.toml")]))? else {
            return Ok(Self { branch: branch.to_owned(), policy: Policy::built_in(), names_writers: false });
        };
        let text = String::from_utf8_lossy(&text).into_owned();
        match Policy::read(&text, "gnp.toml", Strictness::Door) {
            Ok((policy, _)) => Ok(Self { branch: branch.to_owned(), policy, names_writers: names_writers(&text) }),
            Err(problems) => bail!("{problems}\nit is committed like this on `{}`: correct it there, then install", shown(branch)),
        }
    }

    /// The writers that only come from the built-in policy, and that a list in the repository's file would replace.
    pub(super) fn inherited(&self) -> &[Writer] {
        if self.names_writers { &[] } else { &self.policy.writers }
    }

    /// Whether a writer made the commit, as far as that can be told afterwards.
    pub(super) fn is_writers(&self, commit: &Commit) -> bool {
        let environment = if self.names_writers { EnvironmentCounts::Yes } else { EnvironmentCounts::No };
        is_writers(&self.policy, commit, environment)
    }

    /// Whether all commits of an author are a writer's.
    pub(super) fn covers(&self, stranger: &Stranger<'_>) -> bool {
        stranger.changes.iter().all(|commit| self.is_writers(commit))
    }
}

/// The policy in a file of the work tree, if there is a valid one.
pub(super) fn of_file(path: &Path) -> Option<Law> {
    let text = fs::read_to_string(path).ok()?;
    let (policy, _) = Policy::read(&text, "gnp.toml", Strictness::Door).ok()?;
    Some(Law { branch: String::new(), policy, names_writers: names_writers(&text) })
}

/// The short name of the branch that is checked out; empty on a detached HEAD.
fn head(repository: &Repository) -> Result<String> {
    let head = ask(repository.git().args(["symbolic-ref", "-q", "--short", "HEAD"]))?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&head).trim_end().to_owned())
}

fn names_writers(text: &str) -> bool {
    text.parse::<toml::Table>().is_ok_and(|table| table.contains_key("writer"))
}
