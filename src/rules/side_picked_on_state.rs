//! `side-picked-on-state`: a conflict in canonical state that a script settles by taking one side whole.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::calls::{Call, Calls};
use crate::rule::{Check, Level, Rule};
use crate::shell::course::{Frame, Symbol, Value, Whose};
use crate::shell::tree::{UNKNOWN, Word};
use crate::shell::{Checkout, Script};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "side-picked-on-state",
    article: 3,
    summary: "`--ours`, `--theirs` or `-X` on canonical state, or on everything",
    why: "\
A state file in conflict has entries of both sides. `git checkout --ours` or `--theirs` takes one of the two files whole and drops every \
entry that only the other had; nothing fails, and the commit looks like any merge. Which side is which changes as well: in a merge \
`--ours` is the branch that is checked out, in a rebase it is the branch rebased onto, and after `git stash pop` `--ours` is the branch \
and `--theirs` the stash, the oldest data of all. A resolution like this once committed `{\"agents\": {}}`.

Stop instead: `git merge --abort`, `git rebase --abort`, and try again from the new tip. What a worker has to add is a delta, which \
cannot conflict. For files that nobody else writes, picking a side is fine: name them.",
    level: Level::Warn,
    bad: &[
        "git checkout --theirs state/agents.json",
        "git merge origin/main || git checkout --ours .",
        "set -e\ngit merge -X theirs origin/main",
        "for f in $(git diff --name-only --diff-filter=U); do git checkout --theirs -- \"$f\"; done",
        "git diff --name-only --diff-filter=U | xargs git checkout --ours --",
        "set -e\ngit restore --theirs -- state/",
    ],
    good: &[
        "git checkout --theirs -- Cargo.lock docs/",
        "git checkout --ours state/memory/stream-1.json state/inbox/1.json",
        "git merge -X ignore-all-space origin/main\ngit rev-list --ours main\ngit log --theirs",
        "git diff --name-only --diff-filter=U | while read -r f; do\n  case $f in\n    state/*) exit 1 ;;\n    *) git checkout --theirs -- \"$f\" ;;\n  esac\ndone",
        "for f in $(git diff --name-only --diff-filter=U); do\n  case $f in\n    state/*) echo \"by hand: $f\" ;;\n    *) git checkout --theirs -- \"$f\" ;;\n  esac\ndone",
        "for f in $(git diff --name-only --diff-filter=U -- docs); do git checkout --theirs -- \"$f\"; done",
        "echo 'git checkout --theirs state/agents.json' # git merge -X ours",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !script.mentions_git() || !["ours", "--ou", "theirs", "--th"].iter().any(|side| script.text.contains(side)) {
        return;
    }
    let calls = script.calls();
    for call in calls.places(|call| side(call).is_some()) {
        let Some(side) = side(call) else { continue };
        let Some(what) = picked(calls, call, script, policy) else { continue };
        let message = format!("`{}` takes {side} whole for {what}: the entries of the other side are gone", calls.told(call));
        let help = "Stop, and try again from the new tip:\n    git merge --abort || git rebase --abort\n\
                    or name files that nobody else writes:\n    git checkout --theirs -- PATHS\n\
                    After a stash pop `--ours` is the branch and `--theirs` the stash; in a rebase `--ours` is what is rebased onto.";
        sink.report(script.place(&call.step.bytes), message, help);
    }
}

