//! Arguments as getopt reads them: bundles, glued and separate values, abbreviations, `--`, operands between options.

use std::borrow::Cow;

use super::tree::{Piece, UNKNOWN, Word};
use crate::facts::{Grammar, Options};

/// The arguments of one command, sorted out.
#[derive(Debug, Default)]
pub struct Arguments<'a> {
    /// Options in the order of the text.
    pub options: Vec<Given<'a>>,
    /// What is no option, nor an option's value.
    pub operands: Vec<&'a Word>,
}

/// An option as it was given.
#[derive(Debug)]
pub struct Given<'a> {
    /// `-x`, or `--name` in full where an abbreviation is clear.
    pub name: Cow<'a, str>,
    /// Its value, glued or separate.
    pub value: Option<&'a str>,
    /// The word it stands in.
    pub word: &'a Word,
    /// The word after that one.
    pub next: Option<&'a Word>,
}

impl<'a> Given<'a> {
    /// The word that its value stands in: a separate value is the next word, a glued one is the end of its own.
    pub fn holder(&self) -> &'a Word {
        self.next.filter(|next| self.value.is_some_and(|value| std::ptr::eq(next.text.as_str(), value))).unwrap_or(self.word)
    }
}

impl<'a> Arguments<'a> {
    /// Reads arguments; options are also looked for behind operands, unless the grammar says that a command follows there.
    pub fn read(words: &'a [Word], grammar: &Grammar<'_>) -> Self {
        let mut read = Self::default();
        read.fill(words, grammar);
        read
    }

    /// Reads the options of a wrapper; returns where the command it runs begins, past `grammar.wraps` operands.
    pub fn wrapped(words: &'a [Word], grammar: &Grammar<'_>) -> usize {
        let mut before = Self::default();
        before.fill(words, grammar)
    }

    /// An option that stands behind an operand; `"${flags[@]}"` may be options itself, and what follows `-i` the suffix of BSD's sed.
    pub fn late(&self) -> Option<&Given<'a>> {
        let is_suffix = |word: &Word| self.options.iter().any(|it| it.name == "-i" && it.next.is_some_and(|next| next.bytes == word.bytes));
        let may_be_option =
            |word: &Word| matches!(word.only_piece(), Some(Piece::Variable(it)) if it.elements.is_some() || is_suffix(word));
        let first = self.operands.iter().find(|word| !may_be_option(word))?.bytes.start;
        self.options.iter().find(|option| option.word.bytes.start > first)
    }

    fn fill(&mut self, words: &'a [Word], grammar: &Grammar<'_>) -> usize {
        let mut at = 0;
        let mut only_operands = false;
        while let Some(word) = words.get(at) {
            let text = word.text.as_str();
            let is_option = !only_operands && text.len() > 1 && text.starts_with('-') && !text[1..].starts_with(UNKNOWN);
            let is_option = is_option
                && match grammar.options {
                    Options::Anywhere => true,
                    Options::Leading => self.operands.is_empty(),
                    Options::Strict => self.operands.is_empty() && text[1..].chars().all(|char| grammar.short.contains(char)),
                    Options::None => false,
                };
            // `declare +x`, `set +o posix`: what is switched off is nothing that is used.
            let is_off = !only_operands && self.operands.is_empty() && text.len() > 1 && text.starts_with('+');
            if is_off && grammar.short.starts_with('+') {
                at += 1 + usize::from(text.chars().next_back().is_some_and(|letter| grammar.short(letter) == Takes::Value));
            } else if !is_option {
                if let Some(operands) = grammar.wraps
                    && !(grammar.assigns && is_assignment(text))
                    && self.operands.len() == operands
                {
                    return at;
                }
                if !(grammar.wraps.is_some() && grammar.assigns && is_assignment(text)) {
                    self.operands.push(word);
                }
                at += 1;
            } else if text == "--" {
                only_operands = true;
                at += 1;
            } else if text.starts_with("--") {
                at += self.long(&words[at..], grammar);
            } else {
                at += self.short(&words[at..], grammar);
            }
        }
        words.len()
    }

    /// Takes one long option; returns how many words it used.
    fn long(&mut self, words: &'a [Word], grammar: &Grammar<'_>) -> usize {
        let word = &words[0];
        let (given, glued) = match word.text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.text.as_str(), None),
        };
        let (name, takes) = grammar.long(&given[2..]);
        let separate = if takes && glued.is_none() { words.get(1) } else { None };
        let value = glued.or(separate.map(|value| value.text.as_str()));
        // Most are written in full.
        let whole = &given[2..] == name;
        let name = if whole { Cow::Borrowed(given) } else { Cow::Owned(format!("--{name}")) };
        self.options.push(Given { name, value, word, next: words.get(1) });
        1 + usize::from(separate.is_some())
    }

    /// Takes one bundle of short options; returns how many words it used.
    fn short(&mut self, words: &'a [Word], grammar: &Grammar<'_>) -> usize {
        let word = &words[0];
        let bundle = &word.text[1..];
        for (at, letter) in bundle.char_indices() {
            if letter == UNKNOWN {
                break;
            }
            let rest = &bundle[at + letter.len_utf8()..];
            let name = if at == 0 { Cow::Borrowed(&word.text[..=letter.len_utf8()]) } else { Cow::Owned(format!("-{letter}")) };
            let next = words.get(1);
            match grammar.short(letter) {
                Takes::Nothing => self.options.push(Given { name, value: None, word, next }),
                Takes::Maybe => {
                    self.options.push(Given { name, value: (!rest.is_empty()).then_some(rest), word, next });
                    break;
                }
                Takes::Value if rest.is_empty() => {
                    self.options.push(Given { name, value: next.map(|value| value.text.as_str()), word, next });
                    return 1 + usize::from(next.is_some());
                }
                Takes::Value => {
                    self.options.push(Given { name, value: Some(rest), word, next });
                    break;
                }
            }
        }
        1
    }
}

