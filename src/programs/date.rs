//! date formats.

use super::{Construct, Found, placed};
use crate::shell::options::Arguments;

pub(super) fn constructs<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let formats = arguments.operands.iter().filter(|word| word.text.starts_with('+'));
    formats.flat_map(|word| placed(word, format(&word.text))).collect()
}

fn format(text: &str) -> Found {
    let bytes = text.as_bytes();
    let mut found = Found::new();
    let mut at = 0;
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.iter().position(|&byte| byte == b'%')) {
        let start = at + length;
        at = start + 1;
        let digits = bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        at += digits;
        let name = match bytes.get(at) {
            Some(b'N') if digits > 0 => Some("cut-nanoseconds"),
            Some(b'N') => Some("nanoseconds"),
            Some(b'P') => Some("small-am-pm"),
            Some(b':') => Some("zone-with-colon"),
            Some(b'^') => Some("capitals"),
            _ => None,
        };
        found.extend(name.map(|name| (name, start..(at + 1).min(text.len()))));
        // The second of two signs begins nothing.
        at += 1;
    }
    found
}
