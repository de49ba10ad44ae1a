//! Is the fleet alive? Every sign of life of the policy, read from this machine.
//!
//! One sign that holds is enough. A sign that cannot be read counts as alive, because the harm lies on the other side.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};
use serde_json::Value;

use crate::event::Liveness;
use crate::pattern::Regex;
use crate::policy::{Fleet, Signal};
use crate::process::Table;
use crate::report::shown;

/// What the signs of life are read from.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The main checkout's root, absolute: relative paths of the policy are taken from there.
    pub root: &'a Path,
    /// The time that ages are counted to.
    pub now: SystemTime,
    /// When the latest commit was made whose subject matches, in the history of a revision, no older than a time; or why that cannot
    /// be told, as a clause.
    pub last_commit: &'a LastCommit<'a>,
}

/// Subject, revision, age → the time of the latest commit that matches.
pub type LastCommit<'a> = dyn Fn(&Regex, &str, Duration) -> Result<Option<SystemTime>, String> + 'a;

impl fmt::Debug for World<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("root", &self.root).field("now", &self.now).finish_non_exhaustive()
    }
}

/// Whether the fleet runs, and how that is known.
pub fn liveness(fleet: &Fleet, world: &World<'_>) -> Liveness {
    if fleet.alive.is_empty() {
        let otherwise = if fleet.otherwise_alive { "alive" } else { "dead" };
        let because = format!("no sign of life is configured, and `fleet.otherwise` is \"{otherwise}\"");
        return Liveness { alive: fleet.otherwise_alive, because };
    }
    let mut unread = None;
    let mut gone = Vec::new();
    for signal in &fleet.alive {
        match world.sign(signal) {
            Sign::Alive(because) => return Liveness { alive: true, because },
            Sign::Unread(why) => unread = unread.or(Some(why)),
            Sign::Dead(why) => gone.push(why),
        }
    }
    match unread {
        Some(why) => Liveness { alive: true, because: format!("{why}, and what cannot be read counts as alive") },
        None => Liveness { alive: false, because: gone.join("; ") },
    }
}

/// What each sign of life of the policy says.
pub fn signs(fleet: &Fleet, world: &World<'_>) -> Vec<Sign> {
    fleet.alive.iter().map(|signal| world.sign(signal)).collect()
}

/// What one sign says; the clause says how that is known.
#[derive(Debug, PartialEq, Eq)]
pub enum Sign {
    /// The fleet runs.
    Alive(String),
    /// By this sign it does not.
    Dead(String),
    /// It says nothing, which counts as alive.
    Unread(String),
}

/// A longer file is no heartbeat.
const LONGEST: u64 = 16 << 20;

