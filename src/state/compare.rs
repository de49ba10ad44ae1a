//! Old text against new text → the collections that lost everything.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::census::{Census, Detail, Holds, Place, Scope};
use super::read::{Entry, Kind, Reader, unescaped};
use crate::policy::Collection;

/// What the policy says about the collections of one file.
#[derive(Debug)]
pub struct Terms<'p> {
    /// How deep every collection is judged: 0 the root alone, 1 its members too. Deeper ones are judged where an entry gives them a `min`.
    pub depth: usize,
    /// The number of entries from which a loss counts, where no entry says otherwise.
    pub min: u64,
    /// The entries about this file.
    pub entries: Vec<&'p Collection>,
}

/// A collection that lost everything it held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// Its JSON pointer; empty for the whole document.
    pub pointer: String,
    /// What it was.
    pub kind: Kind,
    /// How many entries it had.
    pub entries: u64,
    /// What became of it.
    pub fate: Fate,
    /// Up to [`NAMED`] keys of its entries, in the order of the text; none for an array.
    pub keys: Vec<String>,
    /// For a whole document that is small at its root: the largest collection that went with it.
    pub within: Option<Box<Loss>>,
}

/// What became of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is there, and empty.
    Emptied,
    /// It is now something else; [`Kind::Null`] for `null`.
    Became(Kind),
    /// It is not there any more.
    Missing,
}

/// How many lost keys are named.
pub const NAMED: usize = 5;

/// How many losses of one document are told; more would say nothing new.
const REPORTED: usize = 20;

/// A member that goes missing beside this many others of its form is an entry of the collection it lies in.
const ALIKE: usize = 10;

/// What a new text has lost of an old one. A text that is no JSON, on either side, has nothing to compare.
pub fn losses(old: &[u8], new: &[u8], terms: &Terms<'_>) -> Vec<Loss> {
    if old == new {
        return Vec::new();
    }
    let scope = Scope { depth: terms.deepest(), detail: Detail::Collections };
    let (Ok(before), Ok(after)) = (Census::of(old, scope), Census::of(new, scope)) else {
        return Vec::new();
    };
    if fates(&before, &after, terms).is_empty() {
        return Vec::new();
    }
    // Only now, which is rare, it pays to look more closely: at scalars, and one level deeper, where a collection may have moved to.
    let scope = Scope { depth: scope.depth + 1, detail: Detail::Members };
    let (Ok(before), Ok(after)) = (Census::of(old, scope), Census::of(new, scope)) else {
        return Vec::new();
    };
    let view = View { old, new, before: &before, after: &after };
    let lost = fates(&before, &after, terms).into_iter().filter(|suspect| !view.is_entry(suspect) && !view.has_moved(suspect));
    lost.take(REPORTED).map(|suspect| view.loss(&suspect)).collect()
}

