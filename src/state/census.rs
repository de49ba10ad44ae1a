//! One pass over a JSON text → its collections and their sizes.

use std::collections::HashMap;

use super::fault::Fault;
use super::read::{Entry, Kind, Reader, unescaped, value};

/// What a JSON document holds, down to a depth. It keeps nothing of the text but names.
///
/// Members of objects are named; elements of arrays are only counted, because an index names another element after each insertion.
#[derive(Debug, Clone, PartialEq)]
pub struct Census {
    /// The root, then everything below, a collection before what it holds.
    nodes: Vec<Node>,
    /// The names of all nodes, one behind the other.
    names: String,
}

/// How closely a census looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// 0 is the root alone, 1 its members too, and so on.
    pub depth: usize,
    /// What is noted besides the root.
    pub detail: Detail,
}

/// What a census notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Collections alone: enough to see that something is amiss, and small whatever the text is.
    Collections,
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
    pub fn of(text: &[u8], scope: Scope) -> Result<Self, Fault> {
        if let Some(fault) = Fault::at_first_sight(text) {
            return Err(fault);
        }
        let mut taker = Taker { reader: Reader::new(text, 0), scope, text, census: Self { nodes: Vec::new(), names: String::new() } };
        taker.value(0, 0)?;
        taker.reader.end()?;
        Ok(taker.census)
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
        format!("{}/{}", parent.pointer(), self.name().replace('~', "~0").replace('/', "~1"))
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

/// Takes a census.
struct Taker<'t> {
    reader: Reader<'t>,
    text: &'t [u8],
    scope: Scope,
    census: Census,
}

impl Taker<'_> {
    /// Notes the value in front of the reader and what it holds. Its name must have been written down already.
    ///
    /// It calls itself for each level of the scope; the reader stops deeper nesting than that.
    fn value(&mut self, parent: usize, level: usize) -> Result<(), Fault> {
        let kind = self.reader.begin()?;
        let begun = self.reader.begun();
        let holds = match kind {
            Kind::Object | Kind::Array => Holds::Entries(kind, 0),
            _ if level > 0 && self.scope.detail == Detail::Collections => return Ok(()),
            Kind::Number => Holds::Number(value(&self.text[begun.clone()])),
            _ => Holds::Scalar(kind),
        };
        let index = self.census.nodes.len();
        self.census.nodes.push(Node { parent, name_end: self.census.names.len(), start: begun.start, holds });
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
                Entry::Member(key) if level < self.scope.depth => {
                    let (nodes, names) = (self.census.nodes.len(), self.census.names.len());
                    self.census.names.push_str(&unescaped(key));
                    self.value(index, level + 1)?;
                    if self.census.nodes.len() == nodes {
                        self.census.names.truncate(names);
                    }
                }
                _ => _ = self.reader.skip()?,
            }
        }
        Ok(entries)
    }
}
