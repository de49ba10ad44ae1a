//! An object of a state file that has one key twice.

use crate::change::{Change, Class};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::state::Contents;

pub(super) const RULE: Rule = Rule {
    name: "duplicate-key",
    article: 6,
    summary: "the same key twice in one object of canonical state or of a delta",
    why: "\
Readers take the last of two members with one name and drop the first without a word; the next program that writes the file drops it for \
good. It is what a merge leaves when two sides add a member at different ends of an object: git sees no conflict, and the text still parses.

Merge the two members into one. A file that had a key twice before is only warned about, so that it does not stop the fleet.",
    level: Level::Deny,
    bad: &[
        "printf '{\"last_run\": 1767225600, \"last_run\": 1767225630}\\n' > state/heartbeat_state.json\nfleet git commit -qam 'sync'",
        "sed -i.bak 's/\"agent-002\": {/\"agent-001\": {/' state/agents.json && rm state/agents.json.bak\nfleet git commit -q --no-verify -am 'sync'",
        "mkdir -p state/inbox && printf '{\"a\": [{\"k\": 1, \"\\\\u006b\": 2}]}\\n' > state/inbox/x.json\ngit add state && git commit -qm 'ask'",
    ],
    good: &[
        "printf '{\"last_run\": 1767225600, \"jobs\": [{\"last_run\": 1}, {\"last_run\": 2}], \"Last_run\": 3}\\n' > state/heartbeat_state.json\n\
         fleet git commit -qam 'sync'",
        "# A file that is no state.\nprintf '{\"a\": 1, \"a\": 2}\\n' > fixture.json\ngit add fixture.json && git commit -qm 'fixture'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    for file in change.files.iter().filter(|file| matches!(file.class, Class::Canonical | Class::Delta)) {
        let Some(contents) = Contents::of(file, policy).filter(Contents::is_comparable) else { continue };
        let Some(repeated) = contents.new.census().and_then(|census| census.repeated.as_ref()) else { continue };
        let (place, path, key) = (contents.place(change, repeated.offset), shown(&file.path), shown(&repeated.key));
        let merge = "merge the members of that name into one";
        if contents.old().and_then(|old| old.census()).is_some_and(|old| old.repeated.is_some()) {
            sink.warn(place, format!("an object of `{path}` still has a key twice: `{key}`"), merge);
            continue;
        }
        let restore = change.restore_command(file).map_or_else(String::new, |command| {
            format!("; or bring the content back that was there before, and make your change again:\n    {command}")
        });
        let message = format!("an object of `{path}` has the key `{key}` twice, and readers silently drop the first");
        sink.report(place, message, format!("{merge}{restore}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{Content, findings, policy};

    #[test]
    fn only_a_new_repetition_denies() {
        let level = |old: &[u8], new: &[u8]| {
            let found = findings(&RULE, &policy(), "state/a.json", Some(Content::Text(old)), Some(Content::Text(new)));
            found.first().map(|finding| (finding.level, finding.place.span.as_ref().map(|span| span.bytes.start)))
        };
        assert_eq!(level(b"{}", b"{\"a\": 1, \"a\": 2}"), Some((Level::Deny, Some(10))));
        assert_eq!(level(b"{\"a\": 1, \"a\": 2}", b"{\"a\": 1, \"a\": 3}").map(|(level, _)| level), Some(Level::Warn));
        assert_eq!(level(b"{\"a\": 1, \"a\": 2}", b"{\"a\": 1}"), None);
        assert_eq!(level(b"{", b"{\"a\": 1, \"a\": 2}").map(|(level, _)| level), Some(Level::Deny));
    }
}
