//! Words: quotes and backslashes resolved, expansions gathered, braces noted.

use std::sync::Arc;

use compact_str::CompactString;

use super::super::feature::Feature;
use super::super::tree::{Piece, UNKNOWN, Word};
use super::cursor::{ANGLE, BRACE, BRACKET, BREAK, CLOSE, COLON, DOUBLE, ESCAPE, ROUND, SINGLE, SLASH, SPACE, is};
use super::{Read, Reader};

/// What a word stands in, which decides where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Among the words of a command.
    Command,
    /// A value in an assignment, where braces are nothing special.
    Value,
    /// Before the `)` of a `case`, or behind `==` in `[[ ]]`.
    Pattern,
    /// Behind `=~`.
    Regex,
    /// In `@( … )`.
    Group,
    /// The word of `${x:-word}`: between double quotes, apostrophes are none.
    Default,
    /// The pattern of `${x#pattern}`, the replacement of `${x/a/replacement}`.
    Operand,
    /// The pattern of `${x/pattern/…}`.
    Replaced,
    /// The first number of `${x:0:1}`.
    Offset,
    /// `${x[subscript]}`
    Subscript,
}

impl Place {
    /// The bytes that mean something there.
    fn marks(self) -> u16 {
        let everywhere = ESCAPE | SINGLE | DOUBLE;
        everywhere
            | match self {
                Self::Command => BREAK | BRACE,
                Self::Value | Self::Pattern | Self::Regex => BREAK,
                Self::Group => ROUND,
                Self::Default | Self::Operand => CLOSE,
                Self::Replaced => CLOSE | SLASH,
                Self::Offset => CLOSE | COLON,
                Self::Subscript => BRACKET,
            }
    }
}

/// A word under construction.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about one word")]
pub(super) struct Draft {
    pub(super) text: CompactString,
    /// Where its expansions begin among the open ones.
    pieces: usize,
    /// A part of it is quoted.
    pub(super) quoted: bool,
    /// An expansion outside of quotes may be split into several words.
    pub(super) loose: bool,
    /// It has a group of patterns, `@(a|b)`.
    pub(super) grouped: bool,
    /// Plain quotes are among its parts, no `$'…'`.
    pub(super) marked: bool,
    /// An `&` stands in a replacement outside of quotes, which bash since 5.2 takes for what was found.
    pub(super) ampersand: bool,
    /// Where it begins.
    pub(super) start: usize,
    /// Where the last part that is not plain text ends.
    solid: usize,
    /// Where the line ends begin that it goes on behind, and where it does.
    continued: (usize, usize),
    /// Where a quoted part ends that it begins with.
    string: Option<usize>,
    /// The braces that are open, and whether a comma stands in them.
    braces: Vec<(usize, bool)>,
    /// The brackets that are open.
    open: usize,
}

