//! `gnp-lint [PATHS]…`: lints scripts.

use std::collections::BTreeMap;
use std::fs::{self, File as Opened};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context as _, bail};

use super::{Exit, Streams, nearest, rules_named};
use crate::carriers::{self, Form, Reading};
use crate::cli::LintArgs;
use crate::finding::Finding;
use crate::fix::{self, Extent};
use crate::lint::{gather, lint_file};
use crate::policy::{Policy, Strictness};
use crate::report::{self, Summary, counted, shown};
use crate::rule::Level;
use crate::rules::RULES;
use crate::shell::Dialect;
use crate::threads;
use crate::walk::{self, File, displayed};

/// Larger files are no scripts that people write: archives that unpack themselves, mostly.
const LARGEST: u64 = 16 << 20;
/// The bytes that decide whether a file without a shell's extension is a script.
const HEAD: usize = 256;
/// How much memory for texts is kept from one file to the next.
const KEPT: usize = 1 << 20;

/// Lints what the arguments name, and reports on `out`.
///
/// # Errors
/// An unknown rule, an unreadable policy, a report that cannot be written.
pub fn run(args: &LintArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let levels = Levels::read(args)?;
    let (stdin, paths) = inputs(args);
    if stdin && !paths.is_empty() && args.fix.is_some() && !args.diff {
        bail!("with `--fix` standard output is the fixed text of `-`: name no other path");
    }
    let walk = walk::walk(&paths);
    let mut run =
        Run { levels, changes: Changes::of(args), config: args.config.as_deref(), policies: BTreeMap::new(), notices: Vec::new() };
    if run.config.is_some() {
        // A wrong one is an error even where there is nothing to lint.
        run.read_policy(None)?;
    }
    for file in &walk.files {
        run.read_policy(file.root.as_ref())?;
    }
    let mut problems = walk.problems;
    let mut outcomes: Vec<Outcome> = Vec::new();
    if stdin {
        outcomes.push(run.standard_input(args.stdin_filename.as_deref(), streams)?);
    } else if args.stdin_filename.is_some() {
        bail!("`--stdin-filename` names what `-` reads, and there is no `-`");
    }
    outcomes.extend(run.all(&walk.files));

    let mut summary = Summary::default();
    let (mut findings, mut notices, mut changed) = (Vec::new(), run.notices, Vec::new());
    for outcome in outcomes {
        match outcome {
            Outcome::Linted { findings: found, other_shells, notice, problem, change } => {
                summary.files += 1;
                summary.skipped.other_shells += other_shells;
                gather(&mut findings, found);
                notices.extend(notice);
                problems.extend(problem);
                changed.extend(change);
            }
            Outcome::NoScript => {}
            Outcome::OtherShells(count) => summary.skipped.other_shells += count,
            Outcome::TooLarge => summary.skipped.too_large += 1,
            Outcome::Failed(problem) => problems.push(problem),
        }
    }
    report::sort(&mut findings);
    summary = Summary { files: summary.files, skipped: summary.skipped, ..Summary::of(&findings) };
    summary.skipped.repositories = walk.repositories;
    summary.skipped.unreadable = problems.len();
    match run.changes {
        Changes::Shown(_) => show(&changed, streams)?,
        Changes::Written(_) if stdin => {
            // The text has standard output for itself.
            let mut aside = Streams { out: &mut *streams.err, out_color: streams.err_color, err: &mut io::sink(), err_color: false };
            args.report.write(&mut aside, &findings, &summary)?;
        }
        Changes::None | Changes::Written(_) => args.report.write(streams, &findings, &summary)?,
    }
    notices.extend(run.changes.told(&changed));
    streams.out.flush().context("cannot write to standard output")?;
    let hint = paths.first().and_then(|path| not_a_command(path));
    for problem in notices.iter().chain(&problems).chain(&hint) {
        writeln!(streams.err, "gnp-lint: {problem}")?;
    }
    Ok(match (run.changes, summary.deny) {
        _ if !problems.is_empty() => Exit::Failed,
        (Changes::Shown(_), _) => {
            if changed.is_empty() {
                Exit::Clean
            } else {
                Exit::Denied
            }
        }
        (_, 0) => Exit::Clean,
        _ => Exit::Denied,
    })
}

/// What is done with fixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Changes {
    None,
    Shown(Extent),
    Written(Extent),
}

