//! `# gnp-lint: allow(rule) reason` comments: which rules they allow, on which lines, and why.

use super::tree::{Action, Block, Bytes, Statement};

/// A comment that allows rules on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// The rules it names.
    pub rules: Vec<String>,
    /// Whether a reason stands behind them.
    pub reasoned: bool,
    /// The comment.
    pub bytes: Bytes,
    /// What it covers: its own line and, if nothing else stands on that, the command that begins on the next.
    pub covers: Bytes,
    /// It is meant to allow something and not written so: `disable=missing-command`. It allows nothing then.
    pub misspelt: bool,
}

impl Suppression {
    /// What a comment begins with that says something to the linter.
    pub(crate) const MARK: &str = "gnp-lint:";

    /// A comment by what stands behind its mark; none where that says something else.
    pub(crate) fn read(told: &str, bytes: Bytes, covers: Bytes) -> Option<Self> {
        let told = told.trim();
        let Some((rules, reason)) = told.strip_prefix("allow(").and_then(|rest| rest.split_once(')')) else {
            return means_to_allow(told).then(|| Self { rules: Vec::new(), reasoned: true, bytes, covers, misspelt: true });
        };
        let rules = rules.split(',').map(|rule| rule.trim().to_owned()).filter(|rule| !rule.is_empty()).collect();
        Some(Self { rules, reasoned: reason.chars().any(char::is_alphanumeric), bytes, covers, misspelt: false })
    }
}

/// The words by which linters are told to be silent, alone or before something that is written like a rule: `ignore missing-command`, but not
/// `skip if it is missing`.
fn means_to_allow(told: &str) -> bool {
    const WORDS: [&str; 8] = ["allow", "disable", "disable-next-line", "ignore", "noqa", "off", "skip", "suppress"];
    let is_of_name = |char: char| char.is_ascii_alphanumeric() || char == '-';
    let mut names = told.split(|char| !is_of_name(char)).filter(|name| !name.is_empty());
    let first = names.next().is_some_and(|name| WORDS.contains(&name.to_ascii_lowercase().as_str()));
    first && names.next().is_none_or(|name| name == "all" || name.trim_matches('-').contains('-'))
}

/// Finds the comments; the tree tells what looks like one but lies in a string or here-document.
pub(super) fn find(text: &str, body: &Block) -> Vec<Suppression> {
    let mut found = Vec::new();
    if memchr::memmem::find(text.as_bytes(), Suppression::MARK.as_bytes()).is_none() {
        return found;
    }
    let data = data(body);
    for (at, _) in text.match_indices(Suppression::MARK) {
        let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        let line_end = text[at..].find('\n').map_or(text.len(), |length| at + length);
        let before = text[line_start..at].trim_end();
        let Some(code) = before.strip_suffix('#') else { continue };
        let begins_comment = code.is_empty() || code.ends_with([' ', '\t', ';', '&', '|', '(', ')']);
        let start = line_start + code.len();
        if !begins_comment || in_data(&data, start) {
            continue;
        }
        let covers = covered(text, line_start, line_end, code.trim().is_empty());
        found.extend(Suppression::read(&text[at + Suppression::MARK.len()..line_end], start..line_end, covers));
    }
    found
}

/// The lines that a comment is about.
fn covered(text: &str, line_start: usize, line_end: usize, alone: bool) -> Bytes {
    let mut end = line_end;
    if alone {
        // Further comments may stand between.
        loop {
            let next = (end + 1).min(text.len());
            end = text[next..].find('\n').map_or(text.len(), |length| next + length);
            let line = text[next..end].trim_start();
            if !line.starts_with('#') || end == text.len() {
                break;
            }
        }
    }
    // A command may go on over several lines.
    while end < text.len() && text[..end].trim_end_matches([' ', '\t', '\r']).ends_with(['\\', '|', '&']) {
        let next = end + 1;
        end = text[next..].find('\n').map_or(text.len(), |length| next + length);
    }
    line_start..end
}

/// The strings and here-documents of a script, by their places.
fn data(body: &Block) -> Vec<Bytes> {
    let mut data = Vec::new();
    body.each(&mut |statement| data.extend(data_of(statement)));
    data.sort_by_key(|bytes| bytes.start);
    data
}

fn data_of(statement: &Statement) -> Vec<Bytes> {
    let mut data: Vec<Bytes> = statement.redirects.iter().filter_map(|redirect| redirect.body.clone()).collect();
    if let Action::Command(command) = &statement.action {
        let values = command.assignments.iter().chain(&command.declared).filter_map(|assignment| assignment.value.as_ref());
        let strings = command.words.iter().chain(values).filter(|word| word.quoted && word.pieces.is_empty());
        data.extend(strings.map(|word| word.bytes.clone()));
    }
    data
}

fn in_data(data: &[Bytes], at: usize) -> bool {
    let before = data.partition_point(|bytes| bytes.start <= at);
    data[..before].iter().rev().take(8).any(|bytes| bytes.contains(&at))
}
