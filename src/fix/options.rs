//! Fixes of single options and operands: another spelling that every system takes.

use super::site::{Use, edit, safe};
use crate::finding::Fix;

/// `sed -r` → `sed -E`
pub(super) fn sed_extended(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let option = arguments.options.iter().find(|option| option.name == "-r")?;
    let raw = at.raw(&option.word.bytes);
    let ahead = raw.strip_prefix('-')?.split('r').next()?;
    let plain = ahead.chars().all(|letter| matches!(letter, 'n' | 'u' | 's' | 'E' | 'z'));
    plain.then(|| safe(vec![edit(option.word.bytes.clone(), raw.replacen('r', "E", 1))]))
}

/// `sleep 1m` → `sleep 60`
pub(super) fn sleep(at: &Use<'_>) -> Option<Fix> {
    let [word] = at.given() else { return None };
    let text = word.literal()?;
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" if number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') && !number.is_empty() => number.to_owned(),
        "m" => number.parse::<u64>().ok()?.checked_mul(60)?.to_string(),
        "h" => number.parse::<u64>().ok()?.checked_mul(3600)?.to_string(),
        "d" => number.parse::<u64>().ok()?.checked_mul(86_400)?.to_string(),
        _ => return None,
    };
    Some(safe(vec![edit(word.bytes.clone(), seconds)]))
}

/// `dd bs=1M` → `dd bs=1048576`
pub(super) fn dd(at: &Use<'_>) -> Option<Fix> {
    let sizes = at.given().iter().filter_map(|word| {
        let bytes = in_bytes(word.literal()?.strip_prefix("bs=")?)?;
        Some(edit(word.bytes.clone(), format!("bs={bytes}")))
    });
    let edits: Vec<_> = sizes.collect();
    (edits.len() == 1).then(|| safe(edits))
}

/// `head -c 1M` → `head -c 1048576`
pub(super) fn head(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let option = arguments.options.iter().find(|option| option.name == "-c")?;
    let value = option.value?;
    let word = option.holder();
    let before = word.literal()?.strip_suffix(value)?;
    Some(safe(vec![edit(word.bytes.clone(), format!("{before}{}", in_bytes(value)?))]))
}

/// `1M` is 1048576, to GNU's and to BSD's programs.
fn in_bytes(size: &str) -> Option<u64> {
    let (number, unit) = size.split_at_checked(size.len().checked_sub(1)?)?;
    let unit = match unit {
        "k" | "K" => 1 << 10,
        "m" | "M" => 1 << 20,
        "g" | "G" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// `find -name x` → `find . -name x`
pub(super) fn find_path(at: &Use<'_>) -> Option<Fix> {
    let start = at.word()?.bytes.start;
    Some(safe(vec![edit(start..start, ". ")]))
}

/// `find d -type f,d` → `find d \( -type f -o -type d \)`
pub(super) fn find_types(at: &Use<'_>) -> Option<Fix> {
    let index = at.words.iter().position(|word| word.bytes == at.bytes)?;
    let types = at.words.get(index + 1)?;
    let tests: Vec<String> = types.literal()?.split(',').map(|kind| format!("-type {kind}")).collect();
    Some(safe(vec![edit(at.bytes.start..types.bytes.end, format!("\\( {} \\)", tests.join(" -o ")))]))
}

/// `paste -s` → `paste -s -`
pub(super) fn paste(at: &Use<'_>) -> Option<Fix> {
    let end = at.words.last()?.bytes.end;
    Some(safe(vec![edit(end..end, " -")]))
}

/// `date -I` → `date +%Y-%m-%d`
pub(super) fn date_iso(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let option = arguments.options.iter().find(|option| option.name == "-I")?;
    let plain = matches!(at.raw(&option.word.bytes), "-I" | "-Idate") && arguments.operands.is_empty();
    let known = arguments.options.iter().all(|option| matches!(&*option.name, "-I" | "-u"));
    let last = at.words.last().is_some_and(|word| word.bytes == option.word.bytes);
    (plain && known && last).then(|| safe(vec![edit(option.word.bytes.clone(), "+%Y-%m-%d")]))
}

/// `xargs -i` → `xargs -I{}`
pub(super) fn xargs_replace(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let option = arguments.options.iter().find(|option| matches!(&*option.name, "-i" | "--replace"))?;
    matches!(at.raw(&option.word.bytes), "-i" | "--replace").then(|| safe(vec![edit(option.word.bytes.clone(), "-I{}")]))
}

/// `base64 f` → `base64 < f`
pub(super) fn base64(at: &Use<'_>) -> Option<Fix> {
    at.whole().filter(|_| at.site.statement.redirects.is_empty())?;
    let arguments = at.arguments();
    let [file] = arguments.operands.as_slice() else { return None };
    let start = file.bytes.start;
    (at.is_one(file) && file.text != "-" && !file.text.starts_with('-')).then(|| safe(vec![edit(start..start, "< ")]))
}
