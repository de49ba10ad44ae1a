//! Redirections.

use super::super::feature::Feature;
use super::super::tree::{Redirect, RedirectKind};
use super::cursor::{ANGLE, NAME, is};
use super::word::Place;
use super::{Read, Reader};

/// The operators, longest first, with which way they go.
const OPERATORS: [(&str, RedirectKind); 12] = [
    ("&>>", RedirectKind::Both),
    ("<<<", RedirectKind::HereString),
    ("<<-", RedirectKind::HereDocument),
    ("&>", RedirectKind::Both),
    (">>", RedirectKind::Output),
    (">|", RedirectKind::Output),
    (">&", RedirectKind::Duplicate),
    ("<&", RedirectKind::Duplicate),
    ("<>", RedirectKind::Input),
    ("<<", RedirectKind::HereDocument),
    (">", RedirectKind::Output),
    ("<", RedirectKind::Input),
];

impl Reader<'_> {
    /// The redirection that stands next, if one does.
    pub(super) fn redirect(&mut self) -> Read<Option<Redirect>> {
        let start = self.at;
        let fd = match self.next() {
            b'<' | b'>' => (self.peek(1) != b'(').then_some(None),
            b'&' => (self.peek(1) == b'>').then_some(None),
            b'0'..=b'9' => self.descriptor(),
            b'{' => self.descriptor_variable(),
            _ => None,
        };
        let Some(fd) = fd else { return Ok(None) };
        let Some((operator, kind)) = OPERATORS.iter().find(|(operator, _)| self.rest().starts_with(operator.as_bytes())) else {
            return Ok(None);
        };
        self.at += operator.len();
        self.skip_blanks();
        if self.ends_word(0) {
            return Err(self.unexpected());
        }
        if *kind == RedirectKind::HereDocument {
            return self.document(fd, operator).map(Some);
        }
        let draft = self.draft(Place::Command)?;
        let (loose, word) = (draft.loose, draft.start..self.at);
        let target = self.finish(draft);
        match *operator {
            "<<<" => {
                self.note(Feature::HereString, start..self.at);
                if loose {
                    self.note(Feature::UnquotedHereString, word);
                }
            }
            "&>>" => self.note(Feature::AppendBoth, start..self.at),
            "&>" => self.note(Feature::BothToFile, start..self.at),
            ">&" if target.literal().is_some_and(is_file) => self.note(Feature::BothToFile, start..self.at),
            _ => {}
        }
        let own = match *operator {
            ">&" => Some(1),
            "<&" => Some(0),
            _ => None,
        };
        Ok(Some(Redirect { fd: fd.or(own), kind: *kind, target, body: None }))
    }

    /// The number before a redirection.
    #[expect(clippy::option_option, reason = "none: no redirection; none in it: one without a number")]
    fn descriptor(&mut self) -> Option<Option<i32>> {
        let end = self.run(self.at, NAME);
        let number = self.slice(self.at, end).parse().ok()?;
        if end >= self.end || !is(self.text.as_bytes()[end], ANGLE) {
            return None;
        }
        self.at = end;
        Some(Some(number))
    }

    /// `{name}` before a redirection.
    #[expect(clippy::option_option, reason = "none: no redirection; none in it: one without a number")]
    fn descriptor_variable(&mut self) -> Option<Option<i32>> {
        let close = self.run(self.at + 1, NAME);
        let bytes = self.text.as_bytes();
        let names = is(self.peek(1), NAME) && !self.peek(1).is_ascii_digit();
        let stands = names && close + 1 < self.end && bytes[close] == b'}' && is(bytes[close + 1], ANGLE);
        if !stands || bytes.get(close + 2) == Some(&b'(') {
            return None;
        }
        self.note(Feature::DescriptorVariable, self.at..close + 1);
        self.at = close + 1;
        Some(None)
    }
}

/// Whether what stands behind `>&` is a file and no descriptor.
fn is_file(target: &str) -> bool {
    target != "-" && !target.trim_end_matches('-').bytes().all(|byte| byte.is_ascii_digit())
}
