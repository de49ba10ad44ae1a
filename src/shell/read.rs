//! Calls the parser, with the precautions that hostile texts ask for.

use shuck_parser::parser::{ParseResult, ParseStatus, Parser};

use super::Problem;
use super::lower::Lowering;
use super::source::Source;
use super::tree::Block;

/// How many brackets may be open at once; the parser gives up at a hundred, but slowly where they are unclosed.
const MOST_OPEN: usize = 400;

/// How many words a script may have; the largest `configure` has a quarter of them.
const MOST_WORDS: usize = 400_000;

/// How many words such as `time` may stand before one command.
const MOST_PREFIXES: usize = 50;

/// What could be read before the text went wrong.
pub(super) struct Partial {
    pub(super) block: Block,
    pub(super) problem: Problem,
}

/// Reads a text; where it cannot be read whole, what stands before the fault.
pub(super) fn read(source: &Source) -> Result<Block, Box<Partial>> {
    if let Some((at, reason)) = too_much(&source.text) {
        let problem = Problem { reason, bytes: source.outer_bytes(at..at + 1) };
        return Err(Box::new(Partial { block: Block::default(), problem }));
    }
    let mut result = Parser::new(&source.text).parse();
    if result.status != ParseStatus::Clean
        && let Some(plainer) = without_stumbling_blocks(&source.text)
    {
        let second = Parser::new(&plainer).parse();
        if second.status == ParseStatus::Clean {
            result = second;
        }
    }
    let mut lowering = Lowering::new(source);
    if result.status == ParseStatus::Clean {
        return Ok(lowering.block(&result.file.body));
    }
    let (reason, at) = fault(&result, &source.text);
    result.file.body.stmts.retain(|statement| statement.span.end.offset() <= at);
    let end = source.text[at..].find('\n').map_or(source.text.len(), |length| at + length);
    let problem = Problem { reason, bytes: source.outer_bytes(at..end) };
    Err(Box::new(Partial { block: lowering.block(&result.file.body), problem }))
}

/// The text with what the parser stumbles over replaced by something of the same length; none if it holds nothing of the kind.
///
/// It takes `\{}` for the end of a group, as well as a `}` that stands right behind a word (`${x}}`, `'{ print }'}`), and an apostrophe in
/// `"${x:-it's}"` for a quote.
fn without_stumbling_blocks(text: &str) -> Option<String> {
    let mut plainer = without_glued_braces(&text.replace(r"\{}", "_{}"));
    let mut lone = Vec::new();
    for (start, _) in plainer.match_indices("${") {
        let Some(body) = plainer[start..].split(['}', '\n']).next() else { continue };
        let quotes: Vec<usize> = body.match_indices('\'').map(|(at, _)| start + at).collect();
        if quotes.len() == 1 && body.contains(['-', '+', '=', '?']) {
            lone.extend(quotes);
        }
    }
    for at in lone {
        plainer.replace_range(at..=at, "_");
    }
    (plainer != text).then_some(plainer)
}

/// The text with each `}` that ends no group but a word replaced: nothing on its line is open, and no blank stands before it.
fn without_glued_braces(text: &str) -> String {
    let mut plainer = text.to_owned();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let starts = |before: u8| matches!(before, b' ' | b'\t' | b';' | b'(' | b'&' | b'|');
        let (mut open, mut quote, mut before) = (0usize, None, [b' ', b' ']);
        for (at, byte) in line.bytes().enumerate() {
            let escaped = before[1] == b'\\' && quote != Some(b'\'');
            match byte {
                _ if escaped => {}
                b'\'' | b'"' if quote == Some(byte) => quote = None,
                b'\'' | b'"' if quote.is_none() => quote = Some(byte),
                _ if quote.is_some() => {}
                b'{' if starts(before[1]) => open += 1,
                b'{' if before[1] == b'$' && before[0] != b'\\' => open += 1,
                b'}' if open > 0 => open -= 1,
                b'}' if !starts(before[1]) => plainer.replace_range(start + at..=start + at, "_"),
                _ => {}
            }
            // An escaped backslash escapes nothing.
            before = [before[1], if escaped && byte == b'\\' { b'_' } else { byte }];
        }
        start += line.len();
    }
    plainer
}

/// The parser's reason and the place it is about.
fn fault(result: &ParseResult, text: &str) -> (String, usize) {
    if let Some(first) = result.diagnostics.first() {
        let at = first.span.start.offset().min(text.len());
        return (first.message.clone(), floor(text, at));
    }
    let Some(shuck_parser::Error::Parse { message, line, column }) = &result.terminal_error else {
        return ("the text ends too early".to_owned(), floor(text, text.len()));
    };
    let start = if *line > 1 { text.match_indices('\n').nth(line - 2).map_or(0, |(at, _)| at + 1) } else { 0 };
    (message.clone(), floor(text, start + column.saturating_sub(1)))
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// Where a text is longer or nests deeper than it is wise to read, and why. Quotes do not matter: what is counted here needs no exactness.
fn too_much(text: &str) -> Option<(usize, String)> {
    if let Some(at) = too_long(text) {
        return Some((at, format!("it has more than {MOST_WORDS} words: this is data")));
    }
    let mut open = 0usize;
    // Most texts have fewer in all, and counting them costs next to nothing.
    let all = text.bytes().filter(|byte| matches!(byte, b'(' | b'{' | b'[')).count();
    let looked_at = if all > MOST_OPEN { text } else { "" };
    for (at, byte) in looked_at.bytes().enumerate() {
        match byte {
            b'[' if ends_with_escape(&text.as_bytes()[..at]) => {}
            b'(' | b'{' | b'[' => open += 1,
            b')' | b'}' | b']' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > MOST_OPEN {
            return Some((at, format!("more than {MOST_OPEN} brackets are open here")));
        }
    }
    too_many_prefixes(text).map(|at| (at, format!("more than {MOST_PREFIXES} words such as `time` and `!` stand before one command")))
}

/// `printf '\e[0m'` opens a bracket that is never closed.
fn ends_with_escape(before: &[u8]) -> bool {
    [r"\e", r"\E", r"\033", r"\x1b", r"\x1B", r"\u001b"].iter().any(|escape| before.ends_with(escape.as_bytes()))
}

/// Where a text has more words than anybody writes; the tree of each takes some hundred bytes.
fn too_long(text: &str) -> Option<usize> {
    // No text has more words than this.
    if text.len() / 2 <= MOST_WORDS {
        return None;
    }
    let ends = text.bytes().zip(text.bytes().skip(1)).enumerate();
    let mut words = ends.filter(|(_, (byte, next))| byte.is_ascii_whitespace() && !next.is_ascii_whitespace() || *byte == b'$');
    words.nth(MOST_WORDS).map(|(at, _)| at)
}

/// The parser recurses for each `time` and its like without counting them.
fn too_many_prefixes(text: &str) -> Option<usize> {
    let mut run = 0usize;
    for (at, _) in text.match_indices("time").chain(text.match_indices("coproc")) {
        let before = text[..at].trim_end_matches([' ', '\t', '!']);
        let before = before.strip_suffix("-p").map_or(before, str::trim_end);
        run = if before.ends_with("time") || before.ends_with("coproc") { run + 1 } else { 0 };
        if run > MOST_PREFIXES {
            return Some(at);
        }
    }
    None
}
