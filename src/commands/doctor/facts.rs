//! What the rules about repositories look at: hook managers, autostash settings, worktrees.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

use super::Patient;
use crate::chain::{self, ASIDE};
use crate::checkup::{Autostash, Checkup, Gone, HookManager, Orphan};
use crate::commands::install::Kind;
use crate::doors::GITHOOKS;
use crate::managers::{self, Manager};
use crate::repo::{Form, Linked, Repo};

/// Settings by which git puts uncommitted changes aside by itself.
const AUTOSTASH: [&str; 2] = ["rebase.autoStash", "merge.autoStash"];

pub(super) fn gather(patient: &Patient) -> Checkup {
    let autostashes = if patient.repository.kind == Kind::WorkTree { autostashes(patient) } else { Vec::new() };
    Checkup { autostashes, managers: managers(patient), orphans: orphans(patient) }
}

/// What holds for all checkouts is named once.
fn autostashes(patient: &Patient) -> Vec<Autostash> {
    let mut found: Vec<Autostash> = Vec::new();
    for checkout in &patient.checkouts {
        for key in AUTOSTASH {
            let Ok(Some(setting)) = Repo::setting(checkout, key, Form::Bool) else { continue };
            let known = |other: &Autostash| other.key == key && other.scope == setting.scope && setting.scope != "worktree";
            if setting.value == "true" && !found.iter().any(known) {
                found.push(Autostash { key: key.to_owned(), scope: setting.scope, checkout: checkout.clone() });
            }
        }
    }
    found
}

/// Every hook manager whose hooks git runs, or ours run.
fn managers(patient: &Patient) -> Vec<HookManager> {
    let mut found: Vec<HookManager> = Vec::new();
    let mut add = |manager: &'static Manager, hook: &str| match found.iter_mut().find(|known| known.name == manager.name) {
        Some(known) if known.hooks.iter().any(|name| name == hook) => {}
        Some(known) => known.hooks.push(hook.to_owned()),
        None => found.push(HookManager { name: manager.name.to_owned(), habit: manager.habit, hooks: vec![hook.to_owned()] }),
    };
    let top = patient.checkouts.first().unwrap_or(&patient.repository.top);
    for hook in GITHOOKS {
        for path in places(patient, top, hook) {
            for manager in managers::read(&path).iter().flat_map(|content| managers::named_in(content)) {
                add(manager, hook);
                if manager.name == "lefthook" {
                    let inside = LEFTHOOK.iter().filter_map(|name| managers::read(&top.join(name)));
                    inside.flat_map(|content| managers::named_in(&content)).for_each(|manager| add(manager, hook));
                }
            }
        }
    }
    found
}

/// Where lefthook is told what to run.
const LEFTHOOK: [&str; 4] = ["lefthook.yml", "lefthook.yaml", ".lefthook.yml", ".lefthook.yaml"];

/// The files that a hook may run from: beside ours, in the folder that was in use before, in front of ours, and where husky keeps them.
fn places(patient: &Patient, top: &Path, hook: &str) -> Vec<PathBuf> {
    let folder = patient.installed().map(|standing| standing.folder.clone());
    let Some(folder) = folder.or_else(|| Repo::hooks_folder(top).ok()) else { return Vec::new() };
    let mut places = vec![folder.join(format!("{hook}{ASIDE}")), folder.join(hook)];
    let former = chain::former_folder(&folder).map(|former| top.join(former));
    let managed = former.unwrap_or_else(|| folder.clone());
    places.push(managed.join(hook));
    places.retain(|path| super::hooks::runnable(path));
    if managed.ends_with("_") {
        // husky runs it by `sh`, executable or not.
        places.extend(managed.parent().map(|own| own.join(hook)));
    }
    places
}

fn orphans(patient: &Patient) -> Vec<Orphan> {
    let mut found: Vec<Orphan> = patient.linked.iter().filter_map(orphan).collect();
    let patterns = &patient.law.policy.worktree.branch;
    if !patterns.0.is_empty() {
        let main = patient.repo.main_head();
        let used = |name: &str| {
            let mut used = patient.linked.iter().map(|linked| &linked.branch).chain([&main]).flatten();
            used.any(|branch| branch.strip_prefix("refs/heads/") == Some(name))
        };
        let branches = patient.repo.branches().into_iter().map(|(name, _)| name);
        found.extend(branches.filter(|name| patterns.matches(name) && !used(name)).map(|name| Orphan::Branch { name }));
    }
    found
}

fn orphan(linked: &Linked) -> Option<Orphan> {
    if let Some(reason) = &linked.lock
        && let Some(process) = process_in(reason).filter(|process| has_ended(*process))
    {
        return Some(Orphan::DeadLock { path: linked.path.clone(), reason: reason.clone(), process });
    }
    if linked.path.join(".git").exists() {
        return None;
    }
    let repo = Repo::at(&linked.git_dir).ok();
    let holds = repo.as_ref().map_or(Some("what cannot be read"), Repo::held_by_entry);
    Some(Orphan::Gone(Gone {
        path: linked.path.clone(),
        branch: linked.branch.as_deref().and_then(|name| name.strip_prefix("refs/heads/")).map(str::to_owned),
        locked: linked.lock.is_some(),
        holds: holds.map(str::to_owned),
        head: repo.and_then(|repo| repo.tip("HEAD")).unwrap_or_default(),
    }))
}

/// The process that the reason of a lock names, as in `pid 4711` or `worker (PID: 4711)`.
fn process_in(reason: &str) -> Option<i32> {
    let lower = reason.to_ascii_lowercase();
    let mut words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.find(|word| matches!(*word, "pid" | "process"))?;
    words.next()?.parse().ok().filter(|process| *process > 0)
}

fn has_ended(process: i32) -> bool {
    // One that may not be asked is there, and somebody else's.
    Pid::from_raw(process).is_some_and(|process| test_kill_process(process) == Err(Errno::SRCH))
}

/// The hooks of git's own configuration (git 2.54 and newer), by name.
pub(super) fn configured_hooks(patient: &Patient) -> Vec<String> {
    let told = patient.repo.ask(["config", "--name-only", "--get-regexp", r"^hook\..*\.command$"]).unwrap_or_default();
    let name = |key: &str| key.strip_prefix("hook.")?.strip_suffix(".command").map(str::to_owned);
    told.lines().filter_map(name).collect()
}

/// Whether a folder holds no file any more that somebody could want.
pub(super) fn is_gone(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_named_by_its_word() {
        assert_eq!(process_in("pid 4711"), Some(4711));
        assert_eq!(process_in("stream-1 (PID: 4711) since 12:00"), Some(4711));
        assert_eq!(process_in("locked by process 17"), Some(17));
        assert_eq!(process_in("on a disk that is away since 2025"), None);
        assert_eq!(process_in("pid unknown 12"), None);
    }

    #[test]
    fn our_own_process_has_not_ended() {
        assert!(!has_ended(i32::try_from(std::process::id()).unwrap()));
    }
}
