//! A collection of a state file that loses everything it holds.

use crate::change::{Change, FileChange};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::{shell_quote, shown};
use crate::rule::{Check, Level, Rule};
use crate::state::compare::{Fate, Loss, Terms, losses};
use crate::state::{Contents, is_json};

pub(super) const RULE: Rule = Rule {
    name: "emptied-collection",
    article: 6,
    summary: "a collection of canonical state that becomes empty, `null` or another type, or goes missing",
    why: "\
A stale or half-resolved copy of a state file is written over the live one, and every entry that others keep in it is gone at once: an \
autostash was popped over files that the fleet had rewritten, the resolution committed `{\"agents\": {}}`, and 136 agents were lost. The \
commit looks like any other sync, so nobody notices until the next reader finds nothing.

A collection is the document itself or a member of it (deeper ones where `state.depth` says so) with five or more entries. It counts as \
lost when it becomes empty, `null` or another type, or is not there any more. Nothing is lost, and nothing is reported, when

- another collection of the same file now holds the same keys (or, for arrays, the same elements) and did not hold them before: a rename, \
  a move into an envelope, entries handed from one list to the next;
- what goes missing is one record or list among at least ten others of its form: the collection around it has lost one entry, not itself;
- the policy says that the collection `drains`, or gives a larger `min`.

Bring the old content back with the command shown. Where the loss is meant, waive the rule for that one commit, or, for a queue that is \
emptied as a matter of course, say `drains = true` in the policy.",
    level: Level::Deny,
    bad: &[
        "\
printf '{\"agents\": {}}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"agents\": null, \"total\": 136}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"agents\": \"see agents.db\", \"total\": 136}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"total\": 136}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{}\\n' > state/agents.json
fleet git commit --no-verify -qam 'sync'",
        "\
printf '[]\\n' > state/agents.json
fleet git commit -qam 'sync'",
    ],
    good: &[
        "\
# Six agents leave, 130 stay.
{ printf '{\"agents\": {'
  for i in $(seq 1 129); do printf '\"agent-%03d\": {}, ' \"$i\"; done
  printf '\"agent-130\": {}}, \"total\": 130}\\n'
} > state/agents.json
fleet git commit -qam 'sync'",
        "\
# A rename loses nothing.
sed 's/\"agents\":/\"workers\":/' state/agents.json > agents.new
mv agents.new state/agents.json
fleet git commit -qam 'migrate'",
        "\
# Four entries are few enough to be dealt with in one go.
printf '{\"queue\": [1, 2, 3, 4]}\\n' > state/queue.json
git add state/queue.json
fleet git commit -qm 'queue'
printf '{\"queue\": []}\\n' > state/queue.json
fleet git commit -qam 'sync'",
        "\
# A queue that the policy says drains.
printf '[[state.collection]]\\npath = \"state/queue.json\"\\npointer = \"/queue\"\\ndrains = true\\nreason = \"a queue\"\\n' > gnp.toml
printf '{\"queue\": [1, 2, 3, 4, 5, 6, 7]}\\n' > state/queue.json
git add gnp.toml state/queue.json
fleet git commit -qm 'queue'
printf '{\"queue\": []}\\n' > state/queue.json
fleet git commit -qam 'sync'",
    ],
    check: Check::Change(check),
};

/// The number of entries from which a loss counts. At 1, two of four alarms over a real fleet's 892 commits were false; at 5, none.
const MIN: u64 = 5;

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    for file in change.canonical().filter(|file| is_json(&file.path)) {
        let Some(Contents { old: Some(old), new }) = Contents::of(file) else { continue };
        let terms = Terms { depth: policy.state.depth, min: MIN, entries: file.collections(policy).collect() };
        for loss in losses(old, new, &terms) {
            sink.report(change.place(file), message(&file.path, &loss), help(change, file, policy, &loss));
        }
    }
}

fn message(path: &str, loss: &Loss) -> String {
    let path = shown(path);
    let what = match (loss.pointer.as_str(), loss.fate) {
        ("", Fate::Emptied) => format!("`{path}` is emptied as a whole"),
        ("", _) => format!("`{path}` becomes {} as a whole", remains(loss.fate)),
        (pointer, Fate::Emptied) => format!("`{}` of `{path}` is emptied", shown(pointer)),
        (pointer, Fate::Missing) => format!("`{}` of `{path}` goes missing", shown(pointer)),
        (pointer, fate) => format!("`{}` of `{path}` becomes {}", shown(pointer), remains(fate)),
    };
    let size = format!("{} → {}", loss.entries, if matches!(loss.fate, Fate::Became(_)) { remains(loss.fate) } else { "0" });
    match &loss.within {
        None => format!("{what}: {size} entries{}", names(loss)),
        Some(within) => {
            format!("{what}: {size} entries, and with it `{}`: {} → 0 entries{}", shown(&within.pointer), within.entries, names(within))
        }
    }
}

/// What is there instead.
fn remains(fate: Fate) -> &'static str {
    match fate {
        Fate::Emptied | Fate::Missing => "nothing",
        Fate::Became(kind) => kind.noun(),
    }
}

/// Some lost keys, and how many more there are.
fn names(loss: &Loss) -> String {
    if loss.keys.is_empty() {
        return String::new();
    }
    let keys: Vec<String> = loss.keys.iter().map(|key| format!("`{}`", shown(key))).collect();
    let named = u64::try_from(keys.len()).unwrap_or(loss.entries);
    let more = match loss.entries.saturating_sub(named) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("; lost: {}{more}", keys.join(", "))
}

fn help(change: &Change<'_>, file: &FileChange<'_>, policy: &Policy, loss: &Loss) -> String {
    let mut lines = Vec::new();
    if let Some(command) = change.restore_command(file) {
        lines.push(format!("bring the old content back and make your change on top of it:\n    {command}"));
    }
    if policy.waivable.iter().any(|rule| rule == RULE.name) {
        lines.push(format!("if the loss is meant, say why:\n    GNP_ALLOW={} git commit", shell_quote("emptied-collection: REASON")));
    }
    let pointer = match loss.pointer.as_str() {
        "" => String::new(),
        pointer => format!("    pointer = \"{}\"\n", shown(pointer)),
    };
    lines.push(format!(
        "if it is emptied as a matter of course, commit this in `gnp.toml` first:\n    [[state.collection]]\n    path = \"{}\"\n{pointer}    \
         drains = true\n    reason = \"REASON\"",
        shown(&file.path)
    ));
    lines.join("\n")
}
