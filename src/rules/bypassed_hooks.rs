//! `bypassed-hooks`: git told not to ask the hooks.

use crate::finding::Sink;
use crate::policy::Policy;
use crate::protocol::writes::{self, How};
use crate::rule::{Check, Level, Rule};
use crate::shell::course::{Course, Git, Step, Symbol, Value};
use crate::shell::tree::{Bytes, UNKNOWN};
use crate::shell::{Checkout, Script};
use crate::subject::Subject;

pub(super) const RULE: Rule = Rule {
    name: "bypassed-hooks",
    article: 0,
    summary: "git told not to ask the hooks, or hooks taken away",
    why: "\
The hooks are what keeps one writer from destroying another's work, and they are silent about everything that is fine. A watchdog that \
committed with `--no-verify`, because a hook had once been in its way, carried conflict markers and a neighbour's half-written files to \
main for days.

Leave the option out. What a hook refuses it explains, with the command that puts it right; where it is wrong, one act can be waived with \
a reason: `GNP_ALLOW='rule: reason' git commit …`. `core.hooksPath` that names another folder of hooks only warns: run `gnp-lint install` \
after it. Repositories that the script itself makes with `git init` are left alone.",
    level: Level::Deny,
    bad: &[
        "git commit -qm 'watchdog: sync' --no-verify",
        "git commit -anm 'quick fix'\ngit push --no-veri origin main",
        "git -c core.hooksPath=/dev/null commit -m x",
        "git config core.hooksPath /dev/null",
        "GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=core.hooksPath GIT_CONFIG_VALUE_0= git commit -m x",
        "export HUSKY=0\ngit commit -m x",
        "chmod -x .git/hooks/pre-commit",
        "rm -rf \"$(git rev-parse --git-dir)/hooks\"",
    ],
    good: &[
        "git push -n origin main\ngit log -n 3\ngit merge -n topic\ngit cherry-pick -n topic",
        "git commit -m '--no-verify is forbidden'\ngit commit -m --no-verify\necho git commit --no-verify # git commit -n",
        "d=$(mktemp -d)\ngit init -q \"$d\"\ncd \"$d\" && git commit -qm x --no-verify",
        "git config --get core.hooksPath\ngit config --unset core.hooksPath\ngit -c core.hooksPath=/dev/null log -1",
        "HUSKY=0 npm ci\nrm -f .git/hooks/*.sample\nchmod +x .git/hooks/pre-commit\nls .git/hooks",
        "git commit --no-verify --verify -m x",
    ],
    check: Check::Script(check),
};

const HELP: &str = "Leave it out. What a hook refuses it explains; one act can be waived, with its reason:\n    \
                    GNP_ALLOW='rule: reason' git commit …";

/// What is wrong at a step.
struct Bypass {
    bytes: Bytes,
    message: String,
    /// Hooks of another folder take the place of the installed ones.
    replaced: bool,
}

fn check(script: &Subject<'_>, _: &Policy, sink: &mut Sink<'_>) {
    const SIGNS: [&str; 9] = ["--no-v", "commit", "git am", "hookspath", "git_config", "husky", "lefthook", "skip", "hooks"];
    if !script.mentions_git() {
        return;
    }
    let lower = script.text.to_ascii_lowercase();
    if !SIGNS.iter().any(|sign| lower.contains(sign)) {
        return;
    }
    let course = script.course();
    let own = made_by_init(course);
    let is_own = |step: &Step| own.iter().any(|folder| step.folder.strip_prefix(folder).is_some());
    for (at, step) in course.steps.iter().enumerate().filter(|(_, step)| !is_own(step)) {
        let found = by_option(step).or_else(|| by_setting(step)).or_else(|| by_configuration(step)).or_else(|| by_environment(course, at));
        if let Some(found) = found {
            report(script, &found, sink);
        }
    }
    if lower.contains("hooks") {
        by_removal(script, course, &own, sink);
    }
}

fn report(script: &Script, found: &Bypass, sink: &mut Sink<'_>) {
    let place = script.place(&found.bytes);
    if found.replaced {
        sink.warn(place, &*found.message, "Run `gnp-lint install` after it, so that these hooks are asked too.");
    } else if script.checkout == Checkout::Reader {
        // A page that tells of it bypasses nothing yet.
        sink.warn(place, &*found.message, HELP);
    } else {
        sink.report(place, &*found.message, HELP);
    }
}

