//! `gnp-lint install` and `gnp-lint uninstall`: the hooks into a repository, and out of it again without a trace.

mod config;
mod first_day;
mod hooks;
mod law;
mod record;
mod repository;
mod subjects;
mod writers;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use self::first_day::Stranger;
use self::hooks::Hooks;
pub(super) use self::hooks::{Fault, PROGRAM};
use self::law::Rulebook;
use self::record::{Memory, Record};
pub use self::repository::Kind;
pub(super) use self::repository::Repository;
use super::{Exit, Streams};
use crate::chain;
use crate::law::{FILE, blind_spot};
use crate::pattern::Pattern;
use crate::repo::Repo;
use crate::report::{shell_quote, shown};

/// Puts the hooks into a repository.
#[derive(Debug, Clone, clap::Args)]
pub struct Install {
    /// The repository; the current folder's without it.
    pub repo: Option<PathBuf>,
    /// Install although commits to canonical state match no writer.
    #[arg(long)]
    pub force: bool,
    /// Append the missing `[[writer]]` blocks to the repository's `gnp.toml`.
    #[arg(long, conflicts_with = "server")]
    pub write_policy: bool,
    /// Install the hooks of a server into a bare repository: they judge what is pushed to it.
    #[arg(long)]
    pub server: bool,
}

/// Takes the hooks out of a repository and puts everything back as it was.
#[derive(Debug, Clone, clap::Args)]
pub struct Uninstall {
    /// The repository; the current folder's without it.
    pub repo: Option<PathBuf>,
}

/// What an installation came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// Whether everything stood there already.
    pub already: bool,
    /// The folder the hooks stand in.
    pub hooks: PathBuf,
    /// The folder of hooks that git used before and whose hooks are run by ours.
    pub former: Option<PathBuf>,
    /// Hooks that stood in the same folder and are run by ours from now on.
    pub set_aside: Vec<String>,
}

impl Install {
    /// Runs the command: exit code 0 when the hooks are in place, 2 when they are not.
    ///
    /// # Errors
    /// A line for the user, with what to do.
    pub fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let kind = if self.server { Kind::Server } else { Kind::WorkTree };
        let repository = Repository::of_kind(self.repo.as_deref(), kind)?;
        if !self.first_day(&repository, streams)? {
            return Ok(Exit::Failed);
        }
        let program = program()?;
        let done = install(&repository.top, &program, kind)?;
        let place = shown(&done.hooks.to_string_lossy());
        if done.already {
            writeln!(streams.out, "already installed: the hooks of gnp-lint {} stand in {place}", env!("CARGO_PKG_VERSION"))?;
        } else {
            writeln!(streams.out, "installed the hooks of gnp-lint {} in {place}", env!("CARGO_PKG_VERSION"))?;
        }
        if !done.set_aside.is_empty() {
            writeln!(streams.out, "your own hooks still run: {}", done.set_aside.join(", "))?;
        }
        if let Some(former) = done.former.filter(|_| !done.already) {
            writeln!(streams.out, "the hooks in {} still run", shown(&former.to_string_lossy()))?;
        }
        Ok(Exit::Clean)
    }

    /// Whether the hooks may go in: they must not stop a fleet that is at work.
    fn first_day(&self, repository: &Repository, streams: &mut Streams<'_>) -> Result<bool> {
        if Memory::of(&repository.common).read()?.is_some() {
            // The hooks are in: whoever they would stop has been told.
            return Ok(true);
        }
        let repo = Repo::at(&repository.common)?;
        let law = Rulebook::in_force(&repo)?;
        let branches = law.branches(&repo)?;
        let head = repo.main_head().unwrap_or_default();
        if branches.is_empty() && !law.policy.is_protected(head.trim_start_matches("refs/heads/")) {
            let names: Vec<&str> = law.policy.protected.0.iter().map(Pattern::text).collect();
            let names = shown(&names.join("`, `"));
            let help = "name yours in gnp.toml and commit it, e.g. protected = [\"master\"]";
            writeln!(streams.err, "gnp-lint: no branch here is protected, the policy protects `{names}`: {help}")?;
        }
        if let (Kind::Server, Some(note)) = (repository.kind, blind_spot(&law.policy)) {
            writeln!(streams.err, "gnp-lint: {note}")?;
        }
        for branch in branches {
            let commits = first_day::history(&repo, &branch, &law.policy)?;
            let found = first_day::strangers(&commits, |commit| law.is_writers(commit, repository.kind));
            if !found.is_empty() {
                self.strangers(repository, &branch, &law, &found, streams)?;
                if !self.force {
                    writeln!(streams.err, "gnp-lint: nothing was installed")?;
                }
                return Ok(self.force);
            }
        }
        Ok(true)
    }

    /// Shows who would be stopped, and what lets them through: the policy, committed by the user.
    fn strangers(
        &self,
        repository: &Repository,
        branch: &str,
        law: &Rulebook,
        found: &[Stranger<'_>],
        streams: &mut Streams<'_>,
    ) -> Result<()> {
        list(found, branch, streams)?;
        if repository.kind == Kind::Server {
            return strangers_at_server(branch, &writers::blocks(found, law.inherited()), streams);
        }
        let file = repository.top.join(FILE);
        let name = shown(&file.to_string_lossy());
        let top = shell_quote(&repository.top.to_string_lossy());
        let covered = Rulebook::of_file(&file).is_some_and(|policy| found.iter().all(|stranger| policy.covers(stranger)));
        let blocks = writers::blocks(found, law.inherited());
        if !covered && !self.write_policy {
            writeln!(
                streams.err,
                "The hooks would stop them. If they are the fleet, this belongs into {name} (`--write-policy` puts it there):\n"
            )?;
            write!(streams.out, "{blocks}")?;
            streams.out.flush()?;
            let branch = shown(branch);
            writeln!(streams.err, "\nThen commit it on `{branch}` and run `gnp-lint install {top}`; `--force` installs as it is.")?;
            return Ok(());
        }
        if !covered {
            writers::append(&file, &blocks)?;
        }
        let what = if covered { "names them already, but is not committed" } else { "names them now" };
        let branch = shown(branch);
        writeln!(streams.err, "{name} {what}. The policy in force is the committed one: read it, commit it on `{branch}`, then install:")?;
        writeln!(streams.err, "    git -C {top} add {FILE}")?;
        writeln!(streams.err, "    git -C {top} commit -m 'Name the writers of state' -- {FILE}")?;
        writeln!(streams.err, "    gnp-lint install {top}")?;
        Ok(())
    }
}

