//! Traps: which handler runs when a shell ends.

use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::walk::{Ended, Walk};
use super::{Frame, Frames};
use crate::shell::source::Source;
use crate::shell::tree::Bytes;

/// One `trap`.
#[derive(Debug)]
pub struct Trap {
    /// The signals, as `EXIT`, `INT`, `TERM`.
    pub signals: Vec<String>,
    /// What it sets for them.
    pub handler: Handler,
    /// The number of its own step.
    pub step: usize,
    /// A later one took its place for all its signals.
    pub replaced: bool,
}

/// What a trap sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handler {
    /// Commands; they stand among the steps, in [`Frame::Handler`].
    Commands,
    /// Commands that the text does not tell.
    Unknown,
    /// `''`: the signal is ignored.
    Nothing,
    /// `-`: what was there before.
    Reset,
}

impl Walk<'_> {
    /// Notes a `trap`, whose own step has this number.
    pub(super) fn sets_trap(&mut self, number: usize) {
        let Some(step) = self.course.steps.get(number) else { return };
        let operands: Vec<usize> =
            (1..step.words.len()).filter(|at| !matches!(step.words[*at].text.as_str(), "--" | "-p" | "-l")).collect();
        let [first, rest @ ..] = operands.as_slice() else { return };
        // `trap INT` alone puts back what was there.
        let (handler, signals) = if rest.is_empty() { ("-", operands.as_slice()) } else { (step.words[*first].text.as_str(), rest) };
        let signals: Vec<String> = signals.iter().map(|at| signal(&step.words[*at].text)).collect();
        let word = &step.words[*first];
        let trap = self.course.traps.len();
        let handler = match handler {
            "-" => Handler::Reset,
            "" => Handler::Nothing,
            _ => {
                let bytes: Bytes = word.bytes.clone();
                let source = if word.string {
                    Source::of_quoted(&self.script.text, bytes)
                } else {
                    word.literal().filter(|_| !word.quoted).and_then(|_| Source::of_bytes(&self.script.text, bytes))
                };
                match source {
                    Some(source) => {
                        self.handlers.push((trap, Arc::new(source)));
                        Handler::Commands
                    }
                    None => Handler::Unknown,
                }
            }
        };
        self.course.traps.push(Trap { signals, handler, step: number, replaced: false });
    }

    /// Marks the traps whose signals have all been set anew in their shell, on every way; once, when all are known.
    pub(super) fn mark_replaced(&mut self) {
        let frames_of = |trap: usize| &self.course.steps[self.course.traps[trap].step].frames;
        let mut shells: HashMap<Option<&Frame>, Vec<usize>> = HashMap::new();
        for trap in 0..self.course.traps.len() {
            shells.entry(frames_of(trap).shell()).or_default().push(trap);
        }
        let mut replaced = Vec::new();
        for same in shells.values() {
            // What a handler sets as the shell ends comes too late.
            let end = same.iter().rposition(|trap| frames_of(*trap).handler().is_none()).map_or(0, |last| last + 1);
            for (at, &earlier) in same[..end].iter().enumerate() {
                let mut left: Vec<&str> = self.course.traps[earlier].signals.iter().map(String::as_str).collect();
                for later in same[at + 1..end].iter().filter(|later| as_sure(frames_of(earlier), frames_of(**later))) {
                    let anew = &self.course.traps[*later].signals;
                    left.retain(|signal| !anew.iter().any(|name| name == signal));
                    if left.is_empty() {
                        replaced.push(earlier);
                        break;
                    }
                }
            }
        }
        for trap in replaced {
            self.course.traps[trap].replaced = true;
        }
    }

    /// Walks the handlers that were set since `waiting`, as the shell that set them ends.
    pub(super) fn end_shell(&mut self, waiting: usize) {
        let handlers: Vec<(usize, Arc<Source>)> = self.handlers.drain(waiting.min(self.handlers.len())..).collect();
        for (trap, source) in handlers {
            self.shell.ended = Ended::No;
            let context = self.context.take();
            self.within(Frame::Handler(trap), |walk| walk.text(&source));
            self.context = context;
        }
    }
}

/// Whether whoever set the first has set the second too.
fn as_sure(first: &Frames, second: &Frames) -> bool {
    second.iter().filter(|frame| !matches!(frame, Frame::Call(..))).all(|frame| first.iter().any(|held| held == frame))
}

/// The name of a signal.
fn signal(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    match name {
        "0" => "EXIT",
        "1" => "HUP",
        "2" => "INT",
        "3" => "QUIT",
        "15" => "TERM",
        name => name,
    }
    .to_owned()
}
