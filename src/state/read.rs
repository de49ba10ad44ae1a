//! A JSON text → its parts, one after the other, without building a tree.
//!
//! Written here rather than taken from `serde_json`, because a census needs what a deserializer does not give: where each collection
//! begins, faults at exact bytes, and nesting that is counted instead of recursed into. The tests hold the two against each other.

use std::borrow::Cow;
use std::ops::Range;

use super::fault::{Fault, Flaw};

/// How deep collections may be nested. `jq` 1.6 reads no deeper, Python's `json` stops below 1,000 levels.
pub const MAX_DEPTH: usize = 256;

/// The type of a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
}

impl Kind {
    /// Whether it has entries.
    pub fn is_collection(self) -> bool {
        matches!(self, Self::Object | Self::Array)
    }

    /// The type with its article, for messages.
    pub fn noun(self) -> &'static str {
        match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        }
    }
}

/// Reads values in the order of the text.
#[derive(Debug)]
pub struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    /// Where the value that was begun last begins.
    began: usize,
    /// The collections that are open at this place, outermost first.
    open: Vec<Open>,
    /// Whether the innermost one has just been opened.
    fresh: bool,
    /// Whether the string that was read last has escapes.
    escaped: bool,
    /// The keys of the open objects, where repeated ones are looked for.
    watch: Option<Watch>,
}

/// A collection that has been opened and not closed yet.
#[derive(Debug, Clone, Copy)]
struct Open {
    kind: Kind,
    /// Where it begins in the text.
    start: usize,
    /// Where its keys begin among those that are watched.
    keys: usize,
}

/// Looks for keys that are given twice in one object. It keeps a hash for each key of each open object, and nothing of the text.
#[derive(Debug, Default)]
pub struct Watch {
    hashes: Vec<u64>,
    /// Where the first objects begin that seem to have a key twice.
    suspects: Vec<usize>,
}

/// How many objects with a repeated key are remembered.
const SUSPECTS: usize = 8;

impl Watch {
    /// Where the first objects begin in which two keys have the same hash, in the order of the text; almost surely the keys are the same.
    pub fn into_suspects(mut self) -> Vec<usize> {
        self.suspects.sort_unstable();
        self.suspects
    }

    fn key(&mut self, raw: &[u8], escaped: bool) {
        self.hashes.push(if escaped { hash(unescaped(raw).as_bytes()) } else { hash(raw) });
    }

    fn close(&mut self, object: Open) {
        let own = &mut self.hashes[object.keys..];
        // Most objects have a handful of keys; comparing each with each costs less than sorting then.
        let twice = if own.len() <= FEW {
            own.iter().enumerate().any(|(at, hash)| own[..at].contains(hash))
        } else {
            own.sort_unstable();
            own.windows(2).any(|pair| pair[0] == pair[1])
        };
        if twice && self.suspects.len() < SUSPECTS {
            self.suspects.push(object.start);
        }
        self.hashes.truncate(object.keys);
    }
}

/// How many keys of an object are compared each with each.
const FEW: usize = 10;

/// A quick hash, good enough to tell the keys of one document apart; who finds two the same looks at the keys themselves.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let product = (hash ^ word).wrapping_mul(FACTOR);
        product ^ (product >> 32)
    };
    let mut hash = FACTOR ^ (bytes.len() as u64);
    let mut rest = bytes;
    while let Some((word, behind)) = rest.split_first_chunk::<8>() {
        hash = mix(hash, u64::from_le_bytes(*word));
        rest = behind;
    }
    if rest.is_empty() {
        return hash;
    }
    // The last eight bytes once more, some of which are mixed in already, are read faster than the few that are left.
    let last = bytes
        .last_chunk::<8>()
        .map_or_else(|| rest.iter().rev().fold(0, |word, byte| (word << 8) | u64::from(*byte)), |last| u64::from_le_bytes(*last));
    mix(hash, last)
}

/// One entry of a collection, in front of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'t> {
    /// A member of an object: its key as it is written, without the quotes.
    Member(&'t [u8]),
    /// An element of an array.
    Element,
}

