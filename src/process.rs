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
            Table::Ps => Some(words(ask(pid, "command=")?.trim_end())),
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

/// The words of a line; the first is the program, whose own path may hold blanks.
fn words(line: &str) -> Vec<String> {
    let is_program = |end: &usize| line.starts_with('/') && Path::new(&line[..*end]).is_file();
    let ends = line.match_indices(' ').map(|(at, _)| at).chain([line.len()]);
    let end = ends.clone().find(is_program).or_else(|| ends.clone().next()).unwrap_or_default();
    let (program, rest) = line.split_at(end);
    [program].into_iter().chain(rest.split_whitespace()).map(str::to_owned).collect()
}

fn ask(pid: Pid, what: &str) -> Option<String> {
    let mut ps = Command::new("ps");
    // Without the two `w` a line ends where that of the terminal would.
    ps.args(["-ww", "-o", what, "-p", &pid.as_raw_nonzero().to_string()]);
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
    fn a_command_line_is_told_from_the_programs_path_to_its_end() {
        let folder = tempfile::Builder::new().prefix("a folder ").tempdir().unwrap();
        let program = folder.path().join("sh");
        std::os::unix::fs::symlink("/bin/sh", &program).unwrap();
        let long = "x".repeat(200);
        let mut child = Command::new(&program).args(["-c", "read _; :", &long, "end"]).stdin(Stdio::piped()).spawn().unwrap();
        for table in tables() {
            let words = table.command_line(Pid::from_child(&child)).unwrap();
            assert_eq!((Path::new(&words[0]), words[1].as_str()), (&*program, "-c"), "{table:?}");
            assert!(words.ends_with(&[long.clone(), "end".to_owned()]), "{table:?}: {words:?}");
        }
        drop(child.stdin.take());
        child.wait().unwrap();
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
