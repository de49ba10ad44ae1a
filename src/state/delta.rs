//! What a delta says of itself, and what its name says of it.

use serde_json::{Map, Value};

/// What a delta says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    members: Map<String, Value>,
}

/// Where the time of a delta may stand, in the order of preference.
const TIMES: [&str; 6] = ["utc", "timestamp", "time", "at", "_meta/utc", "_meta/timestamp"];

/// What tells one delta of a frame from another: the frame, and when it was written.
pub type Key = (u64, String);

impl Delta {
    /// Reads a delta; none if it is no JSON object.
    pub fn read(text: &[u8]) -> Option<Self> {
        match serde_json::from_slice(text).ok()? {
            Value::Object(members) => Some(Self { members }),
            _ => None,
        }
    }

    /// Of some keys those that it has not, or that are `null`.
    pub fn lacks<'k>(&self, keys: &'k [String]) -> Vec<&'k str> {
        let lacking = |key: &&String| self.members.get(*key).is_none_or(Value::is_null);
        keys.iter().filter(lacking).map(String::as_str).collect()
    }

    /// The frame it belongs to.
    pub fn frame(&self) -> Option<u64> {
        whole(self.members.get("frame")?)
    }

    /// The stream it comes from.
    pub fn stream(&self) -> Option<String> {
        word(self.members.get("stream_id")?)
    }

    /// Its frame and the time it was written, if it gives both.
    pub fn key(&self) -> Option<Key> {
        let at = |path: &str| {
            path.split('/').try_fold(None, |above: Option<&Value>, name| {
                let members = above.map_or(Some(&self.members), Value::as_object)?;
                members.get(name).map(Some)
            })
        };
        let time = TIMES.iter().find_map(|path| word(at(path)??))?;
        Some((self.frame()?, time))
    }

    /// How its name contradicts it: what it says, and what its name says.
    pub fn contradiction(&self, path: &str) -> Option<(String, String)> {
        let name = name(path);
        if let (Some(said), Some(named)) = (self.frame(), number_after(&name, "frame").first())
            && said != *named
        {
            return Some((format!("frame {said}"), format!("frame {named}")));
        }
        let stream = self.stream()?;
        let (stem, number) = numbered(&stream)?;
        let named = number_after(&name, &stem);
        let contradicts = !named.is_empty() && !named.contains(&number);
        contradicts.then(|| (format!("stream `{stream}`"), format!("stream {}", named[0])))
    }
}

/// The frame in the name of a delta, if there is one.
pub fn frame_in_name(path: &str) -> Option<u64> {
    number_after(&name(path), "frame").first().copied()
}

/// Whether the name of a delta has the id of a stream in it.
pub fn names_stream(path: &str, stream: &str) -> bool {
    let name = name(path);
    if let Some((stem, number)) = numbered(stream) {
        return number_after(&name, &stem).contains(&number);
    }
    let is_word = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let (bytes, stream) = (name.as_bytes(), stream.replace('_', "-"));
    let whole = |(at, found): (usize, &str)| !is_word(bytes[..at].last()) && !is_word(bytes.get(at + found.len()));
    name.match_indices(stream.as_str()).any(whole)
}

/// The frame that a subject speaks of, e.g. 405 in `dream-catcher: frame 405 merged`.
pub fn frame_in_subject(subject: &str) -> Option<u64> {
    number_after(&subject.to_lowercase().replace([' ', '#'], "-").replace("--", "-"), "frame").first().copied()
}

/// The streams that the part of an assignments file lists which have something to do: the keys of an object, or the elements of an array.
pub fn assigned(part: &Value) -> Vec<String> {
    match part {
        Value::Object(streams) => streams.iter().filter(|(_, work)| is_work(work)).map(|(id, _)| id.clone()).collect(),
        Value::Array(streams) => {
            let id = |stream: &Value| match stream {
                Value::Object(members) => ["stream_id", "id", "stream"].iter().find_map(|key| word(members.get(*key)?)),
                other => word(other),
            };
            streams.iter().filter_map(id).collect()
        }
        _ => Vec::new(),
    }
}

fn is_work(work: &Value) -> bool {
    match work {
        Value::Null | Value::Bool(false) => false,
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => true,
    }
}

/// The name of a file without its extension; `_` counts as `-`.
fn name(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).replace('_', "-")
}

