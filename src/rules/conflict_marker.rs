//! Lines of a conflict that a change brings in.

use std::sync::Arc;

use crate::change::{Change, FileChange};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::state::Contents;
use crate::state::markers::{Marker, added, is_set, is_stash};

pub(super) const RULE: Rule = Rule {
    name: "conflict-marker",
    article: 6,
    summary: "an added line that begins with `<<<<<<< `, `>>>>>>> ` or `||||||| `",
    why: "\
Conflict markers in a state file make it unreadable for every process of the fleet, and the hasty resolution that follows is what destroys \
data: most wiped state files were wiped by someone who took the markers out of a popped stash.

Only lines that the change *adds* count, so a commit that removes markers passes, and so does one that leaves old ones where they are. In \
paths the fleet writes one such line is enough. Elsewhere it takes the beginning and the end of a conflict; a lone line, such as a mail \
quoted seven levels deep, is only warned about. Underlines of `=======`, indented markers, text in the middle of a line and binary files \
are left alone, and so are files that `.gitattributes` gives a `conflict-marker-size` or the attribute `-text`. Exempt other fixtures and \
tutorials with an `[[allow]]` entry.

Resolve the conflict so that the entries of *both* sides stay. After a stash was popped, `--ours` is the branch and `--theirs` the stash; \
git keeps the stash until it is dropped.",
    level: Level::Deny,
    bad: &[
        "\
printf '<<<<<<< Updated upstream\\n{\"agents\": {}}\\n=======\\n{\"agents\": {\"agent-001\": {}}}\\n>>>>>>> Stashed changes\\n' > state/agents.json
fleet git commit -qam 'sync'",
        "\
printf '{\"last_run\": 1767225600}\\n>>>>>>> theirs\\n' > state/heartbeat_state.json
fleet git commit --no-verify -qam 'sync'",
        "\
printf '<<<<<<< HEAD\\r\\none\\r\\n=======\\r\\ntwo\\r\\n>>>>>>> topic\\r\\n' >> README.md
git commit -qam 'describe the project'",
    ],
    good: &[
        "\
printf 'Conflicts\\n=======\\nA line such as <<<<<<< HEAD begins one.\\n    >>>>>>> topic\\n' >> README.md
git commit -qam 'describe conflicts'",
        "\
# Taking markers out is what everybody wants.
cp README.md whole.md
printf '<<<<<<< HEAD\\none\\n=======\\ntwo\\n>>>>>>> topic\\n' >> README.md
git -c core.hooksPath=/dev/null commit -qam 'describe the project'
mv whole.md README.md
git commit -qam 'resolve'",
        "\
# A tutorial that says so itself.
printf 'conflicts.md conflict-marker-size=32\\n*.orig -text\\n' > .gitattributes
printf '<<<<<<< HEAD\\none\\n=======\\ntwo\\n>>>>>>> topic\\n' > conflicts.md
cp conflicts.md fixture.orig
git add . && git commit -qm 'explain conflicts'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    for file in &change.files {
        let Some(contents) = Contents::of(file, policy).filter(|contents| contents.new.marked) else { continue };
        let Some([old, new]) = contents.texts() else { continue };
        let (old, new) = (&*old, &*new);
        let markers = added(old, new);
        let Some(first) = markers.first() else { continue };
        if change.history.is_exempt_from_markers(&file.path) {
            continue;
        }
        let place = place(change, file, new, first);
        let message = message(&file.path, new, &markers, first);
        let help = help(change, file, &markers, new);
        if file.fleet || is_set(&markers) {
            sink.report(place, message, help);
        } else {
            sink.warn(place, message, help);
        }
    }
}

fn message(path: &str, text: &[u8], markers: &[Marker], first: &Marker) -> String {
    let line = String::from_utf8_lossy(&text[first.bytes.clone()]);
    let whose = if is_stash(text, markers) { " of a popped stash" } else { "" };
    let found = format!("`{}` in line {}", shown(&line), first.line);
    match markers.len() {
        1 => format!("a conflict marker{whose} comes into `{}`: {found}", shown(path)),
        count => format!("{count} conflict markers{whose} come into `{}`: {found}", shown(path)),
    }
}

/// The first marker. Bytes that are not UTF-8 are replaced before it, which moves its offset.
fn place(change: &Change<'_>, file: &FileChange<'_>, text: &[u8], first: &Marker) -> Place {
    let before = String::from_utf8_lossy(&text[..first.bytes.start]);
    let line = String::from_utf8_lossy(&text[first.bytes.clone()]);
    let after = String::from_utf8_lossy(&text[first.bytes.end..]);
    let span = before.len()..before.len() + line.len();
    let text: Arc<str> = [before, line, after].concat().into();
    change.locate(Place::in_text(&file.path, &text, span))
}

fn help(change: &Change<'_>, file: &FileChange<'_>, markers: &[Marker], text: &[u8]) -> String {
    let resolve = "keep the entries of both sides and take the markers out";
    let restore = change.restore_command(file).map_or_else(String::new, |command| {
        format!("; or bring the content back that was there before, and make your change again:\n    {command}")
    });
    let stash = if is_stash(text, markers) {
        "\nthe stash is kept until it is dropped; look at what it holds with:\n    git stash show -p"
    } else {
        ""
    };
    format!("{resolve}{restore}{stash}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Finding;
    use crate::rules::sample::{Content, findings, policy};

    fn found(path: &str, old: &[u8], new: &[u8]) -> Option<Finding> {
        let mut found = findings(&RULE, &policy(), path, Some(Content::Text(old)), Some(Content::Text(new)));
        assert!(found.len() < 2);
        found.pop()
    }

    #[test]
    fn a_lone_marker_denies_in_fleet_paths_and_warns_elsewhere() {
        let level = |path: &str, new: &[u8]| found(path, b"", new).map(|finding| finding.level);
        assert_eq!(level("state/soul.md", b">>>>>>> x\n"), Some(Level::Deny));
        assert_eq!(level("README.md", b">>>>>>> x\n"), Some(Level::Warn));
        assert_eq!(level("README.md", b"||||||| x\n"), Some(Level::Warn));
        assert_eq!(level("README.md", b"<<<<<<< x\n=======\n>>>>>>> y\n"), Some(Level::Deny));
        assert_eq!(level("README.md", b"x\n=======\n"), None);
    }

    #[test]
    fn a_popped_stash_is_named_and_shown_where_it_is() {
        let new = b"caf\xe9\n<<<<<<< Updated upstream\n=======\n>>>>>>> Stashed changes\n";
        let finding = found("state/a.json", b"caf\xe9\n", new).unwrap();
        assert_eq!(finding.message, "2 conflict markers of a popped stash come into `state/a.json`: `<<<<<<< Updated upstream` in line 2");
        let span = finding.place.span.unwrap();
        assert_eq!((span.start(), span.snippet()), ((2, 1), "<<<<<<< Updated upstream"));
        let help = finding.help.unwrap();
        assert!(help.contains("\n    git restore --source=HEAD --staged --worktree -- state/a.json\n"), "{help}");
        assert!(help.ends_with("\n    git stash show -p"), "{help}");
    }

    #[test]
    fn content_that_is_not_at_hand_is_left_alone() {
        let marked = || Some(Content::Text(b"<<<<<<< a\n>>>>>>> b\n"));
        assert_eq!(findings(&RULE, &policy(), "a", Some(Content::Lacking), marked()), []);
        assert_eq!(findings(&RULE, &policy(), "a", marked(), Some(Content::Lacking)), []);
        assert_eq!(findings(&RULE, &policy(), "a", marked(), None), []);
        assert_eq!(findings(&RULE, &policy(), "a", Some(Content::Symlink), marked()).len(), 1);
    }
}
