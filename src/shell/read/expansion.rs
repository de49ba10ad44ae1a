//! Expansions: variables, substitutions, arithmetic, `$'…'`.

use super::super::feature::Feature;
use super::super::source::Source;
use super::super::tree::{Action, Block, Operation, Piece, RedirectKind, Variable};
use super::cursor::{NAME, closing, is};
use super::word::{Draft, Place};
use super::{Read, Reader, ansi};

impl Reader<'_> {
    /// What begins with a `$`.
    pub(super) fn dollar(&mut self, draft: &mut Draft, place: Place) -> Read<()> {
        self.count_word()?;
        let start = self.at;
        let piece = match self.peek(1) {
            b'{' => self.deeper(Self::parameter)?,
            b'(' => match self.arithmetic_start() {
                Some(end) => self.arithmetic_piece(start + 3..end, 2)?,
                None => self.substitution()?,
            },
            b'[' => match self.old_arithmetic_end() {
                Some(end) => self.arithmetic_piece(start + 2..end, 1)?,
                None => return self.lone_dollar(draft),
            },
            b'\'' if !self.state.quoted || place == Place::Operand => return self.ansi_string(draft),
            b'"' if !self.state.quoted => {
                self.at += 1;
                self.double(draft)?;
                if start == draft.start {
                    self.quoted_part(draft, start);
                }
                self.note(Feature::DollarQuote, start..self.at);
                return Ok(());
            }
            byte if matches!(byte, b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!') || byte.is_ascii_digit() => {
                self.at += 2;
                self.variable(start + 1)
            }
            byte if is(byte, NAME) => {
                self.at = self.run(start + 1, NAME);
                self.variable(start + 1)
            }
            _ => return self.lone_dollar(draft),
        };
        self.push(draft, piece);
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "one of several ends of `dollar`")]
    fn lone_dollar(&mut self, draft: &mut Draft) -> Read<()> {
        draft.text.push('$');
        self.at += 1;
        Ok(())
    }

    /// `$name`, which has been read.
    fn variable(&mut self, name: usize) -> Piece {
        let text = self.slice(name, self.at);
        self.note_variable(text, name - 1..self.at);
        Piece::Variable(Variable { name: text.into(), plain: true, elements: None, operation: Operation::None, inside: Vec::new() })
    }

    /// `$'…'`
    fn ansi_string(&mut self, draft: &mut Draft) -> Read<()> {
        let start = self.at;
        let Some(end) = closing(&self.text.as_bytes()[..self.end], start + 2, b'\'') else {
            return Err(self.fault(start, "this `$'` is never closed"));
        };
        let inside = self.slice(start + 2, end);
        draft.text.push_str(&ansi::decoded(inside));
        self.at = end + 1;
        self.note(Feature::DollarQuote, start..self.at);
        if ansi::has_unicode_escape(inside) {
            self.note(Feature::UnicodeEscape, start..self.at);
        }
        self.quoted_part(draft, start);
        Ok(())
    }

    /// `$( … )`
    fn substitution(&mut self) -> Read<Piece> {
        let start = self.at;
        self.at += 2;
        let block = self.enclosed(start, "$(")?;
        self.note_file(&block);
        Ok(Piece::Command(block))
    }

    /// A block up to its `)`.
    fn enclosed(&mut self, start: usize, opener: &str) -> Read<Block> {
        let quoted = std::mem::replace(&mut self.state.quoted, false);
        self.state.substitutions += 1;
        let block = self.block()?;
        self.state.substitutions -= 1;
        self.state.quoted = quoted;
        self.close(")", opener, start)?;
        Ok(block)
    }

    /// `<( … )`, `>( … )`
    pub(super) fn process(&mut self, draft: &mut Draft) -> Read<()> {
        let start = self.at;
        self.at += 2;
        let block = self.enclosed(start, self.slice(start, start + 2))?;
        self.note(Feature::ProcessSubstitution, start..self.at);
        if self.state.modes.posix {
            self.note(Feature::ProcessInPosixMode, start..self.at);
        }
        self.push(draft, Piece::Process(block));
        Ok(())
    }

    /// `` `…` ``: read where it stands, unless backslashes in it have to be taken away first.
    pub(super) fn backquotes(&mut self, draft: &mut Draft) -> Read<()> {
        let start = self.at;
        let bytes = &self.text.as_bytes()[..self.end];
        let Some(end) = closing(bytes, start + 1, b'`') else { return Err(self.fault(start, "this backquote is never closed")) };
        let escaped = bytes[start + 1..end].windows(2).any(|pair| pair[0] == b'\\' && self.is_unescaped(pair[1]));
        let mark = self.mark();
        self.state.backquoted = true;
        let block = if escaped { self.unescaped(start + 1, end) } else { self.within(start + 1, end) };
        let block = block.unwrap_or_else(|_| {
            // The shell reads it when it gets here, and goes on behind it.
            self.back_to(&mark);
            Block::default()
        });
        self.state.backquoted = mark.state.backquoted;
        self.at = end + 1;
        self.note_file(&block);
        self.push(draft, Piece::Command(block));
        Ok(())
    }

    /// Whether a backslash before a byte is taken away from a text in backquotes.
    fn is_unescaped(&self, byte: u8) -> bool {
        matches!(byte, b'`' | b'$' | b'\\') || (byte == b'"' && self.state.quoted)
    }

    /// The block that a stretch of the text is.
    fn within(&mut self, start: usize, end: usize) -> Read<Block> {
        let outer_end = std::mem::replace(&mut self.end, end);
        let quoted = std::mem::replace(&mut self.state.quoted, false);
        let documents = self.documents.take();
        self.at = start;
        let block = self.block()?;
        if self.at < end {
            return Err(self.unexpected());
        }
        self.documents = documents;
        self.state.quoted = quoted;
        self.end = outer_end;
        Ok(block)
    }

    /// The block that a stretch of the text is once its backslashes are taken away: a text of its own.
    fn unescaped(&mut self, start: usize, end: usize) -> Read<Block> {
        let mut source = Source::default();
        let mut from = start;
        let bytes = self.text.as_bytes();
        let mut at = start;
        while at + 1 < end {
            if bytes[at] == b'\\' {
                if self.is_unescaped(bytes[at + 1]) {
                    source.follow(self.source, from..at);
                    from = at + 1;
                }
                at += 1;
            }
            at += 1;
        }
        source.follow(self.source, from..end);
        self.deeper(|outer| {
            let state = super::State { quoted: false, ..outer.state };
            let mut inner = Reader { state, ..Reader::new(&source) };
            let mut block = Block::default();
            let result = inner.whole(&mut block);
            outer.features.append(&mut inner.features);
            outer.state = super::State { quoted: outer.state.quoted, depth: outer.state.depth, ..inner.state };
            match result {
                Ok(()) => Ok(block),
                // Its place is told as this text has it.
                Err(mut fault) => {
                    fault.0.inner = start;
                    Err(fault)
                }
            }
        })
    }

    /// `$(< file)`
    fn note_file(&mut self, block: &Block) {
        if let [only] = block.statements.as_slice()
            && let Action::Command(command) = &only.action
            && command.words.is_empty()
            && command.assignments.is_empty()
            && matches!(only.redirects.as_slice(), [redirect] if redirect.kind == RedirectKind::Input)
        {
            let bytes = only.bytes.clone();
            self.features.push(super::FeatureUse { feature: Feature::FileSubstitution, bytes, asked: false });
        }
    }
}
