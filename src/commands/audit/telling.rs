//! What an audit found → text: by commit, oldest first, with a summary by rule, what was waived and what was missing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::ops::Range;

use anyhow::Context as _;
use owo_colors::{OwoColorize, Style};
use serde::Serialize;

use super::history::Listed;
use super::judging::Outcome;
use crate::cli::ReportArgs;
use crate::commands::Streams;
use crate::finding::Finding;
use crate::report::{self, Entry, Format, Summary, closing, counted, short, shown};
use crate::rule::Level;
use crate::waiver::Waiver;
use crate::walk::displayed;

/// How many missing objects, and how many commits that could not be judged, are named.
const NAMED: usize = 5;

/// All that an audit found.
pub(super) struct Report<'c> {
    /// Oldest commit first.
    pub(super) findings: Vec<Finding>,
    pub(super) summary: Summary,
    commits: &'c [Listed],
    /// Which findings each commit has.
    groups: Vec<(&'c Listed, Range<usize>)>,
    lifted: Vec<(Finding, Waiver)>,
    missing: Vec<Missing<'c>>,
    failures: Vec<Failure<'c>>,
    /// How many commits there were to judge.
    listed: usize,
    /// How many of them were come to.
    reached: usize,
    /// How many of those were judged.
    pub(super) judged: usize,
}

/// A blob that is not here.
#[derive(Debug, Serialize)]
struct Missing<'c> {
    object: String,
    path: String,
    commit: &'c str,
}

/// A commit that could not be judged.
#[derive(Debug, Serialize)]
struct Failure<'c> {
    commit: &'c str,
    why: String,
}

/// How often a rule was breached.
#[derive(Debug, Default, Serialize)]
pub(super) struct Count {
    pub(super) deny: usize,
    pub(super) warn: usize,
    pub(super) commits: usize,
}

