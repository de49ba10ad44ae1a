//! Why a text is no JSON document: where, and in plain words.

use std::fmt;

use super::census::Form;
use crate::report::shown;

/// How a pointer of Git LFS begins (its specification, version 1).
pub const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The first fault of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line it is in, from 1.
    pub line: usize,
    /// The column, from 1, in Unicode scalar values.
    pub column: usize,
    /// The byte, from 0.
    pub offset: usize,
    /// What is wrong there.
    pub flaw: Flaw,
}

/// What is wrong with a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It holds nothing, or white space alone.
    Empty,
    /// A byte order mark stands in front.
    ByteOrderMark,
    /// It is UTF-16 or UTF-32.
    Utf16,
    /// A NUL byte.
    Nul,
    /// A byte that is not UTF-8.
    NotUtf8,
    /// The pointer of Git LFS stands where the document should.
    LfsPointer,
    /// The line of a merge conflict.
    ConflictMarker,
    /// It ends too early; what should have come.
    Truncated(&'static str),
    /// It is nested deeper than [`MAX_DEPTH`](super::read::MAX_DEPTH).
    TooDeep,
    /// A word of JavaScript or Python that JSON does not have, e.g. `NaN`.
    Word(&'static str),
    /// A comment.
    Comment,
    /// A comma in front of a closing bracket.
    TrailingComma,
    /// A string in single quotes.
    SingleQuotes,
    /// A control character, such as a line break, inside a string.
    ControlCharacter,
    /// A backslash in a string that begins no escape of JSON.
    Escape,
    /// A number that begins with a zero it should not have.
    LeadingZero,
    /// A number that no 64-bit float can hold.
    TooLarge,
    /// Something else than should have come.
    Unexpected {
        /// What should have come.
        expected: &'static str,
        /// What is there.
        found: String,
    },
}

impl Fault {
    /// A fault at a byte of a text.
    pub fn new(text: &[u8], offset: usize, flaw: Flaw) -> Self {
        let before = &text[..offset.min(text.len())];
        let line_start = memchr::memrchr(b'\n', before).map_or(0, |newline| newline + 1);
        Self {
            line: memchr::memchr_iter(b'\n', before).count() + 1,
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
            offset,
            flaw,
        }
    }

    /// The fault where something else than expected stands, named as exactly as can be.
    pub(super) fn unexpected(text: &[u8], offset: usize, expected: &'static str) -> Self {
        let rest = &text[offset..];
        let line_start = memchr::memrchr(b'\n', &text[..offset]).map_or(0, |newline| newline + 1);
        let flaw = match rest {
            [] => Flaw::Truncated(expected),
            [0, ..] => Flaw::Nul,
            [b'/', b'/' | b'*', ..] | [b'#', ..] => Flaw::Comment,
            [b'\'', ..] => Flaw::SingleQuotes,
            _ if line_start == offset && super::markers::is_marker(rest) => Flaw::ConflictMarker,
            _ => match foreign_word(rest) {
                Some(word) => Flaw::Word(word),
                None => Flaw::Unexpected { expected, found: found(rest) },
            },
        };
        Self::new(text, offset, flaw)
    }

    /// The fault of a text that is no JSON for a reason that shows before it is read, if there is one.
    pub fn at_first_sight(text: &[u8], form: Form) -> Option<Self> {
        let flaw = match text {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Flaw::Utf16,
            [0xef, 0xbb, 0xbf, ..] => Flaw::ByteOrderMark,
            // A document begins with two ASCII characters, or is one.
            [0, second, ..] if *second != 0 => Flaw::Utf16,
            [first, 0, ..] if *first != 0 => Flaw::Utf16,
            _ if text.starts_with(LFS_POINTER) => Flaw::LfsPointer,
            _ if form == Form::Document && text.iter().all(u8::is_ascii_whitespace) => Flaw::Empty,
            _ => {
                let offset = std::str::from_utf8(text).err()?.valid_up_to();
                return Some(Self::new(text, offset, Flaw::NotUtf8));
            }
        };
        Some(Self::new(text, 0, flaw))
    }
}

/// Line, column and what is wrong there.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.flaw {
            Flaw::Empty | Flaw::ByteOrderMark | Flaw::Utf16 | Flaw::LfsPointer => self.flaw.fmt(f),
            _ => write!(f, "line {}, column {}: {}", self.line, self.column, self.flaw),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match self {
            Self::Truncated(expected) => return write!(f, "the text ends where {expected} was expected: it is truncated"),
            Self::Word(word) => return write!(f, "`{word}` is no JSON value"),
            Self::Unexpected { expected, found } => return write!(f, "expected {expected}, found {found}"),
            Self::TooDeep => return write!(f, "more than {} levels of nesting, which `jq` cannot read", super::read::MAX_DEPTH),
            Self::Empty => "the file is empty",
            Self::ByteOrderMark => "a byte order mark (BOM) stands before the document",
            Self::Utf16 => "the text is UTF-16, not UTF-8",
            Self::Nul => "a NUL byte",
            Self::NotUtf8 => "a byte that is not UTF-8",
            Self::LfsPointer => "a Git LFS pointer stands in place of the document",
            Self::ConflictMarker => "a conflict marker",
            Self::Comment => "a comment, which JSON does not have",
            Self::TrailingComma => "a comma before a closing bracket",
            Self::SingleQuotes => "single quotes where JSON has double quotes",
            Self::ControlCharacter => "a line break or other control character inside a string, or its closing `\"` is missing",
            Self::Escape => "a backslash that begins no escape of JSON",
            Self::LeadingZero => "a number that begins with a zero",
            Self::TooLarge => "a number beyond 1.8e308, which no reader can hold",
        };
        f.write_str(words)
    }
}

