//! Fixes that call another program: one that every system has, and that does the same with the same arguments.

use super::site::{Use, doubtful, edit, safe};
use crate::finding::Fix;

/// What prints lines from the last to the first.
const REVERSED: &str = "sed -n '1!G;h;$p'";

/// `zcat f.gz` → `gzip -dc f.gz`
pub(super) fn zcat(at: &Use<'_>) -> Option<Fix> {
    Some(safe(vec![edit(at.called()?, "gzip -dc")]))
}

/// `nproc` → `getconf _NPROCESSORS_ONLN`
pub(super) fn processors(at: &Use<'_>) -> Option<Fix> {
    let arguments: Vec<&str> = at.given().iter().filter_map(|word| word.literal()).collect();
    let asks = match &*at.fact.command {
        "nproc" => at.given().is_empty(),
        _ => matches!(arguments.as_slice(), ["-n", "hw.ncpu" | "hw.logicalcpu"]),
    };
    let written = "getconf _NPROCESSORS_ONLN";
    // A process may be kept from some of them.
    asks.then(|| at.whole()).flatten().map(|whole| doubtful(vec![edit(whole, written)]))
}

/// `sha256sum f` → `shasum -a 256 f`
pub(super) fn shasum(at: &Use<'_>) -> Option<Fix> {
    let known = |name: &str| matches!(name, "-b" | "-c" | "-t" | "--binary" | "--check" | "--status" | "--text");
    let size = at.fact.command.strip_prefix("sha")?.strip_suffix("sum")?;
    // It comes with perl.
    at.arguments().options.iter().all(|option| known(&option.name)).then_some(())?;
    Some(doubtful(vec![edit(at.called()?, format!("shasum -a {size}"))]))
}

/// `tac f`, `tail -r f` → `sed -n '1!G;h;$p' f`
pub(super) fn reversed(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let options: Vec<&str> = arguments.options.iter().map(|option| &*option.name).collect();
    let file = match arguments.operands.as_slice() {
        [] => String::new(),
        [file] if at.is_one(file) => format!(" {}", at.raw(&file.bytes)),
        _ => return None,
    };
    let plain = matches!((&*at.fact.command, options.as_slice()), ("tac", []) | ("tail", ["-r"]));
    // A last line without its end is joined to the one before by `tac`.
    plain.then(|| at.whole()).flatten().map(|whole| doubtful(vec![edit(whole, format!("{REVERSED}{file}"))]))
}
