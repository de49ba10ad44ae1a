//! Which git command called the hook, told by its command line.

use std::env;
use std::path::PathBuf;

use rustix::process::{Pid, getppid};

use crate::process::Table;

/// The process that is making an autostash right now and waits for this hook.
///
/// Where command lines cost a process to read, only the one call is looked at in which git fills the stash's own index.
pub(super) fn autostash_maker() -> Option<Pid> {
    let parent = getppid()?;
    let table = Table::here();
    if table == Table::Proc || stash_index().is_some() {
        return [Some(parent), table.parent(parent)]
            .into_iter()
            .flatten()
            .find(|pid| table.command_line(*pid).is_some_and(|words| makes_autostash(&words)));
    }
    None
}

/// The index that `git stash` fills with the work tree, if this hook is called for it.
pub(super) fn stash_index() -> Option<PathBuf> {
    let path = env::var_os("GIT_INDEX_FILE").map(PathBuf::from)?;
    path.file_name()?.to_str()?.starts_with("index.stash.").then_some(path)
}

fn makes_autostash(words: &[String]) -> bool {
    let [program, rest @ ..] = words else { return false };
    program.rsplit('/').next() == Some("git") && rest == ["stash", "create", "autostash"]
}

/// The words of the git command that called the hook.
pub(super) fn words() -> Option<Vec<String>> {
    Table::here().command_line(getppid()?)
}

/// Whether a push into this repository called the hook: then, and hardly ever else, the git directory is where it is called.
pub(super) fn receives() -> bool {
    env::var_os("GIT_DIR").is_some_and(|dir| dir == ".") && words().is_some_and(|words| subcommand(&words) == Some("receive-pack"))
}

/// The new name in a `git branch -m` or `-M` that called the hook.
pub(super) fn rename_target() -> Option<String> {
    renamed_to(&words()?).map(str::to_owned)
}

fn renamed_to(words: &[String]) -> Option<&str> {
    if subcommand(words)? != "branch" {
        return None;
    }
    let behind = words.iter().map(String::as_str).skip_while(|word| *word != "branch" && !word.ends_with("git-branch")).skip(1);
    let (options, names): (Vec<&str>, Vec<&str>) = behind.partition(|word| word.starts_with('-') && word.len() > 1);
    let renames = |option: &&str| match option.strip_prefix("--") {
        Some(long) => !long.is_empty() && "move".starts_with(long),
        None => option.contains(['m', 'M']),
    };
    if options.iter().any(renames) { names.last().copied() } else { None }
}

/// The branch that a `git switch -c` or `git checkout -b` which called the hook has made.
pub(super) fn started_branch() -> Option<String> {
    made_by(&words()?).map(str::to_owned)
}

fn made_by(words: &[String]) -> Option<&str> {
    let makes: [&str; 2] = match subcommand(words)? {
        "switch" => ["c", "C"],
        "checkout" => ["b", "B"],
        _ => return None,
    };
    let mut rest = words.iter().map(String::as_str);
    while let Some(word) = rest.next() {
        let short = word.strip_prefix('-').filter(|short| !short.starts_with('-'));
        if let Some((_, glued)) = short.and_then(|short| makes.iter().find_map(|letter| short.split_once(letter))) {
            return if glued.is_empty() { rest.next() } else { Some(glued) };
        }
        if let Some(name) = word.strip_prefix("--create=").or_else(|| word.strip_prefix("--force-create=")) {
            return Some(name);
        }
        if matches!(word, "--create" | "--force-create") {
            return rest.next();
        }
    }
    None
}

/// Whether a `git push` called the hook that, by its words, forces nothing.
pub(super) fn pushes_without_force() -> bool {
    words().is_some_and(|words| {
        subcommand(&words) == Some("push") && !words.iter().skip_while(|word| *word != "push").any(|word| forces(word))
    })
}

/// Whether a word of `git push` may force: `+main`, `-qf`, `--force-with-lease=…`, `--mirror`, or what abbreviates them.
fn forces(word: &str) -> bool {
    let Some(long) = word.strip_prefix("--") else {
        return word.starts_with('+') || (word.starts_with('-') && word.contains('f'));
    };
    let name = long.split('=').next().unwrap_or_default();
    name.starts_with("force") || (!name.is_empty() && ["force", "mirror"].iter().any(|option| option.starts_with(name)))
}

/// The subcommand of a git command line, after git's own options.
pub(super) fn subcommand(words: &[String]) -> Option<&str> {
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

    #[test]
    fn renames_and_new_branches_are_told_by_the_words() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let renamed = |line: &str| renamed_to(&words(line)).map(str::to_owned);
        assert_eq!(renamed("git branch -M side main").as_deref(), Some("main"));
        assert_eq!(renamed("git -C x branch -fm main").as_deref(), Some("main"));
        assert_eq!(renamed("git branch --mov side main").as_deref(), Some("main"));
        assert_eq!(renamed("git branch -D main"), None);
        assert_eq!(renamed("git merge -m main"), None);
        let made = |line: &str| made_by(&words(line)).map(str::to_owned);
        assert_eq!(made("git switch -qc topic").as_deref(), Some("topic"));
        assert_eq!(made("git checkout -q -B topic main").as_deref(), Some("topic"));
        assert_eq!(made("git switch --create=topic").as_deref(), Some("topic"));
        assert_eq!(made("git switch topic"), None);
        assert_eq!(made("git commit -c HEAD"), None);
    }

    #[test]
    fn every_way_to_force_is_seen() {
        for word in
            ["-f", "-qf", "--force", "--forc", "--force-with-lease=main:x", "--mirror", "--mi", "+main", "+refs/heads/*:refs/heads/*"]
        {
            assert!(forces(word), "{word}");
        }
        for word in ["push", "--", "-q", "-u", "--follow-tags", "--no-force-with-lease", "--no-verify", "main:fix", "origin"] {
            assert!(!forces(word), "{word}");
        }
    }

    #[test]
    fn only_an_autostash_in_the_making_is_ended() {
        let makes = |line: &str| makes_autostash(&line.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert!(makes("/usr/lib/git-core/git stash create autostash"));
        // `git merge` itself makes one of these, whatever is dirty.
        assert!(!makes("git stash create"));
        assert!(!makes("git stash push -m autostash"));
    }
}