impl Terms<'_> {
    /// The depth that a census needs.
    fn deepest(&self) -> usize {
        let named = self.entries.iter().filter(|entry| entry.min.is_some()).filter_map(|entry| entry.pointer.as_deref());
        named.map(|pointer| pointer.matches('/').count()).fold(self.depth, usize::max)
    }

    /// Whether a place's loss counts, if it had this many entries.
    fn counts(&self, place: Place<'_>, entries: u64) -> bool {
        let mut min = None;
        if !self.entries.is_empty() {
            let pointer = place.pointer();
            let mut about: Vec<_> = self.entries.iter().filter_map(|entry| Some((closeness(entry, &pointer)?, entry))).collect();
            if about.iter().any(|(_, entry)| entry.drains) {
                return false;
            }
            about.sort_by_key(|(closeness, _)| *closeness);
            min = about.iter().rev().find_map(|(closeness, entry)| Some((*closeness, entry.min?)));
        }
        let named = min.is_some_and(|(closeness, _)| closeness > 0);
        entries >= min.map_or(self.min, |(_, min)| min).max(1) && (named || place.level() <= self.depth)
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

/// A collection of the old text that the new one does not have as it was.
struct Suspect<'c> {
    place: Place<'c>,
    kind: Kind,
    entries: u64,
    fate: Fate,
    /// The collection of the new text in which it should be; none for the root.
    parent: Option<usize>,
    /// For a root that is too small to count itself: the largest collection that counts.
    within: Option<(Place<'c>, Kind, u64)>,
}

/// The collections that count and that lost everything; what lies in one of them is not told apart.
fn fates<'c>(before: &'c Census, after: &Census, terms: &Terms<'_>) -> Vec<Suspect<'c>> {
    let (old_index, index) = (before.index(), after.index());
    let mut suspects = Vec::new();
    let mut now: HashMap<usize, usize> = HashMap::new();
    for place in before.places() {
        let Holds::Entries(kind, entries) = place.holds() else { continue };
        let (parent, counterpart) = match place.parent() {
            None => (None, Some(0)),
            Some(above) => {
                let Some(&parent) = now.get(&above.index()) else { continue };
                // Of a key that is given twice, readers see the last.
                if old_index.get(&(above.index(), place.name())) != Some(&place.index()) {
                    continue;
                }
                (Some(parent), index.get(&(parent, place.name())).copied())
            }
        };
        let fate = match counterpart.map(|found| after.place(found).holds()) {
            Some(Holds::Entries(same, left)) if same == kind && (left > 0 || entries == 0) => {
                now.extend(counterpart.map(|found| (place.index(), found)));
                continue;
            }
            Some(Holds::Entries(same, _)) if same == kind => Fate::Emptied,
            Some(Holds::Entries(other, _) | Holds::Scalar(other)) => Fate::Became(other),
            Some(Holds::Number(_)) => Fate::Became(Kind::Number),
            None => Fate::Missing,
        };
        let mut suspect = Suspect { place, kind, entries, fate, parent, within: None };
        if !terms.counts(place, entries) {
            suspect.within = if parent.is_none() { largest(before, terms) } else { None };
            if suspect.within.is_none() {
                continue;
            }
        }
        suspects.push(suspect);
    }
    suspects
}

/// The largest collection below the root that counts; none where the document as a whole may be emptied.
fn largest<'c>(census: &'c Census, terms: &Terms<'_>) -> Option<(Place<'c>, Kind, u64)> {
    if terms.entries.iter().any(|entry| entry.drains && closeness(entry, "").is_some()) {
        return None;
    }
    let collections = census.places().skip(1).filter_map(|place| match place.holds() {
        Holds::Entries(kind, entries) if terms.counts(place, entries) => Some((place, kind, entries)),
        _ => None,
    });
    collections.max_by_key(|(_, _, entries)| *entries)
}

/// Both texts, and what is known of them.
struct View<'v> {
    old: &'v [u8],
    new: &'v [u8],
    before: &'v Census,
    after: &'v Census,
}

