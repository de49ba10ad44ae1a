//! grep patterns.

use super::pattern::{Token, is_bsd_boundary, tokens};
use super::{Construct, Found, programs, within};
use crate::shell::options::Arguments;

pub(super) fn constructs<'a>(command: &str, arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let given = |names: &[&str]| arguments.options.iter().any(|option| names.contains(&&*option.name));
    if given(&["-F", "--fixed-strings", "-P", "--perl-regexp"]) {
        return Vec::new();
    }
    let extended = command == "egrep" || given(&["-E", "--extended-regexp"]);
    let prints_matches = given(&["-o", "--only-matching"]);
    let mut all = Vec::new();
    for (text, word) in programs(arguments, &["-e", "--regexp"], &["-f", "--file"]) {
        let mut found = Found::new();
        let mut start = 0;
        for line in text.split('\n') {
            pattern(text, start, start + line.len(), (extended, prints_matches), &mut found);
            start += line.len() + 1;
        }
        all.extend(within(text, word, found));
    }
    all
}

fn pattern(text: &str, start: usize, end: usize, (extended, prints_matches): (bool, bool), found: &mut Found) {
    let (read, _) = tokens(&text[..end], start, None);
    let token = |at: usize| read.get(at).map(|(token, _)| *token);
    for (at, (this, range)) in read.iter().enumerate() {
        let before = at.checked_sub(1).and_then(token);
        let after = token(at + 1);
        let opens = matches!(before, None | Some(Token::Plain(b'(' | b'|')));
        let closes = matches!(after, None | Some(Token::Plain(b')' | b'|')));
        let name = match this {
            Token::Escape(b'`' | b'\'') => "buffer-anchor",
            Token::Bracket if is_bsd_boundary(&text[range.clone()]) => "bsd-word-boundary",
            Token::Escape(b't') if extended => "tab-escape",
            Token::Plain(b'*') if !extended && before == Some(Token::Plain(b'*')) && at > 1 => "repeated-repetition",
            Token::Plain(b'?') if extended && before == Some(Token::Plain(b'(')) => match after {
                Some(Token::Plain(b'=' | b'!' | b'<')) => "lookahead",
                _ => continue,
            },
            Token::Plain(b'|') if extended && (opens || closes) => "empty-alternative",
            Token::Plain(b'+' | b'*') if extended && at == 0 => "leading-repetition",
            Token::Plain(b'*') if extended && at == 1 && before == Some(Token::Plain(b'^')) => "leading-repetition",
            Token::Plain(b'?') if extended && prints_matches && matches!(before, Some(Token::Plain(b'+' | b'*'))) && at > 1 => {
                "lazy-repetition"
            }
            Token::Plain(b'{')
                if extended && after == Some(Token::Plain(b',')) && matches!(token(at + 2), Some(Token::Plain(b'0'..=b'9'))) =>
            {
                "open-interval"
            }
            _ => continue,
        };
        found.push((name, range.clone()));
    }
}
