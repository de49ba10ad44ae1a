//! The way back from a refused change: commands that take a file out of it, and lose nobody's work.

use super::{After, Change, Checkout, FileChange, WorkTree};
use crate::policy::Policy;
use crate::report::{shell_quote, short};
use crate::waiver::{TRAILER, VARIABLE};

impl Change<'_> {
    /// What somebody does who has changed a file that is another's to write.
    pub fn leave_to_its_writer(&self, file: &FileChange<'_>, policy: &Policy) -> String {
        let delta = policy.state.deltas.0.first();
        let delta =
            delta.map_or_else(String::new, |delta| format!("write a delta (`{}`) and leave the file to its writer; ", delta.text()));
        let unstage = self.unstage_command(file).filter(|_| self.is_shared() && file.new.is_some());
        if let Some(unstage) = unstage {
            let path = shell_quote(&file.path);
            return format!(
                "{delta}take it out of the commit, and name your own files instead of `-a`\n    {unstage}\n\
                 only if this shows nothing but an edit of your own, undo that too, with `git restore -- {path}`\n    git diff -- {path}"
            );
        }
        match self.restore_command(file) {
            Some(restore) => format!("{delta}put it back as it was with\n    {restore}"),
            None => delta.trim_end_matches("; ").to_owned(),
        }
    }

    /// The command that brings a file's old content back; none if there is no old content.
    ///
    /// From the index both index and work tree are restored; where a commit is refused that git has already checked out, too. The work
    /// tree is left alone if it holds what is not a part of the change: that may be a neighbour's, who has not committed it yet. So it is where
    /// the way back from a refused act has restored it already. Where it is not known, the command asks when it is pasted.
    pub fn restore_command(&self, file: &FileChange<'_>) -> Option<String> {
        self.restore_from(self.source()?, file)
    }

    /// The command that takes a file out of the commit to be, and leaves the work tree alone; none if there is no old content.
    pub fn unstage_command(&self, file: &FileChange<'_>) -> Option<String> {
        self.restoring("--staged", self.source()?, file)
    }

    /// The same, for a finding that lets a commit be made: it names the commit before, so that it holds afterwards too.
    pub fn lasting_restore_command(&self, file: &FileChange<'_>) -> Option<String> {
        self.restore_from(self.short_before()?, file)
    }

    /// The command that brings back what a file was at a commit.
    pub fn restore_from(&self, source: &str, file: &FileChange<'_>) -> Option<String> {
        self.restoring(&self.places(file), source, file)
    }

    /// The command that makes of a new file what it is on a branch.
    pub fn copy_command(&self, branch: &str, file: &FileChange<'_>) -> String {
        let places = if self.is_shared() { "--staged".to_owned() } else { self.places(file) };
        format!("git restore --source={} {places} -- {}", shell_quote(branch), shell_quote(&file.path))
    }

    fn places(&self, file: &FileChange<'_>) -> String {
        match self.work_tree {
            WorkTree::AtHand if !self.history.work_tree_has_other(&file.path, file.new.as_ref()) => "--staged --worktree".to_owned(),
            WorkTree::AtHand | WorkTree::PutBack => "--staged".to_owned(),
            WorkTree::Elsewhere => format!("--staged $({} && echo --worktree)", file.has_nothing_uncommitted()),
        }
    }

    /// Whether the work tree is of the checkout that everybody shares (of a bare repository, a linked one): what stands there may be the
    /// fleet's next state, not committed yet.
    fn is_shared(&self) -> bool {
        let shared = self.checkout == Checkout::Main || (self.checkout == Checkout::Linked && self.protected);
        shared && self.work_tree != WorkTree::Elsewhere
    }

    /// The command that lets the change be what it is, for a reason: with the commit, or on one that is made already and was refused later.
    pub fn waive_command(&self, rule: &str) -> String {
        if self.checkout == Checkout::Elsewhere || self.work_tree == WorkTree::Elsewhere {
            // A waiver of the environment needs the hooks, which the other side need not have.
            return format!("git commit --amend --no-edit --trailer {}", shell_quote(&format!("{TRAILER}: {rule}: REASON")));
        }
        format!("{VARIABLE}={} git commit", shell_quote(&format!("{rule}: REASON")))
    }

    fn restoring(&self, places: &str, source: &str, file: &FileChange<'_>) -> Option<String> {
        (file.old.is_some() && self.before.is_some()).then(|| {
            let former = file.renamed_from.as_deref().map_or_else(String::new, |from| format!("{} ", shell_quote(from)));
            format!("git restore --source={source} {places} -- {former}{}", shell_quote(&file.path))
        })
    }

    /// What the old content is called while the act lasts.
    fn source(&self) -> Option<&str> {
        match self.after {
            After::Index => Some("HEAD"),
            After::Commit(_) => self.short_before(),
        }
    }

    fn short_before(&self) -> Option<&str> {
        self.before.as_deref().map(short)
    }
}

impl FileChange<'_> {
    /// The command that succeeds where the work tree holds nothing of this file but what is committed.
    fn has_nothing_uncommitted(&self) -> String {
        let (path, absent) = (shell_quote(&self.path), |path: &str| format!("test ! -e {path}"));
        let kept = if self.new.is_some() { format!("git diff --quiet HEAD -- {path}") } else { absent(&path) };
        match &self.renamed_from {
            Some(from) => format!("{} && {kept}", absent(&shell_quote(from))),
            None => kept,
        }
    }
}