/// A word that a program may write in place of a JSON value.
fn foreign_word(rest: &[u8]) -> Option<&'static str> {
    const WORDS: [&str; 7] = ["NaN", "Infinity", "-Infinity", "undefined", "None", "True", "False"];
    WORDS.into_iter().find(|word| rest.starts_with(word.as_bytes()))
}

/// What stands there, for a message: a word, or one character.
fn found(rest: &[u8]) -> String {
    let word = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count().min(20);
    // Four bytes hold at least one whole character of UTF-8; what is cut off behind it is not looked at.
    let head = String::from_utf8_lossy(&rest[..rest.len().min(4)]);
    let text = match word {
        0 => head.chars().take(1).collect(),
        _ => String::from_utf8_lossy(&rest[..word]).into_owned(),
    };
    format!("`{}`", shown(&text))
}

#[cfg(test)]
mod tests {
    use crate::state::census::{Census, Detail, Form, Scope};

    fn words(text: &[u8]) -> String {
        Census::of(text, Form::Document, Scope { depth: 1, detail: Detail::Members }).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_document_is_called_by_its_name() {
        for (text, words) in [
            (&b""[..], "the file is empty"),
            (b" \r\n\t", "the file is empty"),
            (b"\xef\xbb\xbf{}", "a byte order mark (BOM) stands before the document"),
            (b"\xff\xfe{\0}\0", "the text is UTF-16, not UTF-8"),
            (b"{\0}\0", "the text is UTF-16, not UTF-8"),
            (b"\0{\0}", "the text is UTF-16, not UTF-8"),
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "a Git LFS pointer stands in place of the document"),
        ] {
            assert_eq!(self::words(text), words);
        }
    }

    #[test]
    fn faults_have_a_place_and_plain_words() {
        for (text, words) in [
            ("{\n  \"a\": [1, 2", "line 2, column 13: the text ends where `,` or `]` was expected: it is truncated"),
            ("{\"a\"", "line 1, column 5: the text ends where `:` was expected: it is truncated"),
            ("{\"a\": tru", "line 1, column 10: the text ends where a value was expected: it is truncated"),
            ("{\"a\": \"x\\", "line 1, column 10: the text ends where the `\"` that ends a string was expected: it is truncated"),
            ("{\"a\": -", "line 1, column 8: the text ends where a digit was expected: it is truncated"),
            ("{\"é\": nil}", "line 1, column 7: expected a value, found `nil`"),
            ("{\"a\": NaN}", "line 1, column 7: `NaN` is no JSON value"),
            ("[-Infinity]", "line 1, column 3: `Infinity` is no JSON value"),
            ("{\"a\": 1,}", "line 1, column 8: a comma before a closing bracket"),
            ("[1,\n]", "line 1, column 3: a comma before a closing bracket"),
            ("[,1]", "line 1, column 2: expected a value, found `,`"),
            ("{\"a\" 1}", "line 1, column 6: expected `:`, found `1`"),
            ("{a: 1}", "line 1, column 2: expected a key in double quotes, found `a`"),
            ("{'a': 1}", "line 1, column 2: single quotes where JSON has double quotes"),
            ("// note\n{}", "line 1, column 1: a comment, which JSON does not have"),
            ("[1 2]", "line 1, column 4: expected `,` or `]`, found `2`"),
            ("{} {}", "line 1, column 4: expected the end of the file, found `{`"),
            ("[01]", "line 1, column 2: a number that begins with a zero"),
            ("[1e400]", "line 1, column 2: a number beyond 1.8e308, which no reader can hold"),
            ("[\"a\nb\"]", "line 1, column 4: a line break or other control character inside a string, or its closing `\"` is missing"),
            ("[\"a\\x\"]", "line 1, column 4: a backslash that begins no escape of JSON"),
            ("[\"a\0b\"]", "line 1, column 4: a NUL byte"),
            ("{\n<<<<<<< HEAD\n}", "line 2, column 1: a conflict marker"),
            ("[\u{1}]", "line 1, column 2: expected a value, found `\\u{1}`"),
        ] {
            assert_eq!(self::words(text.as_bytes()), words, "{text:?}");
        }
        assert_eq!(words(b"{\"a\": \"\xff\"}"), "line 1, column 8: a byte that is not UTF-8");
        assert_eq!(
            words(format!("[1{}]", "0".repeat(400)).as_bytes()),
            "line 1, column 2: a number beyond 1.8e308, which no reader can hold"
        );
    }
}
