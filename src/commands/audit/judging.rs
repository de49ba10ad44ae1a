//! Judges commits on all processors. Each blob is read once for as long as it is needed; what is missing is noted, and the rest goes on.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::history::{Listed, Past, Protected};
use crate::change::Objects;
use crate::finding::Finding;
use crate::policy::Policy;
use crate::repo::Repo;
use crate::state::{Look, View};
use crate::waiver::Waiver;
use crate::{Against, judge_commit};

/// Neighbouring commits have files in common, so a thread takes this many at a time.
const CHUNK: usize = 32;
/// How many bytes of what it has seen a thread keeps.
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
    past: &Past,
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
                let kept = Kept::of(&repo, past);
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
            let _ = thread::Builder::new().stack_size(crate::threads::STACK).spawn_scoped(scope, share);
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

/// The objects of a repository, and what they were seen to show: each blob is read and counted once, however many commits have it.
pub(super) struct Kept<'a> {
    repo: &'a Repo,
    looks: RefCell<Looks>,
    missing: RefCell<Vec<String>>,
    past: &'a Past,
}

/// What was seen, for as long as there is room.
#[derive(Default)]
struct Looks {
    by_id: HashMap<String, Seen>,
    /// The ids by when they were wanted, the longest ago first.
    by_use: BTreeMap<u64, String>,
    uses: u64,
    bytes: usize,
}

struct Seen {
    used: u64,
    view: View,
    look: Rc<Look>,
}

impl<'a> Kept<'a> {
    fn of(repo: &'a Repo, past: &'a Past) -> Self {
        Self { repo, looks: RefCell::default(), missing: RefCell::default(), past }
    }

    fn note_missing(&self, id: &str) {
        let mut missing = self.missing.borrow_mut();
        if !missing.iter().any(|known| known == id) {
            missing.push(id.to_owned());
        }
    }
}

impl Objects for Kept<'_> {
    fn read(&self, id: &str) -> Option<Arc<[u8]>> {
        let read = self.repo.read(id);
        if read.is_none() {
            self.note_missing(id);
        }
        read
    }

    fn show(&self, id: &str, see: &mut dyn FnMut(&[u8])) -> bool {
        let shown = self.repo.show(id, see);
        if !shown {
            self.note_missing(id);
        }
        shown
    }

    fn pieces(&self, id: &str) -> Option<Box<dyn Read>> {
        self.repo.pieces(id)
    }

    fn recall(&self, id: &str, view: View) -> Option<Rc<Look>> {
        self.looks.borrow_mut().find(id, view)
    }

    fn remember(&self, id: &str, view: View, look: &Rc<Look>) {
        self.looks.borrow_mut().keep(id, view, look);
    }

    fn was_there(&self, path: &str, id: &str, commit: &str) -> bool {
        let merges = self.repo.commit(commit).is_ok_and(|commit| commit.parents.len() > 1);
        // A merge takes what another commit has made; every other commit is itself one of those that give the path this blob.
        self.past.times(self.repo, path, id).is_none_or(|times| times > u32::from(!merges))
    }
}

impl Looks {
    fn find(&mut self, id: &str, view: View) -> Option<Rc<Look>> {
        self.uses += 1;
        let seen = self.by_id.get_mut(id).filter(|seen| seen.view == view)?;
        self.by_use.remove(&seen.used);
        seen.used = self.uses;
        self.by_use.insert(self.uses, id.to_owned());
        Some(Rc::clone(&seen.look))
    }

    fn keep(&mut self, id: &str, view: View, look: &Rc<Look>) {
        self.uses += 1;
        let seen = Seen { used: self.uses, view, look: Rc::clone(look) };
        if let Some(other) = self.by_id.insert(id.to_owned(), seen) {
            self.bytes -= other.look.weight();
            self.by_use.remove(&other.used);
        }
        self.by_use.insert(self.uses, id.to_owned());
        self.bytes += look.weight();
        while self.bytes > KEPT {
            let Some((_, oldest)) = self.by_use.pop_first() else { return };
            self.bytes -= self.by_id.remove(&oldest).map_or(0, |seen| seen.look.weight());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::form;

    #[test]
    fn what_was_done_until_it_is_stopped_stands_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("HEAD"), "ref: refs/heads/main\n").unwrap();
        let repo = Repo::at(folder.path()).unwrap();
        let (items, stop): (Vec<usize>, _) = ((0..10 * CHUNK).collect(), AtomicBool::new(false));
        let work = |_: &Kept<'_>, item: &usize| {
            while *item > 5 * CHUNK && !stop.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            *item
        };
        let told = |done| stop.store(done >= 2 * CHUNK, Ordering::Relaxed);
        let results = each(&repo, &Past::default(), &items, &stop, told, work);
        assert!(results.iter().enumerate().all(|(at, result)| result.is_none_or(|item| item == at)));
        let done = results.iter().flatten().count();
        assert!((2 * CHUNK..10 * CHUNK).contains(&done), "{done}");
        let all = each(&repo, &Past::default(), &items, &AtomicBool::new(false), |_| (), |_, item| *item);
        assert_eq!(all.into_iter().flatten().collect::<Vec<_>>(), items);
    }

    const VIEW: View = View { form: None, depth: 1 };

    #[test]
    fn what_was_wanted_longest_ago_goes_first() {
        let json = View { form: form("a.json"), ..VIEW };
        let names: Vec<String> = (0..200_000).map(|name| format!("\"{name}\": []")).collect();
        let look = Rc::new(Look::of(format!("{{{}}}", names.join(",")).as_bytes(), json));
        let fit = KEPT / look.weight();
        assert!(fit > 1 && look.weight() > 200_000, "{fit}");
        let mut looks = Looks::default();
        for id in 0..fit {
            looks.keep(&id.to_string(), json, &look);
        }
        assert!(looks.find("0", json).is_some() && looks.find("0", VIEW).is_none());
        looks.keep("more", json, &look);
        assert!(looks.find("1", json).is_none() && looks.find("0", json).is_some() && looks.find("more", json).is_some());
        assert!(looks.bytes <= KEPT && looks.by_id.len() == fit && looks.by_use.len() == fit);
        looks.keep("more", VIEW, &look);
        assert!(looks.by_id.len() == fit && looks.by_use.len() == fit && looks.bytes == fit * look.weight());
    }
}