/// Repositories that the script makes from nothing: nobody else has hooks there.
fn made_by_init(course: &Course) -> Vec<Value> {
    let mut all = Vec::new();
    for step in &course.steps {
        let Some(git) = step.git().filter(|git| git.command == "init") else { continue };
        all.push(git.operands().first().map_or_else(|| step.folder.clone(), |path| step.path(&git.value_of(path))));
    }
    all
}

/// `--no-verify`, `-n` of `commit` and `am`.
fn by_option(step: &Step) -> Option<Bypass> {
    let git = step.git()?;
    let names: &[&str] = match git.command {
        "commit" | "am" => &["--no-verify", "-n"],
        "merge" | "push" | "rebase" | "pull" | "revert" => &["--no-verify"],
        _ => return None,
    };
    let last = git.options().iter().rfind(|given| names.contains(&&*given.name) || given.name == "--verify")?;
    if last.name == "--verify" {
        return None;
    }
    let written = if last.name == "-n" { "-n" } else { "--no-verify" };
    let message = format!("`git {} {written}` does not ask the hooks", git.command);
    Some(Bypass { bytes: last.word.bytes.clone(), message, replaced: false })
}

/// `git -c core.hooksPath=…`
fn by_setting(step: &Step) -> Option<Bypass> {
    let git = step.git()?;
    let setting = git.settings.iter().find(|setting| is_hooks_path(setting.split('=').next().unwrap_or_default()))?;
    if is_harmless(&git) {
        return None;
    }
    let folder = setting.split_once('=').map_or("", |(_, folder)| folder);
    let message = format!("`-c core.hooksPath` takes the installed hooks out of this `git {}`", git.command);
    Some(Bypass { bytes: step.bytes.clone(), message, replaced: !leads_nowhere(folder) })
}

/// Commands that move no branch.
fn is_harmless(git: &Git<'_>) -> bool {
    const READ: [&str; 21] = [
        "log",
        "diff",
        "status",
        "show",
        "rev-parse",
        "ls-files",
        "ls-remote",
        "ls-tree",
        "clone",
        "init",
        "config",
        "cat-file",
        "for-each-ref",
        "diff-index",
        "diff-files",
        "diff-tree",
        "grep",
        "blame",
        "describe",
        "rev-list",
        "merge-base",
    ];
    READ.contains(&git.command)
}

/// `git config core.hooksPath …`
fn by_configuration(step: &Step) -> Option<Bypass> {
    let git = step.git().filter(|git| git.command == "config")?;
    let asks = ["--get", "--get-all", "--get-regexp", "--unset", "--unset-all", "--list", "-l", "--remove-section", "--rename-section"];
    let operands = git.operands();
    let words = if operands.first()?.text == "set" { &operands[1..] } else { operands };
    let [name, value, ..] = words else { return None };
    if git.has(&asks) || !is_hooks_path(&name.text) {
        return None;
    }
    let folder = git.value_of(value);
    let was_asked = folder
        .symbols()
        .any(|symbol| matches!(symbol, Symbol::Output(words, _) if words.iter().any(|word| word.literal().is_some_and(is_hooks_path))));
    let shape = folder.by_default().shape();
    if was_asked || shape.ends_with(".git/hooks") {
        return None;
    }
    let nowhere = leads_nowhere(&shape);
    let message = if nowhere {
        "`core.hooksPath` is set to a place without hooks: none is asked any more"
    } else {
        "`core.hooksPath` names another folder: its hooks take the place of the installed ones"
    };
    Some(Bypass { bytes: step.bytes.clone(), message: message.to_owned(), replaced: !nowhere })
}

fn is_hooks_path(name: &str) -> bool {
    name.eq_ignore_ascii_case("core.hooksPath")
}

/// Whether no hooks can be in a folder of that name.
fn leads_nowhere(folder: &str) -> bool {
    folder.is_empty()
        || folder.starts_with("/dev/")
        || folder == "/"
        || folder.contains("nonexist")
        || folder.contains("no-hooks")
        || folder.starts_with("/tmp/")
}

