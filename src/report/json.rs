//! The report as one JSON document: every field is always there, null where there is nothing to say.

use std::io::{self, Write};

use serde::Serialize;

use super::Summary;
use super::position::Positions;
use crate::finding::Finding;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    findings: Vec<Entry<'a>>,
    summary: Counts,
}

/// A finding in the form of the JSON report.
#[derive(Debug, Serialize)]
pub struct Entry<'a> {
    rule: &'a str,
    article: u8,
    level: &'a str,
    path: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    end_line: Option<usize>,
    end_column: Option<usize>,
    commit: Option<&'a str>,
    r#ref: Option<&'a str>,
    message: &'a str,
    help: Option<&'a str>,
    url: Option<String>,
    fix: Option<Fix<'a>>,
}

#[derive(Debug, Serialize)]
struct Fix<'a> {
    safe: bool,
    edits: Vec<Edit<'a>>,
}

#[derive(Debug, Serialize)]
struct Edit<'a> {
    start: usize,
    end: usize,
    text: &'a str,
}

#[derive(Serialize)]
struct Counts {
    deny: usize,
    warn: usize,
    files: usize,
    commits: usize,
}

pub(super) fn write(out: &mut dyn Write, findings: &[Finding], summary: &Summary) -> io::Result<()> {
    let mut positions = Positions::default();
    let document = Document {
        version: 1,
        findings: findings.iter().map(|finding| entry(finding, &mut positions)).collect(),
        summary: Counts { deny: summary.deny, warn: summary.warn, files: summary.files, commits: summary.commits.unwrap_or(0) },
    };
    serde_json::to_writer(&mut *out, &document)?;
    writeln!(out)
}

impl<'a> Entry<'a> {
    /// One finding by itself, as a log keeps it.
    pub fn of(finding: &'a Finding) -> Self {
        entry(finding, &mut Positions::default())
    }
}

fn entry<'a>(finding: &'a Finding, positions: &mut Positions) -> Entry<'a> {
    let place = &finding.place;
    let ends = place.span.as_ref().map(|span| positions.of(span));
    Entry {
        rule: finding.rule,
        article: finding.article,
        level: finding.level.word(),
        path: place.path.as_deref(),
        line: ends.map(|[start, _]| start.0),
        column: ends.map(|[start, _]| start.1),
        end_line: ends.map(|[_, end]| end.0),
        end_column: ends.map(|[_, end]| end.1),
        commit: place.commit.as_deref(),
        r#ref: place.reference.as_deref(),
        message: &finding.message,
        help: finding.help.as_deref(),
        url: super::url(finding.rule),
        fix: finding.fix.as_ref().map(|fix| Fix {
            safe: fix.safe,
            edits: fix.edits.iter().map(|edit| Edit { start: edit.bytes.start, end: edit.bytes.end, text: &edit.text }).collect(),
        }),
    }
}