impl View<'_> {
    fn loss(&self, suspect: &Suspect<'_>) -> Loss {
        let named = |place: Place<'_>| keys(self.old, place.start()).take(NAMED).map(|key| unescaped(key).into_owned()).collect();
        let within = suspect.within.map(|(place, kind, entries)| {
            let (pointer, keys) = (place.pointer(), named(place));
            Box::new(Loss { pointer, kind, entries, fate: Fate::Missing, keys, within: None })
        });
        Loss {
            pointer: suspect.place.pointer(),
            kind: suspect.kind,
            entries: suspect.entries,
            fate: suspect.fate,
            keys: named(suspect.place),
            within,
        }
    }

    /// Whether what went missing is one record or list among many of its form: then the collection around it lost an entry, which is no
    /// more than its owner's daily work. For objects the form is their keys; a list has none, so its size speaks.
    fn is_entry(&self, suspect: &Suspect<'_>) -> bool {
        let (Fate::Missing, Some(parent)) = (suspect.fate, suspect.parent) else { return false };
        let form: HashSet<u64> = identities(self.old, suspect.place.start(), suspect.kind).collect();
        let siblings = self.after.places().skip(parent + 1).filter(|place| place.parent().is_some_and(|above| above.index() == parent));
        let mut largest = 0;
        let mut alike = 0;
        for sibling in siblings {
            let Holds::Entries(kind, entries) = sibling.holds() else { continue };
            if kind != suspect.kind {
                continue;
            }
            largest = largest.max(entries);
            let shared = || identities(self.new, sibling.start(), kind).filter(|key| form.contains(key)).count();
            alike += usize::from(kind == Kind::Array || shared() * 2 >= form.len());
            if alike >= ALIKE && (kind == Kind::Object || largest >= suspect.entries) {
                return true;
            }
        }
        false
    }

    /// Whether everything it held is now held by another collection that did not hold it before: it was renamed or moved, not lost.
    fn has_moved(&self, suspect: &Suspect<'_>) -> bool {
        let (place, kind, entries) = suspect.within.unwrap_or((suspect.place, suspect.kind, suspect.entries));
        let held: HashSet<u64> = identities(self.old, place.start(), kind).collect();
        let holds_all = |text: &[u8], start| {
            let mut left = held.clone();
            identities(text, start, kind).any(|one| left.remove(&one) && left.is_empty())
        };
        let candidates = self.after.places().filter(|candidate| match candidate.holds() {
            Holds::Entries(same, size) => same == kind && size >= entries,
            _ => false,
        });
        let mut held_before: Option<HashMap<String, usize>> = None;
        for candidate in candidates.filter(|candidate| holds_all(self.new, candidate.start())) {
            let earlier = held_before.get_or_insert_with(|| starts(self.before, kind));
            if !earlier.get(&candidate.pointer()).is_some_and(|&start| holds_all(self.old, start)) {
                return true;
            }
        }
        false
    }
}

/// Where each collection of a kind begins, by pointer.
fn starts(census: &Census, kind: Kind) -> HashMap<String, usize> {
    let of_kind = census.places().filter(|place| matches!(place.holds(), Holds::Entries(same, _) if same == kind));
    of_kind.map(|place| (place.pointer(), place.start())).collect()
}

/// The keys of the object that begins at a byte of a text that has been read before, as they are written.
fn keys(text: &[u8], start: usize) -> impl Iterator<Item = &[u8]> {
    let mut reader = Reader::new(text, start);
    let mut open = reader.begin().is_ok_and(|kind| kind == Kind::Object);
    let mut first = true;
    std::iter::from_fn(move || {
        if !open || (!std::mem::take(&mut first) && reader.skip().is_err()) {
            return None;
        }
        let Ok(Some(Entry::Member(key))) = reader.entry() else {
            open = false;
            return None;
        };
        Some(key)
    })
}

/// What tells the entries of a collection apart, as hashes: keys of an object, elements of an array without their white space.
fn identities(text: &[u8], start: usize, kind: Kind) -> Box<dyn Iterator<Item = u64> + '_> {
    if kind == Kind::Object {
        return Box::new(keys(text, start).map(|key| hash(unescaped(key).as_bytes())));
    }
    let mut reader = Reader::new(text, start);
    let open = reader.begin().is_ok();
    Box::new(std::iter::from_fn(move || {
        if !open || !matches!(reader.entry(), Ok(Some(Entry::Element))) {
            return None;
        }
        let from = reader.position();
        reader.skip().ok()?;
        Some(hash(&compact(&text[from..reader.position()])))
    }))
}

/// The bytes of a JSON text without the white space between its parts.
fn compact(text: &[u8]) -> Vec<u8> {
    let (mut quoted, mut escaped) = (false, false);
    let keep = |byte: &u8| {
        let was_quoted = quoted;
        if *byte == b'"' && !escaped {
            quoted = !quoted;
        }
        escaped = was_quoted && *byte == b'\\' && !escaped;
        was_quoted || !byte.is_ascii_whitespace()
    };
    let mut kept = text.to_vec();
    kept.retain(keep);
    kept
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
