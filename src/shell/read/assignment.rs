//! `NAME=value` and its kin.

use super::super::feature::Feature;
use super::super::tree::{Assignment, Bytes, Piece, Word};
use super::cursor::{NAME, is};
use super::word::Place;
use super::{Read, Reader, notes};

/// No subscript is longer; what looks like one is looked at no further.
const LONGEST_SUBSCRIPT: usize = 1024;

/// What stands before the value.
struct Target {
    /// Where the name ends.
    name: usize,
    /// The text between the brackets.
    subscript: Option<Bytes>,
    append: bool,
    /// Where the value begins.
    value: usize,
}

impl Reader<'_> {
    /// The assignment that stands next, if one does.
    pub(super) fn assignment(&mut self) -> Read<Option<Assignment>> {
        let Some(target) = self.target() else { return Ok(None) };
        let start = self.at;
        let name = self.slice(start, target.name);
        let mut keys = Vec::new();
        let subscript = match &target.subscript {
            Some(inner) => {
                if notes::is_negative_number(self.slice(inner.start, inner.end)) {
                    self.note(Feature::NegativeSubscriptAssigned, start..inner.end + 1);
                }
                self.key(inner.clone(), &mut keys)?;
                Some(self.slice(inner.start, inner.end).to_owned())
            }
            None => None,
        };
        self.at = target.value;
        let (value, elements) = if self.next() == b'(' { (None, Some(self.elements(&mut keys)?)) } else { (Some(self.value(name)?), None) };
        let whole = start..self.at;
        self.note_assigned(name, whole.clone());
        if target.append {
            self.note(Feature::AppendAssignment, whole.clone());
        }
        if subscript.is_some() || elements.is_some() {
            self.note(Feature::Array, whole.clone());
        }
        let bytes = self.bytes(whole);
        Ok(Some(Assignment { name: name.into(), subscript, append: target.append, value, elements, keys, bytes }))
    }

    /// Whether `NAME=(` stands next.
    pub(super) fn assigns_array(&self) -> bool {
        self.target().is_some_and(|target| self.text.as_bytes().get(target.value) == Some(&b'('))
    }

    /// `NAME=`, `NAME+=`, `NAME[…]=`
    fn target(&self) -> Option<Target> {
        let start = self.at;
        if !is(self.next(), NAME) || self.next().is_ascii_digit() {
            return None;
        }
        let bytes = &self.text.as_bytes()[..self.end];
        let name = self.run(start, NAME);
        let (mut at, mut subscript) = (name, None);
        if bytes.get(at) == Some(&b'[') {
            let close = self.subscript_end(at + 1)?;
            subscript = Some(at + 1..close);
            at = close + 1;
        }
        let append = bytes.get(at) == Some(&b'+');
        at += usize::from(append);
        if bytes.get(at) != Some(&b'=') {
            return None;
        }
        let mut value = at + 1;
        while bytes[value..].starts_with(b"\\\n") {
            value += 2;
        }
        Some(Target { name, subscript, append, value })
    }

    fn subscript_end(&self, from: usize) -> Option<usize> {
        let most = self.end.min(from + LONGEST_SUBSCRIPT);
        let bytes = &self.text.as_bytes()[..most];
        let (mut at, mut depth, mut quote) = (from, 0usize, 0u8);
        while at < bytes.len() {
            match bytes[at] {
                b'\n' => return None,
                b'\\' => at += 1,
                byte if quote != 0 => quote = if byte == quote { 0 } else { quote },
                byte @ (b'"' | b'\'') => quote = byte,
                b'[' => depth += 1,
                b']' if depth == 0 => return Some(at),
                b']' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
        None
    }

    /// Reads what stands in brackets, if it holds an expansion.
    fn key(&mut self, inner: Bytes, keys: &mut Vec<Word>) -> Read<()> {
        if !self.slice(inner.start, inner.end).contains(['$', '`']) {
            return Ok(());
        }
        let outer = std::mem::replace(&mut self.end, inner.end);
        self.at = inner.start;
        let key = self.word_in(Place::Subscript)?;
        self.end = outer;
        if !key.pieces.is_empty() {
            keys.push(key);
        }
        Ok(())
    }

    fn value(&mut self, name: &str) -> Read<Word> {
        let start = self.at;
        let value = self.word_in(Place::Value)?;
        if let Some(Piece::Variable(variable)) = value.only_piece()
            && variable.elements.is_some()
            && !value.quoted
            && self.state.modes.separator
            && self.slice(start, self.at).ends_with("[*]}")
        {
            self.note(Feature::JoinedAssignment, start..self.at);
        }
        if let Some(unsplit) = &mut self.unsplit {
            let whole = value.literal().is_some_and(|text| text.split_whitespace().collect::<Vec<_>>().join(" ") == text);
            unsplit.insert(name.to_owned(), whole);
        }
        Ok(value)
    }

    /// `( … )` behind a `=`.
    fn elements(&mut self, keys: &mut Vec<Word>) -> Read<Vec<Word>> {
        let open = self.at;
        self.at += 1;
        let elements = self.deeper(|reader| {
            let mut elements = Vec::new();
            loop {
                reader.skip_lines();
                if reader.ends_word(0) {
                    return Ok(elements);
                }
                reader.element_key(keys)?;
                elements.push(reader.word()?);
            }
        })?;
        self.close(")", "(", open)?;
        Ok(elements)
    }

    /// `[key]=` before an element.
    fn element_key(&mut self, keys: &mut Vec<Word>) -> Read<()> {
        if self.next() != b'[' {
            return Ok(());
        }
        let open = self.at;
        let Some(close) = self.subscript_end(open + 1) else { return Ok(()) };
        let rest = &self.text.as_bytes()[close + 1..self.end];
        let behind = if rest.starts_with(b"=") { 1 } else { 2 };
        if behind == 1 || rest.starts_with(b"+=") {
            self.key(open + 1..close, keys)?;
            self.at = close + 1 + behind;
        }
        Ok(())
    }
}
