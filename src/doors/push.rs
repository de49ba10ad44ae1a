//! pre-push: what the remote lacks is judged before it leaves, so that the pusher hears it here and not from the server.

use super::{Door, Verdict, guard};
use crate::finding::Finding;
use crate::law;
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
    let updates: Vec<Update<'_>> = stdin.lines().filter_map(parse).filter(|update| !Repo::is_null(update.local)).collect();
    if updates.is_empty() {
        return Ok(Verdict::Pass);
    }
    guard::moves_protected(true);
    let door = Door::open("pre-push")?;
    let mut verdict = Verdict::Pass;
    for update in updates {
        let findings = judge(&door, remote, &update)?;
        let act = format!("this push to `{}`", crate::report::shown(update.remote_ref.trim_start_matches("refs/heads/")));
        if door.say(&findings, &act, super::untouched) == Verdict::Refuse {
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
    let there = shared.replace("refs/heads/", &format!("refs/remotes/{remote}/"));
    repo.tip(&there).or_else(|| repo.tip(&shared)).and_then(|shared| repo.merge_base(&shared, tip))
}
