//! Canonical state changed away from the branch that everybody shares.

use crate::change::{Change, Checkout, FileChange, Shared};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "canonical-state-in-worktree",
    article: 6,
    summary: "canonical state changed on another branch than the protected one, or in a linked worktree",
    why: "\
A branch is a copy of the state at the moment it was made. While it is worked on, the fleet goes on writing; when the branch is merged, its \
copy meets the live one, and the conflict is resolved by somebody in a hurry. A worktree writes a delta, a new file with a name of its own, \
and the writer merges it.

Left alone are: deltas and free paths; a file that was carried over from the main checkout and is just as it stands there; files that the \
protected branch does not have, as a migration brings them; and merges and rebases that bring in what the protected branch has.",
    level: Level::Deny,
    bad: &[
        "git switch -qc feature\nsed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak\n\
         git commit -qam 'tune agents'",
        "git worktree add -q -b feature ../wt && cd ../wt\necho '{\"last_run\": \"2026-01-02T00:00:00Z\"}' > state/heartbeat_state.json\n\
         git commit -q --no-verify -am 'touch heartbeat'",
    ],
    good: &[
        "git worktree add -q -b feature ../wt && cd ../wt\nmkdir -p state/stream_deltas state/memory && echo notes > state/memory/a.md\n\
         echo '{\"frame\": 405, \"stream_id\": \"stream-1\"}' > state/stream_deltas/frame-405-stream-1.json\n\
         git add state && git commit -qm 'delta of stream 1'",
        "# A migration brings a file that the shared branch does not have.\n\
         git switch -qc migrate\necho '{\"topics\": []}' > state/topics.json\ngit add state && git commit -qm 'topics'\n\
         echo '{\"topics\": [\"a\"]}' > state/topics.json\ngit commit -qam 'a first topic'",
        "# The branch takes in what the fleet has written meanwhile, by merge and by rebase.\n\
         git switch -qc feature && echo f > f && git add f && git commit -qm 'feature'\n\
         git switch -q main && sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak && fleet git commit -qam 'sync'\n\
         git switch -q feature && git merge -q --no-edit main\n\
         git switch -q main && sed -i.bak s/busy/idle/ state/agents.json && sed 's/136/137/' state/agents.json.bak > state/agents.json\n\
         rm state/agents.json.bak && fleet git commit -qam 'sync'\n\
         git switch -q feature && git rebase -q main",
        "# Carried over, and committed just as it stands in the main checkout.\n\
         echo '{\"last_run\": \"2026-01-02T00:00:00Z\"}' > state/heartbeat_state.json\n\
         git worktree add -q -b feature ../wt 2> ../said.txt && cp state/heartbeat_state.json ../wt/state/ && cd ../wt\n\
         git commit -qam 'as the fleet has it'\n\
         rm -f \"$(git rev-parse --git-common-dir)/gnp/log.jsonl\"",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    // In the middle of a rebase there is no branch; its result is judged at the end.
    let nowhere = change.reference.is_none() && (change.checkout == Checkout::Main || change.history.is_in_progress());
    if change.protected || nowhere {
        return;
    }
    for file in change.canonical() {
        let Some(shared) = change.history.shared(change.reference.as_deref(), &file.path) else { continue };
        let former = file.renamed_from.as_deref().and_then(|former| change.history.shared(change.reference.as_deref(), former));
        if is_left_alone(change, file, &shared, former.as_ref()) {
            continue;
        }
        for stranger in change.authors.strangers(&file.path) {
            let place = change.place(file);
            let place = crate::finding::Place { commit: stranger.commit.or(place.commit.clone()), ..place };
            let done = if file.new.is_some() { "changed" } else { "deleted" };
            let message = format!("canonical state `{}` {done} {} by {}", shown(&file.path), place_of(change), shown(&stranger.author));
            sink.report(place, message, help(change, file, &shared, policy));
        }
    }
}

/// Whether the file is as the shared branch has it, now or where this branch left it, or as the main checkout has it on disk.
fn is_left_alone(change: &Change<'_>, file: &FileChange<'_>, shared: &Shared, former: Option<&Shared>) -> bool {
    let new = file.new.as_ref();
    let id = new.map(|blob| &blob.id);
    // What the protected branch does not have cannot be a copy of its state, unless the branch has only renamed it.
    let is_unknown = |shared: &Shared| shared.tip.is_none();
    if is_unknown(shared) {
        return former.is_none_or(is_unknown);
    }
    shared.tip.as_ref() == id || shared.fork.as_ref() == id || new.is_some_and(|blob| change.history.main_checkout_has(&file.path, blob))
}

fn place_of(change: &Change<'_>) -> String {
    let worktree = if change.checkout == Checkout::Linked { "in a linked worktree, " } else { "" };
    let branch = change.reference.as_deref().map(|name| name.trim_start_matches("refs/heads/"));
    branch.map_or_else(|| format!("{worktree}on no branch"), |branch| format!("{worktree}on `{}`", shown(branch)))
}

fn help(change: &Change<'_>, file: &FileChange<'_>, shared: &Shared, policy: &Policy) -> String {
    let help = change.leave_to_its_writer(file, policy);
    if file.old.is_some() {
        return help;
    }
    let separator = if help.is_empty() { "" } else { "; " };
    format!("{help}{separator}put it back as it is there with\n    {}", change.copy_command(&shared.branch, file))
}
