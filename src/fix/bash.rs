//! Fixes of bash's own syntax and expansions.

use super::site::{Use, doubtful, edit, safe};
use crate::finding::Fix;
use crate::shell::options::is_name;
use crate::shell::tree::Bytes;

/// `${a[-1]}` → `${a[${#a[@]}-1]}`; the same where the array has no holes.
pub(super) fn negative_subscript(at: &Use<'_>) -> Option<Fix> {
    let text = at.snippet();
    let skipped = if text.starts_with("${#") {
        3
    } else if text.starts_with("${") {
        2
    } else {
        0
    };
    counted(at, at.bytes.start + skipped, &text[skipped..])
}

/// `a[-1]=x` → `a[${#a[@]}-1]=x`
pub(super) fn negative_assignment(at: &Use<'_>) -> Option<Fix> {
    let line = at.raw(&(at.bytes.start..at.site.statement.bytes.end));
    counted(at, at.bytes.start, line)
}

/// Replaces the subscript of the `name[-N]` that a text begins with.
fn counted(at: &Use<'_>, start: usize, text: &str) -> Option<Fix> {
    let (name, rest) = text.split_once('[')?;
    let (index, _) = rest.split_once(']')?;
    let digits = index.trim().strip_prefix('-')?.trim();
    if !is_name(name) || !is_number(digits) || at.survey.is_keyed(name) {
        return None;
    }
    let inside = start + name.len() + 1;
    let edits = vec![edit(inside..inside + index.len(), format!("${{#{name}[@]}}-{digits}"))];
    Some(if at.survey.is_dense(name) { safe(edits) } else { doubtful(edits) })
}

/// `${v:0:-1}` → `${v:0:${#v}-1}`
pub(super) fn negative_length(at: &Use<'_>) -> Option<Fix> {
    let inside = braced(at.snippet())?;
    let [name, offset, length] = inside.split(':').collect::<Vec<_>>().try_into().ok()?;
    let cut: u64 = length.trim().strip_prefix('-')?.parse().ok()?;
    let from: u64 = offset.trim().parse().ok()?;
    let counted = format!("${{{name}:{from}:${{#{name}}}-{}}}", cut.checked_add(from)?);
    is_parameter(name).then(|| safe(vec![edit(at.bytes.clone(), counted)]))
}

/// `${v^^}` → `$(printf '%s' "$v" | tr '[:lower:]' '[:upper:]')`; the locale and newlines at the end may tell them apart.
pub(super) fn case_change(at: &Use<'_>) -> Option<Fix> {
    let inside = braced(at.snippet())?;
    let operators = [
        ("^^", true, true),
        (",,", false, true),
        ("@U", true, true),
        ("@L", false, true),
        ("^", true, false),
        (",", false, false),
        ("@u", true, false),
    ];
    let (name, upper, all) =
        operators.into_iter().find_map(|(operator, upper, all)| inside.strip_suffix(operator).map(|name| (name, upper, all)))?;
    let element = name.split_once('[').is_some_and(|(array, rest)| {
        let plain = |index: &str| !index.is_empty() && index.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '$'));
        is_name(array) && rest.strip_suffix(']').is_some_and(plain)
    });
    if !is_parameter(name) && !element {
        return None;
    }
    let (from, to) = if upper { ("[:lower:]", "[:upper:]") } else { ("[:upper:]", "[:lower:]") };
    let value = if is_name(name) && all { format!("${name}") } else { format!("${{{name}{}}}", if all { "" } else { ":0:1" }) };
    let rest = if all { String::new() } else { format!("${{{name}:1}}") };
    Some(doubtful(vec![edit(at.bytes.clone(), format!("$(printf '%s' \"{value}\" | tr '{from}' '{to}'){rest}"))]))
}

/// `a |& b` → `a 2>&1 | b`
pub(super) fn pipe_both(at: &Use<'_>) -> Option<Fix> {
    (at.snippet() == "|&").then(|| safe(vec![edit(at.bytes.clone(), format!("{}2>&1 |", gap(at, at.bytes.start)))]))
}

/// `a &>> f` → `a >> f 2>&1`
pub(super) fn append_both(at: &Use<'_>) -> Option<Fix> {
    let (start, end) = (at.bytes.start, at.bytes.end);
    let whole = at.site.statement.redirects.iter().any(|redirect| redirect.target.bytes.end == end);
    (whole && at.snippet().starts_with("&>>"))
        .then(|| safe(vec![edit(start..start + 3, format!("{}>>", gap(at, start))), edit(end..end, " 2>&1")]))
}

