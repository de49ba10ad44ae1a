//! YAML with the bytes of its words: a flat tree from the parser's events, and scalars as scripts.

use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span};

use crate::shell::tree::Bytes;
use crate::shell::{Source, Writing};

/// How deep mappings and sequences may stand in each other; workflows need ten.
const MOST_NESTED: usize = 100;
/// How many brackets may close where the standard does not want them.
const MOST_BRACKETS: usize = 100;
/// How many ways to read `|2` are tried.
const MOST_INDENTS: usize = 16;
/// How many nodes a document may have.
const MOST_NODES: usize = 200_000;

/// What is written otherwise between double quotes, of YAML and of JSON.
pub(super) const JSON: &[(char, &str)] = &[('"', "\\\""), ('\\', "\\\\")];

/// A node by its number.
pub(super) type Id = usize;

/// A YAML file; of several documents in it, the first.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    text: Arc<str>,
    nodes: Vec<Node>,
}

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) bytes: Bytes,
    pub(super) value: Value,
    tag: String,
}

/// What a node is.
#[derive(Debug)]
pub(super) enum Value {
    Scalar(String, ScalarStyle),
    Sequence(Vec<Id>),
    /// Keys and values in turn.
    Mapping(Vec<Id>),
    Alias(Option<Id>),
}

/// Why a text is no YAML.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) reason: String,
    pub(super) bytes: Bytes,
}

impl Yaml {
    /// Reads a text; the second is what stopped that, where something did.
    pub(super) fn read(text: &Arc<str>) -> (Self, Option<Fault>) {
        let mut lenient: Option<String> = None;
        for _ in 0..MOST_BRACKETS {
            let read = lenient.as_deref().unwrap_or(text);
            let (yaml, fault) = Self::read_once(text, read);
            let Some((fault, index)) = fault else { return (yaml, None) };
            let Some(next) = index.and_then(|index| with_bracket_joined(read, index)) else { return (yaml, Some(fault)) };
            lenient = Some(next);
        }
        let (yaml, fault) = Self::read_once(text, lenient.as_deref().unwrap_or(text));
        (yaml, fault.map(|(fault, _)| fault))
    }

    /// Reads a text that is the given one but for blanks.
    fn read_once(text: &Arc<str>, read: &str) -> (Self, Option<(Fault, Option<usize>)>) {
        let yaml = Self { text: Arc::clone(text), nodes: Vec::new() };
        let mut reader = Reader { yaml, offsets: offsets(text), open: Vec::new(), anchors: Vec::new() };
        let mut parser = Parser::new_from_str(read);
        while let Some(event) = parser.next_event() {
            match event {
                Ok((event, span)) => match reader.take(event, span) {
                    Step::On => {}
                    Step::Done => break,
                    Step::Fault(reason) => {
                        let at = reader.bytes(span).start;
                        return (reader.yaml, Some((Fault { reason, bytes: at..at }, None)));
                    }
                },
                Err(error) => {
                    let index = error.marker().index();
                    let at = reader.offset(index);
                    return (reader.yaml, Some((Fault { reason: error.info().to_owned(), bytes: at..at }, Some(index))));
                }
            }
        }
        (reader.yaml, None)
    }

    /// The outermost node.
    pub(super) fn root(&self) -> Option<Id> {
        (!self.nodes.is_empty()).then_some(0)
    }

    /// A node, or the one that it is an alias of.
    pub(super) fn node(&self, id: Id) -> Option<&Node> {
        self.nodes.get(self.resolved(id)?)
    }

    fn resolved(&self, id: Id) -> Option<Id> {
        match self.nodes.get(id)?.value {
            // An anchor stands before its aliases, so that this ends.
            Value::Alias(target) => self.resolved(target.filter(|target| *target < id)?),
            _ => Some(id),
        }
    }

