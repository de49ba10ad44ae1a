//! `missing-fallback-delta`: a stream that can fail without leaving a word.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::writes::{self, How, Written};
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::shell::course::{Course, Failure, Frame, Handler, Step};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "missing-fallback-delta",
    article: 7,
    summary: "a script that writes a delta, and has a way out on which it writes none",
    why: "\
The merge waits for one delta of each stream, or takes a stream without one for a stream that had nothing to say. A stream's script found \
no CLI and said `exit 1`: its agents stood still for the whole night, and no delta told anybody.

Write a fallback delta on every way out, best in a trap on EXIT that writes it where there is none yet. `exit` before the delta, and \
commands that end the script under `set -e`, are ways out; usage errors are none, because nobody is assigned yet.",
    level: Level::Warn,
    bad: &[
        "\
out=state/stream_deltas/frame-405-stream-1.json
command -v claude >/dev/null || exit 1
claude -p 'go on' > \"$out\"",
        "\
set -euo pipefail
claude -p 'go on' > /tmp/answer.json
jq '{frame: 405, stream_id: \"stream-1\", posts_created: .}' /tmp/answer.json > \"$REPO/state/stream_deltas/frame-405-stream-1.json\"",
        "\
trap 'rm -f /tmp/answer.json' EXIT INT TERM
if ! claude -p 'go on' > /tmp/answer.json; then
    echo 'no answer' >&2
    exit 1
fi
mv /tmp/answer.json \"state/stream_deltas/frame-$1-$2.json\"",
    ],
    good: &[
        "\
out=state/stream_deltas/frame-405-stream-1.json
fallback() { [ -s \"$out\" ] || printf '{\"frame\":405,\"stream_id\":\"stream-1\",\"_meta\":{\"status\":\"fallback\"}}' > \"$out\"; }
trap fallback EXIT INT TERM
command -v claude >/dev/null || exit 1
claude -p 'go on' > \"$out\"",
        "\
out=state/stream_deltas/frame-405-stream-1.json
die() { printf '{\"frame\":405,\"stream_id\":\"stream-1\",\"_meta\":{\"status\":\"fallback\"}}' > \"$out\"; exit 1; }
command -v claude >/dev/null || die
claude -p 'go on' > \"$out\" || die",
        "\
if [ $# -lt 2 ]; then
    echo \"usage: $0 FRAME STREAM\" >&2
    exit 1
fi
claude -p 'go on' > \"state/stream_deltas/frame-$1-$2.json\"",
        "command -v jq >/dev/null || exit 1\njq . note.json > state/inbox/note-1.json\ncat state/stream_deltas/*.json",
    ],
    check: Check::Script(check),
};

fn check(script: &Subject<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    if !writes::mentions(script, &policy.state.deltas.0) {
        return;
    }
    let course = script.course();
    // Where an excerpt ends, the work does not.
    if course.sourced || course.cut || script.excerpt {
        return;
    }
    let written = writes::written(course);
    let deltas: Vec<(&Written, String)> =
        written.iter().filter_map(|it| Some((it, delta(policy, it)?))).filter(|(it, _)| it.how != How::Removed).collect();
    let (fallbacks, own): (Vec<_>, Vec<_>) = deltas.into_iter().partition(|(it, _)| course.steps[it.step].frames.handler().is_some());
    let provides = |trap: usize| {
        let trap = &course.traps[trap];
        !trap.replaced && trap.signals.iter().any(|signal| signal == "EXIT")
    };
    let is_unknown = |step: &Step| step.name().is_empty() && !step.words.is_empty();
    let unknown = (0..course.traps.len()).any(|at| course.traps[at].handler == Handler::Unknown && provides(at));
    let told =
        course.steps.iter().any(|step| step.frames.handler().is_some_and(provides) && (speaks_of_fallback(step) || is_unknown(step)));
    let written_there = fallbacks.iter().any(|(it, _)| course.steps[it.step].frames.handler().is_some_and(provides));
    if unknown || told || written_there {
        return;
    }
    let Some((first, path)) = own.iter().find(|(it, _)| !course.steps[it.step].frames.uncalled()) else { return };
    // What writes a delta, or speaks of a fallback, has provided for every way out behind it.
    let mut steps: Vec<usize> = own.iter().map(|(it, _)| it.step).collect();
    steps.extend((0..first.step).filter(|at| speaks_of_fallback(&course.steps[*at])));
    let Some((at, how)) = (0..first.step).find_map(|at| Some((at, way_out(course, at, first.step, &steps)?))) else { return };
    let message =
        format!("{how}, and then nothing is written to `{}`: the merge cannot tell a failed stream from an idle one", shown(path));
    sink.report(script.place(&course.steps[at].bytes), message, HELP);
}

const HELP: &str = "Let a trap write the fallback where there is no delta yet:\n    \
    fallback() { [ -s \"$delta\" ] || printf '{\"frame\":%s,\"stream_id\":\"%s\",\"posts_created\":[],\"comments_added\":[],\
\"_meta\":{\"status\":\"fallback\",\"timestamp\":\"%s\"}}\\n' \"$frame\" \"$stream\" \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\" > \"$delta\"; }\n    \
    trap fallback EXIT INT TERM";

/// The delta of a stream that a write makes; one that is collected from elsewhere is none.
fn delta(policy: &Policy, written: &Written) -> Option<String> {
    let keyed = &policy.state.delta_keys;
    let is_delta = |path: &str| {
        policy.state.deltas.matches(path)
            && (keyed.is_empty() || keyed.iter().any(|(pattern, keys)| !keys.is_empty() && pattern.matches(path)))
    };
    let collected = written.source.as_ref().is_some_and(|source| {
        writes::in_repository(source, is_delta).is_some()
            || source.shape().contains(['*', '\u{fffc}']) && source.literal().is_none() && written.how == How::Copied
    });
    if collected { None } else { written.in_repository(is_delta) }
}

/// How the script ends at a step on the way to its delta, with none written.
fn way_out(course: &Course, at: usize, delta: usize, provided: &[usize]) -> Option<String> {
    let step = &course.steps[at];
    let skipped = step.frames.uncalled()
        || step.frames.handler().is_some()
        || step.frames.shell().is_some_and(|shell| !course.steps[delta].frames.iter().any(|frame| frame == shell))
        || !course.may_precede(at, delta)
        || provided.iter().any(|&it| it < at && course.surely_precedes(it, at));
    if skipped {
        return None;
    }
    if step.name() == "exit" {
        let code = step.values.get(1).map(|value| value.by_default().shape());
        let fails = code.as_deref().is_some_and(|code| !matches!(code, "0" | "2" | "64" | ""));
        return (fails && !is_usage_error(course, at))
            .then(|| format!("`exit {}` ends the script here", shown(&code.unwrap_or_default()).replace('\u{fffc}', "…")));
    }
    let fails = step.failure == Failure::Ends && !rarely_fails(step);
    fails.then(|| format!("`{}` ends the script when it fails (`set -e`)", shown(step.name())))
}

fn speaks_of_fallback(step: &Step) -> bool {
    step.words.iter().any(|word| word.text.to_ascii_lowercase().contains("fallback"))
}

/// Whether it ends because it was called wrongly.
fn is_usage_error(course: &Course, at: usize) -> bool {
    let step = &course.steps[at];
    let named =
        |frame: &Frame| matches!(frame, Frame::Call(_, name) if name.to_ascii_lowercase().contains("usage") || name.contains("help"));
    let speaks = |step: &Step| step.words.iter().any(|word| word.text.to_ascii_lowercase().contains("usage"));
    step.frames.iter().any(named) || (0..at).rev().take(4).any(|before| speaks(&course.steps[before]) && course.surely_precedes(before, at))
}

/// Commands whose failure nobody expects.
fn rarely_fails(step: &Step) -> bool {
    const CALM: &[&str] = &[
        "", "echo", "printf", "cd", "pushd", "popd", ":", "true", "export", "local", "declare", "readonly", "set", "trap", "shift",
        "sleep", "mkdir", "date", "dirname", "basename", "pwd", "touch", "rm", "cat", "wait", "kill", "umask", "ulimit", "unset",
        "hostname", "tr",
    ];
    CALM.contains(&step.name()) || step.git().is_some_and(|git| git.command == "rev-parse")
}
