//! `empty-array-under-nounset`: an array that can be empty where bash before 4.4 ends the script for it.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::shell::arrays;
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "empty-array-under-nounset",
    article: 8,
    summary: "`\"${a[@]}\"` of an array that can be empty under `set -u`",
    why: "\
Before bash 4.4, `set -u` takes an empty array for an unset variable: `a[@]: unbound variable`, and the script ends there. It happens \
on the day when no stream failed, no file matched or no option was given, and on macOS alone; what ends with the script is the \
clean-up behind it.

Write `${a[@]+\"${a[@]}\"}`, which is nothing for an empty array, or test `${#a[@]}` first. Assignments, loops, tests and calls are \
followed from the top; an array whose contents the text does not tell is left alone.",
    level: Level::Warn,
    bad: &[
        "set -u\nfailed=()\nfor id in 1 2; do ./run \"$id\" || failed+=(\"$id\"); done\nprintf '%s\\n' \"${failed[@]}\"",
        "set -euo pipefail\nargs=()\nif [ -n \"${VERBOSE:-}\" ]; then args+=(-v); fi\n./sim \"${args[@]}\"",
        "set -o nounset\nrun() { local -a extra; ./sim \"${extra[@]}\"; }\nrun",
    ],
    good: &[
        "set -u\nargs=()\n./sim ${args[@]+\"${args[@]}\"}",
        "set -u\nfailed=()\n./run || failed+=(1)\nif [ \"${#failed[@]}\" -gt 0 ]; then printf '%s\\n' \"${failed[@]}\"; fi",
        "set -u\nargs=()\nargs+=(-v)\n./sim \"${args[@]}\"",
        "set -u\nids=()\nfor id in 1 2; do ids+=(\"$id\"); done\nwait \"${ids[@]}\"",
        "args=()\n./sim \"${args[@]}\"",
        "set -u\nfailed=()\n./run || failed+=(1)\n(( ${#failed[@]} )) || exit 0\nprintf '%s\\n' \"${failed[@]}\"",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    if script.targets.bash >= arrays::RIGHT_SINCE {
        return;
    }
    for empty in arrays::that_may_be_empty(script) {
        let name = crate::report::shown(&empty.name);
        let snippet = crate::report::shown(script.text.get(empty.bytes.clone()).unwrap_or_default());
        let message = format!("`{snippet}` can be empty here, and under `set -u` bash before 4.4 ends with `{name}[@]: unbound variable`");
        let help = format!("Write `${{{name}[@]+\"${{{name}[@]}}\"}}`, or test `${{#{name}[@]}}` first.");
        sink.report(script.place(&empty.bytes), message, help);
    }
}
