//! A new worktree that lacks uncommitted files of the main checkout.

use crate::event::{Act, Event};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::{shell_quote, shown};
use crate::rule::{Check, Level, Rule};

/// How many files left behind are named one by one.
const NAMED: usize = 8;

pub(super) const RULE: Rule = Rule {
    name: "uncarried-file",
    article: 4,
    summary: "a new worktree lacks uncommitted files of the main checkout",
    why: "A worktree is made from a commit. What is uncommitted in the main checkout is not in it: once the assignments of a frame were, and \
the worker found nothing to do and wrote an empty delta.\n\nFiles named by the policy's `worktree.carry` are copied into each new worktree, \
unless it has one of its own that differs from its commit. Other uncommitted state files are named, with the command that copies them.",
    level: Level::Warn,
    bad: &[
        "echo '{\"streams\": {\"stream-1\": [\"agent-001\"]}}' > state/stream_assignments.json\n\
         git worktree add -q -b s1 ../s1\ntest -s ../s1/state/stream_assignments.json",
        "echo '{\"last_run\": 1}' > state/heartbeat_state.json\ngit worktree add -q -b s1 ../s1",
    ],
    good: &[
        "echo mine > notes.txt\ngit worktree add -q -b s1 ../s1",
        "echo '{\"streams\": {}}' > state/stream_assignments.json\ngit add state && git commit -qm 'assign streams'\ngit worktree add -q -b s1 ../s1",
    ],
    check: Check::Event(check),
};

fn check(event: &Event<'_>, _: &Policy, sink: &mut Sink<'_>) {
    let Act::WorktreeAdded(added) = &event.act else { return };
    let copy = |path: &str| {
        // A commit has no empty folders, so the one that the file lies in may not be there yet.
        let folder = path.rsplit_once('/').map_or_else(|| added.path.clone(), |(folder, _)| format!("{}/{folder}", added.path));
        let (file, folder) = (shell_quote(&format!("{}/{path}", added.main)), shell_quote(&folder));
        format!("mkdir -p {folder} && cp {file} {folder}")
    };
    for file in &added.carried {
        let path = shown(&file.path);
        match &file.failed {
            None => sink.report(
                Place::file(&file.path),
                format!("`{path}` is uncommitted in the main checkout: it was copied into this worktree"),
                "",
            ),
            Some(why) => {
                let message = format!("`{path}` is uncommitted in the main checkout and could not be copied: {}", shown(why));
                sink.report(Place::file(&file.path), message, format!("copy it\n    {}", copy(&file.path)));
            }
        }
    }
    if let Some(first) = added.left.first() {
        let count = added.left.len();
        let message = match count {
            1 => format!("`{}` is uncommitted in the main checkout and not in this worktree", shown(first)),
            _ => format!("{count} state files, such as `{}`, are uncommitted in the main checkout and not in this worktree", shown(first)),
        };
        let commands: Vec<String> = added.left.iter().take(NAMED).map(|path| copy(path)).collect();
        sink.report(
            Place::file(first),
            message,
            format!("copy what the work there needs, or name it in the policy's `worktree.carry`\n    {}", commands.join("\n    ")),
        );
    }
}
