//! A branch made in the primary checkout while the fleet runs.

use crate::event::{Act, Event};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::{shell_quote, shown};
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "branch-in-primary-checkout",
    article: 1,
    summary: "a branch made in the primary checkout while the fleet runs there",
    why: "The fleet commits to whatever is checked out. A session that switches the primary checkout to a branch of its own takes the fleet \
along: its next commits land on that branch, and the shared one stands still.\n\nA linked worktree is a folder and a branch of one's own. \
Only a sign of life that the policy names (`[fleet] alive`) raises this; without one nothing is known.",
    level: Level::Warn,
    bad: &["printf '[fleet]\nalive = [{ lock = \"../fleet.lock\", within = \"10m\" }]\n' > gnp.toml\n\
         git add gnp.toml && git commit -qm 'name a sign of life' && touch ../fleet.lock\ngit switch -q -c topic"],
    good: &[
        "git switch -q -c topic",
        "printf '[fleet]\nalive = [{ lock = \"../fleet.lock\", within = \"10m\" }]\n' > gnp.toml\n\
         git add gnp.toml && git commit -qm 'name a sign of life' && touch ../fleet.lock\n\
         git branch topic && git worktree add -q ../topic topic && cd ../topic && git switch -q -c other",
        "printf '[fleet]\nalive = [{ pid_file = \"../fleet.pid\" }]\n' > gnp.toml\n\
         git add gnp.toml && git commit -qm 'name a sign of life'\ngit switch -q -c topic",
    ],
    check: Check::Event(check),
};

fn check(event: &Event<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    let Act::BranchStarted(name) = &event.act else { return };
    if policy.fleet.alive.is_empty() || !event.fleet.alive {
        return;
    }
    let message = format!("`{}` was made in the primary checkout, where the fleet works ({})", shown(name), shown(&event.fleet.because));
    let folder = shell_quote(&format!("../{}", name.replace('/', "-")));
    let help =
        format!("go back at once, and work in a worktree of your own\n    git switch - && git worktree add {folder} {}", shell_quote(name));
    sink.report(Place::default().on(format!("refs/heads/{name}")), message, help);
}
