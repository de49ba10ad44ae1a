//! sed scripts: what GNU's sed has beyond POSIX, and what the end of a line means to others.

use std::ops::Range;

use super::pattern::{Token, is_bsd_boundary, tokens};
use super::{Construct, Found, programs, within};
use crate::shell::options::Arguments;
use crate::shell::tree::{Piece, UNKNOWN, Word};

pub(super) fn constructs<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let extended = arguments.options.iter().any(|option| matches!(&*option.name, "-E" | "-r" | "--regexp-extended"));
    // `-H` makes escapes work where it is known at all.
    if arguments.options.iter().any(|option| option.name == "-H") {
        return Vec::new();
    }
    let mut parts = programs(arguments, &["-e", "--expression"], &["-f", "--file"]);
    // BSD's `-i ''`: the empty word is the suffix there, and the script comes after it.
    if parts.first().is_some_and(|(text, _)| text.is_empty())
        && let Some(second) = arguments.operands.get(1)
    {
        parts = vec![(second.text.as_str(), *second)];
    }
    let count = parts.len();
    let mut all: Vec<Construct<'a>> = held_script(arguments).into_iter().collect();
    let mut text_goes_on = false;
    for (at, (text, word)) in parts.into_iter().enumerate() {
        if text_goes_on {
            text_goes_on = text.ends_with('\\');
            continue;
        }
        let mut reader = Reader { text, at: 0, extended, found: Found::new(), goes_on: at + 1 < count };
        reader.script();
        text_goes_on = reader.found.last().is_some_and(|(name, _)| *name == "text-in-next-expression");
        all.extend(within(text, word, reader.found));
    }
    all
}

