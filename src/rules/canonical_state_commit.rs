//! Canonical state changed on a protected branch by someone who is not a writer.

use crate::change::{Change, FileChange, Stranger};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "canonical-state-commit",
    article: 6,
    summary: "canonical state changed on a protected branch by someone who is not a writer",
    why: "Canonical state files have one writer: the merge engine, or the fleet's own sync. Anyone else who commits them commits a copy that \
was read some time ago, and with it takes back what the fleet has written since. Write a delta instead (`state/stream_deltas/`, \
`state/inbox/`): the writer merges it.\n\nWho is a writer stands in the policy's `[[writer]]` blocks: by environment, author or subject. A \
commit that creates a file, and commits that upstream already has, pass. Every way onto the branch is judged: commit, merge, cherry-pick, \
rebase, reset, `update-ref`, push.",
    level: Level::Deny,
    bad: &[
        "sed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak\ngit commit -qam 'tune agents'",
        // `--no-verify` skips pre-commit, not the reference door.
        "echo '{\"last_run\": \"2026-01-01T00:05:00Z\"}' > state/heartbeat_state.json\ngit commit -q --no-verify -am 'touch heartbeat'",
        // Plumbing and fast-forwards come by there too.
        "echo '{\"last_run\": \"2026-01-01T00:05:00Z\"}' > state/heartbeat_state.json\ngit add state\n\
         git update-ref refs/heads/main \"$(git commit-tree -p HEAD -m plumbing \"$(git write-tree)\")\"",
    ],
    good: &[
        "sed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak\n\
         fleet git commit -qam 'sync'",
        // What a session writes instead of state.
        "mkdir -p state/inbox\necho '{\"agent\": \"agent-001\", \"phase\": \"busy\"}' > state/inbox/tune.json\n\
         git add state/inbox && git commit -qm 'ask for a new phase'",
        // A file that is not there yet has nothing to lose.
        "echo '{\"topics\": []}' > state/topics.json\ngit add state && git commit -qm 'add topics'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !change.protected {
        return;
    }
    for file in change.canonical().filter(|file| file.old.is_some()) {
        for stranger in change.authors.strangers(&file.path) {
            let (message, help) = (message(change, file, &stranger), help(change, file, policy));
            let place = change.place(file);
            sink.report(Place { commit: stranger.commit.or(place.commit.clone()), ..place }, message, help);
        }
    }
}

fn message(change: &Change<'_>, file: &FileChange<'_>, stranger: &Stranger) -> String {
    let branch = change.reference.as_deref().map_or("HEAD", |name| name.trim_start_matches("refs/heads/"));
    let done = if file.new.is_some() { "changed" } else { "deleted" };
    let subject = stranger.subject.as_deref().filter(|subject| !subject.is_empty()).map(|subject| format!(" in \"{}\"", shown(subject)));
    format!(
        "canonical state `{}` {done} on `{}` by {}{}, who is no writer of the policy",
        shown(&file.path),
        shown(branch),
        shown(&stranger.author),
        subject.unwrap_or_default(),
    )
}

fn help(change: &Change<'_>, file: &FileChange<'_>, policy: &Policy) -> String {
    let mut help = String::new();
    if let Some(delta) = policy.state.deltas.0.first() {
        help += &format!("write a delta (`{}`) and leave the file to its writer", delta.text());
    }
    if let Some(restore) = change.restore_command(file) {
        let separator = if help.is_empty() { "" } else { "; " };
        help += &format!("{separator}put it back as it was with\n    {restore}");
    }
    help
}
