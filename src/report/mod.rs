//! Findings → text. One file a format.

mod github;
mod human;
pub mod json;
mod position;
mod remote;

use std::ffi::OsString;
use std::io::{self, Write};

use clap::ValueEnum;
use foldhash::{HashMap, HashMapExt};

use crate::finding::Finding;
use crate::rule::Level;

pub use human::{Door, door};
pub(crate) use human::{frames, verdict_style};
pub use json::Entry;
pub use remote::remote;

/// The form of a report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Frames around the source text, for people and language models.
    #[default]
    Human,
    /// One JSON document.
    Json,
    /// Workflow commands that GitHub shows as annotations.
    Github,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What was looked at, and what came of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Findings that deny.
    pub deny: usize,
    /// Findings that warn.
    pub warn: usize,
    /// Scripts that were linted.
    pub files: usize,
    /// Commits that were judged; none where commits are not what was asked about.
    pub commits: Option<usize>,
    /// What was left out; named in the human report alone.
    pub skipped: Skipped,
}

/// What a walk left out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Scripts for other shells than sh and bash.
    pub other_shells: usize,
    /// Scripts over the size limit.
    pub too_large: usize,
    /// Repositories inside the folder: submodules, linked worktrees, clones.
    pub repositories: usize,
    /// Paths that could not be read.
    pub unreadable: usize,
}

impl Summary {
    /// A summary with the findings counted by level, and nothing else.
    pub fn of(findings: &[Finding]) -> Self {
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        Self { deny: count(Level::Deny), warn: count(Level::Warn), ..Self::default() }
    }
}

/// Writes a report. The findings come in the order that they are given; [`sort`] puts them in the order that users see.
///
/// # Errors
/// The stream cannot be written to.
pub fn write(out: &mut dyn Write, findings: &[Finding], summary: &Summary, format: Format, color: bool) -> io::Result<()> {
    match format {
        Format::Human => human::write(out, findings, summary, color),
        Format::Json => json::write(out, findings, summary),
        Format::Github => github::write(out, findings, summary),
    }
}

/// Orders findings by commit in the order of their coming, then by path, place and rule, and drops what is said twice.
pub fn sort(findings: &mut Vec<Finding>) {
    let mut commits: HashMap<Option<String>, usize> = HashMap::new();
    for finding in findings.iter() {
        let next = commits.len();
        if !commits.contains_key(&finding.place.commit) {
            commits.insert(finding.place.commit.clone(), next);
        }
    }
    let start = |finding: &Finding| finding.place.span.as_ref().map(|span| span.bytes.start);
    let place = |finding: &Finding| if commits.len() == 1 { 0 } else { commits[&finding.place.commit] };
    findings.sort_by(|a, b| {
        place(a)
            .cmp(&place(b))
            .then_with(|| (&a.place.path, start(a), a.rule, &a.message).cmp(&(&b.place.path, start(b), b.rule, &b.message)))
    });
    findings.dedup();
}

/// Whether a stream is coloured. `NO_COLOR` and `CLICOLOR_FORCE` count when they are set and not empty (`0` does not force).
pub fn color(choice: ColorChoice, stream_is_terminal: bool, env: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = |name: &str| env(name).filter(|value| !value.is_empty());
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if set("NO_COLOR").is_some() => false,
        ColorChoice::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
        ColorChoice::Auto => stream_is_terminal && env("TERM").is_none_or(|term| term != "dumb"),
    }
}

const REPOSITORY: Option<&str> = option_env!("CARGO_PKG_REPOSITORY");

/// Where a rule is documented; none if the package names no repository.
pub fn url(rule: &str) -> Option<String> {
    let base = REPOSITORY.filter(|base| !base.is_empty())?;
    Some(format!("{}/blob/main/rules/README.md#{rule}", base.trim_end_matches('/')))
}

/// Quotes a word for a POSIX shell, where it needs it.
pub fn shell_quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A text from a repository as a string of TOML, in the quotes that need no escapes.
pub fn toml_string(text: &str) -> String {
    let quote = if text.contains(['"', '\\']) { '\'' } else { '"' };
    format!("{quote}{}{quote}", shown(text))
}

/// Text from a repository as a message may show it: control characters and what turns the direction of writing are escaped, and it is cut
/// to 120 Unicode scalar values with `…`.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut kept: String = text.chars().take(LONGEST).collect();
    if kept.len() < text.len() {
        kept.pop();
        kept.push('…');
    }
    escaped(&kept, |_| false)
}

