//! A tree against the description of the policy: everything that is wrong with it, at once.

use std::ops::Range;
use std::sync::Arc;

use super::problem::{Problem, Strictness};
use super::scalar::{self, Age};
use super::shape::{Key, Kind, Need, POLICY, Shape, Table};
use super::tree::{Member, Node, Value};
use crate::finding::Place;
use crate::report::shown;

/// What a check found.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// What makes the policy unusable.
    pub(super) errors: Vec<Problem>,
    /// What is not there; it may be, where the text does not parse.
    pub(super) missing: Vec<Problem>,
    /// What a newer gnp-lint may understand.
    pub(super) warnings: Vec<Problem>,
}

/// Checks a whole policy.
pub(super) fn check(root: &Node<'_>, text: &Arc<str>, name: &str, strictness: Strictness) -> Outcome {
    let mut checker = Checker { text, name, strictness, outcome: Outcome::default() };
    checker.table(&POLICY, root, "");
    checker.outcome
}

/// A problem at some bytes of a text.
pub(super) fn problem(text: &Arc<str>, name: &str, bytes: Range<usize>, message: impl Into<String>, help: impl Into<String>) -> Problem {
    Problem { place: Place::in_text(name, text, bytes), message: message.into(), help: help.into() }
}

struct Checker<'c> {
    text: &'c Arc<str>,
    name: &'c str,
    strictness: Strictness,
    outcome: Outcome,
}

/// Whether every key of a table was known.
#[derive(PartialEq, Eq)]
enum Keys {
    Known,
    SomeUnknown,
}

