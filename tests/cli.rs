//! The command line as a user meets it: forms of reports, exit codes, bad input.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]
#![allow(clippy::needless_raw_string_hashes, reason = "snapbox writes them")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use gnp_lint::commands::explain;
use gnp_lint::finding::{Edit, Finding, Fix, Place};
use gnp_lint::report::{self, Door, Format, Summary};
use gnp_lint::rule::{Check, Level, Rule};
use snapbox::{IntoData, assert_data_eq, str};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn finding(rule: &'static str, article: u8, level: Level, place: Place, message: &str) -> Finding {
    Finding { rule, article, level, place, message: message.to_owned(), help: None, fix: None }
}

fn in_script() -> Finding {
    let text: Arc<str> = "#!/bin/bash\n\tprintf é | timeout 5 ls\n".into();
    let start = text.find("timeout").unwrap();
    let place = Place::in_text("scripts/two\nlines,50%:.sh", &text, start..start + 7);
    Finding {
        help: Some("end it after a while:\n    ls & sleep 5; kill $!".into()),
        fix: Some(Fix { safe: false, edits: vec![Edit { bytes: start..start + 9, text: "".into() }] }),
        ..finding("missing-command", 8, Level::Deny, place, "`timeout` is not part of macOS 12")
    }
}

fn in_commit() -> Finding {
    let place = Place::file("state/agents.json").at_commit(COMMIT).on("refs/heads/main");
    finding("stale-revert", 6, Level::Warn, place, "`state/agents.json` is\u{1b}[2J an older version of itself")
}

