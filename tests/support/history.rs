//! Repositories with a history of state files, to audit.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses its own part, and a panic is how a test fails")]

use std::fs;
use std::process::Output;

use crate::support::{Git, Sandbox, agents};

/// Runs a story on every git, in a repository with 136 agents and no hooks.
pub(crate) fn on_every_git(story: impl Fn(&Sandbox)) {
    for git in Git::all() {
        let sandbox = Sandbox::empty(&git);
        sandbox.ok("git init -q -b main . && mkdir state && echo '{\"posts\": []}' > state/posts.json");
        write(&sandbox, "state/agents.json", &agents(136));
        sandbox.ok("git add . && git commit -qm begin");
        story(&sandbox);
    }
}

pub(crate) fn write(sandbox: &Sandbox, path: &str, text: &str) {
    fs::write(sandbox.path("repo").join(path), text).unwrap();
}

/// Commits a text for a file.
pub(crate) fn commit(sandbox: &Sandbox, path: &str, text: &str, subject: &str) {
    write(sandbox, path, text);
    sandbox.ok(&format!("git add -A && git commit -qm '{subject}'"));
}

pub(crate) fn audit(sandbox: &Sandbox, args: &str) -> Output {
    sandbox.sh(&format!("exec gnp-lint audit {args}"))
}

/// A history with a rename, a wipe on the far side of conflict markers, and a subject that would like to be markup.
pub(crate) fn grown(sandbox: &Sandbox) {
    commit(sandbox, "state/agents.json", &agents(137), "grow");
    sandbox.ok("git mv state/agents.json state/people.json && git commit -qm rename");
    commit(
        sandbox,
        "state/people.json",
        &format!("<<<<<<< Updated upstream\n{}>>>>>>> Stashed changes\n", agents(138)),
        "<script>alert(1)</script> & co",
    );
    commit(sandbox, "state/people.json", "{\"agents\": {}}\n", "resolve");
    commit(sandbox, "state/people.json", &agents(139), "put back");
}
