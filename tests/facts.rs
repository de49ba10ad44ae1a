//! Every row of the tables is true to its examples, and every snippet that bash 3.2 runs stays silent.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

mod script_support;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::time::{Duration, UNIX_EPOCH};

use gnp_lint::breach::{breaches, is_whole};
use gnp_lint::facts::{self, Fact, Grade, State};
use gnp_lint::policy::{Targets, Version};
use gnp_lint::rule::Level;
use gnp_lint::shell::{Feature, Script};
use script_support::{TARGETS, findings, findings_for, told};

/// The oldest systems of the tables: every row counts.
const OLDEST: Targets = Targets { bash: Version(3, 2), macos: Some(Version(10, 15)), linux: true };

fn found_by(text: &str, targets: Targets) -> HashSet<String> {
    let script = Script::parse("script.bash", text.as_bytes(), targets);
    breaches(&script).iter().map(|breach| breach.fact.id.to_string()).collect()
}

fn check_examples(fact: &Fact) -> Vec<String> {
    let mut wrong = Vec::new();
    let shebang = if fact.dash.is_some() { "#!/bin/sh\n" } else { "" };
    let found = found_by(&format!("{shebang}{}", fact.bad), OLDEST);
    if !found.contains(&*fact.id) {
        wrong.push(format!("{}: not found in `{}` (found: {found:?})", fact.id, fact.bad));
    }
    let clean = findings_for(&format!("{shebang}{}", fact.good), OLDEST);
    if !clean.is_empty() {
        wrong.push(format!("{}: `{}` is not clean: {:?}", fact.id, fact.good, told(&clean)));
    }
    wrong
}

#[test]
fn every_row_finds_its_example_and_leaves_its_replacement_alone() {
    let wrong: Vec<String> = facts::all().flat_map(check_examples).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A folder with the files that the examples speak of.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("f", "a b foo\nfoo aaa\tx\n1 2 3\naab\n"),
        ("file", "one\ntwo\n"),
        ("a", "a\nb\n"),
        ("b", "b\nc\n"),
        ("list", "a\nb\n"),
        ("in", "x\n"),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
        // Archives hold the time.
        File::open(folder.path().join(name)).unwrap().set_modified(UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
    }
    fs::create_dir(folder.path().join("d")).unwrap();
    folder
}

/// What a text prints in a shell, and what it makes of the files.
fn outcome(shell: &str, text: &str) -> (Vec<u8>, BTreeMap<String, Vec<u8>>) {
    let folder = folder();
    let output = Command::new(shell)
        .args(["-c", text])
        .current_dir(folder.path())
        .env_clear()
        .envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C.UTF-8")])
        .env("HOME", folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{shell}: {text}: {output:?}");
    let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file());
    (output.stdout, files.map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).unwrap())).collect())
}

/// On Linux the example works in bash, and so do both: the replacement must do the same, also in dash where the row says so.
#[test]
#[cfg(target_os = "linux")]
fn replacements_do_what_they_replace() {
    let runnable: Vec<&Fact> = facts::all().filter(|fact| !fact.runs.is_empty()).collect();
    assert!(runnable.len() > 190, "{}", runnable.len());
    let present = |shell: &str| Command::new(shell).args(["-c", ":"]).status().is_ok();
    let shells: Vec<&str> = ["bash", "dash"].into_iter().filter(|shell| present(shell)).collect();
    let check = |fact: &Fact| {
        let expected = outcome("bash", &fact.bad);
        for shell in shells.iter().filter(|shell| fact.runs.iter().any(|runs| runs == *shell)) {
            assert_eq!(outcome(shell, &fact.good), expected, "{} in {shell}: `{}` for `{}`", fact.id, fact.good, fact.bad);
        }
    };
    let check = &check;
    std::thread::scope(|scope| {
        for part in runnable.chunks(runnable.len().div_ceil(4)) {
            scope.spawn(move || part.iter().for_each(|fact| check(fact)));
        }
    });
}

