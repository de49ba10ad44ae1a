//! Commands: what they are once their words are known, and what they change for those that follow.

use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt};

use super::expand::{Expanded, MOST_ELEMENTS};
use super::git::path_in;
use super::value::{Symbol, Value};
use super::walk::{Ended, Held, MOST_CALLS, Walk};
use super::{Failure, Frame, Step, Stretch, Write};
use crate::facts;
use crate::shell::Dialect;
use crate::shell::invoke::executed;
use crate::shell::options::{Arguments, is_assignment};
use crate::shell::source::Source;
use crate::shell::survey::{sets_errexit, spanning};
use crate::shell::tree::{Assignment, Bytes, Command, RedirectKind, Statement, Word};

/// How many commands one statement may hold behind wrappers.
const MOST_WRAPPED: usize = 32;

impl Walk<'_> {
    /// A command: assignments, words, what it does.
    pub(super) fn command(&mut self, command: &Command, statement: &Statement) {
        let assigned: Vec<(CompactString, Held)> = command.assignments.iter().map(|it| (it.name.clone(), self.assigned(it))).collect();
        let declared: Vec<(CompactString, Held)> = command.declared.iter().map(|it| (it.name.clone(), self.assigned(it))).collect();
        let expanded = self.expanded(&command.words);
        let writes = self.writes(statement);
        if expanded.is_empty() {
            for (name, held) in assigned {
                self.variables.set(&name, held);
            }
            if !writes.is_empty() {
                self.push(Expanded::default(), Vec::new(), writes, statement);
            }
            return;
        }
        let environment: Vec<(CompactString, Value)> = assigned.into_iter().filter_map(|(name, held)| Some((name, held.value?))).collect();
        self.declare(command, declared);
        let number = self.course.steps.len();
        self.push(expanded, environment, writes, statement);
        self.takes_effect(number, statement);
    }

    /// Redirections of a statement that is no command of its own.
    pub(super) fn redirected(&mut self, statement: &Statement) {
        let writes = self.writes(statement);
        if !writes.is_empty() {
            self.push(Expanded::default(), Vec::new(), writes, statement);
        }
    }

    fn writes(&mut self, statement: &Statement) -> Vec<Write> {
        let mut writes = Vec::new();
        for redirect in &statement.redirects {
            if redirect.kind == RedirectKind::HereDocument {
                continue;
            }
            let path = self.joined_word(&redirect.target);
            let to_file = matches!(redirect.kind, RedirectKind::Output | RedirectKind::Both);
            if to_file && redirect.fd != Some(2) {
                writes.push(Write { path, bytes: redirect.target.bytes.clone() });
            }
        }
        writes
    }

    /// Notes a command, and those that it runs in its turn.
    fn push(&mut self, expanded: Expanded, environment: Vec<(CompactString, Value)>, writes: Vec<Write>, statement: &Statement) {
        let document = statement.redirects.iter().find(|it| matches!(it.kind, RedirectKind::HereDocument | RedirectKind::HereString));
        let document = document.map(|it| it.body.clone().unwrap_or_else(|| it.target.bytes.clone()));
        let Expanded { words, values } = expanded;
        let values: Arc<[Value]> = values.into();
        let whole = 0..words.len();
        let mut open = vec![(whole, environment)];
        let mut seen = 0;
        while let Some((range, mut environment)) = open.pop() {
            seen += 1;
            if seen > MOST_WRAPPED || (range.is_empty() && seen > 1) {
                break;
            }
            let name = words.get(range.start).and_then(command_name).unwrap_or_default();
            let arguments = words.get(range.start + 1..range.end).unwrap_or_default();
            let mut inner = None;
            if name == "find" {
                let found = executed(&words, &range).into_iter().map(|inner| (inner, environment.clone()));
                open.extend(found.collect::<Vec<_>>());
            } else if let Some(grammar) = facts::grammar(name).filter(|grammar| grammar.wraps.is_some()) {
                let start = range.start + 1 + Arguments::wrapped(arguments, grammar);
                let given = (range.start + 1..start).filter(|at| grammar.assigns && is_assignment(&words[*at].text));
                environment.extend(given.filter_map(|at| {
                    let (name, _) = words[at].text.split_once('=')?;
                    Some((name.into(), values[at].strip_prefix(&Value::text(format!("{name}=")))?))
                }));
                inner = Some((start..range.end, environment.clone()));
            }
            let asks =
                name == "command" && arguments.first().is_some_and(|word| word.text.starts_with("-v") || word.text.starts_with("-V"));
            if !asks {
                open.extend(inner);
            }
            let first = words.get(range.start);
            let bytes = if first.is_some() { self.written_at(spanning(&words[range.clone()])) } else { statement.bytes.clone() };
            let mut step = Step {
                words: named(&words, range.clone(), name),
                values: Stretch::of(&values, range.clone()),
                environment,
                writes: writes.clone(),
                document: document.clone(),
                folder: self.shell.folder.clone(),
                whose: super::Whose::Perhaps,
                failure: self.failure(),
                frames: self.frames.clone(),
                // A wrapper runs programs alone.
                shadowed: range.start == 0 && self.functions.contains_key(name),
                bytes,
            };
            step.folder = self.folder_of(&step);
            step.whose = self.whose(&step.folder);
            self.course.steps.push(step);
        }
    }

    /// Where a command is written: one that a function makes of its arguments stands where the function is called.
    fn written_at(&self, bytes: Bytes) -> Bytes {
        let Some(site) = self.sites.last() else { return bytes };
        let text = self.script.text.get(bytes.clone()).unwrap_or_default();
        let expands = text.contains('$');
        let handed_on =
            expands && (["$@", "${@", "$*"].iter().any(|sign| text.contains(sign)) || text.trim_start_matches('"').starts_with("$1"));
        if handed_on { site.clone() } else { bytes }
    }

    fn failure(&self) -> Failure {
        self.context.unwrap_or(if self.shell.errexit { Failure::Ends } else { Failure::Unseen })
    }

    /// What an assignment gives its variable.
    fn assigned(&mut self, assignment: &Assignment) -> Held {
        for key in &assignment.keys {
            self.joined_word(key);
        }
        let earlier = self.variables.get(&assignment.name).map(|held| (**held).clone()).unwrap_or_default();
        if let Some(elements) = &assignment.elements {
            let mut values = if assignment.append { earlier.elements.unwrap_or_default() } else { Vec::new() };
            values.extend(self.listed(elements));
            values.truncate(MOST_ELEMENTS);
            return Held { value: None, elements: Some(values) };
        }
        let Some(word) = &assignment.value else { return earlier };
        let value = self.joined_word(word);
        if assignment.subscript.is_some() {
            let mut values = earlier.elements.unwrap_or_default();
            values.push(value);
            return Held { value: earlier.value, elements: Some(values) };
        }
        if assignment.append {
            let before = earlier.value.unwrap_or_else(|| Value::symbol(Symbol::Variable(assignment.name.clone())));
            let both = self.followed(before.followed_by(&value));
            return Held { value: Some(both), elements: None };
        }
        Held { value: Some(value), elements: None }
    }

    /// `local`, `declare` and their kin: local names come back when the function returns.
    fn declare(&mut self, command: &Command, declared: Vec<(CompactString, Held)>) {
        let name = command.words.first().map_or("", |word| word.text.as_str());
        let is_local = matches!(name, "local" | "declare" | "typeset") && !command.words.iter().any(|word| word.text == "-g");
        if is_local && let Some(locals) = self.locals.last_mut() {
            let bare = command.words.iter().skip(1).filter_map(Word::literal).filter(|text| !text.starts_with('-') && !text.contains('='));
            for name in declared.iter().map(|(name, _)| name.as_str()).chain(bare) {
                locals.entry(name.into()).or_insert_with(|| self.variables.get(name).cloned());
            }
        }
        for (name, held) in declared {
            self.variables.set(&name, held);
        }
    }

    /// What a command changes for those that follow. Behind a wrapper only a call of git does.
    fn takes_effect(&mut self, number: usize, statement: &Statement) {
        for at in number..self.course.steps.len() {
            self.makes_folder(at);
        }
        let Some(step) = self.course.steps.get(number) else { return };
        let inner = self.course.steps.last().filter(|step| self.is_followed(step.words.first()));
        let inner = inner.map(|step| (step.words.clone(), step.values.clone(), step.bytes.clone()));
        if step.words.first().is_some_and(|word| HAVE_EFFECTS.contains(&word.text.as_str())) {
            self.has_effect(number, &step.words.clone(), &step.values.clone());
        }
        if let Some((words, values, site)) = inner {
            self.runs_text(&words, statement);
            self.calls(&words, &values, site, statement);
        }
    }

    /// Whether a command of that name may run a text as shell, or is a function of the script.
    fn is_followed(&self, name: Option<&Word>) -> bool {
        let text = name.map_or("", |word| word.text.as_str());
        text == "eval" || Dialect::of_name(text).is_some_and(Dialect::is_analysed) || self.functions.contains_key(text)
    }

    /// What one of [`HAVE_EFFECTS`] changes.
    fn has_effect(&mut self, number: usize, words: &[Word], values: &[Value]) {
        let name = words.first().map_or("", |word| word.text.as_str());
        let words_after = &words[1..];
        match name {
            "cd" => self.goes(&values[1..], words_after),
            "pushd" => {
                let here = self.shell.folder.clone();
                self.shell.folders.push(here);
                self.goes(&values[1..], words_after);
            }
            "popd" => {
                if let Some(folder) = self.shell.folders.pop() {
                    self.shell.folder = folder;
                }
            }
            "set" => self.sets(words_after, &values[1..]),
            "exit" => self.shell.ended = Ended::Script,
            "exec" if words.len() > 1 => self.shell.ended = Ended::Script,
            "return" => self.shell.ended = Ended::Function,
            "break" | "continue" => self.shell.ended = Ended::Loop,
            "shift" => self.shifts(),
            "source" | "." => self.course.sourced = true,
            "unset" => {
                for name in words_after.iter().filter_map(Word::literal) {
                    self.variables.set(name, Held::default());
                }
            }
            "read" | "mapfile" | "readarray" | "getopts" => {
                for name in words_after.iter().filter_map(Word::literal).filter(|text| !text.starts_with('-')) {
                    let value = Some(self.varying());
                    self.variables.set(name, Held { value, elements: None });
                }
            }
            "trap" => self.sets_trap(number),
            _ => {}
        }
    }

    fn goes(&mut self, values: &[Value], words: &[Word]) {
        let operand = words.iter().position(|word| !word.text.starts_with('-') || word.text == "-");
        let folder = match operand.map(|at| &values[at]) {
            None => Value::symbol(Symbol::Variable("HOME".into())),
            Some(value) if value.literal() == Some("-") => self.varying(),
            Some(value) => path_in(&self.shell.folder, value),
        };
        if let Some(at) = operand {
            self.note_called(&words[at], &folder);
        }
        self.shell.folder = folder;
    }

    fn sets(&mut self, words: &[Word], values: &[Value]) {
        if words.first().is_some_and(|word| word.text == "--") {
            self.shell.arguments = Some(Arc::new(values[1..].to_vec()));
        }
        if sets_errexit(words) {
            self.shell.errexit = true;
        }
        let off = words.iter().any(|word| word.text.strip_prefix('+').is_some_and(|letters| letters.contains('e')));
        let named_off = words.windows(2).any(|pair| pair[0].text == "+o" && pair[1].text == "errexit");
        if off || named_off {
            self.shell.errexit = false;
        }
    }

    fn shifts(&mut self) {
        match &self.shell.arguments {
            Some(arguments) => self.shell.arguments = Some(Arc::new(arguments.iter().skip(1).cloned().collect())),
            // What is an argument now was another one before.
            None => {
                for name in ('1'..='9').map(String::from).chain(["@".to_owned()]) {
                    let value = Some(self.varying());
                    self.variables.set(&name, Held { value, elements: None });
                }
            }
        }
    }

    /// Texts that a command runs as shell.
    fn runs_text(&mut self, words: &[Word], statement: &Statement) {
        let Some((name, arguments)) = words.split_first() else { return };
        let source_of = |word: &Word| Source::of_quoted(&self.script.text, word.bytes.clone()).filter(|_| word.string);
        match name.text.as_str() {
            "eval" => {
                if let [only] = arguments
                    && let Some(source) = source_of(only)
                {
                    self.text(&source);
                }
            }
            name => {
                if !Dialect::of_name(name).is_some_and(Dialect::is_analysed) {
                    return;
                }
                let flag = arguments
                    .iter()
                    .position(|word| word.text.starts_with('-') && !word.text.starts_with("--") && word.text.ends_with('c'));
                let source = if let Some(at) = flag {
                    arguments.get(at + 1).and_then(source_of)
                } else {
                    let reads = arguments.iter().all(|word| word.text.starts_with('-'));
                    let document = statement.redirects.iter().find(|it| it.kind == RedirectKind::HereDocument);
                    let bytes = document.filter(|_| reads).and_then(|document| document.body.clone());
                    bytes.and_then(|bytes| Source::of_bytes(&self.script.text, bytes))
                };
                let Some(source) = source else { return };
                let errexit = flag.is_some_and(|at| arguments[at].text.contains('e'));
                self.apart(Frame::Subshell(statement.bytes.start), |walk| {
                    walk.shell.errexit = errexit;
                    walk.text(&source);
                });
            }
        }
    }

    /// A call of a function of the script.
    fn calls(&mut self, words: &[Word], values: &[Value], site: Bytes, statement: &Statement) {
        let Some(name) = words.first().and_then(Word::literal) else { return };
        let Some(&body) = self.functions.get(name) else { return };
        self.called.insert(name.to_owned());
        if self.active.len() >= MOST_CALLS || self.active.iter().any(|active| active == name) {
            return;
        }
        let outer = self.shell.arguments.replace(Arc::new(values[1..].to_vec()));
        self.active.push(name.to_owned());
        self.sites.push(site);
        self.locals.push(HashMap::new());
        let frame = Frame::Call(self.next(), name.to_owned());
        self.within(frame, |walk| {
            for redirect in &statement.redirects {
                walk.look_into(&redirect.target);
            }
            walk.block(body);
        });
        self.active.pop();
        self.sites.pop();
        for (name, before) in self.locals.pop().unwrap_or_default() {
            let held = before.map(|held| (*held).clone()).unwrap_or_default();
            self.variables.set(&name, held);
        }
        self.shell.arguments = outer;
        if self.shell.ended < Ended::Script {
            self.shell.ended = Ended::No;
        }
    }
}

