//! A JSON text → its parts, one after the other, without building a tree.
//!
//! Written here rather than taken from `serde_json`, because a census needs what a deserializer does not give: where each collection
//! begins, faults at exact bytes, and nesting that is counted instead of recursed into. The tests hold the two against each other.

use std::borrow::Cow;

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

/// A text that is read: whole, or through a window that moves over it.
pub trait Text {
    /// What of it is at hand.
    fn at_hand(&self) -> &[u8];

    /// Brings more of it to hand, if more is to come, and may drop some of the bytes before `from`: how many.
    fn more(&mut self, from: usize) -> usize;
}

impl Text for &[u8] {
    fn at_hand(&self) -> &[u8] {
        self
    }

    fn more(&mut self, _from: usize) -> usize {
        0
    }
}

/// Reads values in the order of the text.
#[derive(Debug)]
pub struct Reader<T> {
    text: T,
    /// How many bytes of the text are not at hand any more.
    gone: usize,
    /// The next unread byte, of those at hand.
    at: usize,
    /// Where the key or value begins that was begun last, of those at hand. It is kept at hand until the next one.
    began: usize,
    /// How long the key is that was read last, without its quotes.
    key: usize,
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

    #[inline]
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
    // What is left is read in one or two goes, which may overlap each other, or the last eight bytes.
    let word = match (rest, bytes.last_chunk::<8>()) {
        ([], _) => return hash,
        (_, Some(last)) => u64::from_le_bytes(*last),
        ([first, .., last], None) if rest.len() < 4 => u64::from(*first) | u64::from(rest[1]) << 8 | u64::from(*last) << 16,
        ([only], None) => u64::from(*only),
        _ => {
            let half = |four: Option<&[u8; 4]>| four.map_or(0, |four| u64::from(u32::from_le_bytes(*four)));
            half(rest.first_chunk()) | half(rest.last_chunk()) << 32
        }
    };
    mix(hash, word)
}

/// One entry of a collection, in front of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    /// A member of an object, whose key [`Reader::key`] gives.
    Member,
    /// An element of an array.
    Element,
}

impl<T: Text> Reader<T> {
    /// Begins in front of a value that starts at a byte of the text.
    ///
    /// The text must be UTF-8; [`Census::of`](super::census::Census::of) makes sure of it.
    pub fn new(text: T, at: usize) -> Self {
        Self { text, gone: 0, at, began: at, key: 0, open: Vec::new(), fresh: false, escaped: false, watch: None }
    }

    /// The same, looking for repeated keys on the way.
    #[must_use]
    pub fn watching(self, watch: Watch) -> Self {
        Self { watch: Some(watch), ..self }
    }

    /// The text, and what was seen of repeated keys, once everything is read.
    pub fn into_parts(self) -> (T, Watch) {
        (self.text, self.watch.unwrap_or_default())
    }

    /// Where the next unread byte of the text is.
    pub fn position(&self) -> usize {
        self.gone + self.at
    }

    /// Where in the text the value begins that was begun last.
    pub fn start(&self) -> usize {
        self.gone + self.began
    }

    /// The value that was begun last, as it is written, if it is a scalar.
    pub fn scalar(&self) -> &[u8] {
        &self.text.at_hand()[self.began..self.at]
    }

    /// The key of the member that the reader is in front of, as it is written, without the quotes.
    pub fn key(&self) -> &[u8] {
        &self.text.at_hand()[self.began + 1..][..self.key]
    }

