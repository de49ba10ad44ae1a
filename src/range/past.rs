//! What a range can tell of the history and the checkouts around it.

use std::fs;
use std::path::PathBuf;

use super::Range;
use crate::change::{Blob, FileChange, History, Part, Shared, Version};
use crate::law;
use crate::policy::Who;
use crate::repo::Commit;
use crate::waiver;

/// git's mode of a file that is no script. What of an old version's content is of another kind, a submodule say, cannot be read as a file.
const REGULAR: u32 = 0o100_644;

/// The branch that everybody shares, seen from another one.
#[derive(Debug)]
pub(super) struct SharedBranch {
    /// Its full name.
    name: String,
    /// The tree at its tip.
    tip: String,
    /// The tree where the other branch left it; none if they have nothing in common.
    fork: Option<String>,
}

impl History for Range<'_> {
    fn parts(&self) -> Vec<Part<'_>> {
        if let Some(pending) = &self.pending {
            let email = || self.repo.author_of_hook();
            let is_writer = |subject: &str| matches!(self.who(self.env, crate::repo::email(&email()), Some(subject)), Who::Writer(_));
            let part = Part {
                commit: None,
                subject: pending.subject.clone(),
                by_writer: pending.subject.as_deref().is_some_and(is_writer),
                has_parent: self.before.is_some(),
                files: None,
            };
            return if pending.sides.is_empty() { vec![part] } else { Vec::new() };
        }
        if let Some((id, commit)) = self.plain_commit() {
            return vec![self.part(id, &commit, None)];
        }
        let single = self.new_commits().iter().filter(|(_, commit)| commit.parents.len() < 2);
        single.map(|(id, commit)| self.part(id, commit, Some(self.files_of(commit)))).collect()
    }

    fn versions(&self, paths: &[&str]) -> Vec<Version> {
        let paths: Vec<&str> = paths.iter().copied().filter(|path| self.may_return(path)).collect();
        match &self.before {
            Some(before) if !paths.is_empty() => self.repo.versions(before, &paths),
            _ => Vec::new(),
        }
    }

    fn contents_before(&self, path: &str) -> Vec<(Version, Blob<'_>)> {
        let versions = self.before.as_ref().map(|before| self.repo.versions(before, &[path])).unwrap_or_default();
        let blob = |version: Version| {
            let blob = Blob::new(version.blob.clone()?, REGULAR, self.objects);
            Some((version, blob))
        };
        versions.into_iter().filter_map(blob).collect()
    }

    fn folder_before(&self, folder: &str) -> Vec<(String, Blob<'_>)> {
        let tree = || self.repo.commit(self.before.as_deref()?).ok().map(|commit| commit.tree);
        let files = tree().and_then(|tree| self.repo.folder(&tree, folder).ok()).unwrap_or_default();
        let blob = |file: crate::repo::TreeDiff| {
            let entry = file.new?;
            Some((String::from_utf8(file.path).ok()?, Blob::new(entry.id, entry.mode, self.objects)))
        };
        files.into_iter().filter_map(blob).collect()
    }

    fn file_before(&self, path: &str) -> Option<Blob<'_>> {
        let tree = self.repo.commit(self.before.as_deref()?).ok()?.tree;
        let entry = self.repo.entry(&tree, path).ok()??;
        Some(Blob::new(entry.id, entry.mode, self.objects))
    }

    fn shared(&self, reference: Option<&str>, path: &str) -> Option<Shared> {
        let shared = self.shared.get_or_init(|| self.shared_branch()).as_ref()?;
        if reference == Some(&shared.name) {
            return None;
        }
        let blob = |tree: &String| self.repo.entry(tree, path).ok().flatten().map(|entry| entry.id);
        let branch = shared.name.trim_start_matches("refs/heads/").to_owned();
        Some(Shared { branch, tip: blob(&shared.tip), fork: shared.fork.as_ref().and_then(blob) })
    }

    fn main_checkout_has(&self, path: &str, blob: &Blob<'_>) -> bool {
        let Some(main) = self.repo.linked.then(|| self.repo.main_checkout().ok().flatten()).flatten() else { return false };
        fs::read(main.join(path)).is_ok_and(|there| blob.with(|bytes| *bytes == *there).unwrap_or(false))
    }

    fn work_tree_has_other(&self, path: &str, blob: Option<&Blob<'_>>) -> bool {
        let is_file = |there: &PathBuf| fs::symlink_metadata(there).is_ok_and(|entry| entry.is_file());
        let Some(there) = self.repo.checkout().ok().map(|root| root.join(path)).filter(is_file) else { return false };
        let named = self.repo.ask(["hash-object".as_ref(), "--path".as_ref(), path.as_ref(), "--".as_ref(), there.as_os_str()]);
        named.is_ok_and(|id| blob.is_none_or(|blob| id.trim() != blob.id))
    }

    fn is_in_progress(&self) -> bool {
        ["rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD"].iter().any(|name| self.repo.git_dir.join(name).exists())
    }

    fn is_exempt_from_markers(&self, path: &str) -> bool {
        let answer = self.repo.ask(["check-attr", "-z", "conflict-marker-size", "text", "--", path]).unwrap_or_default();
        let fields: Vec<&str> = answer.split('\0').collect();
        // `path attribute value`, over and over.
        fields.chunks_exact(3).any(|field| match field[1] {
            "text" => field[2] == "unset",
            _ => !matches!(field[2], "unspecified" | "unset" | "7"),
        })
    }

    fn is_moved_back(&self, path: &str) -> bool {
        if self.pending.is_some() || self.plain_commit().is_some() {
            return false;
        }
        // A merge may take an older side, which changes nothing of that side.
        let merges = self.new_commits().iter().any(|(_, commit)| commit.parents.len() > 1);
        !merges && self.commits_changing(path).next().is_none()
    }

    fn means_to_go_back(&self, path: &str) -> bool {
        if self.pending.is_some() {
            return !waiver::from_environment().is_empty();
        }
        // git's own words: `Revert "…"`, and since 2.43 `Reapply "…"` for the revert of a revert.
        let means = |commit: &Commit| {
            let subject = commit.subject();
            subject.starts_with("Revert \"") || subject.starts_with("Reapply \"") || !waiver::from_trailers(&commit.message).is_empty()
        };
        match self.plain_commit() {
            Some((_, commit)) => means(&commit),
            None => self.commits_changing(path).any(|(_, commit)| means(commit)),
        }
    }
}

