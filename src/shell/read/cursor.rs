//! Moving through the text: single bytes, blanks, comments, line ends, reserved words.

use super::{Fault, Read, Reader};

/// Ends a word: blanks and operators.
pub(super) const BREAK: u16 = 1;
/// `$`, a backquote, a backslash
pub(super) const ESCAPE: u16 = 1 << 1;
/// `'`
pub(super) const SINGLE: u16 = 1 << 2;
/// `"`
pub(super) const DOUBLE: u16 = 1 << 3;
/// `{`, `}`, `,`
pub(super) const BRACE: u16 = 1 << 4;
/// `}`
pub(super) const CLOSE: u16 = 1 << 5;
/// `/`
pub(super) const SLASH: u16 = 1 << 6;
/// `:`
pub(super) const COLON: u16 = 1 << 7;
/// `[`, `]`
pub(super) const BRACKET: u16 = 1 << 8;
/// `<`, `>`
pub(super) const ANGLE: u16 = 1 << 9;
/// `(`, `)`
pub(super) const ROUND: u16 = 1 << 10;
/// Letters, digits, `_`
pub(super) const NAME: u16 = 1 << 11;
/// Blanks and line ends
pub(super) const SPACE: u16 = 1 << 12;

const CLASSES: [u16; 256] = classes();

const fn classes() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte = 0u8;
    loop {
        table[byte as usize] = match byte {
            b' ' | b'\t' | b'\n' => BREAK | SPACE,
            b';' | b'&' | b'|' => BREAK,
            b'(' | b')' => BREAK | ROUND,
            b'<' | b'>' => BREAK | ANGLE,
            b'$' | b'`' | b'\\' => ESCAPE,
            b'\'' => SINGLE,
            b'"' => DOUBLE,
            b'{' | b',' => BRACE,
            b'}' => BRACE | CLOSE,
            b'/' => SLASH,
            b':' => COLON,
            b'[' | b']' => BRACKET,
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => NAME,
            _ => 0,
        };
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

/// Whether a byte is of one of some classes.
pub(super) fn is(byte: u8, classes: u16) -> bool {
    CLASSES[usize::from(byte)] & classes != 0
}

/// Where the quote stands that closes what one opened; a backslash protects the byte behind it.
pub(super) fn closing(bytes: &[u8], from: usize, quote: u8) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() && bytes[at] != quote {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at < bytes.len()).then_some(at)
}

/// Words that end a block where a command could begin.
const CLOSERS: [&str; 8] = ["then", "do", "done", "fi", "elif", "else", "esac", "}"];

impl<'s> Reader<'s> {
    /// The byte that stands so many behind the next one; 0 behind the end, where no text has one.
    pub(super) fn peek(&self, ahead: usize) -> u8 {
        let at = self.at + ahead;
        if at < self.end { self.text.as_bytes()[at] } else { 0 }
    }

    pub(super) fn next(&self) -> u8 {
        self.peek(0)
    }

    pub(super) fn is_done(&self) -> bool {
        self.at >= self.end
    }

    pub(super) fn rest(&self) -> &'s [u8] {
        &self.text.as_bytes()[self.at..self.end]
    }

    /// A stretch of the text; nothing where it cuts a character.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'s str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// Where the bytes of some classes that stand at a place end.
    pub(super) fn run(&self, from: usize, classes: u16) -> usize {
        let bytes = &self.text.as_bytes()[..self.end];
        let mut at = from;
        while at < bytes.len() && is(bytes[at], classes) {
            at += 1;
        }
        at
    }

    /// Where the next byte of some classes stands, or the end.
    pub(super) fn until(&self, from: usize, classes: u16) -> usize {
        let bytes = &self.text.as_bytes()[..self.end];
        let mut at = from;
        while at < bytes.len() && !is(bytes[at], classes) {
            at += 1;
        }
        at
    }

    /// Takes an operator, if it stands next.
    pub(super) fn takes(&mut self, operator: &str) -> bool {
        let takes = self.rest().starts_with(operator.as_bytes());
        if takes {
            self.at += operator.len();
        }
        takes
    }

    /// Goes past blanks, continued lines and, up to the end of the line, a comment.
    pub(super) fn skip_blanks(&mut self) {
        loop {
            match self.next() {
                b' ' | b'\t' => self.at += 1,
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'#' if self.starts_word() => {
                    self.at = memchr::memchr(b'\n', self.rest()).map_or(self.end, |length| self.at + length);
                    return;
                }
                _ => return,
            }
        }
    }

    /// Goes past blanks, comments and line ends, and past the here-documents of the lines that end.
    pub(super) fn skip_lines(&mut self) {
        loop {
            self.skip_blanks();
            if self.next() != b'\n' {
                return;
            }
            self.take_line_end();
        }
    }

    pub(super) fn take_line_end(&mut self) {
        self.at = match self.documents {
            Some((line, behind)) if line == self.at => behind.min(self.end),
            _ => self.at + 1,
        };
    }

    /// Whether the next byte begins a word and does not go on with one.
    fn starts_word(&self) -> bool {
        self.at == 0 || is(self.text.as_bytes()[self.at - 1], BREAK) || self.text.as_bytes()[self.at - 1] == b'`'
    }

    /// Whether a word stands next, without quotes and nothing glued to it.
    pub(super) fn sees(&self, word: &str) -> bool {
        self.rest().starts_with(word.as_bytes()) && self.ends_word(word.len())
    }

    /// Whether a word may end so many bytes ahead; with none ahead, whether no word stands next.
    pub(super) fn ends_word(&self, ahead: usize) -> bool {
        let mut ahead = ahead;
        // A word may go on behind a line that is continued.
        while self.peek(ahead) == b'\\' && self.peek(ahead + 1) == b'\n' {
            ahead += 2;
        }
        let substituted = matches!(self.peek(ahead), b'<' | b'>') && self.peek(ahead + 1) == b'(';
        self.at + ahead >= self.end || (is(self.peek(ahead), BREAK) && !substituted)
    }

    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let takes = self.sees(word);
        if takes {
            self.at += word.len();
        }
        takes
    }

    /// Whether what stands next ends a block.
    pub(super) fn sees_closer(&self) -> bool {
        match self.next() {
            b')' => true,
            b';' => matches!(self.peek(1), b';' | b'&'),
            b't' | b'd' | b'f' | b'e' | b'}' => CLOSERS.iter().any(|word| self.sees(word)),
            _ => false,
        }
    }

    /// Takes a word that a compound command must have here.
    pub(super) fn expect(&mut self, word: &str, opener: &str, since: usize) -> Read<()> {
        if self.takes_word(word) {
            return Ok(());
        }
        Err(self.missing(word, opener, since))
    }

    pub(super) fn missing(&self, word: &str, opener: &str, since: usize) -> Fault {
        if self.is_done() {
            return self.fault(since, format!("`{opener}` begins here and has no `{word}`"));
        }
        self.fault(self.at, format!("`{}` stands here, where `{opener}` must have `{word}`", self.token()))
    }

    /// What stands next, for a message.
    pub(super) fn token(&self) -> &'s str {
        let mut end = self.until(self.at, BREAK);
        if end == self.at {
            end = self.run(self.at, BREAK & !super::cursor::SPACE).min(self.at + 3);
            let first = self.next();
            while end > self.at + 1 && (self.text.as_bytes()[end - 1] != first || matches!(first, b'(' | b')')) {
                end -= 1;
            }
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        let token = self.slice(self.at, end);
        token.char_indices().nth(40).map_or(token, |(cut, _)| &token[..cut])
    }
}