/// `sed "$script" file`: a script that a variable holds, and no suffix, as one file alone follows. `sed "$@"` begins with the script on
/// the system where the suffix is glued, and with the suffix on the other: it is wrong on one of them, whatever the arguments are.
fn held_script<'a>(arguments: &Arguments<'a>) -> Option<Construct<'a>> {
    let is_all = |word: &Word| matches!(word.only_piece(), Some(Piece::Variable(variable)) if variable.name == "@" && variable.plain);
    let script = match arguments.operands.as_slice() {
        [script, _] => script,
        [all] if is_all(all) => all,
        _ => return None,
    };
    let scripted = arguments.options.iter().any(|option| matches!(&*option.name, "-e" | "--expression" | "-f" | "--file"));
    let held = matches!(script.only_piece(), Some(Piece::Variable(variable)) if variable.elements.is_none() && (variable.plain || variable.name != "@"));
    (held && script.quoted && !scripted).then(|| Construct { name: "held-script", word: script, at: 0..script.text.len() })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    extended: bool,
    found: Found,
    /// Another `-e` follows.
    goes_on: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip(&mut self, wanted: impl Fn(u8) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
    }

    fn blanks(&mut self) {
        self.skip(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn line(&mut self) {
        self.skip(|byte| byte != b'\n');
    }

    fn note(&mut self, name: &'static str, start: usize) {
        self.found.push((name, start..self.at.max(start + 1).min(self.text.len())));
    }

    fn script(&mut self) {
        let mut joins = false;
        let mut appends = None;
        loop {
            self.skip(|byte| byte.is_ascii_whitespace() || matches!(byte, b';' | b'}'));
            match self.peek() {
                None => break,
                Some(b'#') => self.line(),
                Some(_) => {
                    let addressed = self.addresses();
                    let Some(command) = self.peek() else { break };
                    if command == b'N' && !addressed {
                        appends = Some(self.at);
                    }
                    joins |= matches!(command, b'b' | b't' | b':');
                    if !self.command(command) {
                        return;
                    }
                }
            }
        }
        // Where it branches, `N` may not be reached there.
        if let Some(at) = appends
            && !joins
            && !self.goes_on
            && !self.text.contains('{')
            && !self.text.contains("$!")
        {
            self.found.push(("next-on-last-line", at..at + 1));
        }
    }

    /// Reads what stands before a command; tells whether there is anything.
    fn addresses(&mut self) -> bool {
        let start = self.at;
        if self.address() {
            self.blanks();
            if self.peek() == Some(b',') {
                self.at += 1;
                let zero = &self.text[start..self.at] == "0,";
                self.blanks();
                if zero && matches!(self.peek(), Some(b'/' | b'\\')) {
                    self.note("zero-address", start);
                }
                if matches!(self.peek(), Some(b'+' | b'~')) {
                    self.at += 1;
                }
                self.address();
            }
        }
        self.skip(|byte| matches!(byte, b' ' | b'\t' | b'!'));
        self.at > start
    }

    fn address(&mut self) -> bool {
        let start = self.at;
        match self.peek() {
            Some(b'0'..=b'9') => {
                self.skip(|byte| byte.is_ascii_digit());
                if self.peek() == Some(b'~') {
                    self.at += 1;
                    self.skip(|byte| byte.is_ascii_digit());
                    self.note("step-address", start);
                }
            }
            Some(b'$') => self.at += 1,
            Some(b'/') => {
                self.at += 1;
                self.regex(b'/');
                self.skip(|byte| matches!(byte, b'I' | b'M'));
            }
            Some(b'\\') => {
                let Some(&delimiter) = self.text.as_bytes().get(self.at + 1).filter(|byte| byte.is_ascii()) else { return false };
                self.at += 2;
                self.regex(delimiter);
                self.skip(|byte| matches!(byte, b'I' | b'M'));
            }
            _ => {
                while self.text[self.at..].starts_with(UNKNOWN) {
                    self.at += UNKNOWN.len_utf8();
                }
            }
        }
        self.at > start
    }

    /// Reads one command; tells whether what follows can be read.
    fn command(&mut self, command: u8) -> bool {
        let start = self.at;
        self.at += 1;
        match command {
            b'{' => {}
            b's' => return self.substitution(),
            b'y' => {
                let Some(delimiter) = self.peek().filter(u8::is_ascii) else { return false };
                self.at += 1;
                for _ in 0..2 {
                    self.replacement(delimiter);
                }
                self.end();
            }
            b'a' | b'i' | b'c' => self.text_of(start),
            b':' | b'b' | b't' | b'T' => self.label(command, start),
            b'r' | b'w' => self.line(),
            b'R' | b'W' | b'e' | b'v' | b'F' | b'L' | b'z' | b'Q' => {
                self.note("gnu-command", start);
                if matches!(command, b'R' | b'W' | b'e' | b'v') {
                    self.line();
                } else {
                    self.skip(|byte| byte.is_ascii_digit());
                }
            }
            b'q' | b'l' => {
                self.blanks();
                if command == b'q' && self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
                    self.skip(|byte| byte.is_ascii_digit());
                    self.note("exit-code", start);
                }
                self.skip(|byte| byte.is_ascii_digit());
                self.end();
            }
            b'd' | b'D' | b'g' | b'G' | b'h' | b'H' | b'n' | b'N' | b'p' | b'P' | b'x' | b'=' => self.end(),
            _ => return false,
        }
        true
    }

    /// What may follow a command without `;`.
    fn end(&mut self) {
        let start = self.at;
        self.blanks();
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                self.note("brace-without-semicolon", self.at - 1);
            }
            Some(b'#') => {
                self.line();
                self.note("comment-behind-command", start);
            }
            _ => {}
        }
    }

    fn substitution(&mut self) -> bool {
        let Some(delimiter) = self.peek().filter(|byte| byte.is_ascii() && !matches!(byte, b'\n' | b'\\')) else { return false };
        self.at += 1;
        self.regex(delimiter);
        self.replacement(delimiter);
        let start = self.at;
        let mut counted = false;
        loop {
            let here = self.at;
            match self.peek() {
                Some(b'g' | b'0'..=b'9') => {
                    let global = self.peek() == Some(b'g');
                    self.at += 1;
                    if !global {
                        self.skip(|byte| byte.is_ascii_digit());
                    }
                    if std::mem::replace(&mut counted, true) {
                        self.note("gnu-flag", start);
                    }
                }
                Some(b'p') => self.at += 1,
                Some(b'I' | b'i') => {
                    self.at += 1;
                    self.note("case-flag", here);
                }
                Some(b'M' | b'm' | b'e') => {
                    self.at += 1;
                    self.note("gnu-flag", here);
                }
                Some(b'w') => {
                    self.line();
                    return true;
                }
                _ => break,
            }
        }
        self.end();
        true
    }

    /// Reads a pattern up to its delimiter and takes that too.
    fn regex(&mut self, delimiter: u8) {
        let (read, end) = tokens(self.text, self.at, Some(delimiter));
        for (at, (token, range)) in read.iter().enumerate() {
            let after = read.get(at + 1).map(|(token, _)| *token);
            let name = match token {
                Token::Escape(b'+' | b'?') if !self.extended && !begins(&read[..at]) => "escaped-repetition",
                Token::Escape(b'|') if !self.extended => "escaped-alternation",
                Token::Escape(b'b' | b'<' | b'>') => "word-boundary",
                Token::Escape(b'w' | b'W' | b's' | b'S' | b'd') => "class-escape",
                Token::Escape(b'x') => "hexadecimal-escape",
                Token::Bracket if is_bsd_boundary(&self.text[range.clone()]) => "bsd-word-boundary",
                Token::Bracket if self.text[range.clone()].contains("\\t") => "tab-in-bracket",
                Token::Plain(b'*' | b'+') if self.extended && at > 0 && after == Some(Token::Plain(b'?')) => "lazy-repetition",
                _ => continue,
            };
            self.found.push((name, range.clone()));
        }
        self.at = (end + 1).min(self.text.len());
    }

    fn replacement(&mut self, delimiter: u8) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            if byte == delimiter {
                self.at += 1;
                return;
            }
            if byte == b'\\' {
                let start = self.at;
                let escaped = bytes.get(self.at + 1).copied();
                self.at += 1 + self.text[start + 1..].chars().next().map_or(0, char::len_utf8);
                if matches!(escaped, Some(b'U' | b'L' | b'u' | b'l' | b'E')) && escaped != Some(delimiter) {
                    self.note("case-conversion", start);
                }
            } else {
                self.at += 1;
            }
        }
    }

    /// The text of `a`, `i`, `c`.
    fn text_of(&mut self, start: usize) {
        if self.text[self.at..].starts_with(UNKNOWN) {
            self.at = self.text.len();
            return;
        }
        self.blanks();
        if self.peek() == Some(b'\\') {
            self.at += 1;
            let behind = self.at;
            self.blanks();
            match self.peek() {
                Some(b'\n') => self.skip_text(),
                None if self.goes_on => self.note("text-in-next-expression", start),
                None => {}
                Some(_) => {
                    self.at = behind;
                    self.line();
                    self.note("text-behind-backslash", start);
                }
            }
        } else if self.peek().is_some_and(|byte| byte != b'\n' && byte != b'}') {
            self.line();
            self.note("one-line-text", start);
        }
    }

    /// Lines that end with a backslash go on.
    fn skip_text(&mut self) {
        loop {
            self.at += 1;
            let start = self.at;
            self.line();
            if !self.text[start.min(self.at)..self.at].ends_with('\\') || self.at >= self.text.len() {
                return;
            }
        }
    }

    fn label(&mut self, command: u8, start: usize) {
        self.blanks();
        if command == b'T' {
            self.note("gnu-command", start);
        }
        if command == b':' {
            // `:a s/x/y/`: for GNU's sed a blank ends it as well.
            self.skip(|byte| !matches!(byte, b'\n' | b';' | b' ' | b'\t'));
            self.blanks();
            if self.peek().is_some_and(|byte| !matches!(byte, b'\n' | b';')) {
                return self.note("label-on-a-line", start);
            }
        }
        self.skip(|byte| !matches!(byte, b'\n' | b';') && (command == b':' || byte != b'}'));
        if matches!(self.peek(), Some(b';' | b'}')) && command != b'T' {
            self.at += 1;
            self.note("label-on-a-line", start);
        }
    }
}

/// Whether what was read so far ends where an operand is due: a repetition there stands for itself, with GNU's sed too.
fn begins(before: &[(Token, Range<usize>)]) -> bool {
    match before {
        [] | [.., (Token::Escape(b'(' | b'|'), _)] => true,
        [rest @ .., (Token::Plain(b'^'), _)] => matches!(rest, [] | [.., (Token::Escape(b'(' | b'|'), _)]),
        _ => false,
    }
}
