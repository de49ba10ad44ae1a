//! What a Python program hands to other programs: `subprocess.*` and `os.system` with literal arguments, and loops that start processes.
//!
//! An argument list becomes the command that a shell would need for it. A loop with `Popen` in it becomes a loop of background jobs, with
//! `time.sleep` as its `sleep`. A text that is no Python 3 is read as far as it goes: whoever runs it says what is wrong with it.

use std::collections::HashMap;

use tree_sitter::Node;

use super::{Carrier, tree};
use crate::policy::{Targets, Version};
use crate::shell::tree::Bytes;
use crate::shell::{Dialect, Setting, Source, UNKNOWN_VALUE, Writing};

/// What runs its inside several times.
const LOOPS: &[&str] = &["for_statement", "while_statement", "list_comprehension", "generator_expression"];
/// How many loops in each other are looked at.
const MOST_LOOPS: usize = 20;
/// How many functions that start processes are known.
const MOST_STARTERS: usize = 20;
/// Longer functions, in bytes, do more than start something.
const LONGEST_STARTER: usize = 4000;
/// Longer expressions, in bytes, are no names.
const LONGEST_NAME: usize = 80;
/// How many pieces a string is put together from at most.
const MOST_PIECES: usize = 200;

/// Every call that starts a program.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let text = carrier.text.clone();
    if !["subprocess", "os.system", "os.popen", "import system", "import popen"].iter().any(|word| text.contains(word)) {
        return;
    }
    let read = match tree::read(&text, &tree_sitter_python::LANGUAGE.into()) {
        Ok(read) => read,
        Err(reason) => return carrier.fault(reason, 0..0),
    };
    let mut program = Program {
        text: &text,
        names: HashMap::new(),
        paths: HashMap::new(),
        started: HashMap::new(),
        depth: 0,
        loops: Vec::new(),
        scripts: Vec::new(),
        asking: HashMap::new(),
    };
    program.imports(read.root_node());
    program.paths(read.root_node());
    program.starters(read.root_node());
    tree::walk(read.root_node(), &mut |step, node| program.visit(step, node));
    // Whoever runs the program has a Python, and calls it as they do.
    let setting = Setting { dialect: Dialect::Sh, provided: &["python"], excerpt: true, ..carrier.by_hand() };
    for (source, writing, systems) in program.scripts {
        let asked = Targets { bash: Version(u16::MAX, 0), macos: None, linux: false };
        let targets = if systems == Systems::Asked { asked } else { setting.targets.clone() };
        carrier.add(source, writing, Setting { targets, ..setting.clone() });
    }
}

/// How a call runs what it is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runs {
    /// A list, or a text if `shell=True`; it waits.
    List,
    /// The same, and it goes on at once.
    Start,
    /// A text that a shell reads.
    Text,
    /// Nothing: it sleeps.
    Sleep,
    /// A function of this file, which starts a process and goes on.
    Starter,
}

struct Program<'t> {
    text: &'t str,
    /// What names of this file stand for: functions, and modules under other names.
    names: HashMap<String, String>,
    /// Paths that names are given once, as words of a shell.
    paths: HashMap<String, Option<String>>,
    /// What functions of this file start without waiting for it, by their names.
    started: HashMap<String, String>,
    /// How many loops are open.
    depth: usize,
    /// Loops that start processes and are open, by their node.
    loops: Vec<(usize, Source)>,
    scripts: Vec<(Source, Writing, Systems)>,
    /// Functions that ask for the system, by their node.
    asking: HashMap<usize, bool>,
}

/// Which systems a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Systems {
    /// All that the policy names.
    All,
    /// The program has asked for the system or the command.
    Asked,
}

/// What asks for the system, or whether a command is there.
const ASKS: &[&str] = &[
    "sys.platform",
    "platform.system",
    "os.name",
    "os.uname",
    "platform.mac_ver",
    "which(",
    "is_mac",
    "is_linux",
    "is_darwin",
    "IS_MAC",
    "IS_LINUX",
    "MACOS",
    "LINUX",
    "WINDOWS",
    "FileNotFoundError",
    "skipif",
];
/// Longer conditions, in bytes, are generated.
const LONGEST_CONDITION: usize = 2000;
/// How many nodes around a call are looked at.
const MOST_AROUND: usize = 200;

