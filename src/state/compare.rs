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
    /// How many entries stand in its place: none, unless it became a collection of another type.
    pub left: u64,
    /// Up to [`NAMED`] keys of its entries, in the order of the text; none for an array.
    pub keys: Vec<String>,
    /// For a collection that is too small itself: the largest one in it, which went with it.
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
const REPORTED: usize = 10;

/// A member that goes missing beside this many others of its form is an entry of the collection it lies in.
const ALIKE: usize = 10;

/// What a new text has lost of an old one. A text that is no JSON, on either side, has nothing to compare.
pub fn losses(old: &[u8], new: &[u8], terms: &Terms<'_>) -> Vec<Loss> {
    if old == new {
        return Vec::new();
    }
    let depth = terms.deepest();
    let (Some(before), Some(after)) = (collections(old, depth), collections(new, depth)) else {
        return Vec::new();
    };
    if fates(&before, &after, terms).is_empty() {
        return Vec::new();
    }
    // Only now, which is rare, it pays to tell `null` from what is missing, and to look where a collection may have gone.
    let Ok(after) = Census::of(new, Scope { depth, detail: Detail::Members }) else {
        return Vec::new();
    };
    let mut moves = Moves { old, new, before: None, after: None, depth: depth + 1 };
    let suspects = fates(&before, &after, terms).into_iter();
    let lost = suspects.filter(|suspect| !is_entry(suspect, old, new, &after) && !moves.has_moved(suspect));
    lost.take(REPORTED).map(|suspect| suspect.loss(old)).collect()
}

fn collections(text: &[u8], depth: usize) -> Option<Census> {
    Census::of(text, Scope { depth, detail: Detail::Collections }).ok()
}

impl Terms<'_> {
    /// The depth that a census needs.
    fn deepest(&self) -> usize {
        let named = self.entries.iter().filter(|entry| entry.min.is_some()).filter_map(|entry| entry.pointer.as_deref());
        named.map(|pointer| pointer.matches('/').count()).fold(self.depth, usize::max)
    }

    /// From how many entries on the loss of a place counts; none if it may lose them, or is too deep to be judged.
    fn from(&self, place: Place<'_>) -> Option<u64> {
        let judged = place.level() <= self.depth;
        if self.entries.is_empty() {
            return judged.then_some(self.min);
        }
        let pointer = place.pointer();
        if self.drains(&pointer) {
            return None;
        }
        let about = self.entries.iter().filter_map(|entry| Some((closeness(entry, &pointer)?, entry.min?)));
        match about.max_by_key(|(closeness, _)| *closeness) {
            Some((closeness, min)) => (judged || closeness > 0).then_some(min.max(1)),
            None => judged.then_some(self.min),
        }
    }

    fn drains(&self, pointer: &str) -> bool {
        self.entries.iter().any(|entry| entry.drains && closeness(entry, pointer).is_some())
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
    left: u64,
    /// The collection of the new text in which it should be; none for the root.
    parent: Option<usize>,
    /// For one that is too small to count itself: the largest collection in it that counts.
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
        let (fate, left) = match counterpart.map(|found| after.place(found).holds()) {
            Some(Holds::Entries(same, left)) if same == kind && (left > 0 || entries == 0) => {
                now.extend(counterpart.map(|found| (place.index(), found)));
                continue;
            }
            Some(Holds::Entries(same, _)) if same == kind => (Fate::Emptied, 0),
            Some(Holds::Entries(other, left)) => (Fate::Became(other), left),
            Some(Holds::Scalar(other)) => (Fate::Became(other), 0),
            Some(Holds::Number(_)) => (Fate::Became(Kind::Number), 0),
            None => (Fate::Missing, 0),
        };
        let mut suspect = Suspect { place, kind, entries, fate, left, parent, within: None };
        if terms.from(place).is_none_or(|min| entries < min) {
            suspect.within = largest(before, place, terms);
            if suspect.within.is_none() {
                continue;
            }
        }
        suspects.push(suspect);
    }
    suspects
}

/// The largest collection in another one that counts; none where that one may be emptied with all that it holds.
fn largest<'c>(census: &'c Census, around: Place<'c>, terms: &Terms<'_>) -> Option<(Place<'c>, Kind, u64)> {
    if terms.drains(&around.pointer()) {
        return None;
    }
    let inside =
        census.places().skip(around.index() + 1).take_while(|place| place.parent().is_some_and(|above| above.index() >= around.index()));
    let collections = inside.filter_map(|place| match place.holds() {
        Holds::Entries(kind, entries) if terms.from(place).is_some_and(|min| entries >= min) => Some((place, kind, entries)),
        _ => None,
    });
    collections.max_by_key(|(_, _, entries)| *entries)
}

