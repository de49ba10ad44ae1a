//! The scripts of GitLab CI jobs: `before_script`, `script` and `after_script`, anchors and `!reference` included where they stand.

use super::runner::Runner;
use super::unknown::with_unknown_between;
use super::workflow::document;
use super::yaml::{Id, Yaml};
use super::{Carrier, runner};
use crate::shell::{Checkout, Dialect, Setting, Source, Writing};

/// Keys that hold shell.
const SCRIPTS: &[&str] = &["before_script", "script", "after_script", "pre_get_sources_script"];

/// How many jobs are extended in a row, or by one job.
const MOST_EXTENDED: usize = 5;

/// Every job, hidden ones too, and the defaults. Each script is read once, however often it is referred to.
pub(super) fn read(carrier: &mut Carrier<'_>) {
    let (yaml, root) = document(carrier);
    let Some(root) = root else { return };
    let default = yaml.get(root, "default");
    for (name, job) in yaml.pairs(root) {
        if matches!(name, "variables" | "include" | "stages" | "workflow" | "cache" | "spec") {
            continue;
        }
        let inherited = |key: &str| inherited(&yaml, root, job, key, MOST_EXTENDED).or_else(|| yaml.get(default?, key));
        let contained = inherited("image").or_else(|| yaml.get(root, "image")).is_some();
        let variables = [inherited("variables"), yaml.get(root, "variables")];
        let matrix = inherited("parallel").and_then(|parallel| yaml.items(yaml.get(parallel, "matrix")?)).unwrap_or_default();
        let sets: Vec<Id> = matrix.into_iter().chain(variables.into_iter().flatten()).collect();
        let tags = inherited("tags").map(|tags| words(&yaml, tags)).unwrap_or_default();
        let tags: Vec<String> = tags.iter().flat_map(|tag| values(&yaml, &sets, tag)).collect();
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
        return carrier.add(with_unknown_between(&source, "$[[", "]]"), writing, setting.clone());
    };
    let lines: Vec<(Source, Writing)> =
        items.into_iter().filter(|item| !yaml.is_alias(*item)).filter_map(|item| yaml.script(item)).collect();
    if let [(source, writing)] = lines.as_slice() {
        return carrier.add(with_unknown_between(source, "$[[", "]]"), writing.clone(), setting.clone());
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
        carrier.add(with_unknown_between(&whole, "$[[", "]]"), writing.unwrap_or(Writing::Apart), setting.clone());
    }
}

/// A key of a job, its own or of those that it extends; of several the last one counts.
fn inherited(yaml: &Yaml, root: Id, job: Id, key: &str, deep: usize) -> Option<Id> {
    yaml.get(job, key).or_else(|| {
        let extended = words(yaml, yaml.get(job, "extends")?);
        let deeper = deep.checked_sub(1)?;
        extended.iter().rev().take(MOST_EXTENDED).find_map(|name| inherited(yaml, root, yaml.get(root, name)?, key, deeper))
    })
}

/// One word, or the words of a list.
fn words(yaml: &Yaml, id: Id) -> Vec<String> {
    let ids = yaml.items(id).unwrap_or_else(|| vec![id]);
    ids.into_iter().filter_map(|id| yaml.scalar(id)).map(str::to_owned).collect()
}

/// What a tag can be: each value that the matrix or the variables give to the name in it.
fn values(yaml: &Yaml, sets: &[Id], tag: &str) -> Vec<String> {
    let Some(name) = tag.strip_prefix('$').map(|name| name.trim_matches(['{', '}'])) else { return vec![tag.to_owned()] };
    sets.iter().filter_map(|set| yaml.get(*set, name)).flat_map(|value| words(yaml, value)).collect()
}

/// Tags name the runner. Without any, or in an image, it is Linux; the runner takes bash where an image has it.
fn setting(carrier: &Carrier<'_>, tags: &[String], contained: bool) -> Setting {
    let runner = if contained { Runner::linux() } else { Runner::of(tags, &carrier.targets()) };
    let dialect = if runner.windows { Dialect::Other } else { Dialect::Bash };
    let targets = if runner.targets.macos.is_some() { runner.targets } else { runner::linux() };
    let checkout = if tags.iter().any(|tag| tag.contains("self-hosted") || tag == "shell") { Checkout::Shared } else { Checkout::Own };
    Setting { dialect, targets, checkout, errexit: true, provided: &[], folder: None, excerpt: false }
}
