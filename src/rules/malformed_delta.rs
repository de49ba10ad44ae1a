//! A delta that the merge engine cannot place.

use crate::change::{Blob, Change, Class, FileChange};
use crate::finding::Sink;
use crate::pattern::Pattern;
use crate::policy::Policy;
use crate::report::shown;
use crate::rule::{Check, Level, Rule};
use crate::state::delta::{Delta, Key};

pub(super) const RULE: Rule = Rule {
    name: "malformed-delta",
    article: 6,
    summary: "a delta that is no object, lacks a key of the policy's `delta_keys`, or contradicts its own name",
    why: "\
The merge engine reads each delta once, by what it says of itself, and deletes it. One without frame or stream is dropped, one that says \
another frame than its name is merged into the wrong one, and of two with the same frame and time one is taken for a repetition of the \
other.

Only `*.json` files are looked at. What is not JSON at all is the matter of `invalid-json`. Two deltas with one frame and one time are \
warned about. Where a name has no `frame-N`, or no stream with a number, nothing can be compared.",
    level: Level::Deny,
    bad: &[
        "mkdir -p state/stream_deltas && echo '{\"frame\": 405}' > state/stream_deltas/frame-405-stream-1.json\n\
         git add state && git commit -qm 'delta'",
        "mkdir -p state/stream_deltas && echo '{\"frame\": 404, \"stream_id\": \"stream-1\"}' > state/stream_deltas/frame-405-stream-1.json\n\
         git add state && git commit -q --no-verify -m 'delta'",
        "git switch -qc stream && mkdir -p state/stream_deltas\n\
         echo '{\"frame\": 405, \"stream_id\": \"stream-2\"}' > state/stream_deltas/frame-405-stream-1.json\n\
         git add state && git commit -qm 'delta'",
        "mkdir -p state/inbox && echo '[1, 2]' > state/inbox/list.json\ngit add state && git commit -qm 'ask'",
    ],
    good: &[
        "mkdir -p state/stream_deltas && echo '{\"frame\": 405, \"stream_id\": \"stream-1\"}' > state/stream_deltas/frame-405-stream-1.json\n\
         echo 'what deltas are' > state/stream_deltas/README.md && touch state/stream_deltas/.gitkeep\n\
         git add state && git commit -qm 'delta'",
        "# The inbox asks for no keys.\nmkdir -p state/inbox && echo '{\"agent\": \"agent-001\"}' > state/inbox/frame-405-stream-1.json\n\
         git add state && git commit -qm 'ask'",
        "# The fallback of a stream that failed.\nmkdir -p state/stream_deltas\n\
         echo '{\"frame\":405,\"stream_id\":\"stream-1\",\"posts_created\":[],\"comments_added\":[],\"_meta\":{\"status\":\"fallback\",\"timestamp\":\"2026-01-01T00:00:00Z\"}}' > state/stream_deltas/frame-405-stream-1.json\n\
         echo '{\"frame\":405,\"stream_id\":\"stream-2\",\"_meta\":{\"timestamp\":\"2026-01-01T00:00:03Z\"}}' > state/stream_deltas/frame-405-stream-2.json\n\
         git add state && git commit -qm 'deltas'",
    ],
    check: Check::Change(check),
};

/// How many deltas of a folder are looked at for one with the same frame and time.
const NEIGHBOURS: usize = 500;

fn check(change: &Change<'_>, policy: &Policy, sink: &mut Sink<'_>) {
    let written = |file: &&FileChange<'_>| {
        let same = || file.old.as_ref().map(|blob| &blob.id) == file.new.as_ref().map(|blob| &blob.id);
        file.class == Class::Delta && is_json(&file.path) && file.new.as_ref().is_some_and(Blob::is_file) && !same()
    };
    let mut keys: Vec<(Key, &FileChange<'_>)> = Vec::new();
    for file in change.files.iter().filter(written) {
        // What is not at hand, or not JSON, is not for this rule to judge.
        if file.new.as_ref().and_then(|blob| blob.look(file.view(policy))).and_then(|look| look.census()).is_none() {
            continue;
        }
        let delta = file.new.as_ref().and_then(|blob| blob.with(Delta::read));
        match delta {
            Some(Some(delta)) => {
                if let Some(wrong) = wrong(&delta, &file.path, policy) {
                    sink.report(change.place(file), format!("the delta `{}` {wrong}", shown(&file.path)), help(policy, &file.path));
                }
                keys.extend(delta.key().map(|key| (key, file)));
            }
            Some(None) => {
                let message = format!("the delta `{}` is no JSON object", shown(&file.path));
                sink.report(change.place(file), message, help(policy, &file.path));
            }
            None => {}
        }
    }
    for (at, (key, file)) in keys.iter().enumerate() {
        let Some(other) = twin(change, key, file, &keys[..at]) else { continue };
        let message =
            format!("the deltas `{}` and `{}` both say frame {} and `{}`", shown(&other), shown(&file.path), key.0, shown(&key.1));
        sink.warn(change.place(file), message, "write the time of each delta to the millisecond, or let streams start some seconds apart");
    }
}

