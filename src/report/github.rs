//! The report as workflow commands: GitHub shows each as an annotation, at its line where it has one.
//!
//! Escaping as the runner undoes it: `%`, CR and LF everywhere, `:` and `,` in properties too.

use std::io::{self, Write};

use super::position::Positions;
use super::{Summary, closing, escaped};
use crate::finding::Finding;
use crate::rule::Level;

pub(super) fn write(out: &mut dyn Write, findings: &[Finding], summary: &Summary) -> io::Result<()> {
    let mut positions = Positions::default();
    for finding in findings {
        annotation(out, finding, &mut positions)?;
    }
    writeln!(out, "gnp-lint: {}", closing(summary))
}

fn annotation(out: &mut dyn Write, finding: &Finding, positions: &mut Positions) -> io::Result<()> {
    let place = &finding.place;
    let command = if finding.level == Level::Deny { "error" } else { "warning" };
    write!(out, "::{command} ")?;
    if let Some(path) = &place.path {
        write!(out, "file={},", property(path))?;
    }
    if let Some(span) = &place.span {
        let [start, end] = positions.of(span);
        write!(out, "line={},endLine={},", start.0, end.0)?;
        // Columns are only taken where both ends stand in one line.
        if start.0 == end.0 {
            write!(out, "col={},endColumn={},", start.1, end.1)?;
        }
    }
    write!(out, "title=gnp-lint ({})::{}", property(finding.rule), data(&finding.message))?;
    if let Some(commit) = &place.commit {
        write!(out, "{}", data(&format!(" (commit {})", super::short(commit))))?;
    }
    if let Some(help) = &finding.help {
        write!(out, "%0A{}", data(help))?;
    }
    writeln!(out)
}

fn data(text: &str) -> String {
    // What the runner has no escape for must not reach the log either.
    escaped(text, |character| matches!(character, '\n' | '\r' | '\t')).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A").replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_what_the_runner_undoes() {
        assert_eq!(data("100 %, a:b\r\nc"), "100 %25, a:b%0D%0Ac");
        assert_eq!(property("a,b:c%d\ne"), "a%2Cb%3Ac%25d%0Ae");
        assert_eq!(data("\u{1b}[2J"), "\\u{1b}[2J");
    }
}
