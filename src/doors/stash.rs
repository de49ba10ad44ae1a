//! Stashes and autostashes: judged by what they hold, wherever git shows them.

use std::collections::BTreeMap;
use std::fs;

use rustix::process::{Signal, kill_process};

use super::{Door, Verdict, eprint, parent};
use crate::event::{Act, Event, Stash};
use crate::pattern::Pattern;
use crate::range::file_change;
use crate::repo::{Error, Repo, TreeDiff, Untracked};

/// Where a rebase keeps the id of its autostash.
const AUTOSTASH_FILES: [&str; 2] = ["rebase-merge/autostash", "rebase-apply/autostash"];

/// `refs/stash` is about to move to a new entry.
pub(super) fn stored(door: &Door, id: &str) -> Result<Verdict, Error> {
    if is_rescue(&door.repo, id) {
        return Ok(Verdict::Pass);
    }
    Ok(judge(door, held(door, id)?, Act::Stash, "this stash"))
}

/// git ≥ 2.47 keeps the autostash of a merge or pull in a ref; refused here, nothing has been touched yet.
pub(super) fn merge_autostash(door: &Door, id: &str) -> Result<Verdict, Error> {
    Ok(judge(door, held(door, id)?, Act::Autostash, "this autostash"))
}

/// pre-rebase: the autostash, if there is one, has been made already, and the tree been reset.
pub(super) fn before_rebase() -> Result<Verdict, Error> {
    let repo = Repo::of_hook()?;
    let Some(id) = pending_autostash(&repo) else { return Ok(Verdict::Pass) };
    let door = Door::open("pre-rebase")?;
    let stash = held(&door, &id)?;
    if stash.files.iter().all(|file| !file.fleet) {
        return Ok(Verdict::Pass);
    }
    // Whatever git does after a refusal, the changes stay within reach of a ref.
    door.repo.ask(["update-ref", &format!("refs/gnp/autostash/{id}"), &id])?;
    let restore = if puts_back_autostash(&door.repo) {
        vec![format!("git read-tree {id}^2")]
    } else {
        vec!["git rebase --quit && git stash drop".to_owned(), format!("git stash apply --index {id}")]
    };
    Ok(judge(&door, Stash { restore, ..stash }, Act::Autostash, "this rebase"))
}

/// post-index-change: the one door that comes before an autostash on every git. It cannot refuse, but it can end the
/// `git stash create autostash` of a rebase, merge or pull that called it: git then says "Cannot autostash", and nothing has changed.
pub(super) fn index_changed() -> Result<Verdict, Error> {
    let Some(maker) = parent::autostash_maker() else { return Ok(Verdict::Pass) };
    let door = Door::open("post-index-change")?;
    let mut files = Vec::new();
    for (path, _) in
        door.repo.uncommitted(&door.repo.checkout()?, door.policy().fleet.paths.0.iter().map(Pattern::text), Untracked::LeftOut)?
    {
        files.push(file_change(&door.repo, door.policy(), TreeDiff { path: path.into_bytes(), old: None, new: None }));
    }
    let stash = Stash { id: String::new(), files, own: Vec::new(), restore: Vec::new() };
    let verdict = judge(&door, stash, Act::Autostash, "this autostash");
    if verdict == Verdict::Refuse {
        if let Err(error) = kill_process(maker, Signal::TERM) {
            eprint(&format!("gnp-lint: the autostash cannot be stopped: {error}\n"));
        }
        // What `git stash` would have removed at its end.
        if let Some(index) = parent::stash_index() {
            let _ = fs::remove_file(index);
        }
    }
    Ok(verdict)
}

/// What a stash takes away: work tree, index and untracked files, against the commit it was made on.
fn held<'r>(door: &'r Door, id: &str) -> Result<Stash<'r>, Error> {
    let repo = &door.repo;
    let stash = repo.commit(id)?;
    let tree = |parent: usize| stash.parents.get(parent).map(|id| repo.commit(id).map(|commit| commit.tree)).transpose();
    let (base, index, untracked) = (tree(0)?, tree(1)?, tree(2)?);
    let mut files: BTreeMap<Vec<u8>, TreeDiff> = BTreeMap::new();
    let mut add = |diff: Vec<TreeDiff>| {
        for file in diff {
            files.entry(file.path.clone()).or_insert(file);
        }
    };
    add(repo.diff_trees(base.as_deref(), Some(&stash.tree))?);
    let mut apart = true;
    if index.is_some() {
        let staged = repo.diff_trees(base.as_deref(), index.as_deref())?;
        // git puts the whole index into any stash, and finds no file by its name that the index has no more.
        apart = staged.iter().all(|file| file.new.is_some() && !door.policy().is_fleet_path(&String::from_utf8_lossy(&file.path)));
        add(staged);
    }
    if let Some(untracked) = untracked {
        add(repo.files(&untracked)?);
    }
    let files: Vec<_> = files.into_values().map(|file| file_change(repo, door.policy(), file)).collect();
    let own = files.iter().filter(|file| apart && !file.fleet).map(|file| file.path.clone()).collect();
    Ok(Stash { id: id.to_owned(), files, own, restore: Vec::new() })
}

fn judge<'r>(door: &'r Door, stash: Stash<'r>, act: fn(Stash<'r>) -> Act<'r>, name: &str) -> Verdict {
    if stash.files.iter().all(|file| !file.fleet) {
        return Verdict::Pass;
    }
    let branch = door.repo.head().and_then(|name| name.strip_prefix("refs/heads/").map(str::to_owned));
    let protected = branch.as_deref().is_some_and(|branch| door.policy().is_protected(branch));
    if !protected {
        return Verdict::Pass;
    }
    let (writer, fleet) = (door.writer(), door.liveness());
    let event = Event { act: act(stash), branch, protected, writer, fleet };
    let findings = door.judge_event(&event);
    door.say(&findings, name, super::untouched)
}

/// Whether git is bringing its own autostash to safety: refusing that would lose the changes.
fn is_rescue(repo: &Repo, id: &str) -> bool {
    let pending = pending_autostash(repo).or_else(|| repo.tip("MERGE_AUTOSTASH"));
    pending.as_deref() == Some(id)
        || repo.commit(id).is_ok_and(|stash| stash.subject().starts_with("On ") && stash.subject().ends_with(": autostash"))
}

fn pending_autostash(repo: &Repo) -> Option<String> {
    let read = |name: &&str| fs::read_to_string(repo.git_dir.join(name)).ok();
    AUTOSTASH_FILES.iter().find_map(read).map(|id| id.trim().to_owned()).filter(|id| !id.is_empty())
}

/// Whether this git re-applies the autostash when pre-rebase refuses. Measured: 2.47 does, 2.39 does not; git's own notes date the change to 2.47.
fn puts_back_autostash(repo: &Repo) -> bool {
    crate::repo::at_least(&repo.ask(["version"]).unwrap_or_default(), (2, 47))
}