impl<'t> Program<'t> {
    /// `import subprocess as sp`, `from subprocess import run as r`
    fn imports(&mut self, root: Node<'t>) {
        let text = self.text;
        let names = &mut self.names;
        tree::walk(root, &mut |step, node| {
            if step == tree::Step::Leave || !matches!(node.kind(), "import_statement" | "import_from_statement") {
                return;
            }
            let module = node.child_by_field_name("module_name").map(|module| &text[module.byte_range()]);
            let mut cursor = node.walk();
            for name in node.children_by_field_name("name", &mut cursor) {
                let (real, alias) = match (name.child_by_field_name("name"), name.child_by_field_name("alias")) {
                    (Some(real), Some(alias)) => (&text[real.byte_range()], &text[alias.byte_range()]),
                    _ => (&text[name.byte_range()], &text[name.byte_range()]),
                };
                let whole = module.map_or_else(|| real.to_owned(), |module| format!("{module}.{real}"));
                names.insert(alias.to_owned(), whole);
            }
        });
    }

    /// `REPO = "/srv/fleet"`, `REPO = Path("/srv/fleet")`; a name that is given several values is unknown.
    fn paths(&mut self, root: Node<'t>) {
        if !self.text.contains("cwd") {
            return;
        }
        let mut found: HashMap<String, Option<String>> = HashMap::new();
        tree::walk(root, &mut |step, node| {
            let name = node.child_by_field_name("left").filter(|name| name.kind() == "identifier");
            if let (tree::Step::Enter, "assignment", Some(name)) = (step, node.kind(), name) {
                let path = node.child_by_field_name("right").and_then(|value| self.path(value));
                let name = self.text[name.byte_range()].to_owned();
                found.entry(name).and_modify(|known| *known = None).or_insert(path);
            }
        });
        self.paths = found;
    }

    /// A string, or a path made of one.
    fn path(&self, value: Node<'t>) -> Option<String> {
        let made = ["Path", "pathlib.Path"].contains(&self.field(value, "function"));
        let inside = if made { tree::children(value.child_by_field_name("arguments")?).first().copied() } else { Some(value) };
        let text = inside.filter(|inside| inside.kind() == "string" && inside.byte_range().len() < LONGEST_NAME)?;
        let mut source = Source::default();
        self.word(text, &mut source);
        Some(source.text)
    }

    /// `def launch(name): return subprocess.Popen(…)`
    fn starters(&mut self, root: Node<'t>) {
        if !self.text.contains("Popen") {
            return;
        }
        let mut found = HashMap::new();
        tree::walk(root, &mut |step, node| {
            if step == tree::Step::Enter
                && node.kind() == "function_definition"
                && found.len() < MOST_STARTERS
                && let Some(started) = self.started_by(node)
            {
                found.insert(self.field(node, "name").to_owned(), started);
            }
        });
        self.started = found;
    }

    /// The command that a function starts, if it neither sleeps nor waits for it, nor is there a pipe that somebody waits at.
    fn started_by(&self, function: Node<'t>) -> Option<String> {
        let body = self.text.get(function.byte_range()).filter(|body| body.len() < LONGEST_STARTER && body.contains("Popen"))?;
        let rests =
            ["sleep", ".wait", ".communicate", ".poll", "PIPE", "with Popen", "with subprocess"].iter().any(|word| body.contains(word));
        let mut started = None;
        tree::walk(function, &mut |step, node| {
            if step == tree::Step::Enter && node.kind() == "call" && self.runs(node) == Some(Runs::Start) {
                let first = node.child_by_field_name("arguments").and_then(|given| tree::children(given).first().copied());
                let mut source = Source::default();
                if first.is_some_and(|first| self.command(first, false, true, &mut source)) {
                    started = Some(source.text);
                }
            }
        });
        started.filter(|_| !rests)
    }

