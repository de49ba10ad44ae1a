//! The subcommands: one file each.

use std::io::Write;
use std::process::ExitCode;

use crate::rule::Rule;
use crate::rules::RULES;

pub mod audit;
pub mod ci;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod install;
pub mod lint;
pub mod policy;

/// How a command ended, by the promise of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Clean, or warnings only: 0.
    Clean,
    /// Something is denied: 1.
    Denied,
    /// Wrong usage, or a failure of our own: 2.
    Failed,
    /// Ended by Ctrl-C, with what there was until then: 130, as a shell tells that signal.
    Interrupted,
}

impl Exit {
    /// The number that the process ends with.
    pub fn code(self) -> u8 {
        match self {
            Self::Clean => 0,
            Self::Denied => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

/// Where a command writes, and whether it may colour it.
pub struct Streams<'a> {
    /// Standard output: the report and nothing else.
    pub out: &'a mut dyn Write,
    /// Whether `out` is coloured.
    pub out_color: bool,
    /// Standard error: what went wrong with the run itself.
    pub err: &'a mut dyn Write,
    /// Whether `err` is coloured.
    pub err_color: bool,
}

impl std::fmt::Debug for Streams<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Streams(out_color: {}, err_color: {})", self.out_color, self.err_color)
    }
}

/// The rules that a word of the command line means: one by its name, or all of `article-N`.
///
/// # Errors
/// No rule is called so, with the nearest name.
pub fn rules_named(word: &str) -> anyhow::Result<Vec<&'static Rule>> {
    let rules: Vec<_> = RULES.iter().copied().filter(|rule| rule.name == word || article(word) == Some(rule.article)).collect();
    if rules.is_empty() && article(word).is_none() {
        let known = RULES.iter().map(|rule| rule.name);
        let hint =
            nearest(word, known).map_or_else(|| "`gnp-lint explain` lists the rules".to_owned(), |near| format!("did you mean `{near}`?"));
        anyhow::bail!("`{}` is not a rule; {hint}", crate::report::shown(word));
    }
    Ok(rules)
}

/// The number in `article-N`, if there is an article of that number.
pub fn article(word: &str) -> Option<u8> {
    let number = word.strip_prefix("article-")?.parse().ok()?;
    crate::articles::find(number).map(|article| article.number)
}

/// The candidate that a misspelt word most likely means; none if nothing comes near.
pub fn nearest<'c>(word: &str, candidates: impl Iterator<Item = &'c str>) -> Option<&'c str> {
    let word: String = word.chars().take(64).collect();
    candidates
        .map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= candidate.len().max(3) / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_takes_the_closest_and_nothing_far() {
        let names = ["stash-over-fleet", "stash-in-script", "ci", "install"];
        assert_eq!(nearest("stash-over-flet", names.into_iter()), Some("stash-over-fleet"));
        assert_eq!(nearest("instal", names.into_iter()), Some("install"));
        assert_eq!(nearest("scripts", names.into_iter()), None);
    }

    #[test]
    fn an_unknown_rule_is_an_error_and_an_article_is_not() {
        assert!(rules_named("no-such-rule\u{1b}").unwrap_err().to_string().starts_with("`no-such-rule\\u{1b}` is not a rule"));
        assert!(rules_named("article-3").is_ok());
        assert!(rules_named("article-9").is_err());
    }
}
