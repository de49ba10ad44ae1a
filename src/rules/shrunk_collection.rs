//! A collection of a state file that loses half of what it holds, or more.

use std::collections::HashSet;

use crate::change::{Change, Class, FileChange};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::{shell_quote, short, shown, toml_string};
use crate::rule::{Check, Level, Rule};
use crate::state::Contents;
use crate::state::shrink::{Shrunk, shrunk};
use crate::state::terms::{SHRUNK_FROM, Terms};

pub(super) const RULE: Rule = Rule {
    name: "shrunk-collection",
    article: 6,
    summary: "a collection of canonical state with 10 or more entries that loses half of them or more",
    why: "\
A copy that was read an hour ago and is written back now does not empty a collection, it takes back what others have added since. A fall \
by half is rarely meant.

Nothing is reported when a file of the policy's `archive` changes in the same commit, because then entries have been rotated; when the lost \
entries all went to another collection of the same file; and when the policy says that the collection `drains`, is cut at a size (`caps`), \
or may lose a larger share (`at`). Of many collections of one file that shrink together, the one that lost most is told, and how many more there \
are.",
    level: Level::Warn,
    bad: &[
        "\
{ printf '{\"agents\": {'
  for i in $(seq 1 67); do printf '\"agent-%03d\": {}, ' \"$i\"; done
  printf '\"agent-068\": {}}, \"total\": 136}\\n'
} > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"posts\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\\n' > state/posts.json
git add state && fleet git commit -qm 'posts'
printf '{\"posts\": [1, 2, 3, 4, 5]}\\n' > state/posts.json
fleet git commit --no-verify -qam 'sync'",
    ],
    good: &[
        "\
# Rotation: what goes, goes to the archive.
printf '{\"posts\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\\n' > state/posts.json
git add state && fleet git commit -qm 'posts'
printf '{\"posts\": [6]}\\n' > state/posts.json
mkdir -p state/archive && printf '[1, 2, 3, 4, 5, 7, 8, 9, 10]\\n' > state/archive/posts.json
git add state && fleet git commit -qm 'rotate'",
        "\
printf '{\"posts\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\\n' > state/posts.json
git add state && fleet git commit -qm 'posts'
printf '{\"posts\": [1, 2, 3, 4, 5, 6]}\\n' > state/posts.json
fleet git commit -qam 'sync'",
        "\
# From one list to another.
printf '{\"pending\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], \"done\": []}\\n' > state/jobs.json
git add state && fleet git commit -qm 'jobs'
printf '{\"pending\": [9, 10], \"done\": [1, 2, 3, 4, 5, 6, 7, 8]}\\n' > state/jobs.json
fleet git commit -qam 'sync'",
        "\
# A list that its owner keeps at five.
printf '[[state.collection]]\\npath = \"state/log.json\"\\npointer = \"/*\"\\ncaps = 5\\nreason = \"the last five\"\\n' > gnp.toml
git add gnp.toml && fleet git commit -qm 'the log is cut'
printf '{\"log\": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}\\n' > state/log.json
git add state && fleet git commit -qm 'log'
printf '{\"log\": [6, 7, 8, 9, 10]}\\n' > state/log.json
fleet git commit -qam 'sync'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if change.files.iter().any(|file| file.class == Class::Archive) {
        return;
    }
    for file in change.canonical() {
        let Some((old, new)) = Contents::of(file, policy).and_then(|contents| contents.sides()) else { continue };
        // Of many that shrink at once, which has one cause, the one that lost most speaks for all.
        let all = shrunk(&old, &new, &Terms::of(file, policy, SHRUNK_FROM));
        if let Some(largest) = all.iter().rev().max_by_key(|one| one.entries - one.left) {
            sink.report(change.place(file), message(&file.path, largest, all.len() - 1), help(change, file, &all));
        }
    }
}

/// What became of the largest one, beside which a number of others shrink.
fn message(path: &str, shrunk: &Shrunk, others: usize) -> String {
    let (path, pointer) = (shown(path), shown(&shrunk.pointer));
    let what = if pointer.is_empty() { format!("`{path}` as a whole") } else { format!("`{pointer}` of `{path}`") };
    let keys: Vec<String> = shrunk.keys.iter().map(|key| format!("`{}`", shown(key))).collect();
    let gone = if keys.is_empty() { String::new() } else { format!("; lost among others: {}", keys.join(", ")) };
    let more = match others {
        0 => String::new(),
        1 => ", and 1 more collection".to_owned(),
        more => format!(", and {more} more collections"),
    };
    format!("{what} shrinks: {} → {} entries{gone}{more}", shrunk.entries, shrunk.left)
}

