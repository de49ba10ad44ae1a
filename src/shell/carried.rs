//! A script inside another file: where it stands there, how it is run, and how its text is written there.

use std::sync::Arc;

use super::source::Source;
use super::tree::Bytes;
use super::{Checkout, Dialect};
use crate::finding::{Edit, Fix, Place};
use crate::policy::Targets;

/// Stands for a value that the carrier puts in before a shell sees the text: `${{ … }}` of a workflow, `$(…)` of a Makefile.
pub const UNKNOWN_VALUE: &str = "${__}";

/// The variable of [`UNKNOWN_VALUE`].
pub(super) const UNKNOWN_NAME: &str = "__";

/// How a script is run.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The shell it is written for.
    pub dialect: Dialect,
    /// What it must run on.
    pub targets: Targets,
    /// Whose checkout it works in.
    pub checkout: Checkout,
    /// Whether the shell is started with `-e`.
    pub errexit: bool,
    /// Commands that are certainly there.
    pub provided: &'static [&'static str],
    /// The folder that it is started in, told from the root of the checkout, with [`UNKNOWN_VALUE`] for what is not known.
    pub folder: Option<String>,
    /// Whether it is quoted for people to read, who leave out what they like: what cannot be read is no fault there.
    pub excerpt: bool,
}

/// How a text is written in its carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writing {
    /// As it is, with something before each line, e.g. the indentation of a block of YAML.
    Lines(String),
    /// As it is, on one line.
    OneLine,
    /// As a plain scalar of YAML: on one line, without what would end it.
    Plain,
    /// On one line, with some characters written otherwise.
    Escaped(&'static [(char, &'static str)]),
    /// It is put together from words that stand apart.
    Apart,
}

impl Writing {
    /// A text as it must stand in the carrier; none if it cannot.
    fn written(&self, text: &str) -> Option<String> {
        match self {
            Self::Lines(before) => {
                let empty = format!("\n{}", before.trim_end());
                Some(text.replace('\n', &format!("\n{before}")).replace(&format!("\n{before}\n"), &format!("{empty}\n")))
            }
            Self::Plain => {
                let ends = [" #", ": ", "\n", "\r"].iter().any(|end| text.contains(end));
                (!ends && !text.starts_with(['#', ':']) && !text.ends_with([':', ' '])).then(|| text.to_owned())
            }
            Self::OneLine => (!text.contains(['\n', '\r'])).then(|| text.to_owned()),
            Self::Escaped(escapes) => {
                let other = |char: char| escapes.iter().find(|(from, _)| *from == char).map(|(_, to)| *to);
                let mut written = String::with_capacity(text.len());
                for char in text.chars() {
                    match other(char) {
                        Some(escape) => written.push_str(escape),
                        None if matches!(char, '\n' | '\r') => return None,
                        None => written.push(char),
                    }
                }
                Some(written)
            }
            Self::Apart => None,
        }
    }
}

/// Where a script stands in its carrier.
#[derive(Debug, Clone)]
pub(super) struct Carried {
    pub(super) carrier: Arc<str>,
    pub(super) source: Source,
    pub(super) writing: Writing,
}

impl Carried {
    pub(super) fn place(&self, path: &str, bytes: &Bytes) -> Place {
        Place::in_text(path, &self.carrier, self.source.outer_bytes(bytes.clone()))
    }

    /// A help with its commands as they are written in the carrier, where that has signs of its own in the place of a shell's.
    pub(super) fn help(&self, help: Arc<str>) -> Arc<str> {
        let dollar = match &self.writing {
            Writing::Escaped(escapes) => escapes.iter().find(|(sign, _)| *sign == '$'),
            _ => None,
        };
        let Some((_, dollar)) = dollar.filter(|_| help.contains('$')) else { return help };
        let line = |line: &str| if line.starts_with("    ") { line.replace('$', dollar) } else { line.to_owned() };
        help.split('\n').map(line).collect::<Vec<_>>().join("\n").into()
    }

    /// The fix as a change of the carrier; none where that cannot be written, or holds what stands for an unknown value.
    pub(super) fn fix(&self, fix: Fix) -> Option<Fix> {
        let edit = |edit: Edit| {
            let known = !edit.text.contains("${__}");
            let text = self.writing.written(&edit.text).filter(|_| known)?;
            Some(Edit { bytes: self.source.outer_bytes(edit.bytes), text: text.into() })
        };
        let edits = fix.edits.into_iter().map(edit).collect::<Option<Vec<_>>>()?;
        Some(Fix { safe: fix.safe, edits })
    }
}
