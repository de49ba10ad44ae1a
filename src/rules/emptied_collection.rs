//! A collection of a state file that loses everything it holds.

use crate::change::{Change, FileChange, Version};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::{short, shown, toml_string};
use crate::rule::{Check, Level, Rule};
use crate::state::compare::{Fate, Loss, losses};
use crate::state::terms::{EMPTIED_FROM, Terms};
use crate::state::{Contents, Look};

pub(super) const RULE: Rule = Rule {
    name: "emptied-collection",
    article: 6,
    summary: "a collection of canonical state that becomes empty, `null` or another type, or goes missing",
    why: "\
A stale or half-resolved copy of a state file is written over the live one, and every entry that others keep in it is gone at once: an \
autostash was popped over files that the fleet had rewritten, the resolution committed `{\"agents\": {}}`, and 136 agents were lost. The \
commit looks like any other sync, so nobody notices until the next reader finds nothing.

A collection is the document itself or a member of it with five or more entries; deeper ones are warned about where `state.depth`, or a \
`min` for them, says so. It counts as lost when it becomes empty, `null` or another type, or is not there any more. Nothing is lost, and nothing is reported, when

- another collection of the same file now holds the same keys (or, for arrays, the same elements) and did not hold them before: a rename, \
  a move into an envelope, entries handed from one list to the next;
- an object becomes an array, or an array an object, of at least as many entries, and what it held may still be in them: a migration;
- what goes missing is one record or list among at least ten others of its form: the collection around it has lost one entry, not itself;
- the policy says that the collection `drains`, or gives a larger `min`.

Where the old content cannot be read, because a conflict was committed with its markers, the last version that can be is compared.

Bring the old content back with the command shown. Where the loss is meant, waive the rule for that one commit, or, for a queue that is \
emptied as a matter of course, say `drains = true` in the policy.",
    level: Level::Deny,
    bad: &[
        "\
printf '{\"agents\": {}}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"agents\": null, \"total\": 136}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"agents\": \"see agents.db\", \"total\": 136}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"total\": 136}\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{}\\n' > state/agents.json
fleet git commit --no-verify -qam 'sync'",
        "\
printf '[]\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
# The conflict went in while no hook looked; its resolution keeps nothing.
printf '<<<<<<< HEAD\\n' | cat - state/agents.json > conflict && mv conflict state/agents.json
fleet git -c core.hooksPath=/dev/null commit -qam 'sync'
printf '{\"agents\": {}}\\n' > state/agents.json
fleet git commit -qam 'resolve'",
    ],
    good: &[
        "\
# Six agents leave, 130 stay.
{ printf '{\"agents\": {'
  for i in $(seq 1 129); do printf '\"agent-%03d\": {}, ' \"$i\"; done
  printf '\"agent-130\": {}}, \"total\": 130}\\n'
} > state/agents.json
fleet git commit -qam 'sync'",
        "\
# A rename loses nothing.
sed 's/\"agents\":/\"workers\":/' state/agents.json > agents.new
mv agents.new state/agents.json
fleet git commit -qam 'migrate'",
        "\
# A conflict that went in while no hook looked is resolved with all that it held.
cp state/agents.json whole
printf '<<<<<<< HEAD\\n' | cat - whole > state/agents.json
fleet git -c core.hooksPath=/dev/null commit -qam 'sync'
mv whole state/agents.json
fleet git commit -qam 'resolve'",
        "\
# A migration: what was an object by name is a list of records now.
printf '{\"a\": [1, 2, 3], \"b\": [4], \"c\": [], \"d\": [5], \"e\": [6]}\\n' > state/groups.json
git add state && fleet git commit -qm 'groups'
printf '[{\"name\": \"a\", \"all\": [1, 2, 3]}, {\"name\": \"b\"}, {\"name\": \"c\"}, {\"name\": \"d\"}, {\"name\": \"e\"}]\\n' > state/groups.json
fleet git commit -qam 'migrate'",
        "\
# Four entries are few enough to be dealt with in one go.
printf '{\"queue\": [1, 2, 3, 4]}\\n' > state/queue.json
git add state/queue.json
fleet git commit -qm 'queue'
printf '{\"queue\": []}\\n' > state/queue.json
fleet git commit -qam 'sync'",
        "\
# A queue that the policy says drains.
printf '[[state.collection]]\\npath = \"state/queue.json\"\\npointer = \"/queue\"\\ndrains = true\\nreason = \"a queue\"\\n' > gnp.toml
printf '{\"queue\": [1, 2, 3, 4, 5, 6, 7]}\\n' > state/queue.json
git add gnp.toml && fleet git commit -qm 'the queue drains'
git add state/queue.json && fleet git commit -qm 'queue'
printf '{\"queue\": []}\\n' > state/queue.json
fleet git commit -qam 'sync'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    for file in change.canonical() {
        let Some(contents) = Contents::of(file, policy) else { continue };
        let (lost, readable) = match contents.sides() {
            Some((old, new)) => (losses(&old, &new, &Terms::of(file, policy, EMPTIED_FROM)), None),
            None => lost_since(change, file, &contents, policy),
        };
        for loss in lost {
            let message = message(&file.path, &loss) + &readable.as_ref().map_or_else(String::new, since);
            let (place, help) = (change.place(file), help(change, file, policy, &loss, readable.as_ref()));
            // Who asks for more than the root and its members is told, not stopped: deeper collections come and go with their entries.
            if loss.level() > 1 {
                sink.warn(place, message, help);
            } else {
                sink.report(place, message, help);
            }
        }
    }
}

/// How many contents of a file are looked at to find one that can be read.
const LOOKED_AT: usize = 20;

/// Where the old content is no JSON, because of conflict markers say: what is lost of the last one that was, and which that is.
fn lost_since(change: &Change<'_>, file: &FileChange<'_>, contents: &Contents<'_>, policy: &Policy) -> (Vec<Loss>, Option<Version>) {
    // What an LFS pointer stands for is not known.
    let is_broken = |look: &Look| look.fault().is_some() && !look.is_lfs_pointer;
    if contents.new.census().is_none() || !contents.old().is_some_and(is_broken) {
        return (Vec::new(), None);
    }
    let path = file.renamed_from.as_deref().unwrap_or(&file.path);
    let earlier = change.history.contents_before(path).into_iter().take(LOOKED_AT);
    let mut found = earlier.skip_while(|(_, blob)| blob.look(file.old_view(policy)).is_some_and(is_broken));
    let Some((version, blob)) = found.next() else { return (Vec::new(), None) };
    let lost = contents.sides_since(&blob).map(|(old, new)| losses(&old, &new, &Terms::of(file, policy, EMPTIED_FROM))).unwrap_or_default();
    (lost, Some(version))
}

/// Which version a loss is seen against, where that is not the one right before.
fn since(version: &Version) -> String {
    format!(", since `{}` \"{}\", the last version that can be read", short(&version.commit), shown(&version.subject))
}

fn message(path: &str, loss: &Loss) -> String {
    let (path, pointer) = (shown(path), shown(&loss.pointer));
    let what = if pointer.is_empty() { format!("`{path}` as a whole") } else { format!("`{pointer}` of `{path}`") };
    let fate = match loss.fate {
        Fate::Emptied => "is emptied".to_owned(),
        Fate::Missing => "goes missing".to_owned(),
        Fate::Became(kind) => format!("becomes {}", kind.noun()),
    };
    let size = |loss: &Loss| format!("{} → {} entries", loss.entries, loss.left);
    let within = loss.within.as_deref();
    let with = within.map_or_else(String::new, |within| format!(", and with it `{}`: {}", shown(&within.pointer), size(within)));
    format!("{what} {fate}: {}{with}{}", size(loss), names(within.unwrap_or(loss)))
}

/// Some lost keys, and how many more there are.
fn names(loss: &Loss) -> String {
    if loss.keys.is_empty() {
        return String::new();
    }
    let keys: Vec<String> = loss.keys.iter().map(|key| format!("`{}`", shown(key))).collect();
    let named = u64::try_from(keys.len()).unwrap_or(loss.entries);
    let more = match loss.entries.saturating_sub(named) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("; lost: {}{more}", keys.join(", "))
}

fn help(change: &Change<'_>, file: &FileChange<'_>, policy: &Policy, loss: &Loss, readable: Option<&Version>) -> String {
    let mut lines = Vec::new();
    let command = match readable {
        Some(version) => change.restore_from(short(&version.commit), file),
        None => change.restore_command(file),
    };
    if let Some(command) = command {
        lines.push(format!("bring the old content back and make your change on top of it:\n    {command}"));
    }
    if policy.waivable.iter().any(|rule| rule == RULE.name) {
        lines.push(format!("if the loss is meant, say why:\n    {}", change.waive_command(RULE.name)));
    }
    let pointer = if loss.pointer.is_empty() { String::new() } else { format!("    pointer = {}\n", toml_string(&loss.pointer)) };
    lines.push(format!(
        "if it is emptied as a matter of course, commit this in `gnp.toml` first:\n    [[state.collection]]\n    path = {}\n{pointer}    \
         drains = true\n    reason = \"REASON\"",
        toml_string(&file.path)
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{Content, findings, policy};

    const OLD: &str = r#"{"agents": {"a": 1, "b": 2, "c\u001b[2J": 3, "d": 4, "e": 5, "f": 6, "g": 7}, "total": 7}"#;

    fn told(new: &str) -> (String, String) {
        let old = Some(Content::Text(OLD.as_bytes()));
        let mut found = findings(&RULE, &policy(), "state/agents.json", old, Some(Content::Text(new.as_bytes())));
        assert_eq!(found.len(), 1, "{new}");
        let finding = found.remove(0);
        assert_eq!((finding.level, finding.place.path.as_deref()), (Level::Deny, Some("state/agents.json")));
        (finding.message, finding.help.unwrap().to_string())
    }

    #[test]
    fn the_message_names_collection_sizes_and_keys() {
        let lost = r"; lost: `a`, `b`, `c\u{1b}[2J`, `d`, `e` and 2 more";
        for (new, message) in [
            (r#"{"agents": {}}"#, "`/agents` of `state/agents.json` is emptied: 7 → 0 entries"),
            (r#"{"agents": null}"#, "`/agents` of `state/agents.json` becomes null: 7 → 0 entries"),
            (r#"{"agents": [1, 2]}"#, "`/agents` of `state/agents.json` becomes an array: 7 → 2 entries"),
            (r#"{"total": 7}"#, "`/agents` of `state/agents.json` goes missing: 7 → 0 entries"),
            ("{}", "`state/agents.json` as a whole is emptied: 2 → 0 entries, and with it `/agents`: 7 → 0 entries"),
            ("[]", "`state/agents.json` as a whole becomes an array: 2 → 0 entries, and with it `/agents`: 7 → 0 entries"),
        ] {
            assert_eq!(told(new).0, format!("{message}{lost}"));
        }
    }

    #[test]
    fn the_help_restores_waives_or_exempts() {
        let help = told(r#"{"agents": {}}"#).1;
        assert!(help.contains("\n    git restore --source=HEAD --staged --worktree -- state/agents.json\n"), "{help}");
        assert!(help.contains("\n    GNP_ALLOW='emptied-collection: REASON' git commit\n"), "{help}");
        let entry = help.split_once("first:\n").unwrap().1;
        let entry: toml::Table = entry.parse().unwrap();
        assert_eq!(entry["state"]["collection"][0]["pointer"].as_str(), Some("/agents"));
        let strict = Policy { waivable: Vec::new(), ..policy() };
        let (old, new) = (Some(Content::Text(OLD.as_bytes())), Some(Content::Text(b"{}")));
        assert!(!findings(&RULE, &strict, "state/agents.json", old, new)[0].help.as_deref().unwrap().contains("GNP_ALLOW"));
    }

    #[test]
    fn deeper_collections_are_warned_about_on_demand() {
        let level = |depth| {
            let policy = Policy { state: crate::policy::State { depth, ..policy().state }, ..policy() };
            let (old, new) = (Some(Content::Text(br#"{"a": {"b": [1, 2, 3, 4, 5]}}"#)), Some(Content::Text(br#"{"a": {"b": []}}"#)));
            findings(&RULE, &policy, "state/agents.json", old, new).first().map(|finding| finding.level)
        };
        assert_eq!([1, 2].map(level), [None, Some(Level::Warn)]);
    }

    #[test]
    fn what_cannot_be_compared_is_left_alone() {
        let old = || Some(Content::Text(OLD.as_bytes()));
        let empty = || Some(Content::Text(b"{}"));
        for (path, old, new) in [
            ("state/agents.json", None, empty()),
            ("state/agents.json", old(), None),
            ("state/agents.json", Some(Content::Lacking), empty()),
            ("state/agents.json", old(), Some(Content::Lacking)),
            ("state/agents.json", old(), Some(Content::Symlink)),
            ("state/agents.json", Some(Content::Symlink), empty()),
            ("state/agents.txt", old(), empty()),
            ("package.json", old(), empty()),
        ] {
            assert_eq!(findings(&RULE, &policy(), path, old, new), [], "{path}");
        }
    }
}