impl<'c> Report<'c> {
    /// Gathers the outcomes of commits that stand in the same order.
    pub(super) fn of(commits: &'c [Listed], outcomes: Vec<Option<Outcome>>) -> Self {
        let (mut findings, mut lifted, mut missing, mut failures) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut reached, mut known) = (0, BTreeSet::new());
        let mut groups = Vec::new();
        for (commit, outcome) in commits.iter().zip(outcomes) {
            let Some(mut outcome) = outcome else { continue };
            reached += 1;
            report::sort(&mut outcome.standing);
            if !outcome.standing.is_empty() {
                groups.push((commit, findings.len()..findings.len() + outcome.standing.len()));
                findings.extend(outcome.standing);
            }
            lifted.extend(outcome.lifted);
            for (path, object) in outcome.missing {
                if known.insert(object.clone()) {
                    missing.push(Missing { object, path, commit: &commit.id });
                }
            }
            failures.extend(outcome.failure.map(|why| Failure { commit: &commit.id, why }));
        }
        let judged = reached - failures.len();
        let summary = Summary { commits: Some(judged), ..Summary::of(&findings) };
        Self { findings, summary, commits, groups, lifted, missing, failures, listed: commits.len(), reached, judged }
    }

    /// Whether some commits were not come to.
    pub(super) fn is_interrupted(&self) -> bool {
        self.reached < self.listed
    }

    /// Writes the report as asked for.
    pub(super) fn write(&self, args: &ReportArgs, streams: &mut Streams<'_>) -> anyhow::Result<()> {
        let write = |out: &mut dyn Write, color: bool| match args.format {
            Format::Human => self.human(out, color),
            Format::Json => self.json(out),
            Format::Github => report::write(out, &self.findings, &self.summary, args.format, color).and_then(|()| self.notes(out)),
        };
        write_out(args, streams, write)
    }

    /// The findings by the commit that brings them, or of a merge along first parents, that brings it in.
    pub(super) fn by_commit(&self) -> impl Iterator<Item = (&'c Listed, &[Finding])> {
        self.groups.iter().map(|(commit, group)| (*commit, &self.findings[group.clone()]))
    }

    /// How many findings a waiver lifts.
    pub(super) fn waived(&self) -> usize {
        self.lifted.len()
    }

    /// How many commits there are, from when to when.
    pub(super) fn span(&self) -> String {
        let day = |date: Option<&str>| date.and_then(|date| date.get(..10)).unwrap_or("").to_owned();
        let dates = || self.commits.iter().map(|commit| commit.date.as_str());
        match self.listed {
            0 => "no commits".to_owned(),
            count => format!("{} from {} to {}", counted(count, "commit"), day(dates().min()), day(dates().max())),
        }
    }

    /// What the reader of the verdict must know besides the findings; empty if there is nothing.
    pub(super) fn notes_text(&self) -> String {
        let mut text = Vec::new();
        // A vector can always be written to.
        let _ = self.notes(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    fn human(&self, out: &mut dyn Write, color: bool) -> io::Result<()> {
        for (commit, findings) in self.by_commit() {
            let style = if color { Style::new().bold() } else { Style::new() };
            writeln!(out, "{}\n", heading(commit).style(style))?;
            let (told, more) = abridged(findings);
            report::frames(out, told, color)?;
            for (rule, count) in more {
                writeln!(out, "and {} of {rule} in this commit; --format json lists all\n", counted(count, "more finding"))?;
            }
        }
        let rules = self.rules();
        if !rules.is_empty() {
            let width = rules.keys().map(|rule| rule.len()).max().unwrap_or_default().max("rule".len());
            writeln!(out, "{:width$}  denied  warned  commits", "rule")?;
            for (rule, count) in &rules {
                writeln!(out, "{rule:width$}  {:>6}  {:>6}  {:>7}", count.deny, count.warn, count.commits)?;
            }
            writeln!(out)?;
        }
        self.notes(out)?;
        let style = report::verdict_style(self.summary.deny, self.summary.warn, color);
        let verdict = if self.judged == 0 { "no commit was judged".to_owned() } else { closing(&self.summary) };
        writeln!(out, "{}", verdict.style(style))
    }

    /// What the reader of the verdict must know besides the findings.
    fn notes(&self, out: &mut dyn Write) -> io::Result<()> {
        for (finding, waiver) in &self.lifted {
            let commit = finding.place.commit.as_deref().map_or("", short);
            let path = finding.place.path.as_deref().map(shown).unwrap_or_default();
            writeln!(out, "waived: {} in `{path}` (commit {commit}): {}", waiver.rule, shown(&waiver.reason))?;
        }
        if let Some(first) = self.missing.first() {
            let objects = counted(self.missing.len(), "object");
            writeln!(out, "missing: {objects} of this history cannot be read, and what stands in them is not judged:")?;
            for Missing { object, path, commit } in self.missing.iter().take(NAMED) {
                writeln!(out, "    {} `{}` (commit {})", short(object), shown(path), short(commit))?;
            }
            more(out, self.missing.len())?;
            writeln!(
                out,
                "  in a partial clone, fetch one of them and git says whether it can be had:\n    git cat-file -s {}",
                first.object
            )?;
        }
        if !self.failures.is_empty() {
            let commits = counted(self.failures.len(), "commit");
            writeln!(out, "not judged: {commits}, because an object of theirs is missing:")?;
            for Failure { commit, why } in self.failures.iter().take(NAMED) {
                writeln!(out, "    commit {}: {}", short(commit), shown(why))?;
            }
            more(out, self.failures.len())?;
            writeln!(out, "  if this is a shallow clone, bring in the rest of the history:\n    git fetch --unshallow")?;
        }
        if self.is_interrupted() {
            writeln!(out, "interrupted: {} of {} commits were judged", self.reached, self.listed)?;
        }
        Ok(())
    }

    /// How often each rule was breached, by name.
    pub(super) fn rules(&self) -> BTreeMap<&'static str, Count> {
        let mut rules: BTreeMap<&'static str, Count> = BTreeMap::new();
        for (_, findings) in self.by_commit() {
            for finding in findings {
                let count = rules.entry(finding.rule).or_default();
                *if finding.level == Level::Deny { &mut count.deny } else { &mut count.warn } += 1;
            }
            for rule in findings.iter().map(|finding| finding.rule).collect::<BTreeSet<_>>() {
                rules.entry(rule).or_default().commits += 1;
            }
        }
        rules
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let commits = self.by_commit().map(|(commit, findings)| (commit, findings.len()));
        let document = Document {
            version: 1,
            findings: self.findings.iter().map(Entry::of).collect(),
            commits: commits
                .map(|(Listed { id, author, date, subject }, findings)| Commit { id, author, date, subject, findings })
                .collect(),
            waived: self.lifted.iter().map(|(finding, waiver)| Waived { finding: Entry::of(finding), reason: &waiver.reason }).collect(),
            missing: &self.missing,
            not_judged: &self.failures,
            interrupted: self.is_interrupted(),
            summary: Counts {
                deny: self.summary.deny,
                warn: self.summary.warn,
                files: self.summary.files,
                commits: self.judged,
                rules: self.rules(),
            },
        };
        serde_json::to_writer(&mut *out, &document)?;
        writeln!(out)
    }
}

