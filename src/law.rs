//! The law in force: the policy that was committed before the act, so that no change can exempt itself.

use std::sync::Arc;

use crate::change::Objects;
use crate::policy::{Policy, Problems, Strictness, Writer};
use crate::repo::Repo;

/// Where the policy stands, from the root.
pub const FILE: &str = "gnp.toml";

/// The branch that is taken for the shared one wherever it exists.
const MAIN: &str = "refs/heads/main";

/// The policy that doors judge by.
#[derive(Debug)]
pub struct Law {
    /// The policy.
    pub policy: Policy,
    /// The commit whose `gnp.toml` it is; none for the defaults.
    pub commit: Option<String>,
    /// What is wrong with that file: then the defaults hold.
    pub broken: Option<Problems>,
}

impl Law {
    /// The built-in defaults.
    pub fn built_in() -> Self {
        Self { policy: Policy::built_in(), commit: None, broken: None }
    }

    /// The law that stands in a commit; the defaults if it has no policy file.
    pub fn at(repo: &Repo, commit: &str) -> Self {
        let Some(text) = text_at(repo, commit) else { return Self::built_in() };
        let name = format!("{FILE} at {}", &commit[..commit.len().min(12)]);
        match Policy::read(&String::from_utf8_lossy(&text), &name, Strictness::Door) {
            Ok((policy, _)) => Self { policy, commit: Some(commit.to_owned()), broken: None },
            Err(problems) => Self { broken: Some(problems), ..Self::built_in() },
        }
    }

    /// The law of this repository before an act: from the tip of the branch that everybody shares.
    ///
    /// While a reference transaction is prepared, refs still read as before it.
    pub fn in_force(repo: &Repo) -> Self {
        shared_tip(repo).map_or_else(Self::built_in, |tip| Self::at(repo, &tip))
    }
}

/// What cannot be judged after the fact, or on another machine, because of how the policy knows its writers; none if everything can.
pub fn blind_spot(policy: &Policy) -> Option<&'static str> {
    let by_environment_alone = |writer: &Writer| !writer.env.is_empty() && writer.author.0.is_empty() && writer.subject.is_empty();
    policy.writers.iter().any(by_environment_alone).then_some(
        "a writer known only by its environment cannot be told from a stranger after the fact, so `canonical-state-commit` is left out; \
         name its author or subject in the policy",
    )
}

/// The text of the policy file in a commit.
fn text_at(repo: &Repo, commit: &str) -> Option<Arc<[u8]>> {
    let entry = repo.entry(&repo.commit(commit).ok()?.tree, FILE).ok()??;
    repo.read(&entry.id)
}

/// The full id of the commit that the shared branch is at; none if it has none yet. Every hook asks: in most repositories it is one look.
pub fn shared_tip(repo: &Repo) -> Option<String> {
    repo.tip(MAIN).or_else(|| repo.tip(&shared_branch(repo)))
}

/// The branch that everybody shares, by its full name: `main` where there is one, else what the remote's HEAD names, else what the
/// main checkout stands on.
pub fn shared_branch(repo: &Repo) -> String {
    if repo.tip(MAIN).is_some() {
        return MAIN.to_owned();
    }
    let remote = repo.ask(["symbolic-ref", "--quiet", "refs/remotes/origin/HEAD"]).ok();
    let remote = remote.and_then(|name| name.trim().strip_prefix("refs/remotes/origin/").map(|branch| format!("refs/heads/{branch}")));
    remote.or_else(|| repo.main_head()).unwrap_or_else(|| MAIN.to_owned())
}
