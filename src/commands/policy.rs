//! `gnp-lint policy`: the policy in force, and where each value comes from.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value as Json, json};

use super::{Exit, Streams};
use crate::cli::PolicyArgs;
use crate::policy::shape::{Key, POLICY, Shape, Table};
use crate::policy::tree::{Node, Source, Value};
use crate::policy::{BUILT_IN, FILE, Policy, Strictness, in_force};
use crate::repo::Repo;
use crate::report::is_hidden;
use crate::walk::{displayed, root_of};

/// A repository's own policy.
#[derive(Debug, Clone, Copy)]
pub struct Own<'a> {
    /// Its text.
    pub text: &'a str,
    /// What it is called in the output, e.g. `gnp.toml`.
    pub name: &'a str,
}

/// How the policy is printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// TOML that can be read again, with each value's origin as a comment.
    #[default]
    Toml,
    /// `{"version":1,"settings":[{"key","value","from","line"}]}`.
    Json,
}

/// Runs the command: the policy of `--config`, of the work tree around the current folder, or the built-in one.
///
/// # Errors
/// The file cannot be read, is wrong, or the output cannot be written.
pub fn command(args: &PolicyArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let root = root_of(Path::new("."));
    let found = root.as_ref().map(|root| root.join(FILE)).filter(|path| path.exists());
    let own = match args.config.as_deref().or(found.as_deref()) {
        Some(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read the policy `{}`", displayed(path)))?;
            Some((text, args.config.as_deref().map_or_else(|| FILE.to_owned(), displayed)))
        }
        None => None,
    };
    run(own.as_ref().map(|(text, name)| Own { text, name }), args.format, streams.out)?;
    if let (Some((text, name)), Some(root)) = (&own, root) {
        let (policy, _) = Policy::read(text, name, Strictness::Strict)?;
        for entry in unmatched(&policy, &root)? {
            writeln!(streams.err, "gnp-lint: {}: {entry}; correct it, or take it out", visible(name))?;
        }
    }
    Ok(Exit::Clean)
}

/// The exemptions of a policy that match nothing in a work tree, a clause each.
///
/// # Errors
/// git cannot list the files.
pub fn unmatched(policy: &Policy, root: &Path) -> anyhow::Result<Vec<String>> {
    let files = Repo::containing(root)?.files_matching(root, policy.exempted().iter().map(|pattern| pattern.text()))?;
    Ok(policy.unmatched(&files, |path| fs::read(root.join(path)).ok()))
}

/// Prints the policy in force: the own one, if there is one, over the built-in.
///
/// # Errors
/// [`crate::policy::Problems`] with everything that is wrong with the policy; or the output cannot be written.
pub fn run(own: Option<Own<'_>>, format: Format, out: &mut dyn Write) -> anyhow::Result<()> {
    let Own { text, name } = own.unwrap_or(Own { text: "", name: FILE });
    let (tree, _) = in_force(text, name, Strictness::Strict)?;
    let blocks = blocks(&tree, &Origins { text, name });
    match format {
        Format::Toml => {
            match own {
                Some(_) => writeln!(out, "# The policy in force: {} over the built-in one.", visible(name))?,
                None => writeln!(out, "# The policy in force: the built-in one. A file `{FILE}` at the root would lie over it.")?,
            }
            blocks.iter().try_for_each(|block| print(block, out))?;
        }
        Format::Json => {
            let settings: Vec<Json> = blocks.iter().flat_map(|block| &block.settings).map(Setting::json).collect();
            writeln!(out, "{:#}", json!({ "version": 1, "settings": settings }))?;
        }
    }
    Ok(())
}

/// Settings that stand under one header.
struct Block<'n> {
    header: String,
    settings: Vec<Setting<'n>>,
}

/// One key with its value.
struct Setting<'n> {
    /// The key as it stands under its header.
    key: String,
    /// The tables that lead to it, and the key.
    path: String,
    node: &'n Node<'n>,
    from: &'n str,
    line: Option<usize>,
}

/// Where values come from, in words.
struct Origins<'a> {
    text: &'a str,
    name: &'a str,
}

impl<'a> Origins<'a> {
    fn of(&self, node: &Node<'_>) -> (&'a str, Option<usize>) {
        let (from, text) = match node.source {
            Source::BuiltIn => ("built-in", BUILT_IN),
            Source::File => (self.name, self.text),
            Source::Derived => return ("follows from [state]", None),
        };
        (from, text.get(..node.bytes.start).map(|before| before.split('\n').count()))
    }
}

fn blocks<'n>(root: &'n Node<'n>, origins: &Origins<'n>) -> Vec<Block<'n>> {
    let mut blocks = Vec::new();
    table(&POLICY, root, "", origins, &mut blocks);
    blocks.retain(|block| !block.settings.is_empty());
    blocks
}