    /// Reads a scalar whole, or the opening bracket of a collection, whose entries [`Reader::entry`] then gives.
    #[allow(clippy::inline_always, reason = "as for strings, most of which are read here")]
    #[inline(always)]
    pub fn begin(&mut self) -> Result<Kind, Fault> {
        self.began = self.at;
        let first = self.peek();
        self.began = self.at;
        let kind = match first {
            Some(b'{') => return self.open(Kind::Object),
            Some(b'[') => return self.open(Kind::Array),
            Some(b'"') => self.string().map(|()| Kind::String)?,
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number)?,
            Some(b't') => self.literal(b"true", Kind::Boolean)?,
            Some(b'f') => self.literal(b"false", Kind::Boolean)?,
            Some(b'n') => self.literal(b"null", Kind::Null)?,
            _ => return Err(self.unexpected("a value")),
        };
        Ok(kind)
    }

    /// Goes to the next entry of the innermost open collection, in front of its value; none at its end, which closes it.
    pub fn entry(&mut self) -> Result<Option<Entry>, Fault> {
        let kind = self.open.last().map_or(Kind::Array, |open| open.kind);
        let (close, first, next) = match kind {
            Kind::Object => (b'}', "a key in double quotes or `}`", "`,` or `}`"),
            _ => (b']', "a value or `]`", "`,` or `]`"),
        };
        let fresh = std::mem::replace(&mut self.fresh, false);
        self.began = self.at;
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                if let (Some(closed), Some(watch)) = (self.open.pop(), &mut self.watch) {
                    watch.close(closed);
                }
                return Ok(None);
            }
            Some(b',') if !fresh => {
                self.began = self.at;
                self.at += 1;
                if self.peek() == Some(close) {
                    return Err(self.fault(self.began, Flaw::TrailingComma));
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
        self.began = self.at;
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.unexpected(of)),
        }
    }

    fn open(&mut self, kind: Kind) -> Result<Kind, Fault> {
        if self.open.len() == MAX_DEPTH {
            return Err(self.fault(self.at, Flaw::TooDeep));
        }
        let keys = self.watch.as_ref().map_or(0, |watch| watch.hashes.len());
        self.open.push(Open { kind, start: self.start(), keys });
        self.at += 1;
        self.fresh = true;
        Ok(kind)
    }

    fn member(&mut self) -> Result<Entry, Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        self.began = self.at;
        self.string()?;
        self.key = self.at - self.began - 2;
        if self.peek() != Some(b':') {
            return Err(self.unexpected("`:`"));
        }
        self.at += 1;
        if let Some(watch) = &mut self.watch {
            watch.key(&self.text.at_hand()[self.began + 1..][..self.key], self.escaped);
        }
        Ok(Entry::Member)
    }

    /// The next unread byte.
    fn byte(&mut self) -> Option<u8> {
        if let Some(byte) = self.text.at_hand().get(self.at) {
            return Some(*byte);
        }
        if self.more() { self.text.at_hand().get(self.at).copied() } else { None }
    }

    /// The unread bytes at hand: so many, if the text has so many.
    fn ahead(&mut self, wanted: usize) -> &[u8] {
        while self.text.at_hand().len() - self.at < wanted && self.more() {}
        &self.text.at_hand()[self.at..]
    }

    /// Moves the window on, if the text has one; whether there is more at hand then.
    #[cold]
    fn more(&mut self) -> bool {
        let before = self.text.at_hand().len();
        let gone = self.text.more(self.began);
        self.gone += gone;
        self.at -= gone;
        self.began -= gone;
        gone + self.text.at_hand().len() > before
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.byte()?;
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn literal(&mut self, word: &[u8], kind: Kind) -> Result<Kind, Fault> {
        let rest = self.ahead(word.len() + 1);
        if rest.starts_with(word) && !rest.get(word.len()).is_some_and(u8::is_ascii_alphanumeric) {
            self.at += word.len();
            return Ok(kind);
        }
        let cut_off = if word.starts_with(rest) { rest.len() } else { 0 };
        self.at += cut_off;
        Err(self.unexpected("a value"))
    }

    /// Reads a string, quotes included.
    #[allow(clippy::inline_always, reason = "measured: an eighth of the time of a census")]
    #[inline(always)]
    fn string(&mut self) -> Result<(), Fault> {
        self.at += 1;
        self.escaped = false;
        loop {
            self.at = end_of_plain(self.text.at_hand(), self.at);
            match self.byte() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.escaped = true;
                    self.escape()?;
                }
                Some(0) => return Err(self.fault(self.at, Flaw::Nul)),
                Some(..0x20) => return Err(self.fault(self.at, Flaw::ControlCharacter)),
                // The window has moved on.
                Some(_) => {}
                None => return Err(self.fault(self.at, Flaw::Truncated("the `\"` that ends a string"))),
            }
        }
    }

    fn escape(&mut self) -> Result<(), Fault> {
        let rest = self.ahead(6);
        let digits = match rest.get(1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Some(0),
            Some(b'u') => Some(4),
            Some(_) => return Err(self.fault(self.at, Flaw::Escape)),
            None => None,
        };
        match digits.and_then(|digits| rest.get(2..2 + digits)) {
            Some(code) if !code.iter().all(u8::is_ascii_hexdigit) => Err(self.fault(self.at, Flaw::Escape)),
            None => Err(self.fault(self.text.at_hand().len(), Flaw::Truncated("the `\"` that ends a string"))),
            Some(code) => {
                self.at += 2 + code.len();
                Ok(())
            }
        }
    }

    fn number(&mut self) -> Result<(), Fault> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        let zero = self.byte() == Some(b'0');
        let whole = self.digits()?;
        if zero && whole > 1 {
            return Err(self.fault(self.at - whole, Flaw::LeadingZero));
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let power = matches!(self.byte(), Some(b'e' | b'E'));
        if power {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        // Without a power of ten, only a number of more than 308 digits can be too large.
        if (power || self.at - self.began > 308) && !value(self.scalar()).is_finite() {
            return Err(self.fault(self.began, Flaw::TooLarge));
        }
        Ok(())
    }

    /// Reads digits, at least one: how many.
    fn digits(&mut self) -> Result<usize, Fault> {
        let mut digits = 0;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
            digits += 1;
        }
        if digits == 0 { Err(self.unexpected("a digit")) } else { Ok(digits) }
    }

    #[cold]
    fn unexpected(&self, expected: &'static str) -> Fault {
        Fault::unexpected(self.text.at_hand(), self.at, expected)
    }

    /// A fault at a byte of those at hand. Where they are not the whole text, only that there is one is true of it.
    #[cold]
    fn fault(&self, at: usize, flaw: Flaw) -> Fault {
        Fault::new(self.text.at_hand(), at, flaw)
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
