//! The command line: what can be said, and which command it runs.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand};

use crate::commands::{Exit, Streams, audit, ci, demo, doctor, explain, install, lint, policy};
use crate::doors;
use crate::finding::Finding;
use crate::fix::Extent;
use crate::report::{self, ColorChoice, Format, Summary, color};
use crate::walk::displayed;

/// Lets many writers share one git repository: lints shell scripts, and holds the Good Neighbor Protocol in git hooks.
#[derive(Debug, Parser)]
#[command(name = "gnp-lint", version, disable_help_subcommand = true, override_usage = USAGE, after_help = AFTER_HELP)]
pub struct Cli {
    /// What to do; without one, PATHS are linted.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What to lint, and how.
    #[command(flatten)]
    pub lint: LintArgs,
    /// Whether to colour the output; auto heeds `NO_COLOR`, `CLICOLOR_FORCE` and `TERM=dumb`.
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: ColorChoice,
}

const USAGE: &str = "gnp-lint [OPTIONS] [PATHS]...\n       gnp-lint <COMMAND> [OPTIONS]";

const AFTER_HELP: &str = "\
Exit status: 0 clean or warnings only, 1 something is denied, 2 wrong usage,
a path that cannot be read or written, or a failure of gnp-lint's own. With
--fix it is about what is left; with --diff it is 1 if there is anything to
change, 0 if not.

A folder that is called like a command is linted as ./NAME.";

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Put the hooks into a repository.
    Install(install::Install),
    /// Take the hooks out of a repository and put everything back as it was.
    Uninstall(install::Uninstall),
    /// Tell whether the hooks hold here, and what stands in their way.
    Doctor(doctor::Doctor),
    /// Replay the three incidents in a throwaway repository, with real git and the real hooks.
    Demo(demo::Demo),
    /// Judge every new commit that this CI job is about.
    Ci(CiArgs),
    /// Judge every commit of a history.
    Audit(audit::Audit),
    /// Show the policy in force, and where each value comes from.
    Policy(PolicyArgs),
    /// Tell what a rule is for, with examples; without one, list the rules.
    Explain(ExplainArgs),
}

/// `gnp-lint [PATHS]…`
#[derive(Debug, Args, Default, PartialEq, Eq)]
pub struct LintArgs {
    /// Scripts, and folders to search for them; `-` is standard input [default: .]
    #[arg(value_name = "PATHS")]
    pub paths: Vec<PathBuf>,
    /// How to report.
    #[command(flatten)]
    pub report: ReportArgs,
    /// Judge by this policy instead of the gnp.toml at the repository's root.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Run only these rules; `article-8` means all of an article.
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    pub select: Vec<String>,
    /// Leave these rules out.
    #[arg(long, value_name = "RULE,…", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// Rewrite the scripts: what cannot change their meaning, or with =unsafe all that can be fixed; then report what is left.
    /// Of standard input the fixed text is printed, and the report goes to standard error
    #[arg(long, value_name = "EXTENT", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "safe", hide_possible_values = true)]
    pub fix: Option<Extent>,
    /// Show what --fix (or --fix=unsafe) would change as a patch, and write nothing.
    #[arg(long, conflicts_with = "output_file")]
    pub diff: bool,
    /// What the script on standard input is called: decides its dialect and its targets.
    #[arg(long, value_name = "PATH")]
    pub stdin_filename: Option<PathBuf>,
}

/// How and where a report is written.
#[derive(Debug, Args, Default, PartialEq, Eq)]
pub struct ReportArgs {
    /// The form of the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the report to this file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output_file: Option<PathBuf>,
}

impl ReportArgs {
    /// Writes a report as asked for.
    ///
    /// # Errors
    /// The stream or the file cannot be written to.
    pub fn write(&self, streams: &mut Streams<'_>, findings: &[Finding], summary: &Summary) -> anyhow::Result<()> {
        let Some(path) = &self.output_file else {
            return report::write(streams.out, findings, summary, self.format, streams.out_color).context("cannot write the report");
        };
        let mut text = Vec::new();
        report::write(&mut text, findings, summary, self.format, false)?;
        std::fs::write(path, text).with_context(|| format!("cannot write the report to `{}`", displayed(path)))
    }
}

