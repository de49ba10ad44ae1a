//! The report for people and language models: frames around the source text, and the command to paste.

use std::borrow::Cow;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level as Mark, Origin, Renderer, Snippet};
use owo_colors::{OwoColorize, Style};

use super::position::Positions;
use super::{Summary, closing, escaped, short, shown};
use crate::articles;
use crate::finding::{Finding, Span};
use crate::rule::Level;
use crate::threads;

/// A line is shown in full up to this many bytes; of a longer one, what surrounds the place.
const LONG_LINE: usize = 400;
const AROUND: usize = 60;
/// Of a place that goes over more lines than this, the first line is shown.
const MANY_LINES: usize = 8;
/// So many findings are framed by one thread: to start another takes longer.
const FEW: usize = 32;
/// So many are framed before they are written, which bounds the memory for them.
const AT_ONCE: usize = 64 * FEW;

pub(super) fn write(out: &mut dyn Write, findings: &[Finding], summary: &Summary, color: bool) -> io::Result<()> {
    frames(out, findings, color)?;
    writeln!(out, "{}", closing(summary).style(verdict_style(summary.deny, summary.warn, color)))
}

/// What a hook is about to do with an act of git.
#[derive(Debug, Clone, Copy)]
pub struct Door<'a> {
    /// The act, e.g. "this commit to `main`".
    pub act: &'a str,
    /// How things stand after a refusal, and what brings them in order: commands on lines of their own, indented by four spaces.
    pub aftermath: Option<&'a str>,
    /// The way up to the root of the checkout, where commands are to be pasted, e.g. `../..`; none if the act began there.
    pub root: Option<&'a str>,
}

/// Writes what a hook has to say: first what is refused, then why and what to do, last how to go on. Nothing is written without findings.
/// What a refusal leaves behind is put back before anything else is done: what `help` says of single files would leave it half there.
///
/// # Errors
/// The stream cannot be written to.
pub fn door(out: &mut dyn Write, door: &Door<'_>, findings: &[Finding], color: bool) -> io::Result<()> {
    let Summary { deny, warn, .. } = Summary::of(findings);
    let style = verdict_style(deny, warn, color);
    match (deny, warn) {
        (0, 0) => return Ok(()),
        (0, _) => writeln!(out, "{} {} goes on", "gnp-lint: warning:".style(style), door.act)?,
        _ => writeln!(out, "{} {}", "gnp-lint: refused:".style(style), door.act)?,
    }
    if let Some(aftermath) = door.aftermath.filter(|_| deny > 0) {
        writeln!(out, "gnp-lint: {aftermath}\n")?;
    }
    frames(out, findings, color)?;
    if deny == 0 {
        return Ok(());
    }
    let rule = findings.iter().find(|finding| finding.level == Level::Deny).map_or("", |finding| finding.rule);
    let place = door.root.map_or_else(String::new, |root| format!(", after `cd {root}`"));
    writeln!(out, "gnp-lint: do what `help` says{place}; the reason: gnp-lint explain {rule}")
}

/// How a verdict is coloured, by what was found.
pub(crate) fn verdict_style(deny: usize, warn: usize, color: bool) -> Style {
    match (color, deny, warn) {
        (false, ..) => Style::new(),
        (true, 0, 0) => Style::new().green().bold(),
        (true, 0, _) => Style::new().yellow().bold(),
        _ => Style::new().bright_red().bold(),
    }
}

/// Writes findings one by one, and nothing else.
///
/// # Errors
/// The stream cannot be written to.
pub(crate) fn frames<'f>(out: &mut dyn Write, findings: impl IntoIterator<Item = &'f Finding>, color: bool) -> io::Result<()> {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let framed = |findings: &[&Finding]| {
        let mut positions = Positions::default();
        findings.iter().map(|finding| renderer.render(&groups(finding, &mut positions)) + "\n\n").collect::<String>()
    };
    let findings: Vec<&Finding> = findings.into_iter().collect();
    if findings.len() <= FEW {
        return out.write_all(framed(&findings).as_bytes());
    }
    let processors = threads::processors();
    for many in findings.chunks(AT_ONCE) {
        let parts: Vec<&[&Finding]> = many.chunks(FEW).collect();
        for text in threads::each(&parts, processors, |part, (): &mut ()| framed(part)) {
            out.write_all(text.as_bytes())?;
        }
    }
    Ok(())
}

