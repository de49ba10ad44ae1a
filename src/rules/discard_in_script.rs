//! `discard-in-script`: a script that throws away what is uncommitted in the checkout that everybody shares.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::Call;
use crate::rule::{Check, Level, Rule};
use crate::shell::tree::Word;
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "discard-in-script",
    article: 3,
    summary: "`reset --hard`, `checkout -f`, `restore .`, `clean -f` in the shared checkout",
    why: "\
These make the tree clean by destroying what is not committed: the fleet's last writes, a neighbour's hour of work. No hook is asked, \
so nothing can refuse, and no reflog brings it back. A reset and a restore once wrote a stale copy of a queue over 8 entries that were \
waiting in it.

A tree that must be clean is a worktree or clone of the script's own: `git worktree add --detach \"$(mktemp -d)/wt\" origin/main`. To \
follow upstream, `git pull --ff-only --no-autostash` moves what can be moved and leaves the rest alone. To undo files of your own, name \
them.",
    level: Level::Warn,
    bad: &[
        "set -e\ngit fetch origin\ngit reset --hard origin/main",
        "cd /srv/fleet && git checkout -- . && git clean -fdx",
        "git restore --staged --worktree .",
        "git switch --discard main",
        "git -C \"$REPO\" checkout -qf main",
        "git checkout HEAD -- state/agents.json",
    ],
    good: &[
        "git reset --soft HEAD~1\ngit reset -q HEAD -- README.md\ngit reset --keep origin/main",
        "git checkout -- README.md\ngit restore docs/\ngit restore --staged .\ngit checkout main -- docs",
        "git clean -nfd\ngit clean -fd build/\ngit clean -fdX",
        "d=$(mktemp -d)\ngit clone -q https://example.org/fleet.git \"$d/fleet\"\ncd \"$d/fleet\"\ngit reset --hard origin/main\ngit clean -fdx",
        "echo 'git reset --hard' # git reset --hard",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !["reset", "checkout", "restore", "clean", "switch"].iter().any(|word| script.text.contains(word)) {
        return;
    }
    let calls = script.calls();
    let grade = calls.grades(policy);
    for call in calls.shared(|call| discards(call, policy)) {
        let message = format!("`{}` destroys what others have not committed in {}", calls.told(call), grade(call).checkout());
        let help = "Do it in a worktree of your own:\n    git worktree add --detach ../clean origin/main\n\
                    or follow upstream without touching what is uncommitted:\n    git pull --ff-only --no-autostash\n\
                    or name the files that are yours:\n    git restore -- PATHS";
        sink.report(script.place(&call.step.bytes), message, help);
    }
}

fn discards(call: &Call<'_>, policy: &Policy) -> bool {
    let git = &call.git;
    let others = |paths: &[&Word]| {
        let of_fleet =
            |word: &&Word| !call.is_in_part() && word.text != "." && word.literal().is_some_and(|path| policy.holds_fleet_path(path));
        call.is_everything(paths) || paths.iter().any(of_fleet)
    };
    match git.command {
        "reset" => git.has(&["--hard"]),
        "switch" => git.has(&["-f", "--force", "--discard-changes"]),
        // These ask first, or are about a conflict.
        "checkout" | "restore" if git.has(&["-p", "--patch", "--ours", "--theirs", "-m", "--merge"]) => false,
        "checkout" => git.has(&["-f", "--force"]) || others(&paths_of_checkout(call)),
        "restore" => (!git.has(&["-S", "--staged"]) || git.has(&["-W", "--worktree"])) && others(&call.pathspecs()),
        "clean" => {
            let only_looks = git.has(&["-n", "--dry-run", "-i", "--interactive", "-X"]);
            let paths = call.pathspecs();
            git.has(&["-f", "--force"]) && !only_looks && if paths.is_empty() { !call.is_in_part() } else { others(&paths) }
        }
        _ => false,
    }
}

/// The paths that a checkout names; without `--` the first operand is taken for a commit unless it can only be a path.
fn paths_of_checkout<'s>(call: &Call<'s>) -> Vec<&'s Word> {
    let paths = call.pathspecs();
    let separated = call.git.words.iter().any(|word| word.text == "--");
    let first_is_path = paths.first().is_some_and(|word| word.text.starts_with(['.', ':', '*']));
    if separated || first_is_path { paths } else { paths.into_iter().skip(1).collect() }
}
