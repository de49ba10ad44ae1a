//! The escapes of `$'…'`.

/// The text that `$'…'` stands for.
pub(super) fn decoded(inside: &str) -> String {
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(escape) = rest.chars().next() else {
            text.push('\\');
            break;
        };
        rest = &rest[escape.len_utf8()..];
        let plain = match escape {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'e' | 'E' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '\'' | '"' | '?' => escape,
            '0'..='7' => {
                let digits = digits(rest, 2, |byte| (b'0'..=b'7').contains(&byte));
                let number = format!("{escape}{}", &rest[..digits]);
                rest = &rest[digits..];
                numbered(&number, 8)
            }
            'x' | 'u' | 'U' => {
                let most = match escape {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let digits = digits(rest, most, |byte| byte.is_ascii_hexdigit());
                let number = &rest[..digits];
                rest = &rest[digits..];
                numbered(number, 16)
            }
            'c' => {
                let control = rest.chars().next().unwrap_or_default();
                rest = &rest[control.len_utf8().min(rest.len())..];
                char::from(u8::try_from(control).unwrap_or_default() & 0x1f)
            }
            other => {
                text.push('\\');
                other
            }
        };
        text.push(plain);
    }
    text.push_str(rest);
    text
}

fn digits(text: &str, most: usize, is_digit: impl Fn(u8) -> bool) -> usize {
    text.bytes().take(most).take_while(|&byte| is_digit(byte)).count()
}

/// The character of a number; one that there is none for stays unknown.
fn numbered(digits: &str, radix: u32) -> char {
    u32::from_str_radix(digits, radix).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Whether `\u…` or `\U…` is among the escapes.
pub(super) fn has_unicode_escape(inside: &str) -> bool {
    let mut bytes = inside.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' {
            let escaped = bytes.next();
            if matches!(escaped, Some(b'u' | b'U')) && bytes.peek().is_some_and(u8::is_ascii_hexdigit) {
                return true;
            }
        }
    }
    false
}