    /// The pairs of a mapping, those that `<<` merges in last.
    pub(super) fn pairs(&self, id: Id) -> Vec<(&str, Id)> {
        let mut pairs = Vec::new();
        let mut merged = Vec::new();
        if let Some(Node { value: Value::Mapping(members), .. }) = self.node(id) {
            for pair in members.chunks_exact(2) {
                match self.scalar(pair[0]) {
                    Some("<<") => merged.push(pair[1]),
                    Some(key) => pairs.push((key, pair[1])),
                    None => {}
                }
            }
        }
        for id in merged {
            let sources = self.items(id).unwrap_or_else(|| vec![id]);
            // One level of merging is what is used; more could go in circles.
            for source in sources {
                if let Some(Node { value: Value::Mapping(members), .. }) = self.node(source) {
                    pairs.extend(members.chunks_exact(2).filter_map(|pair| Some((self.scalar(pair[0])?, pair[1]))));
                }
            }
        }
        pairs
    }

    /// The value of a mapping's key.
    pub(super) fn get(&self, id: Id, key: &str) -> Option<Id> {
        self.pairs(id).into_iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The value that a path of keys leads to.
    pub(super) fn at(&self, id: Id, path: &[&str]) -> Option<Id> {
        path.iter().try_fold(id, |id, key| self.get(id, key))
    }

    /// The items of a sequence.
    pub(super) fn items(&self, id: Id) -> Option<Vec<Id>> {
        match &self.node(id)?.value {
            Value::Sequence(items) => Some(items.clone()),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub(super) fn scalar(&self, id: Id) -> Option<&str> {
        match &self.node(id)?.value {
            Value::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar at the end of a path.
    pub(super) fn word(&self, id: Id, path: &[&str]) -> Option<&str> {
        self.scalar(self.at(id, path)?)
    }

    /// Whether it stands for a node that has an anchor.
    pub(super) fn is_alias(&self, id: Id) -> bool {
        self.nodes.get(id).is_some_and(|node| matches!(node.value, Value::Alias(_)))
    }

    /// The tag of a node, e.g. `!reference`.
    pub(super) fn tag(&self, id: Id) -> &str {
        self.nodes.get(id).map_or("", |node| &node.tag)
    }

    /// A scalar as a script, and how it is written; none if it is no scalar.
    pub(super) fn script(&self, id: Id) -> Option<(Source, Writing)> {
        let node = self.node(id)?;
        let Value::Scalar(value, style) = &node.value else { return None };
        let (source, writing) = match style {
            ScalarStyle::Literal => literal(&self.text, &node.bytes, value).unwrap_or((Source::default(), Writing::Apart)),
            ScalarStyle::Folded => {
                let (_, lines) = block(&self.text, &node.bytes)?;
                let blank = |text: &str| text.len() - text.trim_start_matches([' ', '\n', '\r']).len();
                let start = lines.start + self.text.get(lines.clone()).map_or(0, blank);
                (aligned(&self.text, &(start..lines.end.max(start)), value, *style), Writing::OneLine)
            }
            ScalarStyle::Plain => (aligned(&self.text, &node.bytes, value, *style), Writing::Plain),
            ScalarStyle::SingleQuoted => (aligned(&self.text, &inside(&node.bytes), value, *style), Writing::Escaped(&[('\'', "''")])),
            ScalarStyle::DoubleQuoted => (aligned(&self.text, &inside(&node.bytes), value, *style), Writing::Escaped(JSON)),
        };
        if source.text == *value {
            return Some((source, writing));
        }
        let mut whole = Source::default();
        whole.replace(value, node.bytes.clone());
        Some((whole, Writing::Apart))
    }
}

/// A bracket that closes at the beginning of a line, no deeper than the key it belongs to, is what most parsers take and the standard does
/// not: the text with the bracket on the line before, character for character; none where that is not the fault.
fn with_bracket_joined(text: &str, index: usize) -> Option<String> {
    let at = text.char_indices().nth(index).map_or(text.len(), |(at, _)| at);
    let closes = at + text[at..].find(|char: char| !char.is_whitespace())?;
    let line = text[..closes].rfind('\n')?;
    if !text[closes..].starts_with([']', '}']) || !text[line..closes].trim().is_empty() {
        return None;
    }
    let mut start = line;
    // Blank lines and comments before it are in the way, too.
    loop {
        let before = text[..start].rfind('\n').map_or(0, |newline| newline + 1);
        let words = &text[before..start];
        let comment = if words.trim_start().starts_with('#') { Some(before) } else { words.find(" #").map(|at| before + at) };
        start = comment.unwrap_or(start);
        if !text[before..start].trim().is_empty() || before == 0 {
            break;
        }
        start = before - 1;
    }
    let blanks: String = text[start..closes].chars().map(|_| ' ').collect();
    Some(format!("{}{blanks}{}", &text[..start], &text[closes..]))
}

/// What comes of one event.
enum Step {
    On,
    Done,
    Fault(String),
}

struct Reader {
    yaml: Yaml,
    /// The byte of each character; empty where they are the same.
    offsets: Vec<usize>,
    /// The nodes that are not closed.
    open: Vec<Id>,
    /// Nodes by the number of their anchor.
    anchors: Vec<(usize, Id)>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>, span: Span) -> Step {
        let (value, anchor, tag) = match event {
            Event::Scalar(text, style, anchor, tag) => (Value::Scalar(text.into_owned(), style), anchor, tag),
            Event::SequenceStart(anchor, tag) => (Value::Sequence(Vec::new()), anchor, tag),
            Event::MappingStart(anchor, tag) => (Value::Mapping(Vec::new()), anchor, tag),
            Event::Alias(anchor) => {
                let known = self.anchors.iter().rev().find(|(number, _)| *number == anchor);
                (Value::Alias(known.map(|(_, id)| *id)), 0, None)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.open.pop();
                return Step::On;
            }
            Event::DocumentEnd => return if self.yaml.nodes.is_empty() { Step::On } else { Step::Done },
            _ => return Step::On,
        };
        let id = self.yaml.nodes.len();
        let opens = matches!(value, Value::Sequence(_) | Value::Mapping(_));
        let tag = tag.map(|tag| format!("{}{}", tag.handle, tag.suffix)).unwrap_or_default();
        let bytes = self.bytes(span);
        self.yaml.nodes.push(Node { bytes, value, tag });
        if anchor > 0 {
            self.anchors.push((anchor, id));
        }
        if let Some(Value::Sequence(members) | Value::Mapping(members)) =
            self.open.last().and_then(|parent| self.yaml.nodes.get_mut(*parent)).map(|node| &mut node.value)
        {
            members.push(id);
        }
        if opens {
            self.open.push(id);
        }
        if self.open.len() > MOST_NESTED {
            return Step::Fault(format!("more than {MOST_NESTED} mappings and sequences are open here"));
        }
        if self.yaml.nodes.len() > MOST_NODES { Step::Fault(format!("it has more than {MOST_NODES} nodes")) } else { Step::On }
    }

    fn bytes(&self, span: Span) -> Bytes {
        let start = self.offset(span.start.index());
        start..self.offset(span.end.index()).max(start)
    }

    fn offset(&self, index: usize) -> usize {
        if self.offsets.is_empty() {
            index.min(self.yaml.text.len())
        } else {
            self.offsets.get(index).copied().unwrap_or(self.yaml.text.len())
        }
    }
}

/// The parser counts characters.
fn offsets(text: &str) -> Vec<usize> {
    if text.is_ascii() { Vec::new() } else { text.char_indices().map(|(at, _)| at).collect() }
}

/// What stands between quotes.
fn inside(bytes: &Bytes) -> Bytes {
    let start = bytes.start + 1;
    start..bytes.end.saturating_sub(1).max(start)
}

/// A block scalar: how deep its text may be indented, and the bytes of its lines. The parser's span may begin at the sign or at the content.
fn block(text: &str, bytes: &Bytes) -> Option<(Vec<usize>, Bytes)> {
    let line = text.get(bytes.start..)?.split('\n').next()?;
    let opens = line.trim_start().starts_with(['|', '>']);
    let start = if opens { bytes.start + line.len() + 1 } else { text[..bytes.start].rfind('\n').map_or(0, |at| at + 1) };
    let header = text.get(..start.min(text.len()))?.lines().next_back()?;
    let first = text.get(start..)?.split('\n').find(|line| !line.trim().is_empty())?;
    let indent = first.len() - first.trim_start_matches(' ').len();
    // `|2` says how deep the text stands where its first line is indented itself: from the innermost key or dash of the line.
    let signs = header.rsplit(['|', '>']).next().and_then(|signs| signs.split_whitespace().next()).unwrap_or_default();
    let indents = match signs.chars().find_map(|sign| sign.to_digit(10)) {
        Some(deep) => {
            let inner = header.len() - header.trim_start_matches([' ', '-']).len();
            (0..=inner).rev().map(|base| base + deep as usize).filter(|at| *at <= indent).take(MOST_INDENTS).collect()
        }
        None => vec![indent],
    };
    Some((indents, start..bytes.end.max(start).min(text.len())))
}

/// `|`: line for line, without the indentation.
fn literal(text: &str, bytes: &Bytes, value: &str) -> Option<(Source, Writing)> {
    let (indents, lines) = block(text, bytes)?;
    let told = |indent: &usize| Some((indented(text, &lines, *indent, value)?, Writing::Lines(" ".repeat(*indent))));
    indents.iter().filter_map(told).find(|(source, _)| source.text == value)
}

fn indented(text: &str, lines: &Bytes, indent: usize, value: &str) -> Option<Source> {
    let mut source = Source::default();
    let mut at = lines.start;
    // The value tells how many line ends are kept; the span may end before or behind the last.
    for line in text.get(lines.start..)?.split_inclusive('\n') {
        if source.text.len() >= value.len() {
            break;
        }
        let words = line.trim_end_matches(['\n', '\r']);
        let skipped = if words.trim_matches(' ').is_empty() { words.len().min(indent) } else { indent };
        let mut content = line.get(skipped..)?;
        if let Some(end) = content.strip_suffix("\r\n") {
            source.push(end, at + skipped);
            source.replace("\n", at + skipped + end.len()..at + line.len());
            content = "";
        }
        content = content.get(..content.len().min(value.len().saturating_sub(source.text.len())))?;
        source.push(content, at + skipped);
        at += line.len();
    }
    Some(source)
}

/// The value of a scalar piece by piece beside what is written: folded lines, doubled quotes, escapes.
fn aligned(text: &str, bytes: &Bytes, value: &str, style: ScalarStyle) -> Source {
    let mut source = Source::default();
    let raw = text.get(bytes.clone()).unwrap_or_default();
    let mut at = 0;
    let mut rest = value.chars().peekable();
    while let Some(char) = rest.next() {
        let here = &raw[at..];
        let fold = here.len() - here.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let folded = here[..fold].contains('\n');
        let escape = style == ScalarStyle::DoubleQuoted && here.starts_with('\\');
        if folded && matches!(char, ' ' | '\n') {
            // One line end is a blank, each further one a line end.
            let mut piece = String::from(char);
            while rest.peek().is_some_and(|next| *next == '\n' || style == ScalarStyle::Folded && *next == ' ') {
                piece.extend(rest.next());
            }
            source.replace(&piece, bytes.start + at..bytes.start + at + fold);
            at += fold;
        } else if escape || style == ScalarStyle::SingleQuoted && char == '\'' && here.starts_with("''") {
            let length = if escape { escaped(here) } else { 2 };
            source.replace(&String::from(char), bytes.start + at..bytes.start + at + length);
            at += length;
        } else if here.starts_with(char) {
            source.push(&String::from(char), bytes.start + at);
            at += char.len_utf8();
        } else {
            break;
        }
    }
    source
}

/// A string of JSON, which is one of YAML too, and whether each part of it is known.
pub(super) fn json_string(text: &str, bytes: &Bytes, value: &str) -> (Source, bool) {
    let source = aligned(text, &inside(bytes), value, ScalarStyle::DoubleQuoted);
    if source.text == value {
        return (source, true);
    }
    let mut whole = Source::default();
    whole.replace(value, bytes.clone());
    (whole, false)
}

/// The length of an escape of a double-quoted scalar; an escaped line end takes the blanks behind it along.
fn escaped(text: &str) -> usize {
    match text[1..].chars().next() {
        Some('x') => 4.min(text.len()),
        Some('u') => 6.min(text.len()),
        Some('U') => 10.min(text.len()),
        Some(char) => 1 + char.len_utf8(),
        None => 1,
    }
}
