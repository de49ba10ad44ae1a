//! One breach of a rule, and how rules hand it in.

use std::ops::Range;
use std::sync::Arc;

use crate::rule::{Level, Rule};

/// One breach of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// The rule's article, 0 to 8.
    pub article: u8,
    /// [`Level::Warn`] or [`Level::Deny`]; never [`Level::Allow`].
    pub level: Level,
    /// Where it is.
    pub place: Place,
    /// What: one clause, code in backticks.
    pub message: String,
    /// What to do: imperative; commands to paste stand on lines of their own, indented by four spaces. Findings of one kind share it.
    pub help: Option<Arc<str>>,
    /// A change of the text that cures it.
    pub fix: Option<Fix>,
}

/// Where a finding is. Every part may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Relative to the repository's root (or as it was given on the command line), with `/`.
    pub path: Option<String>,
    /// The text and the bytes of it that are meant.
    pub span: Option<Span>,
    /// The full id of the commit that brings it.
    pub commit: Option<String>,
    /// The full name of the ref that it is about, e.g. `refs/heads/main`.
    pub reference: Option<String>,
}

impl Place {
    /// A whole file.
    pub fn file(path: impl Into<String>) -> Self {
        Self { path: Some(path.into()), ..Self::default() }
    }

    /// A stretch of a file's text.
    pub fn in_text(path: impl Into<String>, text: &Arc<str>, bytes: Range<usize>) -> Self {
        Self { path: Some(path.into()), span: Some(Span::new(text, bytes)), ..Self::default() }
    }

    /// The same place, as part of a commit.
    #[must_use]
    pub fn at_commit(self, id: impl Into<String>) -> Self {
        Self { commit: Some(id.into()), ..self }
    }

    /// The same place, on a ref.
    #[must_use]
    pub fn on(self, reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..self }
    }
}

/// A stretch of a text, on character boundaries.
#[derive(Debug, Clone, Eq)]
pub struct Span {
    /// The whole text that the bytes are counted in.
    pub text: Arc<str>,
    /// Byte offsets into `text`.
    pub bytes: Range<usize>,
}

impl PartialEq for Span {
    /// Thousands of findings share a text, which is read only where it is not the same one.
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes && (Arc::ptr_eq(&self.text, &other.text) || self.text == other.text)
    }
}

impl Span {
    /// Moves offsets that lie outside the text, or inside a character, back to the nearest boundary before.
    pub fn new(text: &Arc<str>, bytes: Range<usize>) -> Self {
        let floor = |mut at: usize| {
            at = at.min(text.len());
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(bytes.start);
        Self { text: Arc::clone(text), bytes: start..floor(bytes.end).max(start) }
    }

    /// Line and column of the first byte, both from 1; columns count Unicode scalar values.
    pub fn start(&self) -> (usize, usize) {
        position(&self.text, self.bytes.start)
    }

    /// Line and column just behind the last byte, counted as in [`Span::start`].
    pub fn end(&self) -> (usize, usize) {
        position(&self.text, self.bytes.end)
    }

    /// The text that is meant.
    pub fn snippet(&self) -> &str {
        &self.text[self.bytes.clone()]
    }
}

fn position(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.bytes().filter(|&byte| byte == b'\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// A change of a text that cures a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// Whether it cannot change what the script means.
    pub safe: bool,
    /// In the order of their places; they do not overlap, and no two begin at one place.
    pub edits: Vec<Edit>,
}

/// One replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Byte offsets into the text the finding is about.
    pub bytes: Range<usize>,
    /// What stands there afterwards; shared, as thousands of fixes may bring the same function.
    pub text: Arc<str>,
}

/// Where one rule hands in its findings; it knows the rule and the level in force.
#[derive(Debug)]
pub struct Sink<'a> {
    rule: &'static Rule,
    level: Level,
    fix: Option<Fix>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> Sink<'a> {
    /// For one run of one rule.
    pub fn new(rule: &'static Rule, level: Level, findings: &'a mut Vec<Finding>) -> Self {
        Self { rule, level, fix: None, findings }
    }

    /// The same sink for the next finding, which this fix cures.
    pub fn with_fix(&mut self, fix: Option<Fix>) -> Sink<'_> {
        Sink { rule: self.rule, level: self.level, fix, findings: self.findings }
    }

    /// Reports a breach at the level in force.
    pub fn report(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.report_at(self.level, place, message, help);
    }

    /// Reports a breach at most as a warning, where the rule is not sure, or the act must go on.
    pub fn warn(&mut self, place: Place, message: impl Into<String>, help: impl Into<String>) {
        self.report_at(self.level.min(Level::Warn), place, message, help);
    }

    fn report_at(&mut self, level: Level, place: Place, message: impl Into<String>, help: impl Into<String>) {
        if level == Level::Allow {
            return;
        }
        let help: String = help.into();
        let help = (!help.is_empty()).then(|| self.known(&help).unwrap_or_else(|| help.into()));
        self.findings.push(Finding {
            rule: self.rule.name,
            article: self.rule.article,
            level,
            place,
            message: message.into(),
            help,
            fix: self.fix.take(),
        });
    }

    /// The help of the last finding, where it is the same.
    fn known(&self, help: &str) -> Option<Arc<str>> {
        self.findings.last()?.help.clone().filter(|known| **known == *help)
    }
}
