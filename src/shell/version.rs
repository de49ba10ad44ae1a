//! What a condition tells about the version of bash.

use compact_str::CompactString;

use super::dialect::Dialect;
use super::flow::Flow;
use super::guard::{Guard, Told};
use super::number::evaluate;
use super::tree::{Action, Joint, Operation, Piece, Statement, Test, Variable, Word};
use crate::policy::Version;

impl Flow<'_> {
    /// Whether a variable holds the version of bash, the major one first: bash's own, or one that is given it once and nothing else.
    pub(super) fn holds_version(&self, name: &str) -> bool {
        matches!(name, "BASH_VERSINFO" | "BASH_VERSION") || (self.versions.contains(name) && self.is_assigned_once(name))
    }

    pub(super) fn told_by_version(&self, left: &Word, operator: &str, right: &Word) -> Option<Told> {
        let Some(comparison) = self.comparison(left, operator, right) else { return self.told_by_pattern(left, operator, right) };
        self.version_asked(&comparison, &[])
    }

    /// What a condition tells about the version as a whole; `arguments` are those of the function that it is in.
    pub(super) fn told_by_versions(&self, statement: &Statement, arguments: &[Word]) -> Option<Told> {
        if self.asks_for_version { self.version_asked(&self.as_arithmetic(statement)?, arguments) } else { None }
    }

    /// A condition that is made of comparisons of numbers, as an expression of arithmetic.
    fn as_arithmetic(&self, statement: &Statement) -> Option<String> {
        let expression = match &statement.action {
            Action::Arithmetic(bytes, _) => self.script.get(bytes.clone())?.to_owned(),
            Action::Test(test) => self.test_as_arithmetic(test)?,
            Action::Command(command) => match &*command.words {
                [name, left, operator, right] if name.text == "test" => self.comparison(left, &operator.text, right)?,
                [name, left, operator, right, _] if name.text == "[" => self.comparison(left, &operator.text, right)?,
                [name, only] if name.text == "let" => only.text.to_string(),
                _ => return None,
            },
            Action::Group(block) | Action::Subshell(block) => match block.statements.as_slice() {
                [only] => self.as_arithmetic(only)?,
                _ => return None,
            },
            Action::Chain(first, links) => links.iter().try_fold(self.as_arithmetic(first)?, |before, (joint, link)| {
                let operator = if *joint == Joint::And { "&&" } else { "||" };
                Some(format!("({before} {operator} {})", self.as_arithmetic(link)?)).filter(|text| text.len() <= LONGEST)
            })?,
            _ => return None,
        };
        Some(format!("{}({expression})", if statement.negated { "!" } else { "" }))
    }

    fn test_as_arithmetic(&self, test: &Test) -> Option<String> {
        let both = |left: &Test, operator: &str, right: &Test| {
            let whole = format!("({} {operator} {})", self.test_as_arithmetic(left)?, self.test_as_arithmetic(right)?);
            (whole.len() <= LONGEST).then_some(whole)
        };
        match test {
            Test::And(left, right) => both(left, "&&", right),
            Test::Or(left, right) => both(left, "||", right),
            Test::Not(inner) => Some(format!("!({})", self.test_as_arithmetic(inner)?)),
            Test::Binary(left, operator, right) => self.comparison(left, operator, right),
            Test::Unary(..) | Test::Word(_) => None,
        }
    }

    /// `[ a -lt b ]` as arithmetic has it.
    fn comparison(&self, left: &Word, operator: &str, right: &Word) -> Option<String> {
        let operator = match operator {
            "-ge" => ">=",
            "-gt" => ">",
            "-le" => "<=",
            "-lt" => "<",
            "-eq" => "==",
            "-ne" => "!=",
            _ => return None,
        };
        Some(format!("(({}) {operator} ({}))", self.number_in(left), self.number_in(right)))
    }

    /// `[[ $BASH_VERSION == 4* ]]`, `[[ $BASH_VERSION < 4 ]]`
    fn told_by_pattern(&self, left: &Word, operator: &str, right: &Word) -> Option<Told> {
        match left.only_piece()? {
            Piece::Variable(variable) if self.holds_version(&variable.name) => {}
            Piece::Command(_) => return self.told_by_order(left, operator, right),
            _ => return None,
        }
        let pattern = right.text.trim_start_matches('^');
        Some(match operator {
            "=" | "==" | "=~" => version_in_arm(&[pattern.into()]),
            "!=" => version_in_arm(&[pattern.into()]).swapped(),
            ">" => Told::bash(leading_version(pattern)?),
            "<" => Told::bash(leading_version(pattern)?).swapped(),
            _ => return None,
        })
    }

    /// `[ "$(printf '%s\n' 4.0 "$BASH_VERSION" | sort -V | head -n 1)" = 4.0 ]`: which of two versions is the older.
    fn told_by_order(&self, left: &Word, operator: &str, right: &Word) -> Option<Told> {
        let written = self.script.get(left.bytes.clone())?;
        if !written.contains("BASH_VERS") || !written.contains("sort -V") || !written.contains(right.text.as_str()) {
            return None;
        }
        let told = Told::bash(leading_version(&right.text)?);
        match operator {
            "=" | "==" => Some(told),
            "!=" => Some(told.swapped()),
            _ => None,
        }
    }

    /// An operand as it is written in arithmetic: `$(echo "$BASH_VERSION" | cut -d. -f1)` is a version however it is cut out.
    fn number_in<'w>(&'w self, word: &'w Word) -> &'w str {
        let written = self.script.get(word.bytes.clone()).unwrap_or_default();
        match word.only_piece() {
            Some(Piece::Command(_)) if written.contains("BASH_VERS") => "BASH_VERSINFO",
            Some(Piece::Arithmetic(expression, _)) => expression,
            _ => written,
        }
    }

    /// `(( BASH_VERSINFO[0] >= 4 ))`, also by a variable that holds the version: the oldest bash for which it holds and the oldest for
    /// which it does not.
    pub(super) fn version_asked(&self, expression: &str, arguments: &[Word]) -> Option<Told> {
        if expression.len() > LONGEST || (!expression.contains("BASH_VERS") && self.versions.is_empty()) {
            return None;
        }
        // What runs a script of bash is one.
        let versions = if self.dialect == Dialect::Bash { &VERSIONS[1..] } else { &VERSIONS };
        let outcome = |version| evaluate(&filled_in(expression, version), &|name| self.number_held(name, version, arguments));
        let outcomes: Vec<Option<i64>> = versions.iter().map(|version| outcome(*version)).collect();
        // Zeros may be no number where they stand.
        if outcomes.iter().zip(versions).any(|(outcome, version)| outcome.is_none() && version.0 > 0) {
            return None;
        }
        let oldest = |wanted: bool| {
            let at = outcomes.iter().position(|outcome| outcome.is_some_and(|value| (value != 0) == wanted))?;
            (at > 0).then(|| Guard::Bash(versions[at]))
        };
        let told = Told { success: oldest(true).into_iter().collect(), failure: oldest(false).into_iter().collect() };
        (!told.success.is_empty() || !told.failure.is_empty()).then_some(told)
    }

    /// What a variable holds under a bash: the major version, an argument, or the number that it is given once.
    fn number_held(&self, name: &str, version: Version, arguments: &[Word]) -> Option<String> {
        if self.holds_version(name) {
            return Some(version.0.to_string());
        }
        if let Ok(at) = name.parse::<usize>() {
            return arguments.get(at.checked_sub(1)?)?.literal().map(str::to_owned);
        }
        let list = self.lists.get(name).filter(|_| self.is_assigned_once(name))?;
        list.words.first().map(CompactString::to_string)
    }
}