/// `gnp-lint explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// A rule's name, `article-N`, or what a script uses: `timeout`, `sed -i`, `mapfile`, `'${v^^}'`.
    #[arg(value_name = "WHAT", trailing_var_arg = true, allow_hyphen_values = true)]
    pub about: Vec<String>,
}

/// `gnp-lint policy`
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// The policy file instead of the gnp.toml at the repository's root.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The form to print it in.
    #[arg(long, value_enum, default_value_t)]
    pub format: policy::Format,
}

/// `gnp-lint ci`
#[derive(Debug, Args)]
pub struct CiArgs {
    /// The revision that the new commits start from; found from the CI's environment if none is named.
    #[arg(long, value_name = "REV")]
    pub base: Option<String>,
    /// How to report.
    #[command(flatten)]
    pub report: ReportArgs,
}

/// A call by git: the binary under a hook's name, or `gnp-lint hook NAME -- ARGS`.
#[derive(Debug, PartialEq, Eq)]
pub struct HookCall {
    /// The folder that the hook was called in.
    pub folder: PathBuf,
    /// The hook, as githooks(5) calls it.
    pub name: String,
    /// What git hands over.
    pub args: Vec<OsString>,
}

impl HookCall {
    /// Tells a hook's call by the name the binary runs under, or by its first argument. clap is not asked: most calls end within a millisecond.
    ///
    /// What follows a dot in the program's name does not count: hook managers rename the hooks that they find.
    pub fn of(argv: &[OsString]) -> Option<Self> {
        let (program, handed) = argv.split_first()?;
        let program = Path::new(program);
        let folder = program.parent().unwrap_or(Path::new("")).to_path_buf();
        let stem = program.file_name()?.to_str().and_then(|name| name.split('.').next());
        if let Some(name) = stem.and_then(hook_name) {
            return Some(Self { folder, name, args: handed.to_vec() });
        }
        let (word, handed) = handed.split_first()?;
        let (name, handed) = handed.split_first().filter(|_| word == "hook")?;
        let handed = handed.strip_prefix(&[OsString::from("--")]).unwrap_or(handed);
        Some(Self { folder, name: hook_name(name.to_str()?)?, args: handed.to_vec() })
    }
}

fn hook_name(word: &str) -> Option<String> {
    doors::GITHOOKS.contains(&word).then(|| word.to_owned())
}

/// Runs what the arguments ask for; the first is the name of the program.
pub fn main(argv: Vec<OsString>) -> ExitCode {
    if let Some(call) = HookCall::of(&argv) {
        doors::on_panic(call.name.clone());
        return doors::run(&call.folder, &call.name, &call.args).into();
    }
    let cli = match Cli::try_parse_from(argv).and_then(Cli::checked) {
        Ok(cli) => cli,
        Err(error) => {
            // A closed pipe behind `--help` is no failure.
            let _ = error.print();
            return if error.use_stderr() { Exit::Failed } else { Exit::Clean }.into();
        }
    };
    let env = |name: &str| std::env::var_os(name);
    let (stdout, stderr) = (io::stdout(), io::stderr());
    let out_color = color(cli.color, stdout.is_terminal(), env);
    let err_color = color(cli.color, stderr.is_terminal(), env);
    let mut out = Pipe { stream: io::BufWriter::new(stdout.lock()), broken: false };
    let mut err = Pipe { stream: stderr, broken: false };
    let mut streams = Streams { out: &mut out, out_color, err: &mut err, err_color };
    let ended = cli.run(&mut streams).and_then(|exit| out.flush().map(|()| exit).context("cannot write to standard output"));
    ended.unwrap_or_else(|error| fail(&mut err, &error)).into()
}

impl Cli {
    /// Refuses options of linting in front of a subcommand: they would be heard and not heeded.
    fn checked(self) -> Result<Self, clap::Error> {
        if self.command.is_some() && self.lint != LintArgs::default() {
            let message = "options of linting do not go with a subcommand; an option of the subcommand stands behind its name";
            return Err(Self::command().error(ErrorKind::ArgumentConflict, message));
        }
        Ok(self)
    }

