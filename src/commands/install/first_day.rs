//! The first day: whoever changed canonical state until now is shown, before the hooks would stop them.

use anyhow::Result;

use crate::change::Class;
use crate::policy::{Actor, Policy, Who};
use crate::repo::Repo;

/// How far back the history of a protected branch is looked at, in commits.
const COMMITS: &str = "200";

/// One commit that is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    /// The full id.
    pub(super) id: String,
    /// The author's e-mail.
    pub(super) email: String,
    /// The author's name.
    pub(super) name: String,
    /// The first line of the message.
    pub(super) subject: String,
    /// What it does to canonical state.
    pub(super) touch: Touch,
}

/// What a commit does to canonical state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Touch {
    /// Nothing.
    None,
    /// It brings new files only, which anybody may.
    Creates,
    /// It changes or removes a file that was there.
    Changes,
}

/// The last commits of a branch, the newest first. A merge counts only at paths that differ from every parent.
///
/// # Errors
/// When git cannot tell.
pub(super) fn history(repo: &Repo, branch: &str, policy: &Policy) -> Result<Vec<Commit>> {
    let branch = format!("refs/heads/{branch}");
    let how = ["-c", "--raw", "-z", "--no-renames", "--no-ext-diff", "--no-show-signature", "--encoding=UTF-8"];
    let format = "--format=tformat:%x01%H%x00%ae%x00%an%x00%s";
    let output = repo.ask([["log", "-n", COMMITS].as_slice(), &how, &[format, &branch, "--"]].concat())?;
    Ok(parse(&output, |path| policy.class(path) == Class::Canonical))
}

/// Reads what `git log --raw -z` writes: four fields that begin with byte 1, then pairs of status and path.
fn parse(output: &str, is_canonical: impl Fn(&str) -> bool) -> Vec<Commit> {
    let mut fields = output.split('\0');
    let mut commits: Vec<Commit> = Vec::new();
    while let Some(field) = fields.next() {
        let field = field.trim_start_matches('\n');
        let mut next = || fields.next().unwrap_or_default().to_owned();
        if let Some(id) = field.strip_prefix('\u{1}') {
            commits.push(Commit { id: id.to_owned(), email: next(), name: next(), subject: next(), touch: Touch::None });
        } else if field.starts_with(':') {
            let path = next();
            let status = field.rsplit(' ').next().unwrap_or_default();
            let touch = if status.bytes().all(|letter| letter == b'A') { Touch::Creates } else { Touch::Changes };
            if let Some(commit) = commits.last_mut().filter(|_| is_canonical(&path)) {
                commit.touch = commit.touch.max(touch);
            }
        }
    }
    commits
}

/// Whether a writer of the policy made the commit. One that is known by environment alone leaves no trace in a commit: it counts when the
/// repository's own policy names it (`environment_counts`), not when it only comes from the defaults.
pub(super) fn is_writers(policy: &Policy, commit: &Commit, environment_counts: EnvironmentCounts) -> bool {
    let actor = Actor { env: None, author_email: Some(&commit.email), subject: Some(&commit.subject) };
    match policy.writer(&actor) {
        Who::Writer(_) => true,
        Who::Unknown => environment_counts == EnvironmentCounts::Yes,
        Who::Stranger => false,
    }
}

/// Whether a writer who is known by environment may have made a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EnvironmentCounts {
    /// The repository's policy says who sets it.
    Yes,
    /// Nobody here is known to set it.
    No,
}

/// Who changed canonical state and is known as no writer: one entry an author.
///
/// The commits that create canonical files do not count, nor does a single further commit by one who created them: setting a repository
/// up is no fleet. A single commit does not count either where others are seen to be the fleet: it is an edit by hand. Where everybody
/// shares one identity, only subjects tell the fleet from people, and a few that do not recur are people.
pub(super) fn strangers(commits: &[Commit], is_writers: impl Fn(&Commit) -> bool) -> Vec<Stranger<'_>> {
    let shared = commits.iter().all(|commit| commit.email == commits[0].email);
    let mut authors: Vec<Vec<&Commit>> = Vec::new();
    for commit in commits.iter().filter(|commit| commit.touch == Touch::Changes && !is_writers(commit)) {
        match authors.iter_mut().find(|same| same[0].email == commit.email) {
            Some(same) => same.push(commit),
            None => authors.push(vec![commit]),
        }
    }
    let mut strangers = Vec::new();
    for mut changes in authors {
        let email = &changes[0].email;
        let set_it_up = commits.iter().any(|commit| commit.touch == Touch::Creates && commit.email == *email);
        let mut subjects = super::subjects::Recurring::of(changes.iter().map(|commit| commit.subject.as_str()));
        if shared && subjects.others.len() <= FEW {
            changes.retain(|commit| !subjects.others.contains(&commit.subject.as_str()));
            subjects.others.clear();
        }
        if changes.len() > usize::from(set_it_up) {
            strangers.push(Stranger { changes, subjects, shared });
        }
    }
    let writers_at_work = commits.iter().any(|commit| commit.touch == Touch::Changes && is_writers(commit));
    if writers_at_work || strangers.iter().any(|stranger| stranger.changes.len() > 1) {
        strangers.retain(|stranger| stranger.changes.len() > 1);
    }
    strangers
}

