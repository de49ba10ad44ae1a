//! The repository as a hook finds it: objects by git2, everything else by asking `git` in one call.
//!
//! libgit2 cannot read reftable refs, sparse or split indexes and some extensions, but its object database reads the objects of
//! all of them. So it is opened alone, with the directories that the environment names.

use std::cell::OnceCell;
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

use git2::{ObjectFormat, ObjectType, Odb, Oid};

use crate::change::Objects;

mod checkouts;
mod config;
mod diff;
mod history;
mod index;
mod loose;
mod objects;

use loose::LooseBlob;

pub use checkouts::{Linked, Untracked};
pub use config::{Form, Setting};
pub use diff::{Entry, TreeDiff};
pub use objects::{Commit, email};

/// How the command begins that git names last where it does not trust a repository, as somebody else owns it.
const TRUST: &str = "git config --global --add safe.directory ";

/// Variables by which git tells a hook which repository it is about; a child that asks about another checkout must not see them.
const CHECKOUT_VARIABLES: [&str; 5] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];

/// One checkout of a repository (or a bare repository).
pub struct Repo {
    /// Its own git directory: `.git`, or `.git/worktrees/NAME`.
    pub git_dir: PathBuf,
    /// The git directory that all checkouts share.
    pub common_dir: PathBuf,
    /// Whether the work tree's own git directory is a linked one.
    pub linked: bool,
    /// Whether it is a bare repository, seen from none of its work trees: a server's.
    pub bare: bool,
    format: ObjectFormat,
    reftable: bool,
    odb: OnceCell<Odb<'static>>,
}

/// What keeps a repository from being opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is none here.
    #[error("not a git repository: {}", .0.display())]
    NotARepository(PathBuf),
    /// git does not trust it.
    #[error("`{}`: {why}", .path.display())]
    Foreign {
        /// Where one looked.
        path: PathBuf,
        /// Why, and the command by which git comes to trust it.
        why: String,
    },
    /// Its object database cannot be opened, or an object in it is missing or broken.
    #[error("cannot read {what}: {why}")]
    Unreadable {
        /// What was asked for.
        what: String,
        /// git's own words.
        why: String,
    },
    /// A git command failed.
    #[error("`git {command}` failed: {why}")]
    Git {
        /// The subcommand and its arguments.
        command: String,
        /// The last line it wrote to stderr, or how it ended.
        why: String,
    },
}

impl Repo {
    /// The repository a hook is called in: `GIT_DIR` where git sets it, else `.git` of the working directory.
    pub fn of_hook() -> Result<Self, Error> {
        let here = env::current_dir().unwrap_or_default();
        match env::var_os("GIT_DIR") {
            Some(dir) => Self::at(&here.join(dir)),
            None if here.join(".git").exists() => Self::at(&here.join(".git")),
            // `git hook run` and hooks of a bare repository start in the git directory itself.
            None => Self::at(&here),
        }
    }

    /// The repository that a path lies in, as git finds it.
    pub fn containing(path: &Path) -> Result<Self, Error> {
        let mut command = child();
        command.current_dir(path).args(["rev-parse", "--path-format=absolute", "--git-dir"]);
        let missing = |error| match error {
            Error::Git { why, .. } if why.contains(TRUST) => Error::Foreign { path: path.to_owned(), why },
            _ => Error::NotARepository(path.to_owned()),
        };
        let found = run(command, "rev-parse --git-dir").map_err(missing)?;
        Self::at(Path::new(OsStr::new(found.trim_end_matches('\n'))))
    }

    /// Opens a git directory, or a `.git` file that names one.
    pub fn at(path: &Path) -> Result<Self, Error> {
        let missing = || Error::NotARepository(path.to_owned());
        let git_dir = if path.is_file() {
            let text = fs::read_to_string(path).map_err(|_| missing())?;
            let target = text.strip_prefix("gitdir:").ok_or_else(missing)?.trim();
            path.parent().unwrap_or(Path::new(".")).join(target)
        } else {
            path.to_owned()
        };
        if !git_dir.join("HEAD").exists() {
            return Err(missing());
        }
        let common_dir = match fs::read_to_string(git_dir.join("commondir")) {
            Ok(text) => git_dir.join(text.trim()),
            Err(_) => git_dir.clone(),
        };
        // Written by `git init` alone, so the plain spelling is enough; nothing else here needs the configuration.
        let config = fs::read_to_string(common_dir.join("config")).unwrap_or_default().to_ascii_lowercase();
        let has = |key: &str, value: &str| {
            config.lines().any(|line| line.trim().split_once('=').is_some_and(|(k, v)| k.trim() == key && v.trim() == value))
        };
        let format = if has("objectformat", "sha256") { ObjectFormat::Sha256 } else { ObjectFormat::Sha1 };
        let reftable = has("refstorage", "reftable");
        let linked = git_dir.join("commondir").exists();
        let bare = !linked && has("bare", "true");
        Ok(Self { git_dir, common_dir, linked, bare, format, reftable, odb: OnceCell::new() })
    }

