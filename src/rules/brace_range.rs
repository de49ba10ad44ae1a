//! `brace-range`: `{1..5}`, which the protocol wants to be `seq`.

use crate::breach::Breach;
use crate::facts;
use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::shell::{Dialect, Feature};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "brace-range",
    article: 8,
    summary: "`{1..5}` where the protocol asks for `seq`, and `{1..$n}`, which is no range at all",
    why: "\
The protocol asks for `seq`. The plain form does work in bash 3.2; what fails is next to it: `{1..$n}` is no range in any bash, as \
braces are read before variables, so a loop that should launch five streams runs once, with `{1..5}` for a name. In dash every \
range is printed as it stands; when a loop moves from a bash script into one for `sh`, nothing but the result tells.

Write `$(seq 1 5)`, or a counting loop. Padded and stepped ranges are `bash-feature-too-new`, ranges in a script for `sh` are \
`bashism-in-sh`.",
    level: Level::Warn,
    bad: &["for i in {1..5}; do echo \"$i\"; done", "for i in {1..$n}; do echo \"$i\"; done", "touch part-{a..e}"],
    good: &[
        "for i in $(seq 1 5); do echo \"$i\"; done",
        "echo '{1..5}' \"{1..5}\" \\{1..5} {a,b} ${x}..5",
        "n=5; for ((i = 1; i <= n; i++)); do echo \"$i\"; done",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for occurrence in script.occurrences.iter().filter(|it| it.dialect == Dialect::Bash) {
        let snippet = crate::report::shown(script.text.get(occurrence.bytes.clone()).unwrap_or_default());
        let (message, help) = match occurrence.feature {
            Feature::PlainRange if script.targets.macos.is_some() => (
                format!("`{snippet}`: the protocol asks for `seq`; bash 3.2 has the range, dash prints it as it stands"),
                "Write `$(seq FIRST LAST)`.".to_owned(),
            ),
            Feature::VariableRange => (
                format!("`{snippet}` is no range in any bash: braces are read before variables"),
                "Write `$(seq FIRST \"$last\")`, or `for ((i = 1; i <= last; i++))`.".to_owned(),
            ),
            _ => continue,
        };
        let fact = facts::about(occurrence.feature.name()).first();
        let breach = fact.map(|fact| Breach { fact, invocation: None, bytes: occurrence.bytes.clone(), on: Vec::new(), ignored: false });
        let fix = breach.and_then(|breach| script.cure(&breach));
        sink.with_fix(fix).report(script.place(&occurrence.bytes), message, help);
    }
}
