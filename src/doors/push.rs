//! pre-push: what the remote lacks is judged before it leaves, so that the pusher hears it here and not from the server.

use super::{Door, Verdict, guard};
use crate::event::{BranchRemoved, Removal};
use crate::finding::Finding;
use crate::law::{self, Law};
use crate::range::{Environment, Range};
use crate::repo::{Error, Repo};

/// One line of the hook's input: `<local ref> <local id> <remote ref> <remote id>`.
struct Update<'a> {
    local: &'a str,
    remote_ref: &'a str,
    remote: &'a str,
}

/// Judges each branch that is pushed.
pub(super) fn before(remote: &str, stdin: &str) -> Result<Verdict, Error> {
    let updates: Vec<Update<'_>> = stdin.lines().filter_map(parse).collect();
    if updates.is_empty() {
        return Ok(Verdict::Pass);
    }
    guard::moves_protected(true);
    let mut door = Door::open("pre-push")?;
    if let Some(tip) = shared_tip(&door.repo, remote, &updates) {
        door.law = Law::at(&door.repo, &tip);
    }
    let mut verdict = Verdict::Pass;
    for update in updates {
        let branch = update.remote_ref.strip_prefix("refs/heads/");
        let act = format!("this push to `{}`", crate::report::shown(branch.unwrap_or(update.remote_ref)));
        let judged = match branch {
            Some(name) if Repo::is_null(update.local) => {
                door.judge_removal(BranchRemoved { name: name.to_owned(), how: Removal::Deleted, remote: Some(remote.to_owned()) }, &act)
            }
            _ if Repo::is_null(update.local) => Verdict::Pass,
            _ => door.say(&judge(&door, remote, &update)?, &act, super::untouched),
        };
        if judged == Verdict::Refuse {
            verdict = Verdict::Refuse;
        }
    }
    Ok(verdict)
}

fn parse(line: &str) -> Option<Update<'_>> {
    let words: Vec<&str> = line.split(' ').collect();
    let [_, local, remote_ref, remote] = words[..] else { return None };
    Some(Update { local, remote_ref, remote })
}

/// What the remote has as the branch that everybody shares: its law is in force there. None if that is not known here.
fn shared_tip(repo: &Repo, remote: &str, updates: &[Update<'_>]) -> Option<String> {
    let shared = law::shared_branch(repo);
    let told = updates.iter().find(|update| update.remote_ref == shared).map(|update| update.remote.to_owned());
    let told = told.filter(|id| !Repo::is_null(id) && repo.commit(id).is_ok());
    told.or_else(|| repo.tip(&shared.replacen("refs/heads/", &format!("refs/remotes/{remote}/"), 1)))
}

fn judge(door: &Door, remote: &str, update: &Update<'_>) -> Result<Vec<Finding>, Error> {
    let (repo, policy) = (&door.repo, door.policy());
    let Some(branch) = update.remote_ref.strip_prefix("refs/heads/") else { return Ok(Vec::new()) };
    let has = repo.remote_tips(remote);
    // What the remote has there now, if its object is here; else what it had when it was last asked; else where the branch left.
    let there = Some(update.remote.to_owned()).filter(|id| !Repo::is_null(id) && repo.commit(id).is_ok());
    let there = there.or_else(|| repo.tip(&format!("refs/remotes/{remote}/{branch}")));
    let base = if policy.is_protected(branch) { there } else { fork_point(repo, remote, update.local) };
    if base.as_deref() == Some(update.local) {
        return Ok(Vec::new());
    }
    // The pusher need not be the one who committed, so a writer that only the environment tells is not recognised here.
    let range = Range::update(repo, policy, base.as_deref(), update.local, has, Environment::Unrelated);
    door.judge(&range, Some(update.remote_ref))
}

/// Where a branch left the shared one, as the remote has it or as it is here.
fn fork_point(repo: &Repo, remote: &str, tip: &str) -> Option<String> {
    let shared = law::shared_branch(repo);
    let there = shared.replacen("refs/heads/", &format!("refs/remotes/{remote}/"), 1);
    repo.tip(&there).or_else(|| repo.tip(&shared)).and_then(|shared| repo.merge_base(&shared, tip))
}