    fn run(&self, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
        match &self.command {
            None => lint::run(&self.lint, streams),
            Some(Command::Install(args)) => args.run(streams),
            Some(Command::Uninstall(args)) => args.run(streams),
            Some(Command::Doctor(args)) => args.run(streams),
            Some(Command::Demo(args)) => args.run(streams),
            Some(Command::Ci(args)) => ci::run(args, streams),
            Some(Command::Audit(args)) => args.run(streams),
            Some(Command::Policy(args)) => policy::command(args, streams),
            Some(Command::Explain(args)) => explain::run(args, streams),
        }
    }
}

fn fail(err: &mut dyn Write, error: &anyhow::Error) -> Exit {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(err, "gnp-lint: {error:#}");
    Exit::Failed
}

/// A stream whose reader may leave early: what it does not want to read is dropped, and the exit code stays what it would be.
struct Pipe<W> {
    stream: W,
    broken: bool,
}

impl<W: Write> Pipe<W> {
    fn forgive<T>(&mut self, result: io::Result<T>, otherwise: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.broken = true;
                Ok(otherwise)
            }
            other => other,
        }
    }
}

impl<W: Write> Write for Pipe<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.broken {
            return Ok(bytes.len());
        }
        let written = self.stream.write(bytes);
        self.forgive(written, bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.broken {
            return Ok(());
        }
        let written = self.stream.write_all(bytes);
        self.forgive(written, ())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.broken {
            return Ok(());
        }
        let flushed = self.stream.flush();
        self.forgive(flushed, ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argv(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_hook_is_told_by_the_name_of_the_program() {
        let call = HookCall::of(&argv(&["/repo/.git/hooks/reference-transaction", "prepared"])).unwrap();
        assert_eq!((call.name.as_str(), call.args), ("reference-transaction", argv(&["prepared"])));
        assert_eq!(call.folder, Path::new("/repo/.git/hooks"));
        assert_eq!(HookCall::of(&argv(&["hooks/pre-commit.legacy"])).unwrap().name, "pre-commit");
    }

    #[test]
    fn a_hook_is_told_by_the_first_argument() {
        let call = HookCall::of(&argv(&["gnp-lint", "hook", "pre-push", "--", "origin", "--"])).unwrap();
        assert_eq!((call.name.as_str(), call.args), ("pre-push", argv(&["origin", "--"])));
        assert_eq!(HookCall::of(&argv(&["gnp-lint", "hook", "post-wedding"])), None);
        assert_eq!(HookCall::of(&argv(&["gnp-lint", "hook"])), None);
        assert_eq!(HookCall::of(&argv(&["gnp-lint", "pre-commit"])), None);
        assert_eq!(HookCall::of(&[]), None);
    }

    #[test]
    fn paths_and_subcommands_are_told_apart() {
        let parse = |words: &[&str]| Cli::try_parse_from(argv(words)).and_then(Cli::checked);
        let lint = parse(&["gnp-lint", "a.sh", "explain"]).unwrap();
        assert!(lint.command.is_none());
        assert_eq!(lint.lint.paths, [PathBuf::from("a.sh"), "explain".into()]);
        assert!(parse(&["gnp-lint", "./explain"]).unwrap().command.is_none());
        assert!(matches!(parse(&["gnp-lint", "--color", "always", "explain"]).unwrap().command, Some(Command::Explain(_))));
        assert_eq!(parse(&["gnp-lint", "--select", "brace-range", "explain"]).unwrap_err().kind(), ErrorKind::ArgumentConflict);
    }

    #[test]
    fn a_reader_that_left_is_no_error() {
        struct Left;
        impl Write for Left {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
        }
        let mut pipe = Pipe { stream: Left, broken: false };
        assert!(pipe.write_all(b"report").is_ok());
        assert!(pipe.broken);
        assert!(pipe.flush().is_ok());
    }
}
