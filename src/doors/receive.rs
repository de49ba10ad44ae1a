//! pre-receive: the server's door. What the pusher's machine did or did not check does not count here, nor does its environment.

use super::reference::{self, Update};
use super::{Door, Verdict, eprint, guard, push};
use crate::event::{BranchRemoved, Removal};
use crate::finding::Finding;
use crate::policy::Actor;
use crate::range::{Environment, Range};
use crate::repo::{Error, Repo};
use crate::rule::Level;
use crate::{log, report};

/// Judges every branch of a push; if one is refused, git refuses them all.
pub(super) fn before(stdin: &str) -> Result<Verdict, Error> {
    let updates: Vec<Update<'_>> = stdin.lines().filter_map(reference::parse).filter(|update| update.branch().is_some()).collect();
    if updates.is_empty() {
        return Ok(Verdict::Pass);
    }
    // Until the law is known, any branch may be a protected one.
    guard::moves_protected(true);
    let door = Door::open("pre-receive")?;
    guard::moves_protected(updates.iter().any(|update| protected(&door, update).is_some()));
    door.say_law();
    let mut verdict = Verdict::Pass;
    for update in updates {
        let findings = if Repo::is_null(update.new) {
            let name = update.branch().unwrap_or_default().to_owned();
            door.removal(BranchRemoved { name, how: Removal::Deleted, remote: None })
        } else {
            let mut findings = reference::judge(&door, update)?;
            findings.extend(forced(&door, update));
            findings
        };
        if tell(&door, update, &findings) == Verdict::Refuse {
            verdict = Verdict::Refuse;
        }
    }
    if verdict == Verdict::Refuse {
        eprint("gnp-lint: no ref of this push has moved on the server\n");
    }
    Ok(verdict)
}

/// The short name of a protected branch.
fn protected<'a>(door: &Door, update: &Update<'a>) -> Option<&'a str> {
    update.branch().filter(|branch| door.policy().is_protected(branch))
}

/// What the rules find in the way a protected branch moves.
fn forced(door: &Door, update: Update<'_>) -> Vec<Finding> {
    let Some(branch) = protected(door, &update).filter(|_| !Repo::is_null(update.old)) else { return Vec::new() };
    let known = vec![update.old.to_owned()];
    let range = Range::update(&door.repo, door.policy(), None, update.new, known, Environment::Unrelated);
    // Nothing that the pusher says of itself can be believed, so nothing is known of it.
    let nobody = Actor { env: None, author_email: None, subject: None };
    push::moved(door, push::Moved { branch, remote: None, old: update.old, new: update.new, range: &range }, &nobody)
}

/// Logs the findings and sends them to the pusher.
fn tell(door: &Door, update: Update<'_>, findings: &[Finding]) -> Verdict {
    for finding in findings {
        log::write(&door.repo, door.name, finding, None);
    }
    let branch = report::shown(update.branch().unwrap_or(update.name));
    let text = report::remote(&format!("this push to `{branch}`"), findings);
    eprint(&text);
    if findings.iter().any(|finding| finding.level == Level::Deny) { Verdict::Refuse } else { Verdict::Pass }
}
