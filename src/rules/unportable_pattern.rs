//! `unportable-pattern`: patterns, sed scripts, awk programs, formats and expressions that a target reads otherwise.

use crate::facts::Fact;
use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "unportable-pattern",
    article: 8,
    summary: "a pattern, sed script, awk program or expression that one of the targets reads otherwise",
    why: "\
The options may be right and the text inside the quotes still be for one system alone. macOS's sed takes `\\+`, `\\|`, `\\b` and `\\s` \
for plain letters: the command succeeds and replaces nothing, so a state file keeps its old value and no one is told. `$!{N;ba}`, \
`1{p}` and one-line `a text` stop it with an error; gawk's functions fail only on the day they are reached.

Write what POSIX has (the help names it). grep is not sed: macOS's grep knows `\\|`, `\\+`, `\\b`, `\\w`, `\\s` and `\\d`, so they are left \
alone there. Scripts in variables and files are unknown and left alone too.",
    level: Level::Deny,
    bad: &[
        "sed 's/a\\+/b/' state.json",
        "sed -e ':a;N;$!ba;s/\\n/ /g' list",
        "version=$(grep -oP 'v\\K[0-9]+' file)",
        "awk '{ print gensub(/a/, \"b\", \"g\") }' list",
        "find . -name '*.json' -printf '%f\\n'",
        "started=$(date +%s%N)",
    ],
    good: &[
        "sed -E 's/a+/b/; s/\\+/x/' state.json",
        "sed -e ':a' -e N -e '$!ba' -e 's/\\n/ /g' list",
        "sed -e 's/\\+/plus/; s/\\(\\+\\)/<\\1>/; s/^\\?//' list",
        "grep -c '\\bfoo\\b' file; grep 'a\\|b' file; grep -E '\\w+' file",
        "awk 'function gensub(a) { return a } { print gensub($1), \"strftime(1)\" }' list",
        "find . -name -printf; find . -exec grep -- -printf {} \\;",
        "date '+%s %%N'",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for breach in script.breaches(Fact::is_pattern) {
        breach.report_refused(script, &mut sink.with_fix(script.cure(breach)));
    }
}
