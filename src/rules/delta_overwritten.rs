//! A delta that everybody can see already, and that is changed afterwards.

use crate::change::{Change, Class, FileChange};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "delta-overwritten",
    article: 6,
    summary: "a delta that the protected branch already has is modified, or deleted by somebody who is not its writer",
    why: "\
A delta is added once, read once and then deleted by the writer. Whoever writes to one that is there already takes the place of what \
another stream has delivered, or changes it after it was merged: either way something is lost that nobody looks for. Give each delta a name \
of its own, with frame and stream in it.

A delta may be changed until the protected branch has it.",
    level: Level::Deny,
    bad: &[
        "\
mkdir -p state/inbox && echo '{\"agent\": \"agent-001\"}' > state/inbox/ask.json
git add state && git commit -qm 'ask'
echo '{\"agent\": \"agent-002\"}' > state/inbox/ask.json
git commit -qam 'ask something else'",
        "\
mkdir -p state/inbox && echo '{\"agent\": \"agent-001\"}' > state/inbox/ask.json
git add state && git commit -qm 'ask'
git worktree add -q -b other ../other && cd ../other
echo '{\"agent\": \"agent-002\"}' > state/inbox/ask.json
git commit -q --no-verify -am 'ask something else'",
        "\
mkdir -p state/inbox && echo '{\"agent\": \"agent-001\"}' > state/inbox/ask.json
git add state && git commit -qm 'ask'
git rm -q state/inbox/ask.json
git commit -qm 'never mind'",
    ],
    good: &[
        "\
mkdir -p state/inbox && echo '{\"agent\": \"agent-001\"}' > state/inbox/ask.json
git add state && git commit -qm 'ask'
git rm -q state/inbox/ask.json
fleet git commit -qm 'merge the inbox'",
        "\
# Nobody has it yet but this branch.
git switch -qc stream && mkdir -p state/inbox && echo '{\"agent\": \"agent-001\"}' > state/inbox/ask.json
git add state && git commit -qm 'ask'
echo '{\"agent\": \"agent-002\"}' > state/inbox/ask.json
git commit -qam 'ask something else'
git switch -q main && git merge -q --ff-only stream",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for file in change.files.iter().filter(|file| file.class == Class::Delta && file.old.is_some()) {
        if !is_there(change, file) {
            continue;
        }
        let done = match &file.new {
            Some(_) => "modified",
            None if change.authors.strangers(&file.path).is_empty() => continue,
            None => "deleted by somebody who is not its writer",
        };
        let branch = if change.protected { "this branch" } else { "the shared branch" };
        let message = format!("the delta `{}`, which {branch} already has, is {done}", shown(&file.path));
        let restore = change.restore_command(file).map_or_else(String::new, |command| format!(", and put this one back:\n    {command}"));
        sink.report(change.place(file), message, format!("write a new delta with a name of its own{restore}"));
    }
}

/// Whether the protected branch has the delta, and in another state than it is to have.
fn is_there(change: &Change<'_>, file: &FileChange<'_>) -> bool {
    if change.protected {
        return true;
    }
    let shared = change.history.shared(change.reference.as_deref(), &file.path);
    shared.and_then(|shared| shared.tip).is_some_and(|tip| file.new.as_ref().is_none_or(|new| new.id != tip))
}
