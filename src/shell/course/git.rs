//! Calls of git: the subcommand, its options, the folder it acts in.

use super::Step;
use super::value::Value;
use super::walk::Walk;
use crate::facts::{self, Grammar};
use crate::shell::options::{Arguments, Given};
use crate::shell::tree::Word;

/// A call of git.
#[derive(Debug)]
pub struct Git<'s> {
    /// The subcommand, e.g. `stash`.
    pub command: &'s str,
    /// Its arguments.
    pub words: &'s [Word],
    /// The values of these arguments.
    pub values: &'s [Value],
    /// What `-c` sets, as `name=value`.
    pub settings: Vec<&'s str>,
    read: Arguments<'s>,
}

impl Step {
    /// The call of git that it is; none if it is none, a function of that name is meant, or the subcommand is not known.
    pub fn git(&self) -> Option<Git<'_>> {
        if self.name() != "git" || self.shadowed {
            return None;
        }
        let arguments = self.arguments();
        let (at, before) = before_subcommand(arguments);
        let command = arguments.get(at)?.literal()?;
        let words = &arguments[at + 1..];
        let settings = before.options.iter().filter(|given| given.name == "-c").filter_map(|given| given.value).collect();
        let read = match facts::grammar(&format!("git {command}")) {
            Some(grammar) => Arguments::read(words, grammar),
            None => Arguments::read(words, &Grammar::default()),
        };
        // It prints how it is used, and does nothing.
        if read.options.iter().any(|given| matches!(&*given.name, "-h" | "--help")) {
            return None;
        }
        Some(Git { command, words, values: &self.values[at + 2..], settings, read })
    }
}

impl<'s> Git<'s> {
    /// The options, abbreviations in full.
    pub fn options(&self) -> &[Given<'s>] {
        &self.read.options
    }

    /// The first of some options.
    pub fn option(&self, names: &[&str]) -> Option<&Given<'s>> {
        self.read.options.iter().find(|given| names.contains(&&*given.name))
    }

    /// Whether one of some options is given.
    pub fn has(&self, names: &[&str]) -> bool {
        self.option(names).is_some()
    }

    /// What is no option, nor the value of one.
    pub fn operands(&self) -> &[&'s Word] {
        &self.read.operands
    }

    /// The value of a word of the call.
    pub fn value_of(&self, word: &Word) -> Value {
        let at = self.words.iter().position(|other| std::ptr::eq(other, word));
        at.and_then(|at| self.values.get(at)).cloned().unwrap_or_else(|| Value::text(word.text.clone()))
    }

    /// The value that an option was given.
    pub fn value(&self, names: &[&str]) -> Option<Value> {
        let given = self.option(names)?;
        let text = given.value?;
        let separate = given.next.filter(|next| next.text == text && !given.word.text.ends_with(text));
        if let Some(next) = separate {
            Some(self.value_of(next))
        } else {
            let glued = Value::text(given.word.text.strip_suffix(text)?);
            self.value_of(given.word).strip_prefix(&glued)
        }
    }
}

impl Walk<'_> {
    /// The folder that a command acts in: git's own options and variables count.
    pub(super) fn folder_of(&mut self, step: &Step) -> Value {
        let here = step.folder.clone();
        if step.name() != "git" {
            return here;
        }
        let arguments = step.arguments();
        let mut folder = here;
        let mut named = None;
        for given in before_subcommand(arguments).1.options {
            let Some(text) = given.value else { continue };
            let separate = given.next.filter(|next| next.text == text && !given.word.text.ends_with(text));
            let word = separate.unwrap_or(given.word);
            let Some(position) = arguments.iter().position(|other| std::ptr::eq(other, word)) else { continue };
            let whole = step.values[position + 1].clone();
            let value = if separate.is_some() {
                whole
            } else {
                let glued = given.word.text.strip_suffix(text).unwrap_or_default();
                whole.strip_prefix(&Value::text(glued)).unwrap_or(whole)
            };
            match &*given.name {
                "-C" => {
                    folder = path_in(&folder, &value);
                    self.note_called(word, &folder);
                }
                "--work-tree" | "--git-dir" => named = Some(value),
                _ => {}
            }
        }
        let set = |name: &str| {
            let given = step.environment.iter().find(|(given, _)| given == name).map(|(_, value)| value.clone());
            given.or_else(|| self.variables.get(name)?.value.clone()).filter(|value| !value.is_empty())
        };
        let named = named.or_else(|| set("GIT_WORK_TREE")).or_else(|| set("GIT_DIR"));
        match named {
            Some(path) => path_in(&folder, &path).without_suffix("/.git"),
            None => folder,
        }
    }

    /// Notes the folders that a command makes: what is done there is nobody else's business.
    pub(super) fn makes_folder(&mut self, number: usize) {
        let Some(step) = self.course.steps.get(number) else { return };
        let Some(git) = step.git() else {
            let clones = matches!(step.name(), "gh" | "hub" | "glab") && step.words.iter().any(|word| word.text == "clone");
            if clones && let Some(last) = step.values.last() {
                let folder = path_in(&step.folder, last);
                self.makes(folder);
            }
            return;
        };
        let operands = git.operands();
        let path = match git.command {
            "clone" => match operands {
                [source] => last_name(&git.value_of(source)),
                [_, target, ..] => git.value_of(target),
                [] => return,
            },
            "init" => operands.first().map_or_else(Value::default, |path| git.value_of(path)),
            "worktree" if operands.first().is_some_and(|word| word.text == "add") => match operands.get(1) {
                Some(path) => git.value_of(path),
                None => return,
            },
            _ => return,
        };
        let folder = if path.is_empty() { step.folder.clone() } else { path_in(&step.folder, &path) };
        self.makes(folder);
    }
}

/// A path as it is from the root, told from a folder.
pub(super) fn path_in(folder: &Value, path: &Value) -> Value {
    if path.is_rooted() { path.without_slash() } else { folder.joined(path) }
}

/// Where the subcommand stands, and the options before it.
fn before_subcommand(arguments: &[Word]) -> (usize, Arguments<'_>) {
    let grammar = Grammar { wraps: Some(0), ..facts::grammar("git").cloned().unwrap_or_default() };
    let at = Arguments::wrapped(arguments, &grammar);
    (at, Arguments::read(&arguments[..at], &grammar))
}

/// The folder that `git clone` makes of a source's name.
fn last_name(source: &Value) -> Value {
    match source.literal() {
        Some(text) => {
            let name = text.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or(text);
            Value::text(name.strip_suffix(".git").unwrap_or(name))
        }
        None => source.clone(),
    }
}
