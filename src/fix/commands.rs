//! Fixes of bash's builtins.

use super::site::{Use, doubtful, edit, safe};
use crate::finding::Fix;
use crate::shell::options::is_name;
use crate::shell::tree::{Assignment, Piece, Word};

/// `unset 'a[-1]'` → `unset "a[${#a[@]}-1]"`
pub(super) fn unset(at: &Use<'_>) -> Option<Fix> {
    let mut dense = true;
    let mut edits = Vec::new();
    for word in at.given() {
        let Some((name, index)) = word.text.split_once('[') else { continue };
        let Some(digits) = index.strip_suffix(']').and_then(|index| index.strip_prefix('-')) else { continue };
        if !word.pieces.is_empty() || !is_name(name) || digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        if at.survey.is_keyed(name) {
            return None;
        }
        dense &= at.survey.is_dense(name) && digits == "1";
        edits.push(edit(word.bytes.clone(), format!("\"{name}[${{#{name}[@]}}-{digits}]\"")));
    }
    // The second of two would count from what the first has left.
    (edits.len() == 1).then(|| if dense { safe(edits) } else { doubtful(edits) })
}

/// `declare -g x=1` → `x=1`, where no function has a variable of that name for itself.
pub(super) fn declare_global(at: &Use<'_>) -> Option<Fix> {
    let whole = at.whole()?;
    let command = at.command()?;
    let (flags, rest): (Vec<&Word>, Vec<&Word>) = at.given().iter().partition(|word| word.text.starts_with('-') && !word.quoted);
    let plain = flags.iter().all(|word| matches!(at.raw(&word.bytes), "-g" | "-ga" | "-ag" | "-a"));
    if !plain || !command.assignments.is_empty() || rest.is_empty() || rest.len() != command.declared.len() {
        return None;
    }
    let local = command.declared.iter().any(|assignment| at.survey.locals.contains(assignment.name.as_str()));
    // An assignment fails where the command in it does; a declaration does not.
    let runs = command.declared.iter().flat_map(Assignment::inside).any(|word| word.pieces.iter().any(is_command));
    let first = command.declared.first()?.bytes.start;
    let edits = vec![edit(whole.start..first, "")];
    Some(if local || runs { doubtful(edits) } else { safe(edits) })
}

fn is_command(piece: &Piece) -> bool {
    matches!(piece, Piece::Command(_))
}

/// `mapfile -t a` → `{ a=(); while IFS= read -r line || [ -n "$line" ]; do a+=("$line"); done; }`; what it reads stays where it is.
pub(super) fn mapfile(at: &Use<'_>) -> Option<Fix> {
    let whole = at.whole().filter(|_| at.command().is_some_and(|command| command.assignments.is_empty()))?;
    let before = at.site.statement.redirects.iter().any(|redirect| redirect.target.bytes.start < whole.start);
    let arguments = at.arguments();
    let mut trims = false;
    let mut ending = "";
    for option in &arguments.options {
        match (&*option.name, option.value) {
            ("-t", _) => trims = true,
            ("-d", Some("")) => ending = " -d ''",
            _ => return None,
        }
    }
    let array = match arguments.operands.as_slice() {
        [] => "MAPFILE",
        [name] => name.literal().filter(|name| is_name(name))?,
        _ => return None,
    };
    if before || (!trims && ending.is_empty()) {
        return None;
    }
    let free = *at.survey.line_is_free.get_or_init(|| !mentions(&at.survey.script.text, "line"));
    let element = if free { "line" } else { "REPLY" };
    let text =
        format!("{{ {array}=(); while IFS= read -r{ending} {element} || [ -n \"${element}\" ]; do {array}+=(\"${element}\"); done; }}");
    Some(safe(vec![edit(whole, text)]))
}

/// Whether a text has a word that could be a variable of that name.
fn mentions(text: &str, name: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || char == '_';
    text.match_indices(name).any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}
