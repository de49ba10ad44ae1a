//! reference-transaction: the authoritative door. Every way of moving a branch comes by here, `--no-verify` included.

use super::{Door, Verdict, guard, parent, stash, way_back};
use crate::Judged;
use crate::change::WorkTree;
use crate::event::{Act, BranchMade, BranchRemoved, Event, Removal};
use crate::finding::Finding;
use crate::law;
use crate::range::{Environment, Range};
use crate::repo::{Error, Repo};
use crate::report::shown;
use crate::rule::Level;

const HEADS: &str = "refs/heads/";

/// One line of the hook's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Update<'a> {
    pub(super) old: &'a str,
    pub(super) new: &'a str,
    pub(super) name: &'a str,
}

/// Judges a transaction that git has prepared; every other state is none of our business.
pub(super) fn transaction(state: &str, stdin: &str) -> Result<Verdict, Error> {
    if state != "prepared" {
        return Ok(Verdict::Pass);
    }
    let mut updates: Vec<Update<'_>> = stdin.lines().filter_map(parse).filter(matters).collect();
    if updates.iter().any(|update| Repo::is_null(update.new)) && deletes_nothing() {
        updates.retain(|update| !Repo::is_null(update.new));
    }
    if updates.is_empty() {
        return Ok(Verdict::Pass);
    }
    // Until the law is known, any branch may be a protected one.
    guard::moves_protected(updates.iter().any(|update| update.branch().is_some()));
    let door = Door::open("reference-transaction")?;
    guard::moves_protected(updates.iter().filter_map(Update::branch).any(|branch| door.policy().is_protected(branch)));
    let mut verdict = Verdict::Pass;
    for update in updates {
        let judged = match update.name {
            "refs/stash" => stash::stored(&door, update.new)?,
            "MERGE_AUTOSTASH" => stash::merge_autostash(&door, update.new)?,
            _ if update.removes() => removal(&door, update)?,
            _ => branch(&door, update)?,
        };
        if judged == Verdict::Refuse {
            verdict = Verdict::Refuse;
        }
    }
    Ok(verdict)
}

pub(super) fn parse(line: &str) -> Option<Update<'_>> {
    let mut words = line.splitn(3, ' ');
    Some(Update { old: words.next()?, new: words.next()?, name: words.next()? })
}

/// Branches, stashes that are made, and the autostash of a merge. Dropping a stash must pass: its reflog is gone already.
fn matters(update: &Update<'_>) -> bool {
    match update.name {
        "refs/stash" | "MERGE_AUTOSTASH" => !Repo::is_null(update.new),
        _ => update.branch().is_some() && (update.old != update.new || update.removes()),
    }
}

impl<'a> Update<'a> {
    /// The short name of the branch that it is about.
    pub(super) fn branch(&self) -> Option<&'a str> {
        self.name.strip_prefix(HEADS)
    }

    /// Whether the ref stops naming a commit of its own.
    fn removes(&self) -> bool {
        Repo::is_null(self.new) || self.new.starts_with("ref:")
    }
}

/// Whether git only drops loose refs that it has packed, in `gc` and `pack-refs`, or verifies a ref in `update-ref --stdin`, which looks the
/// same: every real deletion holds `packed-refs.lock`.
fn deletes_nothing() -> bool {
    Repo::of_hook().is_ok_and(|repo| !repo.keeps_refs_in_tables() && !repo.common_dir.join("packed-refs.lock").exists())
}

fn removal(door: &Door, update: Update<'_>) -> Result<Verdict, Error> {
    let Some(name) = update.branch() else { return Ok(Verdict::Pass) };
    let renamed = parent::rename_target();
    if !door.policy().is_protected(name) {
        return match (renamed, door.repo.tip(update.name)) {
            // The one step of `git branch -M NAME main` that can be refused without losing NAME.
            (Some(target), Some(tip)) if door.policy().is_protected(&target) => {
                let target = format!("{HEADS}{target}");
                let findings = judge(door, Update { old: &"0".repeat(tip.len()), new: &tip, name: &target })?;
                Ok(door.say(&findings, &format!("this renaming of `{}`", shown(name)), || way_back::from_rename(&door.repo, name)))
            }
            _ => Ok(Verdict::Pass),
        };
    }
    if door.repo.tip(update.name).is_none() || renamed.as_deref() == Some(name) {
        return Ok(Verdict::Pass);
    }
    let how = match update.new.strip_prefix("ref:") {
        Some(target) => Removal::Repointed(target.to_owned()),
        None => Removal::Deleted,
    };
    let removed = BranchRemoved { name: name.to_owned(), how, remote: None };
    Ok(door.judge_removal(removed, &format!("this change of `{}`", shown(name))))
}

