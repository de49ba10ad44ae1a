//! Judges commits on all processors. Each blob is read once for as long as it is needed; what is missing is noted, and the rest goes on.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::history::{Listed, Protected};
use crate::change::Objects;
use crate::finding::Finding;
use crate::policy::Policy;
use crate::repo::Repo;
use crate::waiver::Waiver;
use crate::{Against, judge_commit};

/// Neighbouring commits have files in common, so a thread takes this many at a time.
const CHUNK: usize = 32;
/// How many bytes of file contents a thread keeps.
const KEPT: usize = 64 << 20;

/// What commits are judged by.
pub(super) struct Bench<'a> {
    pub(super) policy: &'a Policy,
    /// The branch that everybody shares, by its full name.
    pub(super) shared: &'a str,
    pub(super) protected: &'a Protected,
    pub(super) against: Against,
    /// The paths that count; none: all.
    pub(super) paths: Option<&'a HashSet<String>>,
}

/// What came of one commit.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) standing: Vec<Finding>,
    pub(super) lifted: Vec<(Finding, Waiver)>,
    /// The blobs that are not here, by path; the same blob once.
    pub(super) missing: Vec<(String, String)>,
    /// Why the commit could not be judged at all.
    pub(super) failure: Option<String>,
}

/// Does a piece of work for each item on all processors, or for as many as there is time for until `stop` is set. What comes of them stands
/// in the order of the items; none for those that were not come to. `told` hears how many are done.
pub(super) fn each<I: Sync, T: Send>(
    repo: &Repo,
    items: &[I],
    stop: &AtomicBool,
    mut told: impl FnMut(usize),
    work: impl Fn(&Kept<'_>, &I) -> T + Sync,
) -> Vec<Option<T>> {
    let mut results: Vec<Option<T>> = items.iter().map(|_| None).collect();
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::channel();
    thread::scope(|scope| {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len().div_ceil(CHUNK)).max(1);
        for _ in 0..threads {
            let (sender, next, work, repo) = (sender.clone(), &next, &work, repo.again());
            let share = move || {
                let kept = Kept::of(&repo);
                loop {
                    let start = next.fetch_add(CHUNK, Ordering::Relaxed);
                    for (at, item) in items.iter().enumerate().skip(start).take(CHUNK) {
                        if stop.load(Ordering::Relaxed) || sender.send((at, work(&kept, item))).is_err() {
                            return;
                        }
                    }
                    if start >= items.len() {
                        return;
                    }
                }
            };
            // Where no thread can be had, its share falls to the others.
            let _ = thread::Builder::new().stack_size(crate::commands::lint::STACK).spawn_scoped(scope, share);
        }
        drop(sender);
        for (done, (at, result)) in receiver.iter().enumerate() {
            results[at] = Some(result);
            told(done + 1);
        }
    });
    results
}

impl Bench<'_> {
    /// Judges one commit.
    pub(super) fn judge(&self, kept: &Kept<'_>, commit: &Listed) -> Outcome {
        let reference = self.protected.has(&commit.id).then_some(self.shared);
        let judged = judge_commit(kept.repo, kept, self.policy, &commit.id, reference, self.against);
        let missing = kept.missing.take().into_iter().map(|id| (path_of(kept.repo, commit, &id), id)).collect();
        match judged {
            Ok(judged) => {
                let counts =
                    |finding: &Finding| self.paths.is_none_or(|paths| finding.place.path.as_ref().is_some_and(|path| paths.contains(path)));
                let standing = judged.standing.into_iter().filter(counts).collect();
                let lifted = judged.lifted.into_iter().filter(|(finding, _)| counts(finding)).collect();
                Outcome { standing, lifted, missing, failure: None }
            }
            Err(error) => Outcome { missing, failure: Some(error.to_string()), ..Outcome::default() },
        }
    }
}

/// Where a blob stands in a commit, or stood before it.
fn path_of(repo: &Repo, commit: &Listed, id: &str) -> String {
    let find = || {
        let own = repo.commit(&commit.id).ok()?;
        let trees = own.parents.iter().filter_map(|parent| repo.commit(parent).ok()).map(|parent| Some(parent.tree));
        let trees: Vec<Option<String>> = if own.parents.is_empty() { vec![None] } else { trees.collect() };
        trees.into_iter().find_map(|old| {
            let diff = repo.diff_trees(old.as_deref(), Some(&own.tree)).ok()?;
            let found = diff.into_iter().find(|file| file.old.iter().chain(&file.new).any(|entry| entry.id == id))?;
            Some(String::from_utf8_lossy(&found.path).into_owned())
        })
    };
    find().unwrap_or_default()
}

/// The contents of blobs, those that were wanted last kept at hand.
pub(super) struct Kept<'r> {
    repo: &'r Repo,
    contents: RefCell<Contents>,
    missing: RefCell<Vec<String>>,
}

#[derive(Default)]
struct Contents {
    by_id: HashMap<String, (u64, Arc<[u8]>)>,
    /// The ids by when they were wanted, the longest ago first.
    by_use: BTreeMap<u64, String>,
    uses: u64,
    bytes: usize,
}

impl<'r> Kept<'r> {
    fn of(repo: &'r Repo) -> Self {
        Self { repo, contents: RefCell::default(), missing: RefCell::default() }
    }
}

impl Objects for Kept<'_> {
    fn read(&self, id: &str) -> Option<Arc<[u8]>> {
        if let Some(known) = self.contents.borrow_mut().find(id) {
            return Some(known);
        }
        let Some(read) = self.repo.read(id) else {
            let mut missing = self.missing.borrow_mut();
            if !missing.iter().any(|known| known == id) {
                missing.push(id.to_owned());
            }
            return None;
        };
        self.contents.borrow_mut().keep(id, &read);
        Some(read)
    }
}

impl Contents {
    fn find(&mut self, id: &str) -> Option<Arc<[u8]>> {
        self.uses += 1;
        let (used, content) = self.by_id.get_mut(id)?;
        self.by_use.remove(used);
        *used = self.uses;
        self.by_use.insert(self.uses, id.to_owned());
        Some(Arc::clone(content))
    }

    fn keep(&mut self, id: &str, content: &Arc<[u8]>) {
        self.bytes += content.len();
        self.by_id.insert(id.to_owned(), (self.uses, Arc::clone(content)));
        self.by_use.insert(self.uses, id.to_owned());
        while self.bytes > KEPT {
            let Some((_, oldest)) = self.by_use.pop_first() else { return };
            self.bytes -= self.by_id.remove(&oldest).map_or(0, |(_, content)| content.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wanted_longest_ago_goes_first() {
        let content = |size: usize| Arc::<[u8]>::from(vec![b'x'; size]);
        let mut contents = Contents::default();
        for (id, size) in [("a", KEPT / 2), ("b", KEPT / 4)] {
            assert_eq!(contents.find(id), None);
            contents.keep(id, &content(size));
        }
        assert!(contents.find("a").is_some());
        assert_eq!(contents.find("c"), None);
        contents.keep("c", &content(KEPT / 2));
        assert!(contents.find("b").is_none() && contents.find("a").is_some() && contents.find("c").is_some());
        assert_eq!(contents.bytes, KEPT);
        assert_eq!(contents.find("d"), None);
        contents.keep("d", &content(KEPT + 1));
        assert_eq!((contents.bytes, contents.by_id.len(), contents.by_use.len()), (0, 0, 0));
    }
}
