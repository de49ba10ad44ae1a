//! `.git/gnp/log.jsonl`: what the doors found. Scripts throw stderr away, the log does not.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::finding::Finding;
use crate::repo::Repo;
use crate::report;

/// The size, in bytes, from which the log is put aside as `log.jsonl.1`.
const ROTATE: u64 = 1 << 20;

/// Appends one finding, with the reason if it was waived. A log that cannot be written never changes a verdict.
pub fn write(repo: &Repo, door: &str, finding: &Finding, waived: Option<&str>) {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let entry = json!({ "time": time, "door": door, "waived": waived, "finding": report::Entry::of(finding) });
    let _ = append(&repo.common_dir.join("gnp"), &entry.to_string());
}

fn append(folder: &Path, line: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join("log.jsonl");
    if fs::metadata(&path).is_ok_and(|meta| meta.len() > ROTATE) {
        fs::rename(&path, folder.join("log.jsonl.1"))?;
    }
    let new = !path.exists();
    let mut log = OpenOptions::new().create(true).append(true).open(&path)?;
    if new {
        // For everybody whom the repository is for, whatever this one's umask says.
        let mode = fs::metadata(folder)?.permissions().mode() & 0o666;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode))?;
    }
    // One write of one line: lines of several processes do not mix.
    log.write_all(format!("{line}\n").as_bytes())
}
