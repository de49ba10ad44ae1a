//! The hook files: which there are, put in place and taken away again, each in one step.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use memchr::memmem;

use super::repository::Kind;
use crate::chain::{ASIDE, FORMER};
use crate::doors::GITHOOKS;
use crate::managers::author_of;

/// The name of the program beside the hooks.
pub(in crate::commands) const PROGRAM: &str = "gnp-lint";

/// What every file of ours contains, the program itself included, and no hook of anybody else.
const MARK: &[u8] = b"gnp-lint hook, written by `gnp-lint install`";

/// The script behind the hooks that git runs seldom.
const SHIM: &[u8] = include_bytes!("../../../hooks/shim");

/// Run many times an operation: these are the program itself, called by their names.
const HOT: [&str; 4] = ["pre-commit", "commit-msg", "reference-transaction", "post-index-change"];

/// The hook that judges whatever the others let through. It is no link to them: whoever takes the right to run from one of those, to get
/// round it once, must not switch this one off with it.
const AUTHORITY: &str = "reference-transaction";

/// Run once an operation that takes its time anyway: these are the script.
const COLD: [&str; 4] = ["pre-merge-commit", "pre-push", "pre-rebase", "post-checkout"];

/// What a server runs when it is pushed to, and when a branch is moved there by hand.
const SERVER: [&str; 2] = ["pre-receive", "reference-transaction"];

/// Hooks that change what git does by merely being there, or that are called by another way than their name.
const ONLY_IF_THERE: [&str; 7] = [
    "push-to-checkout",
    "proc-receive",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-prepare-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
];

/// A folder of hooks and what ours are made from.
#[derive(Debug)]
pub(super) struct Hooks<'a> {
    /// The folder.
    pub(super) folder: &'a Path,
    /// The program that is installed.
    pub(super) binary: &'a Path,
    /// The folder that git used before and that ours stands in front of.
    pub(super) former: Option<&'a Path>,
    /// Where a relative `former` counts from.
    pub(super) top: &'a Path,
    /// What the repository is for.
    pub(super) kind: Kind,
}

/// What is to be done to one file.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// Put ours there; nothing of anybody else stands there.
    Put(Source, String),
    /// Somebody else's hook stands there: it gets the name it is run by from now on, and ours takes its place.
    SetAside(Source, String),
    /// A hook manager moved ours away and calls it from its own, which we are about to set aside: that would be a circle.
    Drop(String),
    /// Write down which folder the calls are passed on to.
    NameFormer(Vec<u8>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Program,
    OwnCopy,
    Script,
}

/// What is wrong with one of our hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::commands) enum Fault {
    /// It is not there.
    Missing,
    /// It is there and git may not run it.
    NotExecutable,
    /// It is of another version, or was changed.
    Outdated,
    /// Somebody else's hook stands in its place, written by this manager if one is known.
    Replaced(Option<&'static str>),
}

/// The steps that are still to be done.
#[derive(Debug)]
pub(super) struct Plan(Vec<Step>);

impl Plan {
    /// Whether everything stands as it should.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The hooks that stood there before and that are run by ours from now on.
    pub(super) fn set_aside(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|step| if let Step::SetAside(_, name) = step { Some(name.as_str()) } else { None })
    }
}

