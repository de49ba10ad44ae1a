//! What a word becomes when the script runs, as far as the text tells: constants folded, everything else a symbol that stays itself.

use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::fast::FixedState;

use super::super::carried::UNKNOWN_NAME;
use super::super::tree::UNKNOWN;

/// The value of a word or a variable: text, and symbols for what the text does not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Value {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(CompactString),
    /// The mark first: it tells most others apart.
    Symbol(Mark, Arc<Symbol>),
}

/// What is known of a symbol without a look at what it is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mark {
    /// Of what it is made of, in bytes.
    length: usize,
    hash: u64,
}

impl Hash for Part {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Text(text) => text.hash(state),
            Self::Symbol(mark, _) => mark.hash.hash(state),
        }
    }
}

/// Something unknown that is the same wherever it stands.
#[derive(Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A variable that the script does not set, or an argument, by its name.
    Variable(CompactString),
    /// What a command prints; a number where it prints something else each time.
    Output(Vec<Value>, Option<usize>),
    /// A folder that `mktemp -d` made.
    Fresh(usize),
    /// The folder that the script was started in.
    Start,
    /// One of several values: a loop goes over them, or each way here has another.
    Among(Vec<Value>),
    /// What the user may set, and its value where he does not.
    Default(Value, Value),
    /// What an operation, by its text, makes of a value.
    Changed(CompactString, Value),
    /// A value that changes with each round of a loop, or that nothing is known of.
    Varying(usize),
}

impl Symbol {
    fn length(&self) -> usize {
        match self {
            Self::Output(values, _) | Self::Among(values) => values.iter().map(Value::length).sum(),
            Self::Default(value, default) => value.length() + default.length(),
            Self::Changed(_, value) => value.length(),
            Self::Variable(_) | Self::Fresh(_) | Self::Start | Self::Varying(_) => 0,
        }
    }
}

/// How many values are told apart before they are no longer worth it.
const MOST: usize = 16;

impl Value {
    /// A text.
    pub fn text(text: impl Into<CompactString>) -> Self {
        let text = text.into();
        Self { parts: if text.is_empty() { Vec::new() } else { vec![Part::Text(text)] } }
    }

    /// A symbol.
    pub(super) fn symbol(symbol: Symbol) -> Self {
        let mark = Mark { length: symbol.length(), hash: FixedState::default().hash_one(&symbol) };
        Self { parts: vec![Part::Symbol(mark, Arc::new(symbol))] }
    }

    /// One of several; a single one is itself, too many are one unknown.
    pub(super) fn among(values: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut distinct: Vec<Self> = Vec::new();
        for value in values {
            let inner = match value.only() {
                Some(Symbol::Among(inner)) => inner.clone(),
                _ => vec![value],
            };
            for value in inner {
                if !distinct.contains(&value) {
                    distinct.push(value);
                }
            }
            if distinct.len() > MOST {
                return None;
            }
        }
        match distinct.len() {
            0 => None,
            1 => distinct.pop(),
            _ => Some(Self::symbol(Symbol::Among(distinct))),
        }
    }

    /// The whole text, where nothing in it is unknown.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The one symbol that it is.
    pub fn only(&self) -> Option<&Symbol> {
        match self.parts.as_slice() {
            [Part::Symbol(_, symbol)] => Some(symbol),
            _ => None,
        }
    }

    /// The symbol it begins with.
    pub fn first(&self) -> Option<&Symbol> {
        match self.parts.first() {
            Some(Part::Symbol(_, symbol)) => Some(symbol),
            _ => None,
        }
    }

    /// Every symbol in it.
    pub fn symbols(&self) -> impl Iterator<Item = &Symbol> {
        self.parts.iter().filter_map(|part| if let Part::Symbol(_, symbol) = part { Some(&**symbol) } else { None })
    }

    /// Its symbols, each a value of its own.
    pub(super) fn symbols_as_values(&self) -> Vec<Self> {
        let symbols = self.parts.iter().filter(|part| matches!(part, Part::Symbol(..)));
        symbols.map(|symbol| Self { parts: vec![symbol.clone()] }).collect()
    }

    /// Its text, with [`UNKNOWN`] for each symbol.
    pub fn shape(&self) -> String {
        let mut shape = String::new();
        for part in &self.parts {
            match part {
                Part::Text(text) => shape.push_str(text),
                Part::Symbol(..) => shape.push(UNKNOWN),
            }
        }
        shape
    }

