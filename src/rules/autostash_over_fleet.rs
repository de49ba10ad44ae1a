//! An autostash of rebase, merge or pull that would hold paths the fleet writes.

use crate::event::{Act, Event};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "autostash-over-fleet",
    article: 3,
    summary: "an autostash of rebase, merge or pull over paths the fleet writes",
    why: "`git pull --rebase --autostash` puts every uncommitted change aside, the fleet's too, resets the tree, and pops it later over what \
the fleet has written in the meantime. The conflict that follows was once resolved to `{\"agents\": {}}`, and committed.\n\nThe same \
conditions hold as for `stash-over-fleet`. `gnp-lint install` also sets `rebase.autoStash` and `merge.autoStash` to false in this \
repository, so that only an explicit `--autostash` is left.",
    level: Level::Deny,
    bad: &[
        "git branch side HEAD~1 && echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit rebase --autostash side",
        "git worktree add -q -b side ../side HEAD && (cd ../side && echo x > x && git add x && git commit -qm x)\n\
         echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit merge --autostash side",
    ],
    good: &[
        "git branch side HEAD~1 && echo mine >> README.md\ngit rebase --autostash side",
        "git branch side HEAD~1 && echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit rebase --no-autostash side || true",
    ],
    check: Check::Event(check),
};

fn check(event: &Event<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let Act::Autostash(stash) = &event.act else { return };
    let mut fleet_files = stash.files.iter().filter(|file| file.fleet);
    let (Some(first), true, true) = (fleet_files.next(), event.protected, event.fleet.alive) else { return };
    let more = match fleet_files.count() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let branch = event.branch.as_deref().unwrap_or("HEAD");
    let message = format!(
        "an autostash on `{}` would take `{}`{more} away from the fleet ({})",
        shown(branch),
        shown(&first.path),
        shown(&event.fleet.because)
    );
    if let Some(writer) = &event.writer {
        sink.warn(Place::file(&first.path), message, format!("`{}` is a writer, so it goes on; commit first instead", shown(writer)));
        return;
    }
    let mut help = String::new();
    if !stash.restore.is_empty() {
        help = format!("nothing is lost: get everything back just as it was, staged or not, with\n    {}\n", stash.restore.join("\n    "));
    }
    help += "commit or leave the files, and go on without an autostash\n    git pull --no-rebase --no-autostash\n\
             or, with another branch\n    git merge --no-autostash BRANCH";
    sink.report(Place::file(&first.path), message, help);
}
