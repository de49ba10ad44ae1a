//! Fixes: which change of the text cures a breach, and what becomes of the text.

mod bash;
mod blocks;
mod commands;
mod diff;
mod helper;
mod long;
mod options;
mod pattern;
mod renamed;
mod sed;
mod sh;
mod site;
mod twice;
mod write;

use std::cell::OnceCell;
use std::collections::BTreeMap;

use clap::ValueEnum;

use crate::breach::{Breach, is_usage};
use crate::carriers::{self, Form};
use crate::finding::{Edit, Finding, Fix};
use crate::lint::lint_file;
use crate::policy::Policy;
use crate::shell::Script;

pub use diff::unified;
use site::{Survey, Use};
pub use write::{Refusal, replace};

/// How often a text is read again after its fixes; each round leaves less to do, so this is never reached by honest scripts.
const MOST_ROUNDS: usize = 64;

/// Which fixes are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Extent {
    /// Those that cannot change what the script means.
    Safe,
    /// All of them.
    Unsafe,
}

impl Extent {
    /// Whether a fix is wanted.
    pub fn takes(self, fix: &Fix) -> bool {
        fix.safe || self == Self::Unsafe
    }
}

/// Finds the fixes of one script's breaches; the script is surveyed when the first is asked for.
#[derive(Debug)]
pub struct Cures<'s> {
    script: &'s Script,
    survey: OnceCell<Option<Survey<'s>>>,
}

impl<'s> Cures<'s> {
    /// Of a script.
    pub fn of(script: &'s Script) -> Self {
        Self { script, survey: OnceCell::new() }
    }

    /// The change that cures a breach; none where it is not sure.
    ///
    /// A script that could not be read whole, or whose bytes are not what its text shows, has no fixes.
    pub fn cure(&self, breach: &Breach<'_>) -> Option<Fix> {
        let sound = || self.script.problems.is_empty() && !self.script.text.contains('\u{fffd}');
        let survey = self.survey.get_or_init(|| sound().then(|| Survey::of(self.script))).as_ref()?;
        let fix = cured(&Use::of(survey, breach)?)?;
        let distinct =
            fix.edits.windows(2).all(|pair| pair[0].bytes.start < pair[1].bytes.start && pair[0].bytes.end <= pair[1].bytes.start);
        distinct.then_some(fix)
    }
}

/// By the row that a breach goes back to.
fn cured(at: &Use<'_>) -> Option<Fix> {
    match &*at.fact.id {
        "negative-subscript" => bash::negative_subscript(at),
        "negative-subscript-assigned" => bash::negative_assignment(at),
        "negative-length" => bash::negative_length(at),
        "case-change" | "case-transformation" => bash::case_change(at),
        "pipe-both" | "sh-pipe-both" => bash::pipe_both(at),
        "append-both" | "sh-append-both" => bash::append_both(at),
        "padded-range" | "stepped-range" | "sh-plain-range" | "sh-padded-range" | "sh-stepped-range" => bash::range(at),
        "sh-both-to-file" => sh::both_to_file(at),
        "sh-bracket-equal" | "sh-test-equal" => sh::equal(at),
        "sh-function-keyword" => sh::function(at),
        "sh-source" => sh::source(at),
        "variable-test" | "variable-test-keyword" | "element-test-keyword" => bash::variable_test(at),
        "unquoted-here-string" => bash::here_string(at),
        "sourced-process" => bash::sourced(at),
        "case-in-substitution" => bash::case_in_substitution(at),
        "epochseconds" => bash::epoch_seconds(at),
        "unset-negative-subscript" => commands::unset(at),
        "declare-global" | "typeset-global" => commands::declare_global(at),
        "mapfile" | "readarray" | "mapfile-delimiter" | "readarray-delimiter" => commands::mapfile(at),
        "sed-in-place" | "sed-in-place-held" | "sed-in-place-empty" => blocks::sed_in_place(at),
        "sed-long-option" => blocks::sed_in_place(at).or_else(|| long::short_for_long(at)),
        "head-all-but" => blocks::head_all_but(at),
        "xargs-no-run-if-empty" => blocks::xargs_empty(at),
        "date-parse" | "date-epoch" => twice::date(at),
        "date-long-option" => twice::date(at).or_else(|| long::short_for_long(at)),
        "stat-format" | "stat-bsd-format" | "stat-bsd-format-glued" => twice::stat(at),
        "grep-perl" => pattern::grep(at),
        "timeout" => helper::timeout(at),
        "readlink-canonical" | "realpath" => helper::canonical(at),
        "readlink-long-option" => helper::canonical(at).or_else(|| long::short_for_long(at)),
        "sed-extended" => options::sed_extended(at),
        "sleep-unit" | "sleep-hours" | "sleep-seconds" | "sleep-days" => options::sleep(at),
        "dd-unit" | "dd-kilo" | "dd-giga" | "dd-small-unit" | "dd-small-giga" => options::dd(at),
        "head-unit" | "head-large-unit" => options::head(at),
        "find-no-path" => options::find_path(at),
        "find-several-types" => options::find_types(at),
        "paste-without-operand" => options::paste(at),
        "sed-escaped-repetition" | "sed-class-escape" | "sed-tab-in-bracket" | "sed-brace-without-semicolon" | "awk-class-escape" => {
            sed::posix(at)
        }
        "sed-label-on-a-line" => sed::label(at),
        "zcat-file" | "gzcat" => renamed::zcat(at),
        "nproc" | "sysctl-hardware" => renamed::processors(at),
        "sha1sum" | "sha224sum" | "sha256sum" | "sha384sum" | "sha512sum" => renamed::shasum(at),
        "tac" | "tail-reverse" => renamed::reversed(at),
        "date-iso" => options::date_iso(at),
        "xargs-replace" => options::xargs_replace(at),
        "base64-file" => options::base64(at),
        _ if is_usage(at.fact) => long::short_for_long(at),
        _ => None,
    }
}

