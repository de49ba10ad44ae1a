//! Fixes where no form works on both systems: GNU's form first, without a word if it fails, then BSD's.

use super::site::{Use, doubtful, edit};
use crate::finding::Fix;
use crate::report::shell_quote;

/// `date -d @N +F` or `date -r N +F` → `date -d @N +F 2>/dev/null || date -r N +F`
pub(super) fn date(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let mut zone = "";
    let mut moment = None;
    for option in &arguments.options {
        let raw = at.raw(&option.word.bytes);
        match &*option.name {
            "-u" => zone = " -u",
            "-d" | "-r" if moment.is_none() && raw.len() == 2 => moment = option.next,
            "--date" if moment.is_none() && raw == "--date" => moment = option.next,
            _ => return None,
        }
    }
    let moment = moment?;
    let raw = at.raw(&moment.bytes);
    let seconds = match (&*at.fact.id, raw.strip_prefix('@'), raw.strip_prefix("\"@")) {
        ("date-epoch", ..) => raw.to_owned(),
        (_, Some(rest), _) => rest.to_owned(),
        (_, _, Some(rest)) => format!("\"{rest}"),
        _ => return None,
    };
    let form = match arguments.operands.as_slice() {
        [] => String::new(),
        [form] if form.text.starts_with('+') && at.is_one(form) => format!(" {}", at.raw(&form.bytes)),
        _ => return None,
    };
    let whole_seconds = seconds.trim_matches('"').starts_with('$') || seconds.bytes().all(|byte| byte.is_ascii_digit());
    let quoted = if seconds.starts_with('$') { format!("\"{seconds}\"") } else { seconds };
    if !whole_seconds || !at.is_one(moment) && !raw.starts_with("@$") {
        return None;
    }
    let epoch = quoted.strip_prefix('"').map_or_else(|| format!("@{quoted}"), |rest| format!("\"@{rest}"));
    either(at, &format!("date{zone} -d {epoch}{form}"), &format!("date{zone} -r {quoted}{form}"))
}

/// `stat -c %s f` or `stat -f %z f` → `stat -c %s f 2>/dev/null || stat -f %z f`
pub(super) fn stat(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let mut follow = "";
    let mut form = None;
    let mut files = arguments.operands.clone();
    let mut letters = arguments.options.iter().map(|option| (&*option.name, option));
    let bsd = at.fact.id != "stat-format";
    if bsd {
        let (_, option) = letters.find(|(name, _)| *name == "-f")?;
        let glued = option.word.literal()?.strip_prefix("-f")?.to_owned();
        form = Some(if glued.is_empty() {
            let first = files.first()?.literal()?.to_owned();
            files.remove(0);
            first
        } else {
            glued
        });
        let only = arguments.options.iter().all(|other| std::ptr::eq(other.word, option.word));
        if !only {
            return None;
        }
    } else {
        for (name, option) in letters {
            match name {
                "-L" => follow = " -L",
                "-c" | "--format" if form.is_none() => form = option.value.map(str::to_owned),
                _ => return None,
            }
        }
    }
    let form = form?;
    let (gnu, bsd) = if bsd { (translated(&form, false)?, form) } else { (form.clone(), translated(&form, true)?) };
    if files.is_empty() || !files.iter().all(|file| at.is_one(file) || file.literal().is_some()) {
        return None;
    }
    let files: Vec<&str> = files.iter().map(|file| at.raw(&file.bytes)).collect();
    let files = files.join(" ");
    let [gnu, bsd] = [gnu, bsd].map(|form| if form.starts_with('%') && !form.contains(' ') { form } else { shell_quote(&form) });
    either(at, &format!("stat{follow} -c {gnu} {files}"), &format!("stat{follow} -f {bsd} {files}"))
}

/// GNU's and BSD's directives of the same meaning.
const DIRECTIVES: &[(&str, &str)] = &[
    ("%s", "%z"),
    ("%Y", "%m"),
    ("%X", "%a"),
    ("%Z", "%c"),
    ("%a", "%Lp"),
    ("%U", "%Su"),
    ("%G", "%Sg"),
    ("%u", "%u"),
    ("%g", "%g"),
    ("%i", "%i"),
    ("%h", "%l"),
    ("%n", "%N"),
    ("%%", "%%"),
];

/// A format of the one system in the words of the other; none if a directive has no equal.
fn translated(form: &str, from_gnu: bool) -> Option<String> {
    let mut rest = form;
    let mut text = String::new();
    while let Some(first) = rest.chars().next() {
        if first == '%' {
            let pairs = DIRECTIVES.iter().map(|&(gnu, bsd)| if from_gnu { (gnu, bsd) } else { (bsd, gnu) });
            let (known, other) = pairs.into_iter().find(|(known, _)| rest.starts_with(known))?;
            text.push_str(other);
            rest = &rest[known.len()..];
        } else if matches!(first, '\\' | '\'' | '"' | '$' | '`') || first.is_control() || first == crate::shell::tree::UNKNOWN {
            return None;
        } else {
            text.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    Some(text)
}

/// Puts two commands in the place of one; the assignments before it stand before both.
fn either(at: &Use<'_>, gnu: &str, bsd: &str) -> Option<Fix> {
    let mut whole = at.whole()?;
    let command = at.command()?;
    let mut before = "";
    if let Some(first) = command.assignments.first() {
        before = at.raw(&(first.bytes.start..whole.start));
        whole.start = first.bytes.start;
        if before.contains(['(', '`', '\n', '<', '>']) {
            return None;
        }
    }
    let text = format!("{before}{gnu} 2>/dev/null || {before}{bsd}");
    let bare = at.site.alone && at.site.statement.redirects.is_empty() && !at.site.statement.background;
    Some(doubtful(vec![edit(whole, if bare { text } else { format!("{{ {text}; }}") })]))
}
