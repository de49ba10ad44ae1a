//! Findings → text. One file a format.

/// Quotes a word for a POSIX shell, where it needs it.
pub fn shell_quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Text of others for one line of a message: control characters (also those that turn the writing direction) escaped, cut to 120 scalar values.
pub fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let mut line = String::with_capacity(text.len().min(2 * MOST));
    for (count, character) in text.chars().enumerate() {
        if count == MOST {
            line.push('…');
            break;
        }
        match character {
            '\n' => line.push_str("\\n"),
            '\t' => line.push_str("\\t"),
            '\r' => line.push_str("\\r"),
            hidden if is_hidden(hidden) => line.extend(hidden.escape_unicode()),
            plain => line.push(plain),
        }
    }
    line
}

/// Whether a terminal would act on a character, or turn the writing direction, instead of showing it.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control() || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