impl Hooks<'_> {
    /// Looks at what stands there and says what is to be done.
    ///
    /// # Errors
    /// When two earlier hooks of one name stand there, or something cannot be read.
    pub(super) fn plan(&self) -> Result<Plan> {
        let mut steps = Vec::new();
        if let Some(former) = self.former {
            let mut line = former.as_os_str().as_encoded_bytes().to_vec();
            line.push(b'\n');
            if fs::read(self.folder.join(FORMER)).ok().as_deref() != Some(&line) {
                steps.push(Step::NameFormer(line));
            }
        }
        // Where the program stands there as a copy, it is compared once; most hooks are links to it.
        let program = self.folder.join(PROGRAM);
        let twin = program.is_file() && same_content(&program, self.binary)?;
        let twin = twin.then_some(program.as_path());
        for (name, source) in self.wanted() {
            // A copy of its own is compared with the program alone.
            let twin = twin.filter(|_| source != Source::OwnCopy);
            self.plan_one(name, source, twin, &mut steps).with_context(|| format!("`{}`", self.folder.join(name).display()))?;
        }
        Ok(Plan(steps))
    }

    /// What is wrong with our hooks, by their names; with several for one cause, such as another version, once for each.
    pub(super) fn faults(&self) -> Result<Vec<(String, Fault)>> {
        let mut faults = Vec::new();
        for step in self.plan()?.0 {
            match step {
                Step::Put(_, name) => {
                    let there = if_there(fs::metadata(self.folder.join(&name)))?;
                    let fault = match there.map(|file| file.permissions().mode() & 0o111 != 0) {
                        None => Fault::Missing,
                        Some(false) => Fault::NotExecutable,
                        Some(true) => Fault::Outdated,
                    };
                    faults.push((name, fault));
                }
                Step::SetAside(_, name) => {
                    let by = author_of(&self.folder.join(&name)).map(|manager| manager.name);
                    faults.push((name, Fault::Replaced(by)));
                }
                Step::NameFormer(_) => faults.push((FORMER.to_owned(), Fault::Outdated)),
                Step::Drop(_) => {}
            }
        }
        Ok(faults)
    }

    /// Does what [`Hooks::plan`] found. Broken off anywhere, every hook is either as it was or ours, and calling both again finishes it.
    pub(super) fn carry_out(&self, plan: &Plan) -> Result<()> {
        super::record::make_folder(self.folder).with_context(|| format!("`{}` cannot be made", self.folder.display()))?;
        for step in &plan.0 {
            let (Step::Put(_, name) | Step::SetAside(_, name) | Step::Drop(name)) = step else { continue };
            self.step(step).with_context(|| format!("`{}` cannot be put in place", self.folder.join(name).display()))?;
        }
        for step in &plan.0 {
            if let Step::NameFormer(line) = step {
                super::record::replace(&self.folder.join(FORMER), line)?;
                fs::set_permissions(self.folder.join(FORMER), fs::Permissions::from_mode(0o644))?;
            }
        }
        Ok(())
    }

    /// Takes ours away and gives the earlier hooks their names back. Returns the names where somebody else's hook stands in place of ours,
    /// which are left as they are.
    pub(super) fn remove(folder: &Path) -> Result<Vec<String>> {
        let mut left = Vec::new();
        for name in GITHOOKS {
            let given_back = give_back(folder, name).with_context(|| format!("`{}` cannot be put back", folder.join(name).display()))?;
            if !given_back {
                left.push((*name).to_owned());
            }
        }
        for ours in [PROGRAM, FORMER] {
            remove_if_there(&folder.join(ours))?;
            remove_leftover(folder, ours);
        }
        Ok(left)
    }

    /// Our hooks. Where git looks into our folder instead of the former one, all others are the program too, which passes the call on: a
    /// hook that is added to the former folder later must run as well.
    fn wanted(&self) -> Vec<(&'static str, Source)> {
        let mut wanted = vec![(PROGRAM, Source::Program)];
        match self.kind {
            Kind::WorkTree => {
                wanted.extend(HOT.map(|name| (name, judging(name))));
                wanted.extend(COLD.map(|name| (name, Source::Script)));
            }
            Kind::Server => wanted.extend(SERVER.map(|name| (name, judging(name)))),
        }
        if let Some(former) = self.former {
            let former = self.top.join(former);
            let others = GITHOOKS.iter().copied().filter(|name| wanted.iter().all(|(ours, _)| ours != name));
            let others = others.filter(|name| !ONLY_IF_THERE.contains(name) || former.join(name).exists());
            let others: Vec<_> = others.map(|name| (name, Source::Program)).collect();
            wanted.extend(others);
        }
        wanted
    }

    fn plan_one(&self, name: &str, source: Source, twin: Option<&Path>, steps: &mut Vec<Step>) -> Result<()> {
        let path = self.folder.join(name);
        let Some(there) = if_there(fs::symlink_metadata(&path))? else {
            steps.push(Step::Put(source, name.to_owned()));
            return Ok(());
        };
        if there.is_file() && there.permissions().mode() & 0o111 != 0 && self.is_current(&path, source, twin)? {
            return Ok(());
        }
        if there.is_file() && is_ours(self.folder, name)? {
            steps.push(Step::Put(source, name.to_owned()));
            return Ok(());
        }
        let aside = aside_name(self.folder, name);
        if if_there(fs::symlink_metadata(&aside))?.is_some() && !same_hook(&path, &aside) && !same_manager(&path, &aside) {
            bail!(
                "was put there after gnp-lint, and `{name}{ASIDE}` holds an earlier hook already; \
                 merge the two into `{name}{ASIDE}`, remove `{name}`, and run `gnp-lint install` again"
            );
        }
        for moved in self.moved_by_others(name)? {
            steps.push(Step::Drop(moved));
        }
        steps.push(Step::SetAside(source, name.to_owned()));
        Ok(())
    }

    fn is_current(&self, path: &Path, source: Source, twin: Option<&Path>) -> Result<bool> {
        match source {
            Source::Script => Ok(fs::read(path)? == SHIM),
            Source::OwnCopy => Ok(fs::metadata(path)?.nlink() == 1 && same_content(path, self.binary)?),
            Source::Program => {
                Ok([Some(self.binary), twin].into_iter().flatten().any(|other| same_file(path, other)) || same_content(path, self.binary)?)
            }
        }
    }

    /// Files of ours that a hook manager renamed, e.g. to `pre-commit.legacy`.
    fn moved_by_others(&self, name: &str) -> Result<Vec<String>> {
        let mut moved = Vec::new();
        for ending in ["legacy", "old", "bak"] {
            let other = format!("{name}.{ending}");
            let path = self.folder.join(&other);
            if if_there(fs::symlink_metadata(&path))?.is_some_and(|file| file.is_file()) && is_ours(self.folder, &other)? {
                moved.push(other);
            }
        }
        Ok(moved)
    }

    fn step(&self, step: &Step) -> Result<()> {
        match step {
            Step::Put(source, name) => self.put(*source, name),
            Step::SetAside(source, name) => {
                set_aside(&self.folder.join(name), &aside_name(self.folder, name))?;
                self.put(*source, name)
            }
            Step::Drop(name) => Ok(fs::remove_file(self.folder.join(name))?),
            Step::NameFormer(_) => Ok(()),
        }
    }

    /// Makes the file under a new name and then moves it over the old one: a hook that runs keeps the file it was started from.
    fn put(&self, source: Source, name: &str) -> Result<()> {
        let new = new_name(self.folder, name);
        remove_if_there(&new)?;
        match source {
            Source::Script => {
                fs::write(&new, SHIM)?;
                fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
            }
            Source::OwnCopy => {
                fs::copy(self.binary, &new)?;
                fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
            }
            Source::Program => {
                // The one that the user runs is no link either: a hook may be changed in place.
                let linked = name != PROGRAM && fs::hard_link(self.folder.join(PROGRAM), &new).is_ok();
                if !linked {
                    fs::copy(self.binary, &new)?;
                    fs::set_permissions(&new, fs::Permissions::from_mode(0o755))?;
                }
            }
        }
        move_over(&new, &self.folder.join(name))
    }
}