    /// Whether [`Value::shape`] is this.
    pub(super) fn has_shape(&self, shape: &str) -> bool {
        let mut rest = shape;
        let begins = self.parts.iter().all(|part| {
            let behind = match part {
                Part::Text(text) => rest.strip_prefix(text.as_str()),
                Part::Symbol(..) => rest.strip_prefix(UNKNOWN),
            };
            behind.map(|behind| rest = behind).is_some()
        });
        begins && rest.is_empty()
    }

    /// How long it is: the bytes of its texts and of what its symbols are made of, with one for each symbol.
    pub(super) fn length(&self) -> usize {
        let of = |part: &Part| match part {
            Part::Text(text) => text.len(),
            Part::Symbol(mark, _) => 1 + mark.length,
        };
        self.parts.iter().map(of).sum()
    }

    /// Nothing stands there.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    pub(super) fn push_str(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.parts.last_mut() {
            Some(Part::Text(last)) => last.push_str(text),
            _ => self.parts.push(Part::Text(text.into())),
        }
    }

    pub(super) fn push(&mut self, value: &Self) {
        for part in &value.parts {
            match part {
                Part::Text(text) => self.push_str(text),
                symbol @ Part::Symbol(..) => self.parts.push(symbol.clone()),
            }
        }
    }

    /// What it is where the user sets nothing.
    #[must_use]
    pub fn by_default(&self) -> Self {
        let mut value = Self::default();
        for part in &self.parts {
            match part {
                Part::Text(text) => value.push_str(text),
                Part::Symbol(_, symbol) => match &**symbol {
                    Symbol::Default(_, default) => value.push(&default.by_default()),
                    _ => value.parts.push(part.clone()),
                },
            }
        }
        value
    }

    /// All values that it may be, as far as they are told apart.
    pub fn alternatives(&self) -> Vec<Self> {
        let mut all = vec![Self::default()];
        for part in &self.parts {
            let ways: Vec<Self> = match part {
                Part::Symbol(_, symbol) => match &**symbol {
                    Symbol::Among(values) => values.iter().flat_map(Self::alternatives).collect(),
                    _ => vec![Self { parts: vec![part.clone()] }],
                },
                Part::Text(_) => vec![Self { parts: vec![part.clone()] }],
            };
            if all.len() * ways.len() > MOST {
                return vec![self.clone()];
            }
            all = all.iter().flat_map(|begun| ways.iter().map(|way| begun.followed_by(way))).collect();
        }
        all
    }

    pub(super) fn followed_by(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.push(other);
        both
    }

    /// The rest behind a beginning; none if it does not surely begin so.
    pub fn strip_prefix(&self, prefix: &Self) -> Option<Self> {
        let mut rest = self.parts.as_slice();
        let mut text = "";
        for part in &prefix.parts {
            match part {
                Part::Symbol(..) => {
                    let (first, others) = rest.split_first().filter(|_| text.is_empty())?;
                    if first != part {
                        return None;
                    }
                    rest = others;
                }
                Part::Text(wanted) => {
                    if text.is_empty() {
                        let (Part::Text(first), others) = rest.split_first()? else { return None };
                        (text, rest) = (first.as_str(), others);
                    }
                    text = text.strip_prefix(wanted.as_str())?;
                }
            }
        }
        let mut stripped = Self::text(text);
        stripped.push(&Self { parts: rest.to_vec() });
        Some(stripped)
    }

    /// The same without an ending, where it has it.
    #[must_use]
    pub(super) fn without_suffix(&self, suffix: &str) -> Self {
        let mut value = self.clone();
        if let Some(Part::Text(last)) = value.parts.last_mut()
            && let Some(rest) = last.strip_suffix(suffix)
        {
            *last = rest.into();
            if last.is_empty() {
                value.parts.pop();
            }
        }
        value
    }

    /// Whether the two may be equal when the script runs; where that is not known, they may.
    pub fn may_equal(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.alternatives(), other.alternatives());
        self == other || mine.iter().any(|one| theirs.iter().any(|other| alike(&one.parts, &other.parts)))
    }

    /// A path below another, `.` and empty folders left out.
    #[must_use]
    pub fn joined(&self, below: &Self) -> Self {
        let mut below = below.clone();
        if let Some(Part::Text(text)) = below.parts.first_mut() {
            while let Some(rest) = text.strip_prefix("./") {
                *text = rest.into();
            }
            if text.is_empty() || text == "." {
                below.parts.remove(0);
            }
        }
        if below.is_empty() {
            return self.clone();
        }
        let mut path = self.without_slash();
        path.push_str("/");
        path.push(&below);
        path.without_slash()
    }

    /// The same without the `/` it ends with.
    #[must_use]
    pub fn without_slash(&self) -> Self {
        let mut value = self.clone();
        if let Some(Part::Text(text)) = value.parts.last_mut() {
            while text.len() > 1 && text.ends_with('/') {
                text.pop();
            }
        }
        if value.parts.len() > 1 && matches!(value.parts.last(), Some(Part::Text(text)) if text == "/") {
            value.parts.pop();
        }
        value
    }

    /// Whether it surely is a path, from the root of the file system or from a folder that a symbol names.
    pub fn is_rooted(&self) -> bool {
        match self.parts.first() {
            Some(Part::Text(text)) => text.starts_with('/') || text.starts_with('~'),
            Some(Part::Symbol(..)) => true,
            None => false,
        }
    }
}

