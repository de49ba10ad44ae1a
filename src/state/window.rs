//! A window that moves over a content, so that a state file of 100 MB takes no more memory than a small one.

use std::io::{ErrorKind, Read};
use std::str;

use super::markers::{self, MARKER};
use super::read::Text;

/// How many bytes are at hand at once: about what the caches of a core hold. What does not fit is read as a whole.
const SIZE: usize = 256 << 10;

/// A window on a content. Of all that it has shown it knows whether that is UTF-8, and whether a line looks like a conflict marker.
pub struct Window<'r> {
    content: &'r mut dyn Read,
    size: usize,
    /// What is at hand.
    bytes: Vec<u8>,
    state: State,
    /// Up to where what is at hand is UTF-8: all of it, or all but the beginning of a character.
    valid: usize,
    /// Whether something is not UTF-8.
    broken: bool,
    /// Up to where the ends of lines have been looked at.
    looked_at: usize,
    markers: Markers,
}

/// What there is left of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    More,
    Ended,
    /// It cannot be read on.
    Failed,
}

/// Whether conflict markers count, and have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Markers {
    None,
    Some,
    /// The content is no text.
    Binary,
}

impl<'r> Window<'r> {
    /// A window on the beginning of a content.
    pub fn new(content: &'r mut dyn Read) -> Self {
        Self::of_size(content, SIZE)
    }

    fn of_size(content: &'r mut dyn Read, size: usize) -> Self {
        let (state, markers) = (State::More, Markers::None);
        let mut window = Self { content, size, bytes: Vec::new(), state, valid: 0, broken: false, looked_at: 0, markers };
        while window.bytes.len() < size && window.state == State::More {
            window.fill();
        }
        if markers::is_binary(&window.bytes) {
            window.markers = Markers::Binary;
        } else if markers::is_marker(&window.bytes) {
            window.markers = Markers::Some;
        }
        window.look_over();
        window
    }

    /// What is at hand.
    pub fn at_hand(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it has come to the end, and everything on the way was UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.state == State::Ended && !self.broken && self.valid == self.bytes.len()
    }

    /// Goes to the end: whether a line looks like a conflict marker; none if the end cannot be reached.
    pub fn is_marked(mut self) -> Option<bool> {
        while self.state == State::More {
            self.move_on(self.bytes.len());
        }
        (self.state == State::Ended).then_some(self.markers == Markers::Some)
    }

    fn move_on(&mut self, from: usize) -> usize {
        // What has not been looked at whole is kept: a character or a marker that the window cuts in two.
        let gone = from.min(self.looked_at).min(self.valid);
        if self.state != State::More || self.bytes.len() - gone == self.size {
            return 0;
        }
        self.bytes.drain(..gone);
        self.valid -= gone;
        self.looked_at -= gone;
        self.fill();
        self.look_over();
        gone
    }

    /// Reads some more, as much as there is room for.
    fn fill(&mut self) {
        let filled = self.bytes.len();
        self.bytes.resize(self.size, 0);
        let read = loop {
            match self.content.read(&mut self.bytes[filled..]) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.bytes.truncate(filled + *read.as_ref().unwrap_or(&0));
        match read {
            Ok(0) => self.state = State::Ended,
            Ok(_) => {}
            Err(_) => self.state = State::Failed,
        }
    }

    /// Looks at what has come.
    fn look_over(&mut self) {
        match str::from_utf8(&self.bytes[self.valid..]) {
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            read => {
                self.broken |= read.is_err();
                self.valid = self.bytes.len();
            }
        }
        if self.markers == Markers::None {
            let line = |end: usize| &self.bytes[self.looked_at + end + 1..];
            let fresh = &self.bytes[self.looked_at..];
            if memchr::memchr_iter(b'\n', fresh).any(|end| markers::is_marker(line(end))) {
                self.markers = Markers::Some;
            }
        }
        // The end of a line that a whole marker can follow has been looked at for good.
        self.looked_at = self.looked_at.max(self.bytes.len().saturating_sub(MARKER));
    }
}

impl Text for &mut Window<'_> {
    fn at_hand(&self) -> &[u8] {
        &self.bytes
    }

    fn more(&mut self, from: usize) -> usize {
        self.move_on(from)
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use proptest::prelude::*;

    use super::*;
    use crate::state::census::{Census, Detail, Form, Scope};

    const SCOPE: Scope = Scope { depth: 1, detail: Detail::Numbers };

    /// Gives a text in pieces of some sizes, again and again, and breaks off where there is to be no more.
    struct Pieces<'t> {
        text: &'t [u8],
        sizes: Vec<usize>,
        reads: usize,
        breaks_off: bool,
    }

