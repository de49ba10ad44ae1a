//! `unhandled-rebase`: a rebase whose failure nobody looks at, with a commit, add or push behind it.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::{Call, Calls, pulls_by_rebase};
use crate::rule::{Check, Level, Rule};
use crate::shell::Script;
use crate::shell::course::{Failure, Frame, Whose};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "unhandled-rebase",
    article: 3,
    summary: "a rebase whose failure is ignored, and a commit, add or push after it",
    why: "\
A rebase that conflicts stops in the middle: HEAD is detached, files have conflict markers in them, and the checkout stays so until \
somebody ends it. A script that goes on (`|| true`, or no test at all) then adds the markers, commits them to no branch, and pushes what \
was there before. The next writer that comes to this checkout commits on top. The protocol says of it: if the rebase fails, state \
corrupts.

End it where it fails: `git pull --rebase || { git rebase --abort; exit 1; }`, `if ! git rebase …; then`, or `set -e`, which at least \
stops there.",
    level: Level::Warn,
    bad: &[
        "git pull --rebase --no-autostash origin main || true\ngit push origin main",
        "set -e\ngit rebase origin/main || echo 'rebase failed'\ngit commit -m x -- docs",
        "git fetch\ngit rebase -q origin/main\ngit add docs && git commit -m x -- docs",
        "for i in 1 2 3; do\n  git push origin HEAD && break\n  git pull --rebase --no-autostash\n  sleep 3\ndone",
        "sync() { git pull --rebase --no-autostash || true; }\nsync\ngit push",
    ],
    good: &[
        "git pull --rebase --no-autostash origin main || { git rebase --abort; exit 1; }\ngit push origin main",
        "if ! git rebase origin/main; then\n  git rebase --abort\n  exit 1\nfi\ngit push",
        "set -e\ngit pull --rebase --no-autostash\ngit push",
        "git pull --rebase --no-autostash && git push",
        "git rebase origin/main\nif [ $? -ne 0 ]; then git rebase --abort; exit 1; fi\ngit push",
        "git rebase --continue || true\ngit push",
        "git rebase origin/main || true\nif [ -d .git/rebase-merge ]; then git rebase --abort; exit 1; fi\ngit push",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !["rebase", "pull"].iter().any(|word| script.text.contains(word)) {
        return;
    }
    // It looks by itself whether a rebase is under way.
    if ["rebase-merge", "rebase-apply", "REBASE_HEAD"].iter().any(|name| script.text.contains(name)) {
        return;
    }
    let calls = script.calls();
    for call in calls.places(|call| rebases(call) && is_overlooked(call, script)) {
        let Some(next) = goes_on(calls, call).filter(|next| !is_read_between(script, call, next)) else { continue };
        let message = format!(
            "`{}` can stop in the middle, nobody looks, and `{}` in line {} goes on from there",
            calls.told(call),
            calls.told(next),
            calls.line(next.step)
        );
        let help = format!("End it where it fails:\n    {} || {{ git rebase --abort; exit 1; }}", calls.told(call));
        sink.report(script.place(&call.step.bytes), message, help);
    }
}

fn rebases(call: &Call<'_>) -> bool {
    const GOES_ON: &[&str] = &["--abort", "--continue", "--skip", "--quit", "--edit-todo", "--show-current-patch"];
    (call.git.command == "rebase" && !call.git.has(GOES_ON)) || pulls_by_rebase(&call.git)
}

/// Whether nothing in the script acts on the failure of a rebase.
fn is_overlooked(call: &Call<'_>, script: &Script) -> bool {
    match call.step.failure {
        Failure::Ends | Failure::Tested => false,
        Failure::Ignored | Failure::Skips(_) => true,
        Failure::Unseen => !asks_for_status(script, call.step.bytes.end),
    }
}

/// Whether somebody looks at what happened before the next command: excerpts are run line by line, unless the text throws failures away.
fn is_read_between(script: &Script, call: &Call<'_>, next: &Call<'_>) -> bool {
    let between = script.text.get(call.step.bytes.end..next.step.bytes.start).unwrap_or("\n");
    let is_alone = call.step.frames.iter().all(|frame| matches!(frame, Frame::Link(..)));
    script.excerpt && is_alone && call.step.failure != Failure::Ignored && between.contains('\n')
}

/// Whether the rest of the line, or the next one, looks at `$?`.
fn asks_for_status(script: &Script, from: usize) -> bool {
    let mut lines = script.text.get(from..).unwrap_or_default().lines();
    let rest = lines.next().unwrap_or_default();
    let next = lines.map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#')).unwrap_or_default();
    [rest, next].iter().any(|line| line.contains("$?") || line.contains("${?}") || line.contains("PIPESTATUS"))
}

/// What may be done in the same folder after the rebase has failed; none if the script ends the rebase first.
fn goes_on<'c, 's>(calls: &'c Calls<'s>, call: &'c Call<'s>) -> Option<&'c Call<'s>> {
    let again = || {
        let round = call.step.frames.innermost_loop()?;
        let is_before = |other: &&Call<'s>| {
            other.number < call.number
                && other.step.frames.in_loop(round)
                && other.step.folder == call.step.folder
                && builds_on(call, other)
        };
        calls.all.iter().find(is_before)
    };
    let ends = |later: &Call<'s>| {
        later.git.command == "rebase" && later.git.has(&["--abort", "--quit", "--continue", "--skip"])
            || later.git.command == "reset" && later.git.has(&["--hard"])
    };
    let matters = move |later: &Call<'s>| (builds_on(call, later) || ends(later)) && !is_left_out(call, later);
    let next = calls.later(call, matters).next().or_else(again)?;
    (!ends(next)).then_some(next)
}

/// Whether a call carries on from a rebase that has failed; in a clone of its own a push then has nothing to push.
fn builds_on(call: &Call<'_>, later: &Call<'_>) -> bool {
    match later.git.command {
        "commit" | "add" => true,
        "push" => call.step.whose > Whose::Own,
        _ => false,
    }
}

/// Whether a later call is a part of the chain that the failure leaves out.
fn is_left_out(call: &Call<'_>, later: &Call<'_>) -> bool {
    let Failure::Skips(end) = call.step.failure else { return false };
    let start = call.step.bytes.start;
    let own: Vec<&Frame> = call.step.frames.iter().collect();
    later.step.frames.iter().any(|frame| matches!(frame, Frame::Link(at, _) if *at <= start && start < end) && !own.contains(&frame))
}
