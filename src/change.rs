//! A change: the old and the new state of one branch's files. One type for every door.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use crate::finding::Place;
use crate::policy::{Collection, Policy};

/// Old state → new state of one branch, limited to the files that differ.
#[derive(Debug)]
pub struct Change<'r> {
    /// The full name of the ref, e.g. `refs/heads/main`; none on a detached HEAD.
    pub reference: Option<String>,
    /// Whether the policy protects that branch.
    pub protected: bool,
    /// The full id of the commit before; none if there is none.
    pub before: Option<String>,
    /// Where the new state stands.
    pub after: After,
    /// Who acts, where a rule asks for it.
    pub authors: &'r dyn Authors,
    /// The files that differ, by path.
    pub files: Vec<FileChange<'r>>,
}

/// Where the new state of a change stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// In the index: it can still be mended before the commit.
    Index,
    /// In a commit, by its full id.
    Commit(String),
}

/// One file of a change.
#[derive(Debug)]
pub struct FileChange<'r> {
    /// Relative to the root, with `/`; bytes that are not UTF-8 are replaced.
    pub path: String,
    /// What the policy says the path is.
    pub class: Class,
    /// Whether the fleet writes it.
    pub fleet: bool,
    /// Before; none if it was not there.
    pub old: Option<Blob<'r>>,
    /// After; none if it is gone.
    pub new: Option<Blob<'r>>,
}

/// What the policy says a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Only a writer may change it.
    Canonical,
    /// What a worktree writes instead of canonical state.
    Delta,
    /// Written from worktrees, rightly.
    Free,
    /// Where rotated entries go.
    Archive,
    /// The policy file itself.
    Policy,
    /// None of these.
    Other,
}

/// One state of one file; its content is read when a rule asks for it.
pub struct Blob<'r> {
    /// Hexadecimal object id.
    pub id: String,
    /// git's file mode, e.g. `0o100644`; `0o120000` is a symlink, `0o160000` a submodule.
    pub mode: u32,
    objects: &'r dyn Objects,
    bytes: OnceCell<Option<Arc<[u8]>>>,
}

/// Where the content of blobs comes from.
pub trait Objects {
    /// The content of a blob; none if the object is not there (a partial clone) or cannot be read.
    fn read(&self, id: &str) -> Option<Arc<[u8]>>;
}

/// Who made a change.
pub trait Authors: fmt::Debug {
    /// The new commits that changed a path and that no writer of the policy made; for a change in the index, the act itself.
    fn strangers(&self, path: &str) -> Vec<Stranger>;

    /// Where the change is one commit that no writer made, in the primary checkout: the commit before it, if no writer made that one
    /// either and upstream, which is known, does not have it.
    fn stranger_before(&self) -> Option<Stranger>;
}

/// One who changed a path and is not known as a writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranger {
    /// The full id of the commit; none if it is not made yet.
    pub commit: Option<String>,
    /// The author as `Name <e-mail>`.
    pub author: String,
    /// The first line of the message, as far as it is known.
    pub subject: Option<String>,
}

impl<'r> Blob<'r> {
    /// A blob whose content is not read yet.
    pub fn new(id: String, mode: u32, objects: &'r dyn Objects) -> Self {
        Self { id, mode, objects, bytes: OnceCell::new() }
    }

    /// The content; none if the object is missing, or is not a regular file.
    pub fn bytes(&self) -> Option<&Arc<[u8]>> {
        self.bytes.get_or_init(|| if self.is_file() { self.objects.read(&self.id) } else { None }).as_ref()
    }

    /// Whether it is a regular file, executable or not.
    pub fn is_file(&self) -> bool {
        self.mode & 0o170_000 == 0o100_000
    }
}

impl fmt::Debug for Blob<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob({} {:o})", self.id, self.mode)
    }
}

impl Change<'_> {
    /// The place of one of its files, with ref and commit.
    pub fn place(&self, file: &FileChange<'_>) -> Place {
        self.locate(Place::file(&file.path))
    }

    /// Adds ref and commit to a place in one of its files.
    pub fn locate(&self, place: Place) -> Place {
        let commit = match &self.after {
            After::Index => None,
            After::Commit(id) => Some(id.clone()),
        };
        Place { commit, reference: self.reference.clone(), ..place }
    }

    /// The files that the policy calls canonical.
    pub fn canonical(&self) -> impl Iterator<Item = &FileChange<'_>> {
        self.files.iter().filter(|file| file.class == Class::Canonical)
    }

    /// The command that brings a file's old content back; none if there is no old content.
    ///
    /// From the index both index and work tree are restored; where a commit is refused that git has already checked out, too.
    pub fn restore_command(&self, file: &FileChange<'_>) -> Option<String> {
        let source = file.old.as_ref().and(self.before.as_deref())?;
        let source = match self.after {
            After::Index => "HEAD",
            After::Commit(_) => &source[..source.len().min(12)],
        };
        Some(format!("git restore --source={source} --staged --worktree -- {}", crate::report::shell_quote(&file.path)))
    }
}

impl FileChange<'_> {
    /// The policy's entries for collections of this file.
    pub fn collections<'p>(&self, policy: &'p Policy) -> impl Iterator<Item = &'p Collection> {
        policy.state.collections.iter().filter(|entry| entry.path.matches(&self.path))
    }
}