/// Commands that change something for those that follow.
const HAVE_EFFECTS: [&str; 18] = [
    "cd",
    "pushd",
    "popd",
    "set",
    "exit",
    "exec",
    "return",
    "break",
    "continue",
    "shift",
    "source",
    ".",
    "unset",
    "read",
    "mapfile",
    "readarray",
    "getopts",
    "trap",
];

/// The words of a command, the first of which is its name, or empty where that is not known.
fn named(words: &Arc<[Word]>, range: Range<usize>, name: &str) -> Stretch<Word> {
    match words.get(range.start).filter(|first| range.start < range.end && first.text != name) {
        None => Stretch::of(words, range),
        Some(first) => {
            let first = Word { text: name.into(), ..first.clone() };
            let own: Arc<[Word]> = std::iter::once(first).chain(words[range].iter().skip(1).cloned()).collect();
            let whole = 0..own.len();
            Stretch::of(&own, whole)
        }
    }
}

/// The name of a command without folders.
fn command_name(word: &Word) -> Option<&str> {
    if !word.text.bytes().any(|byte| byte == b'/' || !byte.is_ascii()) {
        return Some(&word.text);
    }
    let text = word.literal()?;
    Some(match text.rsplit_once('/') {
        Some(("/bin" | "/usr/bin" | "/sbin" | "/usr/sbin" | "/usr/local/bin" | "/opt/homebrew/bin", name)) => name,
        _ => text,
    })
}
