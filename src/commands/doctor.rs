//! `gnp-lint doctor`: whether the hooks hold in this repository, what stands in their way, and the cure of each.

mod facts;
mod fleet;
mod hooks;
mod line;
mod machine;
mod mend;
mod policy;

use std::env;
use std::path::PathBuf;

use anyhow::Result;

use self::line::{Line, State};
use super::install::{Kind, Repository, Standing, program, standing};
use super::{Exit, Streams};
use crate::checkup::Checkup;
use crate::law::Law;
use crate::managers::Habit;
use crate::repo::{Linked, Repo};

/// Looks a repository over: each line says how something stands, and how it is cured.
#[derive(Debug, Clone, clap::Args)]
pub struct Doctor {
    /// The repository; the current folder's without it.
    pub repo: Option<PathBuf>,
    /// Mend what can be mended without harm: the hooks, entries of worktrees that are gone, the autostash configuration.
    #[arg(long)]
    pub fix: bool,
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// How the report is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// A line for each thing, with the commands that cure it.
    #[default]
    Human,
    /// `{"version":1,"checks":[{"state","about","message","details","cure","rule"}],"findings":[…],"summary":{"ok","warning","wrong"}}`.
    Json,
}

impl Doctor {
    /// Runs the command: exit code 1 when something is wrong.
    ///
    /// # Errors
    /// There is no repository, or the report cannot be written.
    pub fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let mut patient = Patient::at(self.repo.as_deref())?;
        if self.fix {
            for outcome in mend::everything(&patient) {
                writeln!(streams.err, "gnp-lint: {outcome}")?;
            }
            patient = Patient::at(self.repo.as_deref())?;
        }
        let lines = patient.lines();
        match self.format {
            Format::Human => line::human(streams, &lines)?,
            Format::Json => line::json(streams.out, &lines)?,
        }
        Ok(if lines.iter().any(|line| line.state == State::Wrong) { Exit::Denied } else { Exit::Clean })
    }
}

/// The repository that is looked over, with what is asked about more than once.
struct Patient {
    repository: Repository,
    repo: Repo,
    law: Law,
    /// The tops of the work trees that are there, the main one first; of a bare repository its folder.
    checkouts: Vec<PathBuf>,
    linked: Vec<Linked>,
    /// This program.
    program: PathBuf,
    /// How the hooks stand; none if they are not installed.
    standing: Result<Option<Standing>>,
}

impl Patient {
    fn at(folder: Option<&std::path::Path>) -> Result<Self> {
        let repository = Repository::at(folder)?;
        let repo = Repo::at(&repository.common)?;
        let law = Law::in_force(&repo);
        let linked = repo.linked_worktrees();
        let mut checkouts: Vec<PathBuf> = match repository.kind {
            Kind::Server => vec![repository.common.clone()],
            Kind::WorkTree => repo.main_checkout()?.into_iter().collect(),
        };
        checkouts.extend(linked.iter().map(|linked| linked.path.clone()).filter(|path| path.join(".git").exists()));
        let program = program()?;
        let standing = standing(&repository.common, checkouts.first().unwrap_or(&repository.top), &program);
        Ok(Self { repository, repo, law, checkouts, linked, program, standing })
    }

    fn installed(&self) -> Option<&Standing> {
        self.standing.as_ref().ok()?.as_ref()
    }

    fn checkup(&self) -> Checkup {
        facts::gather(self)
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = hooks::lines(self);
        lines.extend(policy::lines(self));
        if self.repository.kind == Kind::WorkTree {
            lines.extend(fleet::lines(self));
        }
        lines.extend(findings(self));
        lines.extend(machine::lines(self));
        lines
    }
}

/// What the rules about repositories find; one line where they find nothing.
fn findings(patient: &Patient) -> Vec<Line> {
    let checkup = patient.checkup();
    let found = crate::judge_checkup(&checkup, &patient.law.policy);
    let mut lines: Vec<Line> = found.into_iter().map(Line::of_finding).collect();
    if lines.is_empty() {
        lines.push(Line::ok("repository", "no hook manager that touches the tree, no autostash, no orphaned worktree"));
    }
    let all: Vec<&str> = checkup.managers.iter().map(|manager| manager.name.as_str()).collect();
    if !all.is_empty() {
        let mut line = Line::ok("hook managers", format!("these run behind ours: {}", all.join(", ")));
        let in_part = checkup.managers.iter().filter(|manager| manager.habit == Habit::StashesInPart);
        line.details.extend(in_part.map(|manager| {
            let name = &manager.name;
            format!(
                "{name} makes a stash where a file is staged in part, which is refused while fleet files are uncommitted: stage whole files"
            )
        }));
        lines.push(line);
    }
    lines
}

/// A command of ours on the repository that was named, to paste.
fn command(patient: &Patient, words: &str) -> String {
    let top = &patient.repository.top;
    let here = env::current_dir().is_ok_and(|here| here.starts_with(top));
    let place = if here { String::new() } else { format!(" {}", crate::report::shell_quote(&top.to_string_lossy())) };
    let server = if patient.repository.kind == Kind::Server && words == "install" { " --server" } else { "" };
    format!("gnp-lint {words}{server}{place}")
}