fn is_json(path: &str) -> bool {
    crate::state::form(path) == Some(crate::state::census::Form::Document)
}

fn wrong(delta: &Delta, path: &str, policy: &Policy) -> Option<String> {
    let wanted = policy.state.delta_keys.iter().filter(|(pattern, _)| pattern.matches(path)).flat_map(|(_, keys)| delta.lacks(keys));
    let lacking: Vec<String> = wanted.map(|key| format!("`{}`", shown(key))).collect();
    if !lacking.is_empty() {
        return Some(format!("lacks {}", lacking.join(" and ")));
    }
    let (said, named) = delta.contradiction(path)?;
    Some(format!("says {}, but its name says {named}", shown(&said)))
}

fn help(policy: &Policy, path: &str) -> String {
    let keys = policy.state.delta_keys.iter().filter(|(pattern, _)| pattern.matches(path)).flat_map(|(_, keys)| keys);
    let keys: Vec<String> = keys.map(|key| format!("`{}`", shown(key))).collect();
    let needs = if keys.is_empty() { String::new() } else { format!(" with {}", keys.join(" and ")) };
    format!("write one JSON object{needs}, and name the file after its frame and stream, as in `frame-405-stream-1.json`")
}

/// Another delta with the same frame and time: an earlier one of the change, or one that was there before and still is.
fn twin(change: &Change<'_>, key: &Key, file: &FileChange<'_>, earlier: &[(Key, &FileChange<'_>)]) -> Option<String> {
    if let Some((_, other)) = earlier.iter().find(|(other, _)| other == key) {
        return Some(other.path.clone());
    }
    let folder = Pattern::trusted(&file.path).folder().to_owned();
    let there = change.history.folder_before(&folder).into_iter().filter(|(path, _)| is_json(path));
    let untouched = there.filter(|(path, _)| !change.files.iter().any(|file| file.path == *path)).take(NEIGHBOURS);
    let same = |(_, blob): &(String, Blob<'_>)| blob.with(Delta::read).flatten().and_then(|delta| delta.key()).as_ref() == Some(key);
    untouched.into_iter().find(same).map(|(path, _)| path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::sample::{Content, findings, policy};

    #[test]
    fn keys_that_lack_are_named() {
        let mut policy = policy();
        policy.state.delta_keys = vec![(Pattern::new("state/inbox/*.json").unwrap(), vec!["frame".to_owned(), "stream_id".to_owned()])];
        let found = |text: &'static [u8]| {
            let found = findings(&RULE, &policy, "state/inbox/frame-1-stream-2.json", None, Some(Content::Text(text)));
            found.first().map(|finding| finding.message.clone())
        };
        let about = |rest: &str| Some(format!("the delta `state/inbox/frame-1-stream-2.json` {rest}"));
        assert_eq!(found(b"{}"), about("lacks `frame` and `stream_id`"));
        assert_eq!(found(b"{\"frame\": 1, \"stream_id\": null}"), about("lacks `stream_id`"));
        assert_eq!(found(b"{\"frame\": 1, \"stream_id\": 3}"), about("says stream `3`, but its name says stream 2"));
        assert_eq!(found(b"7"), about("is no JSON object"));
        assert_eq!(found(b"{\"frame\": \"1\", \"stream_id\": \"stream_2\"}"), None);
        assert_eq!(found(b"{\"frame\": "), None);
    }
}