    impl Read for Pieces<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let size = self.sizes[self.reads % self.sizes.len()].min(into.len()).min(self.text.len());
            self.reads += 1;
            if self.text.is_empty() && self.breaks_off {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            into[..size].copy_from_slice(&self.text[..size]);
            self.text = &self.text[size..];
            Ok(size)
        }
    }

    /// What a window of some size shows of a text that comes in such pieces: its census, and whether it has markers.
    fn shown(text: &[u8], size: usize, sizes: &[usize]) -> (Option<Census>, Option<bool>) {
        let mut pieces = Pieces { text, sizes: sizes.to_vec(), reads: 0, breaks_off: false };
        let mut window = Window::of_size(&mut pieces, size);
        (Census::through(&mut window, SCOPE), window.is_marked())
    }

    /// What a text shows that is at hand as a whole, of a document without faults and repeated keys.
    fn whole(text: &[u8]) -> (Option<Census>, Option<bool>) {
        (Census::of(text, Form::Document, SCOPE).ok().filter(|census| census.repeated.is_none()), Some(markers::has_any(text)))
    }

    #[test]
    fn whatever_the_window_the_census_is_the_same() {
        let text = "{\"at\": \"2026-01-01T00:00:00Z\", \"a\\u0020é\": [true, null, -1.5e3, {\"b\": {}}],\r\n\"\u{10ffff}\": {\"n\": 12}, \"z\": false}\n";
        let long = text.repeat(3).len();
        for size in 40..long {
            for pieces in [[1, 1], [2, 3], [7, 64], [1, 1000]] {
                assert_eq!(shown(text.as_bytes(), size, &pieces), whole(text.as_bytes()), "{size} {pieces:?}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_left_to_be_read_as_a_whole() {
        let long = format!("{{\"a\": \"{}\"}}", "x".repeat(100));
        assert_eq!(shown(long.as_bytes(), 64, &[16]).0, None);
        assert!(shown(long.as_bytes(), 128, &[16]).0.is_some());
        // Nothing may hide behind white space, however long it is.
        let wide = |end: &str| format!("[1, 2]{}{end}", " ".repeat(100));
        assert_eq!(shown(wide("x").as_bytes(), 64, &[16]).0, None);
        assert!(shown(wide("").as_bytes(), 128, &[16]).0.is_some() && shown(wide("x").as_bytes(), 128, &[16]).0.is_none());
    }

    #[test]
    fn a_content_that_breaks_off_tells_nothing() {
        let mut pieces = Pieces { text: b"{\"a\": 1}", sizes: vec![3], reads: 0, breaks_off: true };
        let mut window = Window::of_size(&mut pieces, 64);
        assert_eq!(Census::through(&mut window, SCOPE), None);
        assert_eq!(window.is_marked(), None);
    }

    #[test]
    fn markers_are_seen_wherever_the_window_ends() {
        for (text, marked) in [
            ("<<<<<<< HEAD\n", true),
            ("line\n<<<<<<< HEAD\nline\n=======\n", true),
            ("line\n>>>>>>> ", true),
            ("line\r\n||||||| base\nline", true),
            ("line\n >>>>>>> x\n<<<<<<<x\n=======\n>>>>>>>", false),
            ("\0\n<<<<<<< HEAD\n", false),
            ("\u{e9}\u{e9}\n<<<<<<< \u{e9}", true),
        ] {
            for size in 16..64 {
                assert_eq!(shown(text.as_bytes(), size, &[1, 5, 2]).1, Some(marked), "{text:?} {size}");
            }
            let latin = [b"\xe9\xe9\n", text.as_bytes()].concat();
            assert_eq!(shown(&latin, 16, &[3]).1, Some(marked), "{text:?}");
        }
    }

    fn document() -> impl Strategy<Value = String> {
        let scalar = prop_oneof![
            Just("null".to_owned()),
            Just("true".to_owned()),
            any::<f64>().prop_filter_map("a number", |number| number.is_finite().then(|| number.to_string())),
            "[a-z\"\\\\\n\u{e9}\u{1f600}]{0,9}".prop_map(|text| serde_json::to_string(&text).unwrap()),
            Just("\"2026-01-01T00:00:00Z\"".to_owned()),
        ];
        scalar.prop_recursive(4, 40, 6, |inner| {
            let member =
                ("[a-h\"\u{e9}]{0,3}", inner.clone()).prop_map(|(key, value)| format!("{}:{value}", serde_json::to_string(&key).unwrap()));
            prop_oneof![
                (prop::collection::vec(inner, 0..6), "[ \n\t\r]{0,3}").prop_map(|(all, space)| format!("[{space}{}]", all.join(","))),
                (prop::collection::vec(member, 0..6), "[ \n\t\r]{0,3}")
                    .prop_map(|(all, space)| format!("{{{}{space}}}", all.join(&format!("{space},")))),
            ]
        })
    }

    const DAMAGE: &[&[u8]] = &[b"\"", b"\\", b",", b"}", b"\xff", b"\0", b"\n<<<<<<< ", b"0"];

    proptest! {
        /// However a text is cut, and whatever is wrong with it, a window tells what the whole text tells, or nothing.
        #[test]
        fn a_window_tells_what_the_whole_tells(
            text in document(),
            damage in prop::option::of((any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(DAMAGE))),
            size in 32_usize..400,
            pieces in prop::collection::vec(1_usize..40, 1..5),
        ) {
            let mut text = text.into_bytes();
            if let Some((place, removed, put)) = damage {
                let at = place.index(text.len() + 1);
                text.splice(at..(at + removed).min(text.len()), put.iter().copied());
            }
            let (census, marked) = shown(&text, size, &pieces);
            let (expected, is_marked) = whole(&text);
            prop_assert!(census.is_none() || census == expected);
            prop_assert_eq!(marked, is_marked);
            // What fits is told.
            prop_assert_eq!(shown(&text, text.len().max(16) + 1, &pieces).0, expected);
        }

        #[test]
        fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..200), size in 16_usize..64, pieces in prop::collection::vec(1_usize..9, 1..4)) {
            let (census, marked) = shown(&text, size, &pieces);
            prop_assert!(census.is_none() || census == whole(&text).0);
            prop_assert_eq!(marked, whole(&text).1);
        }
    }
}
