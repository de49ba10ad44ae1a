//! `suppression-without-reason`: comments that allow something and do not say why, or allow nothing.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::rule::{Check, Level, Rule};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "suppression-without-reason",
    article: 0,
    summary: "a `# gnp-lint: allow(…)` without a reason, or one that allows nothing",
    why: "\
An exemption outlives the one who made it. With its reason it can be judged again; without, nobody dares to remove it, and the next \
script copies it. One that matches nothing hides what is written on that line tomorrow.

Write the reason behind the parenthesis: `# gnp-lint: allow(missing-command) runs in the Linux container only`.",
    level: Level::Warn,
    bad: &[
        "timeout 30 make # gnp-lint: allow(missing-command)",
        "make # gnp-lint: allow(missing-command) there was a timeout here",
        "make # gnp-lint: allow(missing-comand) misspelt",
        "make # gnp-lint: disable=missing-command",
        "# gnp-lint: ignore\nmake",
    ],
    good: &[
        "timeout 30 make # gnp-lint: allow(missing-command) runs in the Linux container only",
        "# gnp-lint: allow(missing-command, unportable-option) runs in the Linux container only\ntimeout 30 date -d yesterday",
        "echo '# gnp-lint: allow(missing-command)'",
        "# gnp-lint: skip if it is missing\ncommand -v gnp-lint >/dev/null || exit 0",
    ],
    check: Check::Script(check),
};

const FORM: &str = "Write the rule in parentheses and the reason behind them, as in\n    \
                    # gnp-lint: allow(missing-command) runs in the Linux container only";

/// That a comment matched nothing is known only after all rules have run: `lint` reports that in this rule's name.
fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    for suppression in &script.suppressions {
        let place = script.place(&suppression.bytes);
        for name in suppression.rules.iter().filter(|name| super::find(name).is_none()) {
            let known = super::RULES.iter().map(|rule| rule.name);
            let near = known.max_by(|one, other| strsim::jaro(one, name).total_cmp(&strsim::jaro(other, name))).unwrap_or_default();
            let message = format!("there is no rule `{}`", crate::report::shown(name));
            sink.report(place.clone(), message, format!("The nearest name is `{near}`."));
        }
        if suppression.misspelt {
            sink.report(place.clone(), "this comment allows nothing: it is not written as one that does", FORM);
        } else if suppression.rules.is_empty() {
            sink.report(place.clone(), "this comment names no rule", "Name the rule between the parentheses: `allow(missing-command)`.");
        }
        if !suppression.reasoned {
            sink.report(place, "this comment does not say why it allows something", FORM);
        }
    }
}
