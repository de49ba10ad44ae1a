//! What operations and small commands make of values.

use compact_str::format_compact;

use super::value::{Symbol, Value};
use super::walk::Walk;
use crate::shell::options;
use crate::shell::survey::own_command;
use crate::shell::tree::{Action, Block, Operation, UNKNOWN};

/// Commands that print the same whenever they are given the same.
const STEADY: &[&str] = &[
    "basename", "dirname", "echo", "printf", "sed", "tr", "cut", "awk", "head", "tail", "grep", "realpath", "readlink", "seq", "jq", "cat",
    "git", "hostname", "whoami", "id", "uname", "sort", "wc", "cd", "pwd",
];

/// Splits an unquoted value at the blanks in its text.
pub(super) fn split(value: &Value) -> Vec<Value> {
    let shape = value.shape();
    if !shape.contains(char::is_whitespace) {
        return if value.is_empty() { Vec::new() } else { vec![value.clone()] };
    }
    let mut symbols = value.symbols_as_values().into_iter();
    shape
        .split_whitespace()
        .map(|word| {
            let mut part = Value::default();
            for char in word.chars() {
                match (char == UNKNOWN).then(|| symbols.next()).flatten() {
                    Some(symbol) => part.push(&symbol),
                    None => part.push_str(char.encode_utf8(&mut [0; 4])),
                }
            }
            part
        })
        .collect()
}

/// What an operation makes of a variable's value; `set` says whether the script gave it one.
pub(super) fn changed(operation: Operation, value: &Value, words: &[Value], set: bool) -> Value {
    let word = words.last();
    match operation {
        Operation::None => value.clone(),
        Operation::Default => {
            let default = word.cloned().unwrap_or_default();
            match value.literal() {
                Some("") => default,
                None if !set && !default.is_empty() => Value::symbol(Symbol::Default(value.clone(), default)),
                _ => value.clone(),
            }
        }
        Operation::Other => Value::symbol(Symbol::Changed("other".into(), value.clone())),
        _ => mapped(value, |text| operated(operation, text, words)).unwrap_or_else(|| {
            let what = words.iter().map(Value::shape).fold(format_compact!("{operation:?}"), |what, word| format_compact!("{what} {word}"));
            Value::symbol(Symbol::Changed(what, value.clone()))
        }),
    }
}

/// Changes each text that a value may be; none where one is unknown.
fn mapped(value: &Value, change: impl Fn(&str) -> Option<String>) -> Option<Value> {
    let changed: Option<Vec<Value>> = value.alternatives().iter().map(|one| Some(Value::text(change(one.literal()?)?))).collect();
    Value::among(changed?)
}

fn operated(operation: Operation, text: &str, words: &[Value]) -> Option<String> {
    let literal =
        |back: usize| words.len().checked_sub(back).and_then(|at| words.get(at)).and_then(|word| word.literal().map(str::to_owned));
    let plain = |pattern: String| (!pattern.contains(['?', '[', '#', '(', UNKNOWN])).then_some(pattern);
    let mut ends: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let longest = matches!(operation, Operation::RemoveLongestPrefix | Operation::RemoveSuffix);
    if longest {
        ends.reverse();
    }
    match operation {
        Operation::RemovePrefix | Operation::RemoveLongestPrefix => {
            let pattern = plain(literal(1)?)?;
            Some(ends.into_iter().find(|at| options::matches(&pattern, &text[..*at])).map_or(text, |at| &text[at..]).to_owned())
        }
        Operation::RemoveSuffix | Operation::RemoveLongestSuffix => {
            let pattern = plain(literal(1)?)?;
            Some(ends.into_iter().find(|at| options::matches(&pattern, &text[*at..])).map_or(text, |at| &text[..at]).to_owned())
        }
        Operation::Replace | Operation::ReplaceAll => {
            let (pattern, with) = (plain(literal(2)?)?, literal(1)?);
            if pattern.is_empty() || pattern.contains('*') {
                return None;
            }
            Some(if operation == Operation::Replace { text.replacen(&pattern, &with, 1) } else { text.replace(&pattern, &with) })
        }
        _ => None,
    }
}

