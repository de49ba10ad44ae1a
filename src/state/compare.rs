//! Old text against new text → the collections that lost everything.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::census::{Census, Detail, Form, Holds, Index, Place, Scope, keys, lines};
use super::read::{Entry, Kind, Reader, unescaped};
use super::terms::Terms;
use crate::change::Blob;

/// One side of a comparison.
///
/// Its text is read again where its census does not tell enough, which is rare, and never both texts at once.
#[derive(Debug, Clone, Copy)]
pub struct Side<'t> {
    blob: &'t Blob<'t>,
    /// What it holds.
    pub census: &'t Census,
    form: Form,
}

impl<'t> Side<'t> {
    /// A content whose census has been taken.
    pub fn new(blob: &'t Blob<'t>, census: &'t Census, form: Form) -> Self {
        Self { blob, census, form }
    }

    /// A closer look at the text.
    fn closer(&self, scope: Scope) -> Option<Census> {
        self.blob.with(|text| Census::of(text, self.form, scope).ok())?
    }

    /// What tells the entries of a collection apart; empty if the text is not at hand any more.
    pub(super) fn identities(&self, place: Place<'_>, kind: Kind) -> HashSet<u64> {
        self.blob.with(|text| identities(text, self.form, place.start(), kind).collect()).unwrap_or_default()
    }

    /// Up to [`NAMED`] keys of the object at a place that are wanted, in the order of the text; none for an array.
    pub(super) fn names(&self, place: Place<'_>, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let named = |text: &[u8]| {
            let names = keys(text, place.start()).map(|(_, key)| unescaped(key).into_owned());
            names.filter(|name| wanted(name)).take(NAMED).collect()
        };
        let has_keys = matches!(place.holds(), Holds::Entries(Kind::Object, _));
        if has_keys { self.blob.with(named).unwrap_or_default() } else { Vec::new() }
    }
}

/// The identity of a key, as [`Side::identities`] gives it.
pub(super) fn identity(key: &str) -> u64 {
    hash(key.as_bytes())
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

impl Loss {
    /// How many collections it lies in.
    pub fn level(&self) -> usize {
        self.pointer.matches('/').count()
    }
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

/// What a new text has lost of an old one.
pub fn losses(old: &Side<'_>, new: &Side<'_>, terms: &Terms<'_>) -> Vec<Loss> {
    if fates(old.census, new.census, terms).is_empty() {
        return Vec::new();
    }
    // Only now, which is rare, it pays to tell `null` from what is missing, and to look where a collection may have gone.
    let deepest = old.census.places().map(Place::level).fold(1, usize::max);
    let Some(after) = new.closer(Scope { depth: deepest, detail: Detail::Members }) else { return Vec::new() };
    let mut moves = Moves::new(old, new, deepest + 1);
    let suspects = fates(old.census, &after, terms).into_iter();
    let lost = suspects.filter(|suspect| {
        let (place, kind, entries) = suspect.within.unwrap_or((suspect.place, suspect.kind, suspect.entries));
        let is_kept = is_entry(suspect, old, new, &after) || took_another_form(suspect, old.census, new, &after, terms);
        !is_kept && !moves.took_in(&old.identities(place, kind), kind, entries)
    });
    lost.take(REPORTED).map(|suspect| suspect.loss(old)).collect()
}

/// The places of an old text beside those of a new one.
pub(super) struct Pairs<'c> {
    old: Index<'c>,
    new: Index<'c>,
    /// For each collection of the old text that is still there: its number in the new one.
    now: HashMap<usize, usize>,
}

/// Where a place should be in the new text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counterpart {
    /// The collection of the new text in which it should be; none for the root.
    pub(super) parent: Option<usize>,
    /// Its number there; none if it is missing.
    pub(super) index: Option<usize>,
}

impl<'c> Pairs<'c> {
    pub(super) fn new(before: &'c Census, after: &'c Census) -> Self {
        Self { old: before.index(), new: after.index(), now: HashMap::new() }
    }

    /// Where a place should be; none where the collection around it is no more, or a later key of the same name hides it from readers.
    pub(super) fn of(&self, place: Place<'_>) -> Option<Counterpart> {
        let Some(above) = place.parent() else { return Some(Counterpart { parent: None, index: Some(0) }) };
        let parent = *self.now.get(&above.index())?;
        if self.old.get(&(above.index(), place.name())) != Some(&place.index()) {
            return None;
        }
        Some(Counterpart { parent: Some(parent), index: self.new.get(&(parent, place.name())).copied() })
    }

    /// Notes that a collection is still there, so that its members are compared too.
    pub(super) fn still_there(&mut self, place: Place<'_>, counterpart: Counterpart) {
        self.now.extend(counterpart.index.map(|index| (place.index(), index)));
    }
}

