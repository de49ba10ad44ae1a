//! Features that are told from more than one byte of syntax.

use std::borrow::Cow;

use super::super::feature::Feature;
use super::super::tree::{Bytes, FeatureUse, Piece, UNKNOWN, Word};
use super::Reader;
use super::cursor::closing;
use super::word::Draft;

impl Reader<'_> {
    pub(super) fn note_variable(&mut self, name: &str, inner: Bytes) {
        let feature = match name {
            "BASHPID" => Feature::BashPid,
            "EPOCHSECONDS" => Feature::EpochSeconds,
            "EPOCHREALTIME" => Feature::EpochRealtime,
            "SRANDOM" => Feature::Srandom,
            "BASH_ARGV0" => Feature::BashArgv0,
            "BASH_MONOSECONDS" => Feature::BashMonoSeconds,
            "BASH_ALIASES" => Feature::BashAliases,
            "BASH_CMDS" => Feature::BashCmds,
            "RANDOM" => Feature::Random,
            _ => return,
        };
        self.note(feature, inner);
    }

    /// `GLOBSORT=mtime`: a variable that the shell heeds.
    pub(super) fn note_assigned(&mut self, name: &str, inner: Bytes) {
        let feature = match name {
            "BASH_ARGV0" => Feature::BashArgv0,
            "BASH_XTRACEFD" => Feature::BashXtraceFd,
            "GLOBSORT" => Feature::GlobSort,
            "FUNCNEST" => Feature::FuncNest,
            "PROMPT_DIRTRIM" => Feature::PromptDirTrim,
            "PS0" => Feature::Ps0,
            "EXECIGNORE" => Feature::ExecIgnore,
            _ => return,
        };
        self.note(feature, inner);
    }

    /// `${v@Q}`
    pub(super) fn note_transformation(&mut self, operator: u8, inner: Bytes) {
        let feature = match operator {
            b'Q' | b'E' | b'P' | b'A' | b'a' => Feature::Transformation,
            b'U' | b'u' | b'L' | b'K' => Feature::CaseTransformation,
            b'k' => Feature::PairsTransformation,
            _ => return,
        };
        self.note(feature, inner);
    }

    /// What is special in a replacement that begins at a place.
    pub(super) fn replaced_by(&self, from: usize, draft: &Draft) -> Vec<Feature> {
        let raw = self.slice(from, self.at);
        let mut features = Vec::new();
        if self.state.quoted && draft.marked {
            features.push(Feature::QuotedReplacement);
        }
        if raw.starts_with('~') || (self.state.quoted && raw.starts_with("\\~")) {
            features.push(Feature::TildeReplacement);
        }
        if draft.ampersand {
            features.push(Feature::AmpersandReplacement);
        }
        features
    }

    /// `[ -v x ]`: only where `-v` is in the place of an operator.
    pub(super) fn note_test(&mut self, words: &[Word]) {
        let Some(name) = words.first() else { return };
        if name.text != "[" && name.text != "test" {
            return;
        }
        let arguments: Vec<&Word> = words[1..].iter().filter(|word| word.text != "]" && word.text != "!").collect();
        let starts = (0..arguments.len()).filter(|&at| at == 0 || matches!(arguments[at - 1].text.as_str(), "-a" | "-o" | "("));
        for at in starts {
            match arguments[at..] {
                [word] => self.mark_asked(word),
                [operator, word, ..] if matches!(operator.text.as_str(), "-n" | "-z") => self.mark_asked(word),
                [left, operator, right, ..] => self.mark_compared(left, &operator.text, right),
                _ => {}
            }
            let is_operator = arguments[at].text == "-v" && !arguments[at].quoted && arguments.get(at + 1).is_some();
            let compares = arguments.get(at + 1).is_some_and(|next| matches!(next.text.as_str(), "=" | "==" | "!="));
            if is_operator && !compares {
                let bytes = arguments[at].bytes.start..arguments[at + 1].bytes.end;
                self.features.push(FeatureUse { feature: Feature::VariableTest, bytes, asked: false });
            }
        }
    }

    /// `[ -n "$BASHPID" ]`: who asks whether a variable holds anything knows that it may hold nothing.
    pub(super) fn mark_asked(&mut self, word: &Word) {
        let inside = |bytes: &Bytes| word.bytes.start <= bytes.start && bytes.end <= word.bytes.end;
        self.features.iter_mut().filter(|it| inside(&it.bytes)).for_each(|it| it.asked = true);
    }

    /// `[ "x$BASHPID" = x ]`: what is left where the variable holds nothing.
    pub(super) fn mark_compared(&mut self, left: &Word, operator: &str, right: &Word) {
        if matches!(operator, "=" | "==" | "!=") && left.text.strip_suffix(UNKNOWN) == Some(&right.text) {
            self.mark_asked(left);
        }
    }

    /// `let "n = a[-1]"`: each word is an expression.
    pub(super) fn note_let(&mut self, words: &[Word]) {
        if words.first().is_none_or(|name| name.text != "let") {
            return;
        }
        let counts_back = |text: &str| text.split('[').skip(1).any(|rest| rest.split(']').next().is_some_and(is_negative_number));
        for word in words[1..].iter().filter(|word| counts_back(&word.text)) {
            self.features.push(FeatureUse { feature: Feature::NegativeSubscript, bytes: word.bytes.clone(), asked: false });
        }
    }

    /// `declare 'a[-1]=x'`: a quoted word is an assignment all the same.
    pub(super) fn note_declared(&mut self, words: &[Word]) {
        if words.first().is_none_or(|name| !matches!(name.text.as_str(), "declare" | "local" | "typeset")) {
            return;
        }
        let counts_back = |text: &str| {
            let subscript = text.split_once('=').and_then(|(target, _)| target.trim_end_matches('+').strip_suffix(']')?.split_once('['));
            subscript.is_some_and(|(_, subscript)| is_negative_number(subscript))
        };
        for word in words[1..].iter().filter(|word| word.quoted && counts_back(&word.text)) {
            self.features.push(FeatureUse { feature: Feature::NegativeSubscriptAssigned, bytes: word.bytes.clone(), asked: false });
        }
    }

    /// `source <(…)`
    pub(super) fn note_sourced(&mut self, words: &[Word]) {
        let words = match words {
            [first, rest @ ..] if matches!(first.text.as_str(), "builtin" | "command") => rest,
            words => words,
        };
        let [name, file, ..] = words else { return };
        if matches!(name.text.as_str(), "." | "source") && matches!(file.only_piece(), Some(Piece::Process(_))) {
            let bytes = name.bytes.start..file.bytes.end;
            self.features.push(FeatureUse { feature: Feature::SourcedProcess, bytes, asked: false });
        }
    }

    /// `eval echo {1..$n}`: `eval` reads the braces again, with the value in them.
    pub(super) fn settle_ranges(&mut self, words: &[Word]) {
        if words.first().is_some_and(|name| name.text == "eval") {
            let ranges = self.features.iter_mut().filter(|it| it.feature == Feature::VariableRange);
            ranges.for_each(|range| range.feature = Feature::PlainRange);
        }
    }
}

