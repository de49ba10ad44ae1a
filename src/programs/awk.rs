//! awk programs: what gawk alone has.

use std::ops::Range;

use foldhash::HashSet;

use super::pattern::{Token, tokens};
use super::{Construct, Found, programs, within};
use crate::shell::options::Arguments;

pub(super) fn constructs<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    // `-i`, `-e` and the long options of gawk change where the program is; their own rows speak of them.
    let moved = arguments.options.iter().any(|option| !matches!(&*option.name, "-F" | "-v" | "-f"));
    if moved {
        return Vec::new();
    }
    let set = arguments.options.iter().filter(|option| option.name == "-v").filter_map(|option| {
        let value = option.value?;
        let name = value.split_once('=').map_or(value, |(name, _)| name);
        is_gawk_variable(name).then(|| within(value, option.holder(), vec![("gawk-variable", 0..name.len())]))
    });
    let separators = arguments.options.iter().filter(|option| option.name == "-F").filter_map(|option| {
        let value = option.value?;
        let mut found = Found::new();
        escapes_of_string(value, 0..value.len(), &mut found);
        Some(within(value, option.holder(), found))
    });
    let parts = programs(arguments, &[], &["-f"]);
    set.flatten().chain(separators.flatten()).chain(parts.into_iter().flat_map(|(text, word)| within(text, word, read(text)))).collect()
}

fn is_gawk_variable(name: &str) -> bool {
    matches!(name, "PROCINFO" | "IGNORECASE" | "FPAT" | "FIELDWIDTHS" | "SYMTAB" | "FUNCTAB")
}

fn read(text: &str) -> Found {
    let mut found = Found::new();
    let words = lex(text, &mut found);
    let defined: HashSet<&str> =
        words.windows(2).filter(|pair| matches!(&text[pair[0].clone()], "function" | "func")).map(|pair| &text[pair[1].clone()]).collect();
    for range in &words {
        let (word, rest) = (&text[range.clone()], &text[range.end..]);
        if defined.contains(word) {
            continue;
        }
        let called = rest.starts_with('(');
        let name = match word {
            "gensub" | "strftime" | "systime" | "asort" | "strtonum" | "and" if called => "gawk-function",
            "mktime" | "asorti" | "or" | "xor" | "lshift" | "rshift" | "compl" | "patsplit" | "isarray" | "typeof" if called => {
                "gawk-function-too"
            }
            "match" if arguments_of(rest.trim_start()) >= 3 => "match-into-array",
            "switch" if rest.trim_start().starts_with('(') => "switch",
            "include" if text[..range.start].ends_with('@') => "include",
            "BEGINFILE" | "ENDFILE" => "per-file-pattern",
            _ if is_gawk_variable(word) => "gawk-variable",
            _ => continue,
        };
        found.push((name, range.clone()));
    }
    found
}

/// The words of a program outside strings, patterns and comments; what its patterns hold is noted.
fn lex(text: &str, found: &mut Found) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut words: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    // After a value, `/` divides.
    let mut value = false;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => {
                let end = string_end(bytes, at);
                let before = text[..at].trim_end();
                if before.ends_with('~') || before.ends_with("sub(") {
                    escapes_of_string(text, at..end, found);
                }
                at = end;
                value = true;
            }
            b'#' => at += text[at..].find('\n').unwrap_or(text.len() - at),
            b'|' if bytes.get(at + 1) == Some(&b'&') => {
                found.push(("coprocess", at..at + 2));
                at += 2;
                value = false;
            }
            b'/' if !value => {
                let (read, end) = tokens(text, at + 1, Some(b'/'));
                found.extend(read.into_iter().filter_map(|(token, range)| match token {
                    Token::Escape(escaped) => Some((escape(escaped)?, range)),
                    _ => None,
                }));
                at = (end + 1).min(text.len());
                value = true;
            }
            _ if byte.is_ascii_alphabetic() || byte == b'_' => {
                let length = bytes[at..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
                value = !matches!(&text[at..at + length], "print" | "return" | "in" | "if" | "case");
                words.push(at..at + length);
                at += length;
            }
            _ => {
                value = match byte {
                    b' ' | b'\t' => value,
                    b')' | b']' | b'$' => true,
                    _ => byte.is_ascii_digit() || !byte.is_ascii(),
                };
                at += 1;
            }
        }
    }
    words
}

/// What gawk alone makes of an escape in a pattern.
fn escape(escaped: u8) -> Option<&'static str> {
    match escaped {
        b'<' | b'>' | b'y' => Some("awk-word-boundary"),
        b'w' | b's' | b'W' | b'S' => Some("awk-class-escape"),
        _ => None,
    }
}

/// Escapes of a string that is a pattern: `"\\\\<word\\\\>"`.
fn escapes_of_string(text: &str, string: Range<usize>, found: &mut Found) {
    let (read, _) = tokens(&text[..string.end], string.start, None);
    found.extend(read.windows(2).filter_map(|pair| match pair {
        [(Token::Escape(b'\\'), first), (Token::Plain(escaped), second)] => Some((escape(*escaped)?, first.start..second.end)),
        _ => None,
    }));
}

fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// How many arguments stand in the parentheses that a text begins with.
fn arguments_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'(') {
        return 0;
    }
    let (mut depth, mut count, mut at) = (0usize, 1, 0);
    let mut value = false;
    while let Some(&byte) = bytes.get(at) {
        let operand = value;
        value = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b')' | b']' | b'$') || !byte.is_ascii();
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'/' if !operand => {
                at = tokens(text, at + 1, Some(b'/')).1 + 1;
                continue;
            }
            b'(' | b'[' => depth += 1,
            b')' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return count;
                }
            }
            b',' if depth == 1 => count += 1,
            _ => {}
        }
        at += 1;
    }
    0
}