/// A collection of the old text that the new one does not have as it was.
struct Suspect<'c> {
    place: Place<'c>,
    kind: Kind,
    entries: u64,
    fate: Fate,
    left: u64,
    /// Where it should be in the new text.
    counterpart: Counterpart,
    /// For one that is too small to count itself: the largest collection in it that counts.
    within: Option<(Place<'c>, Kind, u64)>,
}

/// The collections that count and that lost everything; what lies in one of them is not told apart.
fn fates<'c>(before: &'c Census, after: &Census, terms: &Terms<'_>) -> Vec<Suspect<'c>> {
    let mut pairs = Pairs::new(before, after);
    let mut suspects = Vec::new();
    for place in before.places() {
        let Holds::Entries(kind, entries) = place.holds() else { continue };
        let Some(counterpart) = pairs.of(place) else { continue };
        let (fate, left) = match counterpart.index.map(|found| after.place(found).holds()) {
            Some(Holds::Entries(same, left)) if same == kind && (left > 0 || entries == 0) => {
                pairs.still_there(place, counterpart);
                continue;
            }
            Some(Holds::Entries(same, _)) if same == kind => (Fate::Emptied, 0),
            Some(Holds::Entries(other, left)) => (Fate::Became(other), left),
            Some(Holds::Scalar(other)) => (Fate::Became(other), 0),
            Some(Holds::Number(_)) => (Fate::Became(Kind::Number), 0),
            None => (Fate::Missing, 0),
        };
        let mut suspect = Suspect { place, kind, entries, fate, left, counterpart, within: None };
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
    fn loss(&self, old: &Side<'_>) -> Loss {
        let within = self.within.map(|(place, kind, entries)| {
            let (pointer, keys) = (place.pointer(), old.names(place, |_| true));
            Box::new(Loss { pointer, kind, entries, fate: Fate::Missing, left: 0, keys, within: None })
        });
        Loss {
            pointer: self.place.pointer(),
            kind: self.kind,
            entries: self.entries,
            fate: self.fate,
            left: self.left,
            keys: old.names(self.place, |_| true),
            within,
        }
    }
}

/// Whether what went missing is one record or list among many of its form: then the collection around it lost an entry, which is no
/// more than its owner's daily work. For objects the form is their keys; a list has none, so its size speaks.
fn is_entry(suspect: &Suspect<'_>, old: &Side<'_>, new: &Side<'_>, after: &Census) -> bool {
    let (Fate::Missing, Some(parent)) = (suspect.fate, suspect.counterpart.parent) else { return false };
    let form = old.identities(suspect.place, suspect.kind);
    let siblings = after.places().skip(parent + 1).filter(|place| place.parent().is_some_and(|above| above.index() == parent));
    let alike = |text: &[u8]| {
        let mut largest = 0;
        let mut alike = 0;
        for sibling in siblings {
            let Holds::Entries(kind, entries) = sibling.holds() else { continue };
            if kind != suspect.kind {
                continue;
            }
            largest = largest.max(entries);
            let shared = || identities(text, new.form, sibling.start(), kind).filter(|key| form.contains(key)).count();
            alike += usize::from(kind == Kind::Array || shared() * 2 >= form.len());
            if alike >= ALIKE && (kind == Kind::Object || largest >= suspect.entries) {
                return true;
            }
        }
        false
    };
    new.blob.with(alike).unwrap_or(false)
}

/// Whether an object became an array, or an array an object, that holds at least as much: a migration. What it held may have become part
/// of the new entries, at any depth, but the largest collection in it must not be gone.
fn took_another_form(suspect: &Suspect<'_>, before: &Census, new: &Side<'_>, after: &Census, terms: &Terms<'_>) -> bool {
    let (Fate::Became(kind), Some(index)) = (suspect.fate, suspect.counterpart.index) else { return false };
    if !kind.is_collection() || suspect.left < suspect.entries {
        return false;
    }
    let Some((.., held)) = largest(before, suspect.place, terms) else { return true };
    let at_least = |size: u64| size.saturating_mul(2) >= held;
    at_least(suspect.left) || new.blob.with(|text| at_least(largest_at(text, after.place(index).start()))).unwrap_or(false)
}

/// The number of entries of the largest collection in a value, itself included.
fn largest_at(text: &[u8], start: usize) -> u64 {
    let mut reader = Reader::new(text, start);
    let mut open = Vec::new();
    let mut largest = 0;
    if reader.begin().is_ok_and(Kind::is_collection) {
        open.push(0);
    }
    while let Some(entries) = open.last_mut() {
        let Ok(entry) = reader.entry() else { break };
        if entry.is_none() {
            largest = largest.max(*entries);
            open.pop();
            continue;
        }
        *entries += 1;
        match reader.begin() {
            Ok(kind) if kind.is_collection() => open.push(0),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    largest
}

/// Where collections may have gone: both sides, looked at one level deeper as soon as that is needed.
pub(super) struct Moves<'t> {
    old: &'t Side<'t>,
    new: &'t Side<'t>,
    before: Option<Census>,
    after: Option<Census>,
    scope: Scope,
}

impl<'t> Moves<'t> {
    pub(super) fn new(old: &'t Side<'t>, new: &'t Side<'t>, depth: usize) -> Self {
        Self { old, new, before: None, after: None, scope: Scope { depth, detail: Detail::Collections } }
    }

    /// Whether a collection of the new text holds all these entries (and has at least so many) that did not hold them before: they were
    /// renamed or moved, not lost.
    pub(super) fn took_in(&mut self, held: &HashSet<u64>, kind: Kind, entries: u64) -> bool {
        if self.after.is_none() {
            self.after = self.new.closer(self.scope);
        }
        let Some(after) = &self.after else { return false };
        let large_enough =
            after.places().filter(|place| matches!(place.holds(), Holds::Entries(same, size) if same == kind && size >= entries));
        let (new, old) = (self.new, self.old);
        let candidates: Vec<String> = new
            .blob
            .with(|text| large_enough.filter(|place| holds_all(text, new.form, *place, kind, held)).map(Place::pointer).collect())
            .unwrap_or_default();
        if candidates.is_empty() {
            return false;
        }
        if self.before.is_none() {
            self.before = old.closer(self.scope);
        }
        let Some(before) = &self.before else { return false };
        let there: HashMap<String, Place<'_>> = before.places().map(|place| (place.pointer(), place)).collect();
        let held_before = |text: &[u8], pointer: &String| {
            there.get(pointer).is_some_and(|place| {
                matches!(place.holds(), Holds::Entries(same, _) if same == kind) && holds_all(text, old.form, *place, kind, held)
            })
        };
        old.blob.with(|text| candidates.iter().any(|pointer| !held_before(text, pointer))).unwrap_or(false)
    }
}

fn holds_all(text: &[u8], form: Form, place: Place<'_>, kind: Kind, held: &HashSet<u64>) -> bool {
    let found: HashSet<u64> = identities(text, form, place.start(), kind).filter(|one| held.contains(one)).collect();
    found.len() == held.len()
}

/// What tells the entries of a collection apart, as hashes: keys of an object, elements of an array (or lines) without their white space.
fn identities(text: &[u8], form: Form, start: usize, kind: Kind) -> Box<dyn Iterator<Item = u64> + '_> {
    if kind == Kind::Object {
        return Box::new(keys(text, start).map(|(_, key)| hash(unescaped(key).as_bytes())));
    }
    if form == Form::Lines {
        return Box::new(lines(text).map(|(_, line)| hash(&compact(line))));
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
    use crate::policy::Collection;
    use crate::state::sample::Text;

    /// What is lost between two texts, if both are JSON.
    fn losses(old: &[u8], new: &[u8], terms: &Terms<'_>) -> Vec<Loss> {
        let deepest = terms.entries.iter().filter_map(|entry| entry.pointer.as_deref()).map(|pointer| pointer.matches('/').count());
        let depth = deepest.fold(terms.depth.max(1), usize::max);
        let (old, new) = (Text(old), Text(new));
        let (old_blob, new_blob) = (old.blob(), new.blob());
        let taken = |blob: &Blob<'_>| blob.with(|text| Census::of(text, Form::Document, Scope { depth, detail: Detail::Numbers })).unwrap();
        let (Ok(before), Ok(after)) = (taken(&old_blob), taken(&new_blob)) else { return Vec::new() };
        super::losses(&Side::new(&old_blob, &before, Form::Document), &Side::new(&new_blob, &after, Form::Document), terms)
    }

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
    fn an_object_that_becomes_an_array_of_as_many_entries_loses_nothing() {
        let groups = |list: &dyn Fn(u32) -> String| (0..9).map(list).collect::<Vec<_>>().join(", ");
        let by_name = format!("{{{}}}", groups(&|number| format!("\"g{number}\": {}", array(0..30))));
        let listed = |entries| format!("[{}]", groups(&|number| format!("{{\"name\": \"g{number}\", \"all\": {}}}", array(0..entries))));
        assert_eq!(told(&by_name, &listed(30), &terms(1)), []);
        assert_eq!(told(&listed(30), &by_name, &terms(1)), []);
        assert_eq!(told(&by_name, &listed(15), &terms(1)), []);
        assert_eq!(told(&by_name, &listed(14), &terms(1)), [(String::new(), 9, Fate::Became(Kind::Array))]);
        assert_eq!(told(&by_name, "[1, 2, 3, 4, 5, 6, 7, 8, 9]", &terms(1)).len(), 1);
        assert_eq!(told(&agents(), &format!("{{\"agents\": {}}}", array(0..136)), &terms(1)), []);
        assert_eq!(told(&agents(), &format!("{{\"agents\": {}}}", array(0..135)), &terms(1)).len(), 1);
        assert_eq!(told(&agents(), &array(0..136), &terms(1)), []);
        assert_eq!(told(&agents(), "[1, 2]", &terms(1)), [(String::new(), 2, Fate::Became(Kind::Array))]);
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
