//! A change: the old and the new state of one branch's files. One type for every door.

mod restore;

use std::cell::OnceCell;
use std::fmt;
use std::io::Read;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use crate::finding::Place;
use crate::policy::{Collection, Policy};
use crate::state::{Look, View};

/// Old state → new state of one branch, limited to the files that differ.
#[derive(Debug)]
pub struct Change<'r> {
    /// The full name of the ref, e.g. `refs/heads/main`; none on a detached HEAD.
    pub reference: Option<String>,
    /// Whether the policy protects that branch.
    pub protected: bool,
    /// Where it is made.
    pub checkout: Checkout,
    /// What stands in the work tree when somebody does what a finding says.
    pub work_tree: WorkTree,
    /// The full id of the commit before; none if there is none.
    pub before: Option<String>,
    /// Where the new state stands.
    pub after: After,
    /// Who acts, where a rule asks for it.
    pub authors: &'r dyn Authors,
    /// What lies around the change, where a rule asks for it.
    pub history: &'r dyn History,
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
    /// The canonical path it had before, if it has been renamed from one canonical path to another.
    pub renamed_from: Option<String>,
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
    /// The content, unless it is large; none inside if the object is not there.
    kept: OnceCell<Option<Arc<[u8]>>>,
    look: OnceCell<Option<Rc<Look>>>,
}

/// The size in bytes up to which content is kept. What is larger is looked at piece by piece, or where git has unpacked it, without a copy,
/// and is read again by the few who need it a second time, so that two states of a very large file are never in memory at once.
const KEPT: usize = 256 << 10;

/// The size in bytes from which both states of a file are looked at side by side: smaller ones are done before a thread has started.
const LARGE: usize = 512 << 10;

/// The size in bytes from which one state at a time is to be in memory: side by side such ones are looked at piece by piece or not at all.
const HUGE: usize = 16 << 20;

/// Where the content of blobs comes from.
pub trait Objects {
    /// The content of a blob; none if the object is not there (a partial clone) or cannot be read.
    fn read(&self, id: &str) -> Option<Arc<[u8]>>;

    /// Shows the content of a blob without a copy of it being made, where that can be done; whether it could be read.
    fn show(&self, id: &str, see: &mut dyn FnMut(&[u8])) -> bool {
        self.read(id).inspect(|bytes| see(bytes)).is_some()
    }

    /// The content of a large blob to be read piece by piece, where that can be done at less cost than as a whole.
    fn pieces(&self, _id: &str) -> Option<Box<dyn Read>> {
        None
    }

    /// The size of a blob in bytes, without its content being unpacked; none if that is not known.
    fn size(&self, _id: &str) -> Option<usize> {
        None
    }

    /// The same objects for another thread; none where one thread is all there is to be used.
    fn again(&self) -> Option<Box<dyn Objects + Send>> {
        None
    }

    /// What a blob was seen to show when it was looked at in the same way before, by those who judge many changes; none if that is not known.
    fn recall(&self, _id: &str, _view: View) -> Option<Rc<Look>> {
        None
    }

    /// Takes down what a blob shows.
    fn remember(&self, _id: &str, _view: View, _look: &Rc<Look>) {}

    /// Whether a path may have had a blob before some commit that gives it that blob: false only if that is surely not so.
    fn was_there(&self, _path: &str, _id: &str, _commit: &str) -> bool {
        true
    }
}

/// Who made a change.
pub trait Authors: fmt::Debug {
    /// The new commits that changed a path and that no writer of the policy made; for a change in the index, the act itself.
    fn strangers(&self, path: &str) -> Vec<Stranger>;

    /// Where the change is one commit that no writer made, in the primary checkout: the commit before it, if no writer made that one
    /// either and upstream, which is known, does not have it.
    fn stranger_before(&self) -> Option<Stranger>;
}

/// What a change can be asked of the history and the checkouts around it. An answer may cost a child process: rules ask once they have
/// a reason.
pub trait History: fmt::Debug {
    /// The commits that the change consists of, merges left out; of a change in the index, the commit in the making.
    fn parts(&self) -> Vec<Part<'_>>;

