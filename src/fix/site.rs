//! Where a breach stands in the tree: its statement, its words, and what the script around it allows.

use std::cell::OnceCell;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::helper::Helpers;
use crate::breach::Breach;
use crate::facts;
use crate::facts::Fact;
use crate::finding::{Edit, Fix};
use crate::shell::options::Arguments;
use crate::shell::tree::{Action, Assignment, Bytes, Command, LoopKind, Piece, RedirectKind, Statement, Word};
use crate::shell::{Feature, Script};

/// A script seen from above.
#[derive(Debug)]
pub(super) struct Survey<'s> {
    pub(super) script: &'s Script,
    pub(super) arrays: Arrays<'s>,
    /// IFS has another value for longer than one command.
    pub(super) separator: bool,
    /// Names of functions.
    pub(super) functions: HashSet<&'s str>,
    /// Names that are local to a function.
    pub(super) locals: HashSet<&'s str>,
    /// Asked for once, as it reads the whole text: where a helper would go, which are there, and whether `line` is free.
    pub(super) helpers: OnceCell<Helpers>,
    pub(super) line_is_free: OnceCell<bool>,
    /// Commands by where their words begin, in this order; of two that begin in one place the later one counts.
    words: Vec<(usize, (Site<'s>, usize))>,
    features: HashMap<(Feature, usize, usize), Site<'s>>,
    /// Words that are split and expanded, by where they begin, in the same way.
    lists: Vec<(usize, &'s Word)>,
}

/// A statement and how it stands among others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Site<'s> {
    pub(super) statement: &'s Statement,
    /// It is no part of a chain or pipeline, and its outcome is not turned round.
    pub(super) alone: bool,
}

/// What is known of the arrays of a script, by name.
#[derive(Debug, Default)]
pub(super) struct Arrays<'s> {
    filled: HashSet<&'s str>,
    holed: HashSet<&'s str>,
    keyed: HashSet<&'s str>,
    /// Names may stand for other names.
    referenced: bool,
}

impl<'s> Survey<'s> {
    pub(super) fn of(script: &'s Script) -> Self {
        let mut survey = Self {
            script,
            arrays: Arrays::default(),
            separator: false,
            functions: HashSet::new(),
            locals: HashSet::new(),
            helpers: OnceCell::new(),
            line_is_free: OnceCell::new(),
            words: Vec::new(),
            features: HashMap::new(),
            lists: Vec::new(),
        };
        let mut joined: HashSet<*const Statement> = HashSet::new();
        script.body.each(&mut |statement| {
            match &statement.action {
                Action::Chain(first, links) => {
                    joined.insert(&raw const **first);
                    joined.extend(links.iter().map(|(_, link)| &raw const *link));
                }
                Action::Pipeline(parts) => joined.extend(parts.iter().map(|part| &raw const *part)),
                Action::Function(names, _) => survey.functions.extend(names.iter().map(String::as_str)),
                _ => {}
            }
            let site = Site { statement, alone: !joined.contains(&(&raw const *statement)) && !statement.negated };
            if !statement.backquoted {
                survey.place(site);
            }
            if let Action::Command(command) = &statement.action {
                survey.learn(command);
            }
        });
        survey.words.sort_by_key(|(at, _)| *at);
        survey.lists.sort_by_key(|(at, _)| *at);
        survey
    }

    fn place(&mut self, site: Site<'s>) {
        for it in &site.statement.features {
            self.features.insert((it.feature, it.bytes.start, it.bytes.end), site);
        }
        match &site.statement.action {
            Action::Command(command) => {
                for (index, word) in command.words.iter().enumerate() {
                    self.words.push((word.bytes.start, (site, index)));
                }
                self.lists.extend(command.words.iter().skip(1).map(|word| (word.bytes.start, word)));
                let elements = command.assignments.iter().chain(&command.declared).filter_map(|it| it.elements.as_ref()).flatten();
                self.lists.extend(elements.map(|word| (word.bytes.start, word)));
            }
            Action::Loop(it) => {
                if let LoopKind::For(_, Some(words)) = &it.kind {
                    self.lists.extend(words.iter().map(|word| (word.bytes.start, word)));
                }
            }
            _ => {}
        }
    }

