//! Canonical state changed on a protected branch by someone who is not a writer.

use unicode_normalization::UnicodeNormalization;

use crate::change::{Change, Class, FileChange, Stranger, WorkTree};
use crate::finding::{Place, Sink};
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "canonical-state-commit",
    article: 6,
    summary: "canonical state changed on a protected branch by someone who is not a writer",
    why: "Canonical state files have one writer: the merge engine, or the fleet's own sync. Anyone else who commits them commits a copy that \
was read some time ago, and with it takes back what the fleet has written since. Write a delta instead (`state/stream_deltas/`, \
`state/inbox/`): the writer merges it.\n\nWho is a writer stands in the policy's `[[writer]]` blocks: by environment, author or subject. A \
commit that creates a file, and commits that upstream already has, pass; so does taking back, to what upstream has, what strangers alone, or \
one commit that lost something, have made of a file since. Every way onto the branch is judged: commit, merge, cherry-pick, rebase, reset, \
`update-ref`, push.",
    level: Level::Deny,
    bad: &[
        "sed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak\ngit commit -qam 'tune agents'",
        // `--no-verify` skips pre-commit, not the reference door.
        "echo '{\"last_run\": \"2026-01-01T00:05:00Z\"}' > state/heartbeat_state.json\ngit commit -q --no-verify -am 'touch heartbeat'",
        // Plumbing and fast-forwards come by there too.
        "echo '{\"last_run\": \"2026-01-01T00:05:00Z\"}' > state/heartbeat_state.json\ngit add state\n\
         git update-ref refs/heads/main \"$(git commit-tree -p HEAD -m plumbing \"$(git write-tree)\")\"",
        // On macOS this is the file that the fleet reads.
        "id=$(printf '{\"agents\": {}}\\n' | git hash-object -w --stdin)\n\
         git update-index --add --cacheinfo \"100644,$id,State/Agents.json\" && git commit -qm 'add agents'",
        // And this, where the accent stands for itself, has the same name there in other bytes.
        "composed=$(printf 'caf\\303\\251') parted=$(printf 'cafe\\314\\201')\n\
         echo '{\"open\": true}' > \"state/$composed.json\" && git add state && fleet git commit -qm 'sync'\n\
         id=$(echo '{\"open\": false}' | git hash-object -w --stdin)\n\
         git update-index --add --cacheinfo \"100644,$id,state/$parted.json\" && git commit -qm 'close it'",
    ],
    good: &[
        "sed -i.bak 's/\"phase\": \"idle\"/\"phase\": \"busy\"/' state/agents.json && rm state/agents.json.bak\n\
         fleet git commit -qam 'sync'",
        // What a session writes instead of state.
        "mkdir -p state/inbox\necho '{\"agent\": \"agent-001\", \"phase\": \"busy\"}' > state/inbox/tune.json\n\
         git add state/inbox && git commit -qm 'ask for a new phase'",
        // A file that is not there yet has nothing to lose.
        "echo '{\"topics\": []}' > state/topics.json\ngit add state && git commit -qm 'add topics'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !change.protected {
        return;
    }
    let twins = |file| twin(change, file, policy).map(|twin| (file, Some(twin)));
    let changed = change.canonical().filter(|file| file.old.is_some()).map(|file| (file, None));
    for (file, twin) in changed.chain(change.files.iter().filter_map(twins)) {
        for stranger in change.authors.strangers(&file.path) {
            let message = match &twin {
                Some(twin) => overwriting(file, twin, &stranger),
                None => message(change, file, &stranger),
            };
            let help = change.leave_to_its_writer(file, policy) + unknown_writer(change, policy);
            let place = change.place(file);
            sink.report(Place { commit: stranger.commit.or(place.commit.clone()), ..place }, message, help);
        }
    }
}

/// What helps a writer whose commits arrive without the environment by which alone it is known.
fn unknown_writer(change: &Change<'_>, policy: &Policy) -> &'static str {
    let by_environment =
        policy.writers.iter().any(|writer| !writer.env.is_empty() && writer.author.0.is_empty() && writer.subject.is_empty());
    if change.work_tree == WorkTree::Elsewhere && by_environment {
        "\na writer who pushes is known by its commits: first name its `author` or `subject` in the `gnp.toml` of the branch there"
    } else {
        ""
    }
}

/// The canonical file that a new one overwrites where the file system folds case or accents, as those of macOS and Windows do.
fn twin(change: &Change<'_>, file: &FileChange<'_>, policy: &Policy) -> Option<String> {
    if file.old.is_some() || file.new.is_none() {
        return None;
    }
    let folded = fold(&file.path);
    let gone = |path: &String| change.files.iter().any(|other| other.path == *path && other.new.is_none());
    let same = |path: &String| *path != file.path && fold(path) == folded && policy.class(path) == Class::Canonical && !gone(path);
    let mut folders: Vec<&str> = policy.state.canonical.0.iter().map(Pattern::folder).collect();
    folders.dedup();
    let near = folders.into_iter().filter(|folder| folder.is_empty() || folded.starts_with(&format!("{}/", fold(folder))));
    near.flat_map(|folder| change.history.folder_before(folder)).map(|(path, _)| path).find(same)
}

fn fold(path: &str) -> String {
    path.nfc().flat_map(char::to_lowercase).collect()
}

fn overwriting(file: &FileChange<'_>, twin: &str, stranger: &Stranger) -> String {
    format!(
        "`{}`, added by {}, who is no writer, is canonical `{}` where the file system folds case and accents, and overwrites it there",
        shown(&file.path),
        shown(&stranger.author),
        shown(twin),
    )
}

fn message(change: &Change<'_>, file: &FileChange<'_>, stranger: &Stranger) -> String {
    let branch = change.reference.as_deref().map_or("HEAD", |name| name.trim_start_matches("refs/heads/"));
    let done = match (&file.new, &file.renamed_from) {
        (None, _) => "deleted",
        (Some(_), Some(_)) => "renamed",
        (Some(_), None) => "changed",
    };
    let subject = stranger.subject.as_deref().filter(|subject| !subject.is_empty()).map(|subject| format!(" in \"{}\"", shown(subject)));
    format!(
        "canonical state `{}` {done} on `{}` by {}{}, who is no writer of the policy",
        shown(&file.path),
        shown(branch),
        shown(&stranger.author),
        subject.unwrap_or_default(),
    )
}
