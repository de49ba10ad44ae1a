//! What differs between two trees, or between a tree and the index.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use git2::{Index, IndexEntry, ObjectFormat};

use super::index::written_tree;
use super::objects::TreeEntry;
use super::{Error, Repo};

/// The size, in bytes, up to which an index is read in this process: some 600 files.
const SMALL_INDEX: u64 = 64 << 10;
/// The bits of an index entry's flags that are not zero while a path is unmerged.
const STAGE: u16 = 0x3000;
/// The extended flag of `git add --intent-to-add`.
const INTENT_TO_ADD: u16 = 1 << 13;

/// A path that differs, with both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeDiff {
    /// Relative to the root, with `/`.
    pub path: Vec<u8>,
    /// Before; none if it was not there.
    pub old: Option<Entry>,
    /// After; none if it is gone.
    pub new: Option<Entry>,
}

/// A file of a tree or of the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// git's file mode.
    pub mode: u32,
    /// The full id of the blob (of the commit, for a submodule).
    pub id: String,
}

impl Repo {
    /// Every file that differs between two trees, in path order. No tree stands for an empty one; equal subtrees are not opened.
    pub fn diff_trees(&self, old: Option<&str>, new: Option<&str>) -> Result<Vec<TreeDiff>, Error> {
        let mut found = Vec::new();
        if old != new {
            self.diff_into(&mut Vec::new(), old, new, &mut found)?;
        }
        Ok(found)
    }

    fn diff_into(&self, path: &mut Vec<u8>, old: Option<&str>, new: Option<&str>, found: &mut Vec<TreeDiff>) -> Result<(), Error> {
        let load = |id: Option<&str>| id.map_or_else(|| Ok(Vec::new()), |id| self.tree(id));
        let (old, new) = (load(old)?, load(new)?);
        let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
        loop {
            let order = match (left.peek(), right.peek()) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => in_git_order(a, b),
            };
            let (before, after) = match order {
                Ordering::Less => (left.next(), None),
                Ordering::Greater => (None, right.next()),
                Ordering::Equal => (left.next(), right.next()),
            };
            let (Some(entry), true) = (before.or(after), before != after) else { continue };
            let length = path.len();
            if length > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(&entry.name);
            if entry.is_tree() {
                self.diff_into(path, before.map(|tree| tree.id.as_str()), after.map(|tree| tree.id.as_str()), found)?;
            } else {
                let side = |entry: Option<&TreeEntry>| entry.map(|file| Entry { mode: file.mode, id: file.id.clone() });
                found.push(TreeDiff { path: path.clone(), old: side(before), new: side(after) });
            }
            path.truncate(length);
        }
    }

    /// Every file that differs between a commit (none: nothing yet) and the index of this hook, in path order.
    ///
    /// Mostly git has written the index as a tree already; else a small one is read here, and of a large one git is asked.
    pub fn diff_index(&self, commit: Option<&str>) -> Result<Vec<TreeDiff>, Error> {
        let path = env::var_os("GIT_INDEX_FILE").map_or_else(|| self.git_dir.join("index"), PathBuf::from);
        let width = if self.format == ObjectFormat::Sha256 { 32 } else { 20 };
        if let Some(tree) = written_tree(&path, width) {
            let old = commit.map(|id| self.commit(id).map(|commit| commit.tree)).transpose()?;
            // Where git has it from elsewhere or not at all, git is asked.
            if let Ok(found) = self.diff_trees(old.as_deref(), Some(&tree)) {
                return Ok(found);
            }
        }
        if let Some(index) = self.small_index(&path) {
            return self.diff_files(commit, index);
        }
        let empty;
        let against = if let Some(id) = commit {
            id
        } else {
            empty = self.ask(["hash-object", "-t", "tree", "--stdin"])?;
            empty.trim()
        };
        parse_raw(&self.ask([
            "diff-index",
            "--cached",
            "--raw",
            "--no-renames",
            "--no-abbrev",
            "--ignore-submodules=none",
            "-z",
            against,
            "--",
        ])?)
    }

    /// The index of this hook, if it is small and plain: then reading it here is cheaper than a process that does.
    fn small_index(&self, path: &Path) -> Option<BTreeMap<Vec<u8>, Entry>> {
        if fs::metadata(path).ok()?.len() > SMALL_INDEX {
            return None;
        }
        // Sparse and split indexes are none that libgit2 reads; unmerged and intended entries are git's to explain.
        let index = Index::open_ext(path, self.format).ok()?;
        let plain = |entry: &IndexEntry| {
            entry.flags & STAGE == 0 && entry.flags_extended & INTENT_TO_ADD == 0 && entry.mode & 0o170_000 != 0o040_000
        };
        let mut files = BTreeMap::new();
        for entry in index.iter() {
            if !plain(&entry) {
                return None;
            }
            files.insert(entry.path, Entry { mode: entry.mode, id: entry.id.to_string() });
        }
        Some(files)
    }

    fn diff_files(&self, commit: Option<&str>, mut index: BTreeMap<Vec<u8>, Entry>) -> Result<Vec<TreeDiff>, Error> {
        let old = commit.map(|id| self.files(&self.commit(id)?.tree)).transpose()?.unwrap_or_default();
        let mut found = Vec::new();
        for file in old {
            let new = index.remove(&file.path);
            if new != file.new {
                found.push(TreeDiff { path: file.path, old: file.new, new });
            }
        }
        found.extend(index.into_iter().map(|(path, entry)| TreeDiff { path, old: None, new: Some(entry) }));
        found.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// The entry of one path in a tree.
    pub fn entry(&self, tree: &str, path: &str) -> Result<Option<Entry>, Error> {
        let mut tree = tree.to_owned();
        let mut parts = path.split('/').peekable();
        while let Some(part) = parts.next() {
            let Some(entry) = self.tree(&tree)?.into_iter().find(|entry| entry.name == part.as_bytes()) else { return Ok(None) };
            match (parts.peek().is_some(), entry.is_tree()) {
                (true, true) => tree = entry.id,
                (false, false) => return Ok(Some(Entry { mode: entry.mode, id: entry.id })),
                _ => return Ok(None),
            }
        }
        Ok(None)
    }

    /// Every file below a folder of a tree, with the path from the root; none if there is no such folder.
    pub fn folder(&self, tree: &str, folder: &str) -> Result<Vec<TreeDiff>, Error> {
        let mut tree = tree.to_owned();
        for part in folder.split('/').filter(|part| !part.is_empty()) {
            let below = self.tree(&tree)?.into_iter().find(|entry| entry.name == part.as_bytes() && entry.is_tree());
            let Some(below) = below else { return Ok(Vec::new()) };
            tree = below.id;
        }
        let mut found = Vec::new();
        self.diff_into(&mut folder.as_bytes().to_vec(), None, Some(&tree), &mut found)?;
        Ok(found)
    }

    /// Every file of a tree.
    pub fn files(&self, tree: &str) -> Result<Vec<TreeDiff>, Error> {
        self.diff_trees(None, Some(tree))
    }
}

