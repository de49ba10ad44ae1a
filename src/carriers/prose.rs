//! What the words around an example say about it: that it is one of what not to do, or which system it is for.

use crate::policy::{Targets, Version};

/// Words and signs that make an example one of what not to do.
const NEGATIVE: &[&str] = &[
    "never",
    "don't",
    "dont",
    "don’t",
    "do not",
    "must not",
    "mustn't",
    "should not",
    "shouldn't",
    "shall not",
    "may not",
    "cannot be used",
    "wrong",
    "bad",
    "avoid",
    "instead of",
    "rather than",
    "anti-pattern",
    "antipattern",
    "forbidden",
    "prohibited",
    "banned",
    "disallowed",
    "not allowed",
    "incorrect",
    "broken",
    "dangerous",
    "stop using",
    "no longer",
    "fails",
    "❌",
    "✗",
    "✘",
    "🚫",
    "⛔",
    "👎",
];

/// Words that take a negative word back: what follows is what to do.
const POSITIVE: &[&str] = &["instead", "good", "right", "correct", "better", "✅", "✓", "✔", "👍"];

/// Phrases with a negative word that say something else.
const HARMLESS: &[&str] = &[
    "never mind",
    "don't forget",
    "do not forget",
    "don't worry",
    "do not worry",
    "don't have",
    "do not have",
    "don't need",
    "do not need",
    "don't want",
    "do not want",
    "don't know",
    "do not know",
    "don't see",
    "do not see",
    "to avoid",
    "if it fails",
    "if this fails",
    "if that fails",
    "not only",
    "why not",
];

/// Whether an example that these words lead up to shows what not to do. Of several sentences the last counts.
pub(super) fn forbids(words: &str) -> bool {
    let text = softened(words);
    let Some(negative) = NEGATIVE.iter().filter_map(|word| last_word(&text, word)).max() else { return false };
    let positive = POSITIVE.iter().filter_map(|word| last_word(&text, word)).filter(|at| !text[*at..].starts_with("instead of")).max();
    positive.is_none_or(|positive| positive < negative)
}

/// Whether the words on either side of an inline example, in its sentence, make it one of what not to do.
pub(super) fn forbids_inline(before: &str, behind: &str) -> bool {
    let clause = |text: &str| softened(text).rsplit([';', '—', '–']).next().unwrap_or_default().to_owned();
    let before = clause(before);
    let negative_ends = NEGATIVE.iter().filter_map(|word| Some(last_word(&before, word)? + word.len())).max();
    let turned =
        [", use", ", run", ": use", ": run", "but use", "but run", " use `", "instead,"].iter().filter_map(|word| before.rfind(word)).max();
    // `Never: run …` has not turned, `Don't stash, use …` has.
    if negative_ends.is_some_and(|end| turned.is_none_or(|turned| turned <= end)) {
        return true;
    }
    let behind = softened(behind);
    let behind = behind.split([';', '—', '–', '`']).next().unwrap_or_default();
    NEGATIVE.iter().any(|word| !matches!(*word, "instead of" | "rather than") && last_word(behind, word).is_some())
}

/// What is left of some targets for an example under these words: `On Ubuntu:` is about Linux alone.
pub(super) fn narrowed(targets: Targets, words: &[&str]) -> Targets {
    let said = |names: &[&str]| words.iter().any(|text| names.iter().any(|name| last_word(&text.to_lowercase(), name).is_some()));
    let mac = said(&["macos", "mac", "osx", "os x", "homebrew", "brew", "darwin"]);
    let linux = said(&[
        "linux",
        "ubuntu",
        "debian",
        "fedora",
        "centos",
        "rhel",
        "arch",
        "alpine",
        "apt",
        "docker",
        "container",
        "dockerfile",
        "wsl",
        "raspberry",
        "systemd",
        "kubernetes",
        "github actions",
    ]);
    let windows = said(&["windows", "git bash", "wsl", "cygwin", "msys2"]);
    match (mac, linux || windows) {
        (true, false) => Targets { linux: false, macos: targets.macos.or(Some(Version(14, 0))), ..targets },
        (false, true) => super::runner::linux(),
        _ => targets,
    }
}

/// The last sentence of a text.
pub(super) fn last_sentence(text: &str) -> &str {
    let text = text.trim_end();
    let body = text.trim_end_matches(['.', ':', '!', '?', ' ', '*', '_']);
    let start = [". ", "! ", "? ", ".\n", ":\n", "\n\n"].iter().filter_map(|end| body.rfind(end).map(|at| at + end.len())).max();
    &text[start.unwrap_or(0)..]
}

fn softened(words: &str) -> String {
    HARMLESS.iter().fold(words.to_lowercase(), |text, phrase| text.replace(phrase, " "))
}

/// Where a word stands last, as a word of its own.
fn last_word(text: &str, word: &str) -> Option<usize> {
    let part = |char: char| char.is_alphanumeric();
    let alone = |at: &usize| {
        !text[..*at].chars().next_back().is_some_and(part) && !text[at + word.len()..].chars().next().is_some_and(part) || !word.is_ascii()
    };
    text.rmatch_indices(word).map(|(at, _)| at).find(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_forbids_and_what_only_sounds_like_it() {
        for words in
            ["Never do this", "Don't:", "Bad", "❌ stash", "This is wrong:", "Avoid the following", "Instead of", "Do not stash on main:"]
        {
            assert!(forbids(words), "{words}");
        }
        for words in [
            "Install",
            "Don't forget to run",
            "Never stash; instead run:",
            "If you don't have it, run:",
            "To avoid that, run:",
            "Badges",
            "Good:",
        ] {
            assert!(!forbids(words), "{words}");
        }
    }

    #[test]
    fn inline_code_belongs_to_its_clause() {
        assert!(forbids_inline("Never run ", " on main."));
        assert!(forbids_inline("Use `git worktree add` instead of ", "."));
        assert!(forbids_inline("", " is forbidden here."));
        assert!(!forbids_inline("Never stash; run ", "."));
        assert!(!forbids_inline("Don't stash, use ", "."));
        assert!(!forbids_inline("Before you start, run ", " and look."));
    }

    #[test]
    fn the_last_sentence_is_what_leads_up() {
        assert_eq!(last_sentence("Never stash. Run this:"), "Run this:");
        assert_eq!(last_sentence("Run this."), "Run this.");
    }
}
