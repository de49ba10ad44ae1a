//! `worktree-without-trap`: a worktree that stays behind when the script ends early.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::worktrees::{self, Added, Removed};
use crate::rule::{Check, Level, Rule};
use crate::shell::course::{Course, Failure, Frame, Step};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "worktree-without-trap",
    article: 2,
    summary: "`git worktree add` with no trap on EXIT that takes the worktree away",
    why: "\
A worker fails, somebody presses Ctrl-C, the machine is short of memory: the script ends before its last line, and its worktrees stay. \
Next frame `git worktree add` finds the path taken or the branch checked out elsewhere, and every stream fails until a person clears \
them away.

Set the trap before the first `add`: `trap cleanup EXIT INT TERM`, and let the function remove the worktree, prune, and delete the \
branch. Handlers are followed through functions, and a script that removes the same path on every way out needs none. It is denied \
where many are made: in a loop, or where jobs run in the background; elsewhere it warns, because some worktrees shall live.",
    level: Level::Deny,
    bad: &[
        "\
for stream in 1 2 3; do
    git worktree add \"../wt-$stream\" -b \"dc/$stream\"
    (cd \"../wt-$stream\" && ./stream.sh) &
    sleep 4
done
wait",
        "git worktree add \"$WT\" main || exit 1\n./worker.sh \"$WT\" &\nwait $! || exit 1\ngit worktree remove --force \"$WT\" && git worktree prune",
        "\
make() { git worktree add \"$1\" HEAD; }
trap 'rm -f /tmp/streams.pid' EXIT
while read -r stream; do make \"/srv/wt/$stream\"; done < streams",
        "\
cleanup() { git worktree remove --force \"$wt\"; git worktree prune; }
trap cleanup EXIT
trap - EXIT
wt=../wt-1
git worktree add \"$wt\" HEAD
./worker.sh \"$wt\" & wait",
    ],
    good: &[
        "\
wt=../wt-$$
cleanup() { git worktree remove --force \"$wt\"; git worktree prune; git branch -D \"dc/$$\"; }
trap cleanup EXIT INT TERM
git worktree add \"$wt\" -b \"dc/$$\"
./worker.sh \"$wt\" &
wait",
        "\
git worktree add ../wt HEAD || exit 1
(cd ../wt && make)
git worktree remove --force ../wt
git worktree prune",
        "d=$(mktemp -d)\ngit clone -q . \"$d/c\"\ncd \"$d/c\"\nfor i in 1 2; do git worktree add \"../wt-$i\" HEAD; done",
        "\
case \"$1\" in
    add) git worktree add \"../wt-$2\" ;;
    remove) git worktree remove \"../wt-$2\" && git worktree prune ;;
esac",
        "git worktree list\ngrep -rn 'git worktree add' docs\necho \"run: git worktree add ../wt\"",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let Some(course) = script.worktrees() else { return };
    // Where an excerpt ends, the work does not.
    if script.excerpt {
        return;
    }
    let removed = worktrees::removed(course);
    for added in worktrees::added(course) {
        let provided = traps_on_exit(course, &added, &removed)
            || removed.iter().any(|it| is_on_every_way(course, &added, it, &removed) || is_another_way(course, &added, it));
        if provided {
            continue;
        }
        let step = &course.steps[added.step];
        let message = "this worktree stays behind when the script ends early: no trap on EXIT removes it";
        let place = script.place(&step.bytes);
        if is_orchestrator(course, step) { sink.report(place, message, help(&added)) } else { sink.warn(place, message, help(&added)) }
    }
}

fn help(added: &Added) -> String {
    let branch = if added.branch.is_some() { "; git branch -D \"$branch\" 2>/dev/null" } else { "" };
    format!(
        "Set the trap before the worktree is made:\n    \
         cleanup() {{ git worktree remove --force \"$worktree\" 2>/dev/null; git worktree prune{branch}; }}\n    \
         trap cleanup EXIT INT TERM"
    )
}

fn traps_on_exit(course: &Course, added: &Added, removed: &[Removed]) -> bool {
    worktrees::traps_for(course, added, removed).into_iter().any(|trap| course.traps[trap].signals.iter().any(|signal| signal == "EXIT"))
}

/// It makes worktrees in a loop, or starts jobs that run beside it.
fn is_orchestrator(course: &Course, step: &Step) -> bool {
    let again = step.frames.innermost_loop().is_some_and(|number| course.loops[number].times != Some(1));
    again || course.steps.iter().any(|step| step.frames.iter().any(|frame| matches!(frame, Frame::Background(_))))
}

/// Whether a removal stands on a way of its own, as in a tool with subcommands: the worktree is meant to live until somebody calls it.
fn is_another_way(course: &Course, added: &Added, removed: &Removed) -> bool {
    let (first, second) = (added.step.min(removed.step), added.step.max(removed.step));
    let step = &course.steps[removed.step];
    step.frames.uncalled() || (step.frames.handler().is_none() && !course.may_precede(first, second))
}

/// Whether whoever added the worktree comes past its removal, whatever happens.
fn is_on_every_way(course: &Course, added: &Added, removed: &Removed, all: &[Removed]) -> bool {
    let (from, to) = (added.step, removed.step);
    if to <= from || !removed.may_be(added) || course.steps[to].frames.handler().is_some() {
        return false;
    }
    let outer: Vec<&Frame> = course.steps[from].frames.iter().collect();
    let passes = |frame: &Frame| matches!(frame, Frame::Call(..) | Frame::Loop(_)) || outer.contains(&frame);
    course.steps[to].frames.iter().all(passes) && (from + 1..to).all(|at| !leaves(course, added, at, all))
}

/// Whether the script may end at a step, with the worktree still there.
fn leaves(course: &Course, added: &Added, at: usize, removed: &[Removed]) -> bool {
    let (add, step) = (&course.steps[added.step], &course.steps[at]);
    let ends = match step.name() {
        "exit" => true,
        "exec" => step.words.len() > 1,
        "return" => step.frames.iter().any(|frame| matches!(frame, Frame::Call(..)) && add.frames.iter().any(|own| own == frame)),
        name => step.failure == Failure::Ends && !rarely_fails(name),
    };
    // A subshell that ends, ends alone; `add … || exit 1` ends where there is no worktree.
    let alone = step.failure != Failure::Ends && step.frames.shell() != add.frames.shell();
    let is_own_failure = step.frames.iter().any(|frame| match frame {
        Frame::Branch(start, _) | Frame::Link(start, _) => *start <= add.bytes.start && !add.frames.iter().any(|own| own == frame),
        _ => false,
    });
    let cleared = removed.iter().any(|it| it.step > added.step && it.step < at && course.surely_precedes(it.step, at));
    ends && !alone && !is_own_failure && !cleared
}

/// Commands whose failure nobody expects.
fn rarely_fails(name: &str) -> bool {
    ["", "echo", "printf", "cd", "pushd", "popd", ":", "true", "export", "local", "declare", "readonly", "set", "trap", "shift", "sleep"]
        .contains(&name)
}
