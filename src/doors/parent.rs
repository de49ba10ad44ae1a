//! Which git command called the hook, told by its command line.

use std::fs;
use std::process::Command;

use rustix::process::{Pid, getppid};

/// What git has already rewritten when the reference door refuses, and the command that puts it right; none where nothing was touched.
pub(super) fn way_back() -> Option<String> {
    let words = command_line(getppid()?)?;
    let (what, command) = match subcommand(&words)? {
        "am" => ("the patch is in index and work tree already", "git am --abort"),
        "cherry-pick" => ("the change is in index and work tree already", "git cherry-pick --abort"),
        "revert" => ("the change is in index and work tree already", "git revert --abort"),
        "rebase" => ("the rebase stopped at its last step", "git rebase --abort"),
        "merge" | "pull" | "reset" | "checkout" | "switch" => ("index and work tree are at the refused commit already", "git reset --merge"),
        _ => return None,
    };
    Some(format!("the branch has not moved, but {what}; put it back with\n    {command}"))
}

/// The subcommand of a git command line, after git's own options.
fn subcommand(words: &[String]) -> Option<&str> {
    let mut rest = words.iter().map(String::as_str);
    let program = rest.next()?;
    let program = program.rsplit('/').next().unwrap_or(program);
    if let Some(name) = program.strip_prefix("git-") {
        return Some(name);
    }
    while let Some(word) = rest.next() {
        match word {
            "-c" | "-C" | "--git-dir" | "--work-tree" | "--namespace" => drop(rest.next()),
            option if option.starts_with('-') => {}
            name => return Some(name),
        }
    }
    None
}

/// The words of a process's command line: from `/proc` where there is one, else from `ps`.
pub(super) fn command_line(pid: Pid) -> Option<Vec<String>> {
    let pid = pid.as_raw_nonzero();
    if let Ok(bytes) = fs::read(format!("/proc/{pid}/cmdline")) {
        let text = String::from_utf8_lossy(&bytes);
        return Some(text.split_terminator('\0').map(str::to_owned).collect());
    }
    let mut ps = Command::new("ps");
    ps.args(["-o", "command=", "-p", &pid.to_string()]);
    crate::repo::run(ps, "ps").ok().map(|line| line.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subcommand_stands_behind_gits_own_options() {
        let of = |line: &str| subcommand(&line.split(' ').map(str::to_owned).collect::<Vec<_>>()).map(str::to_owned);
        assert_eq!(of("git -C /x -c a=b --no-pager merge side").as_deref(), Some("merge"));
        assert_eq!(of("/usr/lib/git-core/git-am -3").as_deref(), Some("am"));
        assert_eq!(of("git --version"), None);
    }
}
