//! Subjects that recur, as anchored regular expressions.

use std::collections::BTreeMap;

/// How many expressions are offered for one author at most; more would not be a description any more.
const MOST: usize = 8;

/// What a set of subjects has in common.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Recurring<'s> {
    /// Anchored regular expressions, the one that matches most subjects first.
    pub(super) patterns: Vec<String>,
    /// The subjects that no pattern matches.
    pub(super) others: Vec<&'s str>,
}

impl<'s> Recurring<'s> {
    /// Finds what recurs: two subjects that begin with the same two words, numbers aside, or three with the same first word.
    pub(super) fn of(subjects: impl Iterator<Item = &'s str>) -> Self {
        let all: Vec<&str> = subjects.collect();
        let mut others = all.clone();
        let mut found: Vec<(usize, String)> = Vec::new();
        for (words, least) in [(2, 2), (1, 3)] {
            let mut groups: BTreeMap<Vec<String>, Vec<&str>> = BTreeMap::new();
            for subject in std::mem::take(&mut others) {
                groups.entry(masked(subject).into_iter().take(words).collect()).or_default().push(subject);
            }
            for (start, group) in groups {
                if group.len() < least || start.iter().all(String::is_empty) {
                    others.extend(group);
                } else {
                    found.push((group.len(), pattern(&group)));
                }
            }
        }
        found.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        found.dedup();
        if found.len() > MOST {
            // Too many to say anything: the author alone describes them.
            return Self { patterns: Vec::new(), others: all };
        }
        Self { patterns: found.into_iter().map(|(_, pattern)| pattern).collect(), others }
    }
}

/// The longest common beginning of a group in whole words, closed by `$` where that is all of every subject.
fn pattern(group: &[&str]) -> String {
    let all: Vec<Vec<String>> = group.iter().map(|subject| masked(subject)).collect();
    let Some(first) = all.first() else { return String::new() };
    let common = (0..first.len()).take_while(|&at| all.iter().all(|words| words.get(at) == first.get(at))).count();
    let whole = all.iter().all(|words| words.len() == common);
    let end = if whole { "$" } else { r"\b" };
    let text = first[..common].join(" ");
    // A word boundary needs a word before it; after punctuation the beginning says enough.
    let end = if end == r"\b" && !text.ends_with(|last: char| last.is_alphanumeric() || last == '+') { "" } else { end };
    format!("^{text}{end}")
}

/// The words of a subject as regular expressions: runs of digits and object ids become what they stand for.
fn masked(subject: &str) -> Vec<String> {
    subject.split(' ').map(mask).collect()
}

fn mask(word: &str) -> String {
    let is_id = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit()) && word.bytes().any(|byte| byte.is_ascii_digit());
    if is_id && word.bytes().any(|byte| byte.is_ascii_alphabetic()) {
        return "[0-9a-f]+".to_owned();
    }
    let mut out = String::new();
    let mut literal = String::new();
    for character in word.chars() {
        if character.is_ascii_digit() {
            out.push_str(&regex::escape(&std::mem::take(&mut literal)));
            if !out.ends_with(r"\d+") {
                out.push_str(r"\d+");
            }
        } else {
            literal.push(character);
        }
    }
    out.push_str(&regex::escape(&literal));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(subjects: &[&'static str]) -> Recurring<'static> {
        let found = Recurring::of(subjects.iter().copied());
        for subject in subjects.iter().filter(|subject| !found.others.contains(subject)) {
            let matched = found.patterns.iter().any(|pattern| regex::Regex::new(pattern).unwrap().is_match(subject));
            assert!(matched || found.patterns.is_empty(), "{subject} by {:?}", found.patterns);
        }
        found
    }

    #[test]
    fn numbers_are_masked_and_a_common_beginning_is_kept() {
        let found =
            of(&["chore: sim frame 1", "chore: sim frame 22", "chore: watchdog restart a", "chore: watchdog restart b (2)", "Fix it"]);
        assert_eq!(found.patterns, [r"^chore: sim frame \d+$", r"^chore: watchdog restart\b"]);
        assert_eq!(found.others, ["Fix it"]);
    }

    #[test]
    fn one_word_must_recur_three_times() {
        assert!(of(&["fix agents", "fix posts"]).patterns.is_empty());
        assert_eq!(of(&["state: agents", "state: posts", "state: x"]).patterns, ["^state:"]);
    }

    #[test]
    fn ids_times_and_expression_signs_are_no_obstacle() {
        assert_eq!(of(&["sync (7) a.b", "sync (8) a.b"]).patterns, [r"^sync \(\d+\) a\.b$"]);
        assert_eq!(of(&["tick 2026-01-02T03:04Z", "tick 2026-01-02T03:05Z"]).patterns, [r"^tick \d+\-\d+\-\d+T\d+:\d+Z$"]);
        assert_eq!(of(&["merge 12ab34c done", "merge aa11bb2 done"]).patterns, ["^merge [0-9a-f]+ done$"]);
        assert_eq!(of(&["é 1", "é 2"]).patterns, [r"^é \d+$"]);
    }

    #[test]
    fn subjects_that_do_not_recur_stay_over() {
        let found = of(&["a", "b", "", "c"]);
        assert!(found.patterns.is_empty());
        assert_eq!(found.others.len(), 4);
    }
}
