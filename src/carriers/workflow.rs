//! The `run:` steps of GitHub workflows and composite actions.

use super::runner::Runner;
use super::unknown::with_unknown_between;
use super::yaml::{Id, Yaml};
use super::{Carrier, has_errexit};
use crate::shell::{Checkout, Dialect, Setting, Source, UNKNOWN_VALUE};

/// What the images of hosted runners bring for every system. Source: the lists of installed software in `actions/runner-images`.
const HOSTED: &[&str] = &["gh", "jq", "wget", "yq", "zstd"];
/// The same, behind a step that sets Python up.
const WITH_PYTHON: &[&str] = &["gh", "jq", "wget", "yq", "zstd", "python", "python3", "pip", "pip3"];
/// How many combinations of a matrix are looked at.
const MOST_RUNNERS: usize = 64;

/// Every step of every job.
pub(super) fn read_workflow(carrier: &mut Carrier<'_>) {
    let (yaml, root) = document(carrier);
    let Some(root) = root else { return };
    let Some(jobs) = yaml.get(root, "jobs") else { return };
    for (_, job) in yaml.pairs(jobs) {
        let runner = runner_of(carrier, &yaml, root, job);
        let runner = yaml.word(job, &["if"]).map_or(runner.clone(), |condition| runner.under(condition));
        let default = |key: &str| [job, root].into_iter().find_map(|id| yaml.word(id, &["defaults", "run", key]));
        let (shell, folder) = (default("shell"), default("working-directory"));
        let contained = yaml.get(job, "container").is_some();
        let Some(steps) = yaml.get(job, "steps").and_then(|steps| yaml.items(steps)) else { continue };
        let mut this = Job { runner, shell, folder, contained, provided: HOSTED };
        for step in steps {
            let python = yaml.word(step, &["uses"]).is_some_and(|action| action.contains("python") || action.contains("conda"));
            this.provided = if python { WITH_PYTHON } else { this.provided };
            add(carrier, &yaml, step, &this);
        }
    }
}

/// Every step of a composite action. It does not say what runs it: that is up to the policy, and to whoever uses it.
pub(super) fn read_action(carrier: &mut Carrier<'_>) {
    let (yaml, root) = document(carrier);
    let Some(steps) = root.and_then(|root| yaml.at(root, &["runs", "steps"])).and_then(|steps| yaml.items(steps)) else { return };
    let runner = Runner { targets: carrier.targets(), checkout: Checkout::Own, windows: false };
    for step in steps {
        add(carrier, &yaml, step, &Job { runner: runner.clone(), shell: None, folder: None, contained: false, provided: HOSTED });
    }
}

/// The document, and a problem where it is none.
pub(super) fn document(carrier: &mut Carrier<'_>) -> (Yaml, Option<Id>) {
    let (yaml, fault) = Yaml::read(&carrier.text);
    if let Some(fault) = fault {
        carrier.fault(fault.reason, fault.bytes);
    }
    let root = yaml.root();
    (yaml, root)
}

/// What a step takes from its job.
struct Job<'y> {
    runner: Runner,
    shell: Option<&'y str>,
    /// Where its steps are run.
    folder: Option<&'y str>,
    contained: bool,
    provided: &'static [&'static str],
}

fn add(carrier: &mut Carrier<'_>, yaml: &Yaml, step: Id, job: &Job<'_>) {
    let Some((source, writing)) = yaml.get(step, "run").and_then(|run| yaml.script(run)) else { return };
    let runner = yaml.word(step, &["if"]).map_or(job.runner.clone(), |condition| job.runner.clone().under(condition));
    let shell = yaml.word(step, &["shell"]).or(job.shell).map(str::trim);
    let (dialect, errexit) = match shell {
        Some(shell) => named(shell),
        None if runner.windows => (Dialect::Other, false),
        None => (if job.contained { Dialect::Sh } else { Dialect::Bash }, true),
    };
    let folder = yaml.word(step, &["working-directory"]).or(job.folder).map(folder_of);
    let (targets, checkout) = (runner.targets, runner.checkout);
    let setting = Setting { dialect, targets, checkout, errexit, provided: job.provided, folder, excerpt: false };
    carrier.add(with_unknown_between(&source, "${{", "}}"), writing, setting);
}

/// A `working-directory` as it is from the root of the checkout, which is where a job begins.
fn folder_of(written: &str) -> String {
    let source = with_unknown_between(&Source::verbatim(written, 0..written.len()), "${{", "}}").text;
    let named = written.strip_prefix("${{").and_then(|rest| rest.split("}}").next()).map(str::trim);
    match (named, source.strip_prefix(UNKNOWN_VALUE)) {
        (Some("github.workspace"), Some(below)) => format!(".{below}"),
        // Any folder for scratch will do.
        (Some("runner.temp"), Some(below)) => format!("/tmp{below}"),
        _ => source,
    }
}

