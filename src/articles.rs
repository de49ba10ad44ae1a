//! The articles of the protocol, in our own words.

/// One article.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Article {
    /// 1 to 8; 0 is the law itself.
    pub number: u8,
    /// A short imperative, no full stop.
    pub title: &'static str,
    /// One paragraph.
    pub text: &'static str,
    /// What has happened without it, in a real fleet: one paragraph.
    pub incident: &'static str,
}

/// All articles by number, the law itself last.
pub const ARTICLES: &[Article] = &[
    Article {
        number: 1,
        title: "worktrees, not branches on main",
        text: "The primary checkout belongs to everyone at once: the fleet, the timers and whoever sits before it. Switching its branch, or \
               building a feature on it commit by commit, moves the ground under all of them. Work that is more than one atomic commit \
               gets a linked worktree and a branch of its own, and comes back by merge.",
        incident: "Of 892 commits on a fleet's main branch five mix state with something else, and all five are feature work that was done on main: \
               neither part can be reverted without the other.",
    },
    Article {
        number: 2,
        title: "clean up at once",
        text: "A worktree that outlives its work holds its branch, its disk space and its lock, and the next run under the same name \
               fails on it. Whoever adds one sets a trap on EXIT, INT and TERM first, which removes the worktree, prunes the list and \
               deletes the branch, whichever way the script ends.",
        incident: "An orchestrator made the branch `dc/stream-1/frame-405` and deleted `dc/stream-stream-1/frame-405`. `|| true` hid that, and every \
               frame left its branches behind.",
    },
    Article {
        number: 3,
        title: "never stash on main while the fleet runs",
        text: "A stash takes uncommitted files out of a checkout that others write to, and puts stale copies back later, over what they \
               have written since. An autostash does the same in silence. While the fleet runs, uncommitted state stays where it is: \
               commit what is yours, by path, or work in a worktree.",
        incident: "An autostash was popped over files that the fleet had rewritten. The resolution of the conflict committed `{\"agents\": {}}`: 136 \
               agents were gone.",
    },
    Article {
        number: 4,
        title: "copy uncommitted files into a new worktree",
        text: "A worktree is made from a commit; what is uncommitted in the main checkout is not in it. A worker whose assignment was \
               written a second ago finds the old one, or none, and hands in an empty delta. Copy the files that the work needs after \
               the worktree is made.",
        incident: "A worktree was made from HEAD while the assignments were an uncommitted change in the main checkout. The worker found nothing to \
               do, and handed in an empty delta.",
    },
    Article {
        number: 5,
        title: "stagger parallel launches by 3 to 5 seconds",
        text: "Agents that start in the same second ask for the same locks, the same rate limits and the same files. A pause of three \
               to five seconds between two launches costs little and keeps them from failing together.",
        incident: "A loop of an orchestrator launched every worker with no pause at all; another one paused for two seconds, `STAGGER=2`.",
    },
    Article {
        number: 6,
        title: "write deltas, not state",
        text: "Canonical state is one file with many readers, and two whole copies of it cannot be merged: the second one wins, and the \
               first one's entries are gone. A worktree writes a delta, a small file of its own with what it adds; one writer \
               merges the deltas into the state.",
        incident: "Two writers fought, each with a whole copy of the file: in 14 commits a counter fell back by 85 % or more, and in 4 commits \
                   13 files became an older version of themselves.",
    },
    Article {
        number: 7,
        title: "on failure, write a fallback delta",
        text: "The merge waits for a delta of every stream. A worker that dies without one looks like a worker that still runs, or \
               leaves a hole in the frame. Whichever way a worker ends, it leaves a delta: an empty one that says `fallback` is enough.",
        incident: "A worker that found no CLI said so and left with `exit 1`. No delta came, not even an empty one, and the frame had a hole.",
    },
    Article {
        number: 8,
        title: "portable shell only",
        text: "The scripts run on Linux and on macOS, whose bash is of 2007 and whose utilities come from BSD. What only GNU or a newer \
               bash knows fails there halfway through, in the middle of other people's files, and often in the error handler too.",
        incident: "`timeout: command not found`: GNU's `timeout` and `${pids[-1]}` met macOS and its bash 3.2, and the error handler failed with them.",
    },
    Article {
        number: 0,
        title: "the law itself",
        text: "The policy and the exemptions from it are part of the repository, and hold only as long as they can be read, have \
               reasons, and are not loosened by the change that they would stop.",
        incident: "A fleet's watchdog committed with `--no-verify`: what stops everybody else did not exist for it.",
    },
];

/// Looks an article up by its number.
pub fn find(number: u8) -> Option<&'static Article> {
    ARTICLES.iter().find(|article| article.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_articles_each_once() {
        let mut numbers: Vec<u8> = ARTICLES.iter().map(|article| article.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (0..=8).collect::<Vec<_>>());
    }
}
