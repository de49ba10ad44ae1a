//! TOML text → a tree that remembers where each value stands, and one tree laid over another.

use std::borrow::Cow;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value, and where it comes from.
#[derive(Debug, Clone)]
pub(crate) struct Node<'t> {
    /// The value.
    pub(crate) value: Value<'t>,
    /// Where it stands in the text of its source, in bytes.
    pub(crate) bytes: Range<usize>,
    /// Which text that is.
    pub(crate) source: Source,
}

/// Which text a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The policy in the binary.
    BuiltIn,
    /// The repository's own file.
    File,
    /// No text: it follows from other values in force.
    Derived,
}

/// What a policy can hold.
#[derive(Debug, Clone)]
pub(crate) enum Value<'t> {
    /// A string.
    Text(Cow<'t, str>),
    /// A whole number that fits.
    Whole(i64),
    /// `true` or `false`.
    Flag(bool),
    /// An array, also one of tables.
    List(Vec<Node<'t>>),
    /// A table; its members are sorted by key.
    Table(Vec<Member<'t>>),
    /// What no key of a policy takes, as it would be written: a float, a time, a number that is too large.
    Other(String),
}

/// A key of a table with its value.
#[derive(Debug, Clone)]
pub(crate) struct Member<'t> {
    /// The key.
    pub(crate) key: Cow<'t, str>,
    /// Where the key stands.
    pub(crate) key_bytes: Range<usize>,
    /// What it is set to.
    pub(crate) node: Node<'t>,
}

/// Something that is not TOML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SyntaxError {
    /// Where.
    pub(super) bytes: Range<usize>,
    /// What the parser says.
    pub(super) message: String,
}

/// Reads a text; what cannot be read is left out of the tree and listed, in the order of the text, one error a line.
pub(super) fn parse(text: &str, source: Source) -> (Node<'_>, Vec<SyntaxError>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut errors: Vec<_> =
        errors.into_iter().map(|error| SyntaxError { bytes: error.span().unwrap_or(0..0), message: error.message().to_owned() }).collect();
    errors.sort_by_key(|error| error.bytes.start);
    // A line that does not parse throws more errors behind the first one.
    let mut line_end = None;
    errors.retain(|error| {
        let first = line_end.is_none_or(|end| error.bytes.start > end);
        if first {
            let rest = text.as_bytes().get(error.bytes.start..).unwrap_or_default();
            line_end = Some(error.bytes.start + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()));
        }
        first
    });
    (Node { bytes: table.span(), value: Value::Table(members(table.into_inner(), source)), source }, errors)
}

fn members(table: DeTable<'_>, source: Source) -> Vec<Member<'_>> {
    table.into_iter().map(|(key, value)| Member { key_bytes: key.span(), key: key.into_inner(), node: node(value, source) }).collect()
}

fn node(value: Spanned<DeValue<'_>>, source: Source) -> Node<'_> {
    let bytes = value.span();
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text),
        DeValue::Boolean(flag) => Value::Flag(flag),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Whole(number),
            Err(_) => Value::Other(number.to_string()),
        },
        DeValue::Float(number) => Value::Other(number.to_string()),
        DeValue::Datetime(time) => Value::Other(time.to_string()),
        DeValue::Array(items) => Value::List(items.into_iter().map(|item| node(item, source)).collect()),
        DeValue::Table(table) => Value::Table(members(table, source)),
    };
    Node { value, bytes, source }
}

impl<'t> Node<'t> {
    /// The member of a table.
    pub(crate) fn get(&self, key: &str) -> Option<&Node<'t>> {
        self.members().iter().find(|member| member.key == key).map(|member| &member.node)
    }

    /// The member of a table in a table.
    pub(super) fn at(&self, table: &str, key: &str) -> Option<&Node<'t>> {
        self.get(table)?.get(key)
    }

    /// The members of a table; none for any other value.
    pub(crate) fn members(&self) -> &[Member<'t>] {
        match &self.value {
            Value::Table(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none for any other value.
    pub(crate) fn items(&self) -> &[Node<'t>] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Sets a member of a table in a table.
    pub(super) fn set(&mut self, table: &str, key: &'static str, node: Node<'t>) {
        let Value::Table(tables) = &mut self.value else { return };
        let Some(Value::Table(members)) = tables.iter_mut().find(|member| member.key == table).map(|member| &mut member.node.value) else {
            return;
        };
        match members.iter_mut().find(|member| member.key == key) {
            Some(member) => member.node = node,
            None => members.push(Member { key: Cow::Borrowed(key), key_bytes: 0..0, node }),
        }
    }
}

/// Lays one tree over another: tables are merged key by key, everything else is replaced.
pub(super) fn merge<'t>(under: Node<'t>, over: Node<'t>) -> Node<'t> {
    let Value::Table(mut members) = under.value else { return over };
    let upper = match over.value {
        Value::Table(upper) => upper,
        value => return Node { value, ..over },
    };
    for member in upper {
        match members.binary_search_by(|known| known.key.cmp(&member.key)) {
            Ok(at) => {
                let below = members.remove(at);
                members.insert(at, Member { node: merge(below.node, member.node), ..member });
            }
            Err(at) => members.insert(at, member),
        }
    }
    Node { value: Value::Table(members), bytes: over.bytes, source: over.source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str, source: Source) -> Node<'_> {
        let (node, errors) = parse(text, source);
        assert_eq!(errors, []);
        node
    }

    #[test]
    fn lists_replace_and_tables_merge() {
        let under = tree("a = [1, 2]\n[t]\nx = 1\ny = 2\n", Source::BuiltIn);
        let over = tree("a = [3]\n[t]\ny = 5\nz = 6\n", Source::File);
        let merged = merge(under, over);
        assert_eq!(merged.get("a").unwrap().items().len(), 1);
        let table: Vec<_> = merged.get("t").unwrap().members().iter().map(|member| (&*member.key, member.node.source)).collect();
        assert_eq!(table, [("x", Source::BuiltIn), ("y", Source::File), ("z", Source::File)]);
    }

    #[test]
    fn every_value_knows_its_bytes() {
        let text = "name = \"é\"\n[[w]]\nkey = [true]\n";
        let node = tree(text, Source::File);
        assert_eq!(&text[node.get("name").unwrap().bytes.clone()], "\"é\"");
        let entry = &node.get("w").unwrap().items()[0];
        assert_eq!(&text[entry.bytes.clone()], "[[w]]");
        assert_eq!(&text[entry.get("key").unwrap().items()[0].bytes.clone()], "true");
    }

    #[test]
    fn all_that_is_not_toml_is_listed() {
        let (node, errors) = parse("a = \nb = 1\nc = [1,,2]\n", Source::File);
        assert!(errors.len() >= 2, "{errors:?}");
        assert!(node.get("b").is_some());
    }
}
