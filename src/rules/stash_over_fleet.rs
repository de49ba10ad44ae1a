//! `git stash` while paths that the fleet writes are dirty.

use crate::event::{Act, Event, Stash};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::{shell_quote, shown};
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "stash-over-fleet",
    article: 3,
    summary: "`git stash` while paths the fleet writes are dirty",
    why: "A stash takes the fleet's uncommitted files out of the work tree; the fleet goes on and writes them anew; `git stash pop` then \
conflicts, and whoever resolves it commits an old state, or `{\"agents\": {}}`. That is how 136 agents were lost.\n\nJudged is what the stash \
would hold, so `git stash push -- my/own/file` passes, and so does a stash in a linked worktree on a branch of its own, or while the fleet \
is known to be dead (policy: `[fleet] alive`). Nothing has been touched when the stash is refused.\n\nTo work beside the fleet, make a \
worktree; to put your own files aside, commit them on a branch or name them.",
    level: Level::Deny,
    bad: &[
        "echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit stash",
        "echo mine >> README.md; echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit stash push -u --keep-index",
        "echo '{\"n\": 1}' > state/new.json\ngit stash push --include-untracked",
        "echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit stash store -m 'by hand' \"$(git stash create)\"",
    ],
    good: &[
        "echo mine >> README.md; echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit stash push -- README.md",
        "echo mine >> README.md\ngit stash && git stash pop",
        "git worktree add -q -b feature ../feature && cd ../feature\necho '{\"last_run\": 1}' > state/heartbeat_state.json\ngit stash",
    ],
    check: Check::Event(check),
};

fn check(event: &Event<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let Act::Stash(stash) = &event.act else { return };
    let fleet_files: Vec<&str> = stash.files.iter().filter(|file| file.fleet).map(|file| file.path.as_str()).collect();
    let (Some(first), true, true) = (fleet_files.first(), event.protected, event.fleet.alive) else { return };
    let place = Place::file(*first).on("refs/stash");
    let branch = event.branch.as_deref().unwrap_or("HEAD");
    let message = format!(
        "this stash on `{}` would take {} away from the fleet ({})",
        shown(branch),
        list(&fleet_files),
        shown(&event.fleet.because)
    );
    match &event.writer {
        Some(writer) => sink.warn(place, message, format!("`{}` is a writer, so it goes on; commit instead of stashing", shown(writer))),
        None => sink.report(place, message, help(stash)),
    }
}

/// Names up to three files.
fn list(files: &[&str]) -> String {
    let named: Vec<String> = files.iter().take(3).map(|path| format!("`{}`", shown(path))).collect();
    let more = files.len().saturating_sub(named.len());
    if more == 0 { named.join(", ") } else { format!("{} and {more} more", named.join(", ")) }
}

fn help(stash: &Stash<'_>) -> String {
    let own: Vec<String> = stash.own.iter().map(|path| shell_quote(path)).collect();
    let mut help = "work beside the fleet in a worktree, nothing needs stashing there\n    git worktree add -b BRANCH ../BRANCH".to_owned();
    if !own.is_empty() && own.len() <= 8 {
        help += &format!("\nor stash your own files alone\n    git stash push -u -- {}", own.join(" "));
    }
    help
}