    /// What some files held before the change and earlier, the newest first, as far back as is worth looking.
    fn versions(&self, paths: &[&str]) -> Vec<Version>;

    /// The contents that a path had before the change and earlier, each with its commit, the newest first, as far back as is worth looking.
    fn contents_before(&self, path: &str) -> Vec<(Version, Blob<'_>)>;

    /// What a folder held before the change: every file below it.
    fn folder_before(&self, folder: &str) -> Vec<(String, Blob<'_>)>;

    /// What a file was before the change, on whatever path.
    fn file_before(&self, path: &str) -> Option<Blob<'_>>;

    /// Where a path stands on the branch that everybody shares, seen from a ref; none where no protected branch is shared, or the ref is
    /// that branch itself.
    fn shared(&self, reference: Option<&str>, path: &str) -> Option<Shared>;

    /// Whether git is in the middle of a rebase, a cherry-pick or a revert, whose result is still to come.
    fn is_in_progress(&self) -> bool;

    /// Whether this is a linked worktree, and the main checkout has just this content on disk.
    fn main_checkout_has(&self, path: &str, blob: &Blob<'_>) -> bool;

    /// Whether the work tree that the act is made in has a file with another content than this, or one that is to be none: it would be lost
    /// if the file were put back.
    fn work_tree_has_other(&self, path: &str, blob: Option<&Blob<'_>>) -> bool;

    /// Whether the repository's attributes say that a file is no text, or that its conflict markers have another length.
    fn is_exempt_from_markers(&self, path: &str) -> bool;

    /// Whether the branch itself was moved: a path is no longer what it was, and no new commit has changed it.
    fn is_moved_back(&self, path: &str) -> bool;

    /// Whether the new commits that changed a path say that they mean to go back: git's own words for a revert, or a waiver.
    fn means_to_go_back(&self, path: &str) -> bool;
}

/// One commit of a change.
#[derive(Debug)]
pub struct Part<'r> {
    /// Its full id; none if it is being made from the index.
    pub commit: Option<String>,
    /// The first line of its message; none if that is not known yet.
    pub subject: Option<String>,
    /// Whether it is known as a writer's.
    pub by_writer: bool,
    /// Whether it has a parent.
    pub has_parent: bool,
    /// What it does; none if that is all that the change does.
    pub files: Option<Vec<FileChange<'r>>>,
}

/// What a file held after a commit of the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The file.
    pub path: String,
    /// The id of the blob; none if it was not there.
    pub blob: Option<String>,
    /// The full id of the commit.
    pub commit: String,
    /// The first line of its message.
    pub subject: String,
}

/// Where a path stands on the shared branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shared {
    /// The short name of the branch.
    pub branch: String,
    /// The blob at its tip; none if it does not have the file.
    pub tip: Option<String>,
    /// The blob where the other branch left it.
    pub fork: Option<String>,
}

/// Which checkout a change is made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checkout {
    /// The one that everybody shares, or none at all.
    Main,
    /// A linked worktree.
    Linked,
    /// Not known: it is judged afterwards, or on another machine.
    Elsewhere,
}