/// On a server there is no policy file to write to: it comes by push.
fn strangers_at_server(branch: &str, blocks: &str, streams: &mut Streams<'_>) -> Result<()> {
    writeln!(streams.err, "Their pushes would be refused. If they are the fleet, this belongs into {FILE}:\n")?;
    write!(streams.out, "{blocks}")?;
    streams.out.flush()?;
    let branch = shown(branch);
    writeln!(streams.err, "\nCommit it on `{branch}` in a clone, push it, and install again; `--force` installs as it is.")?;
    Ok(())
}

/// Who changed canonical state, and how often.
fn list(found: &[Stranger<'_>], branch: &str, streams: &mut Streams<'_>) -> Result<()> {
    let count: usize = found.iter().map(|stranger| stranger.changes.len()).sum();
    let (commits, verb) = if count == 1 { ("commit", "matches") } else { ("commits", "match") };
    let branch = shown(branch);
    writeln!(streams.err, "gnp-lint: {count} {commits} among the last 200 of `{branch}` changed canonical state and {verb} no writer:")?;
    for stranger in found {
        let last = stranger.changes[0];
        let (id, email, subject) = (last.id.get(..10).unwrap_or(&last.id), shown(&last.email), shown(&last.subject));
        writeln!(streams.err, "    {:>4} by {email}, last {id} {subject}", stranger.changes.len())?;
    }
    Ok(())
}

impl Uninstall {
    /// Runs the command.
    ///
    /// # Errors
    /// A line for the user, with what to do.
    pub fn run(&self, streams: &mut Streams<'_>) -> Result<Exit> {
        let repository = Repository::at(self.repo.as_deref())?;
        let top = shown(&repository.top.to_string_lossy());
        let Some(left) = uninstall(&repository)? else {
            writeln!(streams.out, "not installed in {top}: nothing to take away")?;
            return Ok(Exit::Clean);
        };
        writeln!(streams.out, "took the hooks of gnp-lint out of {top}")?;
        for name in left {
            let aside = chain::ASIDE;
            writeln!(streams.err, "gnp-lint: `{name}` was replaced since; it stays, and the hook before it stays as `{name}{aside}`")?;
        }
        Ok(Exit::Clean)
    }
}

/// The program that runs now: what the hooks are made from.
pub(super) fn program() -> Result<PathBuf> {
    let program = std::env::current_exe().context("the path of this program cannot be found")?;
    program.canonicalize().with_context(|| format!("`{}` cannot be read", program.display()))
}

/// Puts the hooks, made from `program`, into the repository of a folder. Broken off anywhere, what git runs is either as it was or as it
/// shall be, and calling it again finishes the work.
///
/// # Errors
/// A line for the user, with what to do.
pub fn install(folder: &Path, program: &Path, kind: Kind) -> Result<Installed> {
    let repository = Repository::of_kind(Some(folder), kind)?;
    let _turn = turn(&repository)?;
    let memory = Memory::of(&repository.common);
    let mut known = memory.read()?;
    if let Some(record) = known.as_ref().filter(|record| record.kind != kind) {
        let what = if record.kind == Kind::Server { "as a server's" } else { "for its work trees" };
        bail!("the hooks stand here already, {what}; take them out with `gnp-lint uninstall` first");
    }
    let (mut place, mut former) = self::place(&repository, &memory, known.as_ref())?;
    if known.as_ref().is_some_and(|record| repository.common.join(&record.hooks) != place || record.former != former) {
        // Git was pointed at other hooks since, or this is a copy of the repository: what was done then is undone before we start anew.
        take_away(&repository, &memory)?;
        known = None;
        (place, former) = self::place(&repository, &memory, None)?;
    }
    let hooks = Hooks { folder: &place, binary: program, former: former.as_deref(), top: &repository.top, kind };
    let plan = hooks.plan()?;
    let fresh = known.is_none();
    let record = match known {
        Some(record) => record,
        None => begin(&repository, &memory, &place, former.clone())?,
    };
    let settings = config::missing(&repository, &record)?;
    let already = !fresh && plan.is_empty() && settings.is_empty();
    let set_aside = plan.set_aside().map(str::to_owned).collect();
    if !already {
        let done = hooks.carry_out(&plan).and_then(|()| config::apply(&repository, &memory, &settings));
        if let Err(error) = done.and_then(|()| confirm(&repository, &record)).and_then(|()| starts(&place)) {
            if fresh {
                // What cannot be undone either is told by the first error well enough.
                let _ = take_away(&repository, &memory);
            }
            return Err(error);
        }
    }
    Ok(Installed { already, hooks: place, former, set_aside })
}

/// How the hooks of a repository stand.
#[derive(Debug)]
pub(super) struct Standing {
    /// Which hooks were installed.
    pub(super) kind: Kind,
    /// The folder they were put in.
    pub(super) folder: PathBuf,
    /// The folder that git looked in before, as configured, and whose hooks are run by ours.
    pub(super) former: Option<PathBuf>,
    /// What is not as it should be, by name of the hook.
    pub(super) faults: Vec<(String, Fault)>,
}

/// Compares what stands in a repository with what this program would install; none if nothing is installed.
///
/// # Errors
/// When something cannot be read, or would have to be mended by hand.
pub(super) fn standing(common: &Path, top: &Path, program: &Path) -> Result<Option<Standing>> {
    let Some(record) = Memory::of(common).read()? else { return Ok(None) };
    let folder = common.join(&record.hooks);
    let hooks = Hooks { folder: &folder, binary: program, former: record.former.as_deref(), top, kind: record.kind };
    let faults = hooks.faults()?;
    Ok(Some(Standing { kind: record.kind, former: record.former, faults, folder }))
}

/// Where the hooks go, and which folder of hooks they stand in front of.
fn place(repository: &Repository, memory: &Memory, known: Option<&Record>) -> Result<(PathBuf, Option<PathBuf>)> {
    let (default, own) = (repository.common.join("hooks"), memory.folder().join("hooks"));
    let Some(setting) = repository.hooks_path()? else {
        // A link leads to files that are not this repository's own.
        return Ok(if default.is_symlink() { (own, Some(default)) } else { (default, None) });
    };
    let configured = PathBuf::from(&setting.value);
    if configured == own {
        let former = match known {
            Some(record) => record.former.clone(),
            // The memory is lost, but not what the hooks go by.
            None => Some(chain::former_folder(&own).unwrap_or(default)),
        };
        return Ok((own, former));
    }
    match setting.scope.as_str() {
        "worktree" => bail!(
            "`core.hooksPath` is set for this worktree alone, over the repository's; run `git config --worktree --unset core.hooksPath` first"
        ),
        "command" => {
            bail!("`core.hooksPath` is set in the environment, over the repository's; unset GIT_CONFIG_COUNT and GIT_CONFIG_PARAMETERS")
        }
        _ if configured == default && !default.is_symlink() => Ok((default, None)),
        _ => Ok((own, Some(configured))),
    }
}

/// Writes down what is going to be done, before it is done.
fn begin(repository: &Repository, memory: &Memory, place: &Path, former: Option<PathBuf>) -> Result<Record> {
    let own = former.is_some().then_some(place);
    let settings = config::wanted(repository, own)?;
    let hooks = place.strip_prefix(&repository.common)?.to_path_buf();
    let record = Record { version: 1, kind: repository.kind, hooks, made_hooks: !place.exists(), former, settings };
    record::make_folder(memory.folder()).with_context(|| format!("`{}` cannot be made", memory.folder().display()))?;
    config::remember(repository, memory, &record)?;
    memory.write(&record)?;
    Ok(record)
}

/// Asks git whether it will look where the hooks are: something may overrule the configuration.
fn confirm(repository: &Repository, record: &Record) -> Result<()> {
    let now = repository.hooks_path()?;
    let looks_there = match (&record.former, &now) {
        (None, None) => true,
        (_, Some(setting)) => Path::new(&setting.value) == repository.common.join(&record.hooks),
        (Some(_), None) => false,
    };
    if looks_there {
        return Ok(());
    }
    let value = now.map(|setting| setting.value).unwrap_or_default();
    let value = shown(&value.to_string_lossy());
    bail!(
        "an included configuration file sets `core.hooksPath` to `{value}`, over the repository's own; \
         find it with `git config --show-origin --get-all core.hooksPath`, remove that line, and install again"
    )
}

/// Runs the program where it stands now: hooks that cannot be started are left out by git without a word.
fn starts(place: &Path) -> Result<()> {
    let program = place.join(PROGRAM);
    match Command::new(&program).arg("--version").stdin(Stdio::null()).output() {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "nothing was installed: `{}` cannot be run: {error}; if its file system is mounted `noexec`, mount it otherwise",
            shown(&program.to_string_lossy())
        ),
    }
}

