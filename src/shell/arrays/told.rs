//! What a condition tells about arrays.

use compact_str::CompactString;

use super::{Fill, Walk};
use crate::shell::tree::{Action, Block, Joint, Piece, Statement, Test, Word};

/// What its success and its failure tell.
#[derive(Debug, Default, Clone)]
pub(super) struct Told {
    pub(super) success: Vec<(CompactString, Fill)>,
    pub(super) failure: Vec<(CompactString, Fill)>,
}

impl Told {
    fn of(name: &str, success: Fill, failure: Fill) -> Self {
        Self { success: vec![(name.into(), success)], failure: vec![(name.into(), failure)] }
    }

    pub(super) fn swapped(self) -> Self {
        Self { success: self.failure, failure: self.success }
    }

    /// Both must succeed; which of them failed is not known.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.success.extend(other.success);
        let failure = self.failure.into_iter().chain(other.failure).map(|(name, _)| (name, Fill::Unknown)).collect();
        Self { success: self.success, failure }
    }
}

impl Walk<'_> {
    pub(super) fn told_by_block(&mut self, block: &Block) -> Told {
        block.statements.last().map(|last| self.told_by(last)).unwrap_or_default()
    }

    pub(super) fn told_by(&mut self, statement: &Statement) -> Told {
        let raw = self.text.get(statement.bytes.clone()).unwrap_or_default();
        self.counted |= raw.contains("$#") || raw.contains("${#}") || raw.contains("{1:-}") || raw.contains("$1");
        let mut told = match &statement.action {
            Action::Command(command) => match command.words.first().map(|word| word.text.as_str()) {
                Some("[" | "test") => self.told_by_words(command.words[1..].iter().filter(|word| word.text != "]").collect()),
                _ => Told::default(),
            },
            Action::Chain(first, links) => {
                let mut told = self.told_by(first);
                for (joint, link) in links {
                    let next = self.told_by(link);
                    told = match joint {
                        Joint::And => told.and(next),
                        Joint::Or => told.swapped().and(next.swapped()).swapped(),
                    };
                }
                told
            }
            Action::Group(block) | Action::Subshell(block) => self.told_by_block(block),
            Action::Test(test) => self.told_by_test(test),
            Action::Arithmetic(bytes, _) => told_by_expression(self.text.get(bytes.clone()).unwrap_or_default()),
            _ => Told::default(),
        };
        for array in self.companions_in(raw) {
            told.success.push((array.clone(), Fill::Unknown));
            told.failure.push((array, Fill::Unknown));
        }
        if statement.negated { told.swapped() } else { told }
    }

    /// The arrays that a variable in a condition says something about.
    fn companions_in(&self, raw: &str) -> Vec<CompactString> {
        let mut names: Vec<&str> =
            raw.split(|char: char| !char.is_ascii_alphanumeric() && char != '_').filter(|name| !name.is_empty()).collect();
        names.dedup();
        names.iter().filter_map(|name| self.companions.get(*name)).flatten().cloned().collect()
    }

    fn told_by_test(&self, test: &Test) -> Told {
        match test {
            Test::And(left, right) => self.told_by_test(left).and(self.told_by_test(right)),
            Test::Or(left, right) => self.told_by_test(left).swapped().and(self.told_by_test(right).swapped()).swapped(),
            Test::Not(inner) => self.told_by_test(inner).swapped(),
            Test::Unary(operator, word) => self.told_by_value(operator, word),
            Test::Binary(left, operator, right) => self.told_by_comparison(left, operator, right),
            Test::Word(word) => self.told_by_value("-n", word),
        }
    }

    fn told_by_words(&self, words: Vec<&Word>) -> Told {
        match words.as_slice() {
            [not, rest @ ..] if not.text == "!" => self.told_by_words(rest.to_vec()).swapped(),
            [left, operator, right] => self.told_by_comparison(left, &operator.text, right),
            [operator, word] => self.told_by_value(&operator.text, word),
            [word] => self.told_by_value("-n", word),
            // With `-a` and `-o`, what holds is not followed.
            words => {
                let unknown: Vec<(CompactString, Fill)> =
                    words.iter().filter_map(|word| named(word)).map(|name| (name.into(), Fill::Unknown)).collect();
                Told { success: unknown.clone(), failure: unknown }
            }
        }
    }

    fn told_by_value(&self, operator: &str, word: &Word) -> Told {
        let Some(name) = named(word) else { return Told::default() };
        if self.is_count(word) {
            return Told::of(name, Fill::Unknown, Fill::Unknown);
        }
        match operator {
            "-n" => Told::of(name, Fill::Filled, Fill::Unknown),
            "-z" => Told::of(name, Fill::Unknown, Fill::Filled),
            _ => Told::of(name, Fill::Unknown, Fill::Unknown),
        }
    }

    fn told_by_comparison(&self, left: &Word, operator: &str, right: &Word) -> Told {
        let Some(name) = named(left).or_else(|| named(right)) else { return Told::default() };
        let number = right.text.parse().ok().filter(|_| self.is_count(left));
        let Some(number) = number else { return Told::of(name, Fill::Unknown, Fill::Unknown) };
        compared(name, operator, number)
    }

    fn is_count(&self, word: &Word) -> bool {
        self.text.get(word.bytes.clone()).is_some_and(|raw| raw.contains("${#"))
    }
}

/// `${#a[@]}`, `${#a[@]} > 0`
fn told_by_expression(expression: &str) -> Told {
    let Some((before, rest)) = expression.split_once("${#") else { return Told::default() };
    let name: CompactString = rest.chars().take_while(|char| char.is_ascii_alphanumeric() || *char == '_').collect();
    let after = rest.split_once('}').map_or("", |(_, after)| after.trim());
    let operator: String = after.chars().take_while(|char| matches!(char, '<' | '>' | '=' | '!')).collect();
    let number = after[operator.len()..].trim().parse();
    match (before.trim(), after, number) {
        ("", "", _) => Told::of(&name, Fill::Filled, Fill::Empty),
        ("", _, Ok(number)) => compared(&name, &operator, number),
        _ => Told::of(&name, Fill::Unknown, Fill::Unknown),
    }
}

/// The number of elements compared with a number.
fn compared(name: &str, operator: &str, number: u32) -> Told {
    let filled = || Told::of(name, Fill::Filled, Fill::Empty);
    match (operator, number) {
        ("-gt" | ">" | "-ne" | "!=", 0) | ("-ge" | ">=", 1) => filled(),
        ("-eq" | "=" | "==" | "-le" | "<=", 0) | ("-lt" | "<", 1) => filled().swapped(),
        ("-gt" | ">" | "-ge" | ">=" | "-eq" | "=" | "==", _) if number > 0 => Told::of(name, Fill::Filled, Fill::Unknown),
        ("-lt" | "<" | "-le" | "<=" | "-ne" | "!=", _) if number > 0 => Told::of(name, Fill::Unknown, Fill::Filled),
        _ => Told::of(name, Fill::Unknown, Fill::Unknown),
    }
}

/// The variable that a word is made of.
fn named(word: &Word) -> Option<&str> {
    word.pieces.iter().find_map(|piece| match piece {
        Piece::Variable(variable) => Some(variable.name.as_str()),
        _ => None,
    })
}
