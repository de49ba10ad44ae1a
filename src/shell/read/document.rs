//! Here-documents: read where their operator stands, skipped where their line ends.

use std::sync::Arc;

use super::super::feature::Feature;
use super::super::tree::{Piece, Redirect, RedirectKind, Word};
use super::cursor::{BREAK, ESCAPE};
use super::word::Place;
use super::{Read, Reader, notes};

/// What ends a document.
struct Delimiter {
    text: String,
    quoted: bool,
    /// Tabs before the lines of the document count as nothing.
    stripped: bool,
}

impl Reader<'_> {
    /// The document behind `<<` or `<<-`; its delimiter stands next.
    pub(super) fn document(&mut self, fd: Option<i32>, operator: &str) -> Read<Redirect> {
        let start = self.at;
        let delimiter = self.delimiter(operator)?;
        let (inner, behind) = (start..self.at, self.at);
        let line = match self.documents {
            Some((line, _)) if line >= behind => line,
            _ => self.line_end(behind),
        };
        let body = match self.documents {
            Some((known, body)) if known == line => body,
            _ => (line + 1).min(self.end),
        };
        let (end, next) = self.document_end(body, &delimiter);
        let pieces = if delimiter.quoted { self.no_pieces.clone() } else { self.document_pieces(body, end) };
        if self.state.substitutions > 0 && notes::upsets_old_substitution(self.slice(body, end)) {
            self.note(Feature::QuoteInSubstitutedHereDocument, inner.clone());
        }
        self.at = behind;
        self.documents = Some((line, next));
        let target = Word { text: delimiter.text.into(), pieces, quoted: delimiter.quoted, string: false, bytes: self.bytes(inner) };
        Ok(Redirect { fd, kind: RedirectKind::HereDocument, target, body: Some(self.bytes(body..end)) })
    }

    /// The word that ends the document: quotes are taken away, nothing is expanded.
    fn delimiter(&mut self, operator: &str) -> Read<Delimiter> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut text = String::new();
        let mut quoted = false;
        while !self.is_done() && !super::cursor::is(self.next(), BREAK) {
            let from = self.at;
            match self.next() {
                quote @ (b'\'' | b'"') => {
                    quoted = true;
                    let Some(length) = memchr::memchr(quote, &bytes[from + 1..self.end]) else {
                        return Err(self.fault(from, "this quote is never closed"));
                    };
                    text.push_str(self.slice(from + 1, from + 1 + length));
                    self.at = from + length + 2;
                }
                b'\\' => {
                    quoted = true;
                    let escaped = self.text[from + 1..self.end].chars().next();
                    text.extend(escaped);
                    self.at += 1 + escaped.map_or(0, char::len_utf8);
                }
                // `$'…'` and `$"…"` are quotes as well.
                b'$' if matches!(self.peek(1), b'\'' | b'"') => self.at += 1,
                _ => {
                    let char = self.text[from..].chars().next().unwrap_or_default();
                    text.push(char);
                    self.at += char.len_utf8();
                }
            }
        }
        if self.at == start {
            return Err(self.unexpected());
        }
        Ok(Delimiter { text, quoted, stripped: operator == "<<-" })
    }

    /// Where the line ends on which a document was asked for; quotes may hold line ends of their own.
    fn line_end(&self, from: usize) -> usize {
        let bytes = &self.text.as_bytes()[..self.end];
        let (mut at, mut quote) = (from, 0u8);
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if quote != b'\'' => at += 1,
                byte if quote != 0 => quote = if byte == quote { 0 } else { quote },
                b'\n' => return at,
                b'#' if matches!(bytes[at - 1], b' ' | b'\t' | b';') => {
                    return memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |length| at + length);
                }
                byte @ (b'\'' | b'"') => quote = byte,
                _ => {}
            }
            at += 1;
        }
        bytes.len()
    }

    /// Where a document ends, and where what is read goes on.
    fn document_end(&self, body: usize, delimiter: &Delimiter) -> (usize, usize) {
        let bytes = &self.text.as_bytes()[..self.end];
        let mut line = body.min(bytes.len());
        while line < bytes.len() {
            let end = memchr::memchr(b'\n', &bytes[line..]).map_or(bytes.len(), |length| line + length);
            let mut from = line;
            while delimiter.stripped && from < end && bytes[from] == b'\t' {
                from += 1;
            }
            if let Some(rest) = bytes[from..end].strip_prefix(delimiter.text.as_bytes()) {
                if rest.is_empty() || (rest == b" " && self.source.crlf) {
                    return (line, (end + 1).min(bytes.len()));
                }
                // bash takes the parenthesis of `$(` on the same line as well.
                if self.state.substitutions > 0 && rest.first() == Some(&b')') {
                    return (line, end - rest.len());
                }
            }
            line = end + 1;
        }
        (bytes.len(), bytes.len())
    }

    fn document_pieces(&mut self, body: usize, end: usize) -> Arc<[Piece]> {
        let outer = std::mem::replace(&mut self.end, end);
        let documents = self.documents.take();
        let quoted = std::mem::replace(&mut self.state.quoted, true);
        self.at = body;
        let mut draft = self.begin();
        loop {
            self.at = self.until(self.at, ESCAPE);
            match self.next() {
                _ if self.is_done() => break,
                b'\\' => self.at = (self.at + 2).min(self.end),
                byte => {
                    let mark = self.mark();
                    let read = if byte == b'`' { self.backquotes(&mut draft) } else { self.dollar(&mut draft, Place::Default) };
                    if read.is_err() {
                        // The shell stumbles over it when it gets here; for the script it is text.
                        self.back_to(&mark);
                        break;
                    }
                }
            }
        }
        (self.end, self.documents, self.state.quoted) = (outer, documents, quoted);
        self.pieces_of(&draft)
    }
}
