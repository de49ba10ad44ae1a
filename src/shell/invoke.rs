//! Which commands a statement really runs: wrappers are looked through, texts that a shell is given are read.

use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;

use super::dialect::Dialect;
use super::flow::Flow;
use super::functions::runners;
use super::guard::{Guard, GuardId};
use super::options::{Arguments, is_assignment};
use super::source::Source;
use super::survey::spanning;
use super::tree::{Action, Bytes, Command, Piece, Redirect, RedirectKind, Statement, UNKNOWN, Word};
use super::{Invocation, read};

/// How deep texts that run texts are followed.
const MOST_NESTED: usize = 4;

/// How many commands one statement may hold behind wrappers.
const MOST_WRAPPED: usize = 32;

impl Flow<'_> {
    /// Notes what a command runs, itself and through wrappers.
    pub(super) fn invoked(&mut self, command: &Command, statement: &Statement) {
        let words = &command.words;
        if let Some((words, guards)) = self.with_held(words) {
            return self.assembled_under(guards, words, statement);
        }
        if let Some(turns) = self.with_turns(words) {
            return turns.into_iter().for_each(|words| self.assembled(words, statement));
        }
        // Few commands run others.
        let mut whole = Some((0..words.len(), false));
        let mut open = Vec::new();
        let mut seen = 0;
        while let Some((range, bypasses)) = whole.take().or_else(|| open.pop()) {
            seen += 1;
            if seen > MOST_WRAPPED {
                break;
            }
            let Some(first) = words.get(range.start) else { continue };
            let arguments = &words[range.start + 1..range.end];
            let Some(name) = command_name(first).or_else(|| looked_up(first)) else {
                // `"$SHELL" -c '…'`: what all shells of its kind have in common is looked at.
                if matches!(first.only_piece(), Some(Piece::Variable(variable)) if variable.name == "SHELL") {
                    self.shell(arguments, Dialect::Ksh, statement);
                } else if let Some(list) = self.held(first) {
                    let (words, guards) = (list.words.clone(), list.guards);
                    self.held_words(&words, guards, first, arguments, statement);
                }
                continue;
            };
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
                    shadowed: !bypasses
                        && !first.text.contains('/')
                        && (self.is_hidden(name, first.bytes.start) || self.aliased.contains(name)),
                });
            }
            if name == "find" {
                open.extend(executed(words, &range).into_iter().map(|inner| (inner, true)));
            } else if name == "eval" && arguments.first().is_some_and(|word| !word.string) {
                open.push((range.start + 1..range.end, false));
            } else if let Some(skipped) = self.left_out(name).filter(|_| !bypasses) {
                open.push((range.end.min(range.start + 1 + skipped)..range.end, false));
            } else if let Some(grammar) = crate::facts::grammar(name)
                && grammar.wraps.is_some()
            {
                let inner = range.start + 1 + Arguments::wrapped(arguments, grammar);
                open.push((inner..range.end, name != "time" && name != "nohup"));
            }
            self.opens(name, arguments);
            self.texts(name, arguments, statement);
        }
    }

    /// Reads the texts that a command runs as shell.
    fn texts(&mut self, name: &str, arguments: &[Word], statement: &Statement) {
        match name {
            "env" => self.split(arguments, statement),
            "eval" => {
                if let [only] = arguments {
                    self.text(only, self.dialect);
                }
            }
            // A script expands none unless it is told to.
            "alias" if self.expands_aliases => {
                for word in arguments {
                    self.assigned_text(word.bytes.clone(), !word.pieces.is_empty());
                }
            }
            "." | "source" => {
                if let Some(descriptor) = arguments.first().and_then(descriptor) {
                    self.fed(descriptor, self.dialect, statement);
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
                if let Some(dialect) = Dialect::of_name(name).filter(|dialect| dialect.is_analysed() && !Dialect::is_own_bash(name)) {
                    self.shell(arguments, dialect, statement);
                }
            }
        }
    }

    /// How many arguments a function leaves out that runs the others as a command.
    fn left_out(&self, name: &str) -> Option<usize> {
        self.functions.get(name)?;
        self.runners.get_or_init(|| runners(self.script, &self.functions)).get(name).copied()
    }

    /// `env -S 'timeout 5 x'`: one argument that is several words.
    fn split(&mut self, arguments: &[Word], statement: &Statement) {
        let Some(grammar) = crate::facts::grammar("env") else { return };
        let until = Arguments::wrapped(arguments, grammar);
        let read = Arguments::read(&arguments[..until], grammar);
        let given = read.options.iter().find(|option| matches!(&*option.name, "-S" | "--split-string"));
        let Some((value, word)) = given.and_then(|option| Some((option.value?, option))) else { return };
        let holder = word.holder();
        let words = value.split_whitespace().skip_while(|text| is_assignment(text)).map(|text| standing_for(text, holder)).collect();
        self.assembled(words, statement);
    }

    /// `T='timeout 5'; $T x`
    fn held_words(&mut self, words: &[CompactString], guards: GuardId, variable: &Word, arguments: &[Word], statement: &Statement) {
        let words = words.iter().map(|text| standing_for(text, variable)).chain(arguments.iter().cloned()).collect();
        self.assembled_under(guards, words, statement);
    }

    /// `flags=-i; sed $flags s/a/b/ f`: the words of a command with what the script's variables hold in their places.
    fn with_held(&self, words: &[Word]) -> Option<(Vec<Word>, GuardId)> {
        let is_asked = words.first().is_some_and(|name| command_name(name).is_some_and(crate::facts::is_known));
        let (at, list) = words.iter().enumerate().skip(1).filter(|_| is_asked).find_map(|(at, word)| Some((at, self.held(word)?)))?;
        let held = list.words.iter().map(|text| standing_for(text, &words[at]));
        Some((words[..at].iter().cloned().chain(held).chain(words[at + 1..].iter().cloned()).collect(), list.guards))
    }

    /// `for option in nullglob globstar; do shopt -s "$option"; done`: the words of a command that sets options of the shell, once for each.
    fn with_turns(&self, words: &[Word]) -> Option<Vec<Vec<Word>>> {
        if self.in_turn.is_empty() || !matches!(words.first()?.text.as_str(), "shopt" | "set" | "bash") {
            return None;
        }
        let (at, values) = words.iter().enumerate().find_map(|(at, word)| match word.only_piece() {
            Some(Piece::Variable(variable)) if variable.plain => Some((at, self.in_turn.get(&variable.name)?)),
            _ => None,
        })?;
        let with = |value: &CompactString| {
            let mut words = words.to_vec();
            words[at] = standing_for(value, &words[at]);
            words
        };
        Some(values.iter().map(with).collect())
    }

    /// Notes what a command runs whose words stand elsewhere, where something held.
    fn assembled_under(&mut self, guards: GuardId, words: Vec<Word>, statement: &Statement) {
        let here = self.here;
        let then: Vec<Guard> = self.guards.at(guards).cloned().collect();
        self.here = self.guards.add_all(here, then);
        self.assembled(words, statement);
        self.here = here;
    }

    /// Notes what a command runs whose words stand elsewhere.
    fn assembled(&mut self, words: Vec<Word>, statement: &Statement) {
        if self.nested < MOST_NESTED {
            self.nested += 1;
            self.invoked(&Command { assignments: Vec::new(), words: words.into(), declared: Vec::new() }, statement);
            self.nested -= 1;
        }
    }

    /// `sh -c '…'`, `bash <<EOF`, `bash <<< '…'`, `echo '…' | bash`
    fn shell(&mut self, arguments: &[Word], dialect: Dialect, statement: &Statement) {
        let Some(grammar) = crate::facts::grammar("bash") else { return };
        // `bash $options -c '…'`: what an expansion holds before the `-c` is most likely options.
        let is_flag = |word: &Word| word.text.strip_prefix('-').is_some_and(|letters| !letters.starts_with('-') && letters.contains('c'));
        let is_open = |word: &&Word| word.text.starts_with('+') || word.text.chars().all(|char| char == UNKNOWN);
        let (before, after) = arguments.split_at(arguments.iter().position(is_flag).unwrap_or(arguments.len()));
        let told: Vec<Word> = before.iter().filter(|word| !is_open(word)).chain(after).cloned().collect();
        let read = Arguments::read(&told, grammar);
        let has = |name: &str| read.options.iter().any(|option| option.name == name);
        // With `-n` nothing of it is run.
        if has("-n") {
            return;
        }
        if has("-c") {
            if let Some(text) = read.operands.first() {
                self.text(text, dialect);
            }
            return;
        }
        let operands = Arguments::read(arguments, grammar).operands;
        let input = if has("-s") { Some(0) } else { operands.first().map_or(Some(0), |file| descriptor(file)) };
        if let Some(input) = input {
            self.fed(input, dialect, statement);
        }
    }

    /// Reads what a shell is given on a descriptor: `bash <<EOF`, `bash /dev/fd/3 3<<EOF`
    fn fed(&mut self, descriptor: i32, dialect: Dialect, statement: &Statement) {
        let piped = self.piped.take().filter(|_| descriptor == 0);
        for redirect in statement.redirects.iter().filter(|redirect| redirect.fd.unwrap_or(0) == descriptor) {
            match redirect.kind {
                RedirectKind::HereDocument => self.document(redirect, dialect),
                RedirectKind::HereString => self.text(&redirect.target, dialect),
                _ => {}
            }
        }
        match piped {
            Some(Piped::Document(bytes)) => self.stretch(bytes, dialect),
            Some(Piped::Text(bytes, expanded)) => self.quoted(bytes, expanded, dialect),
            None => {}
        }
    }

    fn document(&mut self, redirect: &Redirect, dialect: Dialect) {
        if let Some(bytes) = redirect.body.clone() {
            self.stretch(bytes, dialect);
        }
    }

    fn stretch(&mut self, bytes: Bytes, dialect: Dialect) {
        if let Some(source) = Source::of_bytes(self.script, bytes) {
            self.nested_text(&source, dialect);
        }
    }

    fn text(&mut self, word: &Word, dialect: Dialect) {
        if word.string {
            self.quoted(word.bytes.clone(), !word.pieces.is_empty(), dialect);
        }
    }

    /// `NAME='…'`: a text that is run later.
    pub(super) fn assigned_text(&mut self, bytes: Bytes, expanded: bool) {
        let written = self.script.get(bytes.clone()).unwrap_or_default();
        if let Some(sign) = written.find('=') {
            self.quoted(bytes.start + sign + 1..bytes.end, expanded, self.dialect);
        }
    }

    /// The text of a quoted word; `expanded` where the shell outside puts something into it.
    fn quoted(&mut self, bytes: Bytes, expanded: bool, dialect: Dialect) {
        if let Some(source) = Source::of_quoted(self.script, bytes) {
            let outer = std::mem::replace(&mut self.expanded, expanded);
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

/// A text that one part of a pipeline gives to the next.
#[derive(Debug)]
pub(super) enum Piped {
    /// A here-document, through `cat`.
    Document(Bytes),
    /// A string, through `echo` or `printf`, and whether there are expansions in it.
    Text(Bytes, bool),
}

impl Piped {
    /// What a statement prints, where the script says it outright.
    pub(super) fn by(statement: &Statement) -> Option<Self> {
        let Action::Command(command) = &statement.action else { return None };
        match command.words.first()?.text.as_str() {
            "cat" if command.words.len() == 1 => {
                let document = statement.redirects.iter().find(|redirect| redirect.kind == RedirectKind::HereDocument)?;
                document.body.clone().map(Self::Document)
            }
            "echo" | "printf" => {
                let string = command.words.last().filter(|word| word.string)?;
                Some(Self::Text(string.bytes.clone(), !string.pieces.is_empty()))
            }
            _ => None,
        }
    }
}

/// The descriptor that a file stands for: `/dev/stdin`, `/dev/fd/3`, and `-` for a shell.
fn descriptor(file: &Word) -> Option<i32> {
    match file.text.as_str() {
        "-" | "/dev/stdin" => Some(0),
        path => path.strip_prefix("/dev/fd/").or_else(|| path.strip_prefix("/proc/self/fd/"))?.parse().ok(),
    }
}

/// A word that stands where another does.
fn standing_for(text: &str, holder: &Word) -> Word {
    Word { text: text.into(), bytes: holder.bytes.clone(), ..Word::default() }
}

/// The command that a substitution looks for: `$(command -v timeout)`.
fn looked_up(word: &Word) -> Option<&str> {
    let Some(Piece::Command(block)) = word.only_piece() else { return None };
    let [Statement { action: Action::Command(command), .. }] = block.statements.as_slice() else { return None };
    match &*command.words {
        [which, name] if which.text == "which" => command_name(name),
        [command, option, name]
            if (command.text == "command" && option.text == "-v") || (command.text == "type" && option.text == "-P") =>
        {
            command_name(name)
        }
        _ => None,
    }
}

/// The command a word names: a bare name, or a path into the folders of the system.
fn command_name(word: &Word) -> Option<&str> {
    if !word.text.bytes().any(|byte| byte == b'/' || !byte.is_ascii()) {
        return Some(&word.text);
    }
    let text = word.literal()?;
    match text.rsplit_once('/') {
        None => Some(text),
        Some(("/bin" | "/usr/bin" | "/sbin" | "/usr/sbin" | "/usr/libexec", name)) => Some(name),
        Some(_) => None,
    }
}

/// The commands of `-exec` and its like.
pub(super) fn executed(words: &[Word], range: &Range<usize>) -> Vec<Range<usize>> {
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
