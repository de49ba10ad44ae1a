//! Which commands a statement really runs: wrappers are looked through, texts that a shell is given are read.

use std::ops::Range;
use std::sync::Arc;

use super::dialect::Dialect;
use super::flow::Flow;
use super::options::Arguments;
use super::source::Source;
use super::survey::spanning;
use super::tree::{Command, RedirectKind, Statement, Word};
use super::{Invocation, read};

/// How deep texts that run texts are followed.
const MOST_NESTED: usize = 4;

/// How many commands one statement may hold behind wrappers.
const MOST_WRAPPED: usize = 32;

impl Flow<'_> {
    /// Notes what a command runs, itself and through wrappers.
    pub(super) fn invoked(&mut self, command: &Command, statement: &Statement) {
        let words = &command.words;
        let mut open = vec![(0..words.len(), false)];
        let mut seen = 0;
        while let Some((range, bypasses)) = open.pop() {
            seen += 1;
            if seen > MOST_WRAPPED {
                break;
            }
            let Some(name) = words.get(range.start).and_then(command_name) else { continue };
            let arguments = &words[range.start + 1..range.end];
            if name == "ssh"
                || (name == "command" && arguments.first().is_some_and(|word| word.text.starts_with("-v") || word.text.starts_with("-V")))
            {
                continue;
            }
            let facts = if self.rehearsing == 0 { crate::facts::about(name) } else { &[] };
            if !facts.is_empty() {
                self.invocations.push(Invocation {
                    name: name.to_owned(),
                    facts,
                    words: Arc::clone(words),
                    range: range.clone(),
                    bytes: spanning(&words[range.clone()]),
                    guards: self.here,
                    quiet: self.quiet,
                    dialect: self.dialect,
                    shadowed: !bypasses && (self.functions.contains_key(name) || self.aliased.contains(name)),
                });
            }
            if name == "find" {
                open.extend(executed(words, &range).into_iter().map(|inner| (inner, true)));
            } else if let Some(grammar) = crate::facts::grammar(name)
                && grammar.wraps.is_some()
            {
                let inner = range.start + 1 + Arguments::wrapped(arguments, grammar);
                open.push((inner..range.end, name != "time" && name != "nohup"));
            }
            self.texts(name, arguments, statement);
        }
    }

    /// Reads the texts that a command runs as shell.
    fn texts(&mut self, name: &str, arguments: &[Word], statement: &Statement) {
        match name {
            "eval" => {
                if let [only] = arguments {
                    self.text(only, self.dialect);
                }
            }
            "trap" => {
                let handler = arguments.iter().find(|word| word.text != "--");
                if let Some(handler) = handler.filter(|word| word.text.len() > 1 && arguments.len() > 1) {
                    self.text(handler, self.dialect);
                }
            }
            "watch" | "parallel" => {
                if let Some(word) = arguments.iter().find(|word| word.string && word.text.contains(' ')) {
                    self.text(word, Dialect::Ksh);
                }
            }
            // The shell of that user is unknown: what it has in common with all is looked at.
            "su" | "runuser" => {
                let flag = arguments.iter().position(|word| word.text == "-c");
                if let Some(word) = flag.and_then(|at| arguments.get(at + 1)) {
                    self.text(word, Dialect::Ksh);
                }
            }
            _ => {
                if let Some(dialect) = Dialect::of_name(name).filter(|dialect| dialect.is_analysed()) {
                    self.shell(arguments, dialect, statement);
                }
            }
        }
    }

    /// `sh -c '…'`, `bash <<EOF`
    fn shell(&mut self, arguments: &[Word], dialect: Dialect, statement: &Statement) {
        let flag = arguments
            .iter()
            .position(|word| word.text.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.ends_with('c')));
        if let Some(at) = flag {
            if let Some(text) = arguments.get(at + 1) {
                self.text(text, dialect);
            }
            return;
        }
        let reads_input = arguments.iter().all(|word| word.text.starts_with('-')) || arguments.iter().any(|word| word.text == "-s");
        let document = statement.redirects.iter().find(|redirect| redirect.kind == RedirectKind::HereDocument);
        if let Some(bytes) = document.filter(|_| reads_input).and_then(|document| document.body.clone())
            && let Some(source) = Source::of_bytes(self.script, bytes)
        {
            self.nested_text(&source, dialect);
        }
    }

    fn text(&mut self, word: &Word, dialect: Dialect) {
        if word.string
            && let Some(source) = Source::of_quoted(self.script, word.bytes.clone())
        {
            let outer = std::mem::replace(&mut self.expanded, !word.pieces.is_empty());
            self.nested_text(&source, dialect);
            self.expanded = outer;
        }
    }

    fn nested_text(&mut self, source: &Source, dialect: Dialect) {
        if self.nested >= MOST_NESTED {
            return;
        }
        let Ok(block) = read::read(source) else { return };
        let outer = std::mem::replace(&mut self.dialect, dialect);
        let here = self.here;
        self.nested += 1;
        self.block(&block);
        self.nested -= 1;
        self.here = here;
        self.dialect = outer;
    }
}

/// The command a word names: a bare name, or a path into the folders of the system.
fn command_name(word: &Word) -> Option<&str> {
    let text = word.literal()?;
    match text.rsplit_once('/') {
        None => Some(text),
        Some(("/bin" | "/usr/bin" | "/sbin" | "/usr/sbin", name)) => Some(name),
        Some(_) => None,
    }
}

/// The commands of `-exec` and its like.
fn executed(words: &[Word], range: &Range<usize>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = range.start;
    while at < range.end {
        if matches!(words[at].text.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir") {
            let rest = &words[at + 1..range.end];
            let length = rest.iter().position(|word| matches!(word.text.as_str(), ";" | "+")).unwrap_or(rest.len());
            found.push(at + 1..at + 1 + length);
            at += length;
        }
        at += 1;
    }
    found
}
