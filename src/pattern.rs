//! Patterns of the policy: globs, anchored at the root, whose `*` stops at `/`; and regular expressions of bounded size.

use std::sync::OnceLock;

use globset::{GlobBuilder, GlobMatcher};

/// One pattern. Building a matcher costs as much as a small hook does, so that the usual patterns do without and the others are compiled
/// when a path first needs them.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    /// The part before the first wildcard: what does not begin with it cannot match.
    literal: usize,
    signs: Signs,
    matcher: OnceLock<Option<GlobMatcher>>,
}

/// Which wildcards a pattern has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Signs {
    /// None.
    None,
    /// `*`, and at most two `**` that each stand for whole folders.
    Stars,
    /// Any.
    Any,
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
        if pattern.signs == Signs::Any {
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
        Self { text: text.to_owned(), literal, signs: signs(text), matcher: OnceLock::new() }
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
        if self.signs == Signs::None { &self.text } else { self.folder() }
    }

    /// Whether a path (or branch name) matches as a whole.
    pub fn matches(&self, path: &str) -> bool {
        if !path.starts_with(&self.text[..self.literal]) {
            return false;
        }
        match self.signs {
            Signs::None => path == self.text,
            Signs::Stars => matches_stars(&self.text, path),
            Signs::Any => {
                let matcher = self.matcher.get_or_init(|| build(&self.text).ok().map(|glob| glob.compile_matcher()));
                matcher.as_ref().is_some_and(|matcher| matcher.is_match(path))
            }
        }
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

fn signs(text: &str) -> Signs {
    if text.contains(['?', '[', ']', '{', '}', '\\']) {
        return Signs::Any;
    }
    if !text.contains('*') {
        return Signs::None;
    }
    let folders = text.split('/').filter(|part| *part == "**").count();
    if folders > 2 || text.split('/').any(|part| part != "**" && part.contains("**")) { Signs::Any } else { Signs::Stars }
}

/// Matches folder by folder; `**` stands for any number of folders, at the end for everything below.
fn matches_stars(pattern: &str, path: &str) -> bool {
    match pattern.split_once('/') {
        Some(("**", rest)) => {
            let starts = path.match_indices('/').map(|(slash, _)| slash + 1);
            std::iter::once(0).chain(starts).any(|start| matches_stars(rest, &path[start..]))
        }
        Some((first, rest)) => path.split_once('/').is_some_and(|(name, below)| matches_name(first, name) && matches_stars(rest, below)),
        None => pattern == "**" || (!path.contains('/') && matches_name(pattern, path)),
    }
}

/// Matches one name; `*` stands for any characters.
fn matches_name(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    let Some(mut inner) = name.strip_prefix(first).and_then(|name| name.strip_suffix(last)) else { return false };
    for piece in middle.split('*') {
        let Some(at) = inner.find(piece) else { return false };
        inner = &inner[at + piece.len()..];
    }
    true
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

    /// Whether it can be read, without compiling it; only that it grows too large would come out later.
    ///
    /// # Errors
    /// What is wrong with it, as a fragment for a message.
    pub(crate) fn skim(text: &str) -> Result<(), String> {
        if text.len() > 4096 {
            return Err("is longer than 4096 bytes".to_owned());
        }
        regex_syntax::ParserBuilder::new().nest_limit(64).build().parse(text).map(drop).map_err(|error| last_line(&error.to_string()))
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

/// The one clause of an error that is drawn over several lines.
fn reason(error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => "is too large once compiled".to_owned(),
        other => last_line(&other.to_string()),
    }
}

fn last_line(drawing: &str) -> String {
    let last = drawing.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
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

    proptest::proptest! {
        #[test]
        fn stars_mean_what_they_mean_to_globset(
            pattern in "(\\*\\*|[ab*.é]{1,4})(/(\\*\\*|[ab*]{1,3})){0,3}",
            path in "[ab.é]{1,3}(/[ab]{1,3}){0,4}",
        ) {
            let own = Pattern::new(&pattern).unwrap();
            let known = build(&pattern).unwrap().compile_matcher().is_match(&path);
            proptest::prop_assert_eq!(own.matches(&path), known, "{:?}", own.signs);
        }
    }

    #[test]
    fn regular_expressions_are_bounded_and_say_what_is_wrong() {
        assert!(Regex::new(r"^frame \d+ merged").unwrap().matches("frame 405 merged"));
        assert_eq!(Regex::new("(a").unwrap_err(), "unclosed group");
        assert_eq!(Regex::new(r"\w{1000}{1000}").unwrap_err(), "is too large once compiled");
        assert!(Regex::new(&"(".repeat(4000)).is_err());
        assert!(!Regex::trusted("(a").matches("(a"));
        assert_eq!(Regex::skim("(a").unwrap_err(), "unclosed group");
        assert_eq!(Regex::skim(r"^frame \d+ merged"), Ok(()));
    }
}