impl Walk<'_> {
    /// What a substitution prints, after it was walked; `from` is the number of its first step.
    pub(super) fn printed(&mut self, block: &Block, from: usize) -> Value {
        let steps = self.course.steps.get(from..).unwrap_or_default();
        let Some(last) = steps.last() else { return self.varying() };
        let name = last.name();
        if name == "pwd" {
            return last.folder.clone();
        }
        if name == "mktemp"
            && last.arguments().iter().any(|word| {
                word.text == "--directory" || (word.text.starts_with('-') && !word.text.starts_with("--") && word.text.contains('d'))
            })
        {
            let number = self.next();
            return Value::symbol(Symbol::Fresh(number));
        }
        let piped = match block.statements.as_slice() {
            [only] => match &only.action {
                Action::Command(_) => true,
                Action::Pipeline(parts) => parts.iter().all(|part| own_command(part).is_some()) && parts.len() == steps.len(),
                _ => false,
            },
            _ => false,
        };
        if piped && let Some(value) = through(steps) {
            return value;
        }
        let words: Vec<Value> = steps.iter().flat_map(|step| step.values.iter().cloned().chain([Value::text("|")])).collect();
        let steady = steps.iter().all(|step| STEADY.contains(&step.name()));
        let number = if steady { None } else { Some(self.next()) };
        Value::symbol(Symbol::Output(words, number))
    }
}

/// What a pipeline of small commands prints, where all is known.
fn through(steps: &[super::Step]) -> Option<Value> {
    let mut value: Option<Value> = None;
    for step in steps {
        let arguments = step.values.get(1..).unwrap_or_default();
        let words = step.arguments();
        value = Some(match (step.name(), value) {
            ("echo", None) if words.first().is_none_or(|word| !word.text.starts_with('-')) => spaced(arguments),
            ("printf", None) => formatted(arguments)?,
            ("basename", None) => match arguments {
                [path] => mapped(path, |text| Some(base_name(text).to_owned()))?,
                [path, suffix] => {
                    let suffix = suffix.literal()?;
                    mapped(path, |text| Some(base_name(text).strip_suffix(suffix).unwrap_or(base_name(text)).to_owned()))?
                }
                _ => return None,
            },
            ("dirname", None) => match arguments {
                [path] => {
                    mapped(path, |text| Some(text.trim_end_matches('/').rsplit_once('/').map_or(".", |(folder, _)| folder).to_owned()))?
                }
                _ => return None,
            },
            ("sed", Some(input)) => match arguments {
                [script] => substituted(&input, script.literal()?)?,
                _ => return None,
            },
            ("tr", Some(input)) => match arguments {
                [from, to] => {
                    let (from, to) = (from.literal()?.to_owned(), to.literal()?.to_owned());
                    if from.chars().count() != 1 || to.chars().count() != 1 {
                        return None;
                    }
                    mapped(&input, |text| Some(text.replace(&from, &to)))?
                }
                _ => return None,
            },
            _ => return None,
        });
    }
    value
}

fn base_name(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn spaced(values: &[Value]) -> Value {
    let mut all = Value::default();
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            all.push_str(" ");
        }
        all.push(value);
    }
    all
}

/// `printf` with `%s` and `%d` alone.
fn formatted(values: &[Value]) -> Option<Value> {
    let (format, mut arguments) = (values.first()?.literal()?, values[1..].iter());
    let mut printed = Value::default();
    let mut rest = format.strip_suffix("\\n").unwrap_or(format);
    while let Some(at) = rest.find(['%', '\\']) {
        printed.push_str(&rest[..at]);
        let sign = rest.get(at..at + 2)?;
        if !matches!(sign, "%s" | "%d") {
            return None;
        }
        printed.push(arguments.next()?);
        rest = &rest[at + 2..];
    }
    printed.push_str(rest);
    arguments.next().is_none().then_some(printed)
}

/// `s/x/y/` with plain texts.
fn substituted(input: &Value, script: &str) -> Option<Value> {
    let separator = script.strip_prefix('s')?.chars().next()?;
    let parts: Vec<&str> = script[1 + separator.len_utf8()..].split(separator).collect();
    let [from, to, flags] = parts.as_slice() else { return None };
    if from.is_empty() || from.contains(['\\', '*', '.', '[', '^', '$', '+', '?', '(', '|', '{']) || to.contains(['\\', '&']) {
        return None;
    }
    mapped(input, |text| match *flags {
        "" => Some(text.replacen(from, to, 1)),
        "g" => Some(text.replace(from, to)),
        _ => None,
    })
}