fn report(findings: &[Finding], format: Format) -> String {
    let mut out = Vec::new();
    let summary = Summary { files: 14, ..Summary::of(findings) };
    report::write(&mut out, findings, &summary, format, false).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn human() {
    assert_data_eq!(
        report(&[in_script(), in_commit()], Format::Human),
        str![[r#"
error[missing-command]: `timeout` is not part of macOS 12
 --> scripts/two\nlines,50%:.sh:2:13
  |
2 |     printf é | timeout 5 ls
  |                ^^^^^^^
  |
  = help: end it after a while:
              ls & sleep 5; kill $!
  = fix: `gnp-lint --fix=unsafe` writes one that may change the meaning: look at `--diff`
  = article 8: portable shell only

warning[stale-revert]: `state/agents.json` is\u{1b}[2J an older version of itself
--> state/agents.json (commit 0123456789ab on main)
 = article 6: write deltas, not state

1 denied, 1 warning in 14 scripts

"#]]
        .raw()
    );
}

#[test]
fn json() {
    assert_data_eq!(report(&[in_script(), in_commit()], Format::Json), str![[r#"
{"version":1,"findings":[{"rule":"missing-command","article":8,"level":"deny","path":"scripts/two\nlines,50%:.sh","line":2,"column":13,"end_line":2,"end_column":20,"commit":null,"ref":null,"message":"`timeout` is not part of macOS 12","help":"end it after a while:\n    ls & sleep 5; kill $!","url":null,"fix":{"safe":false,"edits":[{"start":25,"end":34,"text":""}]}},{"rule":"stale-revert","article":6,"level":"warn","path":"state/agents.json","line":null,"column":null,"end_line":null,"end_column":null,"commit":"0123456789abcdef0123456789abcdef01234567","ref":"refs/heads/main","message":"`state/agents.json` is\u001b[2J an older version of itself","help":null,"url":null,"fix":null}],"summary":{"deny":1,"warn":1,"files":14,"commits":0}}

"#]].raw());
}

#[test]
fn json_without_findings() {
    assert_data_eq!(
        report(&[], Format::Json),
        str![[r#"
{"version":1,"findings":[],"summary":{"deny":0,"warn":0,"files":14,"commits":0}}

"#]]
        .raw()
    );
}

#[test]
fn github() {
    assert_data_eq!(report(&[in_script(), in_commit()], Format::Github), str![[r#"
::error file=scripts/two%0Alines%2C50%25%3A.sh,line=2,endLine=2,col=13,endColumn=20,title=gnp-lint (missing-command)::`timeout` is not part of macOS 12%0Aend it after a while:%0A    ls & sleep 5; kill $!
::warning file=state/agents.json,title=gnp-lint (stale-revert)::`state/agents.json` is\u{1b}[2J an older version of itself (commit 0123456789ab)
gnp-lint: 1 denied, 1 warning in 14 scripts

"#]].raw());
}

#[test]
fn a_refusal_says_what_why_and_what_to_do() {
    let refused = Finding {
        help: Some("bring the entries back:\n    git restore --source=HEAD --staged --worktree -- state/agents.json".into()),
        level: Level::Deny,
        ..finding("emptied-collection", 6, Level::Deny, Place::file("state/agents.json"), "`/agents` loses all 136 entries")
    };
    let mut out = Vec::new();
    let door =
        Door { act: "this commit to `main`", aftermath: Some("no commit was made; index and work tree are untouched"), root: Some("..") };
    report::door(&mut out, &door, &[refused], false).unwrap();
    assert_data_eq!(
        String::from_utf8(out).unwrap(),
        str![[r#"
gnp-lint: refused: this commit to `main`
gnp-lint: no commit was made; index and work tree are untouched

error[emptied-collection]: `/agents` loses all 136 entries
--> state/agents.json
 = help: bring the entries back:
             git restore --source=HEAD --staged --worktree -- state/agents.json
 = article 6: write deltas, not state

gnp-lint: do what `help` says, after `cd ..`; the reason: gnp-lint explain emptied-collection

"#]]
        .raw()
    );
}

#[test]
fn a_warning_at_a_door_says_that_the_act_goes_on() {
    let mut out = Vec::new();
    let door = Door { act: "this push to `main`", aftermath: Some("unsaid, because nothing is refused"), root: None };
    report::door(&mut out, &door, &[in_commit()], false).unwrap();
    assert_data_eq!(
        String::from_utf8(out).unwrap(),
        str![[r#"
gnp-lint: warning: this push to `main` goes on
warning[stale-revert]: `state/agents.json` is\u{1b}[2J an older version of itself
--> state/agents.json (commit 0123456789ab on main)
 = article 6: write deltas, not state


"#]]
        .raw()
    );
    let mut silent = Vec::new();
    report::door(&mut silent, &door, &[], false).unwrap();
    assert!(silent.is_empty());
}

#[test]
fn a_line_of_a_megabyte_is_cut_at_once_and_keeps_its_column() {
    let text: Arc<str> = format!("{}timeout 5 ls; {}", "é ".repeat(250_000), "x ".repeat(250_000)).into();
    let start = text.find("timeout").unwrap();
    let place = Place::in_text("long.sh", &text, start..start + 7);
    let findings = vec![finding("missing-command", 8, Level::Deny, place, "`timeout`"); 100];
    let begun = Instant::now();
    let human = report(&findings, Format::Human);
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert!(human.contains("--> long.sh:1:500001\n"));
    assert!(human.lines().all(|line| line.chars().count() < 200));
    let json: serde_json::Value = serde_json::from_str(&report(&findings, Format::Json)).unwrap();
    assert_eq!((&json["findings"][99]["column"], &json["findings"][99]["end_column"]), (&500_001.into(), &500_008.into()));
}

#[test]
fn colour_is_paint_alone() {
    let (mut plain, mut painted) = (Vec::new(), Vec::new());
    let findings = [in_script(), in_commit()];
    report::write(&mut plain, &findings, &Summary::of(&findings), Format::Human, false).unwrap();
    report::write(&mut painted, &findings, &Summary::of(&findings), Format::Human, true).unwrap();
    let painted = String::from_utf8(painted).unwrap();
    let mut parts = painted.split('\u{1b}');
    let mut bare = parts.next().unwrap().to_owned();
    bare.extend(parts.map(|part| part.split_once('m').unwrap().1));
    assert!(painted.len() > bare.len());
    assert_eq!(bare.into_bytes(), plain);
}

#[test]
fn sorting_keeps_the_order_of_commits_and_drops_what_is_said_twice() {
    let at = |path: &str, commit: &str| finding("stale-revert", 6, Level::Warn, Place::file(path).at_commit(commit), "stale");
    let mut findings = vec![at("b", "2"), in_script(), at("z", "1"), at("a", "2"), in_script(), at("a", "1"), at("b", "2")];
    report::sort(&mut findings);
    let order: Vec<_> = findings.iter().map(|finding| (finding.place.commit.as_deref(), finding.place.path.as_deref().unwrap())).collect();
    let script = "scripts/two\nlines,50%:.sh";
    assert_eq!(order, [(Some("2"), "a"), (Some("2"), "b"), (None, script), (Some("1"), "a"), (Some("1"), "z")]);
}

#[test]
fn a_log_keeps_a_finding_as_the_report_has_it() {
    let whole: serde_json::Value = serde_json::from_str(&report(&[in_script()], Format::Json)).unwrap();
    assert_eq!(serde_json::to_value(report::Entry::of(&in_script())).unwrap(), whole["findings"][0]);
}

/// A folder that is a repository as far as the walk is concerned.
fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    dir
}

fn gnp_lint(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gnp-lint"));
    command.args(args).current_dir(dir).env_clear().stdin(Stdio::null());
    command
}

/// Exit code, standard output, standard error.
fn said(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn run(dir: &Path, args: &[&str]) -> (i32, String, String) {
    said(gnp_lint(dir, args).output().unwrap())
}

#[test]
fn scripts_are_told_by_extension_shebang_and_name() {
    let dir = repository();
    let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).unwrap();
    write("a.sh", "ls\n");
    write("empty.bash", "");
    write("tool", "#!/usr/bin/env bash\nls\n");
    write("zsh-tool", "#!/bin/zsh\nls\n");
    write("python-tool", "#!/usr/bin/python3\n");
    write("notes.txt", "#!/bin/sh\n");
    assert_eq!(run(dir.path(), &[]), (0, "clean: 3 scripts; left out: 1 script for another shell\n".into(), String::new()));
    assert_eq!(run(dir.path(), &["notes.txt", "./a.sh", "a.sh"]).1, "clean: 2 scripts\n");
    fs::set_permissions(dir.path().join("notes.txt"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(run(dir.path(), &["."]).1, "clean: 4 scripts; left out: 1 script for another shell\n");
}

#[test]
fn bad_input_is_named_and_ends_with_2_after_the_rest_is_linted() {
    let dir = repository();
    fs::write(dir.path().join("a.sh"), "ls\n").unwrap();
    symlink("nowhere", dir.path().join("broken.sh")).unwrap();
    let (code, out, err) = run(dir.path(), &["none.sh", "broken.sh", "a.sh", "/dev/null"]);
    assert_eq!((code, out.as_str()), (2, "clean: 1 script; left out: 3 unreadable paths\n"));
    let expected = "gnp-lint: `none.sh` does not exist\ngnp-lint: `broken.sh` is a symbolic link to nothing\n\
                    gnp-lint: `/dev/null` is not a regular file; hand it over on standard input: gnp-lint - < FILE\n";
    assert_eq!(err, expected);
}

#[test]
fn a_walk_goes_round_what_cannot_be_opened() {
    let dir = repository();
    fs::create_dir_all(dir.path().join("folder.sh")).unwrap();
    fs::write(dir.path().join("folder.sh/two\nlines.sh"), "ls\n").unwrap();
    symlink("nowhere", dir.path().join("broken.sh")).unwrap();
    symlink("..", dir.path().join("folder.sh/loop")).unwrap();
    assert!(Command::new("mkfifo").arg(dir.path().join("fifo.sh")).status().unwrap().success());
    assert_eq!(run(dir.path(), &["."]), (0, "clean: 1 script\n".into(), String::new()));
}

#[test]
fn what_is_not_utf_8_is_said_and_linted() {
    let dir = repository();
    fs::write(dir.path().join("latin.sh"), b"ls\necho caf\xe9\n").unwrap();
    let (code, out, err) = run(dir.path(), &["latin.sh"]);
    assert_eq!((code, out.as_str()), (0, "clean: 1 script\n"));
    assert_eq!(err, "gnp-lint: warning: `latin.sh` is not UTF-8 at line 2; such bytes are read as `\u{fffd}`\n");
}

#[test]
fn a_file_without_permission_ends_with_2() {
    let dir = repository();
    let path = dir.path().join("secret.sh");
    fs::write(&path, "ls\n").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        // The superuser may read everything: there is nothing to refuse.
        return;
    }
    let (code, _, err) = run(dir.path(), &["."]);
    assert_eq!((code, err.as_str()), (2, "gnp-lint: cannot read `secret.sh`: permission denied\n"));
}

#[test]
fn a_script_that_is_too_large_is_left_out_and_refused_by_name() {
    let dir = repository();
    let file = fs::File::create(dir.path().join("archive.sh")).unwrap();
    file.set_len((16 << 20) + 1).unwrap();
    assert_eq!(run(dir.path(), &["."]).1, "no scripts found; left out: 1 script that is too large\n");
    let (code, _, err) = run(dir.path(), &["archive.sh"]);
    assert_eq!((code, err.as_str()), (2, "gnp-lint: `archive.sh` is larger than 16 MiB and is not linted\n"));
}

#[test]
fn standard_input_is_a_script() {
    let dir = repository();
    let mut child = gnp_lint(dir.path(), &["-", "--stdin-filename", "x.sh"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"ls\n").unwrap();
    assert_eq!(said(child.wait_with_output().unwrap()), (0, "clean: 1 script\n".into(), String::new()));
}

#[test]
fn wrong_usage_ends_with_2_and_help_with_0() {
    let dir = repository();
    for (args, expected) in [
        (&["--frmat", "json"][..], "a similar argument exists: '--format'"),
        (&["--format", "xml"], "invalid value 'xml'"),
        (&["--select", "no-such-rule"], "gnp-lint: `no-such-rule` is not a rule; `gnp-lint explain` lists the rules\n"),
        (&["--ignore", "no-such-rule"], "gnp-lint: `no-such-rule` is not a rule;"),
        (&["--format", "json", "explain"], "options of linting do not go with a subcommand"),
        (&["--config", "none.toml"], "gnp-lint: cannot read the policy `none.toml`"),
        (&["--stdin-filename", "x.sh"], "gnp-lint: `--stdin-filename` names what `-` reads, and there is no `-`\n"),
        (&["explan"], "gnp-lint: `explan` is no command either; did you mean `gnp-lint explain`?\n"),
        (&["explain", "no-such-rule"], "gnp-lint: `no-such-rule` is not a rule;"),
        (&["-o", "none/report"], "gnp-lint: cannot write the report to `none/report`"),
    ] {
        let (code, _, err) = run(dir.path(), args);
        assert_eq!(code, 2, "{args:?}: {err}");
        assert!(err.contains(expected), "{args:?}: {err}");
    }
    for args in [["--help"], ["-h"], ["--version"]] {
        let (code, out, err) = run(dir.path(), &args);
        assert_eq!((code, err.as_str(), out.is_empty()), (0, "", false), "{args:?}");
    }
}

#[test]
fn a_report_goes_to_a_file_and_standard_output_stays_empty() {
    let dir = repository();
    fs::write(dir.path().join("a.sh"), "ls\n").unwrap();
    assert_eq!(run(dir.path(), &["--format", "json", "-o", "out.json", "."]), (0, String::new(), String::new()));
    let written = fs::read_to_string(dir.path().join("out.json")).unwrap();
    assert_eq!(written, "{\"version\":1,\"findings\":[],\"summary\":{\"deny\":0,\"warn\":0,\"files\":1,\"commits\":0}}\n");
}

#[test]
fn colour_is_asked_for() {
    let dir = repository();
    let colourful = |args: &[&str], env: &[(&str, &str)]| {
        let output = gnp_lint(dir.path(), args).envs(env.iter().copied()).output().unwrap();
        said(output).1.contains('\u{1b}')
    };
    assert!(!colourful(&[], &[]));
    assert!(colourful(&["--color", "always"], &[("NO_COLOR", "1")]));
    assert!(colourful(&["--color=always", "explain"], &[]));
    assert!(colourful(&[], &[("CLICOLOR_FORCE", "1")]));
    assert!(!colourful(&[], &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
}

#[test]
fn explain_tells_everything_about_a_rule() {
    let rule = Rule {
        name: "missing-command",
        article: 8,
        summary: "a command that one of the target systems does not have",
        why: "`timeout` is GNU's. On a mac the script goes on with *command not found*, and so does\nthe handler that was to clean up.\n\n\
              - guard it\n- or do without:\n\n      cmd & pid=$!",
        level: Level::Deny,
        bad: &["timeout 5 ls\n", "tac < a |\n  cat\n"],
        good: &["command -v timeout >/dev/null && timeout 5 ls\n"],
        check: Check::Script(|_, _, _| ()),
    };
    let mut out = Vec::new();
    explain::one_rule(&mut out, &rule, explain::Paint(false)).unwrap();
    assert_data_eq!(
        String::from_utf8(out).unwrap(),
        str![[r#"
missing-command (deny)
a command that one of the target systems does not have

Article 8: portable shell only
  The scripts run on Linux and on macOS, whose bash is of 2007 and whose
  utilities come from BSD. What only GNU or a newer bash knows fails there
  halfway through, in the middle of other people's files, and often in the error
  handler too.

Why
  `timeout` is GNU's. On a mac the script goes on with *command not found*, and
  so does the handler that was to clean up.

  - guard it
  - or do without:

        cmd & pid=$!

Bad

    timeout 5 ls

  or

    tac < a |
      cat

Good

    command -v timeout >/dev/null && timeout 5 ls

Level
  deny without a policy; in gnp.toml:

    [rules]
    missing-command = "warn"    # deny, warn or allow

Exceptions
  In the script, on the line or the one before, with a reason:

    # gnp-lint: allow(missing-command) REASON

  For some paths, in gnp.toml:

    [[allow]]
    rule = "missing-command"
    paths = ["PATH/**"]
    reason = "REASON"

"#]]
        .raw()
    );
    let mut out = Vec::new();
    explain::list(&mut out, &[&rule], explain::Paint(false)).unwrap();
    let row = "Article 8: portable shell only\n  missing-command  deny   a command that one of the target systems does not have\n";
    assert!(String::from_utf8(out).unwrap().contains(row));
}

#[test]
fn explain_tells_what_is_known_of_a_utility_an_option_and_a_feature() {
    let dir = tempfile::tempdir().unwrap();
    let told = |words: &[&str]| {
        let words: Vec<&str> = ["explain"].iter().chain(words).copied().collect();
        let (code, out, err) = run(dir.path(), &words);
        assert_eq!((code, err.as_str()), (0, ""), "{words:?}");
        assert!(out.lines().all(|line| line.starts_with("    ") || line.chars().count() <= 80), "{out}");
        out
    };
    let timeout = told(&["timeout"]);
    for part in
        ["timeout (denied)", "macOS       not there", "Linux       works", "Known from", "Grade: read in the source.", "timeout 30 echo x"]
    {
        assert!(timeout.contains(part), "{part} is not in\n{timeout}");
    }
    assert!(told(&["sed", "-i"]).starts_with("sed-in-place (denied)"));
    assert!(told(&["readlink -f"]).contains("macOS       refused before 12.3, works since"));
    assert!(told(&["mapfile"]).contains("bash        right since 4.0; macOS ships 3.2"));
    assert!(told(&["${v^^}"]).starts_with("case-change (denied)"));
    assert!(told(&["find", "-printf"]).starts_with("find-printf"));
    assert!(told(&["source"]).contains("sh (dash)   not there"));
    let meant = [
        ("globstar", "shopt-globstar"),
        ("pipefail", "sh-pipefail"),
        ("egrep -P", "grep-perl"),
        ("/proc/cpuinfo", "linux-proc"),
        ("|&", "pipe-both"),
        ("&>>", "append-both"),
        (";;&", "case-continue"),
        ("coproc", "coprocess"),
        ("[[", "sh-test-keyword"),
        ("<<<", "sh-here-string"),
        ("BASHPID", "bashpid"),
        ("{01..10}", "padded-range"),
    ];
    for (text, id) in meant {
        assert!(told(&[text]).starts_with(&format!("{id} (denied)")), "{text}: {}", told(&[text]));
    }
    assert!(told(&["sed", "-n"]).starts_with("No fact speaks against `sed -n`."));
    let (code, _, err) = run(dir.path(), &["explain", "timeot"]);
    assert_eq!((code, err.as_str()), (2, "gnp-lint: `timeot` is not a rule; did you mean `timeout`?\n"));
}

#[test]
fn explain_tells_articles_at_80_columns() {
    let dir = repository();
    let (code, out, _) = run(dir.path(), &["explain"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("Article 1: worktrees, not branches on main\n"));
    assert!(out.lines().all(|line| line.chars().count() <= 80));
    let (code, out, _) = run(dir.path(), &["explain", "article-3"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("Article 3: never stash on main while the fleet runs\n\n"));
    assert_eq!(run(dir.path(), &["explain", "article-9"]).0, 2);
}

#[test]
fn a_reader_that_leaves_early_changes_nothing() {
    let dir = repository();
    let mut child = gnp_lint(dir.path(), &["explain"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(said(child.wait_with_output().unwrap()), (0, String::new(), String::new()));
}
