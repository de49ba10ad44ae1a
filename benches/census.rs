//! What comparing state costs: two documents of 100 MB beside `jq length` on one of them, and a commit that changes a file of 2 MB.
//!
//! `cargo bench --bench census`; needs git, jq and Linux (for the peak memory). The table in `benches/README.md` is its output.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks, and ends at the first surprise")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use gnp_lint::state::census::{Census, Detail, Form, Scope};
use support::{Git, Sandbox};

const LARGE: usize = 100_000_000;
const MEDIUM: usize = 2_000_000;
const SMALL: usize = 2_000;

fn main() {
    let git = Git::all().remove(0);
    println!("{}, {}\n", git.version, output(Command::new("jq").arg("--version")));
    println!("| what | median | peak memory | ratio |\n| --- | --- | --- | --- |");
    documents(&git);
    commits(&git);
}

/// A document of about so many bytes, one agent a line; `seed` changes one number of it.
fn document(bytes: usize, seed: usize) -> String {
    let mut text = String::with_capacity(bytes + 200);
    text.push_str("{\"agents\": {\n");
    let mut number = 0;
    while text.len() < bytes {
        let karma = if number == 5 { seed } else { number * 7 % 1000 };
        text.push_str(&format!(
            "\"agent-{number:07}\": {{\"phase\": \"idle\", \"karma\": {karma}, \"bio\": \"Agent {number} walks the lattice.\", \"tags\": [\"a\", \"b{}\"]}},\n",
            number % 13
        ));
        number += 1;
    }
    text.push_str(&format!("\"last\": {{}}}}, \"total\": {}}}\n", number + 1));
    text
}

fn documents(git: &Git) {
    let sandbox = Sandbox::empty(git);
    sandbox.ok("git init -q -b main . && mkdir state");
    let path = sandbox.path("repo/state/large.json");
    for (text, subject) in [(document(LARGE, 1), "one"), (document(LARGE, 2), "two"), ("{\"agents\": {}}\n".to_owned(), "wipe")] {
        fs::write(&path, text).unwrap();
        sandbox.ok(&format!("git add state && git commit -qm {subject}"));
    }
    sandbox.ok("git tag wiped && git reset -q --hard HEAD~1");
    let size = fs::metadata(&path).unwrap().len();
    let ours = || measured(sandbox.command("gnp-lint").args(["ci", "--base", "HEAD~1"]), 0);
    let theirs = || measured(sandbox.command("jq").args(["length", "state/large.json"]), 0);
    let (mut mine, mut rivals) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        rivals.push(theirs());
        mine.push(ours());
    }
    let (own, rival) = (median(mine.iter().map(|run| run.0)), median(rivals.iter().map(|run| run.0)));
    let peak = |runs: &[(Duration, u64)]| runs.iter().map(|run| run.1).max().unwrap();
    let share = |bytes: u64| format!("{} MB, {:.2} × the document", bytes / 1_000_000, ratio(bytes, size));
    println!("| `jq length` on one document of 100 MB | {} | {} | 1 |", shown(rival), share(peak(&rivals)));
    let faster = rival.as_secs_f64() / own.as_secs_f64();
    println!("| comparing two of them, read from git (`gnp-lint ci`) | {} | {} | {faster:.1} × faster |", shown(own), share(peak(&mine)));
    let text = sandbox.path("repo/state/large.json");
    let alone = median((0..5).map(|_| {
        let start = Instant::now();
        for _ in 0..2 {
            taken(&text);
        }
        start.elapsed()
    }));
    let faster = rival.as_secs_f64() / alone.as_secs_f64();
    println!("| the censuses of two of them, read from files | {} | | {faster:.1} × faster |", shown(alone));
    sandbox.ok("git reset -q --hard wiped");
    let (time, bytes) = measured(sandbox.command("gnp-lint").args(["ci", "--base", "HEAD~1"]), 1);
    println!("| the same where everything is lost | {} | {} | |", shown(time), share(bytes));
}

/// Reads a document from a file and takes its census, as every door does of what git gives it.
fn taken(path: &Path) {
    let text = fs::read(path).unwrap();
    Census::of(&text, Form::Document, Scope { depth: 1, detail: Detail::Numbers }).unwrap();
}

fn commits(git: &Git) {
    const ROUNDS: usize = 40;
    let sandbox = Sandbox::new(git);
    let sizes = [("2 KB", SMALL), ("2 MB", MEDIUM)];
    // In turns, because the history that a door asks grows with each commit.
    let mut times: [[Vec<Duration>; 2]; 2] = Default::default();
    for round in 0..ROUNDS {
        for ((_, bytes), times) in sizes.iter().zip(&mut times) {
            let path = sandbox.path(&format!("repo/state/of-{bytes}.json"));
            for (hooks, times) in times.iter_mut().enumerate() {
                fs::write(&path, document(*bytes, 2 * round + hooks)).unwrap();
                sandbox.ok("git add state");
                let mut command = sandbox.command("git");
                if hooks == 0 {
                    command.args(["-c", "core.hooksPath=/dev/null"]);
                }
                let start = Instant::now();
                let done = command.args(["commit", "-qm", "sync"]).env("GNP_WRITER", "merge-engine").output().unwrap();
                times.push(start.elapsed());
                assert!(done.status.success(), "{}", support::both(&done));
            }
        }
    }
    let mut added = Vec::new();
    for ((size, _), times) in sizes.iter().zip(times) {
        let [bare, hooked] = times.map(|times| median(times.into_iter()));
        println!("| `git commit` of a state file of {size}, no hooks | {} | | 1 |", shown(bare));
        println!("| the same with all hooks | {} | | {:.2} × |", shown(hooked), hooked.as_secs_f64() / bare.as_secs_f64());
        added.push(hooked.saturating_sub(bare));
    }
    println!("| what the hooks add for 2 MB instead of 2 KB | {} | | |", shown(added[1].saturating_sub(added[0])));
}

/// How long a command took, and its largest resident set in bytes; it must end with an exit code.
fn measured(command: &mut Command, code: i32) -> (Duration, u64) {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let ended = loop {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kilobytes: u64 = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0);
        peak = peak.max(kilobytes * 1024);
        if let Some(ended) = child.try_wait().unwrap() {
            break ended;
        }
        thread::sleep(Duration::from_millis(1));
    };
    assert_eq!(ended.code(), Some(code));
    (start.elapsed(), peak)
}

fn output(command: &mut Command) -> String {
    String::from_utf8_lossy(&command.output().unwrap().stdout).trim().to_owned()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

#[allow(clippy::cast_precision_loss, reason = "a ratio to two places")]
fn ratio(a: u64, b: u64) -> f64 {
    a as f64 / b as f64
}

fn shown(time: Duration) -> String {
    if time > Duration::from_secs(1) { format!("{:.2} s", time.as_secs_f64()) } else { format!("{:.1} ms", time.as_secs_f64() * 1000.0) }
}
