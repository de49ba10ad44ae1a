//! A new branch that is meant to be a stream's and is not called like one.

use crate::event::{Act, Event};
use crate::finding::{Place, Sink};
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "misnamed-stream-branch",
    article: 1,
    summary: "a new branch that begins like a stream's but is not called like one",
    why: "The merge finds the work of the streams by the names of their branches, and the cleanup finds what it may delete in the same way. \
`dc/stream1-405` where `dc/*/frame-*` was agreed on is found by neither: its deltas are never merged, and the branch stays for ever.\n\n\
The names are the policy's `worktree.branch`; without any, which is the default, every name is fine.",
    level: Level::Deny,
    bad: &[
        "printf '[worktree]\\nbranch = [\"dc/*/frame-*\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm 'name the streams'\n\
         git branch dc/stream1-405",
        "printf '[worktree]\\nbranch = [\"dc/*/frame-*\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm 'name the streams'\n\
         git worktree add -q -b dc/stream-1/405 ../stream-1",
    ],
    good: &[
        "printf '[worktree]\\nbranch = [\"dc/*/frame-*\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm 'name the streams'\n\
         git worktree add -q -b dc/stream-1/frame-405 ../stream-1 && git branch dcl/stream1-405",
        "git branch dc/stream1-405",
    ],
    check: Check::Event(check),
};

fn check(event: &Event<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    let Act::BranchMade(made) = &event.act else { return };
    let patterns = &policy.worktree.branch;
    let Some(pattern) = patterns.0.iter().find(|pattern| begins_like(&made.name, pattern)) else { return };
    if patterns.matches(&made.name) {
        return;
    }
    let (name, form) = (shown(&made.name), shown(pattern.text()));
    let message = format!("`{name}` begins like a stream's branch and is not called like `{form}`");
    let help = format!(
        "call it by that form, in which `*` stands for anything without a slash, or by a name that does not begin with `{}`",
        shown(pattern.literal())
    );
    sink.report(Place::default().on(format!("refs/heads/{}", made.name)), message, help);
}

/// Where the fixed beginning of a pattern ends in the middle of a word, it says nothing: `d*` does not claim `develop/x`.
fn begins_like(name: &str, pattern: &Pattern) -> bool {
    pattern.literal().ends_with(['/', '-', '_', '.']) && name.starts_with(pattern.literal())
}