#[test]
fn every_row_is_read_and_has_a_name_of_its_own() {
    let tables = [include_str!("../rules/bash.json"), include_str!("../rules/utilities.json"), include_str!("../rules/sh.json")];
    let rows: usize = tables.iter().map(|table| table.lines().filter(|line| line.starts_with('{')).count()).sum();
    for table in tables {
        let whole: Vec<Fact> = serde_json::from_str(table).unwrap();
        assert!(!whole.is_empty());
    }
    assert_eq!(facts::all().count(), rows);
    let names: HashSet<&str> = facts::all().map(|fact| &*fact.id).collect();
    assert_eq!(names.len(), rows);
    for fact in facts::all() {
        assert!(fact.id.chars().all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-'), "{}", fact.id);
        assert!(
            fact.bash.is_some() || fact.dash.is_some() || fact.macos.is_some() || fact.linux.is_some(),
            "{} is lacking nowhere",
            fact.id
        );
        assert!(fact.command.is_empty() != fact.feature.is_empty(), "{} is about one thing", fact.id);
        assert!(!fact.instead.ends_with('.'), "{}: a clause, not a sentence", fact.id);
    }
}

#[test]
fn every_command_with_options_has_a_grammar_and_every_feature_a_row() {
    for fact in facts::all().filter(|fact| !fact.option.is_empty()) {
        assert!(facts::grammar(&fact.command).is_some_and(|grammar| grammar.command == fact.command), "{}", fact.command);
    }
    for feature in Feature::ALL {
        assert!(!facts::about(feature.name()).is_empty(), "{feature:?}");
    }
    for fact in facts::all().filter(|fact| !fact.feature.is_empty()) {
        assert!(Feature::ALL.iter().any(|feature| feature.name() == fact.feature), "{}", fact.id);
    }
}

struct Snippet {
    id: &'static str,
    text: String,
    verdict: &'static str,
}

fn snippets() -> Vec<Snippet> {
    let rows = include_str!("data/bash-3.2.tsv").lines().skip(1);
    rows.map(|row| {
        let fields: Vec<&str> = row.split('\t').collect();
        Snippet { id: fields[0], text: unescaped(fields[1]), verdict: fields[3] }
    })
    .collect()
}

/// Usages of utilities, what macOS makes of them, and how well that is known.
fn usages() -> Vec<(Snippet, &'static str)> {
    let rows = include_str!("data/macos-utilities.tsv").lines().skip(1);
    rows.map(|row| {
        let fields: Vec<&str> = row.split('\t').collect();
        (Snippet { id: fields[1], text: unescaped(fields[0]), verdict: fields[3] }, fields[2])
    })
    .collect()
}

fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (char, if char == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => plain.push('\n'),
            ('\\', Some('t')) => plain.push('\t'),
            ('\\', Some(other)) => plain.push(other),
            (char, _) => plain.push(char),
        }
    }
    plain
}

