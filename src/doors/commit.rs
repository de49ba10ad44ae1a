//! pre-commit, pre-merge-commit and commit-msg: the early, friendlier doors. They judge the index.

use std::env;
use std::fs;
use std::process::Command;

use super::{Door, Verdict, eprint, way_back};
use crate::range::{Pending, Range};
use crate::repo::{Error, Repo};
use crate::rules;
use crate::waiver;

/// What is about to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The index, by `git commit`.
    Commit,
    /// A merge that git makes by itself.
    Merge,
}

/// pre-commit and pre-merge-commit.
pub(super) fn before(kind: Kind) -> Result<Verdict, Error> {
    let (name, act) = match kind {
        Kind::Commit => ("pre-commit", "this commit"),
        Kind::Merge => ("pre-merge-commit", "this merge"),
    };
    let door = Door::open(name)?;
    let aftermath = (kind == Kind::Merge).then(|| way_back::from_merge(&door.repo));
    judge(&door, Pending { sides: sides(&door.repo), subject: None }, act, aftermath)
}

/// commit-msg: now the subject is known, by which writers are told; and waivers become trailers.
pub(super) fn message(file: &str) -> Result<Verdict, Error> {
    let waivers = waiver::from_environment();
    let mut door = Door::open("commit-msg")?;
    if door.policy().writers.iter().any(|writer| !writer.subject.is_empty()) {
        // Everything else has been said before the message was written.
        door.law.policy = door.law.policy.only(rules::ABOUT_WRITERS);
        let text = fs::read_to_string(file).unwrap_or_default();
        let subject = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#')).map(str::to_owned);
        let pending = Pending { sides: sides(&door.repo), subject: subject.or_else(|| Some(String::new())) };
        if judge(&door, pending, "this commit", None)? == Verdict::Refuse {
            return Ok(Verdict::Refuse);
        }
    }
    let waivable: Vec<_> = waivers.into_iter().filter(|waiver| door.policy().waivable.contains(&waiver.rule)).collect();
    if waivable.is_empty() {
        return Ok(Verdict::Pass);
    }
    let mut command = Command::new("git");
    command.args(["interpret-trailers", "--in-place", "--if-exists", "addIfDifferent"]);
    for waiver in &waivable {
        command.arg("--trailer").arg(format!("{}: {}: {}", waiver::TRAILER, waiver.rule, waiver.reason));
    }
    command.arg(file);
    if let Err(error) = crate::repo::run(command, "interpret-trailers") {
        eprint(&format!("gnp-lint: the waiver cannot be written into the message, later doors will not know it: {error}\n"));
    }
    Ok(Verdict::Pass)
}

fn judge(door: &Door, pending: Pending, act: &str, aftermath: Option<String>) -> Result<Verdict, Error> {
    let head = door.repo.tip("HEAD");
    let range = Range::pending(&door.repo, door.policy(), head.as_deref(), pending);
    let findings = door.judge(&range, door.repo.head().as_deref())?;
    Ok(door.say(&findings, act, || aftermath))
}

/// The commits besides HEAD that the commit in the making will have as parents.
///
/// pre-merge-commit runs before `MERGE_HEAD` exists; there the sides stand in variables called `GITHEAD_<oid>`.
fn sides(repo: &Repo) -> Vec<String> {
    let merging = fs::read_to_string(repo.git_dir.join("MERGE_HEAD")).unwrap_or_default();
    if !merging.is_empty() {
        return merging.lines().map(str::to_owned).collect();
    }
    let named = env::vars_os().filter_map(|(name, _)| name.to_str()?.strip_prefix("GITHEAD_").map(str::to_owned));
    named.filter(|id| id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).collect()
}