/// What became of a text.
#[derive(Debug)]
pub struct Fixed {
    /// The text with every wanted fix applied; none if there was nothing to apply.
    pub text: Option<String>,
    /// What is left.
    pub findings: Vec<Finding>,
    /// How many fixes were applied.
    pub applied: usize,
}

/// Lints a file's text and applies the fixes that are wanted, in rounds, until nothing is left that can be fixed.
pub fn fixed(path: &str, text: &str, form: Form, policy: &Policy, wanted: Extent) -> Fixed {
    let read = |text: &str| carriers::read(form, path, text.as_bytes(), policy).scripts;
    let mut current = text.to_owned();
    let mut scripts = read(&current);
    let mut findings = lint_file(&scripts, policy);
    let mut applied = 0;
    for _ in 0..MOST_ROUNDS {
        let fixes: Vec<&Fix> = findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| wanted.takes(fix)).collect();
        let attempt = |fixes: &[&Fix]| {
            let (next, taken) = apply(&current, fixes.iter().copied());
            let read = read(&next);
            // What reads worse than before is no fix, and what changes nothing would go on for ever.
            (taken > 0 && next != current && reads_as_well(&scripts, &read)).then_some((next, read, taken))
        };
        // In a carrier one fix that does not fit is not to keep the others away.
        let single = || fixes.iter().filter(|_| scripts.iter().any(Script::is_carried)).take(MOST_ROUNDS).find_map(|fix| attempt(&[fix]));
        let Some((next, read, taken)) = attempt(&fixes).or_else(single) else { break };
        applied += taken;
        findings = lint_file(&read, policy);
        (current, scripts) = (next, read);
    }
    Fixed { text: (current != text).then_some(current), findings, applied }
}

/// Whether a file still holds the same scripts, and no more of it is unreadable.
fn reads_as_well(before: &[Script], after: &[Script]) -> bool {
    let problems = |scripts: &[Script]| scripts.iter().map(|script| script.problems.len()).sum::<usize>();
    before.len() == after.len() && problems(after) <= problems(before)
}

/// Applies as many fixes as do not overlap, the first first; an edit that two of them share is made once. Returns how many were applied.
pub fn apply<'f>(text: &str, fixes: impl Iterator<Item = &'f Fix>) -> (String, usize) {
    let mut edits: BTreeMap<usize, &Edit> = BTreeMap::new();
    let mut applied = 0;
    for fix in fixes {
        if fix.edits.iter().all(|edit| fits(text, &edits, edit)) {
            edits.extend(fix.edits.iter().map(|edit| (edit.bytes.start, edit)));
            applied += 1;
        }
    }
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits.values() {
        changed.push_str(&text[at..edit.bytes.start]);
        changed.push_str(&edit.text);
        at = edit.bytes.end;
    }
    changed.push_str(&text[at..]);
    (changed, applied)
}

/// Whether an edit lies in the text and touches none that is already taken, unless it is the same.
fn fits(text: &str, taken: &BTreeMap<usize, &Edit>, edit: &Edit) -> bool {
    let (start, end) = (edit.bytes.start, edit.bytes.end);
    if text.get(start..end).is_none() {
        return false;
    }
    if let Some(same) = taken.get(&start) {
        return **same == *edit;
    }
    let before = taken.range(..start).next_back();
    let behind = taken.range(start..).next();
    before.is_none_or(|(_, other)| other.bytes.end <= start) && behind.is_none_or(|(next, _)| end <= *next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix(edits: &[(usize, usize, &str)]) -> Fix {
        let edits = edits.iter().map(|&(start, end, text)| Edit { bytes: start..end, text: text.into() }).collect();
        Fix { safe: true, edits }
    }

    #[test]
    fn what_overlaps_waits_and_what_is_shared_is_made_once() {
        let fixes = [
            fix(&[(0, 0, "top "), (2, 3, "X")]),
            fix(&[(2, 4, "Y")]),
            fix(&[(0, 0, "top "), (4, 5, "Z")]),
            fix(&[(0, 0, "other "), (5, 6, "W")]),
            fix(&[(6, 6, "!")]),
        ];
        assert_eq!(apply("abcdef", fixes.iter()), ("top abXdZf!".to_owned(), 3));
    }

    #[test]
    fn edits_outside_the_text_are_left_out() {
        assert_eq!(apply("é", [fix(&[(1, 2, "x")]), fix(&[(0, 9, "x")])].iter()), ("é".to_owned(), 0));
    }
}
