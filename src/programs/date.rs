//! date formats.

use super::{Construct, Found, placed};
use crate::shell::options::Arguments;
use crate::shell::tree::Piece;

pub(super) fn constructs<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let formats = arguments.operands.iter().filter(|word| word.text.starts_with('+'));
    let mut all: Vec<_> = formats.flat_map(|word| placed(word, format(&word.text))).collect();
    // What is calculated is no file.
    let of_time = arguments.options.iter().filter(|option| option.name == "-r").filter_map(|option| option.next);
    let calculated = of_time.filter(|word| matches!(word.only_piece(), Some(Piece::Arithmetic(..))));
    all.extend(calculated.map(|word| Construct { name: "computed-seconds", word, at: 0..word.text.len() }));
    all
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