impl Changes {
    fn of(args: &LintArgs) -> Self {
        match (args.diff, args.fix) {
            (true, extent) => Self::Shown(extent.unwrap_or(Extent::Safe)),
            (false, Some(extent)) => Self::Written(extent),
            (false, None) => Self::None,
        }
    }

    fn wanted(self) -> Option<Extent> {
        match self {
            Self::None => None,
            Self::Shown(extent) | Self::Written(extent) => Some(extent),
        }
    }

    /// The line that says what was done.
    fn told(self, changed: &[Change]) -> Option<String> {
        let fixes: usize = changed.iter().map(|change| change.fixes).sum();
        let what = format!("{} in {}", counted(fixes, "finding"), counted(changed.len(), "script"));
        match self {
            _ if fixes == 0 => None,
            Self::None => None,
            Self::Shown(_) => Some(format!("this would fix {what}")),
            Self::Written(_) => Some(format!("fixed {what}")),
        }
    }
}

/// A text that fixes changed.
struct Change {
    path: String,
    old: String,
    new: String,
    fixes: usize,
}

/// Prints what would change, file by file.
fn show(changed: &[Change], streams: &mut Streams<'_>) -> anyhow::Result<()> {
    for change in changed {
        streams.out.write_all(fix::unified(&change.path, &change.old, &change.new).as_bytes()).context("cannot write the patch")?;
    }
    Ok(())
}

/// Whether standard input is asked for, and the other paths; the current folder where nothing is named.
fn inputs(args: &LintArgs) -> (bool, Vec<PathBuf>) {
    if args.paths.is_empty() {
        return (false, vec![PathBuf::from(".")]);
    }
    let (dashes, paths): (Vec<_>, Vec<_>) = args.paths.iter().cloned().partition(|path| path.as_os_str() == "-");
    (!dashes.is_empty(), paths)
}

/// A word that is no path but nearly a command was meant as one.
fn not_a_command(path: &Path) -> Option<String> {
    let word = path.to_str().filter(|word| !word.contains(['/', '.']) && !path.exists())?;
    let command = <crate::cli::Cli as clap::CommandFactory>::command();
    let near = nearest(word, command.get_subcommands().map(clap::Command::get_name))?;
    Some(format!("`{}` is no command either; did you mean `gnp-lint {near}`?", shown(word)))
}

/// What `--select` and `--ignore` make of the policy's levels.
struct Levels(Vec<(&'static str, Option<Level>)>);

impl Levels {
    fn read(args: &LintArgs) -> anyhow::Result<Self> {
        let named = |words: &[String]| -> anyhow::Result<Vec<&'static str>> {
            let rules = words.iter().map(|word| rules_named(word)).collect::<anyhow::Result<Vec<_>>>()?;
            Ok(rules.into_iter().flatten().map(|rule| rule.name).collect())
        };
        let (selected, ignored) = (named(&args.select)?, named(&args.ignore)?);
        let levels = RULES.iter().filter_map(|rule| {
            let off = ignored.contains(&rule.name) || !args.select.is_empty() && !selected.contains(&rule.name);
            match (off, selected.contains(&rule.name)) {
                (true, _) => Some((rule.name, Some(Level::Allow))),
                (false, true) => Some((rule.name, None)),
                (false, false) => None,
            }
        });
        Ok(Self(levels.collect()))
    }

    /// What is ignored is off; what is selected has its own level where the policy turns it off.
    fn apply(&self, policy: &mut Policy) {
        for &(rule, level) in &self.0 {
            policy.levels.retain(|(name, set)| name != rule || level.is_none() && *set != Level::Allow);
            policy.levels.extend(level.map(|level| (rule.to_owned(), level)));
        }
    }
}

/// What became of a file.
enum Outcome {
    Linted { findings: Vec<Finding>, other_shells: usize, notice: Option<String>, problem: Option<String>, change: Option<Change> },
    NoScript,
    OtherShells(usize),
    TooLarge,
    Failed(String),
}

struct Run<'a> {
    levels: Levels,
    changes: Changes,
    config: Option<&'a Path>,
    policies: BTreeMap<Option<PathBuf>, Policy>,
    /// What the user should know and what changes no verdict.
    notices: Vec<String>,
}

