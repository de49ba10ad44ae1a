//! `branch-without-worktree`: a script that builds on a new branch in the checkout that everybody shares.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::{Call, Calls};
use crate::report::shell_quote;
use crate::rule::{Check, Level, Rule};
use crate::shell::Script;
use crate::shell::course::Step;
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "branch-without-worktree",
    article: 1,
    summary: "a script that makes a branch in the shared checkout and builds on it there",
    why: "\
`git checkout -b` switches the branch under everybody who works in that checkout. The fleet's next commit lands on the feature branch, \
main stands still, and the push of the feature carries the fleet's state with it. Whoever switches back takes what is half done of both \
along.

A linked worktree costs a second and no copy of the history: `git worktree add -b BRANCH PATH`, with a trap that removes it. A script \
that only makes a branch, or works in a clone or worktree that it made, is fine.",
    level: Level::Warn,
    bad: &[
        "set -e\ngit checkout -b feature/x\necho x >> docs/x.md\ngit add docs/x.md\ngit commit -m x",
        "set -e\ncd /srv/fleet\ngit switch -c fix origin/main && git commit -m x -- docs",
        "begin() { git -C \"$REPO\" checkout -q -B \"$1\"; }\nset -e\nbegin fix\ngit -C \"$REPO\" cherry-pick \"$2\"",
        "git switch --create=docs\nsed -e s/a/b/ docs/in.md > docs/out.md",
    ],
    good: &[
        "set -e\ngit branch feature/x\ngit commit -m x -- docs",
        "set -e\ngit checkout -b feature/x\ngit push origin feature/x\n./build > build.log 2>&1",
        "set -e\nd=$(mktemp -d)\ngit clone -q https://example.org/fleet.git \"$d/fleet\"\ncd \"$d/fleet\"\ngit checkout -b x\n\
         git add -A\ngit commit -m x",
        "set -e\nwt=$(mktemp -d)/wt\ntrap 'git worktree remove --force \"$wt\"; git worktree prune; git branch -D fix' EXIT INT TERM\n\
         git worktree add -b fix \"$wt\"\n(cd \"$wt\" && git commit -m x -- docs)",
        "set -e\ngit checkout main\ngit commit -m x -- docs\necho 'git checkout -b x' # git switch -c x",
    ],
    check: Check::Script(check),
};

/// How much of the file, in bytes, is looked at on either side of an excerpt.
const AROUND: usize = 16 << 10;

/// How far an edit is looked for.
const MOST_STEPS: usize = 512;

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !["checkout", "switch"].iter().any(|word| script.text.contains(word)) {
        return;
    }
    let calls = script.calls();
    let makes_worktree = |call: &Call<'_>| call.git.command == "worktree" && call.git.operands().first().is_some_and(|it| it.text == "add");
    // What was not followed, or is done elsewhere, may make a worktree.
    if calls.course.cut || calls.all.iter().any(makes_worktree) {
        return;
    }
    for call in calls.shared(|call| branch_made(call).is_some()) {
        let Some(line) = first_built(calls, call).filter(|_| !is_told_elsewhere(script, call)) else { continue };
        let message = format!("`{}` switches the branch under everybody in this checkout, and line {line} builds on it", calls.told(call));
        let name = branch_made(call).filter(|name| !name.is_empty()).map_or_else(|| "BRANCH".to_owned(), |name| shell_quote(&name));
        let help = format!("Give it a worktree, and go there:\n    git worktree add -b {name} ../{name}\n    cd ../{name}");
        sink.report(script.place(&call.step.bytes), message, help);
    }
}

/// Whether the text around an excerpt makes a worktree.
fn is_told_elsewhere(script: &Script, call: &Call<'_>) -> bool {
    let file = script.file().as_bytes();
    let at = script.place(&call.step.bytes).span.map_or(0, |span| span.bytes.start);
    let around = &file[at.saturating_sub(AROUND)..file.len().min(at + AROUND)];
    script.excerpt && memchr::memmem::find(around, b"worktree add").is_some()
}

/// The name of the branch that a call makes and switches to; empty where the text does not tell.
fn branch_made(call: &Call<'_>) -> Option<String> {
    let names: &[&str] = match call.git.command {
        "checkout" => &["-b", "-B", "--orphan"],
        "switch" => &["-c", "-C", "--create", "--force-create", "--orphan"],
        _ => return None,
    };
    call.git.option(names)?;
    Some(call.git.value(names).and_then(|value| value.literal().map(str::to_owned)).unwrap_or_default())
}

/// The line of the first commit or edit after a new branch, in its folder.
fn first_built(calls: &Calls<'_>, made: &Call<'_>) -> Option<usize> {
    let commits = |call: &Call<'_>| {
        let git = &call.git;
        matches!(git.command, "commit" | "add" | "rm" | "mv" | "merge" | "cherry-pick" | "am" | "revert" | "apply")
            && !git.has(&["--abort", "--dry-run"])
    };
    if let Some(commit) = calls.later(made, commits).next() {
        return Some(calls.line(commit.step));
    }
    let edits =
        |step: &Step| step.folder == made.step.folder && step.writes.iter().any(|write| write.path.literal().is_some_and(is_source));
    let steps = calls.course.steps.iter().enumerate().skip(made.number + 1).take(MOST_STEPS);
    let mut edits = steps.filter(|(number, step)| edits(step) && calls.may_follow(made, *number));
    edits.next().map(|(_, step)| calls.line(step))
}

/// Whether a path is a file of the checkout, and not a log or another by-product.
fn is_source(path: &str) -> bool {
    const BY_PRODUCTS: [&str; 8] = ["log", "out", "err", "pid", "lock", "tmp", "status", "txt"];
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    !path.is_empty()
        && !path.starts_with(['/', '&', '~', '-'])
        && path.contains('.')
        && !BY_PRODUCTS.contains(&ending)
        && !path.contains("..")
}
