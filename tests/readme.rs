//! The README is a promise: its commands run, its policy is valid, and the demo it shows is the demo that runs.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test ends at the first surprise")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};

use gnp_lint::policy::{Policy, Strictness};
use support::{BINARY, Git, Sandbox};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    fs::read_to_string(path()).unwrap()
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let readme = readme();
    let fence = format!("```{language}\n");
    readme.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_command_of_the_program_runs() {
    let lines: Vec<String> = blocks("sh").iter().flat_map(|block| block.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    let commands: Vec<&str> =
        lines.iter().filter(|line| line.starts_with("gnp-lint ")).map(|line| line.split("  #").next().unwrap().trim()).collect();
    assert!(commands.len() >= 5, "{commands:?}");
    let waiver = lines.iter().find(|line| line.starts_with("GNP_ALLOW=")).unwrap();
    for git in Git::all() {
        let sandbox = Sandbox::new(&git);
        sandbox.ok("mkdir scripts && printf '#!/bin/sh\\necho fine\\n' | tee run.sh > scripts/run.sh");
        for command in &commands {
            sandbox.ok(command);
        }
        sandbox.ok("gnp-lint install && printf '{\"agents\": {}}\\n' > state/agents.json && git add state");
        sandbox.ok(&format!("GNP_WRITER=merge-engine {waiver}"));
    }
}

#[test]
fn the_policy_in_it_is_valid() {
    let policies = blocks("toml");
    assert!(!policies.is_empty());
    for text in policies {
        let (_, warnings) = Policy::read(&text, "README.md", Strictness::Strict).unwrap();
        assert_eq!(warnings, []);
    }
}

/// The demo's first line names the git at hand; everything else is the same everywhere. `UPDATE=1` writes it anew.
#[test]
fn the_demo_in_it_is_the_one_that_runs() {
    let output = std::process::Command::new(BINARY).arg("demo").output().unwrap();
    assert!(output.status.success(), "{}", support::both(&output));
    let demo = String::from_utf8(output.stdout).unwrap();
    assert!(demo.lines().count() <= 26, "a person reads about twenty lines:\n{demo}");
    let (begin, end) = ("<!-- demo:begin -->\n", "<!-- demo:end -->");
    let document = readme();
    let (before, rest) = document.split_once(begin).unwrap();
    let (shown, after) = rest.split_once(end).unwrap();
    let expected = format!("```text\n$ gnp-lint demo\n{demo}```\n");
    if std::env::var_os("UPDATE").is_some_and(|value| !value.is_empty()) {
        fs::write(path(), format!("{before}{begin}{expected}{end}{after}")).unwrap();
        return;
    }
    let without_version = |text: &str| -> String {
        let at = text.find("; git ").unwrap();
        let end = at + text[at..].find(", ").unwrap();
        format!("{}{}", &text[..at], &text[end..])
    };
    assert_eq!(without_version(shown), without_version(&expected), "run: UPDATE=1 cargo test");
}

#[test]
fn our_own_scripts_hold_what_we_ask_of_others() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut command = std::process::Command::new(BINARY);
    command.current_dir(root).args(["install.sh", "hooks", ".ci/run", ".ci/managers", "benches"]);
    let output = command.output().unwrap();
    let said = support::both(&output);
    assert!(output.status.success() && said.contains("clean: "), "{said}");
}
