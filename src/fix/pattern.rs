//! `grep -P` → `grep -E`, where an extended expression says the same.

use super::site::{Use, doubtful, edit, safe};
use crate::finding::Fix;

pub(super) fn grep(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let named = |names: &[&str]| arguments.options.iter().any(|option| names.contains(&&*option.name));
    let others = ["-e", "-f", "-E", "-F", "-G", "-z", "--regexp", "--file", "--null-data", "--extended-regexp", "--fixed-strings"];
    let word = arguments.operands.first()?;
    if named(&others) || !word.pieces.is_empty() {
        return None;
    }
    let option = arguments.options.iter().find(|option| matches!(&*option.name, "-P" | "--perl-regexp"))?;
    let raw = at.raw(&option.word.bytes);
    let written = match &*option.name {
        "--perl-regexp" => "-E".to_owned(),
        _ => raw.strip_prefix('-').filter(|letters| letters.matches('P').count() == 1)?.replacen('P', "E", 1),
    };
    let written = if written.starts_with('-') { written } else { format!("-{written}") };
    let Extended { text, classes } = extended(word.literal()?, named(&["-o", "--only-matching"]))?;
    let mut edits = vec![edit(option.word.bytes.clone(), written)];
    if Some(text.as_str()) != word.literal() {
        if text.contains('\'') {
            return None;
        }
        edits.push(edit(word.bytes.clone(), format!("'{text}'")));
    }
    edits.sort_by_key(|edit| edit.bytes.start);
    // What `\w` is to other letters than ASCII's depends on the locale and the version.
    Some(if classes { doubtful(edits) } else { safe(edits) })
}

/// An expression in the words of POSIX.
struct Extended {
    text: String,
    /// It had classes such as `\d`.
    classes: bool,
}

/// Perl's expression as an extended one; none if it uses what that does not have.
///
/// Alternatives differ only in which of several matches is longest, which shows where the match itself is printed.
fn extended(pattern: &str, printed: bool) -> Option<Extended> {
    let mut text = String::new();
    let mut classes = false;
    let mut rest = pattern;
    let mut repeats = false;
    while let Some(first) = rest.chars().next() {
        let (taken, written, repeatable) = match first {
            '\\' => {
                let (written, class) = escape(rest[1..].chars().next()?)?;
                classes |= class;
                (2, written, true)
            }
            '[' => {
                let length = bracket(rest)?;
                (length, rest[..length].to_owned(), true)
            }
            '(' if rest.starts_with("(?:") => (3, "(".to_owned(), false),
            '(' if rest.starts_with("(?") || rest.starts_with("(*") || rest.starts_with("()") || rest.starts_with("(|") => return None,
            '|' if printed || rest.starts_with("|)") || rest.starts_with("||") || rest.len() == 1 || text.is_empty() => return None,
            '|' | '(' | '^' => (1, first.to_string(), false),
            '*' | '+' | '?' if repeats => (1, first.to_string(), false),
            '{' if repeats => {
                let length = interval(rest)?;
                (length, rest[..length].to_owned(), false)
            }
            '*' | '+' | '?' | '{' => return None,
            ')' | '$' => (1, first.to_string(), first == ')'),
            _ if !first.is_ascii_graphic() && first != ' ' => return None,
            _ => (first.len_utf8(), first.to_string(), true),
        };
        text.push_str(&written);
        rest = &rest[taken..];
        repeats = repeatable;
    }
    Some(Extended { text, classes })
}

/// What an escape is in an extended expression, and whether it is a class.
fn escape(escaped: char) -> Option<(String, bool)> {
    let class = match escaped {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => "[[:space:]]",
        'S' => "[^[:space:]]",
        'w' => "[[:alnum:]_]",
        'W' => "[^[:alnum:]_]",
        '.' | '[' | '\\' | '(' | ')' | '*' | '+' | '?' | '{' | '|' | '^' | '$' => return Some((format!("\\{escaped}"), false)),
        _ if escaped.is_ascii_punctuation() => return Some((escaped.to_string(), false)),
        _ => return None,
    };
    Some((class.to_owned(), true))
}

/// The length of a bracket expression that means the same to both.
fn bracket(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('[')?;
    let body = inside.strip_prefix('^').unwrap_or(inside);
    if body.starts_with(']') {
        return None;
    }
    let mut at = text.len() - body.len();
    loop {
        let rest = &text[at..];
        match rest.chars().next()? {
            ']' => return Some(at + 1),
            '[' => at += rest.strip_prefix("[:").and_then(|class| class.find(":]")).map(|length| length + 4)?,
            char if char == '\\' || !char.is_ascii() => return None,
            _ => at += 1,
        }
    }
}

/// The length of `{n}`, `{n,}`, `{n,m}`.
fn interval(text: &str) -> Option<usize> {
    let (inside, _) = text.strip_prefix('{')?.split_once('}')?;
    let (from, to) = inside.split_once(',').unwrap_or((inside, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (!from.is_empty() && digits(from) && digits(to)).then_some(inside.len() + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_the_same_is_translated() {
        let of = |pattern| extended(pattern, false).map(|it| it.text);
        assert_eq!(of(r"a\d+\.[a-z]{2,3}$").as_deref(), Some(r"a[0-9]+\.[a-z]{2,3}$"));
        assert_eq!(of(r"(?:a|b)\/c\s*").as_deref(), Some(r"(a|b)/c[[:space:]]*"));
        assert_eq!(of(r"[[:alpha:]_]x\-y").as_deref(), Some("[[:alpha:]_]x-y"));
        let others =
            [r"\bx", r"a+?", r"a++", r"(?=a)", r"(?i)a", r"\K", r"[\d]", r"a{b}", r"\1", "(|a)", r"\t", "é", "*a", "a||b", r"x\Qy"];
        for pattern in others {
            assert_eq!(of(pattern), None, "{pattern}");
        }
        assert!(extended("a|ab", true).is_none());
    }
}
