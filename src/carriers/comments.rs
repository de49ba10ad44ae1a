//! Comments of a carrier that allow something in the scripts beside them: `# gnp-lint: allow(…)` and, in Markdown, `<!-- gnp-lint: … -->`.

use crate::shell::tree::Bytes;
use crate::shell::{Script, Suppression};

/// The comments outside of the scripts, which begin with a sign of their language. One covers its own line; one that stands alone, the script that begins below it, too.
pub(super) fn find(text: &str, sign: &str, scripts: &[Script]) -> Vec<Suppression> {
    if !text.contains(Suppression::MARK) {
        return Vec::new();
    }
    let mut places: Vec<Bytes> = scripts.iter().filter_map(|script| Some(script.place(&(0..script.text.len())).span?.bytes)).collect();
    places.sort_by_key(|bytes| bytes.start);
    let outside = |at: usize| {
        let before = places.partition_point(|bytes| bytes.start <= at);
        !places[..before].last().is_some_and(|bytes| bytes.contains(&at))
    };
    text.match_indices(Suppression::MARK).filter(|(at, _)| outside(*at)).filter_map(|(at, _)| read(text, sign, at, &places)).collect()
}

fn read(text: &str, sign: &str, at: usize, places: &[Bytes]) -> Option<Suppression> {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = text[at..].find('\n').map_or(text.len(), |length| at + length);
    let before = text[line_start..at].trim_end();
    let code = before.strip_suffix(sign)?;
    let end = if sign == "#" { line_end } else { at + text[at..line_end].find("-->")? };
    if !(code.is_empty() || code.ends_with([' ', '\t'])) {
        return None;
    }
    let code = code.trim();
    // `run: | # …` stands before the script's first line as a comment above it would.
    let opens = code.is_empty() || code.trim_end_matches(['-', '+']).ends_with(['|', '>']);
    let end_of_cover = if opens { covered(text, line_end, places) } else { line_end };
    Suppression::read(&text[at + Suppression::MARK.len()..end], line_start + before.len() - sign.len()..end, line_start..end_of_cover)
}

/// Where the script ends that begins on the next line with something on it, or on the one below that: behind `run: |` or the fence.
fn covered(text: &str, line_end: usize, places: &[Bytes]) -> usize {
    let mut at = line_end;
    let mut lines = 0;
    while at < text.len() && lines < 2 {
        let start = at + 1;
        let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |length| start + length);
        let line = text.get(start..end).unwrap_or_default().trim();
        let first = places.partition_point(|bytes| bytes.start < start);
        let begun = places[first..].iter().take_while(|bytes| bytes.start <= end && !line.is_empty());
        if let Some(last) = begun.map(|bytes| bytes.end).max() {
            return last.max(end);
        }
        lines += usize::from(!line.is_empty() && !line.starts_with('#') && !line.starts_with("<!--"));
        at = end;
    }
    line_end
}
