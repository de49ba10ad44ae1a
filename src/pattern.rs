//! Path and branch patterns of the policy: globs anchored at the root, `*` stops at `/`.

use std::sync::OnceLock;

use globset::{GlobBuilder, GlobMatcher};

/// One pattern. It is compiled when a path first needs it: building a matcher costs more than most hooks do.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// The part before the first wildcard: what does not begin with it cannot match.
    literal: usize,
    matcher: OnceLock<Option<GlobMatcher>>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment for a message.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > 4096 {
            return Err("is longer than 4096 bytes".to_owned());
        }
        let pattern = Self::trusted(text);
        if pattern.literal < text.len() {
            build(text).map_err(|error| error.kind().to_string())?;
        }
        Ok(pattern)
    }

    fn trusted(text: &str) -> Self {
        let literal = text.find(['*', '?', '[', '{', '\\']).unwrap_or(text.len());
        Self { text: text.to_owned(), literal, matcher: OnceLock::new() }
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The folder every match lies in, without the last `/`; empty for the root.
    pub fn folder(&self) -> &str {
        self.text[..self.literal].rfind('/').map_or("", |slash| &self.text[..slash])
    }

    /// Whether a path (or branch name) matches as a whole.
    pub fn matches(&self, path: &str) -> bool {
        if self.literal == self.text.len() {
            return path == self.text;
        }
        path.starts_with(&self.text[..self.literal])
            && self
                .matcher
                .get_or_init(|| build(&self.text).ok().map(|glob| glob.compile_matcher()))
                .as_ref()
                .is_some_and(|matcher| matcher.is_match(path))
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

fn build(text: &str) -> Result<globset::Glob, globset::Error> {
    GlobBuilder::new(text).literal_separator(true).backslash_escape(true).build()
}

/// Several patterns; a path matches when one of them does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Patterns(pub Vec<Pattern>);

impl Patterns {
    /// Whether any pattern matches.
    pub fn matches(&self, path: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn star_stops_at_slash_and_patterns_are_anchored() {
        let pattern = Pattern::new("state/*.json").unwrap();
        assert!(pattern.matches("state/agents.json"));
        assert!(!pattern.matches("state/memory/a.json"));
        assert!(!pattern.matches("old/state/agents.json"));
        assert_eq!(pattern.folder(), "state");
        assert!(Pattern::new("state/**").unwrap().matches("state/a/b/c"));
        assert!(Pattern::new("main").unwrap().matches("main"));
        assert!(!Pattern::new("main").unwrap().matches("mainline"));
    }

    #[test]
    fn a_wrong_pattern_is_an_error() {
        assert!(Pattern::new("state/[a").is_err());
    }
}
