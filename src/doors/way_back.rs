//! The way back: what git had rewritten before it asked a door that refuses, and the commands that put it right.

use std::fs;
use std::path::{Path, PathBuf};

use super::parent;
use crate::repo::Repo;
use crate::report::{shell_quote, short};

/// What everybody in this checkout has to do without while git has a merge or a cherry-pick open.
const HELD_UP: &str = "\n  until then git makes no `git commit -- PATH` here, the fleet's included";

/// What helps where the fleet has written a file of the refused change, before the way back was gone; nothing is said of it where that touches
/// no work tree, or another's.
const WRITTEN_SINCE: &str =
    "\n  if git stops at a file, somebody has written it since: `git restore --staged -- FILE` first leaves that as it is";

/// The way back from a merge that is refused before its commit.
pub(super) fn from_merge(repo: &Repo) -> String {
    let held_up = if repo.linked { "" } else { HELD_UP };
    format!(
        "the merge is in index and work tree already; put it back with\n    git merge --abort\n  \
         or do what `help` says, and finish it with `git commit`{WRITTEN_SINCE}{held_up}"
    )
}

/// What git has already rewritten when the reference door refuses to move a branch to `new`, and the commands that put it right; none
/// where nothing was touched. What else is staged or changed is kept by all of them.
pub(super) fn from_move(repo: &Repo, branch: &str, new: &str) -> Option<String> {
    let words = parent::words()?;
    let stands = |name: &str| repo.git_dir.join(name).exists();
    let back = format!("read-tree -m -u {} HEAD", short(new));
    let arrived = ("index and work tree are at the refused commit already", format!("git {back}"));
    let mut stuck = WRITTEN_SINCE.to_owned();
    let (what, command) = match parent::subcommand(&words)? {
        // Not `--abort`, which leaves all as it is once the fleet has committed.
        "am" => ("the patch is in index and work tree already", format!("git {back} && git am --quit")),
        name @ ("cherry-pick" | "revert") if stands("sequencer") => {
            ("the change is in index and work tree already", format!("git {name} --abort"))
        }
        // git begins these with a clean index alone, unlike what follows below.
        "cherry-pick" | "revert" => ("the change is in index and work tree already", "git reset --merge".to_owned()),
        "merge" | "pull" if stands("MERGE_HEAD") => ("the merge is in index and work tree already", "git merge --abort".to_owned()),
        "rebase" => {
            let rebased = fs::read_to_string(repo.git_dir.join("rebase-merge/head-name"));
            // Of `--update-refs`, another branch: the rebase itself is through.
            if rebased.is_ok_and(|name| name.trim().strip_prefix("refs/heads/") != Some(branch)) {
                return None;
            }
            // Not `--abort`, which resets the work tree, and with it what the fleet has written meanwhile.
            let pop = if stands("rebase-merge/autostash") || stands("rebase-apply/autostash") { " && git stash pop --index" } else { "" };
            stuck = stuck.replace("--staged", &format!("--source={} --staged", shell_quote(branch)));
            ("the rebase stopped at its last step", format!("git checkout {} && git rebase --quit{pop}", shell_quote(branch)))
        }
        "reset" => match reset_mode(&words) {
            "soft" => return None,
            "mixed" => {
                stuck.clear();
                ("the index is at the refused commit already", "git reset".to_owned())
            }
            _ => arrived,
        },
        "receive-pack" => {
            stuck.clear();
            let there = shell_quote(&updated_instead(repo, branch)?.to_string_lossy());
            ("index and work tree there are at the refused commit already", format!("git -C {there} {back}"))
        }
        "checkout" | "switch" if repo.tip("HEAD").as_deref() == Some(new) => return None,
        // git would bring these back after a fast-forward only, and shows them nowhere.
        "merge" | "pull" if repo.tip("MERGE_AUTOSTASH").is_some() => {
            (arrived.0, format!("git {back} && git merge --quit && git stash pop --index"))
        }
        "merge" | "pull" | "checkout" | "switch" => arrived,
        _ => return None,
    };
    let meanwhile = meanwhile(repo, new).unwrap_or_default();
    Some(format!("the branch has not moved, but {what}; first put it back with\n    {command}{stuck}{meanwhile}"))
}

/// What becomes of the fleet's commits in the checkout that everybody shares, until it is put back.
fn meanwhile(repo: &Repo, new: &str) -> Option<String> {
    let stands = |name: &str| !repo.linked && repo.git_dir.join(name).exists();
    if stands("rebase-merge") || stands("rebase-apply/rebasing") {
        let made = format!("{}..HEAD@{{1}}", short(new));
        return Some(format!(
            "\n  what is committed here until then, the fleet's included, is on no branch: after that, `git cherry-pick {made}` brings it over"
        ));
    }
    (stands("MERGE_HEAD") || stands("CHERRY_PICK_HEAD")).then(|| HELD_UP.to_owned())
}

/// The checkout that a push to a branch has rewritten before it asked, by `receive.denyCurrentBranch = updateInstead`; none if it has not.
fn updated_instead(repo: &Repo, branch: &str) -> Option<PathBuf> {
    let setting = repo.ask(["config", "receive.denyCurrentBranch"]).ok()?;
    let stands_on = |head: Option<String>| head.is_some_and(|name| name.strip_prefix("refs/heads/") == Some(branch));
    if !setting.trim().eq_ignore_ascii_case("updateInstead") {
        return None;
    }
    if stands_on(repo.main_head()) {
        return repo.main_checkout().ok()?;
    }
    repo.linked_worktrees().into_iter().find(|linked| stands_on(linked.branch.clone())).map(|linked| linked.path)
}

/// What a `git reset` takes along: the last mode that its words name, abbreviated or not.
fn reset_mode(words: &[String]) -> &'static str {
    let mode = |word: &String| {
        let long = word.strip_prefix("--").filter(|long| !long.is_empty())?;
        ["soft", "mixed", "hard", "merge", "keep"].into_iter().find(|mode| mode.starts_with(long))
    };
    words.iter().filter_map(mode).next_back().unwrap_or("mixed")
}

/// A branch that git could not rename keeps its commits, but its reflog has been moved aside already.
pub(super) fn from_rename(repo: &Repo, branch: &str) -> Option<String> {
    let logs = repo.common_dir.join("logs");
    let (aside, home) = (logs.join("refs/.tmp-renamed-log"), logs.join("refs/heads").join(branch));
    let quoted = |path: &Path| shell_quote(&path.to_string_lossy());
    let command = format!("mv {} {}", quoted(&aside), quoted(&home));
    (aside.exists() && !home.exists())
        .then(|| format!("the branch is kept, but its reflog stands aside; first put it back with\n    {command}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_mode_of_a_reset_counts() {
        let mode = |line: &str| reset_mode(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(mode("git reset side"), "mixed");
        assert_eq!(mode("git reset -q --soft side"), "soft");
        assert_eq!(mode("git reset --har --keep side --"), "keep");
    }
}
