//! reference-transaction: the authoritative door. Every way of moving a branch comes by here, `--no-verify` included.

use super::{Door, Verdict, guard, parent, stash};
use crate::change::Change;
use crate::event::{Act, BranchMade, Event};
use crate::finding::Finding;
use crate::law;
use crate::range::{Environment, Range};
use crate::repo::{Error, Repo};
use crate::rule::Level;

pub(super) const HEADS: &str = "refs/heads/";

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
    let updates: Vec<Update<'_>> = stdin.lines().filter_map(parse).filter(matters).collect();
    if updates.is_empty() {
        return Ok(Verdict::Pass);
    }
    // Until the law is known, any branch may be a protected one.
    guard::moves_protected(updates.iter().any(|update| update.name.starts_with(HEADS)));
    let door = Door::open("reference-transaction")?;
    guard::moves_protected(
        updates.iter().any(|update| update.name.strip_prefix(HEADS).is_some_and(|branch| door.policy().is_protected(branch))),
    );
    let mut verdict = Verdict::Pass;
    for update in updates {
        let judged = match update.name {
            "refs/stash" => stash::stored(&door, update.new)?,
            "MERGE_AUTOSTASH" => stash::merge_autostash(&door, update.new)?,
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

/// Deletions, symbolic refs and updates that change nothing bring no state anywhere.
fn matters(update: &Update<'_>) -> bool {
    let ours = update.name.starts_with(HEADS) || matches!(update.name, "refs/stash" | "MERGE_AUTOSTASH");
    ours && update.old != update.new && !Repo::is_null(update.new) && !update.new.starts_with("ref:")
}

fn branch(door: &Door, update: Update<'_>) -> Result<Verdict, Error> {
    let mut findings = judge(door, update)?;
    if door.repo.bare {
        // A push was judged before this, by pre-receive, which has said what is only to be warned about.
        findings.retain(|finding| finding.level == Level::Deny);
    }
    Ok(door.say(&findings, &format!("this change of `{}`", crate::report::shown(short(update.name))), parent::way_back))
}

/// Everything that is found in the update of a branch, its making included.
pub(super) fn judge(door: &Door, update: Update<'_>) -> Result<Vec<Finding>, Error> {
    // Many callers say 0 for "whatever it is": ask. The transaction has not changed anything yet.
    let old = if Repo::is_null(update.old) { door.repo.tip(update.name) } else { Some(update.old.to_owned()) };
    if old.as_deref() == Some(update.new) {
        return Ok(Vec::new());
    }
    let mut findings = if door.policy().is_protected(short(update.name)) {
        let range = Range::update(&door.repo, door.policy(), old.as_deref(), update.new, Vec::new(), door.environment());
        door.judge(&range, Some(update.name))?
    } else {
        feature(door, update, old.as_deref())?
    };
    if old.is_none() {
        findings.extend(door.branch_made(short(update.name)));
    }
    Ok(findings)
}

fn short(name: &str) -> &str {
    name.strip_prefix(HEADS).unwrap_or(name)
}

/// Any other branch is judged by what it has done since it left the shared one.
fn feature(door: &Door, update: Update<'_>, old: Option<&str>) -> Result<Vec<Finding>, Error> {
    let (repo, policy) = (&door.repo, door.policy());
    let judge = |before: Option<&str>| {
        let range = Range::update(repo, policy, before, update.new, Vec::new(), door.environment());
        door.judge_quietly(&range, update.name)
    };
    // Where the step itself shows nothing, there is nothing to ask about the way from the shared branch.
    if old.is_some() && judge(old)?.is_empty() {
        return Ok(Vec::new());
    }
    let shared = repo.tip(&law::shared_branch(repo));
    let base = shared.and_then(|shared| repo.merge_base(&shared, update.new));
    match base {
        Some(base) if base == update.new => Ok(Vec::new()),
        base => {
            let range = Range::update(repo, policy, base.as_deref(), update.new, Vec::new(), door.environment());
            door.judge(&range, Some(update.name))
        }
    }
}

impl Door {
    /// Whose environment this is: in a bare repository nobody works, it is pushed to from elsewhere.
    pub(super) fn environment(&self) -> Environment {
        if self.repo.bare { Environment::Unrelated } else { Environment::OfTheActor }
    }

    /// What the rules find in the making of a branch.
    fn branch_made(&self, name: &str) -> Vec<Finding> {
        if self.policy().worktree.branch.0.is_empty() {
            return Vec::new();
        }
        let act = Act::BranchMade(BranchMade { name: name.to_owned() });
        crate::judge_event(&Event::of_ref(act, name, self.policy()), self.policy())
    }

    /// What the rules find in a range, before anything is asked about history or waivers.
    fn judge_quietly(&self, range: &Range<'_>, reference: &str) -> Result<Vec<Finding>, Error> {
        let change: Change<'_> = range.change(Some(reference))?;
        Ok(crate::judge(&change, self.policy()))
    }
}
