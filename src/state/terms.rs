//! What the policy says about the collections and numbers of one file.

use super::census::Place;
use crate::change::FileChange;
use crate::policy::{Collection, Policy};

/// What the policy says about the collections of one file, for one rule.
#[derive(Debug)]
pub struct Terms<'p> {
    /// How deep every collection is judged: 0 the root alone, 1 its members too. Deeper ones are judged where an entry names them.
    pub depth: usize,
    /// The number of entries from which a loss counts, where no entry says otherwise.
    pub min: u64,
    /// The entries about this file.
    pub entries: Vec<&'p Collection>,
}

/// The number of entries from which a collection that loses all counts. At 1, two of four alarms over a real fleet's 892 commits were
/// false; at 5, none.
pub const EMPTIED_FROM: u64 = 5;

/// The number of entries from which a collection that shrinks counts.
pub const SHRUNK_FROM: u64 = 10;

/// How deep a census of a file must go for all rules.
pub(super) fn deepest(file: &FileChange<'_>, policy: &Policy) -> usize {
    let entries = file.collections(policy).filter(|entry| entry.min.is_some() || entry.at.is_some() || entry.counter == Some(true));
    let levels = entries.filter_map(|entry| entry.pointer.as_deref()).map(|pointer| pointer.matches('/').count());
    levels.fold(policy.state.depth.max(1), usize::max)
}

impl<'p> Terms<'p> {
    /// The policy's terms for a file; `min` is the rule's own number of entries from which a loss counts.
    pub fn of(file: &FileChange<'_>, policy: &'p Policy, min: u64) -> Self {
        Self { depth: policy.state.depth, min, entries: file.collections(policy).collect() }
    }

    /// From how many entries on the loss of a place counts; none if it may lose them, or is too deep to be judged.
    pub fn from(&self, place: Place<'_>) -> Option<u64> {
        let judged = place.level() <= self.depth;
        if self.entries.is_empty() {
            return judged.then_some(self.min);
        }
        let pointer = place.pointer();
        if self.drains(&pointer) {
            return None;
        }
        match self.nearest(&pointer, |entry| entry.min) {
            Some((closeness, min)) => (judged || closeness > 0).then_some(min.max(1)),
            None => judged.then_some(self.min),
        }
    }

    /// Whether a place is emptied as a matter of course.
    pub fn drains(&self, pointer: &str) -> bool {
        self.entries.iter().any(|entry| entry.drains && closeness(entry, pointer).is_some())
    }

    /// What the entry that is most closely about a pointer says of something, and how closely it is about it.
    pub fn nearest<T>(&self, pointer: &str, says: impl Fn(&Collection) -> Option<T>) -> Option<(u8, T)> {
        let about = self.entries.iter().filter_map(|entry| Some((closeness(entry, pointer)?, says(entry)?)));
        about.max_by_key(|(closeness, _)| *closeness)
    }
}

/// How closely an entry is about a pointer: 0 as part of the whole file, then with `*`, then by name; none if it is about another.
fn closeness(entry: &Collection, pointer: &str) -> Option<u8> {
    let Some(pattern) = entry.pointer.as_deref() else { return Some(0) };
    if pattern == pointer {
        return Some(2);
    }
    let mut names = pointer.split('/');
    let fits = pattern.split('/').all(|part| names.next().is_some_and(|name| part == "*" || part == name));
    (fits && names.next().is_none()).then_some(1)
}
