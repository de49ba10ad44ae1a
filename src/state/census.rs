//! One pass over a JSON text → its collections and their sizes.

use std::collections::{HashMap, HashSet};

use super::clock;
use super::fault::Fault;
use super::read::{Entry, Kind, Reader, Text, Watch, unescaped, value};
use super::window::Window;

/// What a JSON document holds, down to a depth. It keeps nothing of the text but names.
///
/// Members of objects are named; elements of arrays are only counted, because an index names another element after each insertion.
#[derive(Debug, Clone, PartialEq)]
pub struct Census {
    /// The root, then everything below, a collection before what it holds.
    nodes: Vec<Node>,
    /// The names of all nodes, one behind the other.
    names: String,
    /// How many numbers were noted.
    numbers: usize,
    /// The times that stand at the root, in its members and in theirs: by pointer, as [`clock::time`] reads them.
    pub times: HashMap<String, f64>,
    /// The first key, by its object's beginning, that is given twice in one object.
    pub repeated: Option<Repeated>,
}

/// A key that is given twice in one object, of which readers see the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repeated {
    /// The key.
    pub key: String,
    /// Where it stands the second time, in bytes.
    pub offset: usize,
}

/// The form of a state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One JSON document.
    Document,
    /// JSON Lines: each line is a document, and an entry of the whole, which counts as an array.
    Lines,
}

/// How closely a census looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// 0 is the root alone, 1 its members too, and so on.
    pub depth: usize,
    /// What is noted besides the root.
    pub detail: Detail,
}

/// How many numbers are noted; a document of more numbers is a table, and none of them a counter.
pub const NUMBERS: usize = 10_000;

/// How many times are noted.
pub const TIMES: usize = 256;

/// What a census notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Collections alone.
    Collections,
    /// Collections, and the first [`NUMBERS`] numbers and [`TIMES`] times: enough to see that something is amiss.
    Numbers,
    /// Every member.
    Members,
}

/// What stands at a place of a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Holds {
    /// A collection and the number of its entries; a key that is given twice counts twice.
    Entries(Kind, u64),
    /// A number.
    Number(f64),
    /// Another scalar.
    Scalar(Kind),
}

/// One place of a document: the root or a member.
#[derive(Debug, Clone, Copy)]
pub struct Place<'c> {
    census: &'c Census,
    index: usize,
}

/// The members of a census by collection and name; of a key that is given twice, the last, as readers see it.
pub type Index<'c> = HashMap<(usize, &'c str), usize>;

#[derive(Debug, Clone, PartialEq)]
struct Node {
    /// The collection it is a member of; the root is its own.
    parent: usize,
    /// Where its name ends; it begins where the name of the node before ends.
    name_end: usize,
    /// Where it begins in the text.
    start: usize,
    holds: Holds,
}

impl Census {
    /// Reads a text once.
    ///
    /// # Errors
    /// The first fault, if the text is no JSON document.
    pub fn of(text: &[u8], form: Form, scope: Scope) -> Result<Self, Fault> {
        if let Some(fault) = Fault::at_first_sight(text, form) {
            return Err(fault);
        }
        let mut taker = Taker::new(text, scope);
        match form {
            Form::Document => taker.document()?,
            Form::Lines => taker.lines(text)?,
        }
        let (_, watch) = taker.reader.into_parts();
        let repeated = watch.into_suspects().into_iter().find_map(|start| repeated(text, start));
        Ok(Self { repeated, ..taker.census })
    }

    /// Reads a document once, through a window. None where it must be looked at whole, so that faults and repeated keys are told in the
    /// same words however it is read: it has some, or a part that the window cannot hold.
    pub fn through(window: &mut Window<'_>, scope: Scope) -> Option<Self> {
        let mut taker = Taker::new(window, scope);
        taker.document().ok()?;
        let (window, watch) = taker.reader.into_parts();
        (watch.into_suspects().is_empty() && window.is_utf8()).then_some(taker.census)
    }

