//! `gnp-lint audit`: judges every commit of a history, and draws how the collections of a file grew and fell.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use clap::Args;
use signal_hook::consts::SIGINT;
use signal_hook::flag;

use super::{Exit, Streams};
use crate::Against;
use crate::cli::ReportArgs;
use crate::law::{self, Law};
use crate::policy::Policy;
use crate::repo::{Error, Repo};
use crate::report::Format;
use crate::rule::Level;
use crate::rules::LOSSES;
use crate::state::form;
use crate::walk::displayed;

mod chart;
mod history;
mod judging;
mod page;
mod sparkline;
mod telling;
mod timeline;

use history::{Listed, Past, Protected, Selection};
use judging::{Bench, each};
use sparkline::Pen;
use telling::Report;
use timeline::{Timeline, Wanted};

/// `gnp-lint audit`
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub struct Audit {
    /// The commits, as git names them, e.g. `main` or `v1..main` [default: all that HEAD reaches]
    #[arg(value_name = "RANGE")]
    pub range: Option<String>,
    /// Judge what any branch, tag or remote-tracking branch reaches.
    #[arg(long, conflicts_with = "range")]
    pub all: bool,
    /// Leave commits out that are older than a date, as git reads dates: `2026-01-31`, `2 weeks ago`.
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// Follow merges into their first parent only, and let each answer for all that it brings.
    #[arg(long)]
    pub first_parent: bool,
    /// Judge by this policy instead of the one committed at the newest commit.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Draw how the collections of a file grew and fell, its renames followed, instead of judging every commit.
    #[arg(long, value_name = "PATH", conflicts_with_all = ["all", "paths"])]
    pub timeline: Option<PathBuf>,
    /// Write the timeline to this file, too, as a picture.
    #[arg(long, value_name = "FILE", requires = "timeline")]
    pub svg: Option<PathBuf>,
    /// Write findings and timelines to this file, too, as one page: of the file named by --timeline, or of all files that were damaged.
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// How to report.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Only what is found in these paths; pathspecs, as git reads them.
    #[arg(last = true, value_name = "PATHS")]
    pub paths: Vec<OsString>,
}

const AFTER_HELP: &str = "\
Exit status: 0 clean or warnings only, 1 something is denied, 2 wrong usage or
a failure of gnp-lint's own, 130 interrupted by Ctrl-C: what was found until
then is reported.";

/// The rule that is about the moment of a commit and not about what became of it.
const LEFT_OUT: &str = "canonical-state-in-worktree";

impl Audit {
    /// Judges, and reports on `out`.
    ///
    /// # Errors
    /// There is no repository, git does not know the range, the policy named is wrong, or the report cannot be written.
    pub fn run(&self, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
        let stop = interruptible().context("cannot listen for Ctrl-C")?;
        let here = env::current_dir()?;
        let repo = Repo::containing(&here)?;
        let selection = self.selection(&here);
        let (commits, paths) = match selection.commits(&repo).and_then(|commits| Ok((commits, selection.paths(&repo)?))) {
            Ok(found) => found,
            Err(_) if stop.load(Ordering::Relaxed) => return Ok(Exit::Interrupted),
            Err(error) => return Err(error.into()),
        };
        let policy = self.policy(&repo, &commits, streams)?;
        let past = Past::of(&repo, &commits);
        let protected = Protected::of(&repo, &policy, &commits, &past)?;
        let shared = law::shared_branch(&repo);
        let bench = Bench { policy: &policy, shared: &shared, protected: &protected, against: selection.against, paths: paths.as_ref() };
        let work = Work { repo: &repo, past: &past, bench: &bench, stop: &stop };
        let drawn = self.timeline.as_deref().map(|file| self.draw(&work, &here, file)).transpose()?;
        if let (Some(timeline), Some(path)) = (&drawn, &self.svg) {
            write_file(path, &chart::svg(timeline, chart::Frame::Alone))?;
        }
        let exit = match (&drawn, &self.html) {
            (Some(timeline), None) => self.tell_timeline(timeline, streams)?,
            _ => self.tell_findings(&work, &here, &commits, drawn, streams)?,
        };
        Ok(if stop.load(Ordering::Relaxed) { Exit::Interrupted } else { exit })
    }

