//! Recipes of a justfile. Read here: no kept library tells the bytes of a recipe's lines. What stands between `{{` and `}}` is unknown.
//!
//! Each line is a script of its own, unless the recipe begins with a shebang. Source: the manual of `just`, "Recipe parameters" and
//! "Shebang recipes".

use super::unknown::with_unknown_between;
use super::{Carrier, makefile::logical_lines};
use crate::shell::tree::Bytes;
use crate::shell::{Dialect, Setting, Source, Writing};

/// Every recipe.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let text = carrier.text.clone();
    let shell = shell(&text);
    let (mut recipe, mut indent): (Vec<Bytes>, usize) = (Vec::new(), 0);
    for line in logical_lines(&text) {
        let words = &text[line.clone()];
        let blank = words.trim().is_empty();
        let depth = words.len() - words.trim_start_matches([' ', '\t']).len();
        if blank || depth > 0 {
            if !blank && recipe.is_empty() {
                indent = depth;
            }
            recipe.push(if blank { line.end..line.end } else { line.start + depth.min(indent)..line.end });
            continue;
        }
        add(carrier, std::mem::take(&mut recipe), indent, shell);
    }
    add(carrier, recipe, indent, shell);
}

fn add(carrier: &mut Carrier<'_>, lines: Vec<Bytes>, indent: usize, shell: Dialect) {
    let text = carrier.text.clone();
    let setting = |dialect, carrier: &Carrier<'_>| Setting { dialect, ..carrier.by_hand() };
    let Some(first) = lines.iter().position(|line| !line.is_empty()) else { return };
    let lines = &lines[first..];
    let head = &text[lines[0].clone()];
    if head.trim_start().starts_with("#!") {
        let Some(dialect) = Dialect::of("", head.trim_start().as_bytes()) else { return };
        let mut source = Source::default();
        for line in lines {
            let joined = without_prefix(&text, line.clone(), indent, "");
            source.follow(&joined, 0..joined.text.len());
            source.replace("\n", line.end..(line.end + 1).min(text.len()));
        }
        let before = &text[text[..lines[0].start].rfind('\n').map_or(0, |at| at + 1)..lines[0].start];
        let setting = setting(dialect, carrier);
        return carrier.add(with_unknown_between(&source, "{{", "}}"), Writing::Lines(before.to_owned()), setting);
    }
    for line in lines.iter().filter(|line| !line.is_empty()) {
        let source = without_prefix(&text, line.clone(), indent, "@-");
        let setting = Setting { excerpt: true, ..setting(shell, carrier) };
        if !source.text.trim().is_empty() {
            carrier.add(with_unknown_between(&source, "{{", "}}"), Writing::OneLine, setting);
        }
    }
}

/// A line, its continuations without the recipe's indentation.
fn without_prefix(text: &str, line: Bytes, indent: usize, signs: &str) -> Source {
    let words = &text[line.clone()];
    let mut source = Source::default();
    let mut at =
        line.start + (words.len() - words.trim_start_matches(|char| signs.contains(char) || !signs.is_empty() && char == ' ').len());
    for (index, part) in text[at..line.end].split_inclusive('\n').enumerate() {
        let blanks = part.len() - part.trim_start_matches([' ', '\t']).len();
        let skipped = if index == 0 { 0 } else { blanks.min(indent) };
        source.push(&part[skipped..], at + skipped);
        at += part.len();
    }
    source
}

/// `set shell := ["bash", "-c"]`; `just` takes `sh` where nothing is said.
fn shell(text: &str) -> Dialect {
    let set = text.lines().filter_map(|line| line.strip_prefix("set shell")).next_back();
    let Some(set) = set else { return Dialect::Sh };
    let word = set.split(['"', '\'']).nth(1).unwrap_or_default();
    let mut words = set.split(['"', '\'']).skip(1).step_by(2);
    let name = word.rsplit('/').next().unwrap_or(word);
    if name == "env" {
        words.find_map(Dialect::of_name).unwrap_or(Dialect::Other)
    } else {
        Dialect::of_name(name).unwrap_or(Dialect::Other)
    }
}