    /// The same checkout for another thread: it reads objects on its own.
    #[must_use]
    pub fn again(&self) -> Self {
        let (git_dir, common_dir) = (self.git_dir.clone(), self.common_dir.clone());
        Self { git_dir, common_dir, odb: OnceCell::new(), ..*self }
    }

    /// A command that asks git about this checkout: no hooks, no locks taken for convenience, no file system monitor.
    pub fn git(&self) -> Command {
        let mut command = child();
        command.env("GIT_DIR", absolute(&self.git_dir));
        command
    }

    /// A command that asks git about another checkout of the same repository.
    pub fn git_in(&self, checkout: &Path) -> Command {
        let mut command = child();
        for variable in CHECKOUT_VARIABLES {
            command.env_remove(variable);
        }
        command.current_dir(checkout);
        command
    }

    /// Runs such a command: its standard output, or an error with the last line of what it complained.
    pub fn ask<I, S>(&self, args: I) -> Result<String, Error>
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        let mut command = self.git();
        command.args(args);
        let shown = describe(&command);
        run(command, &shown)
    }

    /// The full id a ref points at now; none if it does not exist.
    pub fn tip(&self, reference: &str) -> Option<String> {
        if self.reftable {
            return self.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", reference]).ok().map(|id| id.trim().to_owned());
        }
        let loose = |dir: &Path| fs::read_to_string(dir.join(reference)).ok();
        if let Some(text) = loose(&self.git_dir).or_else(|| loose(&self.common_dir)) {
            return match text.trim().strip_prefix("ref:") {
                Some(target) => self.tip(target.trim()),
                None => Some(text.trim().to_owned()),
            };
        }
        let packed = fs::read_to_string(self.common_dir.join("packed-refs")).ok()?;
        packed.lines().find_map(|line| line.split_once(' ').filter(|(_, name)| *name == reference).map(|(id, _)| id.to_owned()))
    }

    /// The full name of the ref that HEAD of this checkout names; none when it is detached.
    pub fn head(&self) -> Option<String> {
        head_of(&self.git_dir).or_else(|| {
            let name = self.reftable.then(|| self.ask(["symbolic-ref", "--quiet", "HEAD"]).ok()).flatten()?;
            Some(name.trim().to_owned())
        })
    }

    /// Whether its refs are kept in tables (reftable) and not in files.
    pub fn keeps_refs_in_tables(&self) -> bool {
        self.reftable
    }

    /// Whether an id is all zeros: git's word for "there is none".
    pub fn is_null(id: &str) -> bool {
        id.bytes().all(|byte| byte == b'0')
    }

    /// Reads an object of a kind.
    fn object(&self, id: &str, kind: ObjectType) -> Result<Arc<[u8]>, Error> {
        self.with_object(id, kind, |data| Arc::from(data))
    }

    /// Does something with the content of an object of a kind, of which no copy is made.
    fn with_object<T>(&self, id: &str, kind: ObjectType, see: impl FnOnce(&[u8]) -> T) -> Result<T, Error> {
        let fail = |why: &git2::Error| Error::Unreadable { what: format!("object {id}"), why: why.message().to_owned() };
        let oid = Oid::from_str_ext(id, self.format).map_err(|why| fail(&why))?;
        let object = self.odb()?.read(oid).map_err(|why| fail(&why))?;
        if object.kind() != kind {
            return Err(Error::Unreadable { what: format!("object {id}"), why: format!("it is a {}, not a {kind}", object.kind()) });
        }
        Ok(see(object.data()))
    }

    fn odb(&self) -> Result<&Odb<'static>, Error> {
        if let Some(odb) = self.odb.get() {
            return Ok(odb);
        }
        let opened =
            self.open_odb().map_err(|why| Error::Unreadable { what: "the object database".to_owned(), why: why.message().to_owned() })?;
        Ok(self.odb.get_or_init(|| opened))
    }

    fn open_odb(&self) -> Result<Odb<'static>, git2::Error> {
        // git has just written or checked these objects; hashing a state file again would cost more than reading it.
        git2::opts::strict_hash_verification(false);
        let odb = Odb::new_ext(self.format)?;
        odb.add_disk_alternate(&self.own_objects().to_string_lossy())?;
        for dir in alternates() {
            odb.add_disk_alternate(&dir.to_string_lossy())?;
        }
        Ok(odb)
    }

    /// Where new objects are put.
    fn own_objects(&self) -> PathBuf {
        env::var_os("GIT_OBJECT_DIRECTORY").map_or_else(|| self.common_dir.join("objects"), PathBuf::from)
    }
}