impl Checker<'_> {
    fn error(&mut self, bytes: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.report(Age::Timeless, bytes, message, help);
    }

    fn missing(&mut self, bytes: &Range<usize>, message: String, help: String) {
        self.outcome.missing.push(problem(self.text, self.name, bytes.clone(), message, help));
    }

    fn report(&mut self, age: Age, bytes: &Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let problem = problem(self.text, self.name, bytes.clone(), message, help);
        if age == Age::MayBeNewer && self.strictness == Strictness::Door {
            self.outcome.warnings.push(problem);
        } else {
            self.outcome.errors.push(problem);
        }
    }

    /// Checks a value; `key` is what it is set for, `path` the tables and keys that lead to it.
    fn value(&mut self, shape: &Shape, node: &Node<'_>, key: &str, path: &str) {
        match (shape, &node.value) {
            (Shape::Text(kind), Value::Text(text)) => self.text(*kind, key, text, &node.bytes),
            (Shape::VersionOrFalse, Value::Text(text)) => self.text(Kind::Version, key, text, &node.bytes),
            (Shape::Flag, Value::Flag(_)) | (Shape::VersionOrFalse, Value::Flag(false)) => {}
            (Shape::Word(words) | Shape::WordOrTable(words, _), Value::Text(text)) => self.word(words, key, text, &node.bytes),
            (Shape::WordOrTable(_, table) | Shape::Table(table), Value::Table(_)) => {
                self.table(table, node, path);
            }
            (Shape::Kinds(tables), Value::Table(_)) => self.kinds(tables, node, path),
            (Shape::Map { keys, values }, Value::Table(members)) => self.map(*keys, values, members, path),
            (Shape::List(shape), Value::List(items)) => items.iter().for_each(|item| self.value(shape, item, key, path)),
            (Shape::Whole { least, most }, Value::Whole(number)) => {
                if number < least || number > most {
                    let help = format!("write a whole number {}", range(*least, *most));
                    self.error(&node.bytes, format!("`{key}` is {number}"), help);
                }
            }
            _ => self.wrong_type(shape, node, key, path),
        }
    }

    fn text(&mut self, kind: Kind, key: &str, text: &str, bytes: &Range<usize>) {
        if let Err(fault) = scalar::check(kind, key, text, self.strictness) {
            self.report(fault.age, bytes, fault.message, fault.help);
        }
    }

    fn word(&mut self, words: &[&str], key: &str, text: &str, bytes: &Range<usize>) {
        if !words.contains(&text) {
            let help = match scalar::nearest(text, words.iter().copied()) {
                Some(near) => format!("write \"{near}\""),
                None => format!("write {}", listed(words)),
            };
            self.error(bytes, format!("`{}` is no value for `{key}`", shown(text)), help);
        }
    }

    fn map(&mut self, keys: Kind, values: &Shape, members: &[Member<'_>], path: &str) {
        for member in members {
            self.text(keys, path, &member.key, &member.key_bytes);
            self.value(values, &member.node, &shown(&member.key), &join(path, &member.key));
        }
    }

    fn table(&mut self, table: &Table, node: &Node<'_>, path: &str) {
        let unknown = self.keys(table, node, path);
        for key in table.keys {
            if key.need == Need::Required && node.get(key.name).is_none() {
                let help = format!("add `{} = …`: {}", key.name, lower(key.about));
                self.missing(&node.bytes, format!("`{path}` has no `{}`", key.name), help);
            }
        }
        if !table.some_of.is_empty() && !table.some_of.iter().any(|name| node.get(name).is_some()) {
            let message = format!("`{path}` has none of {}", quoted(table.some_of));
            let help = format!("add one: {}", meanings(table));
            match unknown {
                Keys::SomeUnknown => self.report(Age::MayBeNewer, &node.bytes, message, help),
                Keys::Known => self.missing(&node.bytes, message, help),
            }
        }
        if let Some(empty) = empty_condition(table, node) {
            self.error(
                &empty,
                format!("`{path}` has an empty condition, which holds for nobody or for everybody"),
                "fill it, or remove it",
            );
        }
    }

    /// One of several tables, told apart by their first keys.
    fn kinds(&mut self, tables: &[Table], node: &Node<'_>, path: &str) {
        let first = |table: &Table| table.keys.first().map_or("", |key| key.name);
        let given: Vec<_> = tables.iter().filter(|table| node.get(first(table)).is_some()).collect();
        match given[..] {
            [table] => self.table(table, node, path),
            [] => {
                let names: Vec<_> = tables.iter().map(first).collect();
                let unknown = node.members().iter().find(|member| tables.iter().all(|table| table.key(&member.key).is_none()));
                let (age, help) = match unknown {
                    Some(member) => match scalar::nearest(&member.key, names.iter().copied()) {
                        Some(near) => (Age::MayBeNewer, format!("write `{near}` instead of `{}`", shown(&member.key))),
                        None => (Age::MayBeNewer, format!("begin it with one of {}", quoted(&names))),
                    },
                    None => (Age::Timeless, format!("begin it with one of {}", quoted(&names))),
                };
                self.report(age, &node.bytes, format!("this entry of `{path}` has none of {}", quoted(&names)), help);
            }
            _ => {
                let names: Vec<_> = given.iter().map(|table| first(table)).collect();
                self.error(&node.bytes, format!("this entry of `{path}` has {} at once", quoted(&names)), "make an entry of each");
            }
        }
    }

    fn keys(&mut self, table: &Table, node: &Node<'_>, path: &str) -> Keys {
        let mut keys = Keys::Known;
        for member in node.members() {
            if let Some(key) = table.key(&member.key) {
                self.value(&key.shape, &member.node, key.name, &join(path, key.name));
                continue;
            }
            keys = Keys::SomeUnknown;
            let place = if path.is_empty() { "the policy".to_owned() } else { format!("`{path}`") };
            let message = format!("unknown key `{}` in {place}", shown(&member.key));
            self.report(Age::MayBeNewer, &member.key_bytes, message, unknown_key(table, &member.key));
        }
        keys
    }

    fn wrong_type(&mut self, shape: &Shape, node: &Node<'_>, key: &str, path: &str) {
        let (is, written) = described(&node.value);
        let help = match (shape, &node.value) {
            (Shape::List(Shape::Table(_)), Value::Table(_)) if path == key || path == "state.collection" => {
                format!("write `[[{path}]]`, with two brackets")
            }
            (Shape::List(Shape::Kinds(_)), Value::Table(_)) => format!("put it in brackets: {key} = [{{ … }}], or write `[[{path}]]`"),
            (Shape::Table(_) | Shape::Map { .. }, Value::List(_)) if path == key => format!("write `[{path}]`, with one bracket"),
            (Shape::List(_), Value::Text(text)) => format!("write [\"{}\"]", shown(text)),
            (Shape::Text(Kind::Duration), Value::Whole(number)) if *number > 0 => format!("write \"{number}s\""),
            (Shape::Text(Kind::Percent), Value::Whole(number)) if (1..=100).contains(number) => format!("write \"{number}%\""),
            (Shape::Text(Kind::Version) | Shape::VersionOrFalse, Value::Whole(_) | Value::Other(_)) => {
                format!("write \"{written}\", in quotes")
            }
            (Shape::Flag, Value::Text(text)) if text == "true" || text == "false" => format!("write {text}, without quotes"),
            (Shape::Whole { .. }, Value::Text(text)) if text.parse::<u32>().is_ok() => format!("write {text}, without quotes"),
            _ => format!("write {}", wanted(shape)),
        };
        self.error(&node.bytes, format!("`{key}` is {is}"), help);
    }
}

