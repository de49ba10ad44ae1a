//! Text → policy: the built-in one, and a repository's own over it.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use super::check::{check, problem};
use super::tree::{self, Node, Source, Value};
use super::{
    Allow, Assignments, Collection, Fleet, Policy, Problem, Problems, Signal, State, Strictness, TargetOverride, Targets, Version,
    Worktree, Writer, lies_below, scalar,
};
use crate::pattern::{Pattern, Patterns, Regex};
use crate::report::shown;
use crate::rule::Level;

/// The built-in policy, with its reasons.
pub(crate) const BUILT_IN: &str = include_str!("../../rules/amendment-xvii.toml");

/// A longer text is no policy.
const LONGEST: usize = 1 << 20;

impl Policy {
    /// The policy where a repository says nothing of its own. No pattern is compiled here.
    pub fn built_in() -> Self {
        policy(&tree::parse(BUILT_IN, Source::BuiltIn).0)
    }

    /// Reads a repository's policy over the built-in one; with it come the warnings. `name` is what places call the text.
    ///
    /// # Errors
    /// Everything that is wrong with the text.
    pub fn read(text: &str, name: &str, strictness: Strictness) -> Result<(Self, Vec<Problem>), Problems> {
        let (tree, warnings) = in_force(text, name, strictness)?;
        Ok((policy(&tree), warnings))
    }
}

/// The tree of the policy in force, where each value knows its origin; with it come the warnings.
pub(crate) fn in_force<'t>(text: &'t str, name: &str, strictness: Strictness) -> Result<(Node<'t>, Vec<Problem>), Problems> {
    let shared: Arc<str> = Arc::from(text);
    if text.len() > LONGEST {
        let message = format!("the policy is longer than {} KiB", LONGEST / 1024);
        return Err(Problems(vec![problem(
            &shared,
            name,
            0..0,
            message,
            "keep in it what differs from the built-in policy, nothing else",
        )]));
    }
    let (own, syntax) = tree::parse(text, Source::File);
    let mut outcome = check(&own, &shared, name, strictness);
    if syntax.is_empty() {
        outcome.errors.append(&mut outcome.missing);
    } else {
        drop_consequences(&mut outcome.errors, &syntax, text);
        outcome.errors.extend(syntax.into_iter().map(|error| not_toml(&shared, name, error)));
    }
    let start = |problem: &Problem| problem.place.span.as_ref().map_or(0, |span| span.bytes.start);
    if !outcome.errors.is_empty() {
        outcome.errors.sort_by_key(start);
        return Err(Problems(outcome.errors));
    }
    outcome.warnings.sort_by_key(start);
    let moved = own.at("fleet", "paths").is_none() && ["canonical", "deltas"].iter().any(|key| own.at("state", key).is_some());
    let mut merged = tree::merge(tree::parse(BUILT_IN, Source::BuiltIn).0, own);
    if moved {
        let paths = fleet_paths(&merged);
        merged.set("fleet", "paths", paths);
    }
    Ok((merged, outcome.warnings))
}

/// A syntax error, with the parser's words and what is most likely meant.
fn not_toml(text: &Arc<str>, name: &str, error: tree::SyntaxError) -> Problem {
    let help = match &*error.message {
        "duplicate key" => "this key or table stands there twice: keep one; entries of a list of tables begin with `[[…]]` each",
        message if message.contains("missing comma") => "put a comma before it, or close the list before it with `]`",
        message if message.contains("must be quoted") => "put the value in quotes",
        message if message.contains("unclosed") => "close what is open here",
        _ => "correct this line",
    };
    problem(text, name, error.bytes, format!("not TOML: {}", shown(&error.message)), help)
}

