//! Blocks, chains, pipelines: what stands between `;`, `&`, `&&`, `||` and `|`.

use super::super::feature::Feature;
use super::super::tree::{Action, Block, Joint, Statement};
use super::{Fault, Read, Reader};

/// How many commands `&&` and `||` may join; what each brings about is held against all others.
const MOST_LINKS: usize = 500;

impl Reader<'_> {
    /// Statements up to the end, or to a word or bracket that closes a block; it is left for the caller.
    pub(super) fn block(&mut self) -> Read<Block> {
        let first = self.statements.len();
        let read = self.deeper(Self::read_statements);
        let statements = self.statements.drain(first..).collect();
        read.map(|()| Block { statements })
    }

    /// Puts the statements of a block on those that are open.
    pub(super) fn read_statements(&mut self) -> Read<()> {
        loop {
            self.skip_lines();
            if self.is_done() || self.sees_closer() {
                return Ok(());
            }
            let mut statement = self.chain()?;
            self.skip_blanks();
            match self.next() {
                b'&' => {
                    self.at += 1;
                    statement.background = true;
                    statement.bytes.end = self.bytes(self.at - 1..self.at).end;
                }
                b';' if !self.sees_closer() => self.at += 1,
                b'\n' => {}
                _ if self.is_done() || self.sees_closer() => {}
                _ => return Err(self.unexpected()),
            }
            self.statements.push(statement);
        }
    }

    /// A block that must hold something, between two words of a compound command.
    pub(super) fn filled(&mut self) -> Read<Block> {
        let block = self.block()?;
        if block.statements.is_empty() && !self.is_done() {
            return Err(self.unexpected());
        }
        Ok(block)
    }

    pub(super) fn unexpected(&self) -> Fault {
        if self.is_done() {
            return self.fault(self.at, "the text ends where a command must stand");
        }
        self.fault(self.at, format!("`{}` cannot stand here", self.token()))
    }

    /// `a && b || c`
    fn chain(&mut self) -> Read<Statement> {
        let first = self.pipeline()?;
        let mut links = Vec::new();
        loop {
            self.skip_blanks();
            let joint = if self.takes("&&") {
                Joint::And
            } else if self.takes("||") {
                Joint::Or
            } else {
                break;
            };
            self.skip_lines();
            if links.len() >= MOST_LINKS {
                return Err(self.fault(self.at, format!("more than {MOST_LINKS} commands are joined here")));
            }
            links.push((joint, self.pipeline()?));
        }
        let Some((_, last)) = links.last() else { return Ok(first) };
        let bytes = first.bytes.start..last.bytes.end;
        Ok(self.plain(Action::Chain(Box::new(first), links), bytes))
    }

    /// `! a | b`
    fn pipeline(&mut self) -> Read<Statement> {
        let start = self.at;
        let outer = std::mem::take(&mut self.features);
        let (mut negated, mut twice) = (false, false);
        while self.next() == b'!' && (self.ends_word(1)) {
            self.at += 1;
            twice |= negated;
            negated = !negated;
            self.skip_blanks();
        }
        if twice {
            self.note(Feature::DoubleNegation, start..self.at);
        }
        let mut statement = if self.sees("time") {
            self.deeper(Self::timed)?
        } else if self.at > start && self.ends_pipeline() {
            // A lone `!` is a command that fails.
            self.plain(Action::Group(Block::default()), self.bytes(start..self.at))
        } else {
            self.pipe()?
        };
        let noted = std::mem::replace(&mut self.features, outer);
        statement.features.extend(noted);
        if negated || twice {
            statement.negated ^= negated;
            statement.bytes.start = self.source.outer(start);
        }
        Ok(statement)
    }

    /// `time a | b`: a group of what it times.
    fn timed(&mut self) -> Read<Statement> {
        let start = self.at;
        self.at += "time".len();
        let mut end = self.at;
        self.skip_blanks();
        while self.takes_word("-p") || self.takes_word("--") {
            end = self.at;
            self.skip_blanks();
        }
        let mut block = Block::default();
        if !self.ends_pipeline() {
            block.statements.push(self.pipeline()?);
            end = self.at;
        }
        let bytes = self.bytes(start..end);
        Ok(self.plain(Action::Group(block), bytes))
    }

    /// Whether nothing is left of a pipeline behind `!` or `time`.
    fn ends_pipeline(&self) -> bool {
        self.is_done() || matches!(self.next(), b'\n' | b';' | b')') || (self.next() == b'&' && self.peek(1) != b'>')
    }

    fn pipe(&mut self) -> Read<Statement> {
        let first = self.command()?;
        if !self.sees_pipe() {
            return Ok(first);
        }
        let (start, mut parts) = (first.bytes.start, vec![first]);
        while self.sees_pipe() {
            self.at += 1;
            if self.next() == b'&' {
                self.at += 1;
                self.note(Feature::PipeBoth, self.at - 2..self.at);
            }
            self.skip_lines();
            parts.push(self.command()?);
        }
        let end = parts.last().map_or(start, |last| last.bytes.end);
        Ok(self.plain(Action::Pipeline(parts), start..end))
    }

    fn sees_pipe(&mut self) -> bool {
        self.skip_blanks();
        self.next() == b'|' && self.peek(1) != b'|'
    }

    /// A statement that other statements make up.
    fn plain(&self, action: Action, bytes: std::ops::Range<usize>) -> Statement {
        let (redirects, features) = (Vec::new(), Vec::new());
        Statement { action, negated: false, background: false, backquoted: self.state.backquoted, redirects, features, bytes }
    }
}
