//! Canonical state and other work in one commit.

use crate::change::{Change, Class, FileChange};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "mixed-commit",
    article: 1,
    summary: "canonical state and anything that is no state in one commit on a protected branch",
    why: "\
Where every process commits under one identity, this is what tells feature work from the fleet: the fleet commits state, a feature never \
does. A commit that holds both was made in the shared checkout with the fleet's files swept in, and can be neither reverted nor rebased \
without taking the fleet's work along.

Deltas, free and archive paths and whatever else the fleet writes may stand beside canonical state. The first commit of a repository and \
merges are left alone.",
    level: Level::Warn,
    bad: &[
        "echo more >> README.md\necho '{\"last_run\": \"2026-01-02T00:00:00Z\"}' > state/heartbeat_state.json\nfleet git commit -qam 'sync'",
        "# Found in the one commit of several that mixes.\n\
         git switch -q --detach && echo a > a && git add a && git commit -qm 'a'\n\
         echo b > b && echo '{\"topics\": []}' > state/topics.json && git add . && git commit -qm 'b and topics'\n\
         git switch -q main && git merge -q --ff-only '@{-1}'",
    ],
    good: &[
        "mkdir -p state/archive state/memory state/inbox && echo '[]' > state/archive/old.json && echo x > state/memory/x.md\n\
         echo '{}' > state/inbox/ask.json && echo '{\"last_run\": \"2026-01-02T00:00:00Z\"}' > state/heartbeat_state.json\n\
         git add state && fleet git commit -qm 'sync'",
        "# Two commits that arrive together.\n\
         git switch -q --detach && echo a > a && git add a && git commit -qm 'a'\n\
         echo '{\"topics\": []}' > state/topics.json && git add state && git commit -qm 'topics'\n\
         git switch -q main && git merge -q --ff-only '@{-1}'",
        "# A merge brings what its sides did.\n\
         git switch -qc feature && echo f > f && git add f && git commit -qm 'feature'\n\
         echo '{\"topics\": []}' > state/topics.json && git add state && git commit -qm 'topics'\n\
         git switch -q main && git merge -q --no-ff --no-edit feature",
    ],
    check: Check::Change(check),
};

/// Not how the commit is undone: it may be refused, and the fleet's next one stand on top of it by the time that is read.
const HELP: &str =
    "commit the state alone, as its writer does, and work on everything else in a worktree:\n    git worktree add -b NAME ../NAME";

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !change.protected || mixture(&change.files, policy).is_none() {
        return;
    }
    for part in change.history.parts() {
        let Some((state, other)) = part.has_parent.then(|| mixture(part.files.as_deref().unwrap_or(&change.files), policy)).flatten()
        else {
            continue;
        };
        let which = match (&part.subject, &part.commit) {
            (Some(subject), Some(_)) => format!("\"{}\"", shown(subject)),
            _ => "this commit".to_owned(),
        };
        let message =
            format!("{which} changes canonical state, `{}`, and other work, `{}`, at once", shown(&state.path), shown(&other.path));
        let place = change.place(other);
        sink.report(Place { commit: part.commit.clone().or(place.commit.clone()), ..place }, message, HELP);
    }
}

/// A canonical file and one that is no state, if both are there.
fn mixture<'f>(files: &'f [FileChange<'f>], policy: &Policy) -> Option<(&'f FileChange<'f>, &'f FileChange<'f>)> {
    let is_other = |file: &&FileChange<'_>| {
        matches!(file.class, Class::Other | Class::Policy) && !file.fleet && policy.allows(RULE.name, &file.path).is_none()
    };
    Some((files.iter().find(|file| file.class == Class::Canonical)?, files.iter().find(is_other)?))
}
