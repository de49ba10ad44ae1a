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

/// A linked worktree, as its entry tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// The entry: `worktrees/NAME` in the common git folder.
    pub git_dir: PathBuf,
    /// The top of its work tree.
    pub path: PathBuf,
    /// The full name of the ref that its HEAD names; none on a detached one.
    pub branch: Option<String>,
    /// The reason of its lock, which may be empty; none if it is not locked.
    pub lock: Option<String>,
}

impl Repo {
    /// The linked worktrees whose entries can be read, by name of the entry. Their folders may be gone.
    pub fn linked_worktrees(&self) -> Vec<Linked> {
        let entries = fs::read_dir(self.common_dir.join("worktrees")).into_iter().flatten().flatten();
        let mut found: Vec<Linked> = entries.filter_map(|entry| linked(entry.path())).collect();
        found.sort_by(|a, b| a.git_dir.cmp(&b.git_dir));
        found
    }

    /// The top of this checkout's work tree.
    pub fn checkout(&self) -> Result<PathBuf, Error> {
        let mut command = self.git();
        command.args(["rev-parse", "--show-toplevel"]);
        Ok(PathBuf::from(run(command, "rev-parse --show-toplevel")?.trim_end_matches('\n')))
    }

    /// The top of the main checkout's work tree. In a bare repository that is the linked worktree on the branch that its HEAD names; none if
    /// there is none.
    pub fn main_checkout(&self) -> Result<Option<PathBuf>, Error> {
        let list = self.ask(["worktree", "list", "--porcelain", "-z"])?;
        let says = |entry: &str, line: &str| entry.split('\0').any(|told| told == line);
        let mut entries = list.split("\0\0");
        let main = match entries.next() {
            Some(first) if says(first, "bare") => {
                let branch = self.main_head().map(|name| format!("branch {name}"));
                branch.and_then(|branch| entries.find(|entry| says(entry, &branch)))
            }
            first => first,
        };
        Ok(main.and_then(|entry| entry.strip_prefix("worktree ")?.split('\0').next()).map(PathBuf::from))
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

    /// The files of a checkout that match path patterns, tracked or not, ignored ones too; none where there are no patterns.
    pub fn files_matching<I>(&self, checkout: &Path, patterns: I) -> Result<Vec<String>, Error>
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        let patterns: Vec<String> = patterns.into_iter().map(|pattern| format!(":(top,glob){}", pattern.as_ref())).collect();
        if patterns.is_empty() {
            return Ok(Vec::new());
        }
        let mut command = self.git_in(checkout);
        command.args(["ls-files", "-z", "--full-name", "--cached", "--others", "--"]).args(patterns);
        Ok(run(command, "ls-files")?.split_terminator('\0').map(str::to_owned).collect())
    }

    /// What only the entry of a linked worktree knows of and would be lost with it, as a clause; none if it can go. What cannot be told
    /// is kept.
    pub fn held_by_entry(&self) -> Option<&'static str> {
        const IN_PROGRESS: [(&str, &str); 6] = [
            ("rebase-merge", "a rebase in the middle"),
            ("rebase-apply", "a rebase in the middle"),
            ("MERGE_HEAD", "a merge in the middle"),
            ("CHERRY_PICK_HEAD", "a cherry-pick in the middle"),
            ("REVERT_HEAD", "a revert in the middle"),
            ("BISECT_LOG", "a bisection in the middle"),
        ];
        if let Some((_, what)) = IN_PROGRESS.iter().find(|(name, _)| self.git_dir.join(name).exists()) {
            return Some(what);
        }
        let unreached = self.ask(["rev-list", "--max-count=1", "HEAD", "--not", "--branches", "--remotes", "--tags"]);
        if !unreached.is_ok_and(|found| found.is_empty()) {
            return Some("commits that no branch reaches");
        }
        let staged = self.git_dir.join("index").exists() && self.ask(["diff-index", "--cached", "--quiet", "HEAD", "--"]).is_err();
        staged.then_some("staged changes")
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

fn linked(git_dir: PathBuf) -> Option<Linked> {
    let link = fs::read_to_string(git_dir.join("gitdir")).ok()?;
    let path = git_dir.join(link.trim_end_matches('\n')).parent()?.to_path_buf();
    let lock = fs::read_to_string(git_dir.join("locked")).ok().map(|reason| reason.trim_end().to_owned());
    let branch = Repo::at(&git_dir).ok()?.head();
    Some(Linked { git_dir, path, branch, lock })
}
