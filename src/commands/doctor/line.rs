//! One line of the report, and the report in each form.

use std::io::{self, Write};

use owo_colors::{OwoColorize, Style};
use serde::Serialize;
use serde_json::json;

use crate::commands::Streams;
use crate::finding::Finding;
use crate::report::{Entry, shown};
use crate::rule::Level;

/// How something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// As it should.
    Ok,
    /// It may do harm.
    Warning,
    /// The protection does not hold.
    Wrong,
}

/// How one thing stands, and its cure.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) state: State,
    /// What it is about, in a word or two; the rule's name for a finding.
    pub(super) about: String,
    /// One clause.
    pub(super) message: String,
    /// What belongs to it, one clause each.
    pub(super) details: Vec<String>,
    /// What to do: prose, and commands to paste, indented by four spaces.
    pub(super) cure: Vec<String>,
    finding: Option<Finding>,
}

impl Line {
    fn new(state: State, about: &str, message: String) -> Self {
        Self { state, about: about.to_owned(), message, details: Vec::new(), cure: Vec::new(), finding: None }
    }

    pub(super) fn ok(about: &str, message: impl Into<String>) -> Self {
        Self::new(State::Ok, about, message.into())
    }

    pub(super) fn warning(about: &str, message: impl Into<String>) -> Self {
        Self::new(State::Warning, about, message.into())
    }

    pub(super) fn wrong(about: &str, message: impl Into<String>) -> Self {
        Self::new(State::Wrong, about, message.into())
    }

    /// Of a rule's finding: what denies is wrong.
    pub(super) fn of_finding(finding: Finding) -> Self {
        let state = if finding.level == Level::Deny { State::Wrong } else { State::Warning };
        let cure = finding.help.iter().flat_map(|help| help.lines()).map(str::to_owned).collect();
        Self { cure, finding: Some(finding.clone()), ..Self::new(state, finding.rule, finding.message) }
    }

    /// The same line with a command that cures it.
    #[must_use]
    pub(super) fn cured_by(mut self, command: impl AsRef<str>) -> Self {
        self.cure.push(format!("    {}", command.as_ref()));
        self
    }

    /// The same line with prose that cures it.
    #[must_use]
    pub(super) fn advised(mut self, advice: impl Into<String>) -> Self {
        self.cure.push(advice.into());
        self
    }
}

/// Writes the report for people: the state, what it is about, and below it what to do.
pub(super) fn human(streams: &mut Streams<'_>, lines: &[Line]) -> io::Result<()> {
    let style = |state| match (streams.out_color, state) {
        (false, _) => Style::new(),
        (_, State::Ok) => Style::new().green(),
        (_, State::Warning) => Style::new().yellow().bold(),
        (_, State::Wrong) => Style::new().bright_red().bold(),
    };
    for line in lines {
        let (word, style) = (word(line.state), style(line.state));
        writeln!(streams.out, "{}{} {}: {}", word.style(style), " ".repeat(8 - word.len()), line.about, line.message)?;
        for more in line.details.iter().chain(&line.cure) {
            writeln!(streams.out, "             {more}")?;
        }
    }
    let (warnings, wrong) = (count(lines, State::Warning), count(lines, State::Wrong));
    let verdict = match (wrong, warnings) {
        (0, 0) => "all is well".to_owned(),
        (0, 1) => "1 warning".to_owned(),
        (0, _) => format!("{warnings} warnings"),
        (_, 0) => format!("{wrong} wrong"),
        _ => format!("{wrong} wrong, {warnings} to be warned of"),
    };
    let worst = lines.iter().map(|line| line.state).max().unwrap_or(State::Ok);
    writeln!(streams.out, "{}", verdict.style(style(worst)))
}

/// Writes the report as one JSON document; `findings` are those of rules, in the form of every other report.
pub(super) fn json(out: &mut dyn Write, lines: &[Line]) -> io::Result<()> {
    let check = |line: &Line| {
        let cure: Vec<&str> = line.cure.iter().map(String::as_str).collect();
        json!({
            "state": line.state, "about": line.about, "message": line.message, "details": line.details, "cure": cure,
            "rule": line.finding.as_ref().map(|finding| finding.rule),
        })
    };
    let document = json!({
        "version": 1,
        "checks": lines.iter().map(check).collect::<Vec<_>>(),
        "findings": lines.iter().filter_map(|line| line.finding.as_ref()).map(Entry::of).collect::<Vec<_>>(),
        "summary": { "ok": count(lines, State::Ok), "warning": count(lines, State::Warning), "wrong": count(lines, State::Wrong) },
    });
    writeln!(out, "{document:#}")
}

fn count(lines: &[Line], state: State) -> usize {
    lines.iter().filter(|line| line.state == state).count()
}

fn word(state: State) -> &'static str {
    match state {
        State::Ok => "ok",
        State::Warning => "warning",
        State::Wrong => "wrong",
    }
}

/// Paths and names as messages show them: the first ones in backticks, and how many more there are.
pub(super) fn listed<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const NAMED: usize = 8;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", shown(name))).collect();
    let more = names.len().saturating_sub(NAMED);
    let text = names[..names.len() - more].join(", ");
    if more == 0 { text } else { format!("{text} and {more} more") }
}
