//! `[[writer]]` blocks for those who changed state until now, as TOML to paste or to append.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::first_day::Stranger;
use super::record::replace;
use crate::policy::{Policy, Strictness, Writer};
use crate::report::shown;

/// One block an author. `kept` are the built-in writers where the repository's policy names none: a list there replaces theirs.
pub(super) fn blocks(strangers: &[Stranger<'_>], kept: &[Writer]) -> String {
    let mut text = String::new();
    for writer in kept {
        let variables: Vec<String> = writer.env.iter().map(|(name, value)| format!("{name} = {}", quoted(value))).collect();
        let _ = writeln!(text, "[[writer]]\nname = {}\nenv = {{ {} }}\n", quoted(&writer.name), variables.join(", "));
    }
    let mut names: Vec<String> = Vec::new();
    for stranger in strangers {
        let name = name(stranger, &names);
        let _ = writeln!(text, "[[writer]]\nname = {}\nauthor = [{}]", quoted(&name), quoted(&glob(&stranger.changes[0].email)));
        names.push(name);
        if stranger.subjects.others.is_empty() {
            let subjects: Vec<String> = stranger.subjects.patterns.iter().map(|pattern| quoted(pattern)).collect();
            let _ = writeln!(text, "subject = [{}]", subjects.join(", "));
        } else if stranger.shared {
            text.push_str("# Everybody here commits under this e-mail, so this lets everybody write state;\n");
            text.push_str("# give the fleet an e-mail of its own, or subjects that begin alike.\n");
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// Appends blocks to a policy file, which is made if it is missing; what stands there is not touched.
///
/// # Errors
/// When the file cannot be written, or would not be a policy any more.
pub(super) fn append(path: &Path, blocks: &str) -> Result<()> {
    let old = match fs::read_to_string(path) {
        Ok(old) => old,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    };
    let gap = match old.as_str() {
        "" => "",
        text if text.ends_with("\n\n") => "",
        text if text.ends_with('\n') => "\n",
        _ => "\n\n",
    };
    let new = format!("{old}{gap}{blocks}");
    if let Err(problems) = Policy::read(&new, "gnp.toml", Strictness::Strict) {
        bail!("the block cannot be added to `{}` as it stands; add it by hand. {problems}", path.display());
    }
    replace(path, new.as_bytes()).with_context(|| format!("`{}` cannot be written", path.display()))
}

/// The author's name; where it says nothing or is taken, the part of the e-mail before the `@`, or all of it.
fn name(stranger: &Stranger<'_>, taken: &[String]) -> String {
    let commit = stranger.changes[0];
    let before_at = commit.email.split('@').next().unwrap_or_default();
    let free = |name: &&str| !name.trim().is_empty() && !taken.iter().any(|other| other == *name);
    let choice = [commit.name.as_str(), before_at, &commit.email].into_iter().find(free);
    shown(choice.unwrap_or("fleet"))
}

/// A pattern that matches this e-mail and no other.
fn glob(email: &str) -> String {
    let mut pattern = String::with_capacity(email.len());
    for character in email.chars() {
        if "*?[]{}\\!,".contains(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// A TOML string; between single quotes nothing is escaped, which suits regular expressions.
fn quoted(text: &str) -> String {
    if !text.contains('\'') && !text.chars().any(char::is_control) {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            other if other.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(other));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::super::first_day::{Commit, EnvironmentCounts, Touch, is_writers, strangers};
    use super::*;

    fn commit(name: &str, email: &str, subject: &str) -> Commit {
        Commit { id: "2".repeat(40), email: email.to_owned(), name: name.to_owned(), subject: subject.to_owned(), touch: Touch::Changes }
    }

    fn all_covered(commits: &[Commit]) -> String {
        let built_in = Policy::built_in();
        let text = blocks(&strangers(commits, |_| false), &built_in.writers);
        let (policy, warnings) = Policy::read(&text, "gnp.toml", Strictness::Strict).unwrap();
        assert!(warnings.is_empty(), "{text}");
        for commit in commits {
            assert!(is_writers(&policy, commit, EnvironmentCounts::No), "{} by {} in\n{text}", commit.subject, commit.email);
        }
        assert!(policy.writers.iter().any(|writer| writer.env == built_in.writers[0].env), "GNP_WRITER still counts");
        text
    }

    #[test]
    fn each_author_has_a_block_and_all_of_it_is_covered() {
        let text = all_covered(&[
            commit("Mars", "12+mars[bot]@users.noreply.github.com", "chore: sim frame 2"),
            commit("Mars", "12+mars[bot]@users.noreply.github.com", "chore: sim frame 1"),
            commit("Mars", "o'neil@x", "what a day"),
            commit("Mars", "o'neil@x", "another one"),
            commit("\u{7}", "odd\"\\@x", "it's 5 (five)"),
            commit("\u{7}", "odd\"\\@x", "it's 6 (five)"),
        ]);
        assert!(
            text.contains("name = 'Mars'\nauthor = ['12+mars\\[bot\\]@users.noreply.github.com']\nsubject = ['^chore: sim frame \\d+$']\n"),
            "{text}"
        );
        assert!(text.contains("name = \"o'neil\"\nauthor = [\"o'neil@x\"]\n\n"), "{text}");
    }

    #[test]
    fn one_identity_without_recurring_subjects_is_said_to_let_everybody_in() {
        let subjects = ["a b", "c d", "e f", "g h", "i j"];
        let text = all_covered(&subjects.map(|subject| commit("All", "all@x", subject)));
        assert!(text.contains("# Everybody here commits under this e-mail"), "{text}");
    }

    #[test]
    fn appending_keeps_what_stands_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gnp.toml");
        append(&path, "[[writer]]\nname = 'a'\nauthor = ['a@x']\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "[[writer]]\nname = 'a'\nauthor = ['a@x']\n");
        fs::write(&path, "# mine\nprotected = ['trunk']").unwrap();
        append(&path, "[[writer]]\nname = 'a'\nauthor = ['a@x']\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "# mine\nprotected = ['trunk']\n\n[[writer]]\nname = 'a'\nauthor = ['a@x']\n");
    }

    #[test]
    fn a_file_that_would_break_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gnp.toml");
        let text = "writer = [{ name = 'x', author = ['x@y'] }]\n";
        fs::write(&path, text).unwrap();
        assert!(append(&path, "[[writer]]\nname = 'a'\nauthor = ['a@x']\n").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
