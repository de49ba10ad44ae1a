//! The tables of `rules/`: what works where since when. Rows are read when a script first uses what they are about.

use std::borrow::Cow;
use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt};
use serde::Deserialize;

use crate::policy::Version;
use crate::shell::options::Takes;

const BASH: &str = include_str!("../rules/bash.json");
const UTILITIES: &str = include_str!("../rules/utilities.json");
const SH: &str = include_str!("../rules/sh.json");
const OPTIONS: &str = include_str!("../rules/options.json");
/// About as many commands and features stand in the tables; more only cost a little time when they are read.
const MOST_NAMES: usize = 256;

/// One row: a bash feature, a command or an option, with how far it can be relied on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// The command it is about.
    #[serde(borrow, default)]
    pub command: Cow<'static, str>,
    /// Or the bash feature, by [`Feature::name`](crate::shell::Feature::name).
    #[serde(borrow, default)]
    pub feature: Cow<'static, str>,
    /// Its own name: unique, kebab-case.
    #[serde(borrow)]
    pub id: Cow<'static, str>,
    /// Options of which one must be given; `--*` is any long one. None: the command as such.
    #[serde(borrow, default)]
    pub option: Vec<Cow<'static, str>>,
    /// What the option's value must match; `!` before it: must not match.
    #[serde(borrow, default)]
    pub value: Option<Cow<'static, str>>,
    /// What the word after the option must be; `!` before it: must not be.
    #[serde(borrow, default)]
    pub next: Option<Cow<'static, str>>,
    /// What an operand must match.
    #[serde(borrow, default)]
    pub operand: Option<Cow<'static, str>>,
    /// Which operand, from 0; none: any.
    #[serde(default)]
    pub at: Option<usize>,
    /// What a program or pattern among the arguments must hold, by [`Construct::name`](crate::programs::Construct::name).
    #[serde(borrow, default)]
    pub construct: Cow<'static, str>,
    /// An option behind the operands must be given.
    #[serde(default)]
    pub late: bool,
    /// Options that must not be given.
    #[serde(borrow, default)]
    pub without: Vec<Cow<'static, str>>,
    /// What is meant, for messages: a noun phrase with code in backticks.
    #[serde(borrow)]
    pub what: Cow<'static, str>,
    /// The first bash that has it right.
    #[serde(default)]
    pub bash: Option<Since>,
    /// What macOS makes of it, where that differs.
    #[serde(default)]
    pub macos: Option<Lack>,
    /// What Linux makes of it, where that differs.
    #[serde(default)]
    pub linux: Option<Lack>,
    /// What a plain `sh` makes of it, where that differs: dash, the `sh` of Debian and its like.
    #[serde(default)]
    pub dash: Option<State>,
    /// What becomes of a script that uses it all the same.
    pub fails: Failure,
    /// In what way exactly, where that needs a word: a clause.
    #[serde(borrow, default)]
    pub effect: Cow<'static, str>,
    /// `||` does not help: it prints something before it fails, or does not fail.
    #[serde(default)]
    pub dirty: bool,
    /// It may be meant as it is: never more than a warning.
    #[serde(default)]
    pub doubtful: bool,
    /// What to write instead: imperative.
    #[serde(borrow)]
    pub instead: Cow<'static, str>,
    /// Where it is known from.
    #[serde(borrow)]
    pub source: Cow<'static, str>,
    /// How well it is known.
    pub grade: Grade,
    /// Shell text that this row must find.
    #[serde(borrow)]
    pub bad: Cow<'static, str>,
    /// Shell text that does the same and in which nothing may be found.
    #[serde(borrow)]
    pub good: Cow<'static, str>,
    /// Shells in which `good` does on Linux what `bad` does in bash there.
    #[serde(borrow, default)]
    pub runs: Vec<Cow<'static, str>>,
}

/// What one system makes of a command or an option.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lack {
    /// Before `since`, or in every version.
    pub is: State,
    /// The first version where it works.
    #[serde(default)]
    pub since: Option<Since>,
}

