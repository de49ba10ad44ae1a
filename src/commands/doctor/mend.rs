//! `gnp-lint doctor --fix`: what can be mended without harm to anybody's work.

use std::path::Path;

use super::facts::is_gone;
use super::{Patient, hooks};
use crate::checkup::{Autostash, Gone, Orphan};
use crate::commands::install::install;
use crate::report::shown;

/// Mends what there is to mend; says of each thing what was done, or why not.
pub(super) fn everything(patient: &Patient) -> Vec<String> {
    let checkup = patient.checkup();
    let mut outcomes: Vec<String> = hooks_again(patient).into_iter().collect();
    outcomes.extend(prune(patient, &checkup.orphans));
    outcomes.extend(checkup.autostashes.iter().filter_map(|setting| turn_off(patient, setting)));
    outcomes
}

/// Where nothing is installed, installing is a decision of its own: it looks at the history first.
fn hooks_again(patient: &Patient) -> Option<String> {
    let standing = patient.installed()?;
    let top = patient.checkouts.first().unwrap_or(&patient.repository.top);
    match install(top, &patient.program, standing.kind) {
        Ok(done) if done.already => None,
        Ok(done) => Some(format!("mended: the hooks in {}", hooks::named(&done.hooks))),
        Err(problem) => Some(format!("not mended: the hooks: {problem:#}")),
    }
}

/// Takes away the entries of worktrees whose folders are gone, but none that alone knows of something.
fn prune(patient: &Patient, orphans: &[Orphan]) -> Vec<String> {
    let gone = orphans.iter().filter_map(|orphan| if let Orphan::Gone(gone) = orphan { Some(gone) } else { None });
    let free = gone.filter(|gone| !gone.locked && gone.holds.is_none() && is_gone(&gone.path));
    free.map(|gone| prune_one(patient, gone)).collect()
}

/// One by one, because `git worktree prune` takes all.
fn prune_one(patient: &Patient, gone: &Gone) -> String {
    let path = hooks::named(&gone.path);
    match patient.repo.ask(["worktree".as_ref(), "remove".as_ref(), gone.path.as_os_str()]) {
        Ok(_) => format!("mended: pruned the entry of the worktree {path}"),
        Err(problem) => format!("not mended: the entry of the worktree {path}: {problem}"),
    }
}

/// A value for one worktree is turned off there, every other by the repository's own.
fn turn_off(patient: &Patient, setting: &Autostash) -> Option<String> {
    let scope = match setting.scope.as_str() {
        "command" => return None,
        "worktree" => "--worktree",
        _ => "--local",
    };
    let checkout: &Path = &setting.checkout;
    let mut git = patient.repo.git_in(checkout);
    git.args(["config", scope, &setting.key, "false"]);
    let key = shown(&setting.key);
    Some(match crate::repo::run(git, "config") {
        Ok(_) => format!("mended: {key} is false in {}", hooks::named(checkout)),
        Err(problem) => format!("not mended: {key}: {problem}"),
    })
}
