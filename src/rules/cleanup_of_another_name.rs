//! `cleanup-of-another-name`: a cleanup that takes away something else than what was made.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::worktrees::{self, Added, By, Removed};
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::shell::Script;
use crate::shell::course::{Course, Handler, Symbol, Value};
use crate::shell::tree::UNKNOWN;
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "cleanup-of-another-name",
    article: 2,
    summary: "a cleanup of a path or a branch that cannot be the one the script made",
    why: "\
An orchestrator that was held up as the example to follow made `dc/stream-1/frame-405` and deleted `dc/stream-stream-1/frame-405`. The \
deletion failed each time, `|| true` hid it, and the branches piled up until a later `add -b` of the same frame failed.

Write the name once, into a variable, and use that in both places. Names are compared as far as the text tells, through assignments, \
functions, loops, `basename` and the like; what cannot be known is not accused, and neither is the removal of leftovers by a script that \
also removes its own.",
    level: Level::Warn,
    bad: &[
        "\
cleanup() {
    git worktree remove --force \"../wt-$stream\"; git worktree prune
    git branch -D \"dc/stream-$stream/frame-405\" 2>/dev/null || true
}
trap cleanup EXIT INT TERM
stream=stream-1
git worktree add \"../wt-$stream\" -b \"dc/$stream/frame-405\"
make",
        "\
trap 'git worktree remove --force ../wt-two; git worktree prune' EXIT INT TERM
git worktree add ../wt-one HEAD
make",
        "\
frame=$1
cleanup() { git worktree remove --force \"/srv/wt/$frame\"; git worktree prune; git branch -D \"frame-$frame\"; }
trap cleanup EXIT INT TERM
git worktree add \"/srv/wt/$frame\" -b \"dc/frame-$frame\"
make",
    ],
    good: &[
        "\
branch=dc/stream-1/frame-405
cleanup() { git worktree remove --force ../wt; git worktree prune; git branch -D \"$branch\" 2>/dev/null || true; }
trap cleanup EXIT INT TERM
git worktree add ../wt -b \"$branch\"
make",
        "\
git worktree remove --force ../wt-old 2>/dev/null || true
git branch -D dc/old 2>/dev/null || true
cleanup() { git worktree remove --force ../wt; git worktree prune; git branch -D dc/new; }
trap cleanup EXIT INT TERM
git worktree add ../wt -b dc/new
make",
        "\
cleanup() {
    git worktree list --porcelain | sed -n 's/^worktree //p' | while read -r path; do git worktree remove --force \"$path\"; done
    git worktree prune
    git branch -D \"$(cat .branch)\"
}
trap cleanup EXIT INT TERM
git worktree add \"../wt-$1\" -b \"dc/$1\"
make",
        "\
trap 'git worktree remove --force wt-1; git worktree prune' EXIT INT TERM
git worktree add \"$HOME/wts/wt-1\" HEAD
make",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let Some(course) = script.worktrees() else { return };
    let added = worktrees::added(course);
    // An excerpt without a handler is a list of commands, each for another day.
    let handles = course.traps.iter().any(|trap| trap.handler == Handler::Commands);
    if added.is_empty() || (script.excerpt && !handles) {
        return;
    }
    paths(script, course, &added, sink);
    branches(script, course, &added, sink);
}

fn paths(script: &Script, course: &Course, added: &[Added], sink: &mut Sink<'_>) {
    let removed = worktrees::removed(course);
    let Some(left) = added.iter().find(|added| !removed.iter().any(|it| it.may_be(added))) else { return };
    let strange = |it: &&Removed| it.by == By::Git && is_cleanup(course, left, it.step) && !added.iter().any(|added| it.may_be(added));
    for removed in removed.iter().filter(strange) {
        let message = format!("this removes {}, but the worktree that was added is {}", told(&removed.path), told(&left.path));
        sink.report(script.place(&course.steps[removed.step].bytes), message, HELP);
    }
}

fn branches(script: &Script, course: &Course, added: &[Added], sink: &mut Sink<'_>) {
    let (deleted, made) = (worktrees::deleted_branches(course), worktrees::made_branches(course));
    let left = added.iter().find_map(|added| {
        let branch = added.branch.as_ref()?;
        (!deleted.iter().any(|(_, name)| name.may_equal(branch))).then_some((added, branch))
    });
    let Some((added, branch)) = left else { return };
    for (at, name) in deleted.iter().filter(|(at, name)| is_cleanup(course, added, *at) && !made.iter().any(|made| made.may_equal(name))) {
        let message = format!("this deletes the branch {}, but the one that `add` made is {}", told(name), told(branch));
        sink.report(script.place(&course.steps[*at].bytes), message, HELP);
    }
}

const HELP: &str = "Write the name once, into a variable, and use the variable in both places.";

fn is_cleanup(course: &Course, added: &Added, at: usize) -> bool {
    at > added.step && !course.steps[at].frames.uncalled() && course.may_precede(added.step, at)
}

/// A value as messages show it; `…` stands for what is not known.
fn told(value: &Value) -> String {
    let shape = value.shape().replace(UNKNOWN, "…");
    let path = if value.first() == Some(&Symbol::Start) { shape.strip_prefix("…/").unwrap_or(&shape) } else { &shape };
    format!("`{}`", shown(path))
}