/// How something is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The command is not there.
    Absent,
    /// The command refuses the option or operand.
    Rejected,
    /// It is taken for something else.
    Different,
}

/// What becomes of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failure {
    /// The shell stops at the line before it runs anything of it; version tests do not help.
    StopsAtParse,
    /// It fails, the script goes on with wrong values.
    GoesOn,
    /// The command or the script ends there.
    Aborts,
    /// Nothing is reported, the outcome differs.
    Silent,
}

impl Failure {
    /// A clause for messages.
    pub fn clause(self) -> &'static str {
        match self {
            Self::StopsAtParse => "the shell stops there at a syntax error, whatever guards it",
            Self::GoesOn => "it fails, and the script goes on with wrong values",
            Self::Aborts => "it fails there",
            Self::Silent => "nothing is reported, and the outcome differs",
        }
    }
}

/// How well a fact is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Read in the source of the release.
    Source,
    /// Run.
    Ran,
    /// Run in a build that is near but not the system's own.
    RanChimera,
    /// Not checked.
    Recall,
}

impl Fact {
    /// Whether it is about a little language: a pattern, a program, an expression.
    pub fn is_pattern(&self) -> bool {
        let another_language = self.command == "grep" && self.option.iter().any(|option| option == "-P");
        let of_language = !self.construct.is_empty() && self.option.is_empty() && self.bash.is_none();
        of_language || another_language || (self.command == "find" && self.operand.is_some())
    }

    /// Whether it is about an option of its command: names it or, where no row does, is about every long one.
    pub fn is_about_option(&self, name: &str) -> bool {
        let names = |fact: &Self, name: &str| fact.option.iter().any(|option| option == name);
        names(self, name) || (name.starts_with("--") && names(self, "--*") && !about(&self.command).iter().any(|fact| names(fact, name)))
    }

    /// What to write instead, as a sentence begins: without its full stop.
    pub fn advice(&self) -> String {
        let mut chars = self.instead.chars();
        chars.next().map_or_else(String::new, |first| format!("{}{}", first.to_uppercase(), chars.as_str()))
    }

    /// Whether it is certain enough to deny.
    pub fn denies(&self) -> bool {
        matches!(self.grade, Grade::Source | Grade::Ran) && !self.doubtful
    }
}

/// A version in a table, e.g. `"12.3"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "&str")]
pub struct Since(pub Version);

impl TryFrom<&str> for Since {
    type Error = String;

    fn try_from(text: &str) -> Result<Self, String> {
        let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
        match (major.parse(), minor.parse()) {
            (Ok(major), Ok(minor)) => Ok(Self(Version(major, minor))),
            _ => Err(format!("`{text}` is no version")),
        }
    }
}

/// Which words of a command are options.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Options {
    /// All that look so, behind operands too.
    #[default]
    Anywhere,
    /// Those before the first operand, as with what the shell has built in.
    Leading,
    /// Those before the first operand that hold no letter but the known ones, as with `echo`.
    Strict,
    /// None: it has words alone, as `find` has.
    None,
}

/// How a command reads its arguments.
#[derive(Debug, Default, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Grammar<'a> {
    /// Its name.
    pub command: &'a str,
    /// getopt's notation: `x` takes nothing, `x:` a value, `x::` a glued one; as in bash's own, `+` before all of them says that `+x`
    /// switches an option off.
    pub short: &'a str,
    /// Long names, `=` behind those that take a value.
    pub long: &'a str,
    /// It runs the command that follows this many operands.
    pub wraps: Option<usize>,
    /// `NAME=value` may stand before that command.
    pub assigns: bool,
    /// What counts as an option.
    pub options: Options,
}

