//! post-checkout: a new linked worktree gets the uncommitted files that it needs; a new branch in the primary checkout is warned about.

use std::fs;
use std::io;
use std::path::{Component, Path};

use super::{Door, Verdict, parent};
use crate::event::{Act, Carried, Event, Liveness, WorktreeAdded};
use crate::pattern::Pattern;
use crate::repo::{Error, Repo, Untracked};

/// `git worktree add` calls it with a null old id; a clone does too, but not in a linked worktree.
pub(super) fn after(args: &[String]) -> Result<Verdict, Error> {
    match args {
        [old, _, flag] if flag == "1" && Repo::is_null(old) => worktree_added(),
        [_, _, flag] if flag == "1" => branch_started(),
        _ => Ok(Verdict::Pass),
    }
}

/// `git switch -c` and `git checkout -b`.
fn branch_started() -> Result<Verdict, Error> {
    let Some(name) = parent::started_branch() else { return Ok(Verdict::Pass) };
    let door = Door::open("post-checkout")?;
    if door.repo.linked || door.policy().fleet.alive.is_empty() {
        return Ok(Verdict::Pass);
    }
    let (writer, fleet) = (door.writer(), door.liveness());
    let event = Event { act: Act::BranchStarted(name.clone()), branch: Some(name), protected: false, writer, fleet };
    door.say(&door.judge_event(&event), "this branch", super::untouched);
    Ok(Verdict::Pass)
}

fn worktree_added() -> Result<Verdict, Error> {
    let door = Door::open("post-checkout")?;
    if !door.repo.linked {
        return Ok(Verdict::Pass);
    }
    let checkout = door.repo.checkout()?;
    let Some(main) = door.repo.main_checkout()? else { return Ok(Verdict::Pass) };
    let policy = door.policy();
    let texts = |patterns: &[Pattern]| patterns.iter().map(|pattern| pattern.text().to_owned()).collect::<Vec<_>>();
    let wanted = texts(&policy.worktree.carry.0).into_iter().chain(texts(&policy.fleet.paths.0));
    let uncommitted = door.repo.uncommitted(&main, wanted, Untracked::Included)?;
    let (carry, other): (Vec<_>, Vec<_>) = uncommitted.into_iter().partition(|(path, _)| policy.worktree.carry.matches(path));
    let carried =
        carry.into_iter().filter_map(|(path, there)| there.then(|| carry_over(&door.repo, &main, &checkout, path))).flatten().collect();
    let added = WorktreeAdded {
        path: checkout.to_string_lossy().into_owned(),
        main: main.to_string_lossy().into_owned(),
        carried,
        left: other.into_iter().filter_map(|(path, there)| there.then_some(path)).collect(),
    };
    let event = Event { act: Act::WorktreeAdded(added), branch: None, protected: false, writer: None, fleet: Liveness::not_asked() };
    door.say(&door.judge_event(&event), "this worktree", super::untouched);
    Ok(Verdict::Pass)
}

/// Copies one file of the main checkout into the new worktree; none if that has it already, or has one of its own.
fn carry_over(repo: &Repo, main: &Path, checkout: &Path, path: String) -> Option<Carried> {
    let (from, to) = (main.join(&path), checkout.join(&path));
    match fs::read(&to) {
        Ok(there) if fs::read(&from).is_ok_and(|wanted| wanted == there) => return None,
        // Not what the checkout wrote: somebody's own, and newer than ours.
        Ok(there) if !repo.head_has(&path, &there) => return None,
        _ => {}
    }
    let failed = copy(&from, &to, checkout, &path).err().map(|error| error.to_string());
    Some(Carried { path, failed })
}

fn copy(from: &Path, to: &Path, checkout: &Path, path: &str) -> io::Result<()> {
    let refuse = |why: &str| Err(io::Error::other(why.to_owned()));
    if Path::new(path).components().any(|part| !matches!(part, Component::Normal(_))) {
        return refuse("the path leaves the worktree");
    }
    if !fs::symlink_metadata(from)?.is_file() {
        return refuse("it is not a regular file");
    }
    let folder = to.parent().unwrap_or(checkout);
    fs::create_dir_all(folder)?;
    if !folder.canonicalize()?.starts_with(checkout.canonicalize()?) || fs::symlink_metadata(to).is_ok_and(|meta| !meta.is_file()) {
        return refuse("a symlink stands in the way");
    }
    // Written beside and renamed, so that nobody reads half a file.
    let name = to.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = folder.join(format!(".{name}.gnp-{}", std::process::id()));
    fs::copy(from, &beside).and_then(|_| fs::rename(&beside, to)).inspect_err(|_| drop(fs::remove_file(&beside)))
}
