//! What is wrong with a policy: every problem with its place, and what to write instead.

use std::fmt;

use crate::finding::Place;

/// How much a policy of a newer version is put up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// On the command line: everything unknown is an error.
    Strict,
    /// At the doors of git: a key, a rule or a `required_version` that only a newer gnp-lint understands is a warning, so that an older
    /// binary does not stop a fleet.
    Door,
}

/// One thing that is wrong with a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where; the span lies in the policy's text.
    pub place: Place,
    /// What: one clause, code in backticks.
    pub message: String,
    /// What to write instead; empty where the message says it.
    pub help: String,
}

impl Problem {
    /// Line and column, both from 1.
    pub fn position(&self) -> (usize, usize) {
        self.place.span.as_ref().map_or((1, 1), crate::finding::Span::start)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(f, "{}:{line}:{column}: {}", self.place.path.as_deref().unwrap_or("policy"), self.message)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "\n    help: {}", self.help.replace('\n', "\n    ")) }
    }
}

/// Everything that is wrong with a policy, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl std::error::Error for Problems {}

/// So many are printed; behind the first hundred stands a file that is not a policy at all.
const SHOWN: usize = 100;

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.first().and_then(|problem| problem.place.path.as_deref()).unwrap_or("the policy");
        match self.0.len() {
            1 => write!(f, "{name} has a problem:")?,
            count => write!(f, "{name} has {count} problems:")?,
        }
        for problem in self.0.iter().take(SHOWN) {
            write!(f, "\n{problem}")?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}