/// Whether a short option takes a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// Only if it is glued to it.
    Maybe,
    /// Always: glued or in the next word.
    Value,
}

/// `NAME=value`
pub(super) fn is_assignment(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// A name that a variable can have.
pub fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `-i`, `-pi`, `-i.bak`: an option of one letter, alone or behind others.
pub fn is_bundle_with(text: &str, letter: char) -> bool {
    let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else { return false };
    letters.chars().take_while(char::is_ascii_alphabetic).any(|char| char == letter)
}

/// Whether a text matches a pattern: `*` is anything, `#` a hexadecimal digit, everything else itself.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    let mut retry = None;
    while read < text.len() {
        let fits = pattern.get(at).is_some_and(|&expected| expected == text[read] || (expected == b'#' && text[read].is_ascii_hexdigit()));
        if pattern.get(at) == Some(&b'*') {
            retry = Some((at + 1, read));
            at += 1;
        } else if fits {
            at += 1;
            read += 1;
        } else if let Some((star, from)) = retry {
            retry = Some((star, from + 1));
            at = star;
            read = from + 1;
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&rest| rest == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(texts: &[&str]) -> Vec<Word> {
        texts.iter().map(|text| Word { text: (*text).into(), ..Word::default() }).collect()
    }

    const SED: Grammar<'static> = Grammar {
        command: "sed",
        short: "e:f:i::nE",
        long: "expression= in-place quiet quick",
        wraps: None,
        assigns: false,
        options: Options::Anywhere,
    };

    #[test]
    fn bundles_values_and_operands_as_getopt_reads_them() {
        let given = words(&["-nEi", "s/a/b/", "-e", "-x", "--expr=p", "f", "--", "-n"]);
        let read = Arguments::read(&given, &SED);
        let names: Vec<_> = read.options.iter().map(|option| (&*option.name, option.value)).collect();
        assert_eq!(names, [("-n", None), ("-E", None), ("-i", None), ("-e", Some("-x")), ("--expression", Some("p"))]);
        let operands: Vec<_> = read.operands.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(operands, ["s/a/b/", "f", "-n"]);
        assert_eq!(read.options[2].next.unwrap().text, "s/a/b/");
    }

    #[test]
    fn an_ambiguous_abbreviation_stays_as_it_is() {
        let given = words(&["--qui", "--quie", "-i.bak"]);
        let read = Arguments::read(&given, &SED);
        let names: Vec<_> = read.options.iter().map(|option| (&*option.name, option.value)).collect();
        assert_eq!(names, [("--qui", None), ("--quiet", None), ("-i", Some(".bak"))]);
    }

    #[test]
    fn patterns() {
        assert!(matches("*[-#*]", "a[-1]"));
        assert!(!matches("*[-#*]", "a[1]"));
        assert!(matches("+*%N*", "+%s.%N"));
        assert!(matches("", ""));
        assert!(!matches("", "x"));
    }
}