    /// Judges the commits, and writes page and report.
    fn tell_findings(
        &self,
        work: &Work<'_>,
        here: &Path,
        commits: &[Listed],
        drawn: Option<Timeline>,
        streams: &mut Streams<'_>,
    ) -> anyhow::Result<Exit> {
        let mut progress = Progress::new(commits.len());
        let told = |done| progress.show(streams.err, done);
        let outcomes = each(work.repo, work.past, commits, work.stop, told, |kept, commit| work.bench.judge(kept, commit));
        progress.clear(streams.err);
        let report = Report::of(commits, outcomes);
        if let Some(path) = &self.html {
            let timelines = match drawn {
                Some(timeline) => vec![timeline],
                None if report.is_interrupted() => Vec::new(),
                None => self.draw_damaged(work, here, &report)?,
            };
            write_file(path, &page::html(&name(work.repo), &report, &timelines))?;
        }
        report.write(&self.report, streams)?;
        Ok(if report.summary.deny > 0 { Exit::Denied } else { Exit::Clean })
    }

    fn selection<'a>(&'a self, here: &'a Path) -> Selection<'a> {
        Selection {
            here,
            range: self.range.as_deref(),
            all: self.all,
            paths: &self.paths,
            since: self.since.as_deref(),
            against: if self.first_parent { Against::FirstParent } else { Against::EachParent },
        }
    }

    /// The timeline of the file that the user names.
    fn draw(&self, work: &Work<'_>, here: &Path, file: &Path) -> anyhow::Result<Timeline> {
        let mut pathspec = OsString::from(":(literal)");
        pathspec.push(file);
        let drawn = self.timeline_of(work, here, pathspec)?;
        drawn.with_context(|| format!("no commit there knows a file `{}`", displayed(file)))
    }

    fn timeline_of(&self, work: &Work<'_>, here: &Path, pathspec: OsString) -> Result<Option<Timeline>, Error> {
        let wanted = Wanted { here, file: pathspec, range: self.range.as_deref(), since: self.since.as_deref() };
        Timeline::of(work.repo, &wanted, work.bench, work.past, work.stop)
    }

    /// The timelines of the files that lost something, as many as a page can hold.
    fn draw_damaged(&self, work: &Work<'_>, here: &Path, report: &Report<'_>) -> anyhow::Result<Vec<Timeline>> {
        let lost =
            report.findings.iter().filter(|finding| LOSSES.contains(&finding.rule)).filter_map(|finding| finding.place.path.as_ref());
        let mut paths: Vec<&String> = Vec::new();
        for path in lost.filter(|path| form(path).is_some()) {
            if paths.len() < DRAWN && !paths.contains(&path) {
                paths.push(path);
            }
        }
        let drawn = paths.into_iter().map(|path| self.timeline_of(work, here, format!(":(top,literal){path}").into()));
        Ok(drawn.filter_map(Result::transpose).collect::<Result<_, _>>()?)
    }

    fn tell_timeline(&self, timeline: &Timeline, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
        telling::write_out(&self.report, streams, |out, color| match self.report.format {
            Format::Json => timeline.json(out),
            Format::Human | Format::Github => sparkline::write(out, timeline, Pen::here(color)),
        })?;
        Ok(if timeline.damage.is_empty() { Exit::Clean } else { Exit::Denied })
    }