impl<'t> Reader<'t> {
    /// Begins in front of a value that starts at a byte of the text.
    ///
    /// The text must be UTF-8; [`Census::of`](super::census::Census::of) makes sure of it.
    pub fn new(text: &'t [u8], at: usize) -> Self {
        Self { text, at, began: at, open: Vec::new(), fresh: false, escaped: false, watch: None }
    }

    /// The same, looking for repeated keys on the way.
    #[must_use]
    pub fn watching(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// What was seen of repeated keys, once everything is read.
    pub fn into_watch(self) -> Watch {
        self.watch.unwrap_or_default()
    }

    /// Where the next unread byte is.
    pub fn position(&self) -> usize {
        self.at
    }

    /// The bytes from the beginning of the value that was begun last to the next unread one: the whole value, if it is a scalar.
    pub fn begun(&self) -> Range<usize> {
        self.began..self.at
    }

    /// Reads a scalar whole, or the opening bracket of a collection, whose entries [`Reader::entry`] then gives.
    pub fn begin(&mut self) -> Result<Kind, Fault> {
        let first = self.peek();
        self.began = self.at;
        let kind = match first {
            Some(b'{') => return self.open(Kind::Object),
            Some(b'[') => return self.open(Kind::Array),
            Some(b'"') => self.string().map(|_| Kind::String)?,
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number)?,
            Some(b't') => self.literal(b"true", Kind::Boolean)?,
            Some(b'f') => self.literal(b"false", Kind::Boolean)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(kind)
    }

    /// Goes to the next entry of the innermost open collection, in front of its value; none at its end, which closes it.
    pub fn entry(&mut self) -> Result<Option<Entry<'t>>, Fault> {
        let kind = self.open.last().map_or(Kind::Array, |open| open.kind);
        let (close, first, next) = match kind {
            Kind::Object => (b'}', "a key in double quotes or `}`", "`,` or `}`"),
            _ => (b']', "a value or `]`", "`,` or `]`"),
        };
        let fresh = std::mem::replace(&mut self.fresh, false);
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                if let (Some(closed), Some(watch)) = (self.open.pop(), &mut self.watch) {
                    watch.close(closed);
                }
                return Ok(None);
            }
            Some(b',') if !fresh => {
                let comma = self.at;
                self.at += 1;
                if self.peek() == Some(close) {
                    return Err(Fault::new(self.text, comma, Flaw::TrailingComma));
                }
            }
            None => return Err(self.unexpected(if fresh { first } else { next })),
            Some(_) if !fresh => return Err(self.unexpected(next)),
            Some(_) => {}
        }
        if kind == Kind::Array {
            return Ok(Some(Entry::Element));
        }
        self.member().map(Some)
    }

    /// Reads a value whole, however deep it is.
    pub fn skip(&mut self) -> Result<Kind, Fault> {
        let outside = self.open.len();
        let kind = self.begin()?;
        while self.open.len() > outside {
            if self.entry()?.is_some() {
                self.begin()?;
            }
        }
        Ok(kind)
    }

    /// Makes sure that nothing follows; `of` says what should end, for the fault.
    pub fn end(&mut self, of: &'static str) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected(of)),
        }
    }

    fn open(&mut self, kind: Kind) -> Result<Kind, Fault> {
        if self.open.len() == MAX_DEPTH {
            return Err(Fault::new(self.text, self.at, Flaw::TooDeep));
        }
        let keys = self.watch.as_ref().map_or(0, |watch| watch.hashes.len());
        self.open.push(Open { kind, start: self.at, keys });
        self.at += 1;
        self.fresh = true;
        Ok(kind)
    }

    fn member(&mut self) -> Result<Entry<'t>, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        let key = self.string()?;
        let escaped = self.escaped;
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        if let Some(watch) = &mut self.watch {
            watch.key(&self.text[key.clone()], escaped);
        }
        Ok(Entry::Member(&self.text[key]))
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.text.get(self.at).copied()?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Kind, Fault> {
        let rest = &self.text[self.at..];
        if rest.starts_with(word) && !rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric) {
            self.at += word.len();
            return Ok(kind);
        }
        if word.starts_with(rest) {
            self.at = self.text.len();
        }
        Err(self.unexpected("a value"))
    }

    /// Reads a string; the bytes between its quotes.
    fn string(&mut self) -> Result<Range<usize>, Fault> {
        let start = self.at + 1;
        self.at = start;
        self.escaped = false;
        loop {
            self.at = end_of_plain(self.text, self.at);
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(start..self.at - 1);
                }
                Some(b'\\') => {
                    self.escaped = true;
                    self.escape()?;
                }
                Some(0) => return Err(Fault::new(self.text, self.at, Flaw::Nul)),
                Some(_) => return Err(Fault::new(self.text, self.at, Flaw::ControlCharacter)),
                None => return Err(Fault::new(self.text, self.at, Flaw::Truncated("the `\"` that ends a string"))),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let digits = match self.text.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => 0,
            Some(b'u') => 4,
            Some(_) => return Err(Fault::new(self.text, self.at, Flaw::Escape)),
            None => return Err(Fault::new(self.text, self.text.len(), Flaw::Truncated("the `\"` that ends a string"))),
        };
        let code = self.at + 2..self.at + 2 + digits;
        match self.text.get(code.clone()) {
            Some(code) if !code.iter().all(u8::is_ascii_hexdigit) => Err(Fault::new(self.text, self.at, Flaw::Escape)),
            None => Err(Fault::new(self.text, self.text.len(), Flaw::Truncated("the `\"` that ends a string"))),
            Some(_) => {
                self.at = code.end;
                Ok(())
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        if self.text[self.at] == b'-' {
            self.at += 1;
        }
        let whole = self.at;
        self.digits()?;
        if self.text[whole] == b'0' && self.at > whole + 1 {
            return Err(Fault::new(self.text, whole, Flaw::LeadingZero));
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        let power = matches!(self.text.get(self.at), Some(b'e' | b'E'));
        if power {
            self.at += 1;
            if let Some(b'+' | b'-') = self.text.get(self.at) {
                self.at += 1;
            }
            self.digits()?;
        }
        // Without a power of ten, only a number of more than 308 digits can be too large.
        if (power || self.at - whole > 308) && !value(&self.text[start..self.at]).is_finite() {
            return Err(Fault::new(self.text, start, Flaw::TooLarge));
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while self.text.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    fn unexpected(&self, expected: &'static str) -> Fault {
        Fault::unexpected(self.text, self.at, expected)
    }
}

/// The value of a number as it is written; infinite where no 64-bit float can hold it.
pub fn value(number: &[u8]) -> f64 {
    std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
}

/// The text of a string as it is written between its quotes, with its escapes resolved where they can be.
pub fn unescaped(raw: &[u8]) -> Cow<'_, str> {
    let written = String::from_utf8_lossy(raw);
    if !raw.contains(&b'\\') {
        return written;
    }
    serde_json::from_str(&format!("\"{written}\"")).map_or(written, Cow::Owned)
}

/// The first byte from `at` on that ends or interrupts a string: a quote, a backslash or a control character.
fn end_of_plain(text: &[u8], mut at: usize) -> usize {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGHS: u64 = u64::from_ne_bytes([0x80; 8]);
    // Eight bytes at once: a byte's high bit is set where the byte is 0 after the exclusive or, or was less than 0x20.
    while let Some(eight) = text[at..].first_chunk::<8>() {
        let eight = u64::from_le_bytes(*eight);
        let quote = eight ^ (ONES * u64::from(b'"'));
        let backslash = eight ^ (ONES * u64::from(b'\\'));
        let hit =
            (quote.wrapping_sub(ONES) & !quote) | (backslash.wrapping_sub(ONES) & !backslash) | (eight.wrapping_sub(ONES * 0x20) & !eight);
        let hit = hit & HIGHS;
        if hit != 0 {
            // Borrows only ever spoil bytes above the first hit, so the lowest one is exact.
            return at + hit.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    at + text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20)).unwrap_or(text.len() - at)
}
