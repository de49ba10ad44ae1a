//! The `scripts` of a package.json. npm, yarn and pnpm hand each to `sh -c`. Source: npm's documentation, "scripts".

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Carrier;
use super::unknown::with_unknown;
use super::yaml::{JSON, json_string};
use crate::shell::{Dialect, Setting, Source, Writing};

#[derive(Deserialize)]
struct Package<'t> {
    #[serde(borrow, default)]
    scripts: BTreeMap<String, &'t RawValue>,
}

/// Every script. What is no JSON, or has no scripts of texts, is not npm's.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let text = carrier.text.clone();
    let Ok(package) = serde_json::from_str::<Package<'_>>(text.trim_start_matches('\u{feff}')) else { return };
    for raw in package.scripts.values() {
        let raw = raw.get();
        let Ok(value) = serde_json::from_str::<String>(raw) else { continue };
        // The raw value is a part of the text itself.
        let at = (raw.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
        let source = json_string(&text, &(at..at + raw.len()), &value);
        let setting = Setting { dialect: Dialect::Sh, excerpt: false, ..carrier.by_hand() };
        let writing = if source.1 { Writing::Escaped(JSON) } else { Writing::Apart };
        carrier.add(with_patterns(&source.0), writing, setting);
    }
}

/// Commands that mean what a shell makes of braces; others expand such a pattern themselves where the shell did not.
const TAKES_NAMES: &[&str] = &["mkdir", "cp", "mv", "rm", "touch", "echo", "cat", "ls", "cd", "rmdir", "for", "printf"];

/// A script in which `src/*.{js,ts}` is unknown to the shell's reader: `eslint` and its like read such patterns themselves.
fn with_patterns(script: &Source) -> Source {
    const LONGEST: usize = 1 << 14;
    let text = &script.text;
    if text.len() > LONGEST {
        return script.clone();
    }
    with_unknown(script, "{", |start| {
        let inside = text[start + 1..].split(['}', ' ', '"', '\'']).next().unwrap_or_default();
        let end = start + 1 + inside.len();
        let command = text[..start].rsplit(['&', '|', ';', '(']).next().unwrap_or_default().split_whitespace().next().unwrap_or_default();
        let pattern = inside.contains(',') && text[end..].starts_with('}') && !text[..start].ends_with('$');
        (pattern && !TAKES_NAMES.contains(&command)).then_some(end + 1)
    })
}
