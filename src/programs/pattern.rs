//! Regular expressions as tokens: escapes, bracket expressions, everything else.

use std::ops::Range;

/// A token of a regular expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// A backslash and this byte.
    Escape(u8),
    /// `[…]`
    Bracket,
    /// A byte that stands for itself or is an operator.
    Plain(u8),
}

/// The tokens from an offset to the delimiter or the end, and where that is.
pub(super) fn tokens(text: &str, from: usize, delimiter: Option<u8>) -> (Vec<(Token, Range<usize>)>, usize) {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = from;
    while let Some(&byte) = bytes.get(at) {
        if Some(byte) == delimiter {
            break;
        }
        let (token, length) = match (byte, bytes.get(at + 1)) {
            (b'\\', Some(&escaped)) if Some(escaped) == delimiter => (Token::Plain(escaped), 2),
            (b'\\', Some(&escaped)) => (Token::Escape(escaped), 1 + width(text, at + 1)),
            (b'[', _) => match bracket(bytes, at) {
                Some(end) => (Token::Bracket, end - at),
                None => (Token::Plain(byte), 1),
            },
            _ => (Token::Plain(byte), width(text, at)),
        };
        found.push((token, at..at + length));
        at += length;
    }
    (found, at)
}

/// `[[:<:]]` and `[[:>:]]`, where BSD's patterns have the ends of words.
pub(super) fn is_bsd_boundary(bracket: &str) -> bool {
    matches!(bracket, "[[:<:]]" | "[[:>:]]")
}

/// How many bytes the character at an offset has.
fn width(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}

/// Where a bracket expression ends; none if it does not.
fn bracket(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from + 1;
    if bytes.get(at) == Some(&b'^') {
        at += 1;
    }
    if bytes.get(at) == Some(&b']') {
        at += 1;
    }
    loop {
        match (bytes.get(at)?, bytes.get(at + 1)) {
            (b']', _) => return Some(at + 1),
            (b'[', Some(&kind @ (b':' | b'.' | b'='))) => {
                let rest = &bytes[at + 2..];
                at += 4 + rest.windows(2).position(|pair| pair == [kind, b']'])?;
            }
            (b'\n', _) => return None,
            _ => at += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_hide_delimiters_and_escapes() {
        let (found, end) = tokens("[^]/[:alpha:]/]\\+[/", 0, Some(b'/'));
        let kinds: Vec<_> = found.iter().map(|(token, _)| *token).collect();
        assert_eq!(kinds, [Token::Bracket, Token::Escape(b'+'), Token::Plain(b'[')]);
        assert_eq!(end, 18);
    }

    #[test]
    fn an_escaped_delimiter_is_itself() {
        let (found, _) = tokens("a\\|b|c", 0, Some(b'|'));
        assert_eq!(found[1].0, Token::Plain(b'|'));
        assert_eq!(found.len(), 3);
    }
}
