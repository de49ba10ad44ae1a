//! A frame that is merged although a stream at work has delivered nothing for it.

use serde_json::Value;

use crate::change::{Blob, Change, Class, FileChange, Part};
use crate::finding::{Place, Sink};
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::state::delta::{self, Delta};

pub(super) const RULE: Rule = Rule {
    name: "missing-delta",
    article: 7,
    summary: "a writer's commit that merges a frame for which an assigned stream has no delta",
    why: "\
A stream that fails without a word looks, one frame later, just like one that had nothing to say: its agents are idle, and nobody knows \
why. So a stream that fails writes a fallback delta, and a frame is complete when each assigned stream has one.

Which streams are assigned stands in the file that the policy names (`state.assignments`). The frame is read from the writer's subject, as \
in `frame 405 merged`. Nothing is said where that cannot be known: no such file, or one of another frame; no delta of the frame at all in \
what is committed, because then deltas do not travel by commits here.",
    level: Level::Warn,
    bad: &[
        "\
mkdir -p state/stream_deltas && echo '{\"streams\": {\"stream-1\": [1], \"stream-2\": [2]}}' > state/stream_assignments.json
echo '{\"frame\": 405, \"stream_id\": \"stream-1\"}' > state/stream_deltas/frame-405-stream-1.json
git add state && fleet git commit -qm 'assign, and a delta'
git rm -q state/stream_deltas/frame-405-stream-1.json && sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak
fleet git commit -qam 'dream-catcher: frame 405 merged'",
    ],
    good: &[
        "\
mkdir -p state/stream_deltas && echo '{\"streams\": {\"stream-1\": [1], \"stream-2\": [2], \"stream-3\": []}}' > state/stream_assignments.json
echo '{\"frame\": 405, \"stream_id\": \"stream-1\"}' > state/stream_deltas/frame-405-stream-1.json
git add state && fleet git commit -qm 'assign, and a delta'
# The other stream failed, and said so.
echo '{\"frame\":405,\"stream_id\":\"stream-2\",\"_meta\":{\"status\":\"fallback\",\"timestamp\":\"2026-01-01T00:00:00Z\"}}' > state/stream_deltas/frame-405-stream-2.json
git add state && sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak
fleet git commit -qam 'dream-catcher: frame 405 merged'",
        "\
# Deltas that are never committed cannot be missed.
echo '{\"streams\": {\"stream-1\": [1], \"stream-2\": [2]}}' > state/stream_assignments.json
git add state && fleet git commit -qm 'assign'
sed -i.bak s/idle/busy/ state/agents.json && rm state/agents.json.bak
fleet git commit -qam 'dream-catcher: frame 405 merged'",
    ],
    check: Check::Change(check),
};

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    let Some(assignments) = &policy.state.assignments else { return };
    if !change.protected || change.canonical().next().is_none() {
        return;
    }
    let merges = |part: &Part<'_>| part.subject.as_deref().filter(|_| part.by_writer).and_then(delta::frame_in_subject);
    for part in change.history.parts() {
        let Some(frame) = merges(&part) else { continue };
        let streams = assigned(change, &assignments.path, &assignments.pointer, frame);
        if streams.is_empty() {
            continue;
        }
        let delivered = delivered(change, policy, &part, frame);
        let missing: Vec<&String> = streams.iter().filter(|stream| !delivered.iter().any(|one| one.is_from(stream))).collect();
        if delivered.is_empty() || missing.is_empty() {
            continue;
        }
        let names: Vec<String> = missing.iter().map(|stream| format!("`{}`", shown(stream))).collect();
        let message =
            format!("frame {frame} is merged without a delta of {}, which `{}` assigns", names.join(", "), shown(&assignments.path));
        let place = change.locate(Place::file(&assignments.path));
        sink.report(Place { commit: part.commit.clone().or(place.commit.clone()), ..place }, message, help(frame, missing[0]));
    }
}

/// The streams at work before the change; none if the file says that it is about another frame.
fn assigned(change: &Change<'_>, path: &str, pointer: &str, frame: u64) -> Vec<String> {
    let before = change.history.file_before(path).and_then(|blob| blob.bytes());
    let Some(document) = before.and_then(|text| serde_json::from_slice::<Value>(&text).ok()) else { return Vec::new() };
    if document.get("frame").and_then(Value::as_u64).is_some_and(|said| said != frame) {
        return Vec::new();
    }
    document.pointer(pointer).map(delta::assigned).unwrap_or_default()
}

/// A delta of the frame: by its name and by what it says.
struct Delivered {
    path: String,
    stream: Option<String>,
}

impl Delivered {
    fn is_from(&self, stream: &str) -> bool {
        match &self.stream {
            Some(said) => said == stream || said.trim_start_matches("stream-") == stream.trim_start_matches("stream-"),
            None => delta::names_stream(&self.path, stream),
        }
    }
}

/// The deltas of a frame that are committed: before the change, in it, or taken away by it.
fn delivered(change: &Change<'_>, policy: &Policy, part: &Part<'_>, frame: u64) -> Vec<Delivered> {
    let mut found = Vec::new();
    let mut add = |path: &str, blob: &Blob<'_>| {
        let said = blob.with(Delta::read).flatten();
        if said.as_ref().and_then(Delta::frame).or_else(|| delta::frame_in_name(path)) == Some(frame) {
            found.push(Delivered { path: path.to_owned(), stream: said.as_ref().and_then(Delta::stream) });
        }
    };
    let mut folders: Vec<&str> = policy.state.deltas.0.iter().map(crate::pattern::Pattern::folder).collect();
    folders.sort_unstable();
    folders.dedup();
    for (path, blob) in folders.iter().flat_map(|folder| change.history.folder_before(folder)) {
        if policy.class(&path) == Class::Delta {
            add(&path, &blob);
        }
    }
    let files: &[FileChange<'_>] = part.files.as_deref().unwrap_or_default();
    for file in change.files.iter().chain(files).filter(|file| file.class == Class::Delta) {
        for blob in file.old.iter().chain(&file.new) {
            add(&file.path, blob);
        }
    }
    found
}

fn help(frame: u64, stream: &str) -> String {
    let delta = format!(
        "{{\"frame\":{frame},\"stream_id\":{},\"posts_created\":[],\"comments_added\":[],\"_meta\":{{\"status\":\"fallback\",\"timestamp\":\"…Z\"}}}}",
        Value::from(shown(stream))
    );
    format!("look into why the stream failed, and let its script write a fallback delta on every way out:\n    {delta}")
}
