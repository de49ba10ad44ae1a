//! A canonical file that goes away, or becomes something that the fleet cannot read.

use crate::change::{Blob, Change, Class, FileChange};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "canonical-file-removed",
    article: 6,
    summary: "a canonical file deleted, renamed away, replaced by a symlink, a submodule or an LFS pointer, or given another mode",
    why: "\
Every process of the fleet opens these files by their names. One that is not there any more, or is a link to somewhere else, is taken for \
an empty one by the careless and stops all others; the next sync then writes the empty one.

A rename from one canonical path to another is one file, whose content is compared across the rename. A file that moves into the archive \
just as it is, is not lost either; nor is one that only commits had which are taken back. To retire a file, take it out of the policy's `[state] canonical` first.",
    level: Level::Deny,
    bad: &[
        "git rm -q state/agents.json\nfleet git commit -qm 'sync'",
        "git mv state/agents.json agents.bak\nfleet git commit -qm 'tidy up'",
        "ln -sf ../README.md state/agents.json\nfleet git commit --no-verify -qam 'share a file'",
        "chmod +x state/agents.json\nfleet git commit -qam 'sync'",
        "printf 'version https://git-lfs.github.com/spec/v1\\noid sha256:00\\nsize 9\\n' > state/agents.json\nfleet git commit -qam 'track large files'",
    ],
    good: &[
        // Renamed to another canonical path, with a change on the way.
        "git mv state/agents.json state/workers.json\nsed -i.bak 's/\"total\": 136/\"total\": 137/' state/workers.json && rm state/workers.json.bak\n\
         fleet git commit -qam 'call them workers'",
        "mkdir -p state/archive && git mv state/agents.json state/archive/agents-2025.json\nfleet git commit -qm 'archive a year'",
        // The commit that brought it is taken back.
        "echo '{\"topics\": []}' > state/topics.json && git add state && git commit -qm 'topics'\ngit reset -q --soft HEAD~1",
        // Other files come and go.
        "git rm -q README.md\ngit commit -qm 'tidy up'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    for file in change.canonical() {
        let Some(old) = file.old.as_ref().filter(|old| old.is_file()) else { continue };
        let Some(what) = fate(change, file, old, policy) else { continue };
        let mut help = String::from("the fleet reads it by this name");
        if let Some(command) = change.restore_command(file) {
            help += &format!(": put it back with\n    {command}");
        }
        help += "\nto retire it, commit a `gnp.toml` whose `[state] canonical` does not name it, first";
        sink.report(change.place(file), format!("canonical state `{}` {what}", shown(&file.path)), help);
    }
}

/// What became of a file that is no longer what it was; none if it is.
fn fate(change: &Change<'_>, file: &FileChange<'_>, old: &Blob<'_>, policy: &Policy) -> Option<String> {
    let Some(new) = &file.new else {
        let target = change.files.iter().find(|other| other.old.is_none() && other.new.as_ref().is_some_and(|new| new.id == old.id));
        return match target {
            Some(target) if target.class == Class::Archive => None,
            _ if change.history.is_moved_back(&file.path) => None,
            Some(target) => Some(format!("is renamed away, to `{}`", shown(&target.path))),
            None => Some("is deleted".to_owned()),
        };
    };
    let is_pointer = |blob: &Blob<'_>, view| blob.look(view).is_some_and(|look| look.is_lfs_pointer);
    match new.mode {
        0o120_000 => Some("becomes a symlink".to_owned()),
        0o160_000 => Some("becomes a submodule".to_owned()),
        mode if mode != old.mode => Some(format!("changes its mode from {:o} to {mode:o}", old.mode)),
        _ if old.id == new.id || !is_pointer(new, file.view(policy)) || is_pointer(old, file.old_view(policy)) => None,
        _ => Some("becomes a pointer of Git LFS, which the fleet cannot read".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{Content, findings, policy};

    #[test]
    fn what_is_no_file_any_more_is_named() {
        let found = |new| findings(&RULE, &policy(), "state/a.json", Some(Content::Text(b"{}")), new).pop().map(|finding| finding.message);
        assert_eq!(found(None).as_deref(), Some("canonical state `state/a.json` is deleted"));
        assert_eq!(found(Some(Content::Symlink)).as_deref(), Some("canonical state `state/a.json` becomes a symlink"));
        assert_eq!(found(Some(Content::Text(b"[]"))), None);
        let was_none = findings(&RULE, &policy(), "state/a.json", Some(Content::Symlink), None);
        assert_eq!(was_none, []);
    }
}