/// Variables that switch hooks off, before a call of git or exported to a later one.
fn by_environment(course: &Course, at: usize) -> Option<Bypass> {
    let step = &course.steps[at];
    let for_git = step.git().is_some_and(|git| !is_harmless(&git));
    if for_git && let Some((name, _)) = step.environment.iter().find(|(name, value)| switches_off(name, &value.shape()) || name == "SKIP") {
        return Some(off(name, &step.bytes));
    }
    let exports = matches!(step.name(), "export" | "declare" | "typeset");
    let later = || course.steps.iter().skip(at).any(|later| later.git().is_some_and(|git| !is_harmless(&git)));
    let words = step.arguments().iter().zip(step.values.get(1..).unwrap_or_default()).filter(|_| exports);
    for (word, value) in words {
        let shape = value.shape();
        if let Some((name, value)) = shape.split_once('=')
            && switches_off(name, value)
            && later()
        {
            return Some(off(name, &word.bytes));
        }
    }
    None
}

fn off(name: &str, bytes: &Bytes) -> Bypass {
    Bypass { bytes: bytes.clone(), message: format!("`{name}` switches hooks off for git"), replaced: false }
}

fn switches_off(name: &str, value: &str) -> bool {
    let is_off = matches!(value, "0" | "false" | "no" | "off");
    let is_on = !value.is_empty() && !is_off && !value.starts_with(UNKNOWN);
    match name {
        "HUSKY" | "LEFTHOOK" => is_off,
        "HUSKY_SKIP_HOOKS" | "SKIP_SIMPLE_GIT_HOOKS" | "OVERCOMMIT_DISABLE" | "PRE_COMMIT_ALLOW_NO_CONFIG" => is_on,
        "GIT_CONFIG_PARAMETERS" => value.to_ascii_lowercase().contains("core.hookspath"),
        _ => name.starts_with("GIT_CONFIG_KEY_") && is_hooks_path(value),
    }
}

/// Hooks that are removed, moved away or made unable to run.
fn by_removal(script: &Script, course: &Course, own: &[Value], sink: &mut Sink<'_>) {
    let written = writes::written(course);
    let is_own = |path: &Value| own.iter().any(|folder| path.strip_prefix(folder).is_some());
    for gone in written.iter().filter(|it| it.how == How::Removed && names_hook(&it.path) && !is_own(&it.path)) {
        let put_back = written.iter().any(|it| it.step > gone.step && it.how != How::Removed && it.path.may_equal(&gone.path));
        if !put_back {
            let message = "this takes installed hooks away".to_owned();
            report(script, &Bypass { bytes: course.steps[gone.step].bytes.clone(), message, replaced: false }, sink);
        }
    }
    for step in course.steps.iter().filter(|step| step.name() == "chmod") {
        let mode = step.arguments().iter().any(|word| takes_right_to_run(&word.text));
        let hook =
            step.values.get(1..).unwrap_or_default().iter().map(|value| step.path(value)).any(|path| names_hook(&path) && !is_own(&path));
        if mode && hook {
            let message = "git skips a hook that may not be run".to_owned();
            report(script, &Bypass { bytes: step.bytes.clone(), message, replaced: false }, sink);
        }
    }
}

/// `-x`, `a-x`, `644`
fn takes_right_to_run(mode: &str) -> bool {
    let octal = mode.len() >= 3
        && mode.bytes().all(|byte| byte.is_ascii_digit())
        && mode.bytes().rev().nth(2).is_some_and(|byte| (byte - b'0').is_multiple_of(2));
    let symbolic = mode.split_once('-').is_some_and(|(who, what)| who.chars().all(|char| "ugoa".contains(char)) && what.contains('x'));
    octal || symbolic
}

/// Whether a path is the folder of hooks or a hook in it; samples are none.
fn names_hook(path: &Value) -> bool {
    path.alternatives().iter().any(|one| {
        let shape = one.shape();
        let asked = |word: &str| one.symbols().any(|symbol| asks_git(symbol, word));
        let below = if let Some((_, below)) = shape.split_once(".git/hooks") {
            Some(below)
        } else if asked("--git-path") && asked("hooks") {
            shape.rsplit_once(UNKNOWN).map(|(_, below)| below)
        } else if asked("--git-dir") || asked("--git-common-dir") {
            shape.rsplit_once("hooks").map(|(_, below)| below)
        } else {
            None
        };
        below.is_some_and(|below| (below.is_empty() || below.starts_with('/')) && !below.ends_with(".sample"))
    })
}

/// Whether a symbol is what `git rev-parse` prints for this word.
fn asks_git(symbol: &Symbol, word: &str) -> bool {
    match symbol {
        Symbol::Output(words, _) => words.iter().any(|value| value.literal() == Some(word)),
        _ => false,
    }
}
