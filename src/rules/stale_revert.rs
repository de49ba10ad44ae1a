//! A canonical file that goes back, byte for byte, to an older version of itself.

use crate::change::{After, Change, FileChange, Version};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::{short, shown};
use crate::rule::{Check, Level, Rule};
use crate::state::Contents;
use crate::state::compare::losses;
use crate::state::counters::collapsed;
use crate::state::shrink::shrunk;
use crate::state::terms::{EMPTIED_FROM, SHRUNK_FROM, Terms};

pub(super) const RULE: Rule = Rule {
    name: "stale-revert",
    article: 6,
    summary: "a canonical file that becomes, byte for byte, an older version of itself",
    why: "\
Somebody has written back a copy that was read some time ago: a stash that was popped, the wrong side of a merge, a file saved from an old \
worktree. Everything that the fleet has written in between is undone, though nothing looks broken.

The finding names the commit whose version it is. Silent are: a `git revert`, or a branch that is moved back; a commit that carries a `GNP-Allow` trailer; a restore, that \
is, a change that mends what was broken or emptied, or that goes back behind a stale copy; and a file whose times have all moved on. The \
last 200 versions are looked at. Only in a commit, not before it, so that an ordinary commit is asked about once.",
    level: Level::Warn,
    bad: &[
        "\
cp state/agents.json ../copy.json
sed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak
fleet git commit -qam 'sync'
sed -i.bak 's/\"karma\": 7 /\"karma\": 8 /' state/agents.json && rm state/agents.json.bak
fleet git commit -qam 'sync'
cp ../copy.json state/agents.json
fleet git commit -qam 'sync'",
        "\
# A merge that takes the stale side of a file which the branch never touched.
git switch -qc feature && echo f > f && git add f && git commit -qm 'feature'
git switch -q main
sed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak
fleet git commit -qam 'sync'
git merge -q --no-ff --no-commit feature
git restore --source=feature --staged --worktree -- state
fleet git commit -qm 'merge feature'",
    ],
    good: &[
        "\
# git's own revert says what it does.
sed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak
fleet git commit -qam 'sync'
fleet git revert --no-edit HEAD",
        "\
# What was wiped while no hook looked is brought back.
cp state/agents.json ../whole.json
echo '{\"agents\": {}}' > state/agents.json
fleet git -c core.hooksPath=/dev/null commit -qam 'sync'
cp ../whole.json state/agents.json
fleet git commit -qam 'bring the agents back'",
        "\
# A switch that goes to and fro.
for light in on off on; do
  echo \"{\\\"at\\\": \\\"$(date -u +%Y-%m-%dT%H:%M:%S).$((n += 1))Z\\\", \\\"light\\\": \\\"$light\\\"}\" > state/light.json
  git add state && fleet git commit -qm \"light $light\"
done",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if change.after == After::Index {
        return;
    }
    let changed = change.canonical().filter(|file| file.renamed_from.is_none());
    let contents = changed.filter_map(|file| Some((file, Contents::of(file, policy)?)));
    let suspects: Vec<_> = contents.filter(|(_, contents)| contents.old().is_some() && !has_moved_on(contents)).collect();
    if suspects.is_empty() {
        return;
    }
    let paths: Vec<&str> = suspects.iter().map(|(file, _)| file.path.as_str()).collect();
    let versions = change.history.versions(&paths);
    for (file, contents) in suspects {
        let past: Vec<&Version> = versions.iter().filter(|version| version.path == file.path).collect();
        let is = |version: &Version, blob: &Option<crate::change::Blob<'_>>| version.blob.as_ref() == blob.as_ref().map(|blob| &blob.id);
        let Some(at) = past.iter().position(|version| is(version, &file.new)) else { continue };
        let behind_a_stale_copy = past[at + 1..].iter().any(|version| is(version, &file.old));
        let meant = || change.history.is_moved_back(&file.path) || change.history.means_to_go_back(&file.path);
        if behind_a_stale_copy || mends(&contents, file, policy, at) || meant() {
            continue;
        }
        sink.report(change.place(file), message(file, past[at], at), help(change, file));
    }
}

/// Whether the new content is surely newer: of the times that stand in both, some have moved on and none has gone back; or lines were
/// only added.
fn has_moved_on(contents: &Contents<'_>) -> bool {
    let Some((old, new)) = contents.sides() else {
        return false;
    };
    let shared = || old.census.times.iter().filter_map(|(pointer, before)| Some((*before, *new.census.times.get(pointer)?)));
    shared().any(|(before, after)| after > before) && shared().all(|(before, after)| after >= before)
}

/// Whether the change brings back what was destroyed: the way from the new content to the old one would be a loss. A milder loss counts
/// where the very last change is undone.
fn mends(contents: &Contents<'_>, file: &FileChange<'_>, policy: &Policy, versions_back: usize) -> bool {
    let broken = contents.old().is_some_and(|old| old.fault().is_some() || old.is_lfs_pointer || (old.marked && !contents.new.marked));
    let Some((old, new)) = contents.sides() else { return broken };
    let terms = |min| Terms::of(file, policy, min);
    let emptied = || !losses(&new, &old, &terms(EMPTIED_FROM)).is_empty();
    let shrunk = || !shrunk(&new, &old, &terms(SHRUNK_FROM)).is_empty() || !collapsed(new.census, old.census, &terms(0)).is_empty();
    broken || emptied() || (versions_back == 1 && shrunk())
}

fn message(file: &FileChange<'_>, version: &Version, versions_back: usize) -> String {
    let (id, undone) = (
        short(&version.commit),
        match versions_back {
            1 => "a later version is".to_owned(),
            more => format!("{more} later versions are"),
        },
    );
    let subject = shown(&version.subject);
    format!("`{}` becomes again, byte for byte, what it was at `{id}` \"{subject}\": a stale copy, and {undone} undone", shown(&file.path))
}

fn help(change: &Change<'_>, file: &FileChange<'_>) -> String {
    let restore = change
        .restore_command(file)
        .map_or_else(String::new, |command| format!("bring the latest version back and make your change on top of it:\n    {command}\n"));
    format!("{restore}to go back on purpose, use `git revert`, which says so in the history")
}
