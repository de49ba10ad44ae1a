//! `pull-rebase-in-script`: a pull that rebases, and stashes wherever the configuration says so.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::{Call, autostashes, configures, pulls_by_rebase};
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "pull-rebase-in-script",
    article: 3,
    summary: "`git pull --rebase` without `--no-autostash` in the shared checkout",
    why: "\
`git pull --rebase` refuses a dirty tree, which in a checkout that a fleet writes to is nearly always. So somebody sets \
`rebase.autoStash` one day, and from then on the same line takes the fleet's files out of the tree on every run and pops them over \
newer ones. What the script does is decided by a configuration that it does not see.

Write `--no-autostash`, which holds whatever is configured, and treat the refusal as a reason to try again later. Better: merge \
(`git pull --no-rebase`), or rebase in a worktree or clone that the script made. With `--autostash` it is `autostash-in-script`.",
    level: Level::Warn,
    bad: &[
        "set -e\ngit pull --rebase origin main",
        "cd /srv/fleet && git pull -q -r || { git rebase --abort; exit 1; }",
        "set -e\ngit -c pull.rebase=merges pull",
        "set -e\ngit config pull.rebase true\ngit pull",
    ],
    good: &[
        "set -e\ngit pull --rebase --no-autostash origin main",
        "set -e\ngit pull --no-rebase origin main\ngit pull --rebase=false\ngit -c pull.rebase=false pull\ngit config --get pull.rebase",
        "set -e\ngit -c rebase.autoStash=false pull --rebase",
        "set -e\nd=$(mktemp -d)\ngit clone -q https://example.org/fleet.git \"$d\"\ngit -C \"$d\" pull --rebase",
        "echo 'run git pull --rebase' # git pull --rebase",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !script.text.contains("pull") {
        return;
    }
    let calls = script.calls();
    let sets = |call: &&Call<'_>| configures(&call.git).is_some_and(|(name, value)| value && name == "pull.rebase");
    let setting: Vec<&Call<'_>> = calls.all.iter().filter(sets).take(16).collect();
    let set = |call: &Call<'_>| setting.iter().any(|it| calls.later(it, |later| later.number == call.number).next().is_some());
    let found = calls.shared(|call| {
        let says_no = || call.git.has(&["--no-rebase", "--rebase", "-r", "--ff-only"]) || !call.git.settings.is_empty();
        let rebases = pulls_by_rebase(&call.git) || (call.git.command == "pull" && !says_no() && set(call));
        rebases && autostashes(&call.git).is_none()
    });
    let grade = calls.grades(policy);
    for call in found {
        let message = format!("`{}` stashes the files of {} wherever `rebase.autoStash` is set", calls.told(call), grade(call).checkout());
        let help = "Say that it must not:\n    git pull --rebase --no-autostash\nor merge:\n    git pull --no-rebase --no-autostash\n\
                    or rebase in a worktree:\n    git worktree add -b BRANCH ../BRANCH";
        sink.report(script.place(&call.step.bytes), message, help);
    }
}