fn branch(door: &Door, update: Update<'_>) -> Result<Verdict, Error> {
    let name = update.branch().unwrap_or(update.name);
    let old = before(door, update);
    let mut findings = door.standing(moved(door, update, old.as_deref(), None)?);
    let made = if old.is_none() { made(door, name) } else { Vec::new() };
    let refused = findings.iter().chain(&made).any(|finding| finding.level == Level::Deny);
    let way_back = refused.then(|| way_back::from_move(&door.repo, name, update.new)).flatten();
    if way_back.is_some() && door.environment() == Environment::OfTheActor {
        // Only now is it known what will stand in the work tree when the rest of what is said is done.
        findings = moved(door, update, old.as_deref(), Some(WorkTree::PutBack))?.standing;
    }
    findings.extend(made);
    if door.repo.bare {
        // A push was judged before this, by pre-receive, which has said what is only to be warned about.
        findings.retain(|finding| finding.level == Level::Deny);
    }
    Ok(door.say(&findings, &format!("this change of `{}`", shown(name)), || way_back))
}

/// Everything that is found in the move of a branch, its making included.
pub(super) fn judge(door: &Door, update: Update<'_>) -> Result<Vec<Finding>, Error> {
    let old = before(door, update);
    let mut findings = door.standing(moved(door, update, old.as_deref(), None)?);
    if old.is_none() {
        findings.extend(made(door, update.branch().unwrap_or(update.name)));
    }
    Ok(findings)
}

/// What is found in what the branch's files become.
fn moved(door: &Door, update: Update<'_>, old: Option<&str>, work_tree: Option<WorkTree>) -> Result<Judged, Error> {
    if old == Some(update.new) {
        return Ok(Judged::default());
    }
    let (repo, policy, reference) = (&door.repo, door.policy(), Some(update.name));
    let since = |before: Option<&str>| {
        let range = Range::update(repo, policy, before, update.new, Vec::new(), door.environment());
        match work_tree {
            Some(work_tree) => range.with_work_tree(work_tree),
            None => range,
        }
    };
    if update.branch().is_some_and(|branch| policy.is_protected(branch)) {
        return crate::judge_range(&since(old), reference, policy);
    }
    // Any other branch is judged by what it has done since it left the shared one. Where the step itself shows nothing, there is nothing
    // to ask about the way from there.
    if old.is_some() && crate::judge(&since(old).change(reference)?, policy).is_empty() {
        return Ok(Judged::default());
    }
    let base = law::shared_tip(repo).and_then(|shared| repo.merge_base(&shared, update.new));
    if base.as_deref() == Some(update.new) {
        return Ok(Judged::default());
    }
    crate::judge_range(&since(base.as_deref()), reference, policy)
}

/// Where a ref stands before an update; none if it is made by it. Many callers say 0 for "whatever it is": ask. The transaction has not
/// changed anything yet.
fn before(door: &Door, update: Update<'_>) -> Option<String> {
    if Repo::is_null(update.old) { door.repo.tip(update.name) } else { Some(update.old.to_owned()) }
}

/// What the rules find in the making of a branch.
fn made(door: &Door, name: &str) -> Vec<Finding> {
    if door.policy().worktree.branch.0.is_empty() {
        return Vec::new();
    }
    let act = Act::BranchMade(BranchMade { name: name.to_owned() });
    door.judge_event(&Event::of_ref(act, name, door.policy()))
}

impl Door {
    /// Judges that a branch goes, here or on a remote.
    pub(super) fn judge_removal(&self, removed: BranchRemoved, act: &str) -> Verdict {
        let name = removed.name.clone();
        self.say(&self.removal(removed), act, || way_back::from_rename(&self.repo, &name))
    }

    /// What the rules find in that.
    pub(super) fn removal(&self, removed: BranchRemoved) -> Vec<Finding> {
        let name = removed.name.clone();
        self.judge_event(&Event::of_ref(Act::BranchRemoved(removed), &name, self.policy()))
    }
}
