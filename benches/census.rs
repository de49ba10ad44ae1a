//! What comparing state costs: two documents of 100 MB beside `jq length` on one of them, and a commit that changes a file of 2 MB.
//!
//! `cargo bench --bench census`; needs git, jq and Linux (for the peak memory). The table in `benches/README.md` is its output.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark talks, and ends at the first surprise")]
#![allow(clippy::cast_precision_loss, reason = "ratios to two places")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use support::{Git, Sandbox};

const LARGE: usize = 100_000_000;
const MEDIUM: usize = 2_000_000;
const SMALL: usize = 2_000;

fn main() {
    let git = Git::all().remove(0);
    println!("{}, {}\n", git.version, output(Command::new("jq").arg("--version")));
    println!("| what | median | processor time | peak memory | ratio |\n| --- | --- | --- | --- | --- |");
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
    for _ in 0..7 {
        rivals.push(theirs());
        mine.push(ours());
    }
    let row = |what: &str, runs: &[Run], ratio: &str| {
        let peak = runs.iter().map(|run| run.peak).max().unwrap();
        let share = peak as f64 / size as f64;
        let (time, work) = (median(runs.iter().map(|run| run.time)), median(runs.iter().map(|run| run.work)));
        println!("| {what} | {} | {} | {} MB, {share:.2} × the document | {ratio} |", shown(time), shown(work), peak / 1_000_000);
        (time.as_secs_f64(), work.as_secs_f64())
    };
    let rival = row("`jq length` on one document of 100 MB", &rivals, "1");
    let own = row("comparing two of them, read from git (`gnp-lint ci`)", &mine, "");
    println!("| how much faster that is | {:.1} × | {:.1} × | | |", rival.0 / own.0, rival.1 / own.1);
    sandbox.ok("git reset -q --hard wiped");
    row("the same where everything is lost", &[measured(sandbox.command("gnp-lint").args(["ci", "--base", "HEAD~1"]), 1)], "");
    sandbox.ok("git reset -q --hard HEAD~1 && git gc -q --prune=now");
    row("comparing two that git has packed", &[ours()], "");
}

fn commits(git: &Git) {
    const ROUNDS: usize = 40;
    let sandbox = Sandbox::new(git);
    let sizes = [("2 KB", SMALL), ("2 MB", MEDIUM)];
    // In turns, because the history that a door asks grows with each commit.
    let mut times: [[Vec<Duration>; 2]; 2] = Default::default();
    let mut works: [[Duration; 2]; 2] = Default::default();
    for round in 0..ROUNDS {
        for ((_, bytes), (times, works)) in sizes.iter().zip(times.iter_mut().zip(&mut works)) {
            let path = sandbox.path(&format!("repo/state/of-{bytes}.json"));
            for (hooks, times) in times.iter_mut().enumerate() {
                fs::write(&path, document(*bytes, 2 * round + hooks)).unwrap();
                sandbox.ok("git add state");
                let mut command = sandbox.command("git");
                if hooks == 0 {
                    command.args(["-c", "core.hooksPath=/dev/null"]);
                }
                let (start, before) = (Instant::now(), work_of_children());
                let done = command.args(["commit", "-qm", "sync"]).env("GNP_WRITER", "merge-engine").output().unwrap();
                times.push(start.elapsed());
                works[hooks] += work_of_children().saturating_sub(before);
                assert!(done.status.success(), "{}", support::both(&done));
            }
        }
    }
    let mut added = Vec::new();
    for ((size, _), (times, works)) in sizes.iter().zip(times.into_iter().zip(works)) {
        let [bare, hooked] = times.map(|times| median(times.into_iter()));
        let [bare_work, hooked_work] = works.map(|work| work / u32::try_from(ROUNDS).unwrap());
        println!("| `git commit` of a state file of {size}, no hooks | {} | {} | | 1 |", shown(bare), shown(bare_work));
        let ratio = hooked.as_secs_f64() / bare.as_secs_f64();
        println!("| the same with all hooks | {} | {} | | {ratio:.2} × |", shown(hooked), shown(hooked_work));
        added.push((hooked.saturating_sub(bare), hooked_work.saturating_sub(bare_work)));
    }
    let more = (added[1].0.saturating_sub(added[0].0), added[1].1.saturating_sub(added[0].1));
    println!("| what the hooks add for 2 MB instead of 2 KB | {} | {} | | |", shown(more.0), shown(more.1));
}

/// What a command took.
struct Run {
    time: Duration,
    /// Processor time, its children's included.
    work: Duration,
    /// Its largest resident set in bytes.
    peak: u64,
}

/// Runs a command, which must end with an exit code.
fn measured(command: &mut Command, code: i32) -> Run {
    let (start, before) = (Instant::now(), work_of_children());
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
    Run { time: start.elapsed(), work: work_of_children().saturating_sub(before), peak }
}

/// The processor time of all children that have ended, and of theirs. Linux tells it in hundredths of a second.
fn work_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    // Behind the name, which may hold anything but is in brackets, the 14th and 15th field.
    let ticks: u64 = stat.rsplit_once(") ").unwrap().1.split(' ').skip(13).take(2).map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}

fn output(command: &mut Command) -> String {
    String::from_utf8_lossy(&command.output().unwrap().stdout).trim().to_owned()
}

fn median(times: impl Iterator<Item = Duration>) -> Duration {
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    times[times.len() / 2]
}

fn shown(time: Duration) -> String {
    if time > Duration::from_secs(1) { format!("{:.2} s", time.as_secs_f64()) } else { format!("{:.1} ms", time.as_secs_f64() * 1000.0) }
}
