//! A number of a state file that falls to almost nothing.

use crate::change::{Change, FileChange};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::{shown, toml_string};
use crate::rule::{Check, Level, Rule};
use crate::state::Contents;
use crate::state::counters::{Collapse, collapsed};
use crate::state::terms::Terms;

pub(super) const RULE: Rule = Rule {
    name: "collapsed-counter",
    article: 6,
    summary: "a number at the root or top level of canonical state that falls by 85 % or more, from 100 or above",
    why: "\
Totals grow. One that falls to almost nothing was not counted down: somebody wrote a document that was begun anew, or two writers fight \
over one file, each with a count of its own.

A number that may fall, such as a level or a price, is named in the policy with `counter = false`.",
    level: Level::Warn,
    bad: &[
        "sed -i.bak 's/\"total\": 136/\"total\": 3/' state/agents.json && rm state/agents.json.bak\nfleet git commit -qam 'sync'",
        "printf '{\"posts\": 2193}\\n' > state/stats.json\ngit add state && fleet git commit -qm 'stats'\n\
         printf '{\"posts\": 7}\\n' > state/stats.json\nfleet git commit -q --no-verify -am 'sync'",
    ],
    good: &[
        "sed -i.bak 's/\"total\": 136/\"total\": 30/' state/agents.json && rm state/agents.json.bak\nfleet git commit -qam 'sync'",
        "# Below 100 a number may be anything.\nprintf '{\"queued\": 99}\\n' > state/stats.json\ngit add state && fleet git commit -qm 'stats'\n\
         printf '{\"queued\": 0}\\n' > state/stats.json\nfleet git commit -qam 'sync'",
        "printf '[[state.collection]]\\npath = \"state/stats.json\"\\npointer = \"/energy\"\\ncounter = false\\nreason = \"a level\"\\n' > gnp.toml\n\
         git add gnp.toml && fleet git commit -qm 'energy falls'\n\
         printf '{\"energy\": 2193}\\n' > state/stats.json\ngit add state && fleet git commit -qm 'stats'\n\
         printf '{\"energy\": 7}\\n' > state/stats.json\nfleet git commit -qam 'sync'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    for file in change.canonical() {
        let Some((old, new)) = Contents::of(file, policy).and_then(|contents| contents.sides()) else { continue };
        for collapse in collapsed(old.census, new.census, &Terms::of(file, policy, 0)) {
            let (path, pointer) = (shown(&file.path), shown(&collapse.pointer));
            let message = format!("`{pointer}` of `{path}` collapses: {} → {}", collapse.before, collapse.after);
            sink.report(change.place(file), message, help(change, file, &collapse));
        }
    }
}

fn help(change: &Change<'_>, file: &FileChange<'_>, collapse: &Collapse) -> String {
    let mut lines = Vec::new();
    if let Some(command) = change.lasting_restore_command(file) {
        lines.push(format!("find out who wrote it; bring the old content back with\n    {command}"));
    }
    lines.push(format!(
        "if this number may fall, commit this in `gnp.toml`:\n    [[state.collection]]\n    path = {}\n    pointer = {}\n    \
         counter = false\n    reason = \"REASON\"",
        toml_string(&file.path),
        toml_string(&collapse.pointer)
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{Content, findings, policy};

    #[test]
    fn both_numbers_are_told_and_the_help_is_an_entry() {
        let (old, new) = (Some(Content::Text(b"{\"total\": 2193, \"x\": 1}")), Some(Content::Text(b"{\"total\": 0.5}")));
        let finding = findings(&RULE, &policy(), "state/x.json", old, new).remove(0);
        assert_eq!((finding.message.as_str(), finding.level), ("`/total` of `state/x.json` collapses: 2193 → 0.5", Level::Warn));
        let help = finding.help.unwrap();
        let entry: toml::Table = help.split_once("`gnp.toml`:\n").unwrap().1.parse().unwrap();
        assert_eq!(entry["state"]["collection"][0]["pointer"].as_str(), Some("/total"));
    }
}