    fn visit(&mut self, step: tree::Step, node: Node<'t>) {
        let is_loop = LOOPS.contains(&node.kind());
        if is_loop && step == tree::Step::Leave {
            self.depth -= 1;
        }
        match (step, node.kind()) {
            (tree::Step::Enter, _) if is_loop => {
                self.depth += 1;
                if self.depth <= MOST_LOOPS && self.starts_processes(node) {
                    let mut source = Source::default();
                    source.replace("while :; do\n", node.start_byte()..node.start_byte());
                    self.loops.push((node.id(), source));
                }
            }
            (tree::Step::Leave, _) if self.loops.last().is_some_and(|(id, _)| *id == node.id()) => {
                let Some((_, mut source)) = self.loops.pop() else { return };
                source.replace("done\n", node.end_byte()..node.end_byte());
                if let Some((_, outer)) = self.loops.last_mut() {
                    outer.follow(&source, 0..source.text.len());
                } else {
                    let systems = self.systems(node);
                    self.scripts.push((source, Writing::Apart, systems));
                }
            }
            (tree::Step::Enter, "call") => self.call(node),
            _ => {}
        }
    }

    /// Whether a loop starts processes and does not wait for each.
    fn starts_processes(&self, node: Node<'t>) -> bool {
        let body = &self.text[node.byte_range()];
        let may = body.contains("Popen") || self.started.keys().any(|name| body.contains(name));
        if !may && !self.names.values().any(|name| name == "subprocess.Popen") {
            return false;
        }
        let (mut starts, mut waits) = (false, false);
        tree::walk(node, &mut |step, inner| {
            if step == tree::Step::Enter && inner.kind() == "call" {
                starts |= matches!(self.runs(inner), Some(Runs::Start | Runs::Starter));
                let function = inner.child_by_field_name("function").map_or("", |function| &self.text[function.byte_range()]);
                waits |= [".wait", ".communicate", ".poll"].iter().any(|end| function.ends_with(end));
            }
            waits |= step == tree::Step::Enter && inner.kind() == "with_statement" && self.text[inner.byte_range()].contains("Popen");
        });
        starts && !waits
    }

    fn runs(&self, call: Node<'t>) -> Option<Runs> {
        let name = self.text.get(call.child_by_field_name("function")?.byte_range())?;
        if self.started.contains_key(name.strip_prefix("self.").unwrap_or(name)) {
            return Some(Runs::Starter);
        }
        let (first, rest) = name.split_once('.').map_or((name, ""), |(first, rest)| (first, rest));
        let known = self.names.get(first)?;
        let name = if rest.is_empty() { known.clone() } else { format!("{known}.{rest}") };
        Some(match name.as_str() {
            "subprocess.run" | "subprocess.call" | "subprocess.check_call" | "subprocess.check_output" => Runs::List,
            "subprocess.Popen" => Runs::Start,
            "os.system" | "os.popen" | "subprocess.getoutput" | "subprocess.getstatusoutput" => Runs::Text,
            "time.sleep" => Runs::Sleep,
            _ => return None,
        })
    }