    fn learn(&mut self, command: &'s Command) {
        let declares = command.words.first().map_or("", |word| word.text.as_str());
        let given = |letter| command.words.iter().skip(1).any(|word| word.text.starts_with('-') && word.text.contains(letter));
        let lasting = if command.words.is_empty() { &command.assignments } else { &command.declared };
        self.separator |= lasting.iter().any(|assignment| assignment.name == "IFS");
        for assignment in command.assignments.iter().chain(&command.declared) {
            self.arrays.assigned(assignment, self.script);
        }
        let names = command.words.iter().skip(1).map(|word| word.text.as_str()).filter(|name| !name.starts_with('-'));
        let names = names.map(|name| name.split('=').next().unwrap_or(name));
        match declares {
            "declare" | "typeset" | "local" | "readonly" => {
                self.arrays.referenced |= given('n');
                if given('A') {
                    self.arrays.keyed.extend(names.clone());
                }
                if declares == "local" || (declares != "readonly" && !given('g')) {
                    self.locals.extend(names);
                }
            }
            "unset" => {
                let holed = command.words.iter().skip(1).filter_map(|word| word.text.split_once('['));
                self.arrays.holed.extend(holed.filter(|(_, index)| *index != "-1]").map(|(name, _)| name));
            }
            "mapfile" | "readarray" if !given('O') => self.arrays.filled.extend(names),
            "read" if given('a') => self.arrays.filled.extend(names),
            _ => {}
        }
    }

    /// Whether every element from 0 to the last is there.
    pub(super) fn is_dense(&self, name: &str) -> bool {
        let known = matches!(name, "BASH_SOURCE" | "FUNCNAME" | "BASH_LINENO" | "BASH_ARGV" | "PIPESTATUS" | "DIRSTACK");
        let filled = self.arrays.filled.contains(name) && !self.arrays.holed.contains(name) && !self.arrays.referenced;
        known || filled
    }

    /// Whether a name is surely, or may be, that of an associative array.
    pub(super) fn is_keyed(&self, name: &str) -> bool {
        self.arrays.keyed.contains(name)
    }

    /// The word that is split and expanded and consists of these bytes.
    pub(super) fn listed(&self, bytes: &Bytes) -> Option<&'s Word> {
        last_at(&self.lists, bytes.start).copied().filter(|word| word.bytes == *bytes)
    }
}

impl<'s> Arrays<'s> {
    fn assigned(&mut self, assignment: &'s Assignment, script: &Script) {
        let name = assignment.name.as_str();
        if let Some(subscript) = &assignment.subscript {
            let counted = subscript.contains(&format!("#{name}[@]")) && !subscript.contains('+');
            if !counted && !subscript.trim_start().starts_with('-') {
                self.holed.insert(name);
            }
        }
        if assignment.elements.is_some() {
            let raw = script.text.get(assignment.bytes.clone()).unwrap_or_default();
            if raw.contains("]=") {
                self.holed.insert(name)
            } else {
                self.filled.insert(name)
            };
        }
    }
}

/// One breach with all that a fix asks about.
pub(super) struct Use<'s> {
    pub(super) survey: &'s Survey<'s>,
    /// The row that says what is lacking.
    pub(super) fact: &'static Fact,
    /// What is reported.
    pub(super) bytes: Bytes,
    pub(super) site: Site<'s>,
    /// The command's name and arguments; empty for a feature.
    pub(super) words: &'s [Word],
    /// Another command runs it.
    pub(super) wrapped: bool,
}

impl<'s> Use<'s> {
    pub(super) fn of(survey: &'s Survey<'s>, breach: &'s Breach<'_>) -> Option<Self> {
        let (fact, bytes) = (breach.fact, breach.bytes.clone());
        let Some(invocation) = breach.invocation else {
            let feature = Feature::ALL.into_iter().find(|feature| feature.name() == fact.feature)?;
            let site = *survey.features.get(&(feature, bytes.start, bytes.end))?;
            return Some(Self { survey, fact, bytes, site, words: &[], wrapped: false });
        };
        let word = invocation.word();
        let &(site, index) = last_at(&survey.words, word.bytes.start)?;
        let Action::Command(command) = &site.statement.action else { return None };
        let end = index + 1 + invocation.arguments().len();
        let words = command.words.get(index..end).filter(|words| words[0].bytes == word.bytes)?;
        let plain = survey.script.text.get(word.bytes.clone())?.ends_with(invocation.name.as_str());
        plain.then_some(Self { survey, fact, bytes, site, words, wrapped: index > 0 })
    }

