//! pre-push: what the remote lacks is judged before it leaves, so that the pusher hears it here and not from the server.

use std::env;

use super::{Door, Verdict, guard, parent};
use crate::event::{Act, BranchRemoved, Event, Push, Removal};
use crate::finding::Finding;
use crate::law::{self, Law};
use crate::policy::{Actor, Policy};
use crate::range::{Environment, Range};
use crate::repo::{Commit, Error, Repo};

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
            Some(name) if Repo::is_null(update.local) => door.judge_removal(
                BranchRemoved { name: name.to_owned(), how: Removal::Deleted, remote: Some(without_credentials(remote)) },
                &act,
            ),
            _ if Repo::is_null(update.local) => Verdict::Pass,
            _ => {
                let mut findings = judge(&door, remote, &update)?;
                findings.extend(forced(&door, remote, &update));
                door.say(&findings, &act, super::untouched)
            }
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
    let range = Range::update(repo, policy, base.as_deref(), update.local, has, Environment::OfThePusher);
    door.judge(&range, Some(update.remote_ref))
}

/// What the rules find in the way the branch moves on the remote.
fn forced(door: &Door, remote: &str, update: &Update<'_>) -> Vec<Finding> {
    let Some(branch) = update.remote_ref.strip_prefix("refs/heads/").filter(|branch| door.policy().is_protected(branch)) else {
        return Vec::new();
    };
    // What is not here cannot be contained in what is pushed, unless this clone's history is cut off somewhere.
    let unknown = door.repo.commit(update.remote).is_err();
    if Repo::is_null(update.remote) || (unknown && door.repo.common_dir.join("shallow").exists()) {
        return Vec::new();
    }
    // Somebody was faster. git asks the hooks all the same, and then rejects the push itself: `fetch first`.
    if unknown && parent::pushes_without_force() && !is_forced_by_configuration(&door.repo) {
        return Vec::new();
    }
    let mut known = door.repo.remote_tips(remote);
    known.extend((!unknown).then(|| update.remote.to_owned()));
    let range = Range::update(&door.repo, door.policy(), None, update.local, known, Environment::OfThePusher);
    let env = |name: &str| env::var(name).ok();
    let author = door.repo.author_of_hook();
    let pusher = Actor { env: Some(&env), author_email: Some(crate::repo::email(&author)), subject: None };
    moved(door, Moved { branch, remote: Some(without_credentials(remote)), old: update.remote, new: update.local, range: &range }, &pusher)
}

/// Whether a remote's settings may force what is pushed to it: `push = +main`, `mirror = true`.
fn is_forced_by_configuration(repo: &Repo) -> bool {
    let settings = repo.ask(["config", "--get-regexp", r"^remote\..*\.(push|mirror)$"]).unwrap_or_default();
    settings.lines().filter_map(|line| line.split_once(' ')).any(|(key, value)| value.starts_with('+') || key.ends_with(".mirror"))
}

/// A remote's name or address as it may be shown and logged: `https://user:token@host/path` without who pushes.
fn without_credentials(remote: &str) -> String {
    let Some((scheme, rest)) = remote.split_once("://") else { return remote.to_owned() };
    let host = rest.find('/').unwrap_or(rest.len());
    let host = rest[..host].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[host..])
}

/// A branch of a remote that a push moves.
pub(super) struct Moved<'a> {
    /// Its short name.
    pub(super) branch: &'a str,
    /// What the pusher calls the remote; none on the remote itself.
    pub(super) remote: Option<String>,
    /// Its tip before.
    pub(super) old: &'a str,
    /// Its tip afterwards.
    pub(super) new: &'a str,
    /// The commits that the remote gets.
    pub(super) range: &'a Range<'a>,
}

/// Asks the rules about a push that moves a branch, by someone of whom `pusher` is known.
pub(super) fn moved(door: &Door, moved: Moved<'_>, pusher: &Actor<'_>) -> Vec<Finding> {
    let policy = door.policy();
    let fast_forward = door.repo.is_ancestor(moved.old, moved.new);
    let by_pusher = || policy.forcing_writer(pusher).map(|writer| writer.name.clone());
    let forcing_writer = if fast_forward { None } else { by_pusher().or_else(|| author_of_all(policy, moved.range)) };
    let (branch, old, new) = (moved.branch.to_owned(), moved.old.to_owned(), moved.new.to_owned());
    let act = Act::Push(Push { branch, remote: moved.remote, old, new, fast_forward, forcing_writer });
    crate::judge_event(&Event::of_ref(act, moved.branch, policy), policy)
}

/// The writer who may force-push and made every new commit; none if there is no new commit that would tell.
fn author_of_all(policy: &Policy, range: &Range<'_>) -> Option<String> {
    let author = |(_, commit): &(String, Commit)| {
        let actor = Actor { env: None, author_email: Some(commit.author_email()), subject: Some(commit.subject()) };
        policy.forcing_writer(&actor).map(|writer| writer.name.clone())
    };
    let mut commits = range.new_commits().iter();
    let first = author(commits.next()?)?;
    commits.all(|commit| author(commit).is_some()).then_some(first)
}

/// Where a branch left the shared one, as the remote has it or as it is here.
fn fork_point(repo: &Repo, remote: &str, tip: &str) -> Option<String> {
    let shared = law::shared_branch(repo);
    let there = shared.replacen("refs/heads/", &format!("refs/remotes/{remote}/"), 1);
    repo.tip(&there).or_else(|| repo.tip(&shared)).and_then(|shared| repo.merge_base(&shared, tip))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_never_told() {
        assert_eq!(without_credentials("https://me:secret@host:8443/a@b.git"), "https://host:8443/a@b.git");
        assert_eq!(without_credentials("https://token@host"), "https://host");
        for remote in ["origin", "git@host:path.git", "../up.git", "file:///tmp/a@b", "ssh://host/x"] {
            assert_eq!(without_credentials(remote), remote);
        }
    }
}