/// Title, place and text, then what to do; a place whose line is cut stands in a group of its own, because its column is not that of the cut line.
fn groups<'a>(finding: &'a Finding, positions: &mut Positions) -> Vec<Group<'a>> {
    let mark = if finding.level == Level::Deny { Mark::ERROR } else { Mark::WARNING };
    let mut title = mark.clone().primary_title(safe(&finding.message)).id(finding.rule);
    if let Some(url) = super::url(finding.rule) {
        title = title.id_url(url);
    }
    let mut before = Vec::new();
    let mut group = Group::with_title(title);
    let place = origin(finding);
    if let Some(span) = &finding.place.span {
        let [(line, column), _] = positions.of(span);
        let Window { source, marked, cut } = window(span, positions);
        let snippet = Snippet::source(source).line_start(line).annotation(AnnotationKind::Primary.span(marked));
        if cut {
            before.push(group.element(Origin::path(place.unwrap_or_default()).line(line).char_column(column)));
            group = Group::with_level(mark).element(snippet);
        } else {
            group = group.element(snippet.path(place));
        }
    } else if let Some(place) = place {
        group = group.element(Origin::path(place));
    }
    if let Some(standing) = standing(finding).filter(|_| finding.place.span.is_some()) {
        group = group.element(Mark::NOTE.with_name(Some("in")).message(standing));
    }
    if let Some(help) = &finding.help {
        group = group.element(Mark::HELP.message(safe(help)));
    }
    if let Some(fix) = &finding.fix {
        let how = if fix.safe {
            "`gnp-lint --fix` writes it"
        } else {
            "`gnp-lint --fix=unsafe` writes one that may change the meaning: look at `--diff`"
        };
        group = group.element(Mark::NOTE.with_name(Some("fix")).message(how));
    }
    if let Some(article) = articles::find(finding.article) {
        let name = format!("article {}", article.number);
        group = group.element(Mark::NOTE.with_name(Some(name)).message(article.title));
    }
    before.push(group);
    before
}

/// Path, ref and commit, as far as they are known. Before a line number stands the path alone, so that editors can follow it.
pub(super) fn origin(finding: &Finding) -> Option<String> {
    let path = finding.place.path.as_deref().map(shown);
    match (path, standing(finding)) {
        (Some(path), Some(standing)) if finding.place.span.is_none() => Some(format!("{path} ({standing})")),
        (path, standing) => path.or(standing),
    }
}

/// Ref and commit, as far as they are known.
fn standing(finding: &Finding) -> Option<String> {
    let commit = finding.place.commit.as_deref().map(|commit| format!("commit {}", short(commit)));
    let reference = finding.place.reference.as_deref().map(|name| shown(name.strip_prefix("refs/heads/").unwrap_or(name)));
    match (commit, reference) {
        (Some(commit), Some(reference)) => Some(format!("{commit} on {reference}")),
        (commit, reference) => commit.or(reference),
    }
}

/// What is shown of a text: whole lines, or of long ones what surrounds the place.
struct Window<'a> {
    source: Cow<'a, str>,
    /// The bytes of `source` to mark.
    marked: Range<usize>,
    /// Whether the first line lacks its beginning.
    cut: bool,
}

fn window<'a>(span: &'a Span, positions: &mut Positions) -> Window<'a> {
    let text: &Arc<str> = &span.text;
    let Range { start, mut end } = span.bytes.clone();
    let first = positions.bytes_of_line(text, start);
    if text[start..end].lines().nth(MANY_LINES).is_some() {
        end = first.end.max(start);
    }
    let last = positions.bytes_of_line(text, end);
    if first.len().max(last.len()) <= LONG_LINE && text[first.start..last.end].len() <= LONG_LINE * MANY_LINES {
        return Window { source: text[first.start..last.end].into(), marked: start - first.start..end - first.start, cut: false };
    }
    end = boundary(text, end.min(start + AROUND)).max(start);
    let from = first.start.max(boundary(text, start.saturating_sub(AROUND)));
    let to = positions.bytes_of_line(text, end).end.min(boundary(text, end + AROUND));
    let (before, after) = (&text[from..start], &text[end..to]);
    let open = if from > first.start { "…" } else { "" };
    let close = if to < text.len() && !text[to..].starts_with('\n') { "…" } else { "" };
    let begin = open.len() + before.len();
    Window {
        source: [open, before, &text[start..end], after, close].concat().into(),
        marked: begin..begin + (end - start),
        cut: !open.is_empty(),
    }
}

fn boundary(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

/// Text of a rule: its line ends stay, what could deceive a reader is escaped.
fn safe(text: &str) -> String {
    escaped(text, |character| character == '\n')
}