impl Objects for Repo {
    fn read(&self, id: &str) -> Option<Arc<[u8]>> {
        self.object(id, ObjectType::Blob).ok()
    }

    fn show(&self, id: &str, see: &mut dyn FnMut(&[u8])) -> bool {
        self.with_object(id, ObjectType::Blob, see).is_ok()
    }

    fn pieces(&self, id: &str) -> Option<Box<dyn Read>> {
        let dirs = iter::once(self.own_objects()).chain(alternates());
        let found = dirs.into_iter().find_map(|dir| LooseBlob::open(&dir, id));
        found.map(|blob| Box::new(blob) as Box<dyn Read>)
    }

    fn size(&self, id: &str) -> Option<usize> {
        let oid = Oid::from_str_ext(id, self.format).ok()?;
        self.odb().ok()?.read_header(oid).ok().map(|(size, _)| size)
    }

    fn again(&self) -> Option<Box<dyn Objects + Send>> {
        Some(Box::new(Self::again(self)))
    }
}

/// The other folders of objects that the environment names, e.g. while a push is held in quarantine.
fn alternates() -> impl Iterator<Item = PathBuf> {
    let list = env::var_os("GIT_ALTERNATE_OBJECT_DIRECTORIES").unwrap_or_default();
    env::split_paths(&list).filter(|dir| dir.is_dir()).collect::<Vec<_>>().into_iter()
}

/// The full name of the ref in a git directory's HEAD file; none when it is detached, or the refs are kept elsewhere.
fn head_of(git_dir: &Path) -> Option<String> {
    let text = fs::read_to_string(git_dir.join("HEAD")).ok()?;
    let name = text.trim().strip_prefix("ref:")?.trim();
    (name != "refs/heads/.invalid").then(|| name.to_owned())
}

/// git, as a child that changes nothing by asking.
fn child() -> Command {
    let mut command = plain();
    command.args(["-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false"]);
    command
}

/// git with the configuration as it is, but for how it shows things.
fn plain() -> Command {
    let mut command = Command::new("git");
    command.args(["--no-optional-locks", "--no-pager", "-c", "core.quotePath=false"]);
    command.env("LC_ALL", "C").env_remove("GIT_EXTERNAL_DIFF").stdin(Stdio::null());
    command
}

/// Runs a command to its end: its standard output, or an error with the last line of what it complained.
pub fn run(mut command: Command, shown: &str) -> Result<String, Error> {
    let fail = |why: String| Error::Git { command: shown.to_owned(), why };
    let output = command.output().map_err(|error| fail(error.to_string()))?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned()));
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(fail(match complaint.lines().last().map(str::trim) {
        Some(command) if command.starts_with(TRUST) => format!("it belongs to another user; if you trust it, run `{command}`"),
        Some(line) => line.to_owned(),
        None => output.status.to_string(),
    }))
}

/// Whether what `git version` says names at least this major and minor version.
pub fn at_least(version: &str, wanted: (u32, u32)) -> bool {
    let mut numbers = version.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0_u32), numbers.next().unwrap_or(0)) >= wanted
}

fn describe(command: &Command) -> String {
    let words = command.get_args().map(OsStr::to_string_lossy).skip_while(|word| word.starts_with('-') || word.contains('='));
    words.collect::<Vec<_>>().join(" ")
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
