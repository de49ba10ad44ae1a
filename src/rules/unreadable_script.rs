//! `unreadable-script`: scripts, or parts of them, that cannot be analysed.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "unreadable-script",
    article: 0,
    summary: "a script that cannot be analysed, so that nothing is known about it",
    why: "\
A script that cannot be read passes every other rule. It is named here, with place and reason, so that nobody takes its silence for \
approval. What stands before the fault has been looked at; what stands behind it has not.

Mend the syntax (`bash -n FILE` shows the shell's own view), or exclude the file by an `[[allow]]` with a reason.",
    level: Level::Warn,
    bad: &["if true; then\n    echo hello", "echo 'never closed"],
    good: &["if true; then\n    echo hello\nfi", "# Nothing but a comment is a whole script."],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for problem in &script.problems {
        let path = crate::report::shell_quote(&script.path);
        let place = script.place(&problem.bytes);
        if script.is_carried() {
            let message = format!("the scripts in this file cannot be read from here on: {}", problem.reason);
            sink.report(place, message, "Mend what stands here; nothing behind it has been looked at.");
        } else {
            let message = format!("the script cannot be read from here on: {}", problem.reason);
            sink.report(place, message, format!("See what the shell says:\n    bash -n {path}"));
        }
    }
}
