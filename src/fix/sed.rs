//! Fixes inside sed scripts: what every sed takes for what GNU's has beyond POSIX.

use super::site::{Use, doubtful, edit, safe};
use crate::finding::Fix;

/// `\+` → `\{1,\}`, `\s` → `[[:space:]]`, `[ \t]` → `[[:blank:]]`, `{p}` → `{p;}`
pub(super) fn posix(at: &Use<'_>) -> Option<Fix> {
    let written = match at.snippet() {
        r"\+" => r"\{1,\}",
        r"\?" => r"\{0,1\}",
        r"\s" => "[[:space:]]",
        r"\S" => "[^[:space:]]",
        r"\w" => "[[:alnum:]_]",
        r"\W" => "[^[:alnum:]_]",
        r"[ \t]" | r"[\t ]" => "[[:blank:]]",
        r"[^ \t]" | r"[^\t ]" => "[^[:blank:]]",
        "}" => ";}",
        _ => return None,
    };
    // What is written must not hold what ends the pattern.
    let script = at.raw(&at.word()?.bytes);
    let ends = |delimiter: char| script.contains(&format!("s{delimiter}")) || script.contains(&format!("\\{delimiter}"));
    if [',', ':', '_'].into_iter().any(|delimiter| written.contains(delimiter) && ends(delimiter)) {
        return None;
    }
    let edits = vec![edit(at.bytes.clone(), written)];
    // Other alphabets have blanks of their own, and on Linux not every awk knows the escapes.
    let differs = written.contains("blank") || at.fact.command == "awk";
    Some(if differs { doubtful(edits) } else { safe(edits) })
}

/// `:a;N` → `:a`, and `N` on the next line: there a label ends for every sed.
pub(super) fn label(at: &Use<'_>) -> Option<Fix> {
    let written = match at.snippet().split_at_checked(at.snippet().len().checked_sub(1)?)? {
        (label, ";" | " " | "\t") => format!("{}\n", label.trim_end()),
        (label, "}") => format!("{label}\n}}"),
        _ => return None,
    };
    Some(safe(vec![edit(at.bytes.clone(), written)]))
}