impl World<'_> {
    fn sign(&self, signal: &Signal) -> Sign {
        match signal {
            Signal::PidFile(path) => self.pid_file(path),
            Signal::Lock { path, within } => self.lock(path, *within),
            Signal::Json { path, pointer, within } => self.json(path, pointer, *within),
            Signal::Subject { subject, on, within } => self.subject(subject, on, *within),
        }
    }

    fn pid_file(&self, path: &str) -> Sign {
        let name = shown(path);
        let bytes = match self.read(path) {
            Ok(bytes) => bytes,
            Err(error) => return unread(&name, &error),
        };
        let content = String::from_utf8_lossy(&bytes);
        let Some(word) = content.split_whitespace().next() else {
            return Sign::Dead(format!("`{name}` is empty"));
        };
        let Some(pid) = word.parse::<i32>().ok().filter(|pid| *pid > 0).and_then(Pid::from_raw) else {
            return Sign::Dead(format!("`{name}` holds `{}`, which is no process id", shown(word)));
        };
        let number = pid.as_raw_nonzero();
        match test_kill_process(pid) {
            Ok(()) if Table::here().is_zombie(pid) => Sign::Dead(format!("process {number} of `{name}` has ended")),
            // It is there, and it is somebody else's.
            Ok(()) | Err(Errno::PERM) => Sign::Alive(format!("process {number} of `{name}` runs")),
            Err(Errno::SRCH) => Sign::Dead(format!("process {number} of `{name}` is gone")),
            Err(error) => Sign::Unread(format!("process {number} of `{name}` cannot be asked ({error})")),
        }
    }

    fn lock(&self, path: &str, within: Duration) -> Sign {
        let name = shown(path);
        match fs::metadata(self.path(path)).and_then(|metadata| metadata.modified()) {
            Ok(time) => self.aged(time, within, &format!("`{name}` was touched")),
            Err(error) => unread(&name, &error),
        }
    }

    fn json(&self, path: &str, pointer: &str, within: Duration) -> Sign {
        let (name, member) = (shown(path), shown(pointer));
        let bytes = match self.read(path) {
            Ok(bytes) => bytes,
            Err(error) => return unread(&name, &error),
        };
        // A file that is being written just now looks like this: nothing can be concluded from it.
        let document: Value = match serde_json::from_slice(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes)) {
            Ok(document) => document,
            Err(error) => return Sign::Unread(format!("`{name}` is not JSON ({error})")),
        };
        match document.pointer(pointer) {
            None => Sign::Unread(format!("`{name}` has nothing at `{member}`")),
            Some(Value::Null) => Sign::Dead(format!("`{member}` of `{name}` is null")),
            Some(value) => match time(value) {
                Some(time) => self.aged(time, within, &format!("`{member}` of `{name}` was set")),
                None => Sign::Unread(format!(
                    "`{member}` of `{name}` is `{}`, neither a time with its offset (RFC 3339) nor epoch seconds or milliseconds",
                    shown(&value.to_string())
                )),
            },
        }
    }

    fn subject(&self, subject: &Regex, on: &str, within: Duration) -> Sign {
        let (pattern, branch) = (shown(subject.text()), shown(on));
        match (self.last_commit)(subject, on, within) {
            Ok(Some(time)) => self.aged(time, within, &format!("the last commit like `{pattern}` on `{branch}` was made")),
            Ok(None) => Sign::Dead(format!("no commit like `{pattern}` on `{branch}` in the last {}", span(within))),
            Err(why) => Sign::Unread(format!("commits on `{branch}` cannot be read ({})", shown(&why))),
        }
    }

    /// Judges a time by its age. One that lies ahead is a clock that differs, and alive.
    fn aged(&self, time: SystemTime, within: Duration, what: &str) -> Sign {
        match self.now.duration_since(time) {
            Err(ahead) => Sign::Alive(format!("{what} {} ahead of this machine's clock", span(ahead.duration()))),
            Ok(age) if age <= within => Sign::Alive(format!("{what} {} ago", span(age))),
            Ok(age) if span(age) == span(within) => Sign::Dead(format!("{what} {} seconds ago, more than {}", age.as_secs(), span(within))),
            Ok(age) => Sign::Dead(format!("{what} {} ago, more than {}", span(age), span(within))),
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let path = self.path(path);
        // Opening a pipe would wait for somebody to write into it.
        if !fs::metadata(&path)?.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::new();
        File::open(&path)?.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST {
            return Err(io::Error::other("longer than 16 MiB"));
        }
        Ok(bytes)
    }
}

/// A file that is not there is a fleet that is not there; anything else says nothing.
fn unread(name: &str, error: &io::Error) -> Sign {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Sign::Dead(format!("there is no `{name}`")),
        _ => Sign::Unread(format!("`{name}` cannot be read ({error})")),
    }
}

/// RFC 3339, or epoch seconds or milliseconds as a number or its digits.
fn time(value: &Value) -> Option<SystemTime> {
    match value {
        Value::Number(number) => epoch(number.as_f64()?),
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) => epoch(number),
            Err(_) => text.trim().parse::<jiff::Timestamp>().ok().map(SystemTime::from),
        },
        _ => None,
    }
}

/// Seconds up to the year 5138; what is larger is milliseconds, from 1973 on and up to the year 5138 too.
fn epoch(number: f64) -> Option<SystemTime> {
    const LAST_SECOND: f64 = 1e11;
    let seconds = if number < LAST_SECOND { number } else { number / 1000.0 };
    if !(0.0..LAST_SECOND).contains(&seconds) {
        return None;
    }
    SystemTime::UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

/// A time span in its largest unit, as people say it.
fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (count, unit) = match seconds {
        0..=119 => (seconds, "second"),
        120..=7_199 => (seconds / 60, "minute"),
        7_200..=172_799 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

#[cfg(test)]
mod tests;