/// What stands in the work tree in which somebody does what a finding says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkTree {
    /// What the act has brought or found there: it can be asked.
    AtHand,
    /// What was there before: the way back, which is gone first, restores it. The fleet may have written its next state since.
    PutBack,
    /// Not known: it is another's, or it is looked at later. The command itself has to look.
    Elsewhere,
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
        Self { id, mode, objects, kept: OnceCell::new(), look: OnceCell::new() }
    }

    /// The content; none if the object is missing, or is not a regular file.
    pub fn bytes(&self) -> Option<Arc<[u8]>> {
        let large = self.with(|bytes| (bytes.len() > KEPT).then(|| Arc::from(bytes)))?;
        large.or_else(|| self.kept.get().cloned().flatten())
    }

    /// Does something with the content, of which no copy is made if it is large; none where there is none, as for [`Blob::bytes`].
    pub fn with<T>(&self, see: impl FnOnce(&[u8]) -> T) -> Option<T> {
        if let Some(kept) = self.kept.get() {
            return kept.as_deref().map(see);
        }
        let mut see = Some(see);
        let mut seen = None;
        let mut show = |bytes: &[u8]| {
            if bytes.len() <= KEPT {
                let _ = self.kept.set(Some(Arc::from(bytes)));
            }
            seen = see.take().map(|see| see(bytes));
        };
        if !self.is_file() || !self.objects.show(&self.id, &mut show) {
            let _ = self.kept.set(None);
        }
        seen
    }

    /// What shows of the content when it is read once. All that ask about one file must want to see the same.
    pub(crate) fn look(&self, view: View) -> Option<&Look> {
        let read = || {
            let known = self.is_file().then(|| self.objects.recall(&self.id, view)).flatten();
            known.or_else(|| {
                let in_pieces = if self.is_file() && self.kept.get().is_none() { look_through(self.objects, &self.id, view) } else { None };
                let look = Rc::new(in_pieces.or_else(|| self.with(|bytes| Look::of(bytes, view)))?);
                self.objects.remember(&self.id, view, &look);
                Some(look)
            })
        };
        self.look.get_or_init(read).as_deref()
    }

    /// The size, if it is such that it pays to look at it in a thread of its own.
    fn large(&self) -> Option<usize> {
        if self.is_file() { self.objects.size(&self.id).filter(|size| *size >= LARGE) } else { None }
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
}

/// Looks at a blob piece by piece; none where that cannot be done, or does not tell all.
fn look_through(objects: &dyn Objects, id: &str, view: View) -> Option<Look> {
    Look::through(&mut *objects.pieces(id)?, view)
}

