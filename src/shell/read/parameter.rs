//! `${…}`

use compact_str::CompactString;

use super::super::feature::Feature;
use super::super::tree::{Block, Bytes, Operation, Piece, Variable, Word};
use super::cursor::{NAME, is};
use super::word::Place;
use super::{Read, Reader, notes};

const UNCLOSED: &str = "this `${` is never closed";

/// What stands between the braces before an operation.
struct Reference {
    /// Its place in the text.
    name: Bytes,
    /// The text between its brackets.
    subscript: Option<Bytes>,
    /// The subscript, where it holds more than literal text.
    inside: Vec<Word>,
}

impl Reader<'_> {
    pub(super) fn parameter(&mut self) -> Read<Piece> {
        let start = self.at;
        self.at += 2;
        match self.next() {
            b' ' | b'\t' | b'\n' | b'|' => return self.function_substitution(start),
            b'#' if self.sees_prefix() => return self.length(start),
            b'!' if self.sees_prefix() => return self.indirection(start),
            _ => {}
        }
        let Some(reference) = self.reference()? else { return self.unknown(start) };
        self.operation(start, reference)
    }

    /// `${#name}`, `${!name}`: a `#` or `!` that is not the parameter itself.
    fn sees_prefix(&self) -> bool {
        let next = self.peek(1);
        is(next, NAME) || (matches!(next, b'@' | b'*' | b'?' | b'-' | b'!' | b'$' | b'#') && self.peek(2) == b'}')
    }

    /// `${ command; }` and `${| command; }`, which bash has since 5.3; earlier ones know neither.
    fn function_substitution(&mut self, start: usize) -> Read<Piece> {
        let feature = if self.takes("|") { Feature::ValueSubstitution } else { Feature::FunctionSubstitution };
        let mark = self.mark();
        self.state.quoted = false;
        let block = match self.block() {
            Ok(block) if self.takes("}") => block,
            _ => {
                self.back_to(&mark);
                // Not read a second time: what stands in it may be of the same kind.
                let Some(end) = self.balanced(self.at, (b'{', b'}')) else { return Err(self.fault(start, UNCLOSED)) };
                self.at = end + 1;
                Block::default()
            }
        };
        self.state.quoted = mark.state.quoted;
        self.note(feature, start..self.at);
        Ok(Piece::Command(block))
    }

    fn length(&mut self, start: usize) -> Read<Piece> {
        self.at += 1;
        let Some(reference) = self.reference()? else { return self.unknown(start) };
        self.closed(start, reference)
    }

    fn indirection(&mut self, start: usize) -> Read<Piece> {
        self.at += 1;
        let Some(reference) = self.reference()? else { return self.unknown(start) };
        let is_selector = reference.subscript.as_ref().is_some_and(|it| matches!(self.slice(it.start, it.end), "@" | "*"));
        if is_selector && self.next() == b'}' {
            return self.closed(start, reference);
        }
        if matches!(self.next(), b'@' | b'*') && self.peek(1) == b'}' {
            self.at += 1;
        }
        // Whatever is made of what it names: an operand may follow.
        let piece = if self.next() == b'}' {
            self.closed(start, reference)?
        } else {
            let name = self.slice(reference.name.start, reference.name.end).into();
            match self.operation(start, reference)? {
                Piece::Variable(variable) => Piece::Variable(Variable { name, operation: Operation::Other, ..variable }),
                other => other,
            }
        };
        self.note(Feature::Indirection, start..self.at);
        Ok(piece)
    }

    /// The name and subscript that stand next; none where there is no name.
    fn reference(&mut self) -> Read<Option<Reference>> {
        let from = self.at;
        self.at = match self.next() {
            byte if byte.is_ascii_digit() => {
                let mut end = from;
                while end < self.end && self.text.as_bytes()[end].is_ascii_digit() {
                    end += 1;
                }
                end
            }
            byte if is(byte, NAME) => self.run(from, NAME),
            // `eval "x=\${$name^^}"`: a name that is put in before it is read.
            b'$' if is(self.peek(1), NAME) => self.run(from + 1, NAME),
            b'@' | b'*' | b'#' | b'?' | b'-' | b'$' | b'!' => from + 1,
            _ => return Ok(None),
        };
        let mut reference = Reference { name: from..self.at, subscript: None, inside: Vec::new() };
        if self.next() == b'[' {
            let open = self.at;
            self.at += 1;
            let word = self.word_in(Place::Subscript)?;
            if self.next() != b']' {
                return Err(self.missing("]", "[", open));
            }
            reference.subscript = Some(open + 1..self.at);
            self.at += 1;
            if !word.pieces.is_empty() || word.quoted {
                reference.inside.push(word);
            }
        }
        Ok(Some(reference))
    }

    /// What names a variable of which something unknown is made, up to the `}`.
    fn closed(&mut self, start: usize, reference: Reference) -> Read<Piece> {
        if self.next() != b'}' {
            return self.unknown(start);
        }
        self.at += 1;
        self.note_subscript(&reference, start);
        self.note_variable(self.slice(reference.name.start, reference.name.end), start..self.at);
        Ok(self.made_of(reference, Operation::Other))
    }

    fn made_of(&self, reference: Reference, operation: Operation) -> Piece {
        let name = self.slice(reference.name.start, reference.name.end).into();
        Piece::Variable(Variable { name, plain: false, elements: None, operation, inside: reference.inside })
    }

    /// Goes past the `}` of something that no shell here knows.
    fn unknown(&mut self, start: usize) -> Read<Piece> {
        let word = self.word_in(Place::Default)?;
        self.end_braces(start)?;
        let inside = vec![word];
        Ok(Piece::Variable(Variable { name: CompactString::default(), plain: false, elements: None, operation: Operation::Other, inside }))
    }

    fn end_braces(&mut self, start: usize) -> Read<()> {
        if self.next() != b'}' {
            return Err(self.fault(start, UNCLOSED));
        }
        self.at += 1;
        Ok(())
    }

    fn operation(&mut self, start: usize, mut reference: Reference) -> Read<Piece> {
        let name = self.slice(reference.name.start, reference.name.end);
        let (byte, second) = (self.next(), self.peek(1));
        let asks_whether_set = |byte| matches!(byte, b'-' | b'=' | b'?' | b'+');
        let asks = asks_whether_set(byte) || (byte == b':' && asks_whether_set(second));
        let operation = match (byte, second) {
            (b'}', _) => return Ok(self.access(start, reference)),
            (b':', b'-' | b'=') => self.default(&mut reference, 2)?,
            (b'-' | b'=', _) => self.default(&mut reference, 1)?,
            (b':', b'?') => self.operand(&mut reference, (2, Place::Default), Operation::None)?,
            (b'?', _) => self.operand(&mut reference, (1, Place::Default), Operation::None)?,
            (b':', b'+') => self.operand(&mut reference, (2, Place::Default), Operation::Other)?,
            (b'+', _) => self.operand(&mut reference, (1, Place::Default), Operation::Other)?,
            (b'#', b'#') => self.operand(&mut reference, (2, Place::Operand), Operation::RemoveLongestPrefix)?,
            (b'#', _) => self.operand(&mut reference, (1, Place::Operand), Operation::RemovePrefix)?,
            (b'%', b'%') => self.operand(&mut reference, (2, Place::Operand), Operation::RemoveLongestSuffix)?,
            (b'%', _) => self.operand(&mut reference, (1, Place::Operand), Operation::RemoveSuffix)?,
            (b':', _) => self.substring(&mut reference, start)?,
            (b'/', _) => self.replacement(&mut reference, start)?,
            (b'^' | b',', _) => {
                let length = if second == byte { 2 } else { 1 };
                let operation = self.operand(&mut reference, (length, Place::Operand), Operation::Other)?;
                if self.next() == b'}' {
                    self.note(Feature::CaseChange, start..self.at + 1);
                }
                operation
            }
            (b'@', operator) if operator.is_ascii_alphabetic() && self.peek(2) == b'}' => {
                self.at += 2;
                self.note_transformation(operator, start..self.at + 1);
                Operation::Other
            }
            _ => return self.unknown(start),
        };
        self.end_braces(start)?;
        self.note_subscript(&reference, start);
        if !asks {
            self.note_variable(name, start..self.at);
        }
        let operation = if reference.subscript.is_some() { Operation::Other } else { operation };
        Ok(self.made_of(reference, operation))
    }

    /// `${name}`, `${name[i]}`, `${name[@]}`
    fn access(&mut self, start: usize, reference: Reference) -> Piece {
        self.at += 1;
        self.note_subscript(&reference, start);
        let name = self.slice(reference.name.start, reference.name.end);
        self.note_variable(name, start..self.at);
        let plain = reference.subscript.is_none();
        let elements = self.is_selector(&reference).then(|| self.bytes(start..self.at));
        let operation = if plain || elements.is_some() { Operation::None } else { Operation::Other };
        Piece::Variable(Variable { name: name.into(), plain, elements, operation, inside: reference.inside })
    }

    fn is_selector(&self, reference: &Reference) -> bool {
        reference.subscript.as_ref().is_some_and(|inner| matches!(self.slice(inner.start, inner.end), "@" | "*"))
    }

    /// The word that stands where a variable is unset.
    fn default(&mut self, reference: &mut Reference, length: usize) -> Read<Operation> {
        self.operand(reference, (length, Place::Default), Operation::Default)
    }

    /// The word behind an operator of some length.
    fn operand(&mut self, reference: &mut Reference, (length, place): (usize, Place), operation: Operation) -> Read<Operation> {
        self.at += length;
        let word = self.word_in(place)?;
        // A change of case needs no pattern.
        if operation != Operation::Other || !word.text.is_empty() || word.quoted {
            reference.inside.push(word);
        }
        Ok(operation)
    }

    fn substring(&mut self, reference: &mut Reference, start: usize) -> Read<Operation> {
        let name = self.slice(reference.name.start, reference.name.end);
        self.at += 1;
        let from = self.at;
        let offset = self.word_in(Place::Offset)?;
        reference.inside.push(offset);
        let of_arguments = matches!(name, "@" | "*");
        let from_zero = of_arguments && self.slice(from, self.at).trim() == "0";
        let mut negative = false;
        if self.takes(":") {
            let from = self.at;
            let length = self.word_in(Place::Operand)?;
            reference.inside.push(length);
            negative = !of_arguments && !self.is_selector(reference) && notes::is_negative_number(self.slice(from, self.at));
        }
        let span = start..(self.at + 1).min(self.end);
        self.note(Feature::Substring, span.clone());
        if from_zero {
            self.note(Feature::SliceFromZero, span.clone());
        }
        if negative {
            self.note(Feature::NegativeLength, span);
        }
        Ok(Operation::Other)
    }

    fn replacement(&mut self, reference: &mut Reference, start: usize) -> Read<Operation> {
        self.at += 1;
        let all = self.takes("/");
        // `/#` and `/%` fix the pattern to an end.
        if !all && matches!(self.next(), b'#' | b'%') {
            self.at += 1;
        }
        let pattern = self.word_in(Place::Replaced)?;
        reference.inside.push(pattern);
        // Without a second `/` it is replaced by nothing.
        self.takes("/");
        let from = self.at;
        let draft = self.draft(Place::Operand)?;
        let features = self.replaced_by(from, &draft);
        let replacement = self.finish(draft);
        reference.inside.push(replacement);
        let span = start..(self.at + 1).min(self.end);
        self.note(Feature::Replacement, span.clone());
        for feature in features {
            self.note(feature, span.clone());
        }
        Ok(if all { Operation::ReplaceAll } else { Operation::Replace })
    }

    /// What the subscript of an expansion tells, which has been read.
    fn note_subscript(&mut self, reference: &Reference, start: usize) {
        let Some(subscript) = &reference.subscript else { return };
        if notes::is_negative_number(self.slice(subscript.start, subscript.end)) {
            self.note(Feature::NegativeSubscript, start..self.at);
        }
        self.note(Feature::ArrayExpansion, start..self.at);
    }
}