/// The side that a call takes, as it is given.
fn side(call: &Call<'_>) -> Option<&'static str> {
    let git = &call.git;
    match git.command {
        "checkout" | "restore" if git.has(&["--ours", "-2"]) => Some("`ours`"),
        "checkout" | "restore" if git.has(&["--theirs", "-3"]) => Some("`theirs`"),
        "merge" | "rebase" | "pull" | "cherry-pick" | "revert" | "am" => match git.option(&["-X", "--strategy-option"])?.value? {
            "ours" => Some("`ours`"),
            "theirs" => Some("`theirs`"),
            _ => None,
        },
        _ => None,
    }
}

/// What a side is taken for, if state is among it.
fn picked(calls: &Calls<'_>, call: &Call<'_>, script: &Script, policy: &Policy) -> Option<String> {
    let of_their_own = call.step.whose == Whose::Own;
    if !matches!(call.git.command, "checkout" | "restore") {
        return (!of_their_own).then(|| "every conflict".to_owned());
    }
    // A job's checkout is a clone of its own, and a reader's, but what is made of state there goes to everybody.
    let of_a_job = script.checkout != Checkout::Shared && call.step.folder.only() == Some(&Symbol::Start);
    let paths = call.pathspecs();
    let canonical = |word: &&&Word| {
        let text = call.git.value_of(word).by_default().shape();
        let known = text.replace(UNKNOWN, "_");
        !matches!(text.as_str(), "." | "./") && text.starts_with(|first| first != UNKNOWN) && policy.holds_canonical(&known)
    };
    if of_their_own && !of_a_job {
        return None;
    }
    if let Some(word) = paths.iter().find(canonical).filter(|_| !call.is_everything(&paths)) {
        return Some(format!("`{}`", crate::report::shown(&word.text.replace(UNKNOWN, "…"))));
    }
    let handed_in = paths.is_empty() && lists_before(calls, call);
    let one_by_one = paths.iter().any(|word| is_listed(&call.git.value_of(word))) && decided(call, script, policy) != Some(false);
    let whole = call.is_everything(&paths) || handed_in || one_by_one;
    (whole && !of_their_own).then(|| "every conflict".to_owned())
}

/// Whether the script comes here for state, where a `case` or an `if` around the call asks for paths of state; none if nothing asks.
fn decided(call: &Call<'_>, script: &Script, policy: &Policy) -> Option<bool> {
    let asks = |text: &str| policy.state.canonical.0.iter().any(|pattern| text.contains(pattern.literal()));
    call.step.frames.iter().find_map(|frame| {
        let Frame::Branch(at, way) = frame else { return None };
        let before = script.text.get(*at..call.step.bytes.start)?;
        if !before.starts_with("case") {
            let condition = before.split("then").next().filter(|text| asks(text))?;
            return Some((*way == 0) != condition.contains('!'));
        }
        let arm = before.rsplit(";;").next().unwrap_or(before);
        let pattern = arm.split(')').next().and_then(|text| text.split_whitespace().last()).unwrap_or_default();
        if asks(arm) { Some(true) } else { (asks(before) || pattern.contains(['/', '.'])).then_some(false) }
    })
}

/// Whether a value is one of the files that git lists, none left out.
fn is_listed(value: &Value) -> bool {
    value.symbols().any(|symbol| match symbol {
        Symbol::Output(words, _) => {
            let words: Vec<String> = words.iter().map(Value::shape).collect();
            lists_all(&words.iter().map(String::as_str).collect::<Vec<_>>())
        }
        Symbol::Changed(_, inner) => is_listed(inner),
        _ => false,
    })
}

/// Whether `xargs` hands in the files that git has listed just before.
fn lists_before(calls: &Calls<'_>, call: &Call<'_>) -> bool {
    let steps = &calls.course.steps;
    let wrapped = call.number.checked_sub(1).and_then(|at| steps.get(at)).is_some_and(|step| step.name() == "xargs");
    let before = call.number.checked_sub(2).and_then(|at| steps.get(at));
    wrapped && before.is_some_and(|step| lists_all(&step.words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>()))
}

/// `git diff --name-only`, `git ls-files -u`, without paths.
fn lists_all(words: &[&str]) -> bool {
    let Some(("git", rest)) = words.split_first().map(|(name, rest)| (*name, rest)) else { return false };
    let lists = rest.iter().any(|word| matches!(*word, "diff" | "ls-files" | "status"));
    let paths = rest.iter().position(|word| *word == "--").is_some_and(|at| rest[at + 1..].iter().any(|path| *path != "."));
    lists && !paths
}
