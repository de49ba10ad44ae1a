//! Runs the rules over a change or an event.

use std::collections::{HashMap, HashSet};

use crate::carriers::{self, Form};
use crate::change::{After, Blob, Change, Checkout, FileChange, Objects};
use crate::checkup::Checkup;
use crate::event::Event;
use crate::finding::{Finding, Sink};
use crate::lint::lint_file;
use crate::policy::Policy;
use crate::range::{Environment, Range};
use crate::repo::{Commit, Error, Repo};
use crate::report::{short, shown};
use crate::rule::{Check, Level, Rule};
use crate::rules::{LOSSES, RULES};
use crate::state::View;
use crate::waiver::{self, Waiver};

/// Everything the rules find in a change: state files, conflict markers, the policy itself, and scripts.
///
/// Of the rules about lost state only the first that applies to a path speaks. In scripts only what the change adds counts.
pub fn judge(change: &Change<'_>, policy: &Policy) -> Vec<Finding> {
    for file in &change.files {
        file.look_at_both(policy);
    }
    let mut findings = Vec::new();
    for (rule, level) in active(policy) {
        if let Check::Change(check) = rule.check {
            check(change, policy, &mut Sink::new(rule, level, &mut findings));
        }
    }
    findings.retain(|finding| finding.place.path.as_ref().is_none_or(|path| policy.allows(finding.rule, path).is_none()));
    first_loss_per_path(&mut findings);
    // The later doors look at scripts on protected branches alone; before a commit every branch is looked at.
    if change.protected || change.after == After::Index {
        for file in &change.files {
            findings.extend(
                added_in_script(file, policy).into_iter().map(|finding| Finding { place: change.locate(finding.place), ..finding }),
            );
        }
    }
    findings
}

/// What was found in a range.
#[derive(Debug, Default)]
pub struct Judged {
    /// What stands.
    pub standing: Vec<Finding>,
    /// What a waiver lifts.
    pub lifted: Vec<(Finding, Waiver)>,
}

/// Judges the net change of a range, and what its merges make of their other sides; less what upstream has already, and what waivers lift.
pub fn judge_range(range: &Range<'_>, reference: Option<&str>, policy: &Policy) -> Result<Judged, Error> {
    let mut findings = judge_unless_let_in(range, range, reference, policy)?;
    name_the_commits(&mut findings, range, reference, policy)?;
    for (merge, side) in range.merged_sides() {
        let of_side = Range::of_commit(range.repo(), policy, &merge, Some(&side), range.environment())?.reading(range.objects());
        let of_side = of_side.with_work_tree(range.work_tree());
        for mut loss in judge_unless_let_in(&of_side, range, reference, policy)? {
            let known = |finding: &Finding| finding.rule == loss.rule && finding.place.path == loss.place.path;
            let strangers = || loss.place.path.as_ref().is_some_and(|path| range.leaves_out_strangers(&merge, &side, path));
            if LOSSES.contains(&loss.rule) && !findings.iter().any(known) && !strangers() {
                loss.message += &comes_with(&merge, &range.repo().commit(&merge)?);
                findings.push(loss);
            }
        }
    }
    let (standing, lifted) = waiver::apply(findings, policy, |finding| range.waivers(finding.place.path.as_deref()));
    Ok(Judged { standing, lifted })
}

/// What a commit is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against {
    /// Each parent: a merge answers for what it makes of every side, and not for what a side has made itself.
    EachParent,
    /// The first parent: a merge answers for all that it brings.
    FirstParent,
}

/// Judges one commit after the fact, whether upstream has it or not.
pub fn judge_commit(
    repo: &Repo,
    objects: &dyn Objects,
    policy: &Policy,
    id: &str,
    reference: Option<&str>,
    against: Against,
) -> Result<Judged, Error> {
    if against == Against::FirstParent {
        return judge_range(&Range::step(repo, policy, id, Environment::Unrelated)?.reading(objects), reference, policy);
    }
    let parents = repo.commit(id)?.parents;
    let parents: Vec<Option<&str>> = if parents.is_empty() { vec![None] } else { parents.iter().map(|id| Some(id.as_str())).collect() };
    let mut all = Judged::default();
    for parent in parents {
        let range = Range::of_commit(repo, policy, id, parent, Environment::Unrelated)?.reading(objects);
        let judged = judge_range(&range, reference, policy)?;
        for finding in judged.standing {
            if !all.standing.contains(&finding) {
                all.standing.push(finding);
            }
        }
        for lifted in judged.lifted {
            if !all.lifted.contains(&lifted) {
                all.lifted.push(lifted);
            }
        }
    }
    Ok(all)
}

/// How many commits are looked at to find the one that a loss comes with.
const LOOKED_AT: usize = 50;