impl Suspect<'_> {
    fn loss(&self, old: &[u8]) -> Loss {
        let named = |place: Place<'_>| keys(old, place.start()).take(NAMED).map(|key| unescaped(key).into_owned()).collect();
        let within = self.within.map(|(place, kind, entries)| {
            let (pointer, keys) = (place.pointer(), named(place));
            Box::new(Loss { pointer, kind, entries, fate: Fate::Missing, left: 0, keys, within: None })
        });
        Loss {
            pointer: self.place.pointer(),
            kind: self.kind,
            entries: self.entries,
            fate: self.fate,
            left: self.left,
            keys: named(self.place),
            within,
        }
    }
}

/// Whether what went missing is one record or list among many of its form: then the collection around it lost an entry, which is no
/// more than its owner's daily work. For objects the form is their keys; a list has none, so its size speaks.
fn is_entry(suspect: &Suspect<'_>, old: &[u8], new: &[u8], after: &Census) -> bool {
    let (Fate::Missing, Some(parent)) = (suspect.fate, suspect.parent) else { return false };
    let form: HashSet<u64> = identities(old, suspect.place.start(), suspect.kind).collect();
    let siblings = after.places().skip(parent + 1).filter(|place| place.parent().is_some_and(|above| above.index() == parent));
    let mut largest = 0;
    let mut alike = 0;
    for sibling in siblings {
        let Holds::Entries(kind, entries) = sibling.holds() else { continue };
        if kind != suspect.kind {
            continue;
        }
        largest = largest.max(entries);
        let shared = || identities(new, sibling.start(), kind).filter(|key| form.contains(key)).count();
        alike += usize::from(kind == Kind::Array || shared() * 2 >= form.len());
        if alike >= ALIKE && (kind == Kind::Object || largest >= suspect.entries) {
            return true;
        }
    }
    false
}

/// Where collections may have gone: both texts, looked at one level deeper as soon as that is needed.
struct Moves<'t> {
    old: &'t [u8],
    new: &'t [u8],
    /// Where each collection of the old text begins, by its pointer.
    before: Option<HashMap<String, usize>>,
    after: Option<Census>,
    depth: usize,
}

impl Moves<'_> {
    /// Whether everything it held is now held by another collection that did not hold it before: it was renamed or moved, not lost.
    fn has_moved(&mut self, suspect: &Suspect<'_>) -> bool {
        let (place, kind, entries) = suspect.within.unwrap_or((suspect.place, suspect.kind, suspect.entries));
        if self.after.is_none() {
            self.after = collections(self.new, self.depth);
        }
        let Some(after) = &self.after else { return false };
        let held: HashSet<u64> = identities(self.old, place.start(), kind).collect();
        let holds_all = |text: &[u8], start| {
            let found: HashSet<u64> = identities(text, start, kind).filter(|one| held.contains(one)).collect();
            found.len() == held.len()
        };
        let candidates = after.places().filter(|candidate| match candidate.holds() {
            Holds::Entries(same, size) => same == kind && size >= entries && holds_all(self.new, candidate.start()),
            _ => false,
        });
        for candidate in candidates {
            let before = self.before.get_or_insert_with(|| starts(self.old, self.depth));
            if !before.get(&candidate.pointer()).is_some_and(|&start| holds_all(self.old, start)) {
                return true;
            }
        }
        false
    }
}

