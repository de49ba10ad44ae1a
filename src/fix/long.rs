//! Long options → the short ones that every system takes.

use super::site::{Use, edit, safe};
use crate::finding::Fix;

/// Command, long option, short option; `=` behind one that takes a value.
const SHORT: &[(&str, &str, &str)] = &[
    ("sed", "quiet", "-n"),
    ("sed", "silent", "-n"),
    ("sed", "in-place=", "-i"),
    ("sed", "expression=", "-e"),
    ("sed", "file=", "-f"),
    ("sed", "regexp-extended", "-E"),
    ("du", "max-depth=", "-d"),
    ("du", "summarize", "-s"),
    ("du", "human-readable", "-h"),
    ("head", "lines=", "-n"),
    ("head", "bytes=", "-c"),
    ("tail", "lines=", "-n"),
    ("tail", "bytes=", "-c"),
    ("cut", "fields=", "-f"),
    ("cut", "delimiter=", "-d"),
    ("cut", "characters=", "-c"),
    ("cut", "bytes=", "-b"),
    ("wc", "lines", "-l"),
    ("wc", "words", "-w"),
    ("wc", "bytes", "-c"),
    ("wc", "chars", "-m"),
    ("tr", "delete", "-d"),
    ("tr", "complement", "-c"),
    ("tr", "squeeze-repeats", "-s"),
    ("split", "lines=", "-l"),
    ("split", "bytes=", "-b"),
    ("cp", "recursive", "-R"),
    ("cp", "force", "-f"),
    ("cp", "verbose", "-v"),
    ("cp", "no-clobber", "-n"),
    ("mv", "force", "-f"),
    ("mv", "verbose", "-v"),
    ("mv", "no-clobber", "-n"),
    ("ln", "symbolic", "-s"),
    ("ln", "force", "-f"),
    ("ln", "no-dereference", "-n"),
    ("rm", "recursive", "-r"),
    ("rm", "force", "-f"),
    ("rm", "verbose", "-v"),
    ("rm", "dir", "-d"),
    ("mkdir", "parents", "-p"),
    ("mkdir", "mode=", "-m"),
    ("mkdir", "verbose", "-v"),
    ("rmdir", "parents", "-p"),
    ("chmod", "recursive", "-R"),
    ("truncate", "size=", "-s"),
    ("env", "ignore-environment", "-i"),
    ("env", "unset=", "-u"),
    ("tee", "append", "-a"),
    ("uname", "kernel-name", "-s"),
    ("uname", "machine", "-m"),
    ("ls", "all", "-a"),
    ("ls", "almost-all", "-A"),
    ("ls", "human-readable", "-h"),
    ("xargs", "null", "-0"),
    ("xargs", "max-args=", "-n"),
    ("xargs", "max-procs=", "-P"),
    ("xargs", "verbose", "-t"),
    ("id", "user", "-u"),
    ("id", "group", "-g"),
    ("id", "groups", "-G"),
    ("id", "name", "-n"),
    ("id", "real", "-r"),
    ("column", "table", "-t"),
];

/// `du --max-depth=1` → `du -d 1`, for every long option of the command that the table has; where one is left, the finding stays.
pub(super) fn short_for_long(at: &Use<'_>) -> Option<Fix> {
    let arguments = at.arguments();
    let mut edits = Vec::new();
    for option in &arguments.options {
        let Some(name) = option.name.strip_prefix("--") else { continue };
        let raw = at.raw(&option.word.bytes);
        let known = |(command, long, _): &&(&str, &str, &str)| *command == at.name && long.trim_end_matches('=') == name;
        let Some(&(_, long, short)) = SHORT.iter().find(known) else { continue };
        let text = match (long.ends_with('='), raw.split_once('=')) {
            // Only a glued suffix is one to every sed.
            (true, Some((_, value))) if short == "-i" && !value.is_empty() => format!("{short}{value}"),
            (true, None) if short == "-i" => continue,
            (true, Some((_, value))) if !value.is_empty() => format!("{short} {value}"),
            (true | false, None) => short.to_owned(),
            _ => continue,
        };
        if raw.starts_with("--") {
            edits.push(edit(option.word.bytes.clone(), text));
        }
    }
    (!edits.is_empty()).then(|| safe(edits))
}
