//! Single commands: words with assignments before them and redirections among them, functions, declarations.

use std::sync::Arc;

use super::super::feature::Feature;
use super::super::tree::{Action, Assignment, Block, Command, Redirect, Statement, UNKNOWN, Word};
use super::cursor::{BREAK, NAME};
use super::{MOST_WORDS, Read, Reader};

/// Where the words of a command may be assignments of arrays.
const DECLARATIONS: [&str; 5] = ["declare", "export", "local", "readonly", "typeset"];

/// The parts of a simple command, in the order of the text.
#[derive(Default)]
struct Parts {
    assignments: Vec<Assignment>,
    declared: Vec<Assignment>,
    redirects: Vec<Redirect>,
}

impl Reader<'_> {
    /// A command with its redirections, its own features in it.
    pub(super) fn command(&mut self) -> Read<Statement> {
        if self.sees_closer() {
            return Err(self.unexpected());
        }
        let outer = std::mem::take(&mut self.features);
        let quoted = std::mem::replace(&mut self.state.quoted, false);
        let start = self.at;
        let mut redirects = Vec::new();
        let (action, mut end) = match self.compound()? {
            Some(action) => (action, self.at),
            None => self.simple(&mut redirects)?,
        };
        if !matches!(action, Action::Command(_)) {
            self.skip_blanks();
            while let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                end = self.at;
                self.skip_blanks();
            }
        }
        if let Action::Command(command) = &action {
            self.switch_modes(command);
        }
        self.state.quoted = quoted;
        Ok(Statement {
            action,
            negated: false,
            background: false,
            backquoted: self.state.backquoted,
            redirects,
            features: std::mem::replace(&mut self.features, outer),
            bytes: self.bytes(start..end),
        })
    }

    /// A simple command or the definition of a function, and where it ends.
    fn simple(&mut self, redirects: &mut Vec<Redirect>) -> Read<(Action, usize)> {
        let start = self.at;
        let mut parts = Parts::default();
        let first = self.words.len();
        let mut end = self.at;
        loop {
            if let Some(redirect) = self.redirect()? {
                parts.redirects.push(redirect);
            } else if self.next() == b'(' {
                if self.words.len() == first + 1 && parts.assignments.is_empty() && parts.redirects.is_empty() {
                    self.words.truncate(first);
                    return self.function_behind(start, end);
                }
                return Err(self.unexpected());
            } else if self.ends_word(0) {
                break;
            } else {
                self.part(&mut parts, first)?;
            }
            end = self.at;
            self.skip_blanks();
        }
        if end == start {
            return Err(self.unexpected());
        }
        *redirects = parts.redirects;
        let words: Arc<[Word]> = self.words.drain(first..).collect();
        self.note_test(&words);
        self.note_let(&words);
        self.note_declared(&words);
        self.note_sourced(&words);
        self.settle_ranges(&words);
        let command = Command { assignments: parts.assignments, words, declared: parts.declared };
        Ok((Action::Command(command), end))
    }

    /// One word or assignment of the command whose first word has a place among the open ones.
    fn part(&mut self, parts: &mut Parts, first: usize) -> Read<()> {
        if self.words.len() == first {
            if let Some(assignment) = self.assignment()? {
                parts.assignments.push(assignment);
                return Ok(());
            }
        } else if self.may_declare(&self.words[first])
            && let Some(assignment) = self.assignment()?
        {
            let mut text = compact_str::format_compact!("{}=", assignment.name);
            match &assignment.value {
                Some(word) => text.push_str(&word.text),
                // What `eval` makes of an array is not told.
                None if self.words[first].text == "eval" => text.push(UNKNOWN),
                None => {}
            }
            let (pieces, bytes) = (self.no_pieces.clone(), assignment.bytes.clone());
            self.words.push(Word { text, pieces, quoted: false, string: false, bytes });
            parts.declared.push(assignment);
            return Ok(());
        }
        let word = self.word()?;
        // An expansion that may be nothing is a word all the same; an escaped line end is none.
        if !word.text.is_empty() || word.quoted {
            self.words.push(word);
        }
        Ok(())
    }

    /// Whether what stands next may be an assignment behind such a command; `eval` declares arrays, other assignments are words to it.
    fn may_declare(&self, name: &Word) -> bool {
        let declares = match name.text.as_str() {
            "eval" => self.assigns_array(),
            text => DECLARATIONS.contains(&text),
        };
        declares && !name.quoted
    }

    /// Every word and every expansion counts: what holds more of them than a script would is data.
    pub(super) fn count_word(&mut self) -> Read<()> {
        self.state.words += 1;
        if self.state.words > MOST_WORDS {
            return Err(self.fault(self.at, format!("it has more than {MOST_WORDS} words: this is data")));
        }
        Ok(())
    }

    /// `name ()` with what it does, once the name has been read.
    fn function_behind(&mut self, start: usize, end: usize) -> Read<(Action, usize)> {
        let name = self.slice(start, end).replace("\\\n", "");
        let header = self.at;
        self.at += 1;
        self.skip_blanks();
        if self.next() != b')' || name.contains(['$', '`', '\'', '"', '\\']) {
            self.at = header;
            return Err(self.unexpected());
        }
        self.at += 1;
        if self.run(start, NAME) < end {
            self.note(Feature::FunctionName, start..self.at);
        }
        let body = self.function_body()?;
        Ok((Action::Function(vec![name], body), self.at))
    }

    /// `function name` with what it does.
    pub(super) fn function(&mut self) -> Read<Action> {
        let start = self.at;
        self.at += "function".len();
        self.skip_blanks();
        let name_end = self.until(self.at, BREAK);
        if name_end == self.at {
            return Err(self.unexpected());
        }
        let name = self.slice(self.at, name_end).to_owned();
        self.at = name_end;
        let mut end = self.at;
        self.skip_blanks();
        if self.next() == b'(' {
            let open = self.at;
            self.at += 1;
            self.skip_blanks();
            if self.next() == b')' {
                self.at += 1;
                end = self.at;
            } else {
                self.at = open;
            }
        }
        self.note(Feature::FunctionKeyword, start..end);
        let body = self.function_body()?;
        Ok(Action::Function(vec![name], body))
    }

    fn function_body(&mut self) -> Read<Block> {
        self.skip_lines();
        let body = self.deeper(Self::command)?;
        Ok(Block { statements: vec![body] })
    }

    fn switch_modes(&mut self, command: &Command) {
        let is = |at: usize, text: &str| command.words.get(at).is_some_and(|word| word.text == text);
        if is(0, "shopt") && is(1, "-s") && command.words.iter().any(|word| word.text == "extglob") {
            self.state.modes.extended_patterns = true;
        }
        if is(0, "set") && is(1, "-o") && is(2, "posix") {
            self.state.modes.posix = true;
        }
        let lasting = if command.words.is_empty() { &command.assignments } else { &command.declared };
        if lasting.iter().any(|assignment| assignment.name == "IFS") {
            self.state.modes.separator = true;
        }
    }
}
