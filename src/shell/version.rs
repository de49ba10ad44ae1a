//! What a condition tells about the version of bash.

use compact_str::CompactString;

use super::flow::Flow;
use super::guard::{Guard, Told};
use super::tree::{Operation, Piece, Variable, Word};
use crate::policy::Version;

impl Flow<'_> {
    /// Whether a variable holds the version of bash, the major one first: bash's own, or one that is given it once and nothing else.
    pub(super) fn holds_version(&self, name: &str) -> bool {
        matches!(name, "BASH_VERSINFO" | "BASH_VERSION") || (self.versions.contains(name) && self.is_assigned_once(name))
    }

    pub(super) fn told_by_version(&self, left: &Word, operator: &str, right: &Word) -> Option<Told> {
        let Some(Piece::Variable(variable)) = left.only_piece() else { return None };
        if !self.holds_version(&variable.name) {
            return None;
        }
        let version = leading_version(right.text.trim_start_matches('^'))?;
        let next = Version(version.0 + 1, 0);
        Some(match operator {
            "-ge" | "-eq" | "=" | "==" | "=~" | ">" => Told::bash(version),
            "-gt" => Told::bash(next),
            "-lt" | "<" => Told::bash(version).swapped(),
            "-le" => Told::bash(next).swapped(),
            _ => return None,
        })
    }

    /// `(( BASH_VERSINFO[0] >= 4 ))`, also by a variable that holds it.
    pub(super) fn version_asked(&self, expression: &str) -> Told {
        if self.versions.is_empty() {
            return bash_version(expression);
        }
        let is_name = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let mut text = String::with_capacity(expression.len());
        let mut rest = expression;
        while let Some(first) = rest.chars().next() {
            let end = rest.find(|char| is_name(char) != is_name(first)).unwrap_or(rest.len());
            let (part, after) = rest.split_at(end);
            text.push_str(if self.holds_version(part) { "BASH_VERSINFO" } else { part });
            rest = after;
        }
        bash_version(&text)
    }
}

/// `${BASH_VERSINFO[0]:-0}`, `${BASH_VERSION%%.*}`: what is left begins with the major version; `written` is the text of it.
pub(super) fn is_version(variable: &Variable, written: &str) -> bool {
    match variable.name.as_str() {
        "BASH_VERSION" => matches!(variable.operation, Operation::None | Operation::RemoveLongestSuffix),
        "BASH_VERSINFO" => !written.contains("BASH_VERSINFO[") || written.contains("BASH_VERSINFO[0]"),
        _ => false,
    }
}

/// What an arm of a `case` over the version tells by its patterns.
pub(super) fn version_in_arm(patterns: &[CompactString]) -> Told {
    let lowest = patterns.iter().map(|pattern| leading_version(pattern)).collect::<Option<Vec<Version>>>();
    let mut told = lowest.and_then(|versions| versions.into_iter().min()).map(Told::bash).unwrap_or_default();
    // `3.*`, `[0-3]*`: every other bash is newer.
    let majors: Option<Vec<(u16, u16)>> = patterns.iter().map(|pattern| majors(pattern)).collect();
    let majors = majors.unwrap_or_default();
    if let (Some(least), Some(most)) = (majors.iter().map(|range| range.0).min(), majors.iter().map(|range| range.1).max())
        && least <= 3
    {
        told.failure = vec![Guard::Bash(Version(most + 1, 0))];
    }
    told
}

/// `(( BASH_VERSINFO[0] >= 4 ))`, also where more is asked.
fn bash_version(expression: &str) -> Told {
    let text: String = expression.chars().filter(|char| !char.is_whitespace() && !matches!(char, '$' | '{' | '}' | '(' | ')')).collect();
    let mut told = Told::default();
    let mut rest = text.as_str();
    while let Some(at) = rest.find("BASH_VERSINFO") {
        rest = &rest[at + "BASH_VERSINFO".len()..];
        if rest.starts_with("[1]") {
            continue;
        }
        rest = rest.strip_prefix("[0]").unwrap_or(rest);
        // `${BASH_VERSINFO[0]:-0}`
        rest = rest.strip_prefix(":-0").unwrap_or(rest);
        let digits = rest.trim_start_matches(['<', '>', '=', '!']);
        let operator = &rest[..rest.len() - digits.len()];
        let Some(version) = leading_version(digits) else { continue };
        let next = Version(version.0 + 1, 0);
        let single = match operator {
            ">=" | "==" => Told::bash(version),
            ">" => Told::bash(next),
            "<" => Told::bash(version).swapped(),
            "<=" => Told::bash(next).swapped(),
            _ => continue,
        };
        if told.success.is_empty() && told.failure.is_empty() {
            told = single;
        }
    }
    // `major > 4 || major == 4 && minor >= 3`: the exact version is the lower bound of what is meant.
    if let [Guard::Bash(version)] = told.success.as_mut_slice()
        && let Some((_, equal)) = text.split_once("[0]==")
        && let Some(major) = leading_version(equal)
    {
        let minor = equal.split_once("[1]>=").and_then(|(_, minor)| leading_version(minor)).map_or(0, |minor| minor.0);
        *version = Version(major.0, minor);
    }
    told
}

/// The version that a text begins with; patterns as `[4-9]*` count by their lowest digit.
pub(super) fn leading_version(text: &str) -> Option<Version> {
    let text = text.trim_start_matches(['[', '(']);
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let major: u16 = text[..end].parse().ok()?;
    let rest = text[end..].trim_start_matches('\\').strip_prefix('.').unwrap_or_default();
    let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    (major < 100).then(|| Version(major, rest[..end].parse().unwrap_or(0)))
}

/// The first and the last major version that a pattern such as `3.*` or `[1-3]*` takes whole.
fn majors(pattern: &str) -> Option<(u16, u16)> {
    let (first, last, rest) = if let Some(inside) = pattern.strip_prefix('[') {
        let (class, rest) = inside.split_once(']')?;
        let digits = || class.chars().filter_map(|char| u16::try_from(char.to_digit(10)?).ok());
        (digits().min()?, digits().max()?, rest)
    } else {
        let (digits, rest) = pattern.split_at(pattern.find(|char: char| !char.is_ascii_digit()).unwrap_or(pattern.len()));
        let major = digits.parse().ok()?;
        (major, major, rest)
    };
    matches!(rest, "" | "*" | ".*").then_some((first, last))
}
