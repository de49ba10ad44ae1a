//! Findings → text. One file a format.

/// Quotes a word for a POSIX shell, where it needs it.
pub fn shell_quote(word: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./:=@%+,".contains(&byte);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Text from a repository as a message may show it: control characters and what turns the direction of writing are escaped, and it is cut
/// to 120 Unicode scalar values with `…`.
pub fn shown(text: &str) -> String {
    const LONGEST: usize = 120;
    let mut kept: String = text.chars().take(LONGEST).collect();
    if kept.len() < text.len() {
        kept.pop();
        kept.push('…');
    }
    escaped(&kept, |_| false)
}

/// Escapes what could move a terminal's cursor or deceive a reader; `spared` characters stay.
fn escaped(text: &str, spared: fn(char) -> bool) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if deceives(character) && !spared(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Control characters, separators that end a line, and marks that turn the direction of writing or have no width.
fn deceives(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
