//! Fixes that call a function of ours, which is put once at the top of the script: portable sh, fit for `set -eu`.

use std::sync::Arc;

use super::site::{Use, doubtful, edit};
use crate::finding::Fix;
use crate::shell::tree::{Action, Piece, Statement};
use crate::shell::{Script, Suppression};

/// A function that takes the place of a command.
struct Helper {
    name: &'static str,
    text: &'static str,
}

const TIMEOUT: Helper = Helper { name: "with_timeout", text: include_str!("with_timeout.sh") };
const CANONICAL: Helper = Helper { name: "canonical_path", text: include_str!("canonical_path.sh") };

const ALL: [Helper; 2] = [TIMEOUT, CANONICAL];

/// What a script has of helpers.
#[derive(Debug)]
pub(super) struct Helpers {
    /// Where one can be put.
    top: Option<usize>,
    /// Those that are there, word for word.
    there: Vec<&'static str>,
    /// What is put there, by name.
    texts: [(&'static str, Arc<str>); 2],
}

impl Helpers {
    fn of(script: &Script) -> Self {
        let (top, gap) = top(script).unzip();
        let texts = ALL.map(|helper| (helper.name, format!("{}{}\n", gap.unwrap_or_default(), helper.text).into()));
        let there = ALL.into_iter().filter(|helper| script.text.contains(helper.text)).map(|helper| helper.name);
        // Ours have plain newlines, and a script is not to have both.
        Self { top: top.filter(|_| !script.text.contains('\r')), there: there.collect(), texts }
    }
}

/// `timeout 30 cmd` → `with_timeout 30 cmd`; it stops the command and, by `ps`, what that has started.
pub(super) fn timeout(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let duration = at.given().first().filter(|word| at.is_one(word) && at.given().len() > 1)?;
    let plain = |text: &str| {
        let digits = text.strip_suffix(['s', 'm', 'h', 'd']).unwrap_or(text);
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fraction = |text: &str| text.parse::<f64>().is_ok_and(|seconds| seconds > 0.0);
    let understood = match duration.literal() {
        Some(text) => plain(text) || fraction(text) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'),
        None => matches!(duration.only_piece(), Some(Piece::Variable(_))),
    };
    let name = at.words.first()?;
    if understood && arguments.options.is_empty() { call(at, &TIMEOUT, name.bytes.end) } else { None }
}

/// `readlink -f p` → `canonical_path p`
pub(super) fn canonical(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let [path] = arguments.operands.as_slice() else { return None };
    let option = match arguments.options.as_slice() {
        [] if at.fact.command == "realpath" => at.words.first()?.bytes.end,
        [option] if matches!(at.raw(&option.word.bytes), "-f" | "--canonicalize") => option.word.bytes.end,
        _ => return None,
    };
    let last = at.words.last().is_some_and(|word| word.bytes == path.bytes);
    if last && (at.is_one(path) || path.string) { call(at, &CANONICAL, option) } else { None }
}

/// Writes the helper's name over what stands between the command's first byte and `end`, and the helper where it belongs, if it is not there yet.
fn call(at: &Use<'_>, helper: &Helper, end: usize) -> Option<Fix> {
    let start = at.whole()?.start;
    let helpers = at.survey.helpers.get_or_init(|| Helpers::of(at.survey.script));
    let there = helpers.there.contains(&helper.name);
    // Assignments before a function last in some shells; a function of that name that is not ours is not to be called.
    if !at.command()?.assignments.is_empty() || at.survey.functions.contains(helper.name) != there {
        return None;
    }
    let called = edit(start..end, helper.name);
    let (_, text) = helpers.texts.iter().find(|(name, _)| *name == helper.name)?;
    let edits = match (there, helpers.top?) {
        (true, _) => vec![called],
        (false, top) if top == start => vec![edit(start..end, format!("{text}{}", helper.name))],
        (false, top) => vec![edit(top..top, Arc::clone(text)), called],
    };
    Some(doubtful(edits))
}

/// Where a function can be put: before the first statement that is more than a `set`, behind the comments that the script begins with; and
/// what is to stand between.
fn top(script: &Script) -> Option<(usize, &'static str)> {
    let text = &*script.text;
    let line_of = |statement: &Statement| text[..statement.bytes.start].rfind('\n').map_or(0, |newline| newline + 1);
    let mut first = script.body.statements.first()?;
    let mut at = line_of(first);
    for pair in script.body.statements.windows(2) {
        if !is_set(&pair[0]) || line_of(&pair[1]) < pair[0].bytes.end {
            break;
        }
        first = &pair[1];
        at = line_of(first);
    }
    let mut lines: Vec<(usize, &str)> = Vec::new();
    let mut start = at;
    while start > 0 {
        let before = text[..start - 1].rfind('\n').map_or(0, |newline| newline + 1);
        let line = text[before..start].trim();
        if !line.starts_with('#') || line.starts_with("#!") {
            break;
        }
        lines.push((before, line));
        start = before;
    }
    if let Some((ours, _)) = lines.iter().find(|(before, _)| ALL.iter().any(|helper| text[*before..].starts_with(helper.text))) {
        return Some((*ours, ""));
    }
    // A comment belongs to what stands below it, but the first ones are about the whole script unless they address a linter or tell of a
    // function.
    let opens = start == 0 || text[..start].trim_start_matches('\u{feff}').starts_with("#!") && text[..start].lines().count() == 1;
    let heads = opens && !matches!(first.action, Action::Function { .. });
    let addressed = |line: &str| line.contains(Suppression::MARK) || line.contains("shellcheck disable");
    let kept = lines.iter().take_while(|(_, line)| !heads || addressed(line)).count();
    Some((kept.checked_sub(1).map_or(at, |last| lines[last].0), if kept < lines.len() { "\n" } else { "" }))
}

fn is_set(statement: &Statement) -> bool {
    let name = match &statement.action {
        Action::Command(command) => command.words.first().map_or("", |word| word.text.as_str()),
        _ => "",
    };
    matches!(name, "set" | "shopt") && statement.redirects.is_empty()
}
