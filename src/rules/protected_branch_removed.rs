//! A protected branch that is deleted, renamed away or made to point at another.

use crate::event::{Act, Event, Removal};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "protected-branch-removed",
    article: 1,
    summary: "a protected branch deleted, renamed away, or made to point at another",
    why: "Everybody commits to that branch, every few seconds, by its name. When it is gone the next commit starts a history of its own; when it \
is a symbolic ref to another branch, every commit lands there. Deleting it and making it anew would also bring any content onto it unjudged.\n\n\
`git gc` and `git pack-refs`, which drop the loose file of a ref that is packed, pass. To rename the branch for good, name the new one in \
the policy's `protected` list first, then take the old one off that list.",
    level: Level::Deny,
    bad: &[
        "git switch -q --detach && git branch -D main",
        "git branch -m trunk",
        "git update-ref -d refs/heads/main",
        "git init -q --bare ../up.git && git push -q ../up.git main && git push -q ../up.git :main",
    ],
    good: &[
        "git branch side && git branch -m side other && git branch -D other",
        "git pack-refs --all --prune && git gc -q && git rev-parse -q --verify main",
        "git init -q --bare ../up.git && git push -q ../up.git main main:side && git push -q ../up.git :side",
    ],
    check: Check::Event(check),
};

fn check(event: &Event<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let (Act::BranchRemoved(removed), true) = (&event.act, event.protected) else { return };
    let name = shown(&removed.name);
    let what = match &removed.how {
        Removal::Deleted => "would be deleted or renamed away".to_owned(),
        Removal::Repointed(target) => format!("would point at `{}` from now on", shown(target)),
    };
    let place = Place::default().on(format!("refs/heads/{}", removed.name));
    let from = removed.remote.as_deref().map(|remote| format!(" on `{}`", shown(remote))).unwrap_or_default();
    let help = "leave it, everybody commits to it; to have the same commits under another name as well\n    git branch NAME main";
    sink.report(
        place,
        format!("the protected branch `{name}`{from} {what}"),
        help.replace("main", &crate::report::shell_quote(&removed.name)),
    );
}
