//! The lines that git writes around the sides of a conflict, and which of them a change adds.

use std::collections::HashMap;
use std::ops::Range;

/// One line of a conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Which of the three it is.
    pub side: Side,
    /// Its line, from 1.
    pub line: usize,
    /// Its bytes, without the end of the line.
    pub bytes: Range<usize>,
}

/// What a marker begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// `<<<<<<< `: our side begins.
    Ours,
    /// `||||||| `: the common ancestor begins.
    Base,
    /// `>>>>>>> `: their side ends.
    Theirs,
}

/// How long a marker is, with the space behind it, in bytes.
pub const MARKER: usize = 8;

/// The markers that a new text has and the old one had not, or not as often. A binary text has none.
pub fn added(old: &[u8], new: &[u8]) -> Vec<Marker> {
    let mut before: HashMap<&[u8], usize> = HashMap::new();
    for marker in all(old) {
        *before.entry(&old[marker.bytes]).or_default() += 1;
    }
    let mut is_new = |marker: &Marker| match before.get_mut(&new[marker.bytes.clone()]) {
        Some(left) if *left > 0 => {
            *left -= 1;
            false
        }
        _ => true,
    };
    all(new).filter(|marker| is_new(marker)).collect()
}

/// Whether a text has any marker, new or old.
pub fn has_any(text: &[u8]) -> bool {
    all(text).next().is_some()
}

/// Whether markers are the beginning and the end of a conflict, and not a lone line that only looks like one.
pub fn is_set(markers: &[Marker]) -> bool {
    let has = |side| markers.iter().any(|marker| marker.side == side);
    has(Side::Ours) && has(Side::Theirs)
}

/// Whether the labels of markers are those that `git stash pop` and `apply` write; an autostash is applied in the same way.
pub fn is_stash(text: &[u8], markers: &[Marker]) -> bool {
    const LABELS: [&[u8]; 3] = [b"Updated upstream", b"Stashed changes", b"Stash base"];
    markers.iter().any(|marker| LABELS.contains(&text[marker.bytes.clone()][MARKER..].trim_ascii()))
}

/// Whether git takes a content for no text: there is a NUL among its first 8,000 bytes.
pub fn is_binary(content: &[u8]) -> bool {
    content[..content.len().min(8000)].contains(&0)
}

/// Whether a text begins with a marker.
pub fn is_marker(text: &[u8]) -> bool {
    side(text).is_some()
}

/// All markers of a text, in order. A binary one has none.
fn all(text: &[u8]) -> impl Iterator<Item = Marker> {
    let text = if is_binary(text) { &[] } else { text };
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text).map(|newline| newline + 1));
    starts.enumerate().filter_map(|(number, start)| {
        let side = side(&text[start..])?;
        let end = memchr::memchr(b'\n', &text[start..]).map_or(text.len(), |length| start + length);
        let bytes = start..start + text[start..end].trim_ascii_end().len().max(MARKER);
        Some(Marker { side, line: number + 1, bytes })
    })
}

fn side(line: &[u8]) -> Option<Side> {
    match line.first_chunk::<MARKER>()? {
        b"<<<<<<< " => Some(Side::Ours),
        b"||||||| " => Some(Side::Base),
        b">>>>>>> " => Some(Side::Theirs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(old: &str, new: &str) -> Vec<usize> {
        added(old.as_bytes(), new.as_bytes()).iter().map(|marker| marker.line).collect()
    }

    #[test]
    fn only_lines_that_are_new_count() {
        let conflict = "a\n<<<<<<< HEAD\nb\n||||||| 1234567\nc\n=======\nd\n>>>>>>> topic\n";
        assert_eq!(lines("a\n", conflict), [2, 4, 8]);
        assert_eq!(lines(conflict, "a\nb\n"), [0_usize; 0]);
        assert_eq!(lines(conflict, &format!("moved\n{conflict}")), [0_usize; 0]);
        assert_eq!(lines(conflict, &conflict.replace('\n', "\r\n")), [0_usize; 0]);
        assert_eq!(lines(conflict, &format!("{conflict}{conflict}")), [10, 12, 16]);
        assert_eq!(lines(conflict, &conflict.replace("HEAD", "Updated upstream")), [2]);
    }

    #[test]
    fn what_only_looks_like_a_marker_is_left_alone() {
        for text in ["Title\n=======\n", " <<<<<<< HEAD\n", "x >>>>>>> y\n", "<<<<<<<HEAD\n", "<<<<<<\n", ">>>>>>>> eight\n", "||||||||\n"]
        {
            assert_eq!(lines("", text), [0_usize; 0], "{text:?}");
        }
        assert_eq!(added(b"", b"\0\n<<<<<<< HEAD\n"), []);
    }

    #[test]
    fn sets_and_stashes_are_told_apart() {
        let marked = |text: &str| added(b"", text.as_bytes());
        let stash = "<<<<<<< Updated upstream\r\n=======\r\n>>>>>>> Stashed changes\r\n";
        assert!(is_set(&marked(stash)) && is_stash(stash.as_bytes(), &marked(stash)));
        let merge = "<<<<<<< HEAD\n=======\n>>>>>>> topic";
        assert!(is_set(&marked(merge)) && !is_stash(merge.as_bytes(), &marked(merge)));
        let quoted = ">>>>>>> a quoted mail\n>>>>>>> more of it\n";
        assert!(!is_set(&marked(quoted)));
        let bare = "<<<<<<< \n>>>>>>> ";
        assert!(is_set(&marked(bare)) && !is_stash(bare.as_bytes(), &marked(bare)));
    }
}