impl FileChange<'_> {
    /// The policy's entries for collections of this file.
    pub fn collections<'p>(&self, policy: &'p Policy) -> impl Iterator<Item = &'p Collection> {
        policy.state.collections.iter().filter(|entry| entry.path.matches(&self.path))
    }

    /// Looks at both states of a state file side by side, in two threads, where that takes less time than one after the other.
    pub(crate) fn look_at_both(&self, policy: &Policy) {
        let (Some(old), Some(new)) = (&self.old, &self.new) else { return };
        let (old_view, view) = (self.old_view(policy), self.view(policy));
        if old_view.form.is_none() || view.form.is_none() || old.id == new.id {
            return;
        }
        let (Some(old_size), Some(size)) = (old.large(), new.large()) else { return };
        let Some(objects) = old.objects.again() else { return };
        let fits = old_size.max(size) < HUGE;
        let id = old.id.clone();
        thread::scope(|scope| {
            let there = move || {
                let mut look = look_through(&*objects, &id, old_view);
                if look.is_none() && fits {
                    objects.show(&id, &mut |bytes| look = Some(Look::of(bytes, old_view)));
                }
                look
            };
            let started = thread::Builder::new().spawn_scoped(scope, there);
            new.look(view);
            // What came to nothing there is done here, when it is asked for.
            if let Some(look) = started.ok().and_then(|other| other.join().ok()).flatten() {
                let _ = old.look.set(Some(Rc::new(look)));
            }
        });
    }

    /// What is looked for in the new state of the file, when it is read.
    pub(crate) fn view(&self, policy: &Policy) -> View {
        View::of(&self.path, self, policy)
    }

    /// What is looked for in the old state of the file.
    pub(crate) fn old_view(&self, policy: &Policy) -> View {
        View::of(self.renamed_from.as_deref().unwrap_or(&self.path), self, policy)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::thread::ThreadId;

    use super::*;

    /// Two contents, `1` and `2`, said to be of some size, of which is noted which thread reads what.
    #[derive(Clone)]
    struct Noted {
        size: usize,
        /// What it gives piece by piece; none if it gives nothing so.
        pieces: Option<&'static [u8]>,
        second: Second,
        reads: Arc<Mutex<Vec<(String, ThreadId)>>>,
    }

    /// What a second reader finds.
    #[derive(Clone, Copy, PartialEq)]
    enum Second {
        Same,
        Nothing,
        /// There is none.
        Lacking,
    }

    impl Objects for Noted {
        fn read(&self, id: &str) -> Option<Arc<[u8]>> {
            self.reads.lock().unwrap().push((id.to_owned(), thread::current().id()));
            (self.second != Second::Nothing).then(|| format!("[{id}, 0]").into_bytes().into())
        }

        fn size(&self, _: &str) -> Option<usize> {
            Some(self.size)
        }

        fn pieces(&self, id: &str) -> Option<Box<dyn Read>> {
            let pieces = self.pieces.filter(|_| self.second != Second::Nothing)?;
            self.reads.lock().unwrap().push((format!("pieces of {id}"), thread::current().id()));
            Some(Box::new(pieces))
        }

        fn again(&self) -> Option<Box<dyn Objects + Send>> {
            (self.second != Second::Lacking).then(|| Box::new(self.clone()) as Box<dyn Objects + Send>)
        }
    }

    /// What each reader reads: whether in this thread, and which content.
    fn reads(size: usize, second: Second, pieces: Option<&'static [u8]>) -> Vec<(bool, String)> {
        let reads = Arc::default();
        let (first, here) = (Noted { size, pieces, second: Second::Same, reads: Arc::clone(&reads) }, thread::current().id());
        let noted = Pair(first.clone(), Noted { second, ..first });
        let policy = Policy::built_in();
        let blob = |id: &str| Some(Blob::new(id.to_owned(), 0o100_644, &noted as &dyn Objects));
        let path = "state/agents.json".to_owned();
        let file = FileChange { path, renamed_from: None, class: Class::Canonical, fleet: true, old: blob("1"), new: blob("2") };
        file.look_at_both(&policy);
        for (blob, view) in [(&file.old, file.old_view(&policy)), (&file.new, file.view(&policy))] {
            assert!(blob.as_ref().unwrap().look(view).is_some_and(|look| look.census().is_some()));
        }
        let mut reads: Vec<_> = reads.lock().unwrap().iter().map(|(id, thread)| (*thread == here, id.clone())).collect();
        reads.sort();
        reads
    }

    /// A reader, and the one that another thread gets.
    struct Pair(Noted, Noted);

    impl Objects for Pair {
        fn read(&self, id: &str) -> Option<Arc<[u8]>> {
            self.0.read(id)
        }

        fn size(&self, id: &str) -> Option<usize> {
            self.0.size(id)
        }

        fn pieces(&self, id: &str) -> Option<Box<dyn Read>> {
            self.0.pieces(id)
        }

        fn again(&self) -> Option<Box<dyn Objects + Send>> {
            self.1.again()
        }
    }

    #[test]
    fn two_states_of_a_large_file_are_read_once_each_and_side_by_side() {
        let read = |reads: &[(bool, &str)]| reads.iter().map(|(here, id)| (*here, (*id).to_owned())).collect::<Vec<_>>();
        let in_turn = read(&[(true, "1"), (true, "2")]);
        assert_eq!(reads(2_000_000, Second::Same, None), read(&[(false, "1"), (true, "2")]));
        for (size, second) in [(2_000, Second::Same), (100_000_000, Second::Same), (2_000_000, Second::Lacking)] {
            assert_eq!(reads(size, second, None), in_turn, "{size}");
        }
        assert_eq!(reads(2_000_000, Second::Nothing, None), read(&[(false, "1"), (true, "1"), (true, "2")]));
    }

    #[test]
    fn what_comes_in_pieces_is_looked_at_side_by_side_however_large() {
        let read = |reads: &[(bool, &str)]| reads.iter().map(|(here, id)| (*here, (*id).to_owned())).collect::<Vec<_>>();
        for size in [2_000_000, 100_000_000] {
            assert_eq!(reads(size, Second::Same, Some(b"[1]")), read(&[(false, "pieces of 1"), (true, "pieces of 2")]));
        }
        // What has a fault is read again as a whole; two such contents of that size never at once.
        let (first, second) = ((false, "pieces of 1"), (true, "pieces of 2"));
        assert_eq!(reads(2_000_000, Second::Same, Some(b"[1")), read(&[(false, "1"), first, (true, "2"), second]));
        let again = (true, "pieces of 1");
        assert_eq!(reads(100_000_000, Second::Same, Some(b"[1")), read(&[first, (true, "1"), (true, "2"), again, second]));
    }
}
