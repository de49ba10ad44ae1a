//! The scripts of GitLab CI jobs: `before_script`, `script` and `after_script`, anchors and `!reference` included where they stand.

use super::runner::Runner;
use super::workflow::{document, with_unknown};
use super::yaml::{Id, Yaml};
use super::{Carrier, runner};
use crate::shell::{Checkout, Dialect, Setting, Source, Writing};

/// Keys that hold shell.
const SCRIPTS: &[&str] = &["before_script", "script", "after_script", "pre_get_sources_script"];

/// Every job, hidden ones too, and the defaults. Each script is read once, however often it is referred to.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let (yaml, root) = document(carrier);
    let Some(root) = root else { return };
    let default = yaml.get(root, "default");
    for (name, job) in yaml.pairs(root) {
        if matches!(name, "variables" | "include" | "stages" | "workflow" | "cache" | "spec") {
            continue;
        }
        let contained =
            ["image"].iter().any(|key| [Some(job), default, Some(root)].into_iter().flatten().any(|id| yaml.get(id, key).is_some()));
        let tags = tags(&yaml, job).or_else(|| tags(&yaml, default?)).unwrap_or_default();
        let setting = setting(carrier, &tags, contained);
        let owner = if SCRIPTS.contains(&name) { root } else { job };
        for (key, script) in yaml.pairs(owner) {
            if SCRIPTS.contains(&key) && (owner != root || key == name) {
                add(carrier, &yaml, script, &setting);
            }
        }
    }
}

/// The lines of a script run one after the other in one shell; a line that is taken from elsewhere is read there.
fn add(carrier: &mut Carrier<'_>, yaml: &Yaml, script: Id, setting: &Setting) {
    if yaml.is_alias(script) || yaml.tag(script).contains("reference") {
        return;
    }
    let Some(items) = yaml.items(script) else {
        let Some((source, writing)) = yaml.script(script) else { return };
        return carrier.add(with_unknown(&source, "$[[", "]]"), writing, setting.clone());
    };
    let lines: Vec<(Source, Writing)> =
        items.into_iter().filter(|item| !yaml.is_alias(*item)).filter_map(|item| yaml.script(item)).collect();
    if let [(source, writing)] = lines.as_slice() {
        return carrier.add(with_unknown(source, "$[[", "]]"), writing.clone(), setting.clone());
    }
    let mut whole = Source::default();
    let one = |writing: &Writing| if matches!(writing, Writing::Lines(_)) { Writing::Apart } else { writing.clone() };
    let writing = lines.iter().map(|(_, writing)| one(writing)).reduce(|one, other| if one == other { one } else { Writing::Apart });
    for (source, _) in &lines {
        whole.follow(source, 0..source.text.len());
        let end = source.outer_bytes(0..source.text.len()).end;
        whole.replace("\n", end..end);
    }
    if !whole.text.trim().is_empty() {
        carrier.add(with_unknown(&whole, "$[[", "]]"), writing.unwrap_or(Writing::Apart), setting.clone());
    }
}

fn tags(yaml: &Yaml, job: Id) -> Option<Vec<String>> {
    let tags = yaml.items(yaml.get(job, "tags")?)?;
    Some(tags.into_iter().filter_map(|tag| yaml.scalar(tag)).map(str::to_owned).collect())
}

/// Tags name the runner. Without any, or in an image, it is Linux; the runner takes bash where an image has it.
fn setting(carrier: &Carrier<'_>, tags: &[String], contained: bool) -> Setting {
    let runner = if contained { Runner::linux() } else { Runner::of(tags, &carrier.targets()) };
    let dialect = if runner.windows { Dialect::Other } else { Dialect::Bash };
    let targets = if runner.targets.macos.is_some() { runner.targets } else { runner::linux() };
    let checkout = if tags.iter().any(|tag| tag.contains("self-hosted") || tag == "shell") { Checkout::Shared } else { Checkout::Own };
    Setting { dialect, targets, checkout, errexit: true, provided: &[], folder: None, excerpt: false }
}