    /// About how many bytes of memory it takes.
    pub fn weight(&self) -> usize {
        self.names.len() + self.nodes.len() * size_of::<Node>() + self.times.keys().map(|pointer| pointer.len() + 64).sum::<usize>()
    }

    /// The root of the document.
    pub fn root(&self) -> Place<'_> {
        self.place(0)
    }

    /// A place by its number.
    pub fn place(&self, index: usize) -> Place<'_> {
        Place { census: self, index }
    }

    /// Everything that was noted, in the order of the text: a collection before what it holds.
    pub fn places(&self) -> impl Iterator<Item = Place<'_>> {
        (0..self.nodes.len()).map(|index| self.place(index))
    }

    /// All members by the number of their collection and their name.
    pub fn index(&self) -> Index<'_> {
        self.places().skip(1).map(|place| ((self.nodes[place.index].parent, place.name()), place.index)).collect()
    }
}

impl<'c> Place<'c> {
    /// Its number in the census; the root's is 0.
    pub fn index(self) -> usize {
        self.index
    }

    /// The key it has; empty for the root.
    pub fn name(self) -> &'c str {
        let nodes = &self.census.nodes;
        let start = self.index.checked_sub(1).map_or(0, |before| nodes[before].name_end);
        &self.census.names[start..nodes[self.index].name_end]
    }

    /// The collection it is a member of; none for the root.
    pub fn parent(self) -> Option<Place<'c>> {
        (self.index > 0).then(|| self.census.place(self.census.nodes[self.index].parent))
    }

    /// How many collections it lies in.
    pub fn level(self) -> usize {
        self.parent().map_or(0, |parent| parent.level() + 1)
    }

    /// Its JSON pointer (RFC 6901); empty for the root.
    pub fn pointer(self) -> String {
        let Some(parent) = self.parent() else { return String::new() };
        format!("{}/{}", parent.pointer(), escaped(self.name()))
    }

    /// What stands there.
    pub fn holds(self) -> Holds {
        self.census.nodes[self.index].holds
    }

    /// Where it begins in the text, in bytes.
    pub fn start(self) -> usize {
        self.census.nodes[self.index].start
    }
}

/// A name as a part of a JSON pointer (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The lines of a text that hold more than white space, each with where it begins.
pub fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut at = 0;
    let all = std::iter::from_fn(move || {
        let rest = text.get(at..).filter(|rest| !rest.is_empty())?;
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let start = at;
        at += line.len() + 1;
        Some((start, line))
    });
    all.filter(|(_, line)| !line.trim_ascii().is_empty())
}

/// The keys of the object that begins at a byte of a text that has been read before, as they are written, each with where the reader is
/// behind it.
pub(super) fn keys(text: &[u8], start: usize) -> impl Iterator<Item = (usize, &[u8])> {
    let mut reader = Reader::new(text, start);
    let mut open = reader.begin().is_ok_and(|kind| kind == Kind::Object);
    let mut first = true;
    std::iter::from_fn(move || {
        if !open || (!std::mem::take(&mut first) && reader.skip().is_err()) {
            return None;
        }
        let Ok(Some(Entry::Member)) = reader.entry() else {
            open = false;
            return None;
        };
        let begin = reader.start() + 1;
        Some((reader.position(), &text[begin..begin + reader.key().len()]))
    })
}

/// The first key that the object at a byte of a text has twice.
fn repeated(text: &[u8], start: usize) -> Option<Repeated> {
    let mut seen = HashSet::new();
    for (behind, raw) in keys(text, start) {
        let key = unescaped(raw);
        if !seen.insert(key.clone()) {
            let offset = memchr::memmem::rfind(&text[start..behind], raw).map_or(start, |at| start + at);
            return Some(Repeated { key: key.into_owned(), offset });
        }
    }
    None
}

/// Takes a census.
struct Taker<T> {
    reader: Reader<T>,
    scope: Scope,
    census: Census,
    /// The key of a member of the last level that is looked at.
    key: Vec<u8>,
}

