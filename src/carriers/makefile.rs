//! Recipes of Makefiles. Read here: what is asked for is which bytes make runs as shell, and no kept library tells that with places.
//!
//! A recipe is what stands behind a tab (or `.RECIPEPREFIX`) or a rule's `;`. Each line of it is a script of its own, unless a backslash or
//! `.ONESHELL:` joins them. What make puts in first, `$(…)` and `$x`, is unknown to the shell's reader. Source: GNU make's manual, "Recipes".

use super::{Carrier, has_errexit};
use crate::shell::tree::Bytes;
use crate::shell::{Dialect, Setting, Source, UNKNOWN_VALUE, Writing};

/// What make reads otherwise than a shell.
const DOLLARS: &[(char, &str)] = &[('$', "$$")];

/// Every recipe.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let text = carrier.text.clone();
    let mut make = Make::of(&text);
    let setting = Setting { dialect: make.shell(), errexit: make.errexit(), excerpt: !make.one_shell, ..carrier.by_hand() };
    for recipe in make.recipes() {
        let scripts = if make.one_shell { vec![recipe] } else { recipe.into_iter().map(|line| vec![line]).collect() };
        for lines in scripts {
            let mut source = Source::default();
            for line in &lines {
                make.recipe_line(&mut source, line.clone());
            }
            if !source.text.trim().is_empty() {
                carrier.add(source, Writing::Escaped(DOLLARS), setting.clone());
            }
        }
    }
}

struct Make<'t> {
    text: &'t str,
    prefix: char,
    one_shell: bool,
}

impl<'t> Make<'t> {
    fn of(text: &'t str) -> Self {
        let prefix = assigned(text, ".RECIPEPREFIX").and_then(|value| value.chars().next()).unwrap_or('\t');
        let one_shell = text.lines().any(|line| line.starts_with(".ONESHELL"));
        Self { text, prefix, one_shell }
    }

    /// `SHELL := /bin/bash`; make takes `sh` where nothing is said.
    fn shell(&self) -> Dialect {
        let Some(shell) = assigned(self.text, "SHELL") else { return Dialect::Sh };
        let words = shell.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word).trim_end_matches(')'));
        // `$(shell which bash)`, `/usr/bin/env bash`
        words.filter_map(Dialect::of_name).next_back().unwrap_or(Dialect::Bash)
    }

    /// `.SHELLFLAGS = -ec`; make gives `-c` alone where nothing is said.
    fn errexit(&self) -> bool {
        assigned(self.text, ".SHELLFLAGS").is_some_and(|flags| has_errexit(flags.split_whitespace()))
    }

    /// The lines of each recipe, continued ones as one, without their prefix.
    fn recipes(&mut self) -> Vec<Vec<Bytes>> {
        let mut recipes: Vec<Vec<Bytes>> = Vec::new();
        let (mut in_rule, mut defines) = (false, 0usize);
        for line in logical_lines(self.text) {
            let text = &self.text[line.clone()];
            let word = text.split_whitespace().next().unwrap_or_default();
            if let Some(body) = text.strip_prefix(self.prefix).filter(|_| in_rule && defines == 0) {
                if let Some(recipe) = recipes.last_mut() {
                    recipe.push(line.end - body.len()..line.end);
                }
                continue;
            }
            match word {
                "define" => defines += 1,
                "endef" => defines = defines.saturating_sub(1),
                // Conditionals and comments may stand among the lines of a recipe.
                "" | "ifdef" | "ifndef" | "ifeq" | "ifneq" | "else" | "endif" => {}
                _ if word.starts_with('#') || defines > 0 => {}
                _ => {
                    in_rule = is_rule(text);
                    if in_rule {
                        recipes.push(rule_behind_semicolon(text).map(|at| line.start + at..line.end).into_iter().collect());
                    }
                }
            }
        }
        recipes
    }

    /// One line as the shell is given it: `@`, `-` and `+` fall away, `$$` is a dollar, what make puts in is unknown.
    fn recipe_line(&self, source: &mut Source, line: Bytes) {
        let text = &self.text[line.clone()];
        if !source.text.is_empty() {
            source.replace("\n", line.start..line.start);
        }
        let mut at = text.len() - text.trim_start_matches([' ', '\t', '@', '-', '+']).len();
        let mut rest = &text[at..];
        while let Some(found) = rest.find(['$', '\n']) {
            source.push(&rest[..found], line.start + at);
            let start = line.start + at + found;
            let length = if rest[found..].starts_with('\n') {
                // The prefix of a continued line falls away.
                let length = 1 + usize::from(rest[found + 1..].starts_with(self.prefix));
                source.replace("\n", start..start + length);
                length
            } else if rest[found..].starts_with("$$") {
                source.replace("$", start..start + 2);
                2
            } else {
                let length = reference(&rest[found..]);
                source.replace(UNKNOWN_VALUE, start..start + length);
                length
            };
            at += found + length;
            rest = &text[at..];
        }
        source.push(rest, line.start + at);
    }
}

/// The value that a variable is given last.
fn assigned<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let value = |line: &'t str| {
        let line = line.trim_start().strip_prefix("export ").unwrap_or(line);
        let rest = line.strip_prefix(name)?.trim_start();
        let value = [":::=", "::=", ":=", "?=", "="].iter().find_map(|sign| rest.strip_prefix(sign))?;
        Some(value.split(" #").next().unwrap_or_default().trim())
    };
    text.lines().filter_map(value).next_back()
}

/// Lines, those that a backslash continues as one; without the last line end.
pub(super) fn logical_lines(text: &str) -> Vec<Bytes> {
    let mut lines = Vec::new();
    let (mut start, mut at) = (0, 0);
    for line in text.split_inclusive('\n') {
        at += line.len();
        let body = line.trim_end_matches(['\n', '\r']);
        let slashes = body.len() - body.trim_end_matches('\\').len();
        if slashes % 2 == 0 || at == text.len() {
            lines.push(start..at - (line.len() - body.len()));
            start = at;
        }
    }
    lines
}

/// `target: source`, no assignment.
fn is_rule(text: &str) -> bool {
    let mut depth = 0usize;
    let chars: Vec<char> = text.chars().take(4096).collect();
    for (at, char) in chars.iter().enumerate() {
        match char {
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            '=' if depth == 0 => return false,
            ':' if depth == 0 => {
                return !matches!(chars.get(at + 1..), Some(['=', ..] | [':', '=', ..]));
            }
            _ => {}
        }
    }
    false
}

/// Where the recipe begins in `target: ; command`.
fn rule_behind_semicolon(text: &str) -> Option<usize> {
    let end = text.find(" #").unwrap_or(text.len());
    text[..end].find(';').map(|at| at + 1).filter(|at| !text[*at..].trim().is_empty())
}

/// The length of a reference to a variable of make: `$x`, `$(…)`, `${…}`.
fn reference(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    let Some((_, first)) = chars.next() else { return 1 };
    let (open, close) = match first {
        '(' => ('(', ')'),
        '{' => ('{', '}'),
        '\n' => return 1,
        other => return 1 + other.len_utf8(),
    };
    let mut depth = 1usize;
    for (at, char) in chars {
        if char == open {
            depth += 1;
        } else if char == close {
            depth -= 1;
            if depth == 0 {
                return at + char.len_utf8();
            }
        }
    }
    text.len()
}
