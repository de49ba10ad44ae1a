//! The little languages inside arguments: sed scripts, awk programs, grep patterns, formats of date and printf, find expressions.
//!
//! Each is read as far as the facts about it need. What cannot be told, an expansion for one, ends the reading.

mod awk;
mod date;
mod find;
mod grep;
mod pattern;
mod print;
mod sed;

use std::ops::Range;

use crate::shell::options::Arguments;
use crate::shell::tree::Word;

/// Something of a little language that a fact may be about.
#[derive(Debug)]
pub struct Construct<'a> {
    /// By which name the facts know it.
    pub name: &'static str,
    /// The argument it stands in.
    pub word: &'a Word,
    /// Where in the value of that argument.
    pub at: Range<usize>,
}

/// Constructs of one text, each with its place there.
type Found = Vec<(&'static str, Range<usize>)>;

/// What the arguments of a command hold that the facts may be about, in the order of the arguments.
pub fn constructs<'a>(command: &str, arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    match command {
        "sed" => sed::constructs(arguments),
        "awk" => awk::constructs(arguments),
        "grep" | "egrep" => grep::constructs(command, arguments),
        "date" => date::constructs(arguments),
        "find" => find::constructs(arguments),
        "printf" => print::printf(arguments),
        "echo" => print::echo(arguments),
        "seq" => descending(arguments),
        "paste" => without_operand(arguments),
        _ => Vec::new(),
    }
}

/// The names of the operands that are no values of a find expression's primaries, nor part of a command it runs.
pub fn primaries<'a>(arguments: &Arguments<'a>) -> Vec<&'a Word> {
    find::primaries(arguments)
}

/// `seq 3 1`
fn descending<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let [first, last] = arguments.operands.as_slice() else { return Vec::new() };
    // A negative step is read as an option.
    if arguments.options.iter().any(|option| option.name[1..].starts_with(|first: char| first.is_ascii_digit())) {
        return Vec::new();
    }
    match (first.text.parse::<i64>(), last.text.parse::<i64>()) {
        (Ok(from), Ok(to)) if from > to => vec![Construct { name: "descending", word: last, at: 0..last.text.len() }],
        _ => Vec::new(),
    }
}

/// `paste -s` that would read standard input; an expansion might be its operand.
fn without_operand<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let serial = arguments.options.iter().find(|option| matches!(&*option.name, "-s" | "--serial"));
    match serial {
        Some(option) if arguments.operands.is_empty() => {
            vec![Construct { name: "no-operand", word: option.word, at: 0..option.word.text.len() }]
        }
        _ => Vec::new(),
    }
}

fn placed(word: &Word, found: Found) -> impl Iterator<Item = Construct<'_>> {
    found.into_iter().map(move |(name, at)| Construct { name, word, at })
}

/// The words that hold a command's programs: the values of its options for that, else its first operand.
fn programs<'a>(arguments: &Arguments<'a>, text: &[&str], file: &[&str]) -> Vec<(&'a str, &'a Word)> {
    let mut given = Vec::new();
    let mut elsewhere = false;
    for option in &arguments.options {
        elsewhere |= file.contains(&&*option.name);
        if text.contains(&&*option.name)
            && let Some(value) = option.value
        {
            given.push((value, option.holder()));
            elsewhere = true;
        }
    }
    if !elsewhere && let Some(first) = arguments.operands.first() {
        given.push((first.text.as_str(), first));
    }
    given
}

/// Constructs of a value, placed in the word that ends with it.
fn within<'a>(value: &str, word: &'a Word, found: Found) -> Vec<Construct<'a>> {
    let shift = word.text.len().saturating_sub(value.len());
    placed(word, found.into_iter().map(|(name, at)| (name, at.start + shift..at.end + shift)).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_found_lies_within_the_text(text in r"([a-z0-9 ;{}\\/|+*?()\[\],.$!#:~%'\n]|s/|\\\+|é|\u{fffc}){0,40}") {
            let words = [Word { text: text.as_str().into(), ..Word::default() }];
            for command in ["sed", "awk", "grep", "date", "find", "printf", "seq", "paste"] {
                let arguments = Arguments { operands: words.iter().collect(), ..Arguments::default() };
                for construct in constructs(command, &arguments) {
                    prop_assert!(text.get(construct.at.clone()).is_some(), "{command}: {:?} in {text:?}", construct.at);
                }
            }
        }
    }

    #[test]
    fn the_value_of_an_option_is_placed_at_the_end_of_its_word() {
        let words = [Word { text: "-ne1{p}".into(), ..Word::default() }, Word { text: "f".into(), ..Word::default() }];
        let grammar = crate::facts::grammar("sed").unwrap();
        let found = constructs("sed", &Arguments::read(&words, grammar));
        let [construct] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((construct.name, &construct.word.text[construct.at.clone()]), ("brace-without-semicolon", "}"));
    }
}
