//! find expressions.

use super::{Construct, Found, placed};
use crate::shell::options::Arguments;
use crate::shell::tree::{UNKNOWN, Word};

/// Primaries and operators that take a value.
const VALUED: &[&str] = &[
    "-name",
    "-iname",
    "-path",
    "-ipath",
    "-wholename",
    "-iwholename",
    "-lname",
    "-ilname",
    "-regex",
    "-iregex",
    "-user",
    "-group",
    "-newer",
    "-perm",
    "-size",
    "-type",
    "-xtype",
    "-maxdepth",
    "-mindepth",
    "-mtime",
    "-ctime",
    "-atime",
    "-mmin",
    "-cmin",
    "-amin",
    "-inum",
    "-links",
    "-samefile",
    "-printf",
    "-fprint",
    "-fls",
    "-fstype",
    "-regextype",
    "-uid",
    "-gid",
    "-used",
    "-newermt",
    "-anewer",
    "-cnewer",
    "-flags",
    "-mnewer",
    "-Bmin",
    "-Btime",
    "-Bnewer",
    "-xattrname",
];

/// The words of an expression that are neither values of its primaries nor part of a command it runs.
pub(super) fn primaries<'a>(arguments: &Arguments<'a>) -> Vec<&'a Word> {
    let mut found = Vec::new();
    let mut words = arguments.operands.iter().copied();
    while let Some(word) = words.next() {
        found.push(word);
        match word.text.as_str() {
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                let _ = words.find(|word| matches!(word.text.as_str(), ";" | "+"));
            }
            "-fprintf" => {
                let _ = words.nth(1);
            }
            text if VALUED.contains(&text) => {
                let _ = words.next();
            }
            _ => {}
        }
    }
    found
}

pub(super) fn constructs<'a>(arguments: &Arguments<'a>) -> Vec<Construct<'a>> {
    let mut all = Vec::new();
    // `-H`, `-L` and `-P` stand before the paths.
    let first = arguments.operands.iter().find(|word| !matches!(word.text.as_str(), "-H" | "-L" | "-P"));
    if let Some(first) = first
        && begins_expression(&first.text)
    {
        all.extend(whole(first, "no-path"));
    }
    for (at, word) in arguments.operands.iter().enumerate() {
        let next = arguments.operands.get(at + 1).map_or("", |next| next.text.as_str());
        match word.text.as_str() {
            "-depth" if next.parse::<u32>().is_ok() => all.extend(whole(word, "depth-number")),
            "-mtime" | "-atime" | "-ctime" if is_with_unit(next) => all.extend(whole(word, "time-unit")),
            "-type" if next.contains(',') => all.extend(whole(word, "several-types")),
            "-perm" if next.starts_with('+') && !next.contains(UNKNOWN) => all.extend(whole(word, "perm-plus")),
            "-perm" if next.starts_with('/') => all.extend(whole(word, "perm-slash")),
            _ => {}
        }
    }
    all
}

fn whole<'a>(word: &'a Word, name: &'static str) -> impl Iterator<Item = Construct<'a>> {
    let found: Found = vec![(name, 0..word.text.len())];
    placed(word, found)
}

/// `-1h`, `+1d12h`
fn is_with_unit(time: &str) -> bool {
    let number = time.trim_start_matches(['+', '-']);
    number.starts_with(|first: char| first.is_ascii_digit())
        && number.ends_with(['s', 'm', 'h', 'd', 'w'])
        && number.chars().all(|char| char.is_ascii_alphanumeric())
}

/// `-name` and its like; what has one letter stands before the paths.
fn begins_expression(text: &str) -> bool {
    matches!(text, "!" | "(")
        || (text.len() > 3 && text.starts_with('-') && !text.starts_with("--") && !text.contains(UNKNOWN) && !text.starts_with("-O"))
}