/// How many state commits with subjects of their own are put down to people, where everybody shares one identity.
const FEW: usize = 4;

/// An author who changed canonical state and is known as no writer.
#[derive(Debug)]
pub(super) struct Stranger<'c> {
    /// The commits, the newest first; never empty.
    pub(super) changes: Vec<&'c Commit>,
    /// What their subjects have in common.
    pub(super) subjects: super::subjects::Recurring<'c>,
    /// Whether everybody in this history has the same e-mail.
    pub(super) shared: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(email: &str, subject: &str, touch: Touch) -> Commit {
        Commit { id: "1".repeat(40), email: email.to_owned(), name: "N".to_owned(), subject: subject.to_owned(), touch }
    }

    #[test]
    fn git_s_output_is_read() {
        let output = "\x01aa\0a@x\0A\0empty\0\x01bb\0b@x\0B\0merge\0\0\x01cc\0c@x\0C\0two\nfiles\0\n:100644 100644 1 2 M\0state/a.json\0:000000 100644 0 2 A\0b c\0\
            \x01dd\0d@x\0D\0new\0\n:000000 100644 0 2 A\0state/n.json\0\x01ee\0e@x\0E\0combined\0\n::100644 100644 100644 1 2 3 MM\0state/a.json\0";
        let commits = parse(output, |path| path.starts_with("state/"));
        let touches: Vec<_> = commits.iter().map(|commit| (commit.id.as_str(), commit.touch)).collect();
        assert_eq!(
            touches,
            [("aa", Touch::None), ("bb", Touch::None), ("cc", Touch::Changes), ("dd", Touch::Creates), ("ee", Touch::Changes)]
        );
        assert_eq!(commits[2].email, "c@x");
    }

    #[test]
    fn setting_up_is_no_fleet_but_a_second_author_is() {
        let set_up = [commit("p@x", "fix a typo in agents", Touch::Changes), commit("p@x", "init", Touch::Creates)];
        assert!(strangers(&set_up, |_| false).is_empty());
        let fleet = [commit("bot@x", "frame 3", Touch::Changes), commit("p@x", "init", Touch::Creates)];
        let found = strangers(&fleet, |_| false);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].changes[0].email, "bot@x");
        assert!(strangers(&fleet, |commit| commit.email == "bot@x").is_empty());
    }

    #[test]
    fn a_single_edit_beside_a_fleet_is_no_writer_s() {
        let mut commits = vec![commit("bob@x", "Mend zion by hand", Touch::Changes), commit("p@x", "init", Touch::Creates)];
        assert_eq!(strangers(&commits, |_| false).len(), 1, "nobody else is there: this may be the fleet's first");
        commits.extend(["frame 1", "frame 2"].map(|subject| commit("bot@x", subject, Touch::Changes)));
        let emails = |found: &[Stranger<'_>]| found.iter().map(|stranger| stranger.changes[0].email.clone()).collect::<Vec<_>>();
        assert_eq!(emails(&strangers(&commits, |_| false)), ["bot@x"]);
        assert!(strangers(&commits, |commit| commit.email == "bot@x").is_empty());
    }

    #[test]
    fn under_one_identity_recurring_subjects_are_the_fleet_and_a_few_others_are_people() {
        let mut commits: Vec<_> = (0..9).map(|frame| commit("all@x", &format!("chore: sim frame {frame}"), Touch::Changes)).collect();
        commits.push(commit("all@x", "put zion back", Touch::Changes));
        let found = strangers(&commits, |_| false);
        assert_eq!(found[0].changes.len(), 9);
        assert!(strangers(&commits, |commit| commit.subject.starts_with("chore:")).is_empty(), "what is left are people");
    }
}
