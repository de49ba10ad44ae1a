//! Text → tree: one pass from the first byte to the last, as bash reads; the features of bash are noted on the way.
//!
//! A text that breaks off is read up to its fault. Nothing here recurses deeper than [`MOST_OPEN`] allows.

mod ansi;
mod arithmetic;
mod assignment;
mod command;
mod compound;
mod cursor;
mod document;
mod expansion;
mod list;
mod notes;
mod parameter;
mod redirect;
mod test;
mod word;

use std::borrow::Cow;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::Problem;
use super::feature::Feature;
use super::source::Source;
use super::tree::{Block, Bytes, FeatureUse, Piece, Statement, Word};

/// How deep commands, expansions and brackets may stand in each other.
const MOST_OPEN: usize = 80;

/// How many words a script may have; the largest `configure` has a quarter of them.
const MOST_WORDS: usize = 400_000;

/// What could be read before the text went wrong.
pub(super) struct Partial {
    pub(super) block: Block,
    pub(super) problem: Problem,
}

/// Reads a text; where it cannot be read whole, what stands before the fault.
pub(super) fn read(source: &Source) -> Result<Block, Box<Partial>> {
    let mut reader = Reader::new(source);
    let mut block = Block::default();
    let Err(Fault(fault)) = reader.whole(&mut block) else { return Ok(block) };
    let line = source.text[fault.inner..].find('\n').map_or(source.text.len(), |length| fault.inner + length);
    let bytes = fault.outer..source.outer_bytes(fault.inner..line).end.max(fault.outer);
    Err(Box::new(Partial { block, problem: Problem { reason: fault.reason.into_owned(), bytes } }))
}

/// Why a text cannot be read on; a box, because every step on the way may return it.
#[derive(Debug)]
struct Fault(Box<Told>);

#[derive(Debug)]
struct Told {
    reason: Cow<'static, str>,
    /// In the text that `read` was given.
    inner: usize,
    /// Where that stands outside.
    outer: usize,
}

type Read<T> = Result<T, Fault>;

/// What a text has switched on so far; the grammar of what follows depends on it.
#[derive(Debug, Default, Clone, Copy)]
struct Modes {
    /// `shopt -s extglob`
    extended_patterns: bool,
    /// `set -o posix`
    posix: bool,
    /// IFS was given a value.
    separator: bool,
}

/// Reads one text from its start to its end.
struct Reader<'s> {
    source: &'s Source,
    /// The text stands outside as it is here.
    whole: bool,
    text: &'s str,
    /// The next byte.
    at: usize,
    /// What is read now ends before this byte.
    end: usize,
    /// Where the line ends that has here-documents, and where what is read goes on behind them.
    documents: Option<(usize, usize)>,
    /// Those of the statement that is being read.
    features: Vec<FeatureUse>,
    /// What the text has brought so far, and what it stands in.
    state: State,
    /// The words of the commands that are open, the innermost last.
    words: Vec<Word>,
    /// The expansions in the words that are open, the innermost last.
    pieces: Vec<Piece>,
    /// The statements of the blocks that are open, the innermost last.
    statements: Vec<Statement>,
    /// What words without expansions share.
    no_pieces: Arc<[Piece]>,
    /// Variables with a value that the text tells, and whether splitting it into words would leave it as it is; only where a text asks.
    unsplit: Option<HashMap<String, bool>>,
}

/// What a text in backquotes takes over from the text around it.
#[derive(Debug, Default, Clone, Copy)]
struct State {
    modes: Modes,
    /// How many `$( )` are open.
    substitutions: usize,
    /// Inside backquotes.
    backquoted: bool,
    /// Between double quotes.
    quoted: bool,
    depth: usize,
    words: usize,
}

/// Where a reader was before it tried something that may fail.
struct Mark {
    at: usize,
    end: usize,
    documents: Option<(usize, usize)>,
    state: State,
    features: usize,
    words: usize,
    pieces: usize,
}

impl<'s> Reader<'s> {
    fn new(source: &'s Source) -> Self {
        let text = source.text.as_str();
        Self {
            source,
            whole: source.is_whole(),
            text,
            at: 0,
            end: text.len(),
            documents: None,
            features: Vec::new(),
            state: State::default(),
            words: Vec::new(),
            pieces: Vec::new(),
            statements: Vec::new(),
            no_pieces: Arc::default(),
            unsplit: memchr::memmem::find(text.as_bytes(), b"<<<").map(|_| HashMap::new()),
        }
    }

    fn whole(&mut self, block: &mut Block) -> Read<()> {
        if self.text.starts_with('\u{feff}') {
            self.at = '\u{feff}'.len_utf8();
        }
        let read = self.read_statements();
        // As far as it could be read, where it could not be read to its end.
        block.statements.append(&mut self.statements);
        read?;
        if self.at < self.end {
            return Err(self.fault(self.at, format!("`{}` stands here and closes nothing", self.token())));
        }
        Ok(())
    }

    fn mark(&self) -> Mark {
        Mark {
            at: self.at,
            end: self.end,
            documents: self.documents,
            state: self.state,
            features: self.features.len(),
            words: self.words.len(),
            pieces: self.pieces.len(),
        }
    }

    /// Forgets what has been read since, but for how many words it had.
    fn back_to(&mut self, mark: &Mark) {
        (self.at, self.end, self.documents) = (mark.at, mark.end, mark.documents);
        self.state = State { words: self.state.words, ..mark.state };
        self.features.truncate(mark.features);
        self.words.truncate(mark.words);
        self.pieces.truncate(mark.pieces);
    }

    fn fault(&self, at: usize, reason: impl Into<Cow<'static, str>>) -> Fault {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        Fault(Box::new(Told { reason: reason.into(), inner: at, outer: self.source.outer(at) }))
    }

    /// Where a stretch of this text stands outside.
    fn bytes(&self, inner: Bytes) -> Bytes {
        if self.whole { inner } else { self.source.outer_bytes(inner) }
    }

    fn note(&mut self, feature: Feature, inner: Bytes) {
        let bytes = self.bytes(inner);
        self.features.push(FeatureUse { feature, bytes, asked: false });
    }

    /// Reads something that may hold its like.
    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        if self.state.depth >= MOST_OPEN {
            return Err(self.fault(self.at, format!("more than {MOST_OPEN} things are open here")));
        }
        self.state.depth += 1;
        let result = read(self);
        self.state.depth -= 1;
        result
    }
}