fn judging(name: &str) -> Source {
    if name == AUTHORITY { Source::OwnCopy } else { Source::Program }
}

/// Gives the earlier hook a second name, so that it is never without one, not even for a moment.
fn set_aside(path: &Path, aside: &Path) -> Result<()> {
    if if_there(fs::symlink_metadata(aside))?.is_some() {
        if same_hook(path, aside) {
            return Ok(());
        }
        // The manager wrote its hook anew, over ours: what it wrote before is as good as overwritten.
        fs::remove_file(aside)?;
    }
    if fs::symlink_metadata(path)?.is_symlink() {
        return Ok(symlink(fs::read_link(path)?, aside)?);
    }
    if fs::hard_link(path, aside).is_err() {
        fs::rename(path, aside)?;
    }
    Ok(())
}

/// Returns false where somebody else's hook stands.
fn give_back(folder: &Path, name: &str) -> Result<bool> {
    let (path, aside) = (folder.join(name), aside_name(folder, name));
    remove_leftover(folder, name);
    let has_earlier = if_there(fs::symlink_metadata(&aside))?.is_some();
    match if_there(fs::symlink_metadata(&path))? {
        Some(there) if there.is_file() && is_ours(folder, name)? && !has_earlier => fs::remove_file(&path)?,
        Some(there) if there.is_file() && is_ours(folder, name)? => move_over(&aside, &path)?,
        None if has_earlier => move_over(&aside, &path)?,
        Some(_) if has_earlier && (same_hook(&path, &aside) || same_manager(&path, &aside)) => fs::remove_file(&aside)?,
        Some(_) if has_earlier => return Ok(false),
        _ => {}
    }
    Ok(true)
}