/// Takes away what both begin and end with; what is left of both can only be equal where one side is unknown.
fn alike(one: &[Part], other: &[Part]) -> bool {
    let (one, other) = (pieces(one), pieces(other));
    let front = one.iter().zip(&other).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[front..], &other[front..]);
    let back = one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one[..one.len() - back], &other[..other.len() - back]);
    let known = |side: &[Piece<'_>]| side.iter().filter(|piece| matches!(piece, Piece::Char(_))).count();
    match (known(one) == one.len(), known(other) == other.len()) {
        (true, true) => one.is_empty() && other.is_empty(),
        (true, false) if known(other) > one.len() => false,
        (false, true) if known(one) > other.len() => false,
        // Of what is known, beginning and end must still fit where the other side has something there.
        _ => fits(one, other) && fits_reversed(one, other),
    }
}

enum Piece<'p> {
    Char(char),
    Symbol(&'p Symbol),
}

impl PartialEq for Piece<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Char(one), Self::Char(other)) => one == other,
            // A carrier puts many values in, all under one name here.
            (Self::Symbol(Symbol::Variable(name)), _) if name == UNKNOWN_NAME => false,
            (Self::Symbol(one), Self::Symbol(other)) => one == other,
            _ => false,
        }
    }
}

fn pieces(parts: &[Part]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    for part in parts {
        match part {
            Part::Text(text) => pieces.extend(text.chars().map(Piece::Char)),
            Part::Symbol(_, symbol) => pieces.push(Piece::Symbol(symbol)),
        }
    }
    pieces
}

fn fits(one: &[Piece<'_>], other: &[Piece<'_>]) -> bool {
    first_differs(one.iter().zip(other))
}

fn fits_reversed(one: &[Piece<'_>], other: &[Piece<'_>]) -> bool {
    first_differs(one.iter().rev().zip(other.iter().rev()))
}

/// Whether two sides agree up to the first symbol.
fn first_differs<'p>(mut pairs: impl Iterator<Item = (&'p Piece<'p>, &'p Piece<'p>)>) -> bool {
    pairs.next().is_none_or(|pair| !matches!(pair, (Piece::Char(one), Piece::Char(other)) if one != other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(before: &str, name: &str, after: &str) -> Value {
        let mut value = Value::text(before);
        value.push(&Value::symbol(Symbol::Variable(name.into())));
        value.push_str(after);
        value
    }

    #[test]
    fn what_cannot_be_equal_is_known() {
        assert!(!named("dc/stream-", "i", "/frame-405").may_equal(&named("dc/stream-stream-", "i", "/frame-405")));
        assert!(named("dc/", "i", "").may_equal(&named("dc/", "j", "")));
        assert!(!named("dc/", "i", "").may_equal(&Value::text("work/1")));
        assert!(named("dc/", "i", "").may_equal(&Value::text("dc/1")));
        assert!(!Value::text("a").may_equal(&Value::text("b")));
        let among = Value::among(["a", "b"].map(Value::text)).unwrap();
        assert!(among.may_equal(&Value::text("b")));
        assert!(!among.may_equal(&Value::text("c")));
    }

    #[test]
    fn paths_are_joined_and_stripped() {
        let tmp = Value::symbol(Symbol::Fresh(1));
        let below = tmp.joined(&Value::text("./clone/"));
        assert_eq!(below.strip_prefix(&tmp), Some(Value::text("/clone")));
        assert_eq!(tmp.joined(&Value::text(".")), tmp);
        assert_eq!(below.strip_prefix(&Value::text("/")), None);
    }
}
