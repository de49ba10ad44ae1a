//! Patterns of the policy: globs, anchored at the root, whose `*` stops at `/`; and regular expressions of bounded size.

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

    /// A glob for e-mail addresses. Only `*` and `?` are signs: `[` and `{` stand for themselves, as in the names of GitHub's bots.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment for a message.
    pub fn mail(text: &str) -> Result<Self, String> {
        Self::new(&mail_glob(text))
    }

    /// [`Pattern::mail`] of a text that was checked before.
    pub(crate) fn trusted_mail(text: &str) -> Self {
        Self::trusted(&mail_glob(text))
    }

    /// A pattern that was checked before; a wrong one matches nothing.
    pub(crate) fn trusted(text: &str) -> Self {
        let literal = text.find(['*', '?', '[', '{', '\\']).unwrap_or(text.len());
        Self { text: text.to_owned(), literal, matcher: OnceLock::new() }
    }

    /// The pattern as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The part before the first wildcard: every match begins with it.
    pub fn literal(&self) -> &str {
        &self.text[..self.literal]
    }

    /// The folder every match lies in, without the last `/`; empty for the root.
    pub fn folder(&self) -> &str {
        self.text[..self.literal].rfind('/').map_or("", |slash| &self.text[..slash])
    }

    /// The file or folder every match is or lies in; empty for the root.
    pub fn root(&self) -> &str {
        if self.literal == self.text.len() { &self.text } else { self.folder() }
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

fn mail_glob(text: &str) -> String {
    let mut glob = String::with_capacity(text.len() + 4);
    let mut escaped = false;
    for character in text.chars() {
        if !escaped && "[]{}".contains(character) {
            glob.push('\\');
        }
        escaped = !escaped && character == '\\';
        glob.push(character);
    }
    glob
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

/// A regular expression of bounded size. Like [`Pattern`], it is compiled when a text first needs it.
#[derive(Debug, Clone)]
pub struct Regex {
    text: String,
    compiled: OnceLock<Option<regex::Regex>>,
}

impl Regex {
    /// Reads a regular expression.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment for a message.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.len() > 4096 {
            return Err("is longer than 4096 bytes".to_owned());
        }
        let compiled = compile(text).map_err(|error| reason(&error))?;
        Ok(Self { text: text.to_owned(), compiled: OnceLock::from(Some(compiled)) })
    }

    /// An expression that was checked before; a wrong one matches nothing.
    pub(crate) fn trusted(text: &str) -> Self {
        Self { text: text.to_owned(), compiled: OnceLock::new() }
    }

    /// The expression as it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it matches anywhere in a text.
    pub fn matches(&self, text: &str) -> bool {
        self.compiled.get_or_init(|| compile(&self.text).ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

fn compile(text: &str) -> Result<regex::Regex, regex::Error> {
    regex::RegexBuilder::new(text).size_limit(1 << 20).dfa_size_limit(1 << 20).nest_limit(64).build()
}

/// The one clause of an error that would be drawn over several lines.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "is too large once compiled".to_owned(),
        other => {
            let drawing = other.to_string();
            let last = drawing.lines().last().unwrap_or_default();
            last.strip_prefix("error: ").unwrap_or(last).to_owned()
        }
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

    #[test]
    fn a_root_is_as_narrow_as_it_can_be() {
        let root = |text| Pattern::new(text).unwrap().root().to_owned();
        assert_eq!(["state/*.json", "state/a.json", "*.json", "state/**", "sta*"].map(root), ["state", "state/a.json", "", "state", ""]);
    }

    #[test]
    fn brackets_of_addresses_stand_for_themselves() {
        let bots = Pattern::mail("*[bot]@users.noreply.github.com").unwrap();
        assert!(bots.matches("41898282+github-actions[bot]@users.noreply.github.com"));
        assert!(!bots.matches("github-actionsb@users.noreply.github.com"));
        let escaped = Pattern::mail(r"x\[bot\]@example.com").unwrap();
        assert!(escaped.matches("x[bot]@example.com"));
        assert!(Pattern::mail("{a@example.com").unwrap().matches("{a@example.com"));
    }

    #[test]
    fn regular_expressions_are_bounded_and_say_what_is_wrong() {
        assert!(Regex::new(r"^frame \d+ merged").unwrap().matches("frame 405 merged"));
        assert_eq!(Regex::new("(a").unwrap_err(), "unclosed group");
        assert_eq!(Regex::new(r"\w{1000}{1000}").unwrap_err(), "is too large once compiled");
        assert!(Regex::new(&"(".repeat(4000)).is_err());
        assert!(!Regex::trusted("(a").matches("(a"));
    }
}
