//! `missing-command`: commands that a target does not have.

use crate::breach::is_whole;
use crate::facts::{Fact, State};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "missing-command",
    article: 8,
    summary: "a command that one of the targets does not have",
    why: "\
`timeout: command not found` stopped a whole fleet: every stream's script began with GNU's `timeout`, which macOS does not have, and \
the error handler used it too. The script is right on the machine it was written on and dead on the next.

Write what every target has, or ask first: `command -v timeout >/dev/null`, `case \"$(uname -s)\"`. A function of the script by that \
name, an installation by the script itself, and `x || y` with another way of doing the same are understood. Where the script is content \
with a failure that nobody hears of (`ionice -p $$ >/dev/null 2>&1 || true`), it is only warned of. `[targets]` in the policy says \
what scripts must run on; `[[target]]` says otherwise for some paths.",
    level: Level::Deny,
    bad: &[
        "timeout 30 make test",
        "sudo -u fleet env LANG=C timeout 30 make test",
        "find . -name '*.log' -exec tac {} \\;",
        "check() { command -v timeout >/dev/null; }\ntimeout 30 make test",
    ],
    good: &[
        "if command -v timeout >/dev/null; then timeout 30 make test; else make test; fi",
        "command -v timeout >/dev/null || exit 1\ntimeout 30 make test",
        "timeout() { shift; \"$@\"; }\ntimeout 30 make test",
        "echo 'timeout 30' # timeout 30\nssh linux-host 'timeout 30 make test'",
        "limit=$(command -v gtimeout || command -v timeout)\n\"$limit\" 30 make test",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for breach in script.breaches(concerns) {
        let fact = breach.fact;
        let message = format!("`{}` is missing on {}: the command is not found there", fact.command, breach.systems());
        let help = format!(
            "{}.\nOr ask for it first, with another way for when it is not there:\n    if command -v {} >/dev/null 2>&1; then",
            fact.advice(),
            fact.command
        );
        let place = script.place(&breach.bytes);
        breach.report(place, message, help, &mut sink.with_fix(script.cure(breach)));
    }
}

fn concerns(fact: &Fact) -> bool {
    let absent = [&fact.macos, &fact.linux].into_iter().flatten().any(|lack| lack.is == State::Absent);
    fact.bash.is_none() && absent && is_whole(fact)
}