fn help(change: &Change<'_>, file: &FileChange<'_>, all: &[Shrunk]) -> String {
    let mut lines = Vec::new();
    if let Some(command) = change.lasting_restore_command(file) {
        lines.push(format!("look at what is gone, and bring it back if it is not meant:\n    {}\n    {command}", compare(change, file)));
    }
    let pointer = pointer_to(all);
    let pointer = if pointer.is_empty() { String::new() } else { format!("    pointer = {}\n", toml_string(&pointer)) };
    lines.push(format!(
        "if it is cut as a matter of course, commit this in `gnp.toml`:\n    [[state.collection]]\n    path = {}\n{pointer}    caps = {}\n    \
         reason = \"REASON\"",
        toml_string(&file.path),
        all.iter().map(|one| one.left).min().unwrap_or(0)
    ));
    lines.join("\n")
}

/// The pointer of a policy's entry that is about all of some collections: their own, that of all members beside them, or none, which is
/// the whole file.
fn pointer_to(all: &[Shrunk]) -> String {
    if let [only] = all {
        return only.pointer.clone();
    }
    let parent = |one: &Shrunk| one.pointer.rsplit_once('/').map(|(parent, _)| parent.to_owned());
    let parents: HashSet<Option<String>> = all.iter().map(parent).collect();
    match parents.into_iter().collect::<Vec<_>>().as_slice() {
        [Some(parent)] => format!("{parent}/*"),
        _ => String::new(),
    }
}

/// The command that shows what the change does to a file.
fn compare(change: &Change<'_>, file: &FileChange<'_>) -> String {
    let sides = match (&change.after, &change.before) {
        (crate::change::After::Commit(after), Some(before)) => format!("{} {}", short(before), short(after)),
        _ => "--cached".to_owned(),
    };
    format!("git diff {sides} -- {}", shell_quote(&file.path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{Content, findings, policy};

    #[test]
    fn the_message_names_sizes_and_keys_and_the_help_an_entry() {
        let object = |from: u32| format!("{{\"a\": {{{}}}}}", (from..12).map(|n| format!("\"k{n}\": {n}")).collect::<Vec<_>>().join(","));
        let (old, new) = (object(0), object(6));
        let (old, new) = (Some(Content::Text(old.as_bytes())), Some(Content::Text(new.as_bytes())));
        let finding = findings(&RULE, &policy(), "state/x.json", old, new).remove(0);
        assert_eq!(finding.level, Level::Warn);
        assert_eq!(finding.message, "`/a` of `state/x.json` shrinks: 12 → 6 entries; lost among others: `k0`, `k1`, `k2`, `k3`, `k4`");
        let help = finding.help.unwrap();
        assert!(help.contains("\n    git restore --source=0123456789ab --staged --worktree -- state/x.json\n"), "{help}");
        let entry: toml::Table = help.split_once("`gnp.toml`:\n").unwrap().1.parse().unwrap();
        assert_eq!(entry["state"]["collection"][0]["caps"].as_integer(), Some(6));
    }

    #[test]
    fn of_many_lists_the_one_that_lost_most_speaks_for_all() {
        let lists = |share: usize| {
            let lists = (0..38).map(|list| format!("\"l{list}\": [{}]", vec!["0"; (20 + 2 * (list % 30)) / share].join(",")));
            format!("{{{}}}", lists.collect::<Vec<_>>().join(","))
        };
        let (old, new) = (lists(1), lists(2));
        let (old, new) = (Some(Content::Text(old.as_bytes())), Some(Content::Text(new.as_bytes())));
        let told = findings(&RULE, &policy(), "state/x.json", old, new);
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].message, "`/l29` of `state/x.json` shrinks: 78 → 39 entries, and 37 more collections");
        let entry: toml::Table = told[0].help.as_deref().unwrap().split_once("`gnp.toml`:\n").unwrap().1.parse().unwrap();
        let entry = &entry["state"]["collection"][0];
        assert_eq!((entry["pointer"].as_str(), entry["caps"].as_integer()), (Some("/*"), Some(10)));
    }

    #[test]
    fn a_pointer_is_about_all_that_shrink() {
        let pointer = |pointers: &[&str]| {
            let one = |pointer: &&str| Shrunk { pointer: (*pointer).to_owned(), entries: 20, left: 5, keys: Vec::new() };
            pointer_to(&pointers.iter().map(one).collect::<Vec<_>>())
        };
        assert_eq!(pointer(&["/a/b"]), "/a/b");
        assert_eq!(pointer(&["/a/b", "/a/c"]), "/a/*");
        assert_eq!(pointer(&["/a/b", "/c"]), "");
        assert_eq!(pointer(&["", "/c"]), "");
    }
}
