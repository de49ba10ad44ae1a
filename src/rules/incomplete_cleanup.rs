//! `incomplete-cleanup`: a cleanup of a worktree that leaves something of it.

use std::collections::BTreeSet;

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::worktrees::{self, Added, By, Removed};
use crate::rule::{Check, Level, Rule};
use crate::shell::course::{Course, Handler};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "incomplete-cleanup",
    article: 2,
    summary: "a cleanup that leaves the worktree's entry or branch, or does not run on every end of the script",
    why: "\
A worktree is three things: a folder, an entry in `.git/worktrees`, and a branch. `rm -rf` takes the folder alone; the entry goes on \
holding the branch as checked out, and `git worktree add` refuses both the path and the name from then on. A branch that stays makes \
the next `add -b` fail.

The protocol asks for all of it, in one function: `git worktree remove --force`, `git worktree prune`, `git branch -D`, on EXIT, INT and \
TERM, with the trap set before the worktree is made. What one cleanup lacks is told in one finding.",
    level: Level::Warn,
    bad: &[
        "wt=../wt\ntrap 'rm -rf \"$wt\"' EXIT INT TERM\ngit worktree add \"$wt\" HEAD\nmake",
        "\
cleanup() { git worktree remove --force \"$wt\"; git worktree prune; }
trap cleanup EXIT INT TERM
wt=../wt
git worktree add \"$wt\" -b dc/1
make",
        "wt=../wt\ntrap 'git worktree remove --force \"$wt\"; git worktree prune' EXIT\ngit worktree add \"$wt\" HEAD\nmake",
        "wt=../wt\ngit worktree add \"$wt\" HEAD\ntrap 'git worktree remove --force \"$wt\"; git worktree prune' EXIT INT TERM\nmake",
        "wt=../wt\ntrap 'git worktree remove --force \"$wt\"' EXIT INT TERM\ngit worktree add \"$wt\" HEAD\nmake",
    ],
    good: &[
        "\
cleanup() { git worktree remove --force \"$wt\"; git worktree prune; git branch -D dc/1; }
trap cleanup EXIT INT TERM
wt=../wt
git worktree add \"$wt\" -b dc/1
make",
        "\
wt=../wt
trap 'rm -rf \"$wt\"; git worktree prune' EXIT
trap 'exit 1' INT TERM
git worktree add --detach \"$wt\"
make",
        "d=$(mktemp -d)\ntrap 'rm -rf \"$d\"' EXIT\ngit clone -q . \"$d/c\"\ncd \"$d/c\"\ngit worktree add ../wt -b x",
        "d=$(mktemp -d)\ntrap 'rm -rf \"$d\"' EXIT\ncp notes.md \"$d\" # as `git worktree add` would",
    ],
    check: Check::Script(check),
};

/// Signals that end a script from outside.
const SIGNALS: [&str; 2] = ["INT", "TERM"];

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let Some(course) = script.worktrees() else { return };
    let (added, removed) = (worktrees::added(course), worktrees::removed(course));
    let mut told = BTreeSet::new();
    for added in &added {
        let traps = worktrees::traps_for(course, added, &removed);
        // Of an excerpt only a handler is sure to be shown to its end.
        if traps.iter().any(|trap| course.traps[*trap].handler == Handler::Unknown) || (script.excerpt && traps.is_empty()) {
            continue;
        }
        let mine: Vec<&Removed> = removed.iter().filter(|it| is_cleanup(course, added, it, &traps)).collect();
        let Some(last) = mine.last() else { continue };
        let mut missing = left_behind(course, added, &mine);
        if !traps.is_empty() {
            missing.extend(not_run(course, added, &traps));
        }
        let at = traps.first().map_or(last.step, |trap| course.traps[*trap].step);
        if !missing.is_empty() && told.insert(at) {
            let message = format!("the cleanup of this script's worktree is not complete: {}", missing.join("; "));
            let help = "The whole of it, set before the worktree is made:\n    \
                        cleanup() { git worktree remove --force \"$worktree\"; git worktree prune; git branch -D \"$branch\"; }\n    \
                        trap cleanup EXIT INT TERM";
            sink.report(script.place(&course.steps[at].bytes), message, help);
        }
    }
}

/// Whether a removal belongs to the cleanup of a worktree: in a handler, or after it.
fn is_cleanup(course: &Course, added: &Added, removed: &Removed, traps: &[usize]) -> bool {
    let same = if removed.by == By::Git { removed.may_be(added) } else { removed.surely_is(added) };
    let frames = &course.steps[removed.step].frames;
    let there = match frames.handler() {
        Some(trap) => traps.contains(&trap),
        None => !frames.uncalled() && removed.step > added.step && course.may_precede(added.step, removed.step),
    };
    same && there
}

/// What the commands of a cleanup do not take away.
fn left_behind(course: &Course, added: &Added, mine: &[&Removed]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    if !worktrees::prunes(course) {
        missing.push(if mine.iter().any(|it| it.by == By::Git) {
            "no `git worktree prune`"
        } else {
            "`rm -rf` alone leaves the entry, so neither path nor branch can be used again without `git worktree prune`"
        });
    }
    let made = added.branch.is_some();
    if made && worktrees::deleted_branches(course).is_empty() {
        missing.push("the branch that `add -b` made stays");
    }
    missing
}

/// On which ends of the script the handlers do not run.
fn not_run(course: &Course, added: &Added, traps: &[usize]) -> Vec<&'static str> {
    let mut missing = Vec::new();
    let traps_signal = |signal: &str| {
        course
            .traps
            .iter()
            .any(|trap| matches!(trap.handler, Handler::Commands | Handler::Unknown) && trap.signals.iter().any(|name| name == signal))
    };
    match SIGNALS.map(traps_signal) {
        [false, false] => missing.push("the trap does not name INT and TERM"),
        [false, true] => missing.push("the trap does not name INT"),
        [true, false] => missing.push("the trap does not name TERM"),
        [true, true] => {}
    }
    if traps.iter().all(|trap| course.traps[*trap].step > added.step) {
        missing.push("the trap is set after the worktree was added");
    }
    missing
}