impl Reader<'_> {
    pub(super) fn word(&mut self) -> Read<Word> {
        self.word_in(Place::Command)
    }

    /// A pattern of `case` or `[[ ]]`.
    pub(super) fn pattern(&mut self) -> Read<Word> {
        self.word_in(Place::Pattern)
    }

    pub(super) fn word_in(&mut self, place: Place) -> Read<Word> {
        let draft = self.draft(place)?;
        Ok(self.finish(draft))
    }

    pub(super) fn finish(&mut self, draft: Draft) -> Word {
        let pieces = self.pieces_of(&draft);
        let end = if draft.continued.1 == self.at { draft.continued.0.max(draft.start) } else { self.at };
        Word { text: draft.text, pieces, quoted: draft.quoted, string: draft.string == Some(end), bytes: self.bytes(draft.start..end) }
    }

    /// The expansions of a word that is done.
    pub(super) fn pieces_of(&mut self, draft: &Draft) -> Arc<[Piece]> {
        if self.pieces.len() == draft.pieces { self.no_pieces.clone() } else { self.pieces.drain(draft.pieces..).collect() }
    }

    pub(super) fn begin(&self) -> Draft {
        Draft { start: self.at, solid: self.at, pieces: self.pieces.len(), ..Draft::default() }
    }

    pub(super) fn draft(&mut self, place: Place) -> Read<Draft> {
        self.count_word()?;
        let mut draft = self.begin();
        self.parts(&mut draft, place)?;
        Ok(draft)
    }

    fn parts(&mut self, draft: &mut Draft, place: Place) -> Read<()> {
        let marks = place.marks();
        loop {
            let from = self.at;
            self.at = self.until(from, marks);
            let plain = self.slice(from, self.at);
            draft.text.push_str(plain);
            draft.ampersand |= place == Place::Operand && plain.contains('&');
            if self.is_done() {
                return Ok(());
            }
            match self.next() {
                b'\\' => self.escape(draft),
                b'$' => self.dollar(draft, place)?,
                b'`' => self.backquotes(draft)?,
                b'\'' if place == Place::Default && self.state.quoted => self.literal(draft),
                b'\'' => self.single(draft)?,
                b'"' => self.double(draft)?,
                _ if self.ends(draft, place) => return Ok(()),
                b'{' | b'}' | b',' => self.brace(draft),
                b'<' | b'>' if place != Place::Regex => self.process(draft)?,
                b'(' if matches!(place, Place::Command | Place::Pattern | Place::Value) => self.group_of_patterns(draft)?,
                b'(' | b'[' => {
                    draft.open += 1;
                    self.literal(draft);
                }
                b')' | b']' => {
                    draft.open = draft.open.saturating_sub(1);
                    self.literal(draft);
                }
                _ => self.literal(draft),
            }
        }
    }

    /// Whether the byte that stands next, which means something in this place, ends the word.
    fn ends(&self, draft: &Draft, place: Place) -> bool {
        let byte = self.next();
        match place {
            Place::Command | Place::Value if is(byte, ANGLE) => self.peek(1) != b'(',
            Place::Command | Place::Value | Place::Pattern if byte == b'(' => !self.opens_group(draft),
            Place::Command => is(byte, BREAK),
            Place::Regex if draft.open > 0 => false,
            Place::Regex => is(byte, SPACE) || matches!(byte, b')' | b'&' | b';'),
            Place::Group => byte == b')' && draft.open == 0,
            Place::Subscript => byte == b']' && draft.open == 0,
            Place::Value | Place::Pattern | Place::Default | Place::Operand | Place::Replaced | Place::Offset => true,
        }
    }

    /// Whether a `(` belongs to what stands before it: `@(`, `!(`.
    fn opens_group(&self, draft: &Draft) -> bool {
        let before = self.at.checked_sub(1).filter(|&at| at >= draft.solid).map(|at| self.text.as_bytes()[at]);
        matches!(before, Some(b'@' | b'!' | b'*' | b'+' | b'?')) && self.peek(1) != b')'
    }

    fn group_of_patterns(&mut self, draft: &mut Draft) -> Read<()> {
        let open = self.at;
        self.literal(draft);
        draft.grouped = true;
        let outer = std::mem::take(&mut draft.open);
        self.deeper(|reader| reader.parts(draft, Place::Group))?;
        draft.open = outer;
        if self.is_done() {
            return Err(self.missing(")", "(", open));
        }
        self.literal(draft);
        draft.solid = self.at;
        Ok(())
    }

    /// Takes the next byte as it is.
    fn literal(&mut self, draft: &mut Draft) {
        draft.text.push(char::from(self.next()));
        self.at += 1;
    }

    /// A backslash and what it protects.
    pub(super) fn escape(&mut self, draft: &mut Draft) {
        let escaped = self.text[self.at + 1..self.end].chars().next();
        match escaped {
            Some('\n') => {
                let from = if draft.continued.1 == self.at { draft.continued.0 } else { self.at };
                draft.continued = (from, self.at + 2);
            }
            None => {}
            Some(escaped) => {
                if self.state.quoted && !matches!(escaped, '$' | '`' | '"' | '\\') {
                    draft.text.push('\\');
                }
                draft.text.push(escaped);
            }
        }
        self.at += 1 + escaped.map_or(0, char::len_utf8);
        draft.solid = self.at;
    }

    fn single(&mut self, draft: &mut Draft) -> Read<()> {
        let open = self.at;
        let Some(length) = memchr::memchr(b'\'', &self.rest()[1..]) else { return Err(self.fault(open, "this `'` is never closed")) };
        draft.text.push_str(self.slice(open + 1, open + 1 + length));
        self.at = open + length + 2;
        draft.marked = true;
        self.quoted_part(draft, open);
        Ok(())
    }

    /// Notes that a quoted part has been read.
    pub(super) fn quoted_part(&self, draft: &mut Draft, open: usize) {
        draft.quoted = true;
        draft.solid = self.at;
        if open == draft.start {
            draft.string = Some(self.at);
        }
    }

    pub(super) fn double(&mut self, draft: &mut Draft) -> Read<()> {
        let open = self.at;
        self.at += 1;
        let outer = std::mem::replace(&mut self.state.quoted, true);
        self.deeper(|reader| reader.until_quote(draft, open))?;
        self.state.quoted = outer;
        draft.marked = true;
        self.quoted_part(draft, open);
        Ok(())
    }

    fn until_quote(&mut self, draft: &mut Draft, open: usize) -> Read<()> {
        loop {
            let from = self.at;
            self.at = self.until(from, ESCAPE | DOUBLE);
            draft.text.push_str(self.slice(from, self.at));
            match self.next() {
                _ if self.is_done() => return Err(self.fault(open, "this `\"` is never closed")),
                b'"' => {
                    self.at += 1;
                    return Ok(());
                }
                b'\\' => self.escape(draft),
                b'`' => self.backquotes(draft)?,
                _ => self.dollar(draft, Place::Default)?,
            }
        }
    }

    /// An expansion has been read.
    pub(super) fn push(&mut self, draft: &mut Draft, piece: Piece) {
        draft.text.push(UNKNOWN);
        draft.loose |= !self.state.quoted
            && match &piece {
                Piece::Variable(variable) if variable.plain => self.may_split(&variable.name),
                Piece::Variable(_) | Piece::Command(_) => true,
                Piece::Process(_) | Piece::Arithmetic(..) => false,
            };
        self.pieces.push(piece);
        draft.solid = self.at;
    }

    /// Numbers and the like have no blanks that could be lost.
    fn may_split(&self, name: &str) -> bool {
        let whole = self.unsplit.as_ref().and_then(|unsplit| unsplit.get(name)).copied().unwrap_or_default();
        !whole && !matches!(name, "#" | "?" | "$" | "!")
    }

    /// A brace or a comma outside of quotes.
    fn brace(&mut self, draft: &mut Draft) {
        let at = self.at;
        let byte = self.next();
        self.literal(draft);
        match byte {
            b'{' => draft.braces.push((at, false)),
            b',' => draft.braces.last_mut().into_iter().for_each(|(_, comma)| *comma = true),
            _ => {
                let Some((start, comma)) = draft.braces.pop() else { return };
                let feature = if comma { Some(Feature::BraceList) } else { super::notes::range(self.slice(start + 1, at)) };
                if let Some(feature) = feature {
                    self.note(feature, start..at + 1);
                }
            }
        }
    }
}
