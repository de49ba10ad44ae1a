//! What the system tells of a running process: its words, its parent, whether it has ended.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Pid;

/// Where processes are read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The files of proc(5), at the cost of reading one.
    Proc,
    /// The program ps(1), at the cost of a process for each question: macOS and the BSDs.
    Ps,
}

impl Table {
    /// The one that this system has.
    pub fn here() -> Self {
        if Path::new("/proc/self/cmdline").exists() { Table::Proc } else { Table::Ps }
    }

    /// The words of a process's command line. Words that hold blanks are kept whole by [`Table::Proc`] alone.
    pub fn command_line(self, pid: Pid) -> Option<Vec<String>> {
        match self {
            Table::Proc => Some(read(pid, "cmdline")?.split_terminator('\0').map(str::to_owned).collect()),
            Table::Ps => Some(ask(pid, "command=")?.split_whitespace().map(str::to_owned).collect()),
        }
    }

    /// The process that started this one, or has inherited it.
    pub fn parent(self, pid: Pid) -> Option<Pid> {
        let number = match self {
            Table::Proc => read(pid, "status")?.lines().find_map(|line| line.strip_prefix("PPid:").map(str::to_owned))?,
            Table::Ps => ask(pid, "ppid=")?,
        };
        Pid::from_raw(number.trim().parse().ok()?)
    }

    /// Whether a process has ended and only its parent has not taken note.
    pub fn is_zombie(self, pid: Pid) -> bool {
        let state = match self {
            // It stands after the name, which is in parentheses and may itself hold some (proc(5)).
            Table::Proc => read(pid, "stat").and_then(|stat| stat.rsplit_once(')').map(|(_, rest)| rest.to_owned())),
            Table::Ps => ask(pid, "stat="),
        };
        state.is_some_and(|state| state.trim_start().starts_with(['Z', 'X']))
    }
}

fn read(pid: Pid, file: &str) -> Option<String> {
    let bytes = fs::read(format!("/proc/{}/{file}", pid.as_raw_nonzero())).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn ask(pid: Pid, what: &str) -> Option<String> {
    let mut ps = Command::new("ps");
    ps.args(["-o", what, "-p", &pid.as_raw_nonzero().to_string()]);
    crate::repo::run(ps, "ps").ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    use rustix::process::{getpid, getppid};

    use super::*;

    fn tables() -> impl Iterator<Item = Table> {
        [Table::Ps].into_iter().chain((Table::here() == Table::Proc).then_some(Table::Proc))
    }

    #[test]
    fn every_table_knows_this_process() {
        for table in tables() {
            assert_eq!(table.parent(getpid()), getppid(), "{table:?}");
            assert!(table.command_line(getpid()).unwrap()[0].contains("gnp_lint"), "{table:?}");
            assert!(!table.is_zombie(getpid()), "{table:?}");
        }
    }

    #[test]
    fn a_process_that_ended_is_a_zombie_until_its_parent_takes_note() {
        let mut child = Command::new("true").stdout(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        child.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
        for table in tables() {
            // Its output is closed; that it has ended follows at once.
            let start = Instant::now();
            while !table.is_zombie(pid) {
                assert!(start.elapsed() < Duration::from_secs(20), "{table:?}: `true` does not end");
                std::thread::yield_now();
            }
        }
        child.wait().unwrap();
        assert!(tables().all(|table| !table.is_zombie(pid) && table.parent(pid).is_none()));
    }
}