/// The JSON report: that of every command, and what only an audit knows.
#[derive(Serialize)]
struct Document<'a> {
    version: u8,
    findings: Vec<Entry<'a>>,
    /// The commits that have findings, oldest first.
    commits: Vec<Commit<'a>>,
    waived: Vec<Waived<'a>>,
    missing: &'a [Missing<'a>],
    not_judged: &'a [Failure<'a>],
    interrupted: bool,
    summary: Counts,
}

#[derive(Serialize)]
struct Commit<'a> {
    id: &'a str,
    author: &'a str,
    date: &'a str,
    subject: &'a str,
    /// How many of the findings are its own; they stand in the same order.
    findings: usize,
}

#[derive(Serialize)]
struct Waived<'a> {
    finding: Entry<'a>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Counts {
    deny: usize,
    warn: usize,
    files: usize,
    commits: usize,
    rules: BTreeMap<&'static str, Count>,
}

/// Writes to where the arguments say; with colour where that is a stream that has it.
pub(super) fn write_out(
    args: &ReportArgs,
    streams: &mut Streams<'_>,
    write: impl Fn(&mut dyn Write, bool) -> io::Result<()>,
) -> anyhow::Result<()> {
    let Some(path) = &args.output_file else { return write(streams.out, streams.out_color).context("cannot write the report") };
    let mut text = Vec::new();
    write(&mut text, false)?;
    std::fs::write(path, text).with_context(|| format!("cannot write the report to `{}`", displayed(path)))
}

/// How many findings of one rule in one commit are told to people.
const TOLD: usize = 10;

/// Of the findings of a commit those that are told to people, and how many more there are of which rule.
pub(super) fn abridged(findings: &[Finding]) -> (Vec<&Finding>, BTreeMap<&'static str, usize>) {
    let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut first = |finding: &&Finding| {
        let count = seen.entry(finding.rule).or_default();
        *count += 1;
        *count <= TOLD
    };
    let told = findings.iter().filter(&mut first).collect();
    (told, seen.into_iter().filter(|(_, count)| *count > TOLD).map(|(rule, count)| (rule, count - TOLD)).collect())
}

/// A commit in one line.
pub(super) fn heading(commit: &Listed) -> String {
    let Listed { id, author, date, subject } = commit;
    format!("commit {} of {} by {}: {}", short(id), shown(date), shown(author), shown(subject))
}

fn more(out: &mut dyn Write, count: usize) -> io::Result<()> {
    if count > NAMED { writeln!(out, "    and {} more", count - NAMED) } else { Ok(()) }
}