/// Of losses in a change of several commits, or one that somebody else may have made, tells which commit brings it and who made that.
fn name_the_commits(findings: &mut [Finding], range: &Range<'_>, reference: Option<&str>, policy: &Policy) -> Result<(), Error> {
    for finding in findings.iter_mut().filter(|finding| LOSSES.contains(&finding.rule) && finding.place.commit.is_some()) {
        let Some(path) = finding.place.path.clone().filter(|_| !range.is_own_commit()) else { continue };
        let culprit = match culprit(range, (finding.rule, &path), reference, policy)? {
            None => culprit(&range.with_upstream(), (finding.rule, &path), reference, policy)?,
            own => own,
        };
        let Some((id, commit)) = culprit else { continue };
        finding.message += &comes_with(&id, &commit);
        // What goes on is mended afterwards: from right before that commit, so that what others did until then is kept.
        if let Some(parent) =
            commit.parents.first().filter(|parent| finding.level == Level::Warn && Some(parent.as_str()) != range.before())
        {
            let since = judge_unless_let_in(&range.since(parent), range, reference, policy)?;
            let same = since.into_iter().find(|other| other.rule == finding.rule && other.place.path.as_ref() == Some(&path));
            finding.help = same.map_or_else(|| finding.help.take(), |same| same.help);
        }
        finding.place.commit = Some(id);
    }
    Ok(())
}

/// Names the commit that brings a loss, and who made it.
fn comes_with(id: &str, commit: &Commit) -> String {
    format!("; it comes with `{}` \"{}\" by {}", short(id), shown(commit.subject()), shown(&commit.author))
}

/// The first of a range's commits in which a rule finds a path as it does in the whole range; of a single one that is not asked.
fn culprit(
    range: &Range<'_>,
    (rule, path): (&str, &str),
    reference: Option<&str>,
    policy: &Policy,
) -> Result<Option<(String, Commit)>, Error> {
    let mut commits: Vec<_> = range.commits_changing(path).take(LOOKED_AT).collect();
    commits.reverse();
    if let [only] = commits[..] {
        return Ok(Some(only.clone()));
    }
    for (id, commit) in commits {
        let one = Range::of_commit(range.repo(), policy, id, commit.parents.first().map(String::as_str), range.environment())?;
        let mut change = one.change(reference)?;
        change.files.retain(|file| file.path == path);
        if judge(&change, policy).iter().any(|found| found.rule == rule) {
            return Ok(Some((id.clone(), commit.clone())));
        }
    }
    Ok(None)
}

/// The findings in a range's change, less those in files that the act brings just as upstream has them, or makes so again.
fn judge_unless_let_in(range: &Range<'_>, act: &Range<'_>, reference: Option<&str>, policy: &Policy) -> Result<Vec<Finding>, Error> {
    let change = range.change(reference)?;
    let mut findings = judge(&change, policy);
    if !findings.is_empty() {
        let let_in = act.let_in_already(&change);
        findings.retain_mut(|finding| {
            finding.place.path.as_ref().is_none_or(|path| !let_in.contains(path)) || is_damage_upstream(finding, &change)
        });
        findings.retain(|finding| finding.place.path.as_ref().is_none_or(|path| !mends(act, path, reference, policy)));
    }
    Ok(findings)
}

/// Whether a path becomes again what upstream has, and nothing good is so undone: only what strangers have made here since, or the one
/// commit that lost something. A refused push asks for that.
fn mends(act: &Range<'_>, path: &str, reference: Option<&str>, policy: &Policy) -> bool {
    let undone = act.undone(path);
    let loses = |(id, commit): &(String, Commit)| {
        let parent = commit.parents.first().map(String::as_str);
        let change = Range::of_commit(act.repo(), policy, id, parent, act.environment());
        let lost = |finding: &Finding| {
            finding.level == Level::Deny && LOSSES.contains(&finding.rule) && finding.place.path.as_deref() == Some(path)
        };
        change.is_ok_and(|one| one.change(reference).is_ok_and(|change| judge(&change, policy).iter().any(lost)))
    };
    !undone.is_empty() && (undone.iter().all(|(id, commit)| act.is_strangers(id, commit)) || (undone.len() == 1 && loses(&undone[0])))
}

/// A pull never stops; but state that upstream has lost is told, where it comes onto a protected branch, so that somebody repairs it.
fn is_damage_upstream(finding: &mut Finding, change: &Change<'_>) -> bool {
    if finding.level == Level::Allow || !change.protected || change.checkout == Checkout::Elsewhere || !LOSSES.contains(&finding.rule) {
        return false;
    }
    finding.level = Level::Warn;
    finding.message.push_str(" (upstream has it like this already)");
    let file = change.files.iter().find(|file| Some(&file.path) == finding.place.path.as_ref());
    if let Some(restore) = file.and_then(|file| change.lasting_restore_command(file)) {
        finding.help = Some(format!("its writer brings the old content back with\n    {restore}").into());
    }
    true
}