/// The settings of a table, then each table in it as a block of its own: its values may come from several places.
fn table<'n>(table: &Table, node: &'n Node<'n>, path: &str, origins: &Origins<'n>, blocks: &mut Vec<Block<'n>>) {
    let header = if path.is_empty() { String::new() } else { format!("[{path}]") };
    let given = || table.keys.iter().filter_map(|key| Some((key, node.get(key.name)?)));
    let settings = given().filter(|(key, value)| !stands_apart(key, value)).map(|(key, value)| setting(key.name, path, value, origins));
    blocks.push(Block { header, settings: settings.collect() });
    for (key, value) in given().filter(|(key, value)| stands_apart(key, value)) {
        let path = join(path, key.name);
        match key.shape {
            Shape::Table(inner) => self::table(inner, value, &path, origins, blocks),
            Shape::List(Shape::Table(inner)) => {
                for (index, entry) in value.items().iter().enumerate() {
                    let given = inner.keys.iter().filter_map(|key| Some((key.name, entry.get(key.name)?)));
                    let settings = given.map(|(name, value)| setting(name, &format!("{path}[{index}]"), value, origins));
                    blocks.push(Block { header: format!("[[{path}]]"), settings: settings.collect() });
                }
            }
            _ => {
                let settings = value.members().iter().map(|member| setting(&member.key, &path, &member.node, origins));
                blocks.push(Block { header: format!("[{path}]"), settings: settings.collect() });
            }
        }
    }
}

fn stands_apart(key: &Key, value: &Node<'_>) -> bool {
    match key.shape {
        Shape::Table(_) | Shape::Map { .. } => true,
        Shape::List(Shape::Table(_)) => !value.items().is_empty(),
        _ => false,
    }
}

fn setting<'n>(name: &str, path: &str, node: &'n Node<'n>, origins: &Origins<'n>) -> Setting<'n> {
    let (from, line) = origins.of(node);
    let key = bare(name);
    Setting { path: join(path, &key), key, node, from, line }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A longer list gets a line for each item.
const WIDEST: usize = 72;

fn print(block: &Block<'_>, out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out)?;
    if !block.header.is_empty() {
        writeln!(out, "{}", block.header)?;
    }
    let lines: Vec<Vec<String>> = block.settings.iter().map(Setting::lines).collect();
    let width = |line: &String| line.chars().count();
    let column = lines.iter().filter_map(|lines| lines.first()).map(width).filter(|width| *width <= WIDEST).max().unwrap_or(0);
    for (setting, lines) in block.settings.iter().zip(&lines) {
        for (index, line) in lines.iter().enumerate() {
            match index {
                0 => writeln!(out, "{line:column$}  # {}", setting.origin())?,
                _ => writeln!(out, "{line}")?,
            }
        }
    }
    Ok(())
}

impl Setting<'_> {
    fn lines(&self) -> Vec<String> {
        let line = format!("{} = {}", self.key, inline(self.node));
        let items = self.node.items();
        let tables = items.iter().any(|item| matches!(item.value, Value::Table(_)));
        if items.is_empty() || !(tables || line.chars().count() > WIDEST) {
            return vec![line];
        }
        let mut lines = vec![format!("{} = [", self.key)];
        lines.extend(items.iter().map(|item| format!("    {},", inline(item))));
        lines.push("]".to_owned());
        lines
    }

    fn origin(&self) -> String {
        let from = visible(self.from);
        self.line.map_or_else(|| from.clone(), |line| format!("{from}, line {line}"))
    }

    fn json(&self) -> Json {
        json!({ "key": self.path, "value": plain(self.node), "from": self.from, "line": self.line })
    }
}

/// A file's name in a comment, which knows no escapes.
fn visible(name: &str) -> String {
    name.chars().map(|character| if is_hidden(character) { '?' } else { character }).collect()
}

