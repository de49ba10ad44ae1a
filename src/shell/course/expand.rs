//! Words → values: variables looked up, lists spread, substitutions walked.

use std::sync::Arc;

use super::Frame;
use super::fold;
use super::value::{Symbol, Value};
use super::walk::{Held, Walk};
use crate::shell::number::evaluate;
use crate::shell::tree::{Operation, Piece, UNKNOWN, Variable, Word};

/// The longest text of a value that is followed, in bytes; a script can double one with every line.
const LONGEST: usize = 4096;

/// How many elements of a list, or words of a command, are followed.
pub(super) const MOST_ELEMENTS: usize = 1024;

/// Words and their values, one for one.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    pub(super) words: Arc<[Word]>,
    pub(super) values: Vec<Value>,
}

impl Expanded {
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }
}

impl Walk<'_> {
    /// The words of a command, lists spread and unquoted values split.
    pub(super) fn expanded(&mut self, words: &Arc<[Word]>) -> Expanded {
        let mut values = Vec::with_capacity(words.len());
        // Most commands have the words that are written, which are not copied then.
        let mut own: Option<Vec<Word>> = None;
        for (at, word) in words.iter().enumerate() {
            if own.is_none()
                && values.len() < MOST_ELEMENTS
                && let Some(value) = plain(word)
            {
                values.push(value);
                continue;
            }
            let spread = self.spread(word);
            let is_same = matches!(spread.as_slice(), [only] if only.has_shape(&word.text));
            if !is_same || values.len() >= MOST_ELEMENTS {
                own.get_or_insert_with(|| words[..at].to_vec());
            }
            for value in spread {
                if values.len() >= MOST_ELEMENTS {
                    return Expanded { words: own.unwrap_or_default().into(), values };
                }
                if let Some(own) = &mut own {
                    // What comes from a variable has no expansions of its own any more.
                    let kept = value.has_shape(&word.text);
                    own.push(if kept {
                        word.clone()
                    } else {
                        Word { text: value.shape().into(), pieces: [].into(), string: false, ..word.clone() }
                    });
                }
                values.push(value);
            }
        }
        Expanded { words: own.map_or_else(|| Arc::clone(words), Arc::from), values }
    }

    /// The values of a list: the words of a `for`, the elements of an array.
    pub(super) fn listed(&mut self, words: &[Word]) -> Vec<Value> {
        let mut values = Vec::new();
        for word in words {
            let open = !word.quoted && word.text.contains(['*', '?', '{', '[']);
            for value in self.spread(word) {
                if values.len() >= MOST_ELEMENTS {
                    return values;
                }
                values.push(if open { Value::symbol(Symbol::Changed("files".into(), value)) } else { value });
            }
        }
        values
    }

    /// The value of a word that stays one.
    pub(super) fn joined_word(&mut self, word: &Word) -> Value {
        let mut value = Value::default();
        let mut pieces = word.pieces.iter();
        for (at, text) in word.text.split(UNKNOWN).enumerate() {
            if at > 0 {
                let piece = match pieces.next() {
                    Some(piece) => self.piece(piece),
                    None => self.varying(),
                };
                value.push(&piece);
            }
            value.push_str(text);
        }
        self.followed(value)
    }

    /// The value itself, or an unknown one where it has grown too long.
    pub(super) fn followed(&mut self, value: Value) -> Value {
        if value.length() > LONGEST { self.varying() } else { value }
    }

    /// Walks what a word holds, for its own sake.
    pub(super) fn look_into(&mut self, word: &Word) {
        self.pieces(&word.pieces);
    }

    /// The arguments of the shell.
    pub(super) fn all_arguments(&mut self) -> Vec<Value> {
        match &self.shell.arguments {
            Some(arguments) => arguments.to_vec(),
            None => vec![self.looked_up("@")],
        }
    }

    /// A word's values: several where a list stands there or an unquoted value has blanks.
    fn spread(&mut self, word: &Word) -> Vec<Value> {
        let Some(piece) = word.only_piece() else { return vec![self.joined_word(word)] };
        if let Piece::Variable(variable) = piece {
            // `${a[@]+"${a[@]}"}`
            let again = variable.inside.last().filter(|_| variable.operation == Operation::Other).and_then(Word::only_piece);
            let list = match again {
                Some(Piece::Variable(inner)) if inner.name == variable.name && inner.elements.is_some() => inner,
                _ => variable,
            };
            if list.elements.is_some()
                && let Some(elements) = self.variables.get(&list.name).and_then(|held| held.elements.clone())
            {
                return elements;
            }
            if matches!(list.name.as_str(), "@" | "*") && list.operation == Operation::None {
                return self.all_arguments();
            }
        }
        let value = self.piece(piece);
        if word.quoted { vec![value] } else { fold::split(&value) }
    }

    /// What an expansion becomes.
    pub(super) fn piece(&mut self, piece: &Piece) -> Value {
        match piece {
            Piece::Variable(variable) => self.variable(variable),
            Piece::Command(block) => {
                let from = self.course.steps.len();
                let frame = Frame::Substitution(self.next());
                self.apart(frame, |walk| walk.block(block));
                self.printed(block, from)
            }
            Piece::Process(block) => {
                let frame = Frame::Substitution(self.next());
                self.apart(frame, |walk| walk.block(block));
                self.varying()
            }
            Piece::Arithmetic(text, inside) => {
                self.pieces(inside);
                match evaluate(text, &|name| self.known(name)) {
                    Some(number) => Value::text(number.to_string()),
                    None => self.varying(),
                }
            }
        }
    }

    /// The text of a variable, where it is known.
    fn known(&self, name: &str) -> Option<String> {
        let value = match (name.parse::<usize>(), &self.shell.arguments) {
            (Ok(at), Some(arguments)) => arguments.get(at.checked_sub(1)?)?.clone(),
            _ => self.variables.get(name)?.value.clone()?,
        };
        value.by_default().literal().map(str::to_owned)
    }

    fn looked_up(&mut self, name: &str) -> Value {
        if let (Ok(at), Some(arguments)) = (name.parse::<usize>(), &self.shell.arguments)
            && at > 0
        {
            return arguments.get(at - 1).cloned().unwrap_or_default();
        }
        match self.variables.get(name).map(|held| &**held) {
            Some(Held { value: Some(value), .. }) => return value.clone(),
            Some(Held { elements: Some(elements), .. }) => return elements.first().cloned().unwrap_or_default(),
            _ => {}
        }
        match name {
            "PWD" => self.shell.folder.clone(),
            "!" | "?" | "RANDOM" | "SRANDOM" | "SECONDS" | "LINENO" | "_" | "BASHPID" | "#" | "" => self.varying(),
            _ => Value::symbol(Symbol::Variable(name.into())),
        }
    }

    fn variable(&mut self, variable: &Variable) -> Value {
        let words: Vec<Value> = variable.inside.iter().map(|word| self.joined_word(word)).collect();
        let set = self.variables.get(&variable.name).is_some_and(|held| **held != Held::default())
            || (self.shell.arguments.is_some() && variable.name.parse::<usize>().is_ok());
        let value = self.looked_up(&variable.name);
        if variable.operation == Operation::Other || (variable.elements.is_some() && variable.operation == Operation::None) {
            return self.varying();
        }
        fold::changed(variable.operation, &value, &words, set)
    }
}

/// The value of a word that holds no expansion, and is not too long to be followed.
fn plain(word: &Word) -> Option<Value> {
    let is_known = word.pieces.is_empty() && word.text.len() <= LONGEST && (word.text.is_ascii() || word.literal().is_some());
    is_known.then(|| Value::text(word.text.as_str()))
}