    fn call(&mut self, call: Node<'t>) {
        let Some(runs) = self.runs(call) else { return };
        if runs == Runs::Starter {
            return self.starter(call);
        }
        let Some(arguments) = call.child_by_field_name("arguments").filter(|arguments| arguments.kind() == "argument_list") else { return };
        let given = tree::children(arguments);
        let keyword = |name: &str| {
            given.iter().find(|node| node.kind() == "keyword_argument" && self.field(**node, "name") == name)?.child_by_field_name("value")
        };
        let positional = given.iter().find(|node| !matches!(node.kind(), "keyword_argument" | "comment"));
        let Some(first) = positional.copied().or_else(|| keyword("args")) else { return };
        let shell = keyword("shell").is_some_and(|value| value.kind() == "true");
        let end = call.end_byte();
        let in_loop = !self.loops.is_empty();
        let mut source = Source::default();
        let mut writing = Writing::Apart;
        match runs {
            Runs::Sleep if in_loop => {
                source.replace("sleep ", call.start_byte()..first.start_byte());
                if matches!(first.kind(), "integer" | "float") {
                    source.push(&self.text[first.byte_range()], first.start_byte());
                } else {
                    source.replace(UNKNOWN_VALUE, first.byte_range());
                }
            }
            Runs::Sleep | Runs::Starter => return,
            Runs::Text => {
                let Some(escapes) = self.string(first, &mut source) else { return };
                writing = escapes;
            }
            Runs::List | Runs::Start => {
                if let Some(folder) = keyword("cwd") {
                    source.replace("cd ", folder.start_byte()..folder.start_byte());
                    self.folder(folder, &mut source);
                    source.replace(" && ", folder.end_byte()..folder.end_byte());
                }
                if !self.command(first, shell, in_loop, &mut source) {
                    let Some(escapes) = shell.then(|| self.string(first, &mut source)).flatten() else { return };
                    writing = if keyword("cwd").is_some() { Writing::Apart } else { escapes };
                }
            }
        }
        if runs == Runs::Start && in_loop {
            source.replace(" &", end..end);
        }
        if let Some((_, open)) = self.loops.last_mut() {
            open.follow(&source, 0..source.text.len());
            open.replace("\n", end..end);
        } else {
            let systems = self.systems(call);
            self.scripts.push((source, writing, systems));
        }
    }

    /// A call of a function that starts a process; alone it is one launch, and no loop.
    fn starter(&mut self, call: Node<'t>) {
        let function = call.child_by_field_name("function").map_or("", |function| &self.text[function.byte_range()]);
        let started = self.started.get(function.strip_prefix("self.").unwrap_or(function));
        if let (Some(started), Some((_, open))) = (started, self.loops.last_mut()) {
            open.replace(&format!("{started} &\n"), call.byte_range());
        }
    }

    /// Whether the function around a node, its class or its name, or a condition around it, asks what it runs on.
    fn systems(&mut self, node: Node<'t>) -> Systems {
        let mut at = node.parent();
        for _ in 0..MOST_AROUND {
            let Some(around) = at else { break };
            let text = &self.text[around.byte_range()];
            let asks = match around.kind() {
                "function_definition" | "decorated_definition" => {
                    *self.asking.entry(around.id()).or_insert_with(|| ASKS.iter().any(|word| text.contains(word)))
                        || names_a_system(self.field(around, "name"))
                }
                "class_definition" => names_a_system(self.field(around, "name")),
                "try_statement" => *self.asking.entry(around.id()).or_insert_with(|| text.contains("FileNotFoundError")),
                "if_statement" | "elif_clause" | "conditional_expression" => {
                    let condition = around.child_by_field_name("condition").map_or(text, |condition| &self.text[condition.byte_range()]);
                    condition.len() < LONGEST_CONDITION && ASKS.iter().any(|word| condition.contains(word))
                }
                _ => false,
            };
            if asks {
                return Systems::Asked;
            }
            at = around.parent();
        }
        Systems::All
    }