fn inline(node: &Node<'_>) -> String {
    match &node.value {
        Value::Text(text) => quoted(text),
        Value::Other(text) => quoted(text),
        Value::Whole(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Value::Table(members) => {
            let pairs: Vec<_> = members.iter().map(|member| format!("{} = {}", bare(&member.key), inline(&member.node))).collect();
            if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
        }
    }
}

fn plain(node: &Node<'_>) -> Json {
    match &node.value {
        Value::Text(text) => json!(text),
        Value::Other(text) => json!(text),
        Value::Whole(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::List(items) => items.iter().map(plain).collect(),
        Value::Table(members) => members.iter().map(|member| (member.key.to_string(), plain(&member.node))).collect(),
    }
}

fn bare(key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !key.is_empty() && key.bytes().all(plain) { key.to_owned() } else { quoted(key) }
}

/// A TOML string; in single quotes where that spares backslashes.
fn quoted(text: &str) -> String {
    let hidden = text.contains(is_hidden);
    if text.contains(['\\', '"']) && !text.contains('\'') && !hidden {
        return format!("'{text}'");
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            hidden if is_hidden(hidden) => {
                // Writing into a string cannot fail.
                let _ = write!(quoted, "\\U{:08X}", u32::from(hidden));
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Problems};

    fn print(own: Option<&str>, format: Format) -> String {
        let mut out = Vec::new();
        run(own.map(|text| Own { text, name: FILE }), format, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    const RICH: &str = r#"
protected = ["main", "release/*"]
writer = []
[state]
canonical = ["db/*.json"]
assignments.path = "db/streams.json"
[state.delta_keys]
"db/new/*.json" = ["frame"]
[[state.collection]]
path = "db/queue.json"
at = "50%"
reason = "it\u0007s \"drained\"\u202e"
[fleet]
alive = [{ pid_file = "/tmp/sim.pid" }, { subject = '^chore: (sim|watch) \d+', on = "origin/main", within = "15m" }]
[targets]
macos = false
[rules]
brace-range = "allow"
shrunk-collection = { level = "deny" }
[[allow]]
rule = "state-write-in-script"
paths = ["tests/**"]
reason = "a sandbox"
"#;

    #[test]
    fn every_value_says_where_it_comes_from() {
        let printed = print(Some(RICH), Format::Toml);
        let origin = |start: &str| {
            let line = printed.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in\n{printed}"));
            line.rsplit_once("  # ").unwrap().1.to_owned()
        };
        let built_in = |start: &str| BUILT_IN.lines().position(|line| line.starts_with(start)).unwrap() + 1;
        assert_eq!(origin("protected"), "gnp.toml, line 2");
        assert_eq!(origin("writer"), "gnp.toml, line 3");
        assert_eq!(origin("waivable"), format!("built-in, line {}", built_in("waivable")));
        assert_eq!(origin("path = \"db/streams.json\""), "gnp.toml, line 6");
        assert_eq!(origin("pointer"), format!("built-in, line {}", built_in("assignments")));
        assert_eq!(origin("paths = [ "), "follows from [state]");
        assert_eq!(origin("shrunk-collection"), "gnp.toml, line 19");
        assert!(!printed.contains(['\u{7}', '\u{202e}']), "{printed}");
    }

    #[test]
    fn what_is_printed_is_the_same_policy_again() {
        for own in ["", RICH] {
            let printed = print(Some(own), Format::Toml);
            let read = |text| format!("{:?}", Policy::read(text, FILE, Strictness::Strict).unwrap());
            assert_eq!(read(&printed), read(own), "{printed}");
        }
    }

    #[test]
    fn json_names_the_same_settings() {
        let printed: Json = serde_json::from_str(&print(Some(RICH), Format::Json)).unwrap();
        let settings = printed["settings"].as_array().unwrap();
        let find = |key: &str| settings.iter().find(|setting| setting["key"] == key).unwrap();
        assert_eq!(find("state.canonical"), &json!({ "key": "state.canonical", "value": ["db/*.json"], "from": "gnp.toml", "line": 5 }));
        assert_eq!(find("fleet.paths")["line"], Json::Null);
        assert_eq!(find("allow[0].reason")["value"], "a sandbox");
        assert_eq!(find("fleet.otherwise")["from"], "built-in");
    }

    #[test]
    fn a_wrong_policy_is_handed_back_with_its_problems() {
        let error = run(Some(Own { text: "a = 1\nb = 2\n", name: FILE }), Format::Toml, &mut Vec::new()).unwrap_err();
        assert_eq!(error.downcast_ref::<Problems>().map(|problems| problems.0.len()), Some(2));
    }

    proptest::proptest! {
        #[test]
        fn whatever_can_be_read_is_printed_as_the_same_policy(at in 0usize..900, piece in "[\\[\\]{}\"'=\n,a0é\u{7}\\\\-]{1,3}") {
            let mut text = RICH.to_owned();
            let at = (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
            text.insert_str(at, &piece);
            if let Ok((policy, _)) = Policy::read(&text, FILE, Strictness::Strict) {
                let printed = print(Some(&text), Format::Toml);
                let again = Policy::read(&printed, FILE, Strictness::Strict);
                proptest::prop_assert_eq!(format!("{:?}", again.map(|(policy, _)| policy)), format!("{:?}", Ok::<_, Problems>(policy)), "{}", printed);
            }
        }
    }
}
