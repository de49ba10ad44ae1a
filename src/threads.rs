//! One job for many things, on all processors.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The bytes of a thread's stack: a parser of nested text needs room.
pub(crate) const STACK: usize = 8 << 20;

/// How many threads it pays to run at the same time where each makes many small texts: one with musl, whose allocator has one lock for all.
/// To ask takes a while.
pub(crate) fn processors() -> usize {
    if cfg!(target_env = "musl") { 1 } else { thread::available_parallelism().map_or(1, usize::from) }
}

/// Does a job for each of some items, on as many threads at most, of which this one is one if its stack has room. What comes of them stands
/// in the order of the items. Each thread has a state of its own, which goes from one item to the next.
pub(crate) fn each<T: Sync, S: Default, R: Send>(items: &[T], most: usize, job: impl Fn(&T, &mut S) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new(BTreeMap::new());
    let work = || {
        let (mut mine, mut state) = (Vec::new(), S::default());
        while let Some((at, item)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?))) {
            mine.push((at, job(item, &mut state)));
        }
        done.lock().unwrap_or_else(PoisonError::into_inner).extend(mine);
    };
    let threads = most.min(items.len());
    let here = usize::from(has_room());
    thread::scope(|scope| {
        let start = || thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).is_ok();
        let started = (here..threads).filter(|_| start()).count();
        if here == 1 || started == 0 {
            work();
        }
    });
    done.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

/// Whether this thread may use as much of a stack as one that is started for the work.
fn has_room() -> bool {
    rustix::process::getrlimit(rustix::process::Resource::Stack).current.is_none_or(|most| most >= STACK as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_kept_whoever_works() {
        let items: Vec<usize> = (0..1000).collect();
        for most in [1, 4] {
            let doubled = each(&items, most, |item, (): &mut ()| item * 2);
            assert!(doubled.into_iter().eq((0..1000).map(|item| item * 2)));
        }
        let counted = each(&items, 1, |_, before: &mut usize| std::mem::replace(before, *before + 1));
        assert_eq!(counted, items);
        assert!(each(&[] as &[usize], 4, |_, (): &mut ()| ()).is_empty());
    }
}