/// No condition is longer, in bytes.
const LONGEST: usize = 1024;

/// The versions of bash that a condition may tell apart, and before them a shell that is none; macOS has no older one.
const VERSIONS: [Version; 12] = [
    Version(0, 0),
    Version(3, 2),
    Version(4, 0),
    Version(4, 1),
    Version(4, 2),
    Version(4, 3),
    Version(4, 4),
    Version(5, 0),
    Version(5, 1),
    Version(5, 2),
    Version(5, 3),
    Version(6, 0),
];

/// An expression with a version in the place of `BASH_VERSINFO[0]`, `${BASH_VERSINFO[1]:-0}`, `${BASH_VERSION%%.*}`.
fn filled_in(expression: &str, version: Version) -> String {
    let expression = expression.replace('"', "");
    let mut text = String::with_capacity(expression.len());
    let mut rest = expression.as_str();
    while let Some(at) = rest.find("BASH_VERS") {
        let before = rest[..at].strip_suffix('$').or_else(|| rest[..at].strip_suffix("${")).unwrap_or(&rest[..at]);
        text.push_str(before);
        let name = rest[at..].find(|char: char| !char.is_ascii_uppercase() && char != '_').map_or(rest.len(), |length| at + length);
        let part = rest[name..].strip_prefix('[').and_then(|inside| inside.split_once(']')).map_or("0", |(part, _)| part);
        let number = match part.trim() {
            "0" => version.0,
            "1" => version.1,
            _ => 0,
        };
        text.push_str(&number.to_string());
        let end = if rest[..at].ends_with('{') { '}' } else { ']' };
        let ends_later = end == '}' || rest[name..].starts_with('[');
        let after = if ends_later { rest[name..].find(end).map_or(rest.len(), |length| name + length + 1) } else { name };
        rest = &rest[after..];
    }
    text.push_str(rest);
    text
}

