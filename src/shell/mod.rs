//! Shell text → what it uses, where, and under which guards. The only folder that names the parser.

pub mod arrays;
mod condition;
mod dialect;
mod ends;
mod feature;
mod flow;
mod functions;
mod guard;
mod invoke;
mod lower;
pub mod options;
mod read;
mod source;
mod suppression;
mod survey;
pub mod tree;
mod words;

use std::ops::Range;
use std::sync::Arc;

pub use dialect::Dialect;
pub use feature::Feature;
pub use guard::{Guard, GuardId, Guards, System};
pub use suppression::Suppression;

use crate::facts::Fact;
use crate::finding::Place;
use crate::policy::Targets;
use flow::Flow;
use tree::{Block, Bytes, Word};

/// A script and what it uses.
#[derive(Debug)]
pub struct Script {
    /// Relative to the repository's root, with `/`.
    pub path: String,
    /// The text; bytes that are not UTF-8 are replaced.
    pub text: Arc<str>,
    /// The shell it is written for.
    pub dialect: Dialect,
    /// What it must run on.
    pub targets: Targets,
    /// Its statements; empty where it is not analysed.
    pub body: Block,
    /// Uses of commands that the tables know, in the order of the text.
    pub invocations: Vec<Invocation>,
    /// Uses of bash features, in the order of the text.
    pub occurrences: Vec<Occurrence>,
    /// Why it, or a part of it, could not be analysed.
    pub problems: Vec<Problem>,
    /// Its `# gnp-lint: allow(…)` comments.
    pub suppressions: Vec<Suppression>,
    /// It puts Homebrew's folder of GNU tools on PATH.
    pub prefers_gnu: bool,
    /// A failing command ends it, at least in a part of it: `set -e`.
    pub errexit: bool,
    guards: Guards,
}

/// A command in use.
#[derive(Debug)]
pub struct Invocation {
    /// Its name without quotes and folders of the system.
    pub name: String,
    /// What the tables say about it.
    pub facts: &'static [Fact],
    words: Arc<[Word]>,
    range: Range<usize>,
    /// From its name to its last argument.
    pub bytes: Bytes,
    /// What holds there.
    pub guards: GuardId,
    /// Its standard error goes nowhere.
    pub quiet: bool,
    /// A function of the script has that name and is meant.
    pub shadowed: bool,
    /// The shell that runs it.
    pub dialect: Dialect,
}

impl Invocation {
    /// The word that names it.
    pub fn word(&self) -> &Word {
        &self.words[self.range.start]
    }

    /// Whether its name stands first and without a path, so that a builtin of that name is meant.
    pub fn is_bare(&self) -> bool {
        self.range.start == 0 && !self.word().text.contains('/')
    }

    /// Its arguments; of very many only the first thousands.
    pub fn arguments(&self) -> &[Word] {
        const MOST: usize = 4096;
        let start = self.range.start + 1;
        &self.words[start..self.range.end.min(start + MOST)]
    }
}

/// A bash feature in use.
#[derive(Debug)]
pub struct Occurrence {
    /// Which.
    pub feature: Feature,
    /// Where.
    pub bytes: Bytes,
    /// What holds there.
    pub guards: GuardId,
    /// The shell that runs it.
    pub dialect: Dialect,
}

/// Why a text could not be analysed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong, as a fragment.
    pub reason: String,
    /// Where.
    pub bytes: Bytes,
}

impl Script {
    /// Reads a script. It never fails: what cannot be analysed is in [`Script::problems`].
    ///
    /// The dialect is found as [`Dialect::of`] does; a text that shows none is taken for bash.
    pub fn parse(path: &str, bytes: &[u8], targets: Targets) -> Self {
        let dialect = Dialect::of(path, &bytes[..bytes.len().min(4096)]).unwrap_or(Dialect::Bash);
        Self::parse_as(path, bytes, dialect, targets)
    }

    /// Reads a script whose dialect is known.
    pub fn parse_as(path: &str, bytes: &[u8], dialect: Dialect, targets: Targets) -> Self {
        let text: Arc<str> = String::from_utf8_lossy(bytes).into();
        let mut script = Self {
            path: path.to_owned(),
            text,
            dialect,
            targets,
            body: Block::default(),
            invocations: Vec::new(),
            occurrences: Vec::new(),
            problems: Vec::new(),
            suppressions: Vec::new(),
            prefers_gnu: false,
            errexit: false,
            guards: Guards::default(),
        };
        if let Some(at) = memchr::memchr(0, bytes) {
            let at = at.min(script.text.len());
            script.problems.push(Problem { reason: "it holds a NUL byte: this is no text".to_owned(), bytes: at..at });
        } else if dialect.is_analysed() {
            script.analyse();
        }
        script
    }

    fn analyse(&mut self) {
        let text = Arc::clone(&self.text);
        let source = source::Source::whole(&text);
        match read::read(&source) {
            Ok(block) => self.body = block,
            Err(partial) => {
                self.body = partial.block;
                self.problems.push(partial.problem);
            }
        }
        self.suppressions = suppression::find(&text, &self.body);
        self.prefers_gnu = text.contains("libexec/gnubin");
        let flow = Flow::through(&text, &self.body, self.dialect);
        self.errexit = flow.errexit;
        let (mut invocations, mut occurrences, guards) = (flow.invocations, flow.occurrences, flow.guards);
        invocations.sort_by_key(|it| (it.bytes.start, it.bytes.end));
        occurrences.sort_by_key(|it| (it.bytes.start, it.bytes.end));
        self.invocations = invocations;
        self.occurrences = occurrences;
        self.guards = guards;
    }

    /// What holds at a place, the latest first.
    pub fn guards(&self, at: GuardId) -> impl Iterator<Item = &Guard> {
        self.guards.at(at)
    }

    /// The place of a stretch of its text.
    pub fn place(&self, bytes: &Bytes) -> Place {
        Place::in_text(self.path.clone(), &self.text, bytes.clone())
    }
}
