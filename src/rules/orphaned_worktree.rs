//! Linked worktrees, their locks and their branches that nobody uses any more.

use std::path::Path;

use crate::checkup::{Checkup, Gone, Orphan};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::{shell_quote, shown};
use crate::rule::{Check, Level, Rule};

pub(super) const RULE: Rule = Rule {
    name: "orphaned-worktree",
    article: 2,
    summary: "an entry, a lock or a branch of a linked worktree that nobody uses any more",
    why: "A worktree that was removed with `rm -rf`, or whose worker was killed, leaves its entry behind: its branch cannot be checked out or \
deleted, and the next run under the same name fails on it. A lock that names a process which has ended keeps `git worktree prune` away for ever. \
A stream's branch without a worktree (policy: `worktree.branch`) is one that the cleanup forgot.\n\n`gnp-lint doctor --fix` prunes entries whose \
folder is gone, unless the entry alone still knows of something: staged changes, a commit that no branch reaches, a rebase in the middle.",
    level: Level::Warn,
    bad: &[
        "git worktree add -q -b s1 ../s1 && rm -rf ../s1",
        "git worktree add -q -b s1 ../s1\n(sh -c 'git worktree lock --reason \"pid $$\" ../s1')",
        "printf '[worktree]\\nbranch = [\"dc/*/frame-*\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm 'name the streams'\n\
         git worktree add -q -b dc/s1/frame-7 ../s1 && git worktree remove ../s1",
    ],
    good: &[
        "git worktree add -q -b s1 ../s1 && rm -rf ../s1 && git worktree prune",
        "git worktree add -q -b s1 ../s1\ngit worktree lock --reason 'pid 1, which never ends' ../s1",
        "git worktree add -q -b s1 ../s1 && git worktree lock --reason 'on a disk that is away' ../s1 && rm -rf ../s1",
        "printf '[worktree]\\nbranch = [\"dc/*/frame-*\"]\\n' > gnp.toml && git add gnp.toml && fleet git commit -qm 'name the streams'\n\
         git worktree add -q -b dc/s1/frame-7 ../s1 && git branch topic",
    ],
    check: Check::Repository(check),
};

fn check(checkup: &Checkup, _: &Policy, sink: &mut Sink<'_>) {
    for orphan in &checkup.orphans {
        match orphan {
            Orphan::Gone(gone) => entry(gone, sink),
            Orphan::DeadLock { path, reason, process } => {
                let message =
                    format!("the worktree `{}` is locked by process {process}, which has ended (`{}`)", name(path), shown(reason));
                let help = format!(
                    "unlock it; if nobody needs it, remove it, which git does only when nothing in it is uncommitted\n    git worktree unlock {0}\n    git worktree remove {0}",
                    quoted(path)
                );
                sink.report(Place::default(), message, help);
            }
            Orphan::Branch { name } => {
                let message = format!("the stream's branch `{}` has no worktree", shown(name));
                let help = format!("delete it, which git does only when it is merged\n    git branch -d {}", shell_quote(name));
                sink.report(Place::default().on(format!("refs/heads/{name}")), message, help);
            }
        }
    }
}

fn entry(gone: &Gone, sink: &mut Sink<'_>) {
    if gone.locked {
        return;
    }
    let path = name(&gone.path);
    let held = gone.branch.as_deref().map_or(String::new(), |branch| format!(", and its entry holds the branch `{}`", shown(branch)));
    match &gone.holds {
        None => sink.report(
            Place::default(),
            format!("the folder of the worktree `{path}` is gone{held}"),
            "prune the entry\n    git worktree prune".to_owned(),
        ),
        Some(what) => sink.report(
            Place::default(),
            format!("the folder of the worktree `{path}` is gone, and its entry alone holds {}", shown(what)),
            format!(
                "if the folder was moved, tell git where it is; else make it anew from its last commit, and look\n    git worktree repair NEW-PATH\n    git worktree add ../rescued {}",
                gone.head.get(..12).unwrap_or(&gone.head)
            ),
        ),
    }
}

fn name(path: &Path) -> String {
    shown(&path.to_string_lossy())
}

fn quoted(path: &Path) -> String {
    shell_quote(&path.to_string_lossy())
}