/// Leaves out what lies on a line that does not parse: the parser skips over what it cannot read.
fn drop_consequences(problems: &mut Vec<Problem>, syntax: &[tree::SyntaxError], text: &str) {
    let ends: Vec<usize> = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let line = |at: usize| ends.partition_point(|&end| end < at);
    let spoilt: BTreeSet<usize> = syntax.iter().map(|error| line(error.bytes.start)).collect();
    let start = |problem: &Problem| problem.place.span.as_ref().map_or(0, |span| span.bytes.start);
    problems.retain(|problem| !spoilt.contains(&line(start(problem))));
}

/// What the fleet writes where the user names other state and no fleet paths: canonical state and deltas, and the folders of the
/// built-in list as long as canonical state lies below them, so that adding a file takes nothing away.
fn fleet_paths<'t>(merged: &Node<'t>) -> Node<'t> {
    let canonical = globs(merged.at("state", "canonical"));
    let deltas = globs(merged.at("state", "deltas"));
    let within = |pattern: &Pattern, folder: &Pattern| {
        let (root, folder) = (pattern.root(), folder.folder());
        root == folder || lies_below(root, folder)
    };
    let mut paths = globs(merged.at("fleet", "paths"));
    paths.0.retain(|folder| canonical.0.iter().any(|pattern| within(pattern, folder)));
    let kept = paths.clone();
    paths.0.extend(canonical.0.into_iter().chain(deltas.0).filter(|pattern| !kept.0.iter().any(|folder| within(pattern, folder))));
    let item = |pattern: &Pattern| derived(Value::Text(Cow::Owned(pattern.text().to_owned())));
    derived(Value::List(paths.0.iter().map(item).collect()))
}

