//! A push that takes commits away from a protected branch.

use crate::event::{Act, Event};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::{shell_quote, short, shown};
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "force-push-to-protected",
    article: 1,
    summary: "a force-push of a protected branch",
    why: "Everybody builds on a protected branch, and the fleet pushes to it every few seconds. A push that is no fast-forward takes the \
commits of the others out of it: their state is gone from the shared branch, and every clone that has them runs into conflicts.\n\n\
`git pull` first, and push again; `--force-with-lease` does not help, since it only tells that nobody was faster. To undo a commit, revert it. \
A writer to whom the policy gives `force_push = true` passes: before a push it is known by its environment and its own identity; on a \
server, where neither can be trusted, by author and subject of the commits that the push brings.",
    level: Level::Deny,
    bad: &[
        "git init -q --bare -b main ../up.git && git push -q ../up.git main\n\
         git commit -q --amend -m 'describe it better'\ngit push --force ../up.git main",
        "git init -q --bare -b main ../up.git && git push -q ../up.git main\ngit push -q ../up.git +main~1:main",
    ],
    good: &[
        "git init -q --bare -b main ../up.git && git push -q ../up.git main\n\
         git commit -q --allow-empty -m 'one more'\ngit push --force ../up.git main",
        "git init -q --bare -b main ../up.git && git push -q ../up.git main main:feature\ngit push -q --force ../up.git main~1:feature",
    ],
    check: Check::Event(check),
};

fn check(event: &Event<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let Act::Push(push) = &event.act else { return };
    if !event.protected || push.fast_forward || push.forcing_writer.is_some() {
        return;
    }
    let branch = shown(&push.branch);
    let old = short(&push.old);
    let message = format!("this push would take commits away from `{branch}`, which stands at `{old}` there");
    let remote = push.remote.as_deref().map_or_else(|| "REMOTE".to_owned(), shell_quote);
    let pull = format!("git pull --no-rebase --no-autostash {remote} {}", shell_quote(&push.branch));
    let help = format!(
        "take in what the others have pushed, and push without force\n    {pull}\nto undo a commit, revert it\n    git revert COMMIT"
    );
    sink.report(Place::default().on(format!("refs/heads/{}", push.branch)), message, help);
}
