//! `autostash-in-script`: a script that has git stash by itself in the checkout that everybody shares.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::{Call, Grade, autostashes, configures};
use crate::rule::{Check, Level, Rule};
use crate::shell::Script;
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "autostash-in-script",
    article: 3,
    summary: "a script that has pull, rebase or merge stash in the shared checkout",
    why: "\
`git pull --rebase --autostash` puts every uncommitted change aside, the fleet's too, resets the tree, and pops it later over what the \
fleet has written since. Nobody sees the stash, and when the pop conflicts git still says that the pull went well. It was an autostash \
that ended in `{\"agents\": {}}`, committed and pushed.\n
`--autostash`, `-c rebase.autoStash=true` and `git config … autoStash true` are one and the same; the last stays behind for everybody who \
pulls there. It denies where the script surely acts on the shared checkout, and warns where the text leaves that open, and where it sets \
the configuration of all checkouts (`--global`).

Say `--no-autostash`: git then refuses to rebase a dirty tree, and nothing is touched. Or rebase in a worktree.",
    level: Level::Deny,
    bad: &[
        "git pull --rebase --autostash origin main || { git rebase --abort; exit 1; }",
        "set -e\ncd /srv/fleet\ngit -c rebase.autoStash=true rebase origin/main",
        "git -C \"$HOME/fleet\" config rebase.autoStash true",
        "set -e\ncd /srv/fleet && git fetch && git merge --autost origin/main",
    ],
    good: &[
        "set -e\ngit -c rebase.autoStash=false pull --rebase --no-autostash origin main",
        "cd /srv/fleet\ngit config rebase.autoStash false\ngit config --get merge.autoStash true\ngit config --unset rebase.autoStash",
        "set -e\nd=$(mktemp -d)\ngit clone -q https://example.org/fleet.git \"$d/fleet\"\ncd \"$d/fleet\"\ngit pull --rebase --autostash origin main",
        "cd /srv/fleet\ngit log --grep='--autostash' # git pull --autostash\ngit commit -m 'never use --autostash again' -- docs/git.md",
    ],
    check: Check::Script(check),
};

const NAMES: [&str; 2] = ["rebase.autostash", "merge.autostash"];

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !["utost", "toStash", "UTOSTASH"].iter().any(|part| script.text.contains(part)) {
        return;
    }
    let calls = script.calls();
    let grade = calls.grades(policy);
    for call in calls.shared(|call| matches!(call.git.command, "pull" | "rebase" | "merge") && autostashes(&call.git) == Some(true)) {
        let message = format!("`{}` stashes and pops by itself every uncommitted file of {}", calls.told(call), grade(call).checkout());
        let help = "Say `--no-autostash`: a dirty tree then stops it before anything is touched. Commit what is yours by name first:\n    \
                    git commit -m MESSAGE -- PATHS\n    git pull --no-rebase --no-autostash\n\
                    or do it in a worktree:\n    git worktree add -b BRANCH ../BRANCH";
        report(sink, grade(call), script, call, message, help);
    }
    for call in calls.shared(turns_on) {
        let global = call.git.has(&["--global", "--system"]);
        let (whose, grade) = if global { ("every checkout of this user", Grade::Perhaps) } else { (grade(call).checkout(), grade(call)) };
        let message = format!("`{}` has every later rebase, merge and pull stash by itself in {whose}", calls.told(call));
        let help = "Leave it out, or set it to false, as `gnp-lint install` does:\n    git config rebase.autoStash false\n    \
                    git config merge.autoStash false";
        report(sink, grade, script, call, message, help);
    }
}

fn turns_on(call: &Call<'_>) -> bool {
    configures(&call.git).is_some_and(|(name, value)| value && NAMES.contains(&name.as_str()))
}

fn report(sink: &mut Sink<'_>, grade: Grade, script: &Script, call: &Call<'_>, message: String, help: &str) {
    let place = script.place(&call.step.bytes);
    match grade {
        Grade::Surely => sink.report(place, message, help),
        Grade::Perhaps => sink.warn(place, message, help),
    }
}