fn derived(value: Value<'_>) -> Node<'_> {
    Node { value, bytes: 0..0, source: Source::Derived }
}

/// A checked tree → the policy; what an older version does not understand is left out.
fn policy(root: &Node<'_>) -> Policy {
    let targets = targets(root.get("targets"), &Targets { bash: Version(3, 2), macos: None, linux: true });
    let overrides = items(root.get("target"))
        .iter()
        .map(|entry| TargetOverride { paths: globs(entry.get("paths")), targets: self::targets(Some(entry), &targets) });
    Policy {
        protected: globs(root.get("protected")),
        waivable: texts(root.get("waivable")),
        required_version: text(root, "required_version").and_then(|text| semver::VersionReq::parse(text).ok()),
        state: state(root.get("state")),
        writers: items(root.get("writer")).iter().map(writer).collect(),
        fleet: Fleet {
            paths: globs(root.at("fleet", "paths")),
            alive: items(root.at("fleet", "alive")).iter().filter_map(signal).collect(),
            otherwise_alive: root.at("fleet", "otherwise").and_then(Node::text) != Some("dead"),
        },
        worktree: Worktree { carry: globs(root.at("worktree", "carry")), branch: globs(root.at("worktree", "branch")) },
        target_overrides: overrides.collect(),
        targets,
        instructions: globs(root.at("scripts", "instructions")),
        levels: members(root.get("rules")).iter().filter_map(|rule| Some((rule.key.to_string(), level(&rule.node)?))).collect(),
        allow: items(root.get("allow")).iter().filter_map(allow).collect(),
    }
}

fn state(node: Option<&Node<'_>>) -> State {
    let get = |key: &str| node.and_then(|node| node.get(key));
    let assignments = get("assignments")
        .and_then(|entry| Some(Assignments { path: text(entry, "path")?.to_owned(), pointer: text(entry, "pointer")?.to_owned() }));
    let delta_keys = members(get("delta_keys")).iter().map(|member| (Pattern::trusted(&member.key), texts(Some(&member.node))));
    State {
        canonical: globs(get("canonical")),
        deltas: globs(get("deltas")),
        free: globs(get("free")),
        archive: globs(get("archive")),
        depth: whole(get("depth")).and_then(|depth| usize::try_from(depth).ok()).unwrap_or(1),
        delta_keys: delta_keys.filter(|(_, keys)| !keys.is_empty()).collect(),
        assignments,
        collections: items(get("collection")).iter().filter_map(collection).collect(),
    }
}

fn collection(entry: &Node<'_>) -> Option<Collection> {
    Some(Collection {
        path: Pattern::trusted(text(entry, "path")?),
        pointer: text(entry, "pointer").map(str::to_owned),
        drains: flag(entry.get("drains")).unwrap_or(false),
        min: whole(entry.get("min")),
        at: text(entry, "at").and_then(scalar::percent),
        caps: whole(entry.get("caps")),
        counter: flag(entry.get("counter")),
        reason: text(entry, "reason")?.to_owned(),
    })
}

fn writer(entry: &Node<'_>) -> Writer {
    let variables = members(entry.get("env")).iter();
    Writer {
        name: text(entry, "name").unwrap_or_default().to_owned(),
        env: variables.filter_map(|member| Some((member.key.to_string(), member.node.text()?.to_owned()))).collect(),
        subject: items(entry.get("subject")).iter().filter_map(Node::text).map(Regex::trusted).collect(),
        author: Patterns(items(entry.get("author")).iter().filter_map(Node::text).map(Pattern::trusted_mail).collect()),
        scripts: globs(entry.get("scripts")),
        force_push: flag(entry.get("force_push")).unwrap_or(false),
    }
}

fn signal(entry: &Node<'_>) -> Option<Signal> {
    let owned = |key: &str| text(entry, key).map(str::to_owned);
    if let Some(path) = owned("pid_file") {
        return Some(Signal::PidFile(path));
    }
    let within = scalar::duration(text(entry, "within")?)?;
    if let Some(path) = owned("lock") {
        Some(Signal::Lock { path, within })
    } else if let Some(path) = owned("json") {
        Some(Signal::Json { path, pointer: owned("pointer")?, within })
    } else {
        Some(Signal::Subject { subject: Regex::trusted(text(entry, "subject")?), on: owned("on")?, within })
    }
}

/// Some targets with the keys of an entry in their place.
fn targets(entry: Option<&Node<'_>>, general: &Targets) -> Targets {
    let get = |key: &str| entry.and_then(|entry| entry.get(key));
    let version = |key: &str| get(key).and_then(Node::text).and_then(scalar::version);
    Targets {
        bash: version("bash").unwrap_or(general.bash),
        macos: if get("macos").is_some() { version("macos") } else { general.macos },
        linux: flag(get("linux")).unwrap_or(general.linux),
    }
}

fn level(node: &Node<'_>) -> Option<Level> {
    let word = node.text().or_else(|| text(node, "level"))?;
    [Level::Allow, Level::Warn, Level::Deny].into_iter().find(|level| level.word() == word)
}

fn allow(entry: &Node<'_>) -> Option<Allow> {
    let owned = |key: &str| text(entry, key).map(str::to_owned);
    Some(Allow { rule: owned("rule")?, paths: globs(entry.get("paths")), reason: owned("reason")? })
}

fn items<'n, 't>(node: Option<&'n Node<'t>>) -> &'n [Node<'t>] {
    node.map_or(&[], Node::items)
}

fn members<'n, 't>(node: Option<&'n Node<'t>>) -> &'n [tree::Member<'t>] {
    node.map_or(&[], Node::members)
}

fn text<'n>(node: &'n Node<'_>, key: &str) -> Option<&'n str> {
    node.get(key).and_then(Node::text)
}

fn texts(node: Option<&Node<'_>>) -> Vec<String> {
    items(node).iter().filter_map(Node::text).map(str::to_owned).collect()
}

fn globs(node: Option<&Node<'_>>) -> Patterns {
    Patterns(items(node).iter().filter_map(Node::text).map(Pattern::trusted).collect())
}

fn flag(node: Option<&Node<'_>>) -> Option<bool> {
    match node?.value {
        Value::Flag(flag) => Some(flag),
        _ => None,
    }
}

fn whole(node: Option<&Node<'_>>) -> Option<u64> {
    match node?.value {
        Value::Whole(number) => u64::try_from(number).ok(),
        _ => None,
    }
}
