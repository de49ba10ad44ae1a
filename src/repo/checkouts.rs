//! The checkouts of a repository: this one, the main one, and what is uncommitted in them.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::{Error, Repo, head_of, run};

/// Whether files that git does not track, ignored ones among them, are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Untracked {
    /// They are.
    Included,
    /// They are not.
    LeftOut,
}

impl Repo {
    /// The top of this checkout's work tree.
    pub fn checkout(&self) -> Result<PathBuf, Error> {
        let mut command = self.git();
        command.args(["rev-parse", "--show-toplevel"]);
        Ok(PathBuf::from(run(command, "rev-parse --show-toplevel")?.trim_end_matches('\n')))
    }

    /// The top of the main checkout's work tree; none if the repository is bare.
    pub fn main_checkout(&self) -> Result<Option<PathBuf>, Error> {
        let list = self.ask(["worktree", "list", "--porcelain", "-z"])?;
        let mut main = list.split('\0').take_while(|line| !line.is_empty());
        let path = main.next().and_then(|line| line.strip_prefix("worktree ")).map(PathBuf::from);
        Ok(path.filter(|_| main.all(|line| line != "bare")))
    }

    /// The full name of the ref that HEAD of the main checkout names.
    pub fn main_head(&self) -> Option<String> {
        head_of(&self.common_dir)
    }

    /// The uncommitted files of a checkout that match path patterns, by path; with whether each is there (it may be deleted).
    pub fn uncommitted<I>(&self, checkout: &Path, patterns: I, untracked: Untracked) -> Result<Vec<(String, bool)>, Error>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let mut command = self.git_in(checkout);
        command.args(["status", "--porcelain=v1", "-z", "--no-renames", "--ignore-submodules=all"]);
        command.args(match untracked {
            Untracked::Included => ["--untracked-files=all", "--ignored=matching"],
            Untracked::LeftOut => ["--untracked-files=no", "--ignored=no"],
        });
        command.arg("--");
        command.args(patterns.into_iter().map(|pattern| format!(":(top,glob){}", pattern.as_ref())));
        let status = run(command, "status")?;
        // `XY path`, each ended by a NUL.
        let paths = status.split_terminator('\0').filter_map(|line| line.get(3..)).filter(|path| !path.ends_with('/'));
        Ok(paths.map(|path| (path.to_owned(), fs::symlink_metadata(checkout.join(path)).is_ok_and(|meta| !meta.is_dir()))).collect())
    }

    /// Whether HEAD of this checkout has a path with just this content.
    pub fn head_has(&self, path: &str, content: &[u8]) -> bool {
        let entry = || self.entry(&self.commit(&self.tip("HEAD")?).ok()?.tree, path).ok()?;
        entry().is_some_and(|entry| crate::change::Objects::read(self, &entry.id).is_some_and(|bytes| *bytes == *content))
    }

    /// The tips of what a remote has, as last fetched.
    pub fn remote_tips(&self, remote: &str) -> Vec<String> {
        let prefix = format!("refs/remotes/{remote}/");
        let refs = self.ask([OsStr::new("for-each-ref"), OsStr::new("--format=%(objectname)"), OsStr::new(&prefix)]).unwrap_or_default();
        refs.lines().map(str::to_owned).collect()
    }
}
