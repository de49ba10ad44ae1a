//! Whose checkout a folder is in, as far as the text tells.

use super::Course;
use super::value::{Symbol, Value};
use super::walk::Walk;
use crate::shell::Checkout;

/// Whose checkout a command acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Whose {
    /// A clone or worktree that the script made or was given for itself, or a folder for scratch.
    Own,
    /// Perhaps the one that everybody shares.
    Perhaps,
    /// A place that the script did not make.
    Shared,
}

impl Walk<'_> {
    pub(super) fn whose(&self, folder: &Value) -> Whose {
        if self.script.checkout == Checkout::Own { Whose::Own } else { self.course.whose(folder) }
    }
}

impl Course {
    /// Whose a folder or a file is, by its path alone; where the script was started counts as perhaps shared.
    pub fn whose(&self, folder: &Value) -> Whose {
        folder.alternatives().iter().map(|one| self.whose_one(one)).min().unwrap_or(Whose::Perhaps)
    }

    fn whose_one(&self, folder: &Value) -> Whose {
        let below = |made: &Value| folder.strip_prefix(made).is_some_and(|rest| rest.is_empty() || rest.shape().starts_with('/'));
        if self.made.iter().any(below) || folder.symbols().any(is_own) {
            return Whose::Own;
        }
        let path = folder.by_default();
        let shape = path.shape();
        if ["/tmp/", "/var/tmp/", "/dev/shm/", "/private/tmp/"].iter().any(|scratch| shape.starts_with(scratch)) {
            return Whose::Own;
        }
        match path.first() {
            None if shape.starts_with('/') || shape.starts_with("~/") => {
                if names_own(&shape) {
                    Whose::Own
                } else {
                    Whose::Shared
                }
            }
            Some(Symbol::Variable(name)) if name == "HOME" && shape.len() > 4 => Whose::Shared,
            _ => Whose::Perhaps,
        }
    }
}

/// Whether a symbol stands for a folder that is the script's own, by how it was made or by its name.
fn is_own(symbol: &Symbol) -> bool {
    match symbol {
        Symbol::Fresh(_) => true,
        Symbol::Variable(name) => names_own(name) || matches!(name.as_str(), "TMPDIR" | "RUNNER_TEMP"),
        Symbol::Output(words, _) => words.first().is_some_and(|word| word.literal() == Some("mktemp")),
        Symbol::Default(value, _) | Symbol::Changed(_, value) => value.symbols().any(is_own),
        Symbol::Among(_) | Symbol::Start | Symbol::Varying(_) => false,
    }
}

/// Names that people give to what is theirs alone.
fn names_own(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let whole = ["wt", "tmp", "temp", "work"];
    ["worktree", "clone", "sandbox", "scratch", "tmpdir", "tempdir", "tmp_", "temp_", "_tmp", "_temp", "wt_", "_wt", "workdir"]
        .iter()
        .any(|part| lower.contains(part))
        || whole.contains(&lower.as_str())
}