impl<T: Text> Taker<T> {
    fn new(text: T, scope: Scope) -> Self {
        let census = Census { nodes: Vec::new(), names: String::new(), numbers: 0, times: HashMap::new(), repeated: None };
        Self { reader: Reader::new(text, 0).watching(Watch::default()), scope, census, key: Vec::new() }
    }

    /// Notes the one document that the text must be.
    fn document(&mut self) -> Result<(), Fault> {
        self.value(0, 0)?;
        self.reader.end("the end of the file")
    }

    /// Notes the value in front of the reader and what it holds. Its name must have been written down already.
    ///
    /// It calls itself for each level of the scope; the reader stops deeper nesting than that.
    fn value(&mut self, parent: usize, level: usize) -> Result<(), Fault> {
        let kind = self.reader.begin()?;
        let start = self.reader.start();
        let holds = match kind {
            Kind::Object | Kind::Array => Holds::Entries(kind, 0),
            _ if level > 0 && self.scope.detail == Detail::Collections => return Ok(()),
            Kind::Number => Holds::Number(value(self.reader.scalar())),
            _ => Holds::Scalar(kind),
        };
        if level > 0 && self.scope.detail == Detail::Numbers && !kind.is_collection() {
            if let Some(time) = self.time(kind) {
                let from = self.census.nodes.last().map_or(0, |last| last.name_end);
                let name = self.census.names[from..].to_owned();
                self.note_time(parent, &name, time);
            }
            if kind != Kind::Number || self.census.numbers == NUMBERS {
                return Ok(());
            }
            self.census.numbers += 1;
        }
        let index = self.census.nodes.len();
        self.census.nodes.push(Node { parent, name_end: self.census.names.len(), start, holds });
        if kind.is_collection() {
            let entries = self.entries(index, level)?;
            self.census.nodes[index].holds = Holds::Entries(kind, entries);
        }
        Ok(())
    }

    /// Notes and counts the entries of a collection that has just been opened.
    fn entries(&mut self, index: usize, level: usize) -> Result<u64, Fault> {
        let mut entries = 0;
        while let Some(entry) = self.reader.entry()? {
            entries += 1;
            match entry {
                Entry::Member if level < self.scope.depth => {
                    let (nodes, names) = (self.census.nodes.len(), self.census.names.len());
                    self.census.names.push_str(&unescaped(self.reader.key()));
                    self.value(index, level + 1)?;
                    if self.census.nodes.len() == nodes {
                        self.census.names.truncate(names);
                    }
                }
                Entry::Member if level == self.scope.depth && self.scope.detail == Detail::Numbers => self.last_level(index)?,
                _ => _ = self.reader.skip()?,
            }
        }
        Ok(entries)
    }

    /// Reads a member that is too deep to be noted, unless it is a time.
    fn last_level(&mut self, parent: usize) -> Result<(), Fault> {
        if self.census.times.len() == TIMES {
            return self.reader.skip().map(drop);
        }
        // The key is gone once the value has been read, and few values are times.
        self.key.clear();
        self.key.extend_from_slice(self.reader.key());
        let kind = self.reader.skip()?;
        if let Some(time) = self.time(kind) {
            let name = unescaped(&self.key).into_owned();
            self.note_time(parent, &name, time);
        }
        Ok(())
    }

    /// The time that the scalar means that was just read, if it is one and is to be noted.
    fn time(&self, kind: Kind) -> Option<f64> {
        let wanted = matches!(kind, Kind::String | Kind::Number) && self.census.times.len() < TIMES;
        if wanted { clock::time(self.reader.scalar()) } else { None }
    }

    fn note_time(&mut self, parent: usize, name: &str, time: f64) {
        let pointer = format!("{}/{}", self.census.place(parent).pointer(), escaped(name));
        self.census.times.insert(pointer, time);
    }
}

