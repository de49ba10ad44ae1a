//! `write-before-worktree`: a file that the new worktree lacks, because it was written and not committed before.

use crate::change::Class;
use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::worktrees::{self, Added};
use crate::protocol::writes::{self, How, Written};
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::shell::Script;
use crate::shell::course::{Course, Failure, Step, Whose};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "write-before-worktree",
    article: 4,
    summary: "a script that writes a file, makes a worktree, and does not copy the file into it",
    why: "\
A worktree is made from a commit. An orchestrator wrote this frame's assignments and made its worktrees a line later: none of them had \
the file as it was, the workers found nothing to do, and a frame of empty deltas was merged.

Copy the file into each worktree after `git worktree add`, and let the script stop where the copy fails: a copy behind `|| true` fails \
without a word, and the worker works on yesterday's assignments.",
    level: Level::Warn,
    bad: &[
        "\
python3 assign.py > state/stream_assignments.json
trap 'git worktree remove --force ../wt; git worktree prune' EXIT INT TERM
git worktree add ../wt HEAD
(cd ../wt && ./worker.sh)",
        "\
mv /tmp/assignments.json \"$REPO/state/stream_assignments.json\"
trap 'git worktree remove --force \"$WT\"; git worktree prune' EXIT INT TERM
git worktree add \"$WT\" HEAD
cp run.sh \"$WT/\"
(cd \"$WT\" && ./run.sh)",
        "\
trap 'git worktree remove --force ../wt; git worktree prune' EXIT INT TERM
git worktree add ../wt HEAD
cp state/stream_assignments.json ../wt/state/ 2>/dev/null || true
(cd ../wt && ./worker.sh)",
    ],
    good: &[
        "\
python3 assign.py > /tmp/assignments.json
trap 'git worktree remove --force ../wt; git worktree prune' EXIT INT TERM
git worktree add ../wt HEAD
cp /tmp/assignments.json ../wt/state/stream_assignments.json
(cd ../wt && ./worker.sh)",
        "\
trap 'git worktree remove --force ../wt; git worktree prune' EXIT INT TERM
git worktree add ../wt HEAD
cp state/stream_assignments.json ../wt/state/ || exit 1
cp .env ../wt/ 2>/dev/null || true",
        "\
python3 note.py > state/inbox/note-1.json
git add state/inbox/note-1.json && git commit -qm 'Leave a note'
trap 'git worktree remove --force ../wt; git worktree prune' EXIT INT TERM
git worktree add ../wt HEAD
(cd ../wt && ./worker.sh)",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    let Some(course) = script.worktrees() else { return };
    let added = worktrees::added(course);
    if added.is_empty() {
        return;
    }
    let written = writes::written(course);
    let known = |write| Some((write, Written::in_repository(write, |path| concerns(policy, path))?));
    // Behind an excerpt there may be the copy.
    for (write, path) in written.iter().filter(|_| !script.excerpt).filter_map(known).take(MOST) {
        let Some(added) = added.iter().find(|added| lacks(course, write, added)) else { continue };
        if is_brought(course, &written, write, &path, added) {
            continue;
        }
        let message = format!("`{}` is written here and not committed, and the worktree that is made later lacks it", shown(&path));
        let help = format!("Copy it after `git worktree add`:\n    cp {path} \"$worktree/{path}\"");
        sink.report(script.place(&write.bytes), message, help);
    }
    for copy in written.iter().filter(|it| is_below(it, &added) && is_hidden(script, &course.steps[it.step])) {
        let from = copy.source.as_ref().and_then(|from| writes::in_repository(from, |path| concerns(policy, path)));
        if let Some(path) = from {
            let message = format!("nobody notices when `{}` cannot be copied into the worktree", shown(&path));
            let help = "Let the script stop: write `|| exit 1` in the place of `|| true`.";
            sink.report(script.place(&course.steps[copy.step].bytes), message, help);
        }
    }
}

/// How many writes of one script are followed.
const MOST: usize = 64;

/// Files that a worker in a worktree goes by.
fn concerns(policy: &Policy, path: &str) -> bool {
    policy.worktree.carry.matches(path) || matches!(policy.class(path), Class::Canonical | Class::Free | Class::Delta)
}

/// Whether a worktree is made after a file was written in the shared checkout, with no commit in between.
fn lacks(course: &Course, write: &Written, added: &Added) -> bool {
    let step = &course.steps[write.step];
    let shared = course.whose(&write.path) != Whose::Own && step.frames.handler().is_none() && !step.frames.uncalled();
    let commits = |step: &Step| step.git().is_some_and(|git| git.command == "commit");
    shared
        && write.how != How::Removed
        && course.may_precede(write.step, added.step)
        && !course.steps[write.step..added.step].iter().any(commits)
}

/// Whether something puts the file into the worktree: a copy that names it or its folder, or a write of its own there.
fn is_brought(course: &Course, written: &[Written], write: &Written, path: &str, added: &Added) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let folder = path.split('/').next().unwrap_or(path);
    let names = |step: &Step| step.words.iter().any(|word| word.text.contains(name) || word.text.split('/').any(|part| part == folder));
    let below = |it: &&Written| it.step > added.step && it.path.strip_prefix(&added.path).is_some();
    let copies = |step: &Step| matches!(step.name(), "cp" | "rsync" | "install" | "ln" | "mv" | "tar" | "cat" | "scp" | "ditto");
    written.iter().filter(below).any(|it| {
        let same = it.source.as_ref().is_some_and(|source| source.may_equal(&write.path));
        same || it.path.shape().ends_with(name) || names(&course.steps[it.step])
    }) || course.steps[added.step..].iter().any(|step| copies(step) && names(step))
}

fn is_below(copy: &Written, added: &[Added]) -> bool {
    copy.how == How::Copied && added.iter().any(|added| added.step < copy.step && copy.path.strip_prefix(&added.path).is_some())
}

/// `… || true`
fn is_hidden(script: &Script, step: &Step) -> bool {
    let rest = script.text.get(step.bytes.end..).unwrap_or_default().lines().next().unwrap_or_default();
    let other = rest.split_once("||").map(|(_, other)| other.trim_start());
    step.failure == Failure::Ignored && other.is_some_and(|other| other.starts_with("true") || other.starts_with(':'))
}