/// `-1`, `(-1)`, `-$n`: a minus before digits or before one expansion; a name alone may be a key.
pub(super) fn is_negative_number(text: &str) -> bool {
    let text = text.trim().trim_start_matches(['$', '(', ' ']).trim_end_matches([')', ' ']);
    let operand = text.strip_prefix('-').unwrap_or_default().trim();
    let is_digits = operand.bytes().all(|byte| byte.is_ascii_digit()) && operand.bytes().any(|byte| byte != b'0');
    is_digits || is_one_expansion(operand)
}

/// `$n`, `${n}`, `${#n}`
fn is_one_expansion(text: &str) -> bool {
    let Some(name) = text.strip_prefix('$') else { return false };
    let name = name.strip_prefix('{').map_or(name, |inside| inside.strip_suffix('}').unwrap_or_default());
    let name = name.strip_prefix('#').unwrap_or(name);
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a sequence in braces is, if it is one.
pub(super) fn range(inside: &str) -> Option<Feature> {
    let (first, rest) = inside.split_once("..")?;
    if is_variable_range(first, rest) {
        return Some(Feature::VariableRange);
    }
    let (last, step) = rest.split_once("..").map_or((rest, None), |(last, step)| (last, Some(step)));
    let of_numbers = is_number(first) && is_number(last);
    let is_range = of_numbers || (is_letter(first) && is_letter(last));
    match step {
        _ if !is_range => None,
        Some(step) => is_number(step).then_some(Feature::SteppedRange),
        None if of_numbers && (is_padded(first) || is_padded(last)) => Some(Feature::PaddedRange),
        None => Some(Feature::PlainRange),
    }
}

/// `1..$n`: bash looks for the range before it knows the value.
fn is_variable_range(first: &str, last: &str) -> bool {
    let is_end = |end: &str| is_number(end) || (end.starts_with('$') && !end.contains([' ', '/', '.']));
    is_end(first) && is_end(last) && (first.contains('$') || last.contains('$'))
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_letter(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_padded(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0')
}

/// `**`, `++`, `--` in `$(( ))`.
pub(super) fn operator(text: &str) -> Option<Feature> {
    if !["**", "++", "--"].iter().any(|operator| text.contains(operator)) {
        return None;
    }
    let text = without_substitutions(text);
    if text.contains("**") {
        return Some(Feature::Power);
    }
    is_counting(&text).then_some(Feature::Increment)
}

/// `i++`, `--i`; not `1 - -1`.
fn is_counting(text: &str) -> bool {
    let near = |at: Option<u8>| at.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1)).any(|at| {
        let pair = [bytes[at], bytes[at + 1]];
        let before = || text[..at].trim_end().bytes().last();
        matches!(&pair, b"++" | b"--")
            && (before().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') || near(bytes.get(at + 2).copied()))
    })
}

/// An expression with each `$(…)` and each pair of backquotes in it as one operand.
fn without_substitutions(text: &str) -> Cow<'_, str> {
    if !text.contains(['`', '$']) {
        return Cow::Borrowed(text);
    }
    let mut outside = String::with_capacity(text.len());
    let (mut depth, mut backquoted) = (0usize, false);
    let mut chars = text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let opens = text[at..].starts_with("$(") && !text[at..].starts_with("$((");
        match char {
            '`' => backquoted = !backquoted,
            _ if backquoted => {}
            '$' if opens => {
                depth += 1;
                chars.next();
            }
            '(' if depth > 0 => depth += 1,
            ')' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            _ => outside.push(char),
        }
        if depth == 0 && !backquoted && matches!(char, '`' | ')') {
            outside.push('1');
        }
    }
    Cow::Owned(outside)
}

/// bash before 4.0 looks for the end of `$( )` without knowing here-documents: quotes and parentheses in one must pair.
pub(super) fn upsets_old_substitution(body: &str) -> bool {
    let bytes = body.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 1,
            quote @ (b'\'' | b'"' | b'`') => {
                let behind = at + 1;
                let close = match quote {
                    b'\'' => memchr::memchr(quote, &bytes[behind..]).map(|length| behind + length),
                    _ => closing(bytes, behind, quote),
                };
                let Some(close) = close else { return true };
                at = close;
            }
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    false
}
