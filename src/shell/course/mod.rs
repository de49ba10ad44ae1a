//! A script as it runs: its commands in order, with folded values, the checkout they act on, and what becomes of their failures.
//!
//! Functions are followed where they are called, handlers of traps where the shell ends. What the text does not tell stays a symbol
//! and is never taken for something it may not be.

mod enter;
mod expand;
mod fold;
mod git;
mod trap;
mod value;
mod walk;
mod whereabouts;

use std::ops::{Deref, Range};
use std::sync::Arc;

use compact_str::CompactString;

pub use super::number::seconds;
pub use git::Git;
pub use trap::{Handler, Trap};
pub use value::{Symbol, Value};
pub use whereabouts::Whose;

use super::Script;
use super::tree::{Bytes, Word};

/// What a script does, in the order in which it does it.
#[derive(Debug, Default)]
pub struct Course {
    /// Every command, in the order of the walk; one that is reached on several ways stands there several times.
    pub steps: Vec<Step>,
    /// Every `trap` with a handler or a reset.
    pub traps: Vec<Trap>,
    /// Loops, each once a walk, by the number in [`Frame::Loop`].
    pub loops: Vec<Round>,
    /// Folders that it made: clones, worktrees, repositories.
    pub made: Vec<Value>,
    /// Other files are read in: their functions may do anything.
    pub sourced: bool,
    /// The script was too large to be followed to its end: what is missing proves nothing.
    pub cut: bool,
}

/// A loop as it was walked.
#[derive(Debug)]
pub struct Round {
    /// The whole statement.
    pub bytes: Bytes,
    /// How often it goes round, where the text tells.
    pub times: Option<usize>,
}

/// One command.
#[derive(Debug)]
pub struct Step {
    /// Its name and arguments; [`UNKNOWN`](super::tree::UNKNOWN) stands in their texts for what is not known.
    pub words: Stretch<Word>,
    /// The values of these words.
    pub values: Stretch<Value>,
    /// `NAME=value` before it.
    pub environment: Vec<(CompactString, Value)>,
    /// Files that its output goes to, and where each redirection stands.
    pub writes: Vec<Write>,
    /// Here-documents and here-strings it reads, as they stand in the text.
    pub document: Option<Bytes>,
    /// The folder it runs in.
    pub folder: Value,
    /// Whose checkout that folder is in.
    pub whose: Whose,
    /// What becomes of its failure.
    pub failure: Failure,
    /// The statements it stands in, outermost first.
    pub frames: Frames,
    /// A function of the script has its name and is meant.
    pub shadowed: bool,
    /// From its name to its last argument.
    pub bytes: Bytes,
}

/// A part of a list that several steps share: a wrapper and what it runs.
#[derive(Debug)]
pub struct Stretch<T> {
    all: Arc<[T]>,
    range: Range<usize>,
}

impl<T> Stretch<T> {
    /// As far as the range lies inside of the list.
    fn of(all: &Arc<[T]>, range: Range<usize>) -> Self {
        let end = range.end.min(all.len());
        Self { all: Arc::clone(all), range: range.start.min(end)..end }
    }
}

impl<T> Clone for Stretch<T> {
    fn clone(&self) -> Self {
        Self::of(&self.all, self.range.clone())
    }
}

impl<T> Deref for Stretch<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.all[self.range.clone()]
    }
}

/// A file that output goes to.
#[derive(Debug, Clone)]
pub struct Write {
    /// Its path, as the shell has it.
    pub path: Value,
    /// The redirection.
    pub bytes: Bytes,
}

/// What becomes of a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// It ends the script: `set -e`.
    Ends,
    /// It is thrown away: `|| true`, `|| echo …`.
    Ignored,
    /// The script asks for it: `if`, `||` with something that acts on it.
    Tested,
    /// The rest of the chain is left out, and the script goes on at this offset: `a && b`.
    Skips(usize),
    /// Nobody looks at it.
    Unseen,
}

