//! Our hooks: whether they stand, are of this version, can be run, and are the ones that git runs in every checkout.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use super::line::{Line, listed};
use super::{Patient, command};
use crate::commands::install::{Fault, PROGRAM, Standing};
use crate::repo::{Form, Repo, Setting};
use crate::report::{shell_quote, shown};

const ABOUT: &str = "hooks";

pub(super) fn lines(patient: &Patient) -> Vec<Line> {
    let install = command(patient, "install");
    match &patient.standing {
        Err(problem) => vec![Line::wrong(ABOUT, format!("{problem:#}"))],
        Ok(None) => vec![Line::wrong(ABOUT, "gnp-lint is not installed here: nothing is refused").cured_by(install)],
        Ok(Some(standing)) => {
            let mut lines = faults(standing, &install);
            lines.extend(start(&standing.folder.join(PROGRAM), &install));
            if lines.is_empty() {
                lines.push(well(patient, standing));
            }
            lines.extend(patient.checkouts.iter().filter_map(|checkout| unreached(checkout, standing, &install)));
            lines
        }
    }
}

fn well(patient: &Patient, standing: &Standing) -> Line {
    let place = shown(&standing.folder.to_string_lossy());
    let behind = match &standing.former {
        Some(former) => format!(", and run those of `{}` too", shown(&former.to_string_lossy())),
        None => String::new(),
    };
    let checkouts = match patient.checkouts.len() {
        1 => "1 checkout".to_owned(),
        count => format!("{count} checkouts"),
    };
    Line::ok(ABOUT, format!("those of gnp-lint {} stand in `{place}` for {checkouts}{behind}", env!("CARGO_PKG_VERSION")))
}

/// What is wrong with the files, one line for each kind of fault.
fn faults(standing: &Standing, install: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut kinds: Vec<&Fault> = Vec::new();
    for (_, fault) in &standing.faults {
        if !kinds.contains(&fault) {
            kinds.push(fault);
        }
    }
    for kind in kinds {
        let names = listed(standing.faults.iter().filter(|(_, fault)| fault == kind).map(|(name, _)| name.as_str()));
        let what = match kind {
            Fault::Missing => format!("{names} not there"),
            Fault::NotExecutable => format!("{names} not executable, so git leaves it out"),
            Fault::Outdated => format!("{names} not as gnp-lint {} writes it", env!("CARGO_PKG_VERSION")),
            Fault::Replaced(Some(manager)) => format!("{names} replaced by {manager}"),
            Fault::Replaced(None) => format!("{names} replaced by another hook"),
        };
        lines.push(Line::wrong(ABOUT, what).cured_by(install));
    }
    lines
}

/// Runs the program that the hooks are: on a file system mounted `noexec`, or copied from another machine, it does not start.
fn start(program: &Path, install: &str) -> Option<Line> {
    if !program.exists() {
        return None;
    }
    let shown_path = shown(&program.to_string_lossy());
    match Command::new(program).arg("--version").output() {
        Ok(output) if output.status.success() => None,
        Ok(output) => Some(Line::wrong(ABOUT, format!("`{shown_path}` fails ({})", output.status)).cured_by(install)),
        Err(error) => {
            let line = Line::wrong(ABOUT, format!("`{shown_path}` cannot be run: {error}"));
            let line = line.advised("if its file system is mounted `noexec`, mount it otherwise; else install again");
            Some(line.cured_by(install))
        }
    }
}

/// A checkout in which git runs other hooks than ours, or none.
fn unreached(checkout: &Path, standing: &Standing, install: &str) -> Option<Line> {
    let same = |one: &Path, other: &Path| one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b);
    let name = shown(&checkout.to_string_lossy());
    let folder = match Repo::hooks_folder(checkout) {
        Ok(folder) if same(&folder, &standing.folder) => return None,
        Ok(folder) => folder,
        Err(problem) => return Some(Line::wrong(ABOUT, format!("git does not tell which hooks it runs in `{name}`: {problem}"))),
    };
    let missing = if folder.is_dir() { "" } else { ", which is not there: no hook runs" };
    let setting = Repo::setting(checkout, "core.hooksPath", Form::Path).ok().flatten();
    let from = setting.as_ref().map_or(String::new(), |setting| format!(" (`core.hooksPath`, {})", shown(&setting.scope)));
    let message = format!("in `{name}` git runs those of `{}`{from}{missing}", shown(&folder.to_string_lossy()));
    Some(Line::wrong(ABOUT, message).cured_by(cure(checkout, setting.as_ref(), install)))
}

fn cure(checkout: &Path, setting: Option<&Setting>, install: &str) -> String {
    let git = format!("git -C {} config", shell_quote(&checkout.to_string_lossy()));
    match setting.map(|setting| setting.scope.as_str()) {
        Some("worktree") => format!("{git} --worktree --unset-all core.hooksPath"),
        Some("command") => "unset GIT_CONFIG_COUNT GIT_CONFIG_PARAMETERS".to_owned(),
        // The repository's own value beats the others, and ours stands in front of theirs.
        _ => install.to_owned(),
    }
}

/// Whether a hook's file would be run by git.
pub(super) fn runnable(hook: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(hook).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// A path as a message shows it.
pub(super) fn named(path: impl AsRef<OsStr>) -> String {
    shown(&path.as_ref().to_string_lossy())
}
