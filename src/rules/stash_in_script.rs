//! `stash-in-script`: a script that stashes in the checkout that everybody shares.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::{Call, Calls, Grade};
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "stash-in-script",
    article: 3,
    summary: "a script that stashes in the shared checkout",
    why: "\
`git stash`, `git pull`, `git stash pop` is the habit of one who works alone. In a checkout that a fleet writes to, the stash takes the \
fleet's uncommitted files too; the fleet writes them anew while the pull runs; the pop conflicts, and what the resolution commits is an \
old state, or `{\"agents\": {}}`. 136 agents were lost to an autostash that went this way, and a script does \
it again every time it runs.

It denies where the script surely acts on the shared checkout: it goes there by a path that it did not make, or pushes, pulls or checks \
out a protected branch there. Where the text leaves that open it warns. A stash in a clone or worktree that the script made, and one of \
named files that the fleet does not write, are fine.

Work in a worktree, or commit what is yours by name: nothing needs stashing then.",
    level: Level::Deny,
    bad: &[
        "git stash\ngit pull origin main\ngit stash pop",
        "cd /srv/fleet && git stash push -u -m 'before the sync'",
        "REPO=$HOME/fleet\nsave() { git -C \"$REPO\" stash save --keep-index wip; }\nsave\ngit -C \"$REPO\" pull\ngit -C \"$REPO\" stash pop",
        "cd /srv/fleet\ngit stash store -m wip \"$(git stash create)\"",
    ],
    good: &[
        "cd /srv/fleet\ngit stash list\ngit stash show -p\ngit stash drop\ngit stash -h",
        "wt=$(mktemp -d)\ntrap 'git worktree remove --force \"$wt\"; git worktree prune' EXIT INT TERM\n\
         git worktree add --detach \"$wt\"\ncd \"$wt\"\ngit stash\ngit stash pop",
        "cd /srv/fleet\ngit stash push -m mine -- README.md docs/",
        "cd /srv/fleet\necho 'git stash' # git stash\ncat <<'EOF'\ngit stash\nEOF",
        "git() { echo \"would run: git $*\"; }\ncd /srv/fleet\ngit stash",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !script.text.contains("stash") {
        return;
    }
    let calls = script.calls();
    let grade = calls.grades(policy);
    for call in calls.shared(|call| makes_stash(call) && !is_of_own_files(call, policy)) {
        let message = format!("`{}` puts aside every uncommitted file of {}", calls.told(call), grade(call).checkout());
        let place = script.place(&call.step.bytes);
        match grade(call) {
            Grade::Surely => sink.report(place, message, help(calls, call)),
            Grade::Perhaps => sink.warn(place, message, help(calls, call)),
        }
    }
}

fn makes_stash(call: &Call<'_>) -> bool {
    if call.git.command != "stash" {
        return false;
    }
    let before_paths = call.git.words.iter().position(|word| word.text == "--").unwrap_or(call.git.words.len());
    match call.git.operands().first().filter(|first| call.git.words[..before_paths].iter().any(|word| std::ptr::eq(word, **first))) {
        Some(first) => matches!(first.text.as_str(), "push" | "save" | "store"),
        None => true,
    }
}

/// Whether it names the files to stash, and none of them can be the fleet's.
fn is_of_own_files(call: &Call<'_>, policy: &Policy) -> bool {
    let git = &call.git;
    let paths: Vec<_> = match git.operands() {
        [first, ..] if first.text == "save" || first.text == "store" => return false,
        [first, rest @ ..] if first.text == "push" => rest.to_vec(),
        all => all.to_vec(),
    };
    // A path that the text does not tell is not accused.
    !paths.is_empty() && paths.iter().all(|path| path.literal().is_none_or(|path| !policy.holds_fleet_path(path)))
}

fn help(calls: &Calls<'_>, call: &Call<'_>) -> String {
    let mut help = String::new();
    let gives_back = |later: &Call<'_>| {
        let word = later.git.operands().first().map(|word| word.text.as_str());
        later.git.command == "stash" && matches!(word, Some("pop" | "apply" | "drop"))
    };
    if let Some(back) = calls.later(call, gives_back).next() {
        let moves = |other: &Call<'_>| {
            matches!(other.git.command, "pull" | "merge" | "rebase" | "fetch" | "checkout" | "switch" | "reset")
                && other.number < back.number
        };
        let between = calls.later(call, moves).next();
        let between = between.map(|it| format!("`{}` in line {}, and ", calls.told(it), calls.line(it.step))).unwrap_or_default();
        help = format!(
            "After it come {between}`{}` in line {}: in between the fleet writes on, and the old files come back over what it wrote.\n\
             If that conflicts, `--ours` is the branch and `--theirs` the stash: do not pick either for a state file.\n",
            calls.told(back),
            calls.line(back.step)
        );
        if between.is_empty() {
            help = help.replacen("After it come ", "After it comes ", 1);
        }
    }
    help + "Work in a worktree, nothing needs stashing there:\n    git worktree add -b BRANCH ../BRANCH\n\
            or commit what is yours by name, and pull without a stash:\n    git commit -m MESSAGE -- PATHS\n    \
            git pull --no-rebase --no-autostash"
}