/// A statement that holds others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Frame {
    /// One of several ways: the offset of the statement, and which way.
    Branch(usize, usize),
    /// Inside such a way: it is taken for one value of the variable of this loop alone.
    Chosen(usize),
    /// A link of a chain, which may be left out: the offset of the chain, and which link.
    Link(usize, usize),
    /// A loop, by its number in [`Course::loops`].
    Loop(usize),
    /// `( … )`, a part of a pipeline: changes of variables and folders end with it.
    Subshell(usize),
    /// `$( … )`
    Substitution(usize),
    /// `… &`: the whole statement.
    Background(Bytes),
    /// A call of a function: a number of its own, and the name.
    Call(usize, String),
    /// A function that nothing calls.
    Uncalled(String),
    /// A handler of a trap, by its number in [`Course::traps`].
    Handler(usize),
}

/// The statements that a step stands in, as a chain from the innermost to the outermost.
#[derive(Debug, Clone, Default)]
pub struct Frames(Option<Arc<Link>>);

#[derive(Debug)]
struct Link {
    frame: Frame,
    outer: Frames,
}

impl Frames {
    /// These, and one more inside.
    #[must_use]
    pub(super) fn with(&self, frame: Frame) -> Self {
        Self(Some(Arc::new(Link { frame, outer: self.clone() })))
    }

    /// From the innermost to the outermost.
    pub fn iter(&self) -> impl Iterator<Item = &Frame> {
        let mut at = self;
        std::iter::from_fn(move || {
            let link = at.0.as_deref()?;
            at = &link.outer;
            Some(&link.frame)
        })
    }

    /// From the outermost to the innermost.
    fn outermost_first(&self) -> Vec<&Frame> {
        let mut frames: Vec<&Frame> = self.iter().collect();
        frames.reverse();
        frames
    }

    /// The innermost loop's number.
    pub fn innermost_loop(&self) -> Option<usize> {
        self.iter().find_map(|frame| if let Frame::Loop(number) = frame { Some(*number) } else { None })
    }

    /// Whether a step in these frames is inside that loop.
    pub fn in_loop(&self, number: usize) -> bool {
        self.iter().any(|frame| *frame == Frame::Loop(number))
    }

    /// The number of the trap whose handler this is.
    pub fn handler(&self) -> Option<usize> {
        self.iter().find_map(|frame| if let Frame::Handler(number) = frame { Some(*number) } else { None })
    }

    /// Whether it is in a function that nothing calls.
    pub fn uncalled(&self) -> bool {
        self.iter().any(|frame| matches!(frame, Frame::Uncalled(_)))
    }

    /// The shell that runs it: the innermost subshell's frame; none for the script's own.
    pub fn shell(&self) -> Option<&Frame> {
        self.iter().find(|frame| matches!(frame, Frame::Subshell(_) | Frame::Substitution(_) | Frame::Background(_)))
    }
}

impl Step {
    /// The name of the command, where it is known; empty where there is none but redirections.
    pub fn name(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }

    /// Its arguments.
    pub fn arguments(&self) -> &[Word] {
        self.words.get(1..).unwrap_or_default()
    }

    /// A path as it is from the root, told from the folder that it runs in.
    pub fn path(&self, path: &Value) -> Value {
        git::path_in(&self.folder, path)
    }
}

impl Course {
    /// Follows a script.
    pub(super) fn of(script: &Script) -> Self {
        walk::Walk::through(script)
    }

    /// Whether one step may run before another in one run of the script: neither stands on a way that leaves the other out.
    pub fn may_precede(&self, first: usize, second: usize) -> bool {
        let (one, other) = (self.steps[first].frames.outermost_first(), self.steps[second].frames.outermost_first());
        let parting = one.iter().zip(&other).find(|(one, other)| one != other);
        first < second && !matches!(parting, Some((Frame::Branch(at, _), Frame::Branch(there, _))) if at == there)
    }

    /// Whether whoever reaches the second step has run the first: it stands in no statement that the second does not stand in.
    pub fn surely_precedes(&self, first: usize, second: usize) -> bool {
        let other = self.steps[second].frames.outermost_first();
        let one = self.steps[first].frames.outermost_first();
        // What a function does is done once it has returned.
        let mut open = one.iter().filter(|frame| !matches!(frame, Frame::Call(..)));
        first < second && open.all(|frame| other.contains(frame))
    }
}

#[cfg(test)]
mod tests;