    /// The policy named, or the one at the newest commit; says what is not as the user may think.
    fn policy(&self, repo: &Repo, commits: &[Listed], streams: &mut Streams<'_>) -> anyhow::Result<Policy> {
        let mut policy = if self.config.is_some() {
            let (policy, warnings) = super::lint::load_policy(None, self.config.as_deref())?;
            for warning in warnings {
                writeln!(streams.err, "gnp-lint: {warning}")?;
            }
            policy
        } else {
            let law = commits.last().map_or_else(Law::built_in, |newest| Law::at(repo, &newest.id));
            if let Some(problems) = &law.broken {
                writeln!(
                    streams.err,
                    "gnp-lint: the policy at the newest commit cannot be read, the built-in one is in force:\n{problems}"
                )?;
            }
            law.policy
        };
        if let Some(note) = law::blind_spot(&policy) {
            writeln!(streams.err, "gnp-lint: {note}")?;
        }
        policy.levels.insert(0, (LEFT_OUT.to_owned(), Level::Allow));
        Ok(policy)
    }
}

/// What every part of an audit needs.
struct Work<'a> {
    repo: &'a Repo,
    bench: &'a Bench<'a>,
    past: &'a Past,
    stop: &'a AtomicBool,
}

/// How many timelines a page holds.
const DRAWN: usize = 20;

/// A repository as a page is headed: the folder it is in.
fn name(repo: &Repo) -> String {
    let folder = repo.common_dir.canonicalize().unwrap_or_else(|_| repo.common_dir.clone());
    let top = if folder.ends_with(".git") { folder.parent().unwrap_or(&folder) } else { &folder };
    top.file_name().map_or_else(|| "a repository".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn write_file(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write `{}`", displayed(path)))
}

/// A flag that Ctrl-C sets; pressed a second time it ends the process at once.
fn interruptible() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    flag::register_conditional_shutdown(SIGINT, Exit::Interrupted.code().into(), Arc::clone(&stop))?;
    flag::register(SIGINT, Arc::clone(&stop))?;
    Ok(stop)
}

/// One line on a terminal that tells how far the work is.
struct Progress {
    total: usize,
    shown: Option<usize>,
}

/// How many characters the bar is wide.
const BAR: usize = 30;

impl Progress {
    fn new(total: usize) -> Self {
        let dumb = env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self { total, shown: (io::stderr().is_terminal() && !dumb).then_some(usize::MAX) }
    }

    /// Draws the bar anew when it has grown. A terminal that cannot be written to is no reason to stop.
    fn show(&mut self, err: &mut dyn Write, done: usize) {
        let full = done * 100 / self.total.max(1);
        if self.shown.is_some_and(|shown| shown != full) {
            self.shown = Some(full);
            let filled = "#".repeat(full * BAR / 100);
            let _ = write!(err, "\r\x1b[Kjudging [{filled:.<BAR$}] {done} of {} commits", self.total);
            let _ = err.flush();
        }
    }

    fn clear(&self, err: &mut dyn Write) {
        if self.shown.is_some() {
            let _ = write!(err, "\r\x1b[K");
            let _ = err.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_grows_by_whole_percents_and_goes_away() {
        let (mut progress, mut drawn) = (Progress { total: 1000, shown: Some(usize::MAX) }, Vec::new());
        for done in 0..=1000 {
            progress.show(&mut drawn, done);
        }
        progress.clear(&mut drawn);
        let drawn = String::from_utf8(drawn).unwrap();
        let bars: Vec<&str> = drawn.split("\r\x1b[K").skip(1).collect();
        assert_eq!((bars.len(), bars[101]), (102, ""));
        assert_eq!(bars[50], format!("judging [{}{}] 500 of 1000 commits", "#".repeat(15), ".".repeat(15)));
        assert_eq!(bars[100], format!("judging [{}] 1000 of 1000 commits", "#".repeat(30)));
        // Where nobody looks, nothing is drawn.
        let (mut silent, mut nothing) = (Progress { total: 3, shown: None }, Vec::new());
        silent.show(&mut nothing, 2);
        silent.clear(&mut nothing);
        assert!(nothing.is_empty());
    }
}