/// Everything the rules find in something that git is about to do.
pub fn judge_event(event: &Event<'_>, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, level) in active(policy) {
        if let Check::Event(check) = rule.check {
            check(event, policy, &mut Sink::new(rule, level, &mut findings));
        }
    }
    findings
}

/// Everything the rules find in a repository as a whole.
pub fn judge_checkup(checkup: &Checkup, policy: &Policy) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (rule, level) in active(policy) {
        if let Check::Repository(check) = rule.check {
            check(checkup, policy, &mut Sink::new(rule, level, &mut findings));
        }
    }
    findings
}

fn active(policy: &Policy) -> impl Iterator<Item = (&'static Rule, Level)> {
    RULES.iter().map(|rule| (*rule, policy.level(rule))).filter(|(_, level)| *level != Level::Allow)
}

/// Of one path's losses keeps the gravest, and what denies behind one that only warns.
fn first_loss_per_path(findings: &mut Vec<Finding>) {
    let rank = |finding: &Finding| LOSSES.iter().position(|name| *name == finding.rule);
    let losses: Vec<(Option<String>, usize, Level)> =
        findings.iter().filter_map(|finding| Some((finding.place.path.clone(), rank(finding)?, finding.level))).collect();
    findings.retain(|finding| {
        let Some(own) = rank(finding) else { return true };
        let covers =
            |(path, rank, level): &(Option<String>, usize, Level)| *path == finding.place.path && *rank < own && *level >= finding.level;
        !losses.iter().any(covers)
    });
}

/// The findings in a script that were not in its old text.
fn added_in_script(file: &FileChange<'_>, policy: &Policy) -> Vec<Finding> {
    let Some(new) = file.new.as_ref().and_then(|blob| lint_blob(&file.path, blob, file.view(policy), policy)) else { return Vec::new() };
    if new.is_empty() {
        return new;
    }
    let old = file.old.as_ref().and_then(|blob| lint_blob(&file.path, blob, file.old_view(policy), policy)).unwrap_or_default();
    let mut known: HashMap<(&str, &str), usize> = HashMap::new();
    for finding in &old {
        *known.entry(identity(finding)).or_default() += 1;
    }
    let mut added = HashSet::new();
    for (index, finding) in new.iter().enumerate() {
        match known.get_mut(&identity(finding)) {
            Some(left) if *left > 0 => *left -= 1,
            _ => drop(added.insert(index)),
        }
    }
    new.into_iter().enumerate().filter(|(index, _)| added.contains(index)).map(|(_, finding)| finding).collect()
}

/// What makes a finding in a script the same one after the lines around it have moved.
fn identity(finding: &Finding) -> (&str, &str) {
    (finding.rule, finding.place.span.as_ref().map_or(finding.message.as_str(), |span| span.snippet()))
}

/// The findings in one state of a file; none if no shell stands there.
fn lint_blob(path: &str, blob: &Blob<'_>, view: View, policy: &Policy) -> Option<Vec<Finding>> {
    let form = Form::of(path, &blob.look(view)?.head)?;
    blob.with(|bytes| lint_file(&carriers::read(form, path, bytes, policy).scripts, policy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Place;

    fn finding(rule: &'static str, level: Level, path: &str) -> Finding {
        Finding { rule, article: 6, level, place: Place::file(path), message: String::new(), help: None, fix: None }
    }

    #[test]
    fn one_loss_a_path_unless_the_first_only_warns() {
        let kept = |mut findings: Vec<Finding>| {
            first_loss_per_path(&mut findings);
            findings.into_iter().map(|finding| finding.rule).collect::<Vec<_>>()
        };
        let (marker, invalid) = (finding("conflict-marker", Level::Deny, "a"), finding("invalid-json", Level::Deny, "a"));
        assert_eq!(kept(vec![invalid.clone(), marker.clone()]), ["conflict-marker"]);
        assert_eq!(kept(vec![marker, finding("invalid-json", Level::Deny, "b")]), ["conflict-marker", "invalid-json"]);
        assert_eq!(kept(vec![finding("conflict-marker", Level::Warn, "a"), invalid]), ["conflict-marker", "invalid-json"]);
        let writer = finding("canonical-state-commit", Level::Deny, "a");
        assert_eq!(kept(vec![writer, finding("emptied-collection", Level::Deny, "a")]), ["canonical-state-commit", "emptied-collection"]);
    }
}