    /// The text of some bytes.
    pub(super) fn raw(&self, bytes: &Bytes) -> &'s str {
        self.survey.script.text.get(bytes.clone()).unwrap_or_default()
    }

    /// What is reported, as it is written.
    pub(super) fn snippet(&self) -> &'s str {
        self.raw(&self.bytes)
    }

    /// The word that holds what is reported.
    pub(super) fn word(&self) -> Option<&'s Word> {
        self.words.iter().find(|word| word.bytes.start <= self.bytes.start && self.bytes.end <= word.bytes.end)
    }

    /// The command's name, if it is written out and is no path.
    pub(super) fn called(&self) -> Option<Bytes> {
        let bytes = self.words.first()?.bytes.clone();
        (self.raw(&bytes) == self.fact.command).then_some(bytes)
    }

    /// The words behind the command's name.
    pub(super) fn given(&self) -> &'s [Word] {
        self.words.get(1..).unwrap_or_default()
    }

    pub(super) fn arguments(&self) -> Arguments<'s> {
        let grammar = facts::grammar(&self.fact.command).cloned().unwrap_or_default();
        Arguments::read(self.given(), &grammar)
    }

    /// From the command's name to its last argument; none if a redirection stands between or another command runs it.
    pub(super) fn whole(&self) -> Option<Bytes> {
        let bytes = self.words.first()?.bytes.start..self.words.last()?.bytes.end;
        let between = self.site.statement.redirects.iter().any(|redirect| bytes.contains(&redirect.target.bytes.start));
        (!between && !self.wrapped).then_some(bytes)
    }

    pub(super) fn command(&self) -> Option<&'s Command> {
        if let Action::Command(command) = &self.site.statement.action { Some(command) } else { None }
    }

    /// Where the statement ends: behind its last word or redirection.
    pub(super) fn end(&self) -> usize {
        let redirects = self.site.statement.redirects.iter().map(|redirect| redirect.target.bytes.end);
        redirects.chain(self.words.last().map(|word| word.bytes.end)).max().unwrap_or(self.bytes.end)
    }

    pub(super) fn has_document(&self) -> bool {
        self.site.statement.redirects.iter().any(|redirect| redirect.kind == RedirectKind::HereDocument)
    }

    /// A word that stays one word, and the same however often it is read.
    pub(super) fn is_one(&self, word: &Word) -> bool {
        let raw = self.raw(&word.bytes);
        let steady = word.pieces.iter().all(|piece| matches!(piece, Piece::Variable(variable) if variable.inside.is_empty()));
        let several = raw.contains("$@") || raw.contains("[@]") || raw.contains("${@") || raw.contains("${!");
        let mut quote = None;
        let mut loose = String::new();
        for char in raw.chars() {
            match (quote, char) {
                (None, '"' | '\'') => quote = Some(char),
                (Some(open), _) if open == char => quote = None,
                (None, _) => loose.push(char),
                _ => {}
            }
        }
        steady && !several && !raw.contains('\\') && !loose.contains(['$', '*', '?', '[', '{', '~', '`'])
    }
}

/// The last of what stands at an offset, in a list that is ordered by offsets.
fn last_at<T>(ordered: &[(usize, T)], offset: usize) -> Option<&T> {
    let behind = ordered.partition_point(|(at, _)| *at <= offset);
    let (at, found) = ordered.get(behind.checked_sub(1)?)?;
    (*at == offset).then_some(found)
}

/// A fix that cannot change what the script means.
pub(super) fn safe(edits: Vec<Edit>) -> Fix {
    Fix { safe: true, edits }
}

/// A fix that may.
pub(super) fn doubtful(edits: Vec<Edit>) -> Fix {
    Fix { safe: false, edits }
}

pub(super) fn edit(bytes: Bytes, text: impl Into<Arc<str>>) -> Edit {
    Edit { bytes, text: text.into() }
}
