//! printf formats, and the texts in which `printf %b` and `echo -e` read escapes.

use super::{Construct, Found, placed};
use crate::shell::options::Arguments;

pub(super) fn printf<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let Some((first, values)) = arguments.operands.split_first() else { return Vec::new() };
    let mut found = escapes(&first.text);
    let expands = conversions(&first.text, &mut found);
    let values = values.iter().filter(|_| expands).flat_map(|word| placed(word, escapes(&word.text)));
    placed(first, found).chain(values).collect()
}

pub(super) fn echo<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    // Of `-e` and `-E` the last counts.
    let last = arguments.options.iter().rev().find(|option| matches!(&*option.name, "-e" | "-E"));
    let words = arguments.operands.iter().filter(|_| last.is_some_and(|option| option.name == "-e"));
    words.flat_map(|word| placed(word, escapes(&word.text))).collect()
}

/// What stands behind a backslash that no other protects.
fn escapes(text: &str) -> Found {
    let bytes = text.as_bytes();
    let mut found = Found::new();
    let mut at = 0;
    while let Some(length) = bytes.get(at..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let start = at + length;
        let digit = bytes.get(start + 2).is_some_and(u8::is_ascii_hexdigit);
        match bytes.get(start + 1) {
            Some(b'u' | b'U') if digit => found.push(("unicode-escape", start..start + 3)),
            Some(b'e') => found.push(("escape-letter", start..start + 2)),
            _ => {}
        }
        at = start + 2;
    }
    found
}

/// Notes the conversions of a format; whether one of them is `%b`, which reads escapes in its value.
fn conversions(text: &str, found: &mut Found) -> bool {
    let bytes = text.as_bytes();
    let mut expands = false;
    let mut at = 0;
    while let Some(length) = bytes.get(at..).and_then(|rest| memchr::memchr(b'%', rest)) {
        let start = at + length;
        let modifiers = bytes[start + 1..].iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b' ' | b'#' | b'*' | b'.'));
        at = start + 1 + modifiers.count();
        let end = bytes.len().min(at + 1);
        match bytes.get(at) {
            Some(b'(') => {
                if let Some(close) = text[at..].find(')').filter(|close| bytes.get(at + close + 1) == Some(&b'T')) {
                    at += close + 1;
                    found.push(("time-conversion", start..at + 1));
                }
            }
            Some(b'Q') if text[start..at].contains('.') => found.push(("cut-quote-conversion", start..end)),
            Some(b'Q') => found.push(("quote-conversion", start..end)),
            Some(b'b') => expands = true,
            _ => {}
        }
        at += 1;
    }
    expands
}