/// `bash`, `sh`, or a command line with `{0}`; the two names stand for `bash --noprofile --norc -eo pipefail {0}` and `sh -e {0}`.
fn named(shell: &str) -> (Dialect, bool) {
    let mut words = shell.split_whitespace();
    let program = words.next().unwrap_or_default();
    let program = program.rsplit('/').next().unwrap_or(program);
    let Some(dialect) = Dialect::of_name(program) else { return (Dialect::Other, false) };
    let options: Vec<&str> = words.collect();
    if options.is_empty() {
        return (dialect, true);
    }
    (if options.contains(&"-c") && program == "nix" { Dialect::Other } else { dialect }, has_errexit(options))
}

/// What a job runs on: its labels, with the values of its matrix in their place.
fn runner_of(carrier: &Carrier<'_>, yaml: &Yaml, root: Id, job: Id) -> Runner {
    let policy = carrier.targets();
    if yaml.get(job, "container").is_some() {
        let own = labels(yaml, root, job).iter().flatten().any(|label| label.contains("self-hosted"));
        let checkout = if own { Checkout::Shared } else { Checkout::Own };
        return Runner { checkout, ..Runner::linux() };
    }
    Runner::all(labels(yaml, root, job).iter().map(|labels| Runner::of(labels, &policy)).collect())
}

/// The labels of each machine that a job may run on.
fn labels(yaml: &Yaml, root: Id, job: Id) -> Vec<Vec<String>> {
    let Some(on) = yaml.get(job, "runs-on") else { return Vec::new() };
    let on = yaml.get(on, "labels").unwrap_or(on);
    let words: Vec<&str> = match yaml.items(on) {
        Some(items) => items.into_iter().filter_map(|item| yaml.scalar(item)).collect(),
        None => yaml.scalar(on).into_iter().collect(),
    };
    let mut all = vec![Vec::new()];
    for word in words {
        let values = values(yaml, root, job, word);
        all = all
            .into_iter()
            .flat_map(|set: Vec<String>| {
                values.iter().map(move |value| [set.as_slice(), std::slice::from_ref(value)].concat()).collect::<Vec<_>>()
            })
            .take(MOST_RUNNERS)
            .collect();
    }
    all
}

/// What a word with one expression can be: each value of the matrix, the default of an input, each text that a choice names.
fn values(yaml: &Yaml, root: Id, job: Id, word: &str) -> Vec<String> {
    let Some((before, rest)) = word.split_once("${{") else { return vec![word.to_owned()] };
    let Some((expression, behind)) = rest.split_once("}}") else { return vec![word.to_owned()] };
    let expression = expression.trim();
    let mut found: Vec<String> = Vec::new();
    if let Some(key) = expression.strip_prefix("matrix.") {
        found = of_matrix(yaml, job, key);
    } else if let Some(input) = expression.strip_prefix("inputs.") {
        let default =
            ["workflow_call", "workflow_dispatch"].iter().find_map(|event| yaml.word(root, &["on", event, "inputs", input, "default"]));
        found.extend(default.map(str::to_owned));
    } else {
        // `github.x && 'ubuntu-latest' || 'macos-14'`
        found.extend(expression.split('\'').skip(1).step_by(2).filter(|text| is_label(text)).map(str::to_owned));
    }
    if found.is_empty() {
        return vec!["unknown".to_owned()];
    }
    found.into_iter().map(|value| format!("{before}{value}{behind}")).collect()
}

fn is_label(text: &str) -> bool {
    ["ubuntu", "macos", "windows", "linux", "self-hosted"].iter().any(|word| text.contains(word))
}

/// The values of a key of the matrix, in its list and in `include`; a key may lead into objects.
fn of_matrix(yaml: &Yaml, job: Id, key: &str) -> Vec<String> {
    let Some(matrix) = yaml.at(job, &["strategy", "matrix"]) else { return Vec::new() };
    let path: Vec<&str> = key.split('.').collect();
    let Some((first, below)) = path.split_first() else { return Vec::new() };
    let listed = yaml.get(matrix, first).and_then(|values| yaml.items(values)).unwrap_or_default();
    let included = yaml.get(matrix, "include").and_then(|entries| yaml.items(entries)).unwrap_or_default();
    let included = included.into_iter().filter_map(|entry| yaml.get(entry, first));
    let mut values = Vec::new();
    for value in listed.into_iter().chain(included) {
        let Some(value) = yaml.at(value, below) else { continue };
        match yaml.items(value) {
            // A list of labels as one value.
            Some(items) => values.push(items.into_iter().filter_map(|item| yaml.scalar(item)).collect::<Vec<_>>().join(" ")),
            None => values.extend(yaml.scalar(value).map(str::to_owned)),
        }
    }
    values
}
