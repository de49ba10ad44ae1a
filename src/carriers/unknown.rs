//! Scripts into which the carrier, or whoever pastes them, puts something before a shell sees them.

use crate::shell::{Source, UNKNOWN_VALUE};

/// A script with [`UNKNOWN_VALUE`] for each stretch that begins with `open`; `end` tells where one that begins at an offset ends, or that it
/// is what it seems to be.
pub(super) fn with_unknown(script: &Source, open: &str, end: impl Fn(usize) -> Option<usize>) -> Source {
    let text = &script.text;
    if !text.contains(open) {
        return script.clone();
    }
    let mut kept = Source::default();
    let (mut at, mut from) = (0, 0);
    while let Some(start) = text[from..].find(open).map(|found| from + found) {
        let Some(end) = end(start) else {
            from = start + open.len();
            continue;
        };
        kept.follow(script, at..start);
        kept.replace(UNKNOWN_VALUE, script.outer_bytes(start..end));
        (at, from) = (end, end);
    }
    kept.follow(script, at..text.len());
    kept
}

/// The same for what stands between two signs, as `{{` and `}}`.
pub(super) fn with_unknown_between(script: &Source, open: &str, close: &str) -> Source {
    let text = &script.text;
    // Looked for once from the end, so that many openings without an end cost nothing.
    let last = text.rfind(close).unwrap_or(0);
    with_unknown(script, open, |start| {
        let inside = start + open.len();
        (inside <= last).then(|| text[inside..].find(close).map(|length| inside + length + close.len())).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_unknown_and_the_rest_stays_where_it_is() {
        let text = "echo {{ a }} {{b}} {{ c";
        let script = Source::verbatim(text, 0..text.len());
        let kept = with_unknown_between(&script, "{{", "}}");
        assert_eq!(kept.text, format!("echo {UNKNOWN_VALUE} {UNKNOWN_VALUE} {{{{ c"));
        let at = kept.text.rfind("{{ c").unwrap_or_default();
        assert_eq!(kept.outer_bytes(at..at + 2), 19..21);
    }

    #[test]
    fn many_openings_without_an_end_are_read_in_time() {
        let text = "{{ ".repeat(400_000);
        let script = Source::verbatim(&text, 0..text.len());
        assert_eq!(with_unknown_between(&script, "{{", "}}").text.len(), text.len());
    }
}
