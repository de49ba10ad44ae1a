//! What this git cannot show to hooks, what the program is, and what the doors have refused of late.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::line::Line;
use super::{Patient, facts};
use crate::report::shown;

/// How much of the log's end is read, in bytes.
const TAIL: u64 = 64 << 10;

/// How many refusals are shown.
const SHOWN: usize = 5;

pub(super) fn lines(patient: &Patient) -> Vec<Line> {
    let mut lines = vec![git(patient), program(&patient.program)];
    let configured = facts::configured_hooks(patient);
    if !configured.is_empty() {
        let names = super::line::listed(configured.iter().map(String::as_str));
        lines.push(Line::ok("configured hooks", format!("git 2.54 and newer runs {names} of its configuration before ours")));
    }
    lines.push(log(patient));
    lines
}

/// What no hook sees with this git, and who does see it.
fn git(patient: &Patient) -> Line {
    let version = patient.repo.ask(["version"]).unwrap_or_default();
    let mut unseen = vec!["`git branch -C OTHER BRANCH` where BRANCH is not checked out"];
    if !crate::repo::at_least(&version, (2, 47)) {
        unseen.push("`git symbolic-ref` of a branch (git 2.47 shows it)");
    }
    if patient.repo.keeps_refs_in_tables() {
        unseen.push("`git branch -m`, `-M` and `-C` in a reftable repository");
    }
    let mut line = Line::ok("git", format!("{}; its hooks do not see:", shown(version.trim())));
    line.details = unseen.into_iter().map(str::to_owned).collect();
    line.advised("this command, pre-push, CI and a server with `gnp-lint install --server` judge what they bring all the same")
}

fn program(path: &Path) -> Line {
    let place = shown(&path.to_string_lossy());
    match is_dynamic(path) {
        Some(true) => {
            Line::ok("program", format!("`{place}` is linked dynamically: each hook starts about a millisecond later than a static one"))
        }
        Some(false) => Line::ok("program", format!("`{place}` is static")),
        None => Line::ok("program", format!("`{place}`")),
    }
}

/// Whether a 64-bit ELF program asks for an interpreter; none for any other file. Layout: System V ABI, "ELF Header" and "Program Header".
fn is_dynamic(path: &Path) -> Option<bool> {
    const INTERPRETER: u32 = 3;
    let mut head = Vec::new();
    File::open(path).ok()?.take(4096).read_to_end(&mut head).ok()?;
    if !head.starts_with(b"\x7fELF\x02\x01") {
        return None;
    }
    let number = |at: usize, bytes: usize| {
        let slice = head.get(at..at + bytes)?;
        Some(slice.iter().rev().fold(0_u64, |number, &byte| number << 8 | u64::from(byte)))
    };
    let (offset, size, count) = (number(0x20, 8)?, number(0x36, 2)?, number(0x38, 2)?);
    let kind = |index: u64| number(usize::try_from(offset + index * size).ok()?, 4);
    Some((0..count).any(|index| kind(index) == Some(INTERPRETER.into())))
}

/// Refusals and waivers of the last day, the newest first.
fn log(patient: &Patient) -> Line {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let entries: Vec<Value> =
        tail(&patient.repo.common_dir.join("gnp/log.jsonl")).iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let since = now.saturating_sub(Duration::from_secs(24 * 3600)).as_secs();
    let recent = entries.iter().rev().filter(|entry| entry["time"].as_u64().is_some_and(|time| time >= since));
    let told: Vec<&Value> = recent.filter(|entry| entry["finding"]["level"] == "deny").collect();
    let refused = told.iter().filter(|entry| entry["waived"].is_null()).count();
    let mut line = match (refused, told.len() - refused) {
        (0, 0) => return Line::ok("log", "nothing was refused in the last day"),
        (refused, 0) => Line::ok("log", format!("{refused} refused in the last day")),
        (refused, waived) => Line::ok("log", format!("{refused} refused and {waived} waived in the last day")),
    };
    line.details = told.iter().take(SHOWN).map(|entry| described(entry, now)).collect();
    line
}

fn described(entry: &Value, now: Duration) -> String {
    let text = |value: &Value| shown(value.as_str().unwrap_or_default());
    let minutes = now.as_secs().saturating_sub(entry["time"].as_u64().unwrap_or_default()) / 60;
    let ago = match minutes {
        0 => "just now".to_owned(),
        1..=119 => format!("{minutes} min ago"),
        _ => format!("{} h ago", minutes / 60),
    };
    let waived = entry["waived"].as_str().map_or(String::new(), |reason| format!(" (waived: {})", shown(reason)));
    let finding = &entry["finding"];
    format!("{ago}, {}: {}: {}{waived}", text(&entry["door"]), text(&finding["rule"]), text(&finding["message"]))
}

/// The last lines of a file.
fn tail(path: &Path) -> Vec<String> {
    let read = || {
        let mut file = File::open(path)?;
        let from = fs::metadata(path)?.len().saturating_sub(TAIL);
        file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        std::io::Result::Ok(bytes)
    };
    String::from_utf8_lossy(&read().unwrap_or_default()).lines().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_no_program_is_neither_static_nor_dynamic() {
        assert_eq!(is_dynamic(Path::new("Cargo.toml")), None);
    }
}
