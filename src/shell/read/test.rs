//! `[[ … ]]`

use super::super::feature::Feature;
use super::super::tree::{Action, Operation, Piece, Test, Variable, Word};
use super::word::Place;
use super::{Read, Reader};

const UNARY: [&str; 26] = [
    "-a", "-b", "-c", "-d", "-e", "-f", "-g", "-h", "-k", "-n", "-o", "-p", "-r", "-s", "-t", "-u", "-v", "-w", "-x", "-z", "-G", "-L",
    "-N", "-O", "-R", "-S",
];

const BINARY: [&str; 14] = ["==", "=~", "=", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef", "<"];

impl Reader<'_> {
    pub(super) fn test(&mut self) -> Read<Action> {
        let start = self.at;
        self.at += 2;
        let test = self.either(start)?;
        self.skip_lines();
        self.expect("]]", "[[", start)?;
        self.note(Feature::TestKeyword, start..self.at);
        Ok(Action::Test(Box::new(test)))
    }

    /// `a || b`
    fn either(&mut self, since: usize) -> Read<Test> {
        let mut left = self.both(since)?;
        loop {
            self.skip_lines();
            if !self.takes("||") {
                return Ok(left);
            }
            left = Test::Or(Box::new(left), Box::new(self.both(since)?));
        }
    }

    /// `a && b`
    fn both(&mut self, since: usize) -> Read<Test> {
        let mut left = self.deeper(|reader| reader.one(since))?;
        loop {
            self.skip_lines();
            if !self.takes("&&") {
                return Ok(left);
            }
            let right = self.deeper(|reader| reader.one(since))?;
            left = Test::And(Box::new(left), Box::new(right));
        }
    }

    fn one(&mut self, since: usize) -> Read<Test> {
        self.skip_lines();
        if self.is_done() {
            return Err(self.missing("]]", "[[", since));
        }
        if self.takes_word("!") {
            return Ok(Test::Not(Box::new(self.deeper(|reader| reader.one(since))?)));
        }
        let open = self.at;
        if self.takes("(") {
            let inner = self.either(since)?;
            self.skip_lines();
            self.close(")", "(", open)?;
            return Ok(inner);
        }
        if let Some(operator) = UNARY.iter().find(|operator| self.sees(operator))
            && let Some(test) = self.unary(operator)?
        {
            return Ok(test);
        }
        let left = self.tested()?;
        self.skip_lines();
        let operator = BINARY.iter().chain(&[">"]).find(|operator| match **operator {
            "<" | ">" => self.rest().starts_with(operator.as_bytes()),
            operator => self.sees(operator),
        });
        let Some(&operator) = operator else {
            self.mark_asked(&left);
            return Ok(Test::Word(left));
        };
        self.at += operator.len();
        self.skip_lines();
        let right = match operator {
            "=~" => self.word_in(Place::Regex)?,
            "==" | "=" | "!=" => self.compared()?,
            _ => self.tested()?,
        };
        self.mark_compared(&left, operator, &right);
        Ok(Test::Binary(left, operator, right))
    }

    /// `-x word`, of two operators that ask the same the better known; none where what looks like one is a word that is compared.
    fn unary(&mut self, operator: &'static str) -> Read<Option<Test>> {
        let start = self.at;
        self.at += operator.len();
        self.skip_lines();
        let compares = BINARY.iter().any(|binary| self.sees(binary));
        if compares || self.sees("]]") || self.rest().starts_with(b"&&") || self.rest().starts_with(b"||") || self.next() == b')' {
            self.at = start;
            return Ok(None);
        }
        let mut word = self.tested()?;
        let feature = match operator {
            "-v" if word.text.contains('[') => Some(Feature::ElementTestKeyword),
            "-v" => Some(Feature::VariableTestKeyword),
            "-R" => Some(Feature::ReferenceTestKeyword),
            _ => None,
        };
        if let Some(feature) = feature {
            self.note(feature, start..self.at);
            if word.pieces.is_empty() {
                word.pieces = [named(&word)].into();
            }
        }
        if matches!(operator, "-n" | "-z") {
            self.mark_asked(&word);
        }
        let operator = match operator {
            "-a" => "-e",
            "-h" => "-L",
            operator => operator,
        };
        Ok(Some(Test::Unary(operator, word)))
    }

    fn tested(&mut self) -> Read<Word> {
        if self.is_done() || matches!(self.next(), b')' | b'|' | b'&' | b';') || self.sees("]]") {
            return Err(self.unexpected());
        }
        self.word()
    }

    /// What stands behind `==`: a pattern.
    fn compared(&mut self) -> Read<Word> {
        let start = self.at;
        if self.is_done() || self.sees("]]") {
            return Err(self.unexpected());
        }
        let draft = self.draft(Place::Pattern)?;
        if draft.grouped && !self.state.modes.extended_patterns {
            self.note(Feature::ExtendedPattern, start..self.at);
        }
        Ok(self.finish(draft))
    }
}

/// The variable that a word names without `$`.
fn named(word: &Word) -> Piece {
    let name = word.text.split('[').next().unwrap_or_default().into();
    let plain = !word.text.contains('[');
    let operation = if plain { Operation::None } else { Operation::Other };
    Piece::Variable(Variable { name, plain, elements: None, operation, inside: Vec::new() })
}