/// Where each collection of a text begins, by its pointer.
fn starts(text: &[u8], depth: usize) -> HashMap<String, usize> {
    let census = collections(text, depth);
    census.iter().flat_map(Census::places).map(|place| (place.pointer(), place.start())).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    fn terms(depth: usize) -> Terms<'static> {
        Terms { depth, min: 5, entries: Vec::new() }
    }

    fn object(entries: std::ops::Range<u32>, value: &str) -> String {
        let members: Vec<String> = entries.map(|number| format!("\"agent-{number:03}\": {value}")).collect();
        format!("{{{}}}", members.join(", "))
    }

    fn array(entries: std::ops::Range<u32>) -> String {
        format!("[{}]", entries.map(|number| format!("{{\"id\": {number}}}")).collect::<Vec<_>>().join(", "))
    }

    /// Pointer, entries before and fate of each loss.
    fn told(old: &str, new: &str, terms: &Terms<'_>) -> Vec<(String, u64, Fate)> {
        losses(old.as_bytes(), new.as_bytes(), terms).into_iter().map(|loss| (loss.pointer, loss.entries, loss.fate)).collect()
    }

    fn agents() -> String {
        format!("{{\"agents\": {}, \"total\": 136}}", object(1..137, "{\"karma\": 1}"))
    }

    #[test]
    fn a_member_that_loses_everything_is_told_with_its_fate() {
        for (new, fate) in [
            ("{\"agents\": {}, \"total\": 136}", Fate::Emptied),
            ("{\"agents\": null}", Fate::Became(Kind::Null)),
            ("{\"agents\": []}", Fate::Became(Kind::Array)),
            ("{\"agents\": [{\"id\": \"agent-001\"}]}", Fate::Became(Kind::Array)),
            ("{\"agents\": \"elsewhere\"}", Fate::Became(Kind::String)),
            ("{\"agents\": 136}", Fate::Became(Kind::Number)),
            ("{\"agents\": false}", Fate::Became(Kind::Boolean)),
            ("{\"total\": 136}", Fate::Missing),
            ("{\"agents\": {\"agent-001\": {}}, \"agents\": {}}", Fate::Emptied),
        ] {
            assert_eq!(told(&agents(), new, &terms(1)), [("/agents".to_owned(), 136, fate)], "{new}");
        }
        let loss = losses(agents().as_bytes(), b"{\"agents\": {}}", &terms(1)).remove(0);
        assert_eq!(loss.keys, ["agent-001", "agent-002", "agent-003", "agent-004", "agent-005"]);
        assert_eq!((loss.kind, loss.within), (Kind::Object, None));
    }

    #[test]
    fn what_is_not_lost_is_not_told() {
        let few = "{\"queue\": [1, 2, 3, 4], \"empty\": {}, \"total\": 9}";
        for (old, new) in [
            (few, "{\"queue\": [], \"empty\": null}"),
            (few, "{}"),
            ("{}", few),
            ("null", few),
            (few, "{\"queue\": [1"),
            ("{\"queue\": [1, 2, 3, 4, 5, 6", "{}"),
            ("[1, 2, 3, 4]", "[]"),
        ] {
            assert_eq!(told(old, new, &terms(1)), [], "{old} → {new}");
        }
        assert_eq!(told(&agents(), &agents(), &terms(1)), []);
        assert_eq!(told(&agents(), &agents().replace("karma", "k"), &terms(1)), []);
        let one_left = format!("{{\"agents\": {}}}", object(5..6, "1"));
        assert_eq!(told(&agents(), &one_left, &terms(1)), []);
    }

    #[test]
    fn a_document_that_is_emptied_as_a_whole_is_told_once() {
        for (new, fate) in [
            ("{}", Fate::Emptied),
            ("[]", Fate::Became(Kind::Array)),
            ("null", Fate::Became(Kind::Null)),
            ("0", Fate::Became(Kind::Number)),
        ] {
            let found = losses(agents().as_bytes(), new.as_bytes(), &terms(1));
            assert_eq!(found.len(), 1);
            assert_eq!((found[0].pointer.as_str(), found[0].entries, found[0].fate), ("", 2, fate), "{new}");
            let within = found[0].within.as_deref().unwrap();
            assert_eq!((within.pointer.as_str(), within.entries, within.keys.len()), ("/agents", 136, 5));
        }
        assert_eq!(told(&array(0..6), "[]", &terms(0)), [(String::new(), 6, Fate::Emptied)]);
        assert_eq!(told(&array(0..6), "{}", &terms(0)), [(String::new(), 6, Fate::Became(Kind::Object))]);
        assert_eq!(told(&agents(), "{\"agents\": {}}", &terms(0)), []);
    }

    #[test]
    fn a_rename_or_a_move_loses_nothing() {
        let renamed = agents().replace("\"agents\"", "\"workers\"");
        let enveloped = format!("{{\"version\": 2, \"data\": {}}}", agents());
        let grown = format!("{{\"agents\": {{}}, \"workers\": {}}}", object(0..140, "[]"));
        for new in [&renamed, &enveloped, &grown] {
            assert_eq!(told(&agents(), new, &terms(1)), [], "{new:.60}");
        }
        let list = array(0..6);
        let wrapped = format!("{{\"posts\": {}}}", list.replace(' ', "\n   "));
        assert_eq!(told(&list, &wrapped, &terms(1)), []);
        let queues = |pending: &str, done: &str| format!("{{\"pending\": {pending}, \"done\": {done}}}");
        assert_eq!(told(&queues(&array(3..9), &array(0..3)), &queues("[]", &array(0..9)), &terms(1)), []);
        assert_eq!(told(&queues(&array(3..9), &array(0..3)), &queues("[]", &array(0..8)), &terms(1)).len(), 1);
    }

    #[test]
    fn the_same_keys_elsewhere_are_no_rename_if_they_were_there_before() {
        let both = format!("{{\"agents\": {}, \"karma\": {}}}", object(1..137, "{}"), object(1..137, "3"));
        let one = format!("{{\"karma\": {}}}", object(1..137, "3"));
        assert_eq!(told(&both, &one, &terms(1)), [("/agents".to_owned(), 136, Fate::Missing)]);
        let partly = format!("{{\"workers\": {}}}", object(2..137, "{}"));
        assert_eq!(told(&agents(), &partly, &terms(1)), [("/agents".to_owned(), 136, Fate::Missing)]);
    }

    #[test]
    fn one_record_among_many_may_go() {
        let record = "{\"name\": \"n\", \"karma\": 1, \"bio\": \"b\", \"ok\": true, \"at\": 1}";
        assert_eq!(told(&object(0..20, record), &object(0..19, record), &terms(1)), []);
        assert_eq!(told(&object(0..11, record), &object(0..9, record), &terms(1)).len(), 2);
        let emptied = object(0..20, record).replacen(record, "{}", 1);
        assert_eq!(told(&object(0..20, record), &emptied, &terms(1)), [("/agent-000".to_owned(), 5, Fate::Emptied)]);
        // Of another form than the others, it is a collection of its own.
        let records = object(0..20, record);
        let beside = format!("{{\"follows\": {}, {}", object(1..137, "[]"), &records[1..]);
        assert_eq!(told(&beside, &records, &terms(1)), [("/follows".to_owned(), 136, Fate::Missing)]);
        let lists = object(0..20, "[1, 2, 3, 4, 5]");
        let posts = format!("{{\"posts\": {}, {}", array(0..50), &lists[1..]);
        assert_eq!(told(&posts, &lists, &terms(1)), [("/posts".to_owned(), 50, Fate::Missing)]);
        assert_eq!(told(&posts, &posts.replacen("\"agent-007\": [1, 2, 3, 4, 5], ", "", 1), &terms(1)), []);
    }

    #[test]
    fn depth_says_how_far_down_collections_are_judged() {
        let (old, new) = (format!("{{\"a\": {{\"b\": {}, \"c\": 1}}}}", array(0..6)), "{\"a\": {\"b\": [], \"c\": 1}}");
        assert_eq!(told(&old, new, &terms(1)), []);
        assert_eq!(told(&old, new, &terms(2)), [("/a/b".to_owned(), 6, Fate::Emptied)]);
        let found = losses(old.as_bytes(), b"{\"a\": {}}", &terms(2)).remove(0);
        assert_eq!((found.pointer.as_str(), found.entries), ("/a", 2));
        assert_eq!(found.within.map(|within| (within.pointer, within.entries)), Some(("/a/b".to_owned(), 6)));
    }

    fn entry(pointer: Option<&str>, drains: bool, min: Option<u64>) -> Collection {
        let pointer = pointer.map(str::to_owned);
        let path = Pattern::new("state/*.json").unwrap();
        Collection { path, pointer, drains, min, at: None, caps: None, counter: None, reason: "a test".to_owned() }
    }

    fn with(entries: &[Collection]) -> Terms<'_> {
        Terms { depth: 1, min: 5, entries: entries.iter().collect() }
    }

    #[test]
    fn the_policy_lets_collections_drain() {
        for pointer in [Some("/agents"), Some("/*"), None] {
            assert_eq!(told(&agents(), "{\"agents\": {}}", &with(&[entry(pointer, true, None)])), [], "{pointer:?}");
        }
        for pointer in [Some(""), Some("/posts"), Some("/agents/*"), Some("/*/x")] {
            assert_eq!(told(&agents(), "{\"agents\": {}}", &with(&[entry(pointer, true, None)])).len(), 1, "{pointer:?}");
        }
        assert_eq!(told(&agents(), "{}", &with(&[entry(Some(""), true, None)])), []);
        assert_eq!(told(&agents(), "{}", &with(&[entry(Some("/agents"), true, None)])), []);
    }

    #[test]
    fn the_policy_says_from_which_size_a_loss_counts() {
        let (old, new) = ("{\"a\": [1, 2, 3], \"b\": [1, 2, 3, 4, 5, 6]}", "{\"a\": [], \"b\": []}");
        let told = |entries: &[Collection]| told(old, new, &with(entries)).into_iter().map(|(pointer, ..)| pointer).collect::<Vec<_>>();
        assert_eq!(told(&[entry(None, false, Some(7))]), [""; 0]);
        assert_eq!(told(&[entry(None, false, Some(2))]), ["/a", "/b"]);
        assert_eq!(told(&[entry(Some("/a"), false, Some(3)), entry(None, false, Some(9))]), ["/a"]);
        assert_eq!(told(&[entry(Some("/*"), false, Some(3)), entry(Some("/b"), false, Some(9))]), ["/a"]);
        let (old, new) = ("{\"a\": {\"b/c\": [1, 2, 3], \"d\": 0}}", "{\"a\": {\"d\": 0}}");
        let named = [entry(Some("/a/b~1c"), false, Some(3))];
        assert_eq!(losses(old.as_bytes(), new.as_bytes(), &with(&named))[0].pointer, "/a/b~1c");
    }
}
