//! A state file that no reader can parse.

use crate::change::{Change, Class, FileChange};
use crate::finding::Sink;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::state::Contents;
use crate::state::fault::{Fault, Flaw};

pub(super) const RULE: Rule = Rule {
    name: "invalid-json",
    article: 6,
    summary: "canonical state or a delta that is not JSON",
    why: "\
Every process of the fleet reads these files. One that does not parse stops all of them at once, or worse, makes a careless one start \
again from an empty document and write that back. Usual causes: a writer that was stopped between truncating a file and filling it, a \
conflict resolved by hand, a program that prints `NaN`.

The finding says where the text stops being JSON and what should have come; an empty file, a byte order mark, UTF-16, a NUL byte and a \
Git LFS pointer are called by their names. A commit that repairs a broken file passes. A commit that touches a file that was broken before, \
and leaves it so, is only warned about, so that one bad file does not stop the fleet; to empty it altogether is refused.

Only `*.json` files that the policy calls canonical or deltas are looked at, and `*.jsonl` files, in which each line must be a document \
and which may be empty. Lines that git wrote around a conflict are the matter of \
`conflict-marker`.",
    level: Level::Deny,
    bad: &[
        "\
printf '{\"agents\": {\"agent-001\": {\"karma\": 3},\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
: > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"last_run\": NaN}\\n' > state/heartbeat_state.json
fleet git commit -qam 'sync'",
        "\
printf '{\"last_run\": 1767225600,}\\n' > state/heartbeat_state.json
fleet git commit -qam 'sync'",
        "\
printf '\\357\\273\\277{\"last_run\": 1767225600}\\n' > state/heartbeat_state.json
fleet git commit --no-verify -qam 'sync'",
        "\
mkdir -p state/stream_deltas
printf '{\"frame\": 405, \"stream_id\": \"stream-1\", \"posts_created\": [\\n' > state/stream_deltas/frame-405-stream-1.json
git add state/stream_deltas
git commit -qm 'delta of stream 1'",
    ],
    good: &[
        "\
# What other readers of the folder need is none of this rule's business.
mkdir -p state/stream_deltas tests
: > state/stream_deltas/.gitkeep
printf '{\"broken\": \\n' > tests/broken.json
git add state/stream_deltas tests
git commit -qm 'fixtures'",
        "\
mkdir -p state/stream_deltas
printf '{\"frame\": 405, \"stream_id\": \"stream-1\", \"posts_created\": []}' > state/stream_deltas/frame-405-stream-1.json
git add state/stream_deltas
git commit -qm 'delta of stream 1'",
        "\
# The repair of a file that was broken while no hook looked.
cp state/heartbeat_state.json whole.json
printf '{\"last_run\":\\n' > state/heartbeat_state.json
fleet git -c core.hooksPath=/dev/null commit -qam 'sync'
mv whole.json state/heartbeat_state.json
fleet git commit -qam 'repair'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    for file in change.files.iter().filter(|file| matches!(file.class, Class::Canonical | Class::Delta)) {
        let Some(contents) = Contents::of(file, policy).filter(Contents::is_comparable) else { continue };
        let Some(fault) = contents.new.fault() else { continue };
        let place = contents.place(change, fault.offset);
        let path = shown(&file.path);
        // Emptying what was broken destroys it, and is as bad as breaking it.
        let still_broken = |before: &Fault| before.flaw == Flaw::Empty || fault.flaw != Flaw::Empty;
        if contents.old().and_then(|old| old.fault()).is_some_and(still_broken) {
            sink.warn(place, format!("`{path}` is still not JSON: {fault}"), advice(&fault.flaw));
        } else {
            sink.report(place, format!("`{path}` is not JSON: {fault}"), help(change, file, fault));
        }
    }
}

fn help(change: &Change<'_>, file: &FileChange<'_>, fault: &Fault) -> String {
    let advice = advice(&fault.flaw);
    match change.restore_command(file) {
        Some(command) => format!("{advice}; or bring the last good content back:\n    {command}"),
        None => advice.to_owned(),
    }
}

fn advice(flaw: &Flaw) -> &'static str {
    match flaw {
        Flaw::Empty | Flaw::Truncated(_) => {
            "write the whole document again, to a temporary file that is then renamed over this one, so that no stop can cut it short"
        }
        Flaw::ByteOrderMark | Flaw::Utf16 | Flaw::NotUtf8 | Flaw::Nul => "write the file again as UTF-8 without a byte order mark",
        Flaw::LfsPointer => "fetch the document with `git lfs pull` and keep it out of Git LFS, whose pointers the fleet cannot read",
        Flaw::Word(_) | Flaw::TooLarge => "make its writer write `null` where it has no number",
        Flaw::TooDeep => "make its writer keep the document flatter",
        Flaw::ConflictMarker => "resolve the conflict and take its markers out",
        _ => "correct the text there",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;
    use crate::rules::sample::{Content, findings, policy};

    fn found(path: &str, old: Option<&[u8]>, new: &[u8]) -> Vec<Finding> {
        findings(&RULE, &policy(), path, old.map(Content::Text), Some(Content::Text(new)))
    }

    #[test]
    fn the_place_is_that_of_the_fault() {
        let finding = found("state/inbox/é.json", None, "{\n  \"é\": 1,\n}".as_bytes()).remove(0);
        assert_eq!(finding.message, "`state/inbox/é.json` is not JSON: line 2, column 9: a comma before a closing bracket");
        let span = finding.place.span.unwrap();
        assert_eq!((span.start(), span.snippet()), ((2, 9), ","));
        let finding = found("state/a.json", Some(b"{}"), b"{\"a\": \"\xff\"}").remove(0);
        assert_eq!((finding.level, finding.place.span), (Level::Deny, None));
        let help = finding.help.unwrap();
        assert!(help.ends_with("\n    git restore --source=HEAD --staged --worktree -- state/a.json"), "{help}");
    }

    #[test]
    fn a_file_that_was_broken_before_is_only_warned_about_unless_it_is_emptied() {
        let level = |old: &[u8], new: &[u8]| found("state/a.json", Some(old), new).first().map(|finding| finding.level);
        assert_eq!(level(b"{", b"{}"), None);
        assert_eq!(level(b"{}", b"{"), Some(Level::Deny));
        assert_eq!(level(b"{", b"{ "), Some(Level::Warn));
        assert_eq!(level(b"{\"a\": 1", b""), Some(Level::Deny));
        assert_eq!(level(b"", b"\n"), Some(Level::Warn));
    }

    #[test]
    fn other_files_are_left_alone() {
        assert_eq!(found("state/inbox/.gitkeep", None, b""), []);
        assert_eq!(found("tests/a.json", None, b"{"), []);
        assert_eq!(findings(&RULE, &policy(), "state/a.json", None, Some(Content::Lacking)), []);
        assert_eq!(findings(&RULE, &policy(), "state/a.json", Some(Content::Lacking), Some(Content::Text(b"{"))), []);
        assert_eq!(findings(&RULE, &policy(), "state/a.json", Some(Content::Text(b"{}")), Some(Content::Symlink)), []);
    }
}
