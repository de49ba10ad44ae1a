//! A change of the policy that makes it allow more, by someone who is not a writer.

use crate::change::{Blob, Change, Checkout, Class};
use crate::finding::Sink;
use crate::pattern::Patterns;
use crate::policy::{Collection, Policy, Strictness, Writer};
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::rules;

pub(super) const RULE: Rule = Rule {
    name: "policy-loosened",
    article: 0,
    summary: "a change on a protected branch that makes the policy allow more, by someone who is not a writer",
    why: "The easiest way past a refusal is to change the rule that refused. So a change that lowers a level, drops a path, adds a writer, an \
exemption or a waivable rule takes a reason: `GNP_ALLOW='policy-loosened: …' git commit …`, which stays in the commit for everybody to see. \
Making the policy stricter needs none. What stands in no `gnp.toml` is compared with the built-in policy.",
    level: Level::Deny,
    bad: &[
        "printf '[rules]\\nstash-over-fleet = \"allow\"\\n' > gnp.toml\ngit add gnp.toml && git commit -qm 'set policy'",
        "printf '[state]\\ncanonical = [\"state/agents.json\"]\\n' > gnp.toml\ngit add gnp.toml && git commit -qm 'set policy'",
        "printf '[[writer]]\\nname = \"me\"\\nauthor = [\"ada@example.org\"]\\n' > gnp.toml\ngit add gnp.toml && git commit -qm 'set policy'",
        "printf '[rules]\\nstash-over-fleet = \"deny\"\\n' > gnp.toml && git add gnp.toml && git commit -qm 'set policy'\n\
         printf '[[allow]]\\nrule = \"missing-command\"\\npaths = [\"*.sh\"]\\nreason = \"x\"\\n' > gnp.toml && git commit -q --no-verify -am 'allow'",
    ],
    good: &[
        "printf 'protected = [\"main\", \"release/*\"]\\n[rules]\\nunreadable-script = \"deny\"\\n' > gnp.toml\n\
         git add gnp.toml && git commit -qm 'set policy'",
        "printf '[[writer]]\\nname = \"me\"\\nauthor = [\"ada@example.org\"]\\n' > gnp.toml\n\
         git add gnp.toml && fleet git commit -qm 'set policy'",
        "printf '[rules]\\nstash-over-fleet = \"allow\"\\n' > gnp.toml\n\
         git switch -qc draft && git add gnp.toml && git commit -qm 'draft a policy'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let policy_file = change.files.iter().find(|file| file.class == Class::Policy);
    // A branch that is only now made here or on a remote has no law yet to be loosened.
    let Some(file) = policy_file.filter(|_| change.protected && change.before.is_some()) else { return };
    // Nor is a first policy file held against anybody afterwards: history cannot give a reason any more.
    if file.old.is_none() && change.checkout == Checkout::Elsewhere {
        return;
    }
    let (Some(old), Some(new)) = (policy_of(file.old.as_ref()), policy_of(file.new.as_ref())) else { return };
    let looser = looser(&old, &new);
    if looser.is_empty() {
        return;
    }
    for stranger in change.authors.strangers(&file.path) {
        let message =
            format!("the policy would allow more: {}; changed by {}, who is no writer", looser.join("; "), shown(&stranger.author));
        let help = format!("if that is meant, say why: the reason stays in the commit\n    {}", change.waive_command(RULE.name));
        sink.report(change.place(file), message, help);
    }
}

/// What a state of the file means; without a file the built-in policy. None if it cannot be read: that is `invalid-policy`'s matter.
fn policy_of(blob: Option<&Blob<'_>>) -> Option<Policy> {
    let Some(blob) = blob else { return Some(Policy::built_in()) };
    Policy::read(&String::from_utf8_lossy(&blob.bytes()?), "gnp.toml", Strictness::Door).ok().map(|(policy, _)| policy)
}

/// What a policy allows that the old one did not, as clauses.
fn looser(old: &Policy, new: &Policy) -> Vec<String> {
    let mut found = Vec::new();
    for rule in rules::RULES {
        let (before, after) = (old.level(rule), new.level(rule));
        if after < before {
            found.push(format!("`{}` goes from {} to {}", rule.name, before.word(), after.word()));
        }
    }
    for (key, before, after) in [
        ("protected", &old.protected, &new.protected),
        ("state.canonical", &old.state.canonical, &new.state.canonical),
        ("state.deltas", &old.state.deltas, &new.state.deltas),
        ("fleet.paths", &old.fleet.paths, &new.fleet.paths),
    ] {
        found.extend(lacking(before, after).map(|text| format!("`{key}` loses `{}`", shown(text))));
    }
    for (key, before, after) in
        [("state.free", &old.state.free, &new.state.free), ("state.archive", &old.state.archive, &new.state.archive)]
    {
        found.extend(lacking(after, before).map(|text| format!("`{key}` gains `{}`", shown(text))));
    }
    let added = |rule: &&String| !old.waivable.contains(rule);
    found.extend(new.waivable.iter().filter(added).map(|rule| format!("`{}` can be waived", shown(rule))));
    let added = |writer: &&Writer| !old.writers.iter().any(|known| is_as_strict(known, writer));
    found.extend(new.writers.iter().filter(added).map(|writer| format!("a writer `{}`", shown(&writer.name))));
    let added = |allow: &&crate::policy::Allow| !old.allow.contains(allow);
    found.extend(new.allow.iter().filter(added).map(|allow| format!("an exemption from `{}`", shown(&allow.rule))));
    let added = |collection: &&Collection| relaxes(collection) && !old.state.collections.contains(collection);
    found.extend(new.state.collections.iter().filter(added).map(|collection| format!("losses in `{}`", shown(collection.path.text()))));
    found
}

/// The patterns of one list that another lacks.
fn lacking<'p>(list: &'p Patterns, other: &'p Patterns) -> impl Iterator<Item = &'p str> {
    list.0.iter().filter(|pattern| !other.0.contains(pattern)).map(crate::pattern::Pattern::text)
}

/// Whether a known writer's conditions are the same as those of a new entry; its name may change.
fn is_as_strict(known: &Writer, new: &Writer) -> bool {
    let subjects = |writer: &Writer| writer.subject.iter().map(|regex| regex.text().to_owned()).collect::<Vec<_>>();
    known.env == new.env
        && subjects(known) == subjects(new)
        && known.author == new.author
        && lacking(&new.scripts, &known.scripts).next().is_none()
        && (known.force_push || !new.force_push)
}

fn relaxes(collection: &Collection) -> bool {
    collection.drains
        || collection.counter == Some(false)
        || collection.min.is_some()
        || collection.at.is_some()
        || collection.caps.is_some()
}