/// A list or table that says nothing, among those of which an entry needs some.
fn empty_condition(table: &Table, node: &Node<'_>) -> Option<Range<usize>> {
    table.some_of.iter().filter_map(|name| node.get(name)).find_map(|condition| match &condition.value {
        Value::List(items) if items.is_empty() => Some(condition.bytes.clone()),
        Value::Table(members) if members.is_empty() => Some(condition.bytes.clone()),
        _ => None,
    })
}

/// What to do about an unknown key: the nearest known one, else where a key of that name belongs, else all there are.
fn unknown_key(table: &Table, name: &str) -> String {
    if let Some(near) = scalar::nearest(name, table.keys.iter().map(|key| key.name)) {
        return format!("write `{near}`");
    }
    if POLICY.key(name).is_some_and(|key| !matches!(key.shape, Shape::Table(_) | Shape::Map { .. })) {
        return format!("move `{name}` to the top of the file, before the first line in brackets");
    }
    match homes(name)[..] {
        [] => format!("known here: {}", quoted(&table.keys.iter().map(|key| key.name).collect::<Vec<_>>())),
        [home] => format!("`{name}` belongs in `{home}`"),
        ref several => format!("`{name}` belongs in one of {}", quoted(several)),
    }
}

/// The tables that know a key.
fn homes(name: &str) -> Vec<&'static str> {
    let home = |key: &'static Key| {
        let (Shape::Table(table) | Shape::List(&Shape::Table(table))) = key.shape else { return None };
        table.key(name).map(|_| key.name)
    };
    POLICY.keys.iter().filter_map(home).collect()
}

fn wanted(shape: &Shape) -> String {
    match shape {
        Shape::Text(kind) => scalar::example(*kind).to_owned(),
        Shape::Word(words) | Shape::WordOrTable(words, _) => listed(words),
        Shape::Flag => "true or false".to_owned(),
        Shape::Whole { least, most } => format!("a whole number {}", range(*least, *most)),
        Shape::VersionOrFalse => "a version such as \"12\", or false".to_owned(),
        Shape::List(Shape::Text(kind)) => format!("a list in brackets of which each item is {}", scalar::example(*kind)),
        Shape::List(_) => "a list of tables".to_owned(),
        Shape::Table(table) => format!("a table with some of {}", quoted(&table.keys.iter().map(|key| key.name).collect::<Vec<_>>())),
        Shape::Kinds(_) => "a table such as { pid_file = \"/tmp/sim.pid\" }".to_owned(),
        Shape::Map { keys, values } => format!("a table that leads from {} to {}", scalar::example(*keys), wanted(values)),
    }
}

/// What a value is, and how it is written.
fn described(value: &Value<'_>) -> (String, String) {
    match value {
        Value::Text(text) => (format!("the text \"{}\"", shown(text)), shown(text)),
        Value::Whole(number) => (format!("the number {number}"), number.to_string()),
        Value::Flag(flag) => (flag.to_string(), flag.to_string()),
        Value::List(_) => ("a list".to_owned(), String::new()),
        Value::Table(_) => ("a table".to_owned(), String::new()),
        Value::Other(written) => (format!("`{}`", shown(written)), shown(written)),
    }
}

fn range(least: i64, most: i64) -> String {
    if most == i64::MAX { format!("from {least} up") } else { format!("from {least} to {most}") }
}

fn meanings(table: &Table) -> String {
    let meaning = |name: &&str| table.key(name).map(|key| format!("`{name}` ({})", lower(key.about)));
    table.some_of.iter().filter_map(meaning).collect::<Vec<_>>().join(", ")
}

/// A sentence as a clause: without its capital and its full stop.
fn lower(sentence: &str) -> String {
    let clause = sentence.trim_end_matches('.');
    match clause.split_at_checked(1) {
        Some((first, rest)) if !clause.starts_with("JSON") => first.to_lowercase() + rest,
        _ => clause.to_owned(),
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn listed(words: &[&str]) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" or ")
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { shown(key) } else { format!("{path}.{}", shown(key)) }
}