impl<'t> Taker<&'t [u8]> {
    /// Counts the lines that hold something; each must be one document.
    fn lines(&mut self, text: &'t [u8]) -> Result<(), Fault> {
        let holds = Holds::Entries(Kind::Array, 0);
        self.census.nodes.push(Node { parent: 0, name_end: 0, start: 0, holds });
        let mut entries = 0;
        for (start, line) in lines(text) {
            let (_, watch) = std::mem::replace(&mut self.reader, Reader::new(text, 0)).into_parts();
            self.reader = Reader::new(&text[..start + line.len()], start).watching(watch);
            self.reader.skip()?;
            self.reader.end("the end of the line")?;
            entries += 1;
        }
        self.census.nodes[0].holds = Holds::Entries(Kind::Array, entries);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const ALL: Scope = Scope { depth: 3, detail: Detail::Members };

    fn found(text: &str, scope: Scope) -> Vec<(String, Holds)> {
        let census = Census::of(text.as_bytes(), Form::Document, scope).unwrap();
        census.places().map(|place| (place.pointer(), place.holds())).collect()
    }

    #[test]
    fn collections_are_noted_to_the_depth() {
        let text = r#"{"agents": {"a": {"tags": [1, 2]}, "b": {}}, "posts": [[], [1]], "total": 2, "at": null}"#;
        let entries = |pointer: &str, kind, count| (pointer.to_owned(), Holds::Entries(kind, count));
        let root = entries("", Kind::Object, 4);
        let members = [entries("/agents", Kind::Object, 2), entries("/posts", Kind::Array, 2)];
        let scope = |depth| Scope { depth, detail: Detail::Collections };
        assert_eq!(found(text, scope(0)), std::slice::from_ref(&root));
        assert_eq!(found(text, scope(1)), [std::slice::from_ref(&root), &members[..]].concat());
        let deeper = [entries("/agents/a", Kind::Object, 1), entries("/agents/b", Kind::Object, 0)];
        assert_eq!(found(text, scope(2)), [&[root], &members[..1], &deeper[..], &members[1..]].concat());
    }

    #[test]
    fn places_know_where_they_begin() {
        let text = r#" {"a": [1], "b/~": {"c": -2.5e1}}"#;
        let census = Census::of(text.as_bytes(), Form::Document, ALL).unwrap();
        let begins: Vec<_> = census.places().map(|place| (place.name(), &text[place.start()..=place.start()])).collect();
        assert_eq!(begins, [("", "{"), ("a", "["), ("b/~", "{"), ("c", "-")]);
        let number = census.place(3);
        assert_eq!((number.pointer(), number.holds(), number.level()), ("/b~1~0/c".to_owned(), Holds::Number(-25.0), 2));
    }

    #[test]
    fn the_last_of_a_repeated_key_is_the_one_in_the_index() {
        let census = Census::of(br#"{"a": [1], "a": [], "\u0061": {"x": 1}}"#, Form::Document, ALL).unwrap();
        let index = census.index();
        assert_eq!(census.place(index[&(0, "a")]).holds(), Holds::Entries(Kind::Object, 1));
    }

    #[test]
    fn nesting_is_counted_and_never_overflows_the_stack() {
        let nested = |levels: usize| [vec![b'['; levels], vec![b']'; levels]].concat();
        assert!(Census::of(&nested(256), Form::Document, ALL).is_ok());
        for levels in [257, 10_000, 1_000_000] {
            let fault = Census::of(&nested(levels), Form::Document, Scope { depth: usize::MAX, detail: Detail::Members }).unwrap_err();
            assert_eq!((fault.flaw.clone(), fault.offset), (super::super::fault::Flaw::TooDeep, 256), "{levels}");
        }
        let objects = [r#"{"a":"#.repeat(10_000), "1".to_owned(), "}".repeat(10_000)].concat();
        assert!(Census::of(objects.as_bytes(), Form::Document, Scope { depth: usize::MAX, detail: Detail::Members }).is_err());
        assert_eq!(
            found(&[r#"{"a":"#.repeat(200), "1".to_owned(), "}".repeat(200)].concat(), Scope { depth: usize::MAX, ..ALL }).len(),
            201
        );
    }

    #[test]
    fn a_key_that_is_given_twice_is_named_with_its_second_place() {
        let repeated =
            |text: &str| Census::of(text.as_bytes(), Form::Document, ALL).unwrap().repeated.map(|found| (found.key, found.offset));
        assert_eq!(repeated(r#"{"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]}"#), None);
        assert_eq!(repeated(r#"{"x": [{"a": 1, "\u0061": 2}], "y": 1, "y": 2}"#), Some(("y".to_owned(), 40)));
        assert_eq!(repeated(r#"[[{"a": {"a": 0}, "b": 2, "a": 1}]]"#), Some(("a".to_owned(), 27)));
    }

    #[test]
    fn times_are_noted_at_the_root_and_two_levels_down() {
        let text = r#"{"at": "2026-01-01T00:00:00Z", "_meta": {"updated": 1767225600, "deep": {"at": 1767225600}}, "n": 5}"#;
        let census = Census::of(text.as_bytes(), Form::Document, Scope { depth: 1, detail: Detail::Numbers }).unwrap();
        let mut times: Vec<&str> = census.times.keys().map(String::as_str).collect();
        times.sort_unstable();
        assert_eq!(times, ["/_meta/updated", "/at"]);
    }

    #[test]
    fn json_lines_are_one_document_a_line() {
        let read = |text: &[u8]| Census::of(text, Form::Lines, ALL).map(|census| census.root().holds()).map_err(|fault| fault.to_string());
        assert_eq!(read(b""), Ok(Holds::Entries(Kind::Array, 0)));
        assert_eq!(read(b"{\"a\": 1}\r\n\n[2]\n3"), Ok(Holds::Entries(Kind::Array, 3)));
        assert_eq!(
            read(b"{\n}\n").unwrap_err(),
            "line 1, column 2: the text ends where a key in double quotes or `}` was expected: it is truncated"
        );
        assert_eq!(read(b"{}\n{} {}\n").unwrap_err(), "line 2, column 4: expected the end of the line, found `{`");
    }

    /// What a census to a depth should find, from a tree.
    fn expected(value: &Value, pointer: String, depth: usize, into: &mut HashMap<String, Holds>) {
        let holds = match value {
            Value::Object(members) => {
                for (key, member) in members.iter().filter(|_| depth > 0) {
                    expected(member, format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1")), depth - 1, into);
                }
                Holds::Entries(Kind::Object, members.len() as u64)
            }
            Value::Array(elements) => Holds::Entries(Kind::Array, elements.len() as u64),
            Value::Number(number) => Holds::Number(number.as_f64().unwrap()),
            Value::String(_) => Holds::Scalar(Kind::String),
            Value::Bool(_) => Holds::Scalar(Kind::Boolean),
            Value::Null => Holds::Scalar(Kind::Null),
        };
        into.insert(pointer, holds);
    }

    fn document() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["[ -~]{0,12}", any::<String>(), Just("a\\b\"c\u{1}\u{7f}\u{10ffff}/~".to_owned())];
        let scalar = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text.clone().prop_map(Value::from),
        ];
        scalar.prop_recursive(5, 64, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((text.clone(), inner), 0..8).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn equals_a_tree(value in document(), depth in 0_usize..4, pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let mut tree = HashMap::new();
            expected(&value, String::new(), depth, &mut tree);
            let members: HashMap<_, _> = found(&text, Scope { depth, detail: Detail::Members }).into_iter().collect();
            prop_assert_eq!(&members, &tree);
            let collections: HashMap<_, _> = found(&text, Scope { depth, detail: Detail::Collections }).into_iter().collect();
            tree.retain(|pointer, holds| pointer.is_empty() || !matches!(holds, Holds::Scalar(_)));
            let numbers: HashMap<_, _> = found(&text, Scope { depth, detail: Detail::Numbers }).into_iter().collect();
            prop_assert_eq!(numbers, tree.clone());
            tree.retain(|pointer, holds| pointer.is_empty() || matches!(holds, Holds::Entries(..)));
            prop_assert_eq!(collections, tree);
        }

        /// A document whose keys come from a few, so that many come twice, somewhere.
        #[test]
        fn a_repeated_key_is_found_wherever_it_is(keys in prop::collection::vec("[ab\"é]{1,2}", 0..6), around in 0_usize..4) {
            let members: Vec<String> = keys.iter().map(|key| format!("{}: {{\"x\": [1]}}", serde_json::to_string(key).unwrap())).collect();
            let text = format!("{}{{{}}}{}", "[{\"k\": ".repeat(around), members.join(","), "}]".repeat(around));
            let found = Census::of(text.as_bytes(), Form::Document, ALL).unwrap().repeated;
            let twice = (1..keys.len()).find(|&at| keys[..at].contains(&keys[at]));
            prop_assert_eq!(found.as_ref().map(|found| &found.key), twice.map(|at| &keys[at]));
            if let Some(found) = found {
                prop_assert!(text[found.offset..].starts_with(serde_json::to_string(&found.key).unwrap().trim_matches('"')));
            }
        }

        #[test]
        fn lines_are_counted_as_they_parse(values in prop::collection::vec(document(), 0..6), end in "(\r?\n){0,2}") {
            let lines: Vec<String> = values.iter().map(|value| serde_json::to_string(value).unwrap()).collect();
            let text = lines.join("\n") + &end;
            let census = Census::of(text.as_bytes(), Form::Lines, ALL).unwrap();
            prop_assert_eq!(census.root().holds(), Holds::Entries(Kind::Array, values.len() as u64));
        }

        #[test]
        fn any_lines_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..64)) {
            let good = |(_, line): (usize, &[u8])| serde_json::from_slice::<Value>(line).is_ok();
            let ours = Census::of(&text, Form::Lines, ALL);
            if ours.is_ok() {
                prop_assert!(lines(&text).all(good));
            } else if let Err(fault) = ours {
                prop_assert!(fault.offset <= text.len() && (!lines(&text).all(good) || text.starts_with(b"\0") || text.get(1) == Some(&0)));
            }
        }

        /// A text is taken for JSON exactly when `serde_json` takes it; its tree refuses lone surrogates, which readers do take.
        #[test]
        fn damaged_text_is_judged_as_serde_json_does(
            value in document(),
            damage in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3, prop::sample::select(DAMAGE)), 1..4),
        ) {
            let mut text = serde_json::to_vec_pretty(&value).unwrap();
            for (place, removed, put) in damage {
                let at = place.index(text.len() + 1);
                text.splice(at..(at + removed).min(text.len()), put.iter().copied());
            }
            let ours = Census::of(&text, Form::Document, ALL);
            if let Err(fault) = &ours {
                prop_assert!(fault.offset <= text.len() && fault.line > 0 && fault.column > 0);
                prop_assert!(serde_json::from_slice::<Value>(&text).is_err(), "{fault}: {}", String::from_utf8_lossy(&text));
            } else {
                prop_assert!(std::str::from_utf8(&text).is_ok_and(|text| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()));
            }
        }

        #[test]
        fn any_bytes_are_read_without_panic(text in prop::collection::vec(any::<u8>(), 0..64)) {
            prop_assert_eq!(Census::of(&text, Form::Document, ALL).is_ok(), serde_json::from_slice::<Value>(&text).is_ok());
        }
    }

    const DAMAGE: &[&[u8]] = &[
        b"",
        b",",
        b":",
        b"{",
        b"}",
        b"[",
        b"]",
        b"\"",
        b"\\",
        b"\\u00e9",
        b"\n",
        b"\t",
        b" ",
        b"0",
        b"00",
        b"-",
        b"1.",
        b".5",
        b"1e",
        b"1E+9",
        b"e400",
        b"null",
        b"nul",
        b"true",
        b"NaN",
        b"//",
        b"'",
        b"\0",
        b"\xff",
        b"\xc3\xa9",
        b"\x1f",
    ];
}
