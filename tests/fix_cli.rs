//! `--fix` and `--diff` as a user meets them: what is written, how, and what is said.

#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const BROKEN: &str = "#!/bin/bash\nmake |& tee log\nx=${v^^}\n";
const SAFE: &str = "#!/bin/bash\nmake 2>&1 | tee log\nx=${v^^}\n";
const ALL: &str = "#!/bin/bash\nmake 2>&1 | tee log\nx=$(printf '%s' \"$v\" | tr '[:lower:]' '[:upper:]')\n";

struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (name, text) in files {
            fs::write(folder.at(name), text).unwrap();
        }
        folder
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap()
    }

    /// Runs the program here; its exit code and what it wrote to both streams.
    fn run(&self, words: &str, input: &[u8]) -> (i32, String, String) {
        let binary = env!("CARGO_BIN_EXE_gnp-lint");
        let mut command = Command::new(binary);
        command.args(words.split_whitespace()).current_dir(self.0.path()).env_remove("CLICOLOR_FORCE");
        let output = fed(command, input);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// The names of all that lies here.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

fn fed(mut command: Command, input: &[u8]) -> Output {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who does not read closes early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

#[test]
fn what_is_left_decides_the_exit_code() {
    let folder = Folder::new(&[("a.sh", BROKEN), ("b.sh", BROKEN), ("clean.sh", "#!/bin/sh\nmake\n")]);
    let (code, out, err) = folder.run("--fix .", b"");
    assert_eq!((code, folder.read("a.sh").as_str(), folder.read("b.sh").as_str()), (1, SAFE, SAFE));
    assert!(out.contains("a.sh:3:3") && !out.contains("|&") && out.contains("2 denied in 3 scripts"), "{out}");
    assert_eq!(err, "gnp-lint: fixed 2 findings in 2 scripts\n");
    let (code, out, err) = folder.run("--fix=unsafe .", b"");
    assert_eq!((code, folder.read("a.sh").as_str()), (0, ALL));
    assert_eq!((out.as_str(), err.as_str()), ("clean: 3 scripts\n", "gnp-lint: fixed 2 findings in 2 scripts\n"));
    assert_eq!(folder.run("--fix=unsafe .", b""), (0, "clean: 3 scripts\n".to_owned(), String::new()));
    assert_eq!(folder.names(), ["a.sh", "b.sh", "clean.sh"]);
    assert_eq!(folder.run("--fix=most .", b"").0, 2);
}

#[test]
fn nothing_is_written_where_nothing_changes() {
    let folder = Folder::new(&[("a.sh", "#!/bin/sh\nmake\n")]);
    let before = fs::metadata(folder.at("a.sh")).unwrap();
    folder.run("--fix=unsafe a.sh", b"");
    let after = fs::metadata(folder.at("a.sh")).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
}

#[test]
fn modes_stay_and_links_stay_links() {
    let folder = Folder::new(&[("real", BROKEN)]);
    fs::set_permissions(folder.at("real"), PermissionsExt::from_mode(0o751)).unwrap();
    symlink("real", folder.at("link.sh")).unwrap();
    let (code, ..) = folder.run("--fix=unsafe link.sh real", b"");
    assert_eq!((code, folder.read("real").as_str()), (0, ALL));
    assert!(fs::symlink_metadata(folder.at("link.sh")).unwrap().is_symlink());
    assert_eq!(fs::metadata(folder.at("real")).unwrap().permissions().mode() & 0o7777, 0o751);
    assert_eq!(folder.names(), ["link.sh", "real"]);
}

#[test]
fn a_read_only_file_is_left_alone_with_a_clear_line() {
    let folder = Folder::new(&[("a.sh", BROKEN), ("b.sh", BROKEN)]);
    fs::set_permissions(folder.at("a.sh"), PermissionsExt::from_mode(0o444)).unwrap();
    let (code, out, err) = folder.run("--fix .", b"");
    assert_eq!((code, folder.read("a.sh").as_str(), folder.read("b.sh").as_str()), (2, BROKEN, SAFE));
    assert_eq!(err, "gnp-lint: fixed 1 finding in 1 script\ngnp-lint: cannot fix `a.sh`: it is read-only\n");
    assert!(out.contains("a.sh:2:6"), "its findings are still told: {out}");
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone() {
    let folder = Folder::new(&[("a.sh", BROKEN)]);
    let error = gnp_lint::fix::replace(&folder.at("a.sh"), b"what was read", b"new").unwrap_err();
    assert_eq!(error.to_string(), "it has changed meanwhile; nothing was written: run it again");
    assert_eq!((folder.read("a.sh").as_str(), folder.names()), (BROKEN, vec!["a.sh".to_owned()]));
    assert!(gnp_lint::fix::replace(Path::new("/nonexistent/a.sh"), b"", b"").is_err());
}

#[test]
fn bytes_that_are_no_text_are_never_rewritten() {
    let folder = Folder::new(&[]);
    let bytes = b"#!/bin/bash\nmake |& cat # \xff\n";
    fs::write(folder.at("a.sh"), bytes).unwrap();
    let (code, _, err) = folder.run("--fix=unsafe a.sh", b"");
    assert_eq!((code, fs::read(folder.at("a.sh")).unwrap().as_slice()), (1, bytes.as_slice()));
    assert!(err.contains("is not UTF-8 at line 2") && err.contains("and it is not fixed"), "{err}");
}

#[test]
fn files_that_hold_scripts_are_fixed_like_scripts() {
    let makefile = "SHELL := bash\na:\n\techo $$x |& cat\n";
    let fixed = "SHELL := bash\na:\n\techo $$x 2>&1 | cat\n";
    let folder = Folder::new(&[("Makefile", makefile), ("b.md", "No shell.\n"), ("c.yml", makefile)]);
    let (code, out, err) = folder.run("--diff .", b"");
    assert_eq!(code, 1);
    assert!(
        out.contains("+++ Makefile\n") && out.contains("+\techo $$x 2>&1 | cat\n") && err.contains("1 finding in 1 script"),
        "{out}{err}"
    );
    let (code, out, _) = folder.run("--fix .", b"");
    assert_eq!((code, folder.read("Makefile").as_str(), out.as_str()), (0, fixed, "clean: 1 script\n"));
    let (code, out, err) = folder.run("--fix - --stdin-filename sub/Makefile", makefile.as_bytes());
    assert_eq!((code, out.as_str()), (0, fixed), "{err}");
}

#[test]
fn standard_input_is_fixed_on_standard_output() {
    let folder = Folder::new(&[("a.sh", BROKEN)]);
    let (code, out, err) = folder.run("--fix -", BROKEN.as_bytes());
    assert_eq!((code, out.as_str()), (1, SAFE));
    assert!(err.contains("1 denied in 1 script"), "{err}");
    let zsh = b"#!/bin/zsh\nmake |& cat\n";
    assert_eq!(folder.run("--fix -", zsh).1.as_bytes(), zsh);
    let (code, _, err) = folder.run("--fix - a.sh", b"");
    assert_eq!((code, folder.read("a.sh").as_str()), (2, BROKEN));
    assert!(err.contains("name no other path"), "{err}");
}

#[test]
fn a_diff_is_a_patch_and_writes_nothing() {
    let folder = Folder::new(&[("a.sh", BROKEN), ("b c.sh", "x |& y\r\n\rz |& a")]);
    for (words, expected) in [("--diff", SAFE), ("--diff --fix=unsafe", ALL)] {
        let (code, patch, err) = folder.run(words, b"");
        assert_eq!((code, folder.read("a.sh").as_str()), (1, BROKEN), "{err}");
        assert!(err.starts_with("gnp-lint: this would fix "), "{err}");
        for program in ["patch -s -p0 --binary", "git apply -p0"] {
            let copy = Folder::new(&[("a.sh", BROKEN), ("b c.sh", &folder.read("b c.sh"))]);
            let mut words = program.split(' ');
            let mut command = Command::new(words.next().unwrap());
            command.args(words).current_dir(copy.0.path());
            let output = fed(command, patch.as_bytes());
            assert!(output.status.success(), "{program}: {}\n{patch}", String::from_utf8_lossy(&output.stderr));
            assert_eq!((copy.read("a.sh").as_str(), copy.read("b c.sh").as_str()), (expected, "x 2>&1 | y\r\n\rz 2>&1 | a"), "{program}");
        }
    }
    folder.run("--fix=unsafe .", b"");
    assert_eq!(folder.run("--diff --fix=unsafe .", b""), (0, String::new(), String::new()));
}

#[test]
fn reports_carry_the_fix_with_its_bytes() {
    let folder = Folder::new(&[("a.sh", BROKEN)]);
    let (_, out, _) = folder.run("--format json a.sh", b"");
    assert!(out.contains(r#""fix":{"safe":true,"edits":[{"start":17,"end":19,"text":"2>&1 |"}]}"#), "{out}");
    let (_, out, _) = folder.run("--format json --fix=unsafe a.sh", b"");
    assert_eq!(out, "{\"version\":1,\"findings\":[],\"summary\":{\"deny\":0,\"warn\":0,\"files\":1,\"commits\":0}}\n");
}

#[test]
fn only_what_is_reported_is_fixed() {
    let allowed = "#!/bin/bash\nmake |& cat # gnp-lint: allow(bash-feature-too-new) on Linux alone\n";
    let folder = Folder::new(&[("a.sh", allowed), ("b.sh", BROKEN)]);
    folder.run("--fix=unsafe --ignore bash-feature-too-new b.sh", b"");
    assert_eq!(folder.read("b.sh"), BROKEN);
    folder.run("--fix=unsafe a.sh", b"");
    assert_eq!(folder.read("a.sh"), allowed);
}
