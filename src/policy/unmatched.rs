//! Exemptions that exempt nothing: what they name is not there any more, or was never called so.

use serde_json::Value;

use super::{Collection, Policy};
use crate::pattern::Pattern;
use crate::report::shown;

/// The size in bytes up to which a state file is read to see whether a collection is in it.
const READ: usize = 16 << 20;

impl Policy {
    /// The path patterns of all `[[allow]]` and `[[state.collection]]` entries: the files that [`Policy::unmatched`] wants to know of.
    pub fn exempted(&self) -> Vec<&Pattern> {
        let allowed = self.allow.iter().flat_map(|allow| &allow.paths.0);
        allowed.chain(self.state.collections.iter().map(|entry| &entry.path)).collect()
    }

    /// Which of those entries match nothing among the files of a repository, a clause each. `read` gives the content of a file; what
    /// cannot be read counts as matched.
    pub fn unmatched(&self, files: &[String], read: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<String> {
        let gone = |pattern: &Pattern| !files.iter().any(|path| pattern.matches(path));
        let mut found = Vec::new();
        for allow in &self.allow {
            for pattern in allow.paths.0.iter().filter(|pattern| gone(pattern)) {
                found.push(format!(
                    "`[[allow]]` of `{}` matches nothing: there is no file `{}`",
                    shown(&allow.rule),
                    shown(pattern.text())
                ));
            }
        }
        for entry in &self.state.collections {
            let path = shown(entry.path.text());
            if gone(&entry.path) {
                found.push(format!("`[[state.collection]]` matches nothing: there is no file `{path}`"));
            } else if let Some(pointer) = &entry.pointer
                && !files.iter().filter(|file| entry.path.matches(file)).any(|file| may_stand(entry, read(file)))
            {
                found.push(format!("`[[state.collection]]` matches nothing: `{path}` has nothing at `{}`", shown(pointer)));
            }
        }
        found
    }
}

/// Whether a file holds something where an entry points, as far as can be told.
fn may_stand(entry: &Collection, content: Option<Vec<u8>>) -> bool {
    let Some(content) = content.filter(|content| content.len() <= READ) else { return true };
    let Ok(document) = serde_json::from_slice::<Value>(&content) else { return true };
    let pointer = entry.pointer.as_deref().unwrap_or_default();
    stands(&document, &pointer.split('/').skip(1).collect::<Vec<_>>())
}

fn stands(value: &Value, way: &[&str]) -> bool {
    let [step, rest @ ..] = way else { return true };
    let wanted = |name: &str| *step == "*" || *step == name;
    match value {
        Value::Object(members) => {
            members.iter().any(|(key, below)| wanted(&key.replace('~', "~0").replace('/', "~1")) && stands(below, rest))
        }
        Value::Array(elements) => elements.iter().enumerate().any(|(index, below)| wanted(&index.to_string()) && stands(below, rest)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::policy::{Policy, Strictness};

    #[test]
    fn what_names_no_file_and_no_place_is_told() {
        let entry =
            |path: &str, pointer: &str| format!("[[state.collection]]\npath = '{path}'\n{pointer}\ndrains = true\nreason = 'a queue'\n");
        let allow = "[[allow]]\nrule = 'conflict-marker'\npaths = ['tests/**', 'docs/*.md']\nreason = 'fixtures'\n";
        let told = |text: &str| {
            let (policy, _) = Policy::read(text, "gnp.toml", Strictness::Strict).unwrap();
            let files: Vec<String> = ["tests/a/b", "state/a.json", "state/broken.json"].map(str::to_owned).into();
            let read =
                |path: &str| Some(if path == "state/a.json" { br#"{"queue": {"x/y": []}, "n": 3}"#.to_vec() } else { b"{".to_vec() });
            policy.unmatched(&files, read)
        };
        assert_eq!(told(allow), ["`[[allow]]` of `conflict-marker` matches nothing: there is no file `docs/*.md`"]);
        assert_eq!(told(&entry("state/b.json", "")), ["`[[state.collection]]` matches nothing: there is no file `state/b.json`"]);
        assert_eq!(
            told(&entry("state/a.json", "pointer = '/queues'")),
            ["`[[state.collection]]` matches nothing: `state/a.json` has nothing at `/queues`"]
        );
        for pointer in ["", "pointer = '/queue'", "pointer = '/queue/x~1y'", "pointer = '/*/x~1y'", "pointer = '/n'"] {
            assert_eq!(told(&entry("state/a.json", pointer)), [""; 0], "{pointer}");
        }
        assert_eq!(told(&entry("state/broken.json", "pointer = '/queue'")), [""; 0], "not known");
    }
}
