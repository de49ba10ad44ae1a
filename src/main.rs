//! Arguments → library → exit code, nothing else.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gnp_lint::commands::demo::Demo;
use gnp_lint::commands::install::{Console, Install, Uninstall};

/// Lets many writers share one git repository.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    Install(Install),
    Uninstall(Uninstall),
    Demo(Demo),
    /// What the hooks call.
    #[command(hide = true)]
    Hook {
        name: String,
        args: Vec<OsString>,
    },
}

fn main() -> ExitCode {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    let name = called.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let name = name.split('.').next().unwrap_or_default();
    let (mut out, mut err) = (io::stdout().lock(), io::stderr().lock());
    let folder = called.parent().unwrap_or(Path::new(".")).to_path_buf();
    let result = if name == "gnp-lint" {
        let mut console = Console { out: &mut out, err: &mut err };
        match Arguments::parse().command {
            Act::Install(install) => install.run(&mut console),
            Act::Uninstall(uninstall) => uninstall.run(&mut console),
            Act::Demo(demo) => demo.run(&mut console),
            Act::Hook { name, args } => hook(&folder, &name, &args),
        }
    } else {
        hook(&folder, name, &std::env::args_os().skip(1).collect::<Vec<_>>())
    };
    result.unwrap_or_else(|error| {
        let _ = writeln!(err, "gnp-lint: {error:#}");
        ExitCode::from(2)
    })
}

fn hook(folder: &Path, name: &str, args: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut input = Vec::new();
    let told = matches!(name, "pre-push" | "reference-transaction" | "post-rewrite" | "pre-receive" | "post-receive");
    if told {
        io::stdin().read_to_end(&mut input)?;
    }
    let code = gnp_lint::chain::run(folder, name, args, told.then_some(&input))?;
    Ok(ExitCode::from(code.unwrap_or(0).clamp(0, 255) as u8))
}