/// Takes the hooks out; `None` if they are not in, else the names of hooks that somebody else put in place of ours.
fn uninstall(repository: &Repository) -> Result<Option<Vec<String>>> {
    let _turn = turn(repository)?;
    let memory = Memory::of(&repository.common);
    if memory.read()?.is_none() {
        // An attempt to install may have been broken off before it touched anything.
        memory.forget()?;
        return Ok(None);
    }
    take_away(repository, &memory).map(Some)
}

/// First git is led back to where it looked before, then the files go, then the memory of them.
fn take_away(repository: &Repository, memory: &Memory) -> Result<Vec<String>> {
    let Some(record) = memory.read()? else { return Ok(Vec::new()) };
    config::restore(repository, memory, &record)?;
    let folder = repository.common.join(&record.hooks);
    let left = if folder.is_dir() { Hooks::remove(&folder)? } else { Vec::new() };
    if record.made_hooks && left.is_empty() {
        // Somebody may have put a hook of their own there since; then it stays.
        let _ = std::fs::remove_dir(&folder);
    }
    memory.forget()?;
    Ok(left)
}

/// One installation at a time; the lock ends with the process.
fn turn(repository: &Repository) -> Result<std::fs::File> {
    let folder = std::fs::File::open(&repository.common).with_context(|| format!("`{}` cannot be read", repository.common.display()))?;
    rustix::fs::flock(&folder, rustix::fs::FlockOperation::LockExclusive).context("the repository cannot be locked")?;
    Ok(folder)
}