/// `stream-1` → `stream`, 1. An id that is a number alone is one of a stream.
fn numbered(stream: &str) -> Option<(String, u64)> {
    let stem = stream.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = stream[stem.len()..].parse().ok()?;
    let stem = stem.replace('_', "-").trim_end_matches('-').to_owned();
    Some((if stem.is_empty() { "stream".to_owned() } else { stem }, number))
}

/// The numbers that follow a word in a name, with or without a dash between.
fn number_after(name: &str, word: &str) -> Vec<u64> {
    let number = |(at, _): (usize, &str)| {
        let within = name[..at].bytes().next_back().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = &name[at + word.len()..];
        let rest = rest.strip_prefix('-').unwrap_or(rest);
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        if within { None } else { rest[..digits].parse().ok() }
    };
    name.match_indices(word).filter_map(number).collect()
}

/// A whole number, as such or as text.
fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A name, as text or as a number.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn delta(frame: impl Into<Value>, stream: impl Into<Value>) -> Delta {
        Delta::read(json!({"frame": frame.into(), "stream_id": stream.into()}).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_name_may_contradict_its_delta() {
        let contradiction = |path: &str, frame: u64, stream: &str| delta(frame, stream).contradiction(path);
        for (path, stream) in [
            ("d/frame-405-stream-1.json", "stream-1"),
            ("d/stream-1-frame-405.json", "stream-1"),
            ("d/frame405_stream_1.json", "stream-1"),
            ("d/frame-405-stream-1.json", "1"),
            ("d/frame-405-stream-1-retry-2.json", "stream-1"),
            ("d/405-alpha.json", "alpha"),
            ("d/note.json", "stream-1"),
            ("d/keyframe-7.json", "stream-1"),
            ("d/frame-405-upstream-9.json", "stream-1"),
        ] {
            assert_eq!(contradiction(path, 405, stream), None, "{path}");
        }
        let told = |path: &str, stream: &str| contradiction(path, 405, stream).map(|(said, named)| format!("{said}, {named}"));
        assert_eq!(told("d/frame-404-stream-1.json", "stream-1").as_deref(), Some("frame 405, frame 404"));
        assert_eq!(told("d/frame-405-stream-2.json", "stream-1").as_deref(), Some("stream `stream-1`, stream 2"));
        assert_eq!(told("d/frame-405-stream-11.json", "stream-1").as_deref(), Some("stream `stream-1`, stream 11"));
    }

    #[test]
    fn a_key_is_frame_and_time() {
        let key = |text: Value| Delta::read(text.to_string().as_bytes()).unwrap().key();
        assert_eq!(key(json!({"frame": 405, "_meta": {"timestamp": "T"}})), Some((405, "T".to_owned())));
        assert_eq!(key(json!({"frame": "405", "utc": 17, "_meta": 1})), Some((405, "17".to_owned())));
        assert_eq!(key(json!({"frame": 405})), None);
        assert_eq!(key(json!({"utc": "T"})), None);
    }

    #[test]
    fn streams_with_work_are_assigned() {
        let of = |value: Value| assigned(&value);
        assert_eq!(of(json!({"stream-1": [1], "stream-2": [], "stream-3": null, "stream-4": {"a": 1}})), ["stream-1", "stream-4"]);
        assert_eq!(of(json!(["a", {"stream_id": "b"}, {"id": 3}, {}])), ["a", "b", "3"]);
        assert!(of(json!("stream-1")).is_empty());
    }

    #[test]
    fn frames_and_streams_are_read_from_names_and_subjects() {
        assert_eq!(frame_in_subject("dream-catcher: frame 405 merged"), Some(405));
        assert_eq!(frame_in_subject("Frame #405: merge"), Some(405));
        assert_eq!(frame_in_subject("keyframe 405"), None);
        assert_eq!(frame_in_name("d/frame-405-stream-1.json"), Some(405));
        assert!(names_stream("d/frame-405-stream-1.json", "stream-1") && !names_stream("d/frame-405-stream-12.json", "stream-1"));
        assert!(names_stream("d/frame-405-alpha.json", "alpha") && !names_stream("d/frame-405-alphabet.json", "alpha"));
        assert_eq!(delta(405, "s").lacks(&["frame".to_owned(), "posts".to_owned()]), ["posts"]);
    }
}
