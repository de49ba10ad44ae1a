//! Files that a script writes, changes or removes, and which paths of the repository they may be.

use crate::facts::{self, Grammar};
use crate::pattern::Pattern;
use crate::shell::Script;
use crate::shell::course::{Course, Step, Symbol, Value};
use crate::shell::options::{Arguments, is_bundle_with};
use crate::shell::tree::{Bytes, UNKNOWN, Word};

/// A file that a step changes.
#[derive(Debug)]
pub struct Written {
    /// The number of the step.
    pub step: usize,
    /// The file, from the root as far as the text tells.
    pub path: Value,
    /// Where it is named.
    pub bytes: Bytes,
    /// How.
    pub how: How,
    /// What it is made from, where it is moved or copied.
    pub source: Option<Value>,
}

/// How a file is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Its contents are written: a redirection, `tee`, `sed -i`, `truncate`.
    Written,
    /// Another file takes its place: `cp`, `install`, `ln`, `rsync`.
    Copied,
    /// Another file is moved there.
    Moved,
    /// It is removed or moved away.
    Removed,
}

/// Everything that a script writes, in the order of its steps.
pub fn written(course: &Course) -> Vec<Written> {
    let mut all = Vec::new();
    for (number, step) in course.steps.iter().enumerate() {
        for write in &step.writes {
            let path = step.path(&write.path);
            all.push(Written { step: number, path, bytes: write.bytes.clone(), how: How::Written, source: None });
        }
        by_command(number, step, &mut all);
    }
    all
}

fn by_command(number: usize, step: &Step, all: &mut Vec<Written>) {
    let name = step.name();
    let Some(kind) = kind_of(name, step.arguments()) else { return };
    let default = Grammar::default();
    let read = Arguments::read(step.arguments(), facts::grammar(name).unwrap_or(&default));
    let value_of = |word: &Word| {
        let at = step.words.iter().position(|other| std::ptr::eq(other, word));
        at.and_then(|at| step.values.get(at)).map(|value| step.path(value)).unwrap_or_default()
    };
    let mut push = |path: Value, bytes: Bytes, how: How, source: Option<Value>| {
        all.push(Written { step: number, path, bytes, how, source });
    };
    match kind {
        Kind::Each(how) => {
            for word in &read.operands {
                push(value_of(word), word.bytes.clone(), how, None);
            }
        }
        Kind::Last(how) => {
            let Some((target, sources)) = read.operands.split_last() else { return };
            let folder = value_of(target);
            for source in sources {
                let from = value_of(source);
                if how == How::Moved {
                    push(from.clone(), source.bytes.clone(), How::Removed, None);
                }
                let (shape, own) = (folder.shape(), from.shape());
                let looks_like_file = shape.rsplit('/').next().is_some_and(|name| name.contains('.'));
                let is_folder = target.text.ends_with('/');
                let name = own.rsplit('/').next().filter(|name| !name.contains(UNKNOWN) && (is_folder || !looks_like_file));
                if let Some(name) = name {
                    push(folder.joined(&Value::text(name)), target.bytes.clone(), how, Some(from.clone()));
                }
                if !is_folder {
                    push(folder.clone(), target.bytes.clone(), how, Some(from));
                }
            }
        }
        Kind::Option(names) => {
            let given = read.options.iter().find(|given| names.contains(&&*given.name));
            let word = given.and_then(|given| given.next.filter(|next| given.value == Some(next.text.as_str())));
            if let Some(word) = word {
                push(value_of(word), word.bytes.clone(), How::Written, None);
            }
        }
        Kind::Data => {
            let target =
                step.words.iter().zip(step.values.iter()).find_map(|(word, value)| Some((word, value.strip_prefix(&Value::text("of="))?)));
            if let Some((word, path)) = target {
                push(step.path(&path), word.bytes.clone(), How::Written, None);
            }
        }
    }
}

/// Which arguments of a command are files that it changes.
enum Kind {
    /// Every operand.
    Each(How),
    /// The last operand, made from those before.
    Last(How),
    /// The value of one of these options.
    Option(&'static [&'static str]),
    /// `of=FILE`
    Data,
}

fn kind_of(name: &str, arguments: &[Word]) -> Option<Kind> {
    let in_place = || arguments.iter().any(|word| word.text.starts_with("--in-place") || is_bundle_with(&word.text, 'i'));
    Some(match name {
        "tee" | "truncate" | "sponge" => Kind::Each(How::Written),
        "sed" | "gsed" | "perl" | "ruby" | "yq" if in_place() => Kind::Each(How::Written),
        "cp" | "gcp" | "install" | "ln" | "rsync" => Kind::Last(How::Copied),
        "mv" | "gmv" => Kind::Last(How::Moved),
        "rm" | "unlink" | "shred" => Kind::Each(How::Removed),
        "sort" | "curl" => Kind::Option(&["-o", "--output"]),
        "wget" => Kind::Option(&["-O", "--output-document"]),
        "dd" => Kind::Data,
        _ => return None,
    })
}

impl Written {
    /// A path of the repository that it may be and that is such a one, with `…` for what is not known.
    pub fn in_repository(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        in_repository(&self.path, wanted)
    }
}

/// A path of the repository that a value may be and that is such a one, with `…` for what is not known.
///
/// What lies where the script was started counts from there; of a path from elsewhere, every end of it is tried.
pub fn in_repository(path: &Value, wanted: impl Fn(&str) -> bool) -> Option<String> {
    for one in path.alternatives() {
        let one = one.by_default();
        let shape = one.shape();
        let (folders, leaves) = plain(&shape);
        let from = usize::from(folders.first().is_some_and(|first| *first == "\u{fffc}"));
        let starts = if one.first() == Some(&Symbol::Start) && !leaves { from..=from } else { from..=folders.len() };
        for start in starts {
            if folders[from.min(start)..start].iter().any(|folder| is_for_tests(folder)) {
                break;
            }
            let candidate = folders[start..].join("/");
            if !candidate.is_empty() && wanted(&candidate) {
                return Some(candidate.replace(UNKNOWN, "…"));
            }
        }
    }
    None
}

/// The folders of a path, `.` and `..` resolved; and whether `..` leads out of the folder that it begins with.
fn plain(shape: &str) -> (Vec<&str>, bool) {
    let mut folders = Vec::new();
    let mut leaves = false;
    for folder in shape.split('/') {
        match folder {
            "" | "." => {}
            ".." => leaves |= folders.pop().is_none_or(|folder| folder == "\u{fffc}"),
            folder => folders.push(folder),
        }
    }
    (folders, leaves)
}

/// Folders whose files only look like those of the repository.
fn is_for_tests(folder: &str) -> bool {
    let lower = folder.to_ascii_lowercase();
    ["test", "fixture", "example", "mock", "sandbox", "backup", "demo", "sample", "tmp", "temp"].iter().any(|part| lower.contains(part))
}

/// Whether a script names a folder of such patterns at all; without it, nothing in it can match.
pub fn mentions(script: &Script, patterns: &[Pattern]) -> bool {
    patterns.iter().any(|pattern| {
        let last = pattern.folder().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        last.is_empty() || super::mentions(&script.text, last) || script.is_started_below(last)
    })
}