/// `rename`, also where both names are links to one file: there it does nothing and leaves both.
fn move_over(from: &Path, to: &Path) -> Result<()> {
    fs::rename(from, to)?;
    remove_if_there(from)
}

/// What a broken-off attempt may have left; what is no file was never ours.
fn remove_leftover(folder: &Path, name: &str) {
    let _ = fs::remove_file(new_name(folder, name));
}

fn remove_if_there(path: &Path) -> Result<()> {
    if_there(fs::remove_file(path)).map(|_| ()).with_context(|| format!("`{}` cannot be removed", path.display()))
}

fn if_there<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn aside_name(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{ASIDE}"))
}

fn new_name(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.gnp-new"))
}

fn same_file(one: &Path, other: &Path) -> bool {
    let id = |path| fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()));
    matches!((id(one), id(other)), (Ok(one), Ok(other)) if one == other)
}

/// Whether two names stand for one hook: an attempt to set it aside was broken off between its two steps.
fn same_hook(one: &Path, other: &Path) -> bool {
    match (fs::read_link(one), fs::read_link(other)) {
        (Ok(one), Ok(other)) => one == other,
        (Err(_), Err(_)) => same_file(one, other) || same_content(one, other).unwrap_or(false),
        _ => false,
    }
}

/// Whether one hook manager wrote both.
fn same_manager(one: &Path, other: &Path) -> bool {
    author_of(one).is_some_and(|manager| author_of(other) == Some(manager))
}

fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    Ok(fs::metadata(one)?.len() == fs::metadata(other)?.len() && fs::read(one)? == fs::read(other)?)
}

/// Whether a file of the folder was put there by this or another version of gnp-lint.
fn is_ours(folder: &Path, name: &str) -> io::Result<bool> {
    let (path, program) = (folder.join(name), folder.join(PROGRAM));
    if same_file(&path, &program) || same_content(&path, &program).unwrap_or(false) {
        return Ok(true);
    }
    let content = fs::read(path)?;
    Ok(memmem::find(&content, MARK).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_carries_the_mark_and_every_hook_is_git_s() {
        assert!(memmem::find(SHIM, MARK).is_some());
        for name in HOT.iter().chain(&COLD).chain(&SERVER).chain(&ONLY_IF_THERE) {
            assert!(GITHOOKS.contains(name), "{name}");
        }
        assert!(HOT.iter().all(|name| !COLD.contains(name)));
    }
}