#[test]
fn what_bash_3_2_runs_stays_silent() {
    let fine: Vec<Snippet> = snippets().into_iter().filter(|snippet| snippet.verdict == "ok").collect();
    assert_eq!(fine.len(), 171);
    let wrong: Vec<String> = fine
        .iter()
        .map(|snippet| (snippet, findings(&snippet.text)))
        // That bash 3.2 has ranges is why the rule only warns.
        .map(|(snippet, findings)| (snippet, findings.into_iter().filter(|finding| finding.rule != "brace-range").collect::<Vec<_>>()))
        .filter(|(_, findings)| !findings.is_empty())
        .map(|(snippet, findings)| format!("{} `{}`: {:?}", snippet.id, snippet.text, told(&findings)))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_bash_3_2_does_not_run_is_found_by_its_row() {
    let (unchecked, checked): (Vec<_>, Vec<_>) =
        snippets().into_iter().filter(|snippet| snippet.verdict != "ok").partition(|snippet| snippet.verdict.starts_with("not checked: "));
    assert_eq!((checked.len(), unchecked.len()), (88, 7));
    let wrong: Vec<String> = checked
        .iter()
        .map(|snippet| (snippet, found_by(&snippet.text, TARGETS)))
        .filter(|(snippet, found)| !found.contains(snippet.verdict))
        .map(|(snippet, found)| format!("{} `{}`: {found:?}", snippet.id, snippet.text))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_usage_of_a_utility_is_found_by_its_row_or_stays_silent() {
    let (unchecked, checked): (Vec<_>, Vec<_>) = usages().into_iter().partition(|(usage, _)| usage.verdict.starts_with("not checked: "));
    assert_eq!((checked.len(), unchecked.len()), (542, 15));
    let wrong: Vec<String> = checked
        .iter()
        .map(|(usage, _)| (usage, found_by(&usage.text, OLDEST)))
        .filter(|(usage, found)| if usage.verdict == "silent" { !found.is_empty() } else { !found.contains(usage.verdict) })
        .map(|(usage, found)| format!("`{}` ({}) is {}: {found:?}", usage.text, usage.id, usage.verdict))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The rule that reports a fact.
fn rule_of(fact: &Fact) -> &'static str {
    let absent = [&fact.macos, &fact.linux].into_iter().flatten().any(|lack| lack.is == State::Absent);
    match () {
        () if fact.bash.is_some() => "bash-feature-too-new",
        () if fact.dash.is_some() => "bashism-in-sh",
        () if fact.is_pattern() => "unportable-pattern",
        () if absent && is_whole(fact) => "missing-command",
        () => "unportable-option",
    }
}

#[test]
fn each_usage_is_told_by_the_rule_and_the_level_of_its_row() {
    let by_id: HashMap<&str, &Fact> = facts::all().map(|fact| (&*fact.id, fact)).collect();
    let snippets = snippets().into_iter().chain(usages().into_iter().map(|(usage, _)| usage));
    let mut wrong = Vec::new();
    for snippet in snippets {
        let Some(fact) = by_id.get(snippet.verdict) else { continue };
        let level = if fact.denies() { Level::Deny } else { Level::Warn };
        let found = findings_for(&snippet.text, OLDEST);
        if !found.iter().any(|finding| finding.rule == rule_of(fact) && finding.level == level) {
            wrong.push(format!("`{}` ({}): {:?}", snippet.text, fact.id, told(&found)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What was recalled, or run in a build that is only near, warns until the system's own source says the same.
#[test]
fn only_what_was_read_in_a_source_or_run_denies() {
    let mut by_row: HashMap<&str, Vec<&str>> = HashMap::new();
    for (usage, grade) in usages() {
        by_row.entry(usage.verdict).or_default().push(grade);
    }
    let near =
        |fact: &&Fact| by_row.get(&*fact.id).is_some_and(|grades| grades.iter().all(|grade| matches!(*grade, "RECALL" | "RAN-CHIMERA")));
    let of_its_own = |fact: &&Fact| match (&fact.macos, &fact.linux) {
        (Some(_), _) => fact.source.starts_with("Apple source: "),
        _ => fact.source.contains(" run") || fact.source.starts_with("part of macOS; in no package"),
    };
    let wrong: Vec<&str> =
        facts::all().filter(|fact| fact.denies()).filter(near).filter(|fact| !of_its_own(fact)).map(|fact| &*fact.id).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    for fact in facts::all().filter(|fact| matches!(fact.grade, Grade::Source | Grade::Ran)) {
        assert!(!fact.source.contains("not checked") && !fact.source.contains("FreeBSD"), "{}: {}", fact.id, fact.source);
    }
}

/// The programs of GNU coreutils 9.7 that every macOS since 10.15 has too; what their options are is another matter.
const SHARED: &str = "[ arch base64 basename cat chgrp chmod chown chroot cksum comm cp csplit cut date dd df dirname du echo env expand expr \
    false fmt fold groups head hostname id install join kill link ln logname ls mkdir mkfifo mknod mktemp mv nice nl nohup od paste pathchk \
    pr printenv printf pwd readlink rm rmdir seq sleep sort split stat stty sum sync tail tee test touch tr true tsort tty uname unexpand \
    uniq unlink uptime users wc who whoami yes";

/// The others.
const GNU_ALONE: &str = "b2sum base32 basenc chcon dir dircolors factor hostid md5sum nproc numfmt pinky ptx realpath runcon sha1sum sha224sum \
    sha256sum sha384sum sha512sum shred shuf stdbuf tac timeout truncate vdir";

#[test]
fn every_program_of_coreutils_is_on_macos_or_in_the_table() {
    let absent = |name: &str| {
        let rows = facts::about(name).iter().filter(|fact| is_whole(fact));
        rows.filter(|fact| fact.macos.as_ref().is_some_and(|lack| lack.is == State::Absent) && fact.grade == Grade::Source).count()
    };
    for name in GNU_ALONE.split_whitespace() {
        assert_eq!(absent(name), 1, "{name}");
    }
    for name in SHARED.split_whitespace() {
        assert_eq!(absent(name), 0, "{name}");
    }
    assert_eq!(SHARED.split_whitespace().chain(GNU_ALONE.split_whitespace()).count(), 108);
}
