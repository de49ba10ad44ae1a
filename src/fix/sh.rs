//! Fixes for scripts that `sh` runs: what bash writes otherwise and plain `sh` says too.

use super::site::{Use, edit, safe};
use crate::finding::Fix;

/// `[ a == b ]` → `[ a = b ]`
pub(super) fn equal(at: &Use<'_>) -> Option<Fix> {
    let start = at.bytes.end.checked_sub(2)?;
    (at.raw(&(start..at.bytes.end)) == "==").then(|| safe(vec![edit(start..at.bytes.end, "=")]))
}

/// `function f {`, `function f() {` → `f() {`
pub(super) fn function(at: &Use<'_>) -> Option<Fix> {
    let name = at.snippet().strip_prefix("function")?.trim().trim_end_matches(['(', ')', ' ']);
    let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain.then(|| safe(vec![edit(at.bytes.clone(), format!("{name}()"))]))
}

/// `source ./lib.sh` → `. ./lib.sh`; a name without a folder is looked for elsewhere, and arguments are not handed on.
pub(super) fn source(at: &Use<'_>) -> Option<Fix> {
    let [name, file] = at.words else { return None };
    file.text.contains('/').then(|| safe(vec![edit(name.bytes.clone(), ".")]))
}

/// `cmd &> f` → `cmd > f 2>&1`
pub(super) fn both_to_file(at: &Use<'_>) -> Option<Fix> {
    let (start, end) = (at.bytes.start, at.bytes.end);
    let whole = at.site.statement.redirects.iter().any(|redirect| redirect.target.bytes.end == end);
    let gap = if at.raw(&(0..start)).ends_with(char::is_whitespace) { "" } else { " " };
    (whole && at.snippet().starts_with("&>")).then(|| safe(vec![edit(start..start + 2, format!("{gap}>")), edit(end..end, " 2>&1")]))
}