impl Run<'_> {
    fn read_policy(&mut self, root: Option<&PathBuf>) -> anyhow::Result<()> {
        let key = root.cloned();
        if !self.policies.contains_key(&key) {
            let (mut policy, warnings) = load_policy(root.map(PathBuf::as_path), self.config)?;
            self.notices.extend(warnings.into_iter().filter(|warning| !self.notices.contains(warning)).collect::<Vec<_>>());
            self.levels.apply(&mut policy);
            self.policies.insert(key, policy);
        }
        Ok(())
    }

    /// Lints standard input; where it is fixed, its text goes to standard output whatever it is.
    fn standard_input(&mut self, name: Option<&Path>, streams: &mut Streams<'_>) -> anyhow::Result<Outcome> {
        let file = walk::named(name.unwrap_or(Path::new("-")));
        let file = File { path: name.map_or_else(|| "-".to_owned(), |_| file.path), ..file };
        self.read_policy(file.root.as_ref())?;
        let mut text = Vec::new();
        io::stdin().lock().take(LARGEST + 1).read_to_end(&mut text).context("cannot read standard input")?;
        if text.len() as u64 > LARGEST {
            return Ok(Outcome::Failed(too_large(&file.path, LARGEST)));
        }
        let outcome = match Form::of(&file.path, &text).unwrap_or(Form::Script(Dialect::Bash)) {
            form if form.is_other_shell() => Outcome::OtherShells(1),
            Form::Carrier(_) if text.len() > carriers::LARGEST => Outcome::Failed(too_large(&file.path, carriers::LARGEST as u64)),
            form => self.lint(&file, &text, form),
        };
        if matches!(self.changes, Changes::Written(_)) {
            let fixed = match &outcome {
                Outcome::Linted { change: Some(change), .. } => change.new.as_bytes(),
                _ => &text,
            };
            streams.out.write_all(fixed).context("cannot write to standard output")?;
        }
        Ok(outcome)
    }

    /// Lints every file, on all processors, and keeps the order.
    fn all(&self, files: &[File]) -> Vec<Outcome> {
        // Two names of one file are not to be written at the same time.
        let is_one = files.len() < 2 || matches!(self.changes, Changes::Written(_));
        let most = if is_one { 1 } else { threads::processors() };
        threads::each(files, most, |file, text| self.file(file, text))
    }

    fn file(&self, file: &File, text: &mut Vec<u8>) -> Outcome {
        match self.read(file, text) {
            Ok(outcome) => outcome,
            Err(error) => {
                let why = if error.kind() == io::ErrorKind::PermissionDenied { "permission denied".to_owned() } else { error.to_string() };
                Outcome::Failed(format!("cannot read `{}`: {why}", shown(&file.path)))
            }
        }
    }

    /// Reads and lints a file; its text comes into the same memory as that of the file before.
    fn read(&self, file: &File, text: &mut Vec<u8>) -> io::Result<Outcome> {
        if !file.named && !worth_opening(&file.disk) {
            return Ok(Outcome::NoScript);
        }
        let opened = Opened::open(&file.disk)?;
        text.clear();
        text.shrink_to(KEPT);
        text.reserve(HEAD);
        (&opened).take(HEAD as u64).read_to_end(text)?;
        let form = match Form::of(&file.path, text) {
            Some(form) if form.is_other_shell() => return Ok(Outcome::OtherShells(1)),
            None if !file.named || carriers::is_foreign(&file.path, text) => return Ok(Outcome::NoScript),
            form => form.unwrap_or(Form::Script(Dialect::Bash)),
        };
        let largest = if matches!(form, Form::Carrier(_)) { carriers::LARGEST as u64 } else { LARGEST };
        let size = opened.metadata()?.len();
        if size > largest {
            return Ok(if file.named { Outcome::Failed(too_large(&file.path, largest)) } else { Outcome::TooLarge });
        }
        text.reserve_exact(usize::try_from(size).unwrap_or(0) + 1);
        opened.take(largest).read_to_end(text)?;
        let outcome = self.lint(file, text, form);
        Ok(if matches!(self.changes, Changes::Written(_)) { self.written(file, text, form, outcome) } else { outcome })
    }

    fn lint(&self, file: &File, bytes: &[u8], form: Form) -> Outcome {
        let policy = &self.policies[&file.root];
        let Reading { scripts, other_shells } = carriers::read(form, &file.path, bytes, policy);
        if scripts.is_empty() {
            return if other_shells > 0 { Outcome::OtherShells(other_shells) } else { Outcome::NoScript };
        }
        match (self.changes.wanted(), std::str::from_utf8(bytes)) {
            (Some(wanted), Ok(old)) => {
                let fixed = fix::fixed(&file.path, old, form, policy, wanted);
                let path = if file.path == "-" { file.path.clone() } else { from_here(&file.disk) };
                let change = fixed.text.map(|new| Change { path, old: old.to_owned(), new, fixes: fixed.applied });
                Outcome::Linted { findings: fixed.findings, other_shells, notice: None, problem: None, change }
            }
            (wanted, read) => {
                let kept = if wanted.is_some() { ", and it is not fixed" } else { "" };
                let notice = read.err().map(|error| {
                    let line = bytes[..error.valid_up_to()].split(|&byte| byte == b'\n').count();
                    format!("warning: `{}` is not UTF-8 at line {line}; such bytes are read as `\u{fffd}`{kept}", shown(&file.path))
                });
                Outcome::Linted { findings: lint_file(&scripts, policy), other_shells, notice, problem: None, change: None }
            }
        }
    }

    /// Writes what was fixed; where that fails, everything is as it was, and the findings are those of the text that stayed.
    fn written(&self, file: &File, text: &[u8], form: Form, outcome: Outcome) -> Outcome {
        let Outcome::Linted { change: Some(change), other_shells, .. } = &outcome else { return outcome };
        let Err(refusal) = fix::replace(&file.disk, text, change.new.as_bytes()) else { return outcome };
        let policy = &self.policies[&file.root];
        let problem = Some(format!("cannot fix `{}`: {refusal}", shown(&file.path)));
        let findings = lint_file(&carriers::read(form, &file.path, text, policy).scripts, policy);
        Outcome::Linted { findings, other_shells: *other_shells, notice: None, problem, change: None }
    }
}

