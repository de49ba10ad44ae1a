//! Shell text → what it uses, where, and under which guards.

pub mod arrays;
mod carried;
mod checkout;
mod condition;
pub mod course;
mod dialect;
mod ends;
mod failure;
mod feature;
mod files;
mod flags;
mod flow;
mod functions;
mod guard;
mod invoke;
mod kept;
mod number;
pub mod options;
mod read;
mod source;
mod suppression;
mod survey;
pub mod tree;
mod tried;
mod version;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

pub use carried::{Setting, UNKNOWN_VALUE, Writing};
pub use checkout::Checkout;
pub use dialect::Dialect;
pub use feature::Feature;
pub use guard::{Guard, GuardId, Guards, System};
pub use source::Source;
pub use suppression::Suppression;

use crate::facts::Fact;
use crate::finding::{Fix, Place};
use crate::policy::{Targets, Version};
use carried::Carried;
use course::Course;
use flow::Flow;
use tree::{Block, Bytes, Word};

/// What is said of a bash that a script brings along: it has everything.
const NEWEST_BASH: Version = Version(u16::MAX, 0);

/// A script and what it uses.
#[derive(Debug)]
pub struct Script {
    /// Relative to the repository's root, with `/`.
    pub path: String,
    /// The text as its shell is given it; bytes that are not UTF-8 are replaced.
    pub text: Arc<str>,
    /// The shell it is written for.
    pub dialect: Dialect,
    /// What it must run on.
    pub targets: Targets,
    /// Whose checkout it works in.
    pub checkout: Checkout,
    /// The folder that it is started in, told from the root of that checkout; none for the root itself.
    folder: Option<String>,
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
    /// When a failing command ends it.
    pub errexit: Errexit,
    /// It is a part of something larger: what comes before and behind it stands elsewhere, so that its end is not the end of the work.
    pub excerpt: bool,
    guards: Guards,
    course: OnceLock<Course>,
    /// Where it stands, if that is inside another file.
    carried: Option<Carried>,
}

/// When a failing command ends a script: `set -e`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errexit {
    /// Nowhere in it.
    Never,
    /// In a part of it, at least.
    Somewhere,
    /// From its first line on: the shell is started so.
    FromStart,
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
    /// A function of the script has that name and is meant, or what runs the script is known to have it.
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
    /// It is a variable of which only is asked whether it holds anything.
    asked: bool,
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
        // Most texts are sound, and to look for that alone is ten times as fast.
        let text = std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes).into(), Arc::from);
        let mut script = Self::unread(path, text, dialect, targets);
        if let Some(at) = memchr::memchr(0, bytes) {
            let at = at.min(script.text.len());
            script.problems.push(Problem { reason: "it holds a NUL byte: this is no text".to_owned(), bytes: at..at });
        } else if dialect.is_analysed() {
            script.analyse();
        }
        script
    }

    /// Reads a script that stands in another file, the carrier; what is wrong with its syntax is known there alone.
    pub fn carried(path: &str, carrier: &Arc<str>, source: Source, writing: Writing, setting: Setting) -> Self {
        let mut script = Self::unread(path, source.text.as_str().into(), setting.dialect, setting.targets);
        script.checkout = setting.checkout;
        script.folder = setting.folder;
        script.carried = Some(Carried { carrier: Arc::clone(carrier), source, writing });
        if setting.dialect.is_analysed() {
            if setting.errexit {
                script.errexit = Errexit::FromStart;
            }
            script.analyse();
        }
        for invocation in script.invocations.iter_mut().filter(|it| setting.provided.contains(&it.name.as_str())) {
            invocation.shadowed = true;
        }
        script.excerpt = setting.excerpt;
        if setting.excerpt
            && !std::mem::take(&mut script.problems).is_empty()
            && let Some(carried) = &mut script.carried
        {
            carried.writing = Writing::Apart;
        }
        script
    }

    /// What a carrier says outside of its scripts: its own faults, and comments that allow something in them. `bytes` are offsets into it.
    pub fn carrier(path: &str, carrier: &Arc<str>, targets: Targets, problems: Vec<Problem>, suppressions: Vec<Suppression>) -> Self {
        let source = Source::verbatim(carrier, 0..carrier.len());
        let place = Carried { carrier: Arc::clone(carrier), source, writing: Writing::Apart };
        Self { problems, suppressions, carried: Some(place), ..Self::unread(path, "".into(), Dialect::Other, targets) }
    }

    fn unread(path: &str, text: Arc<str>, dialect: Dialect, targets: Targets) -> Self {
        let shebang = text.lines().next().and_then(|line| line.strip_prefix("#!"));
        let errexit = if shebang.is_some_and(|line| line.contains(" -e")) { Errexit::FromStart } else { Errexit::Never };
        let own_bash = shebang.is_some_and(|line| line.split_whitespace().any(Dialect::is_own_bash));
        let targets = if own_bash { Targets { bash: NEWEST_BASH, ..targets } } else { targets };
        Self {
            path: path.to_owned(),
            text,
            dialect,
            targets,
            checkout: Checkout::Shared,
            folder: None,
            body: Block::default(),
            invocations: Vec::new(),
            occurrences: Vec::new(),
            problems: Vec::new(),
            suppressions: Vec::new(),
            prefers_gnu: false,
            errexit,
            excerpt: false,
            guards: Guards::default(),
            course: OnceLock::new(),
            carried: None,
        }
    }

    fn analyse(&mut self) {
        let text = Arc::clone(&self.text);
        let source = Source::whole(&text);
        match read::read(&source) {
            Ok(block) => self.body = block,
            Err(partial) => {
                self.body = partial.block;
                self.problems.push(partial.problem);
            }
        }
        self.suppressions = suppression::find(&text, &self.body);
        self.prefers_gnu = memchr::memmem::find(text.as_bytes(), b"libexec/gnubin").is_some();
        let flow = Flow::through(&text, &self.body, (self.dialect, self.errexit));
        if flow.errexit && self.errexit == Errexit::Never {
            self.errexit = Errexit::Somewhere;
        }
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

    /// What it does, in the order in which it does it; followed when it is first asked for.
    pub fn course(&self) -> &Course {
        self.course.get_or_init(|| Course::of(self))
    }

    /// The place of a stretch of its text, in the file that it stands in.
    pub fn place(&self, bytes: &Bytes) -> Place {
        match &self.carried {
            None => Place::in_text(self.path.clone(), &self.text, bytes.clone()),
            Some(carried) => carried.place(&self.path, bytes),
        }
    }

    /// A fix of its text as a fix of the file that it stands in; none where that cannot be written there.
    pub fn fix(&self, fix: Fix) -> Option<Fix> {
        match &self.carried {
            None => Some(fix),
            Some(carried) => carried.fix(fix),
        }
    }

    /// A help with its commands as the file that it stands in must have them; a command is a line that is indented by four.
    pub fn help(&self, help: Arc<str>) -> Arc<str> {
        match &self.carried {
            None => help,
            Some(carried) => carried.help(help),
        }
    }

    /// Whether a name stands in the folder that it is started in.
    pub fn is_started_below(&self, name: &str) -> bool {
        self.folder.as_ref().is_some_and(|folder| folder.contains(name))
    }

    /// The text of the file that it stands in.
    pub fn file(&self) -> &Arc<str> {
        self.carried.as_ref().map_or(&self.text, |carried| &carried.carrier)
    }

    /// Whether it stands inside another file.
    pub fn is_carried(&self) -> bool {
        self.carried.is_some()
    }
}
