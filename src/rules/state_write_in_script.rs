//! `state-write-in-script`: a script that writes canonical state itself.

use crate::change::Class;
use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::worktrees;
use crate::protocol::writes::{self, How};
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::shell::course::{Value, Whose};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "state-write-in-script",
    article: 6,
    summary: "a script that writes canonical state itself instead of a delta",
    why: "\
Canonical state has one writer, the merge engine. A script that rewrites such a file works on the copy it read a moment ago, and what \
the fleet wrote in between is gone; in a worktree the change cannot be committed at all.

Write a delta, a new file with a name of its own, and leave it to the merge engine to bring it in. Scripts that are the merge engine \
are named in the policy (`scripts` of a `[[writer]]`). What a script writes into a folder that it made for itself (`mktemp -d`, a clone) \
concerns nobody, and copying an uncommitted file into a new worktree is what article 4 asks for.",
    level: Level::Warn,
    bad: &[
        "echo '{\"posts\": []}' > state/posts.json",
        "jq '.agents += {}' state/agents.json > state/agents.json.tmp && mv state/agents.json.tmp state/agents.json",
        "cd \"$REPO\" && sed -i.bak 's/idle/busy/' \"$PWD/state/agents.json\"",
        "STATE=\"${STATE_DIR:-$HOME/fleet/state}\"\nfor name in stats trending; do echo '{}' | tee \"$STATE/$name.json\" >/dev/null; done",
        "git worktree list\ncp /srv/seed/agents.json state/\nrm -f state/cache.json",
    ],
    good: &[
        "echo '{}' > \"state/inbox/agent-1-$(date +%s).json\"",
        "d=$(mktemp -d)\nmkdir \"$d/state\"\necho '{\"posts\": []}' > \"$d/state/posts.json\"\ncd \"$d\" && echo '{}' > state/agents.json",
        "sort state/agents.json > /tmp/agents.json\ncp state/agents.json ../backup/\ncat state/*.json | wc -l",
        "echo 'jq . > state/agents.json' # > state/agents.json\ncat <<'EOF'\ncp a.json state/a.json\nEOF",
        "echo '{}' > tests/fixtures/state/agents.json\necho x > \"$STATE_FILE\"\necho x > state/memory/agent-1.md",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !writes::mentions(script, &policy.state.canonical.0) || policy.writers.iter().any(|it| it.scripts.matches(&script.path)) {
        return;
    }
    let course = script.course();
    let worktrees: Vec<Value> = worktrees::added(course).into_iter().map(|added| added.path).collect();
    for written in writes::written(course) {
        let worktree = worktrees.iter().find_map(|folder| written.path.strip_prefix(folder));
        let is_canonical = |path: &str| policy.class(path) == Class::Canonical;
        let Some(path) = writes::in_repository(worktree.as_ref().unwrap_or(&written.path), is_canonical) else { continue };
        // Files are copied into a worktree, as article 4 asks; any other write of state there is one.
        let is_apart = match worktree {
            Some(_) => matches!(written.how, How::Copied | How::Moved),
            None => course.whose(&written.path) == Whose::Own,
        };
        if is_apart {
            continue;
        }
        let does = if written.how == How::Removed { "takes away" } else { "writes" };
        let message = format!("this {does} `{}`, which only the merge engine may change", shown(&path));
        let help = format!(
            "Write a delta instead, a new file, and let the merge engine bring it in:\n    {}\n\
             Is this script the merge engine? Then name it in the policy: `scripts` of its `[[writer]]`.",
            delta_example(policy)
        );
        sink.report(script.place(&written.bytes), message, help);
    }
}

fn delta_example(policy: &Policy) -> String {
    let pattern = policy.state.deltas.0.first().map_or("", |pattern| pattern.text());
    let path = pattern.replace('*', "frame-$frame-$stream");
    format!("jq -n '{{frame: …, stream_id: …}}' > \"{path}\"")
}