/// A path as a patch names it: from the current folder where it lies below that.
fn from_here(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let below = path.strip_prefix(&here).unwrap_or(path);
    let plain: PathBuf = below.components().filter(|part| *part != Component::CurDir).collect();
    plain.to_string_lossy().into_owned()
}

fn too_large(name: &str, largest: u64) -> String {
    format!("`{}` is larger than {} MiB and is not linted", shown(name), largest >> 20)
}

/// A file with a shell's extension, without any, or that can be run; the head of others need not be read.
fn worth_opening(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.extension().is_none_or(|extension| SHELL_EXTENSIONS.iter().any(|known| extension == *known))
        || carriers::Kind::of(&path.to_string_lossy(), b"").is_some()
        || path.symlink_metadata().is_ok_and(|file| file.permissions().mode() & 0o111 != 0)
}

const SHELL_EXTENSIONS: &[&str] = &["sh", "bash", "zsh", "ksh", "dash", "mksh", "fish"];

/// The policy of the work tree's root, or of `--config`, with its warnings; read strictly, because here is where it is mended.
pub(super) fn load_policy(root: Option<&Path>, config: Option<&Path>) -> anyhow::Result<(Policy, Vec<String>)> {
    let found = root.map(|root| root.join("gnp.toml")).filter(|path| path.exists());
    let Some(path) = config.or(found.as_deref()) else {
        return Ok((Policy::built_in(), Vec::new()));
    };
    let text = fs::read_to_string(path).with_context(|| format!("cannot read the policy `{}`", displayed(path)))?;
    let (policy, warnings) = Policy::read(&text, &displayed(path), Strictness::Strict)?;
    Ok((policy, warnings.iter().map(|problem| format!("warning: {problem}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selected_rules_have_their_own_level_and_ignored_ones_none() {
        let mut policy = Policy::built_in();
        policy.levels =
            [("a", Level::Allow), ("b", Level::Warn), ("c", Level::Deny)].map(|(rule, level)| (rule.to_owned(), level)).to_vec();
        Levels(vec![("a", None), ("b", None), ("c", Some(Level::Allow)), ("d", Some(Level::Allow))]).apply(&mut policy);
        let expected = [("b", Level::Warn), ("c", Level::Allow), ("d", Level::Allow)];
        assert_eq!(policy.levels, expected.map(|(rule, level)| (rule.to_owned(), level)));
    }

    #[test]
    fn a_word_that_is_nearly_a_command_is_told() {
        assert_eq!(not_a_command(Path::new("explian")).unwrap(), "`explian` is no command either; did you mean `gnp-lint explain`?");
        assert_eq!(not_a_command(Path::new("./explian")), None);
        assert_eq!(not_a_command(Path::new("src")), None);
    }
}
