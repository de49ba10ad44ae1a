//! `add-everything`: a script that adds whatever it finds in the checkout that everybody shares.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::Call;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "add-everything",
    article: 3,
    summary: "`git add -A`, `git add .` or `git commit -a` in the shared checkout",
    why: "\
In a checkout with many writers most of what is uncommitted belongs to somebody else: half of a fleet's state, a stranger's feature, \
a file that a merge has just filled with conflict markers. `git add -A` makes all of it part of this commit, under this message. That is \
how a file with conflict markers went into fleet commits, and strangers' work with it; whoever reverts the commit reverts them too.

Name what is yours: `git add -- state/inbox/ docs/`, or `git commit -m … -- PATHS`. In a clone or worktree that the script made, \
everything is its own, and `git add -A` is right.",
    level: Level::Warn,
    bad: &[
        "set -e\ngit add -A\ngit commit -m 'frame 405'",
        "set -e\ncd /srv/fleet && git add . && git commit -qm sync",
        "git commit -qam 'frame 405'",
        "set -e\ngit add --update\ngit commit -m 'frame 405'",
        "git -C \"$REPO\" add --al",
    ],
    good: &[
        "set -e\ngit add -A -- docs/ scripts\ngit add state/inbox\ngit commit -m 'docs' -- docs",
        "set -e\nd=$(mktemp -d)\ngit clone -q https://example.org/fleet.git \"$d/fleet\"\ncd \"$d/fleet\"\ngit add -A\ngit commit -qam x",
        "git add -n .\ngit add -p .\ngit add -A -- . ':!state'",
        "git commit -m '-a' --amend # git add -A",
        "set -e\ncd docs && git add .",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !["add", "commit"].iter().any(|word| script.text.contains(word)) {
        return;
    }
    let calls = script.calls();
    let grade = calls.grades(policy);
    for call in calls.shared(adds_everything) {
        let message = format!("`{}` takes whatever others have left uncommitted in {}", calls.told(call), grade(call).checkout());
        let help = match call.git.command {
            "commit" => "Name what is yours:\n    git commit -m MESSAGE -- PATHS",
            _ => "Name what is yours:\n    git add -- PATHS",
        };
        sink.report(script.place(&call.step.bytes), message, help);
    }
}

fn adds_everything(call: &Call<'_>) -> bool {
    let git = &call.git;
    match git.command {
        "add" => {
            // These ask first, or add nothing.
            const HARMLESS: &[&str] = &[
                "-n",
                "--dry-run",
                "-p",
                "--patch",
                "-i",
                "--interactive",
                "-e",
                "--edit",
                "-N",
                "--intent-to-add",
                "--refresh",
                "--pathspec-from-file",
            ];
            let pathspecs = call.pathspecs();
            let without = pathspecs.is_empty() && git.has(&["-A", "--all", "-u", "--update"]);
            (without || call.is_everything(&pathspecs)) && !git.has(HARMLESS)
        }
        "commit" => git.has(&["-a", "--all"]) && !git.has(&["--dry-run", "-p", "--patch", "--interactive"]),
        _ => false,
    }
}
