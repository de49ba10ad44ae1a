//! Whose checkout a folder is in, as far as the text tells.

use super::Course;
use super::value::{Symbol, Value};
use super::walk::Walk;
use crate::shell::Checkout;
use crate::shell::tree::{Piece, Word};

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
    pub(super) fn whose(&mut self, folder: &Value) -> Whose {
        if let Some(known) = self.places.get(folder) {
            return *known;
        }
        let whose = self.whose_now(folder);
        self.places.insert(folder.clone(), whose);
        whose
    }

    /// Notes a folder that the script makes.
    pub(super) fn makes(&mut self, folder: Value) {
        self.course.made.push(folder);
        self.places.clear();
    }

    fn whose_now(&self, folder: &Value) -> Whose {
        if self.course.is_made(folder) {
            return Whose::Own;
        }
        match self.script.checkout {
            Checkout::Own => Whose::Own,
            Checkout::Reader if !is_of_machine(folder) => Whose::Own,
            Checkout::Reader | Checkout::Shared => self.course.whose(folder),
        }
    }

    /// Takes a folder for the script's own where nothing is known of it but that the variable in a word calls it so.
    pub(super) fn note_called(&mut self, word: &Word, folder: &Value) {
        let named = |piece: &Piece| matches!(piece, Piece::Variable(variable) if names_own(&variable.name));
        if word.pieces.iter().any(named) && self.whose(folder) == Whose::Perhaps && !self.course.made.contains(folder) {
            self.makes(folder.clone());
        }
    }
}

impl Course {
    /// Whose a folder or a file is, by its path alone; where the script was started counts as perhaps shared.
    pub fn whose(&self, folder: &Value) -> Whose {
        folder.alternatives().iter().map(|one| self.whose_one(one)).min().unwrap_or(Whose::Perhaps)
    }

    /// Whether it is, or lies below, a folder that the script made.
    fn is_made(&self, folder: &Value) -> bool {
        let below = |made: &Value| folder.strip_prefix(made).is_some_and(|rest| rest.is_empty() || rest.shape().starts_with('/'));
        self.made.iter().any(below)
    }

    fn whose_one(&self, folder: &Value) -> Whose {
        if self.is_made(folder) || folder.symbols().any(is_own) {
            return Whose::Own;
        }
        let path = folder.by_default();
        let shape = path.shape();
        if ["/tmp/", "/var/tmp/", "/dev/shm/", "/private/tmp/"].iter().any(|scratch| shape.starts_with(scratch)) {
            return Whose::Own;
        }
        let rooted = match path.first() {
            None => shape.starts_with('/') || shape.starts_with("~/"),
            Some(Symbol::Variable(name)) => name == "HOME" && shape.len() > 4,
            Some(_) => false,
        };
        // Only a linked worktree is put where its path says so.
        if shape.contains("worktree") || (rooted && names_own(&shape)) {
            Whose::Own
        } else if rooted {
            Whose::Shared
        } else {
            Whose::Perhaps
        }
    }
}

/// Whether a path is that of a place on a machine, and not in what belongs to a reader, or stands for such: `/path/to/clone`.
fn is_of_machine(folder: &Value) -> bool {
    let shape = folder.by_default().shape();
    shape.starts_with('/') && !["/path/", "/home/", "/Users/", "/root/"].iter().any(|home| shape.starts_with(home))
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