/// A blank, where none stands before.
fn gap(at: &Use<'_>, start: usize) -> &'static str {
    if at.raw(&(0..start)).ends_with(char::is_whitespace) { "" } else { " " }
}

/// `{01..10}` → `$(seq -w 1 10)`, where the word is split: IFS is as it always is.
pub(super) fn range(at: &Use<'_>) -> Option<Fix> {
    at.survey.listed(&at.bytes).filter(|_| !at.survey.separator)?;
    let inside = at.snippet().strip_prefix('{')?.strip_suffix('}')?;
    let parts: Vec<&str> = inside.split("..").collect();
    let (first, last) = (parts.first()?, parts.get(1)?);
    let (from, to): (i64, i64) = (first.parse().ok()?, last.parse().ok()?);
    let step = parts.get(2).map_or(Some(1), |step| step.parse::<i64>().ok()).filter(|step| *step != 0 && *step != i64::MIN)?.abs();
    let padded = [first, last].iter().any(|end| end.trim_start_matches('-').len() > 1 && end.trim_start_matches('-').starts_with('0'));
    if parts.len() > 3 || inside.contains('+') || padded && (from < 0 || to < 0) {
        return None;
    }
    let step = if to < from { -step } else { step };
    let steps = if step == 1 { String::new() } else { format!("{step} ") };
    let width = first.len().max(last.len());
    let natural = from.max(to).to_string().len();
    let form = match (padded, natural) {
        (true, natural) if step.abs() == 1 && natural == width => "-w ".to_owned(),
        (true, _) => format!("-f '%0{width}.0f' "),
        // BSD's seq would write 1e+06.
        (false, 7..) => "-f '%.0f' ".to_owned(),
        (false, _) => String::new(),
    };
    Some(safe(vec![edit(at.bytes.clone(), format!("$(seq {form}{from} {steps}{to})"))]))
}

/// `[ -v x ]` → `[ -n "${x+set}" ]`
pub(super) fn variable_test(at: &Use<'_>) -> Option<Fix> {
    let operand = at.snippet().strip_prefix("-v")?.trim();
    let bare = ['"', '\''].iter().find_map(|quote| operand.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(operand);
    let element = bare.split_once('[').is_some_and(|(name, rest)| is_name(name) && rest.strip_suffix(']').is_some_and(is_number));
    let quote = if at.fact.id == "variable-test" { "\"" } else { "" };
    (is_name(bare) || element).then(|| safe(vec![edit(at.bytes.clone(), format!("-n {quote}${{{bare}+set}}{quote}"))]))
}

/// `<<< $v` → `<<< "$v"`
pub(super) fn here_string(at: &Use<'_>) -> Option<Fix> {
    let target = at.site.statement.redirects.iter().map(|redirect| &redirect.target).find(|target| target.bytes == at.bytes)?;
    let plain = target.only_piece().is_some() && !target.quoted && at.snippet().starts_with('$');
    let Bytes { start, end } = at.bytes;
    plain.then(|| safe(vec![edit(start..start, "\""), edit(end..end, "\"")]))
}

/// `source <(cmd)` → `eval "$(cmd)"`; a `return` in the text would behave otherwise.
pub(super) fn sourced(at: &Use<'_>) -> Option<Fix> {
    let [name, file] = &*at.command()?.words else { return None };
    let Bytes { start, end } = file.bytes;
    let plain = at.raw(&file.bytes).starts_with("<(") && at.raw(&file.bytes).ends_with(')');
    plain.then(|| doubtful(vec![edit(name.bytes.start..start + 2, "eval \"$("), edit(end..end, "\"")]))
}

/// `$(case x in a) …)` → `$(case x in (a) …)`
pub(super) fn case_in_substitution(at: &Use<'_>) -> Option<Fix> {
    let Bytes { start, end } = at.bytes;
    (start < end).then(|| safe(vec![edit(start..start, "(")]))
}

/// `$EPOCHSECONDS` → `$(date +%s)`
pub(super) fn epoch_seconds(at: &Use<'_>) -> Option<Fix> {
    matches!(at.snippet(), "$EPOCHSECONDS" | "${EPOCHSECONDS}").then(|| safe(vec![edit(at.bytes.clone(), "$(date +%s)")]))
}

/// What stands between the braces of `${…}`.
fn braced(text: &str) -> Option<&str> {
    text.strip_prefix("${")?.strip_suffix('}')
}

/// A variable, or the number of an argument.
fn is_parameter(text: &str) -> bool {
    is_name(text) || is_number(text)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