/// Escapes what could move a terminal's cursor or deceive a reader; `spared` characters stay.
fn escaped(text: &str, spared: fn(char) -> bool) -> String {
    let is_plain = |byte: u8| matches!(byte, b' '..=b'~') || byte == b'\n' && spared('\n');
    if text.bytes().all(is_plain) {
        return text.to_owned();
    }
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if is_hidden(character) && !spared(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Whether a character is one that terminals act on instead of showing it: controls, separators that end a line, marks that turn the
/// direction of writing or have no width.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// A commit id as people read it: its first 12 digits.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

/// `1 script`, `2 scripts`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = match (count, noun.strip_suffix('y')) {
        (1, _) => noun.to_owned(),
        (_, Some(stem)) => format!("{stem}ies"),
        _ => format!("{noun}s"),
    };
    format!("{count} {plural}")
}

/// The one line that ends a report for people.
pub(crate) fn closing(summary: &Summary) -> String {
    let judged = match (summary.files, summary.commits) {
        (0, None) => "no scripts".to_owned(),
        (files, None) => counted(files, "script"),
        (0, Some(0)) => "no new commits".to_owned(),
        (0, Some(commits)) => counted(commits, "commit"),
        (files, Some(commits)) => format!("{} and {}", counted(commits, "commit"), counted(files, "script")),
    };
    let verdict = match (summary.deny, summary.warn) {
        (0, 0) if summary.files == 0 && summary.commits.unwrap_or(0) == 0 => return format!("{judged} found{}", left_out(summary)),
        (0, 0) => "clean".to_owned(),
        (0, warn) => counted(warn, "warning"),
        (deny, 0) => format!("{deny} denied"),
        (deny, warn) => format!("{deny} denied, {}", counted(warn, "warning")),
    };
    let joint = if verdict == "clean" { ":" } else { " in" };
    format!("{verdict}{joint} {judged}{}", left_out(summary))
}

fn left_out(summary: &Summary) -> String {
    let Skipped { other_shells, too_large, repositories, unreadable } = summary.skipped;
    let parts: Vec<String> = [
        (other_shells, "script for another shell", "scripts for other shells"),
        (too_large, "script that is too large", "scripts that are too large"),
        (repositories, "repository inside", "repositories inside"),
        (unreadable, "unreadable path", "unreadable paths"),
    ]
    .into_iter()
    .filter(|&(count, ..)| count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    if parts.is_empty() { String::new() } else { format!("; left out: {}", parts.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_escapes_and_cuts() {
        assert_eq!(shown("état/ü.json"), "état/ü.json");
        assert_eq!(shown("a\nb\u{1b}[2J\u{202e}c\u{200b}"), "a\\nb\\u{1b}[2J\\u{202e}c\\u{200b}");
        assert_eq!(shown(&"é".repeat(120)), "é".repeat(120));
        let cut = shown(&"é".repeat(121));
        assert_eq!((cut.chars().count(), cut.ends_with("é…")), (120, true));
    }

    #[test]
    fn color_follows_choice_then_environment_then_terminal() {
        let env = |pairs: &'static [(&str, &str)]| {
            move |name: &str| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))
        };
        assert!(color(ColorChoice::Always, false, env(&[("NO_COLOR", "1")])));
        assert!(!color(ColorChoice::Never, true, env(&[("CLICOLOR_FORCE", "1")])));
        assert!(color(ColorChoice::Auto, true, env(&[])));
        assert!(!color(ColorChoice::Auto, false, env(&[])));
        assert!(!color(ColorChoice::Auto, true, env(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")])));
        assert!(color(ColorChoice::Auto, true, env(&[("NO_COLOR", "")])));
        assert!(color(ColorChoice::Auto, false, env(&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")])));
        assert!(!color(ColorChoice::Auto, false, env(&[("CLICOLOR_FORCE", "0")])));
        assert!(!color(ColorChoice::Auto, true, env(&[("TERM", "dumb")])));
    }

    #[test]
    fn the_last_line_counts() {
        let closing = |deny, warn, files, commits| closing(&Summary { deny, warn, files, commits, ..Summary::default() });
        assert_eq!(closing(2, 1, 14, None), "2 denied, 1 warning in 14 scripts");
        assert_eq!(closing(0, 0, 1, None), "clean: 1 script");
        assert_eq!(closing(0, 0, 0, Some(0)), "no new commits found");
        assert_eq!(closing(0, 2, 1, Some(3)), "2 warnings in 3 commits and 1 script");
        assert_eq!(closing(0, 0, 0, None), "no scripts found");
        assert_eq!(closing(1, 0, 0, None), "1 denied in no scripts");
    }
}
