//! The report as one JSON document: every field is always there, null where there is nothing to say.

use std::io::{self, BufWriter, IntoInnerError, Write};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use super::Summary;
use super::position::Positions;
use crate::finding::Finding;

#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    findings: Entries<'a>,
    summary: Counts,
}

/// Findings that are written one after the other: there may be very many.
struct Entries<'a>(&'a [Finding]);

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut positions = Positions::default();
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for finding in self.0 {
            list.serialize_element(&entry(finding, &mut positions))?;
        }
        list.end()
    }
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
    let document = Document {
        version: 1,
        findings: Entries(findings),
        summary: Counts { deny: summary.deny, warn: summary.warn, files: summary.files, commits: summary.commits.unwrap_or(0) },
    };
    // Every comma is written by itself.
    let mut out = BufWriter::with_capacity(1 << 16, out);
    serde_json::to_writer(&mut out, &document)?;
    writeln!(out)?;
    out.into_inner().map(drop).map_err(IntoInnerError::into_error)
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