    fn field(&self, node: Node<'t>, name: &str) -> &'t str {
        node.child_by_field_name(name).map_or("", |field| &self.text[field.byte_range()])
    }

    /// An argument list as a command; whether it is one. Where a loop starts something, that it does is known without what.
    fn command(&self, node: Node<'t>, shell: bool, in_loop: bool, source: &mut Source) -> bool {
        match node.kind() {
            "list" | "tuple" if !shell => {
                let words: Vec<Node<'t>> = tree::children(node).into_iter().filter(|word| word.kind() != "comment").collect();
                for (index, word) in words.iter().enumerate() {
                    if index > 0 {
                        source.replace(" ", word.start_byte()..word.start_byte());
                    }
                    self.word(*word, source);
                }
                !words.is_empty()
            }
            "string" if !shell && !self.text[node.byte_range()].contains(' ') => {
                self.word(node, source);
                true
            }
            "string" | "concatenated_string" | "binary_operator" | "list" | "tuple" | "call" if shell => false,
            _ if in_loop => {
                source.replace("\"${__}\"", node.byte_range());
                true
            }
            _ => false,
        }
    }

    /// A folder as one word: of an expression its own names are kept, which may tell whose it is.
    fn folder(&self, node: Node<'t>, source: &mut Source) {
        let text = &self.text[node.byte_range()];
        if let Some(path) = self.path(node).or_else(|| self.paths.get(text).cloned().flatten()) {
            return source.replace(&path, node.byte_range());
        }
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let named = text.len() < LONGEST_NAME && text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if named && !text.contains(['"', '\'']) {
            let name: String = text.chars().map(|char| if is_name(char) { char } else { '_' }).collect();
            return source.replace(&format!("\"${{{name}}}\""), node.byte_range());
        }
        self.word(node, source);
    }

    /// A string as one word of a shell; anything else is unknown.
    fn word(&self, node: Node<'t>, source: &mut Source) {
        let mut inside = Source::default();
        if self.string(node, &mut inside).is_none() {
            // `*arguments` is any number of words.
            let unknown = if node.kind() == "list_splat" { UNKNOWN_VALUE } else { "\"${__}\"" };
            return source.replace(unknown, node.byte_range());
        }
        let plain = |char: char| char.is_ascii_alphanumeric() || "_-./:=@%+,".contains(char);
        if !inside.text.is_empty() && inside.text.chars().all(plain) {
            return source.follow(&inside, 0..inside.text.len());
        }
        let (start, end) = (node.start_byte(), node.end_byte());
        if !inside.text.contains('\'') && !inside.text.contains(UNKNOWN_VALUE) {
            source.replace("'", start..start);
            source.follow(&inside, 0..inside.text.len());
            return source.replace("'", end..end);
        }
        source.replace("\"", start..start);
        let mut at = 0;
        for (found, char) in inside.text.char_indices().filter(|(_, char)| matches!(char, '"' | '$' | '`' | '\\')) {
            source.follow(&inside, at..found);
            let unknown = inside.text[found..].starts_with(UNKNOWN_VALUE);
            let piece = if unknown { String::from(char) } else { format!("\\{char}") };
            source.replace(&piece, inside.outer_bytes(found..found + char.len_utf8()));
            at = found + char.len_utf8();
        }
        source.follow(&inside, at..inside.text.len());
        source.replace("\"", end..end);
    }

    /// The text of a string, put together where it stands in pieces, and how it is written; none if it is none.
    fn string(&self, node: Node<'t>, source: &mut Source) -> Option<Writing> {
        let mut open = vec![(node, false)];
        let (mut pieces, mut literal) = (0, false);
        let mut writing = None;
        while let Some((node, formatted)) = open.pop() {
            pieces += 1;
            if pieces > MOST_PIECES {
                return None;
            }
            match node.kind() {
                "string" => {
                    literal = true;
                    let way = self.literal(node, formatted, source)?;
                    writing = Some(if writing.is_none() { way } else { Writing::Apart });
                }
                "concatenated_string" => open.extend(tree::children(node).into_iter().rev().map(|part| (part, formatted))),
                "parenthesized_expression" => open.extend(tree::children(node).first().map(|part| (*part, formatted))),
                "binary_operator" if self.field(node, "operator") == "+" => {
                    open.extend([node.child_by_field_name("right")?, node.child_by_field_name("left")?].map(|part| (part, formatted)));
                }
                "binary_operator" if self.field(node, "operator") == "%" => open.push((node.child_by_field_name("left")?, true)),
                "call" if self.is_format(node) => {
                    open.push((node.child_by_field_name("function")?.child_by_field_name("object")?, true));
                }
                "comment" => {}
                _ => source.replace(UNKNOWN_VALUE, node.byte_range()),
            }
        }
        literal.then_some(writing?)
    }

    /// `"…".format(…)`
    fn is_format(&self, call: Node<'t>) -> bool {
        let function = call.child_by_field_name("function");
        function.is_some_and(|function| function.kind() == "attribute" && self.field(function, "attribute") == "format")
    }

    /// One literal: its escapes decoded, what is put into it unknown.
    fn literal(&self, node: Node<'t>, formatted: bool, source: &mut Source) -> Option<Writing> {
        let raw = self.text.get(node.byte_range())?;
        let prefix = raw.split(['"', '\'']).next()?.to_ascii_lowercase();
        let quote = &raw[prefix.len()..];
        let long = quote.starts_with("\"\"\"") || quote.starts_with("'''");
        let width = if long { 3 } else { 1 };
        let (start, end) = (node.start_byte() + prefix.len() + width, node.end_byte().saturating_sub(width));
        let mut at = start;
        for part in tree::children(node) {
            let bytes = part.byte_range();
            match part.kind() {
                "interpolation" => {
                    self.characters(at..bytes.start, &prefix, formatted, source);
                    source.replace(UNKNOWN_VALUE, bytes.clone());
                    at = bytes.end;
                }
                "string_end" => break,
                _ => {}
            }
        }
        self.characters(at..end.max(at), &prefix, formatted, source);
        Some(match (prefix.as_str(), long, quote.starts_with('"')) {
            ("", true, _) => Writing::Escaped(&[('\\', "\\\\"), ('\n', "\n")]),
            ("", false, true) => Writing::Escaped(&[('\\', "\\\\"), ('"', "\\\"")]),
            ("", false, false) => Writing::Escaped(&[('\\', "\\\\"), ('\'', "\\'")]),
            _ => Writing::Apart,
        })
    }

    fn characters(&self, bytes: Bytes, prefix: &str, formatted: bool, source: &mut Source) {
        let mut at = bytes.start;
        while at < bytes.end {
            let rest = &self.text[at..bytes.end];
            let Some(found) = rest.find(['\\', '{', '}', '%']) else { return source.push(rest, at) };
            source.push(&rest[..found], at);
            at += found;
            let here = &rest[found..];
            let (piece, length) = match here.as_bytes()[0] {
                b'\\' if !prefix.contains('r') => unescaped(here),
                b'{' | b'}' if (formatted || prefix.contains('f')) && here[1..].starts_with(&here[..1]) => (here[..1].to_owned(), 2),
                b'{' if formatted => here.find('}').map_or(("{".to_owned(), 1), |end| (UNKNOWN_VALUE.to_owned(), end + 1)),
                b'%' if formatted => percent(here),
                _ => (here[..1].to_owned(), 1),
            };
            if piece.len() == 1 && length == 1 {
                source.push(&piece, at);
            } else {
                source.replace(&piece, at..at + length);
            }
            at += length;
        }
    }
}

fn names_a_system(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["mac", "darwin", "osx", "linux", "windows", "win32"].iter().any(|word| name.contains(word))
}

/// The character that an escape stands for, and its length.
fn unescaped(text: &str) -> (String, usize) {
    let Some(char) = text[1..].chars().next() else { return (String::from("\\"), 1) };
    let plain = match char {
        'n' => "\n",
        't' => "\t",
        'r' => "\r",
        '\\' => "\\",
        '\'' => "'",
        '"' => "\"",
        '\n' => "",
        '0' => "0",
        // Others stay as they are, as Python leaves what it does not know; the few that it does know stand in no command.
        _ => return (text[..=char.len_utf8()].to_owned(), 1 + char.len_utf8()),
    };
    (plain.to_owned(), 2)
}

/// `%s`, `%(name)s`; `%%` is a percent sign.
fn percent(text: &str) -> (String, usize) {
    if text.starts_with("%%") {
        return ("%".to_owned(), 2);
    }
    let name = if text[1..].starts_with('(') { text.find(')').map_or(0, |end| end) } else { 0 };
    match text[name + 1..].find(|char: char| char.is_ascii_alphabetic()) {
        Some(end) if text[name + 1..name + 1 + end].chars().all(|char| "0123456789.-+# ".contains(char)) => {
            (UNKNOWN_VALUE.to_owned(), name + end + 2)
        }
        _ => ("%".to_owned(), 1),
    }
}