impl Range<'_> {
    fn part<'s>(&'s self, id: &str, commit: &Commit, files: Option<Vec<FileChange<'s>>>) -> Part<'s> {
        Part {
            commit: Some(id.to_owned()),
            subject: Some(commit.subject().to_owned()),
            by_writer: self.is_writers(commit),
            has_parent: !commit.parents.is_empty(),
            files,
        }
    }

    /// What a commit does to its first parent; nothing if that cannot be read.
    fn files_of(&self, commit: &Commit) -> Vec<FileChange<'_>> {
        let old = commit.parents.first().and_then(|parent| self.repo.commit(parent).ok()).map(|parent| parent.tree);
        let diff = self.repo.diff_trees(old.as_deref(), Some(&commit.tree)).unwrap_or_default();
        diff.into_iter().map(|file| super::file_change(self.objects, self.policy, file)).collect()
    }

    /// Whether a path may become what it was before.
    fn may_return(&self, path: &str) -> bool {
        let ([tip], None) = (&self.tips[..], &self.pending) else { return true };
        let entry = self.repo.commit(tip).and_then(|commit| self.repo.entry(&commit.tree, path)).ok().flatten();
        entry.is_none_or(|entry| self.objects.was_there(path, &entry.id, tip))
    }

    fn shared_branch(&self) -> Option<SharedBranch> {
        let name = law::shared_branch(self.repo);
        let tip =
            self.repo.tip(&name).filter(|_| name.strip_prefix("refs/heads/").is_some_and(|branch| self.policy.is_protected(branch)))?;
        let own = if self.pending.is_some() { self.before.as_ref() } else { self.tips.first() };
        let tree = |id: &str| self.repo.commit(id).ok().map(|commit| commit.tree);
        let fork = own.and_then(|own| self.repo.merge_base(&tip, own)).and_then(|base| tree(&base));
        Some(SharedBranch { tip: tree(&tip)?, fork, name })
    }
}