/// `${BASH_VERSINFO[0]:-0}`, `${BASH_VERSION%%.*}`: what is left begins with the major version; `written` is the text of it.
pub(super) fn is_version(variable: &Variable, written: &str) -> bool {
    match variable.name.as_str() {
        "BASH_VERSION" => matches!(variable.operation, Operation::None | Operation::RemoveLongestSuffix),
        "BASH_VERSINFO" => !written.contains("BASH_VERSINFO[") || written.contains("BASH_VERSINFO[0]"),
        _ => false,
    }
}

/// What an arm of a `case` over the version tells by its patterns.
pub(super) fn version_in_arm(patterns: &[CompactString]) -> Told {
    let lowest = patterns.iter().map(|pattern| leading_version(pattern)).collect::<Option<Vec<Version>>>();
    let mut told = lowest.and_then(|versions| versions.into_iter().min()).map(Told::bash).unwrap_or_default();
    // `3.*`, `[0-3]*`: every other bash is newer.
    let majors: Option<Vec<(u16, u16)>> = patterns.iter().map(|pattern| majors(pattern)).collect();
    let majors = majors.unwrap_or_default();
    if let (Some(least), Some(most)) = (majors.iter().map(|range| range.0).min(), majors.iter().map(|range| range.1).max())
        && least <= 3
    {
        told.failure = vec![Guard::Bash(Version(most + 1, 0))];
    }
    told
}

/// The version that a text begins with; patterns as `[4-9]*` count by their lowest digit.
fn leading_version(text: &str) -> Option<Version> {
    let text = text.trim_start_matches(['[', '(']);
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let major: u16 = text[..end].parse().ok()?;
    let rest = text[end..].trim_start_matches('\\').strip_prefix('.').unwrap_or_default();
    let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
    (major < 100).then(|| Version(major, rest[..end].parse().unwrap_or(0)))
}

/// The first and the last major version that a pattern such as `3.*` or `[1-3]*` takes whole.
fn majors(pattern: &str) -> Option<(u16, u16)> {
    let (first, last, rest) = if let Some(inside) = pattern.strip_prefix('[') {
        let (class, rest) = inside.split_once(']')?;
        let digits = || class.chars().filter_map(|char| u16::try_from(char.to_digit(10)?).ok());
        (digits().min()?, digits().max()?, rest)
    } else {
        let (digits, rest) = pattern.split_at(pattern.find(|char: char| !char.is_ascii_digit()).unwrap_or(pattern.len()));
        let major = digits.parse().ok()?;
        (major, major, rest)
    };
    matches!(rest, "" | "*" | ".*" | "." | "\\.").then_some((first, last))
}