impl Grammar<'_> {
    /// Whether a short option takes a value.
    pub fn short(&self, letter: char) -> Takes {
        let Some(at) = self.short.find(letter) else { return Takes::Nothing };
        let rest = &self.short[at + letter.len_utf8()..];
        match (rest.starts_with("::"), rest.starts_with(':')) {
            (true, _) => Takes::Maybe,
            (_, true) => Takes::Value,
            _ => Takes::Nothing,
        }
    }

    /// The full name of a long option, as far as it is clear, and whether it takes a value.
    pub fn long<'n>(&'n self, given: &'n str) -> (&'n str, bool) {
        let mut found = None;
        for known in self.long.split(' ').filter(|known| known.starts_with(given) && !given.is_empty()) {
            let name = known.trim_end_matches('=');
            if name == given {
                return (name, known.ends_with('='));
            }
            if found.is_some() {
                return (given, false);
            }
            found = Some((name, known.ends_with('=')));
        }
        found.unwrap_or((given, false))
    }
}

#[derive(Default)]
struct Rows {
    lines: Vec<&'static str>,
    facts: OnceLock<Vec<Fact>>,
}

fn index() -> &'static HashMap<&'static str, Rows> {
    static INDEX: OnceLock<HashMap<&'static str, Rows>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut index: HashMap<&'static str, Rows> = HashMap::with_capacity(MOST_NAMES);
        for line in tables() {
            if let Some(key) = key(line) {
                index.entry(key).or_default().lines.push(line);
            }
        }
        index
    })
}

fn tables() -> impl Iterator<Item = &'static str> {
    [BASH, UTILITIES, SH].into_iter().flat_map(rows)
}

/// The rows of a table: one a line, between the brackets of an array.
fn rows(table: &'static str) -> impl Iterator<Item = &'static str> {
    let mut start = 0;
    let lines = memchr::memchr_iter(b'\n', table.as_bytes()).map(move |end| &table[std::mem::replace(&mut start, end + 1)..end]);
    lines.filter(|line| line.starts_with('{')).map(|line| line.trim_end_matches(','))
}

/// The value of a row's first member, which says what the row is about.
fn key(row: &'static str) -> Option<&'static str> {
    let value = row.strip_prefix("{\"command\": \"").or_else(|| row.strip_prefix("{\"feature\": \""))?;
    value.get(..memchr::memchr(b'"', value.as_bytes())?)
}

/// The facts about a command, or about a bash feature by its name.
pub fn about(name: &str) -> &'static [Fact] {
    let Some(rows) = index().get(canonical(name)) else { return &[] };
    rows.facts.get_or_init(|| rows.lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// Whether a failure of a command that is silenced is provided for: an option of the shell or of completion that would be a bonus, a
/// declaration that asks what the shell can do, a question which system it is, a file that may be there.
pub fn is_bonus(command: &str) -> bool {
    matches!(command, "shopt" | "compopt" | "declare" | "typeset" | "local" | "uname" | "lsb_release" | "sw_vers" | "<")
}

/// Whether the tables say anything about a command.
pub fn is_known(command: &str) -> bool {
    index().contains_key(canonical(command))
}

/// The command whose facts and grammar hold for another name of it.
pub fn canonical(command: &str) -> &str {
    match command {
        "egrep" | "fgrep" => "grep",
        _ => command,
    }
}

/// Every fact, in the order of the tables.
pub fn all() -> impl Iterator<Item = &'static Fact> {
    let mut seen = std::collections::HashSet::new();
    tables().filter_map(key).filter(move |name| seen.insert(*name)).flat_map(|name| about(name).iter())
}

/// How a command reads its arguments, if that is known.
pub fn grammar(command: &str) -> Option<&'static Grammar<'static>> {
    static GRAMMARS: OnceLock<HashMap<&'static str, (&'static str, OnceLock<Grammar<'static>>)>> = OnceLock::new();
    let grammars = GRAMMARS.get_or_init(|| {
        let mut grammars = HashMap::with_capacity(MOST_NAMES);
        grammars.extend(rows(OPTIONS).filter_map(|line| Some((key(line)?, (line, OnceLock::new())))));
        grammars
    });
    let (line, grammar) = grammars.get(canonical(command))?;
    Some(grammar.get_or_init(|| serde_json::from_str(line).unwrap_or_default()))
}
