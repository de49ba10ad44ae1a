//! Arithmetic: where it ends, the expansions in it, the names and operators worth a note.

use std::sync::Arc;

use super::super::feature::Feature;
use super::super::tree::{Bytes, Piece};
use super::cursor::{NAME, closing, is};
use super::word::{Draft, Place};
use super::{Read, Reader, notes};

impl Reader<'_> {
    /// Where the expression of `$((…))` ends, if that is what stands next and no command in parentheses.
    pub(super) fn arithmetic_start(&self) -> Option<usize> {
        (self.peek(2) == b'(').then(|| self.arithmetic_end(self.at + 3)).flatten()
    }

    /// Where the `))` stands that ends an expression.
    pub(super) fn arithmetic_end(&self, from: usize) -> Option<usize> {
        let end = self.balanced(from, (b'(', b')'))?;
        (end + 1 < self.end && self.text.as_bytes()[end + 1] == b')').then_some(end)
    }

    /// Where the `]` stands that ends `$[…]`.
    pub(super) fn old_arithmetic_end(&self) -> Option<usize> {
        self.balanced(self.at + 2, (b'[', b']'))
    }

    /// Where the bracket stands that closes one; quotes protect.
    pub(super) fn balanced(&self, from: usize, (open, close): (u8, u8)) -> Option<usize> {
        let bytes = &self.text.as_bytes()[..self.end];
        let (mut at, mut depth) = (from, 0usize);
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 1,
                b'\'' => at += 1 + memchr::memchr(b'\'', &bytes[at + 1..]).unwrap_or(0),
                b'"' => at = closing(bytes, at + 1, b'"')?,
                byte if byte == open => depth += 1,
                byte if byte == close && depth == 0 => return Some(at),
                byte if byte == close => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// `$(( … ))` with what stands between, and how many brackets close it.
    pub(super) fn arithmetic_piece(&mut self, inner: Bytes, brackets: usize) -> Read<Piece> {
        let text = self.slice(inner.start, inner.end);
        let (start, end) = (inner.start + text.len() - text.trim_start().len(), inner.start + text.trim_end().len());
        if let Some(feature) = notes::operator(text) {
            self.note(feature, start..end.max(start));
        }
        let pieces = self.arithmetic(inner.clone())?;
        self.at = inner.end + brackets;
        Ok(Piece::Arithmetic(text.to_owned(), pieces))
    }

    /// The expansions in an expression; names and negative subscripts in it are noted.
    pub(super) fn arithmetic(&mut self, inner: Bytes) -> Read<Arc<[Piece]>> {
        let outer = std::mem::replace(&mut self.end, inner.end);
        self.at = inner.start;
        let mut draft = self.begin();
        self.deeper(|reader| reader.operands(&mut draft))?;
        self.end = outer;
        Ok(self.pieces_of(&draft))
    }

    fn operands(&mut self, draft: &mut Draft) -> Read<()> {
        while !self.is_done() {
            match self.next() {
                b'\\' => self.at += 2,
                b'$' => self.dollar(draft, Place::Default)?,
                b'`' => self.backquotes(draft)?,
                byte if byte.is_ascii_digit() => self.at = self.run(self.at, NAME),
                byte if is(byte, NAME) => self.operand_name(),
                _ => self.at += 1,
            }
        }
        Ok(())
    }

    fn operand_name(&mut self) {
        let start = self.at;
        self.at = self.run(start, NAME);
        self.note_variable(self.slice(start, self.at), start..self.at);
        if self.next() == b'['
            && let Some(close) = self.balanced(self.at + 1, (b'[', b']'))
            && notes::is_negative_number(self.slice(self.at + 1, close))
        {
            self.note(Feature::NegativeSubscript, start..close + 1);
        }
    }
}
