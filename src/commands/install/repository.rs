//! The repository that is installed into, as `git` itself tells it.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::repo::{Form, Repo, Setting};
use crate::report::{shell_quote, shown};

/// Variables that would lead git away from the repository that was named.
const LEADING_AWAY: [&str; 7] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_NAMESPACE"];

/// What a repository is for, and which hooks it gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// People and agents commit here.
    WorkTree,
    /// It is bare: others push to it.
    Server,
}

/// A repository, bare or seen from one of its work trees.
#[derive(Debug)]
pub(in crate::commands) struct Repository {
    /// What it is for.
    pub(in crate::commands) kind: Kind,
    /// The git folder that all linked worktrees share, absolute.
    pub(in crate::commands) common: PathBuf,
    /// The root of the work tree it was found from, absolute; of a bare repository its folder. Hooks are run from there.
    pub(in crate::commands) top: PathBuf,
}

impl Repository {
    /// Finds the repository of a folder, or of the current one.
    ///
    /// # Errors
    /// A line for the user when there is none, or when the folder belongs to git alone.
    pub(in crate::commands) fn at(folder: Option<&Path>) -> Result<Self> {
        let from = folder.unwrap_or(Path::new("."));
        if !from.is_dir() {
            bail!("`{}` is not a folder; name the root of a git repository", shown(&from.to_string_lossy()));
        }
        let ask = |what: &[&str]| rev_parse(from, folder.is_some(), what);
        let common = ask(&["--path-format=absolute", "--git-common-dir"])?;
        let common = PathBuf::from(OsString::from_vec(common));
        if ask(&["--is-bare-repository"])? == b"true" {
            return Ok(Self { kind: Kind::Server, top: common.clone(), common });
        }
        if ask(&["--is-inside-work-tree"])? != b"true" {
            let path = from.to_string_lossy().into_owned();
            bail!("`{}` lies inside a git folder; name the work tree it belongs to", shown(&path));
        }
        let top = PathBuf::from(OsString::from_vec(ask(&["--path-format=absolute", "--show-toplevel"])?));
        Ok(Self { kind: Kind::WorkTree, common, top })
    }

    /// The repository of a folder, if it is of the kind that is wanted.
    ///
    /// # Errors
    /// A line for the user when it is not, with what to do instead.
    pub(super) fn of_kind(folder: Option<&Path>, kind: Kind) -> Result<Self> {
        let found = Self::at(folder)?;
        let path = shown(&found.top.to_string_lossy());
        match (found.kind, kind) {
            (Kind::Server, Kind::WorkTree) => bail!(
                "`{path}` is a bare repository, where nobody commits; install into a clone that has a work tree, or install the server's hooks with --server"
            ),
            (Kind::WorkTree, Kind::Server) => {
                bail!("`{path}` has a work tree; the server's hooks go into a bare repository, leave --server out")
            }
            _ => Ok(found),
        }
    }

    /// The configuration file that all linked worktrees share.
    pub(super) fn config_file(&self) -> PathBuf {
        self.common.join("config")
    }

    /// A call of `git config` that sees the configuration as it is.
    pub(super) fn git_config(&self) -> Command {
        let mut git = git_in(&self.top, true);
        git.arg("config");
        git
    }

    /// The value of `core.hooksPath` that git goes by.
    pub(super) fn hooks_path(&self) -> Result<Option<Setting>> {
        Ok(Repo::setting(&self.top, "core.hooksPath", Form::Path)?)
    }

    /// All values of a key that are set in the repository's own configuration, as they are written there.
    pub(super) fn local_values(&self, key: &str) -> Result<Vec<OsString>> {
        let mut git = self.git_config();
        git.args(["--local", "--includes", "-z", "--get-all", key]);
        let output = finish(&mut git)?;
        match output.status.code() {
            Some(1) => Ok(Vec::new()),
            Some(0) => {
                let text = output.stdout.strip_suffix(b"\0").unwrap_or(&output.stdout);
                Ok(text.split(|&byte| byte == 0).map(|value| OsString::from_vec(value.to_vec())).collect())
            }
            _ => Err(refused("git config", &output)),
        }
    }
}

/// Runs git to its end; what it prints on success is returned.
///
/// # Errors
/// When it cannot be started, or fails; the message then is git's own first line.
pub(super) fn told(command: &mut Command) -> Result<Vec<u8>> {
    let output = finish(command)?;
    if output.status.success() { Ok(output.stdout) } else { Err(refused("git", &output)) }
}

fn finish(command: &mut Command) -> Result<Output> {
    command.stdin(Stdio::null()).output().context("`git` cannot be run; install git 2.39 or newer and put it on PATH")
}

fn refused(who: &str, output: &Output) -> anyhow::Error {
    let said = String::from_utf8_lossy(&output.stderr);
    let line = said.lines().next().unwrap_or("it failed and said nothing");
    anyhow::anyhow!("{who}: {}", shown(line))
}

fn git_in(folder: &Path, alone: bool) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder);
    if alone {
        for variable in LEADING_AWAY {
            git.env_remove(variable);
        }
    }
    git
}

/// Asks `git rev-parse`; `named` says that the user named the folder, so the environment must not point elsewhere.
fn rev_parse(folder: &Path, named: bool, what: &[impl AsRef<OsStr>]) -> Result<Vec<u8>> {
    let output = finish(git_in(folder, named).args(["--no-optional-locks", "rev-parse"]).args(what))?;
    if output.status.success() {
        let mut answer = output.stdout;
        answer.pop_if(|byte| *byte == b'\n');
        return Ok(answer);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.contains("not a git repository") {
        let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        bail!("`{}` is not in a git repository; run `git init` there, or name another folder", shown(&path.to_string_lossy()));
    }
    if said.contains("dubious ownership") {
        let path = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        let path = path.to_string_lossy();
        bail!(
            "`{}` belongs to another user; if you trust it, run `git config --global --add safe.directory {}`",
            shown(&path),
            shell_quote(&path)
        );
    }
    Err(refused("git", &output))
}