/// The order of a tree's entries: by name, a folder's name ending in `/`. So a file and a folder of one name are two entries.
fn in_git_order(a: &TreeEntry, b: &TreeEntry) -> Ordering {
    let bytes = |entry: &TreeEntry| entry.is_tree().then_some(&b'/');
    a.name.iter().chain(bytes(a)).cmp(b.name.iter().chain(bytes(b)))
}

/// `:100644 100644 OLD NEW M\0path\0`, over and over.
fn parse_raw(text: &str) -> Result<Vec<TreeDiff>, Error> {
    let broken = || Error::Git { command: "diff-index".to_owned(), why: "its output is malformed".to_owned() };
    let mut found = Vec::new();
    let mut parts = text.split_terminator('\0');
    while let Some(head) = parts.next() {
        let path = parts.next().ok_or_else(broken)?;
        let fields: Vec<&str> = head.trim_start_matches(':').split(' ').collect();
        let [old_mode, new_mode, old_id, new_id, status] = fields[..] else { return Err(broken()) };
        let side = |mode: &str, id: &str| {
            let mode = u32::from_str_radix(mode, 8).map_err(|_| broken())?;
            Ok((mode != 0).then(|| Entry { mode, id: id.to_owned() }))
        };
        // Unmerged paths appear a second time with what stands in the work tree; git refuses to commit them anyway.
        if status == "U" {
            continue;
        }
        found.push(TreeDiff { path: path.as_bytes().to_vec(), old: side(old_mode, old_id)?, new: side(new_mode, new_id)? });
    }
    Ok(found)
}
