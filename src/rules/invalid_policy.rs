//! A change that leaves the policy unreadable or wrong on a protected branch.

use crate::change::{Change, Class};
use crate::finding::Sink;
use crate::policy::{Policy, Strictness};
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "invalid-policy",
    article: 0,
    summary: "a change that leaves `gnp.toml` unreadable or wrong on a protected branch",
    why: "Every door judges by the committed policy. One that cannot be read would leave the repository to the built-in defaults: the fleet's \
own writers would be strangers in it. So it is refused before it is in force. A commit that repairs a broken policy passes.",
    level: Level::Deny,
    bad: &[
        "printf '[state]\\ncanonical = \"state/*.json\"\\n' > gnp.toml\ngit add gnp.toml && git commit -qm 'set policy'",
        "printf 'protected = [\"main\"\\n' > gnp.toml\ngit add gnp.toml && git commit -q --no-verify -m 'set policy'",
        "printf '[[allow]]\\nrule = \"add-everything\"\\npaths = [\"tests/**\"]\\n' > gnp.toml\ngit add gnp.toml && git commit -qm 'allow tests'",
    ],
    good: &[
        "printf '[state]\\ncanonical = [\"state/*.json\"]\\n' > gnp.toml\ngit add gnp.toml && git commit -qm 'set policy'",
        // Wrong, but on a branch where it is not in force.
        "git switch -qc draft && printf 'protected = [\"main\"\\n' > gnp.toml\ngit add gnp.toml && git commit -qm 'draft a policy'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, _: &Policy, sink: &mut Sink<'_>) {
    if !change.protected {
        return;
    }
    for file in change.files.iter().filter(|file| file.class == Class::Policy) {
        let Some(new) = &file.new else { continue };
        let Some(bytes) = new.bytes() else {
            sink.report(
                change.place(file),
                format!("`{}` is not a regular file", shown(&file.path)),
                "the policy is read from the commit: put the text itself there",
            );
            continue;
        };
        let text = String::from_utf8_lossy(&bytes);
        if let Err(problems) = Policy::read(&text, &file.path, Strictness::Door) {
            for problem in problems.0 {
                sink.report(change.locate(problem.place), problem.message, problem.help);
            }
        }
    }
}
