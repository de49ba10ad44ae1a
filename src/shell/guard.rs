//! Guards: what is known to hold where a command stands, because the script tested it on the way there.

use std::borrow::Cow;

use compact_str::CompactString;

use crate::policy::Version;

/// Something the script has made sure of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guard {
    /// The command is there. `$1` and the like stand for a function's argument, `$name` for a variable.
    Has(CompactString),
    /// The command is not there.
    Lacks(CompactString),
    /// The system is this one.
    On(System),
    /// The system is not this one.
    NotOn(System),
    /// bash is at least this new.
    Bash(Version),
    /// Another shell than bash and `sh` runs it: zsh, ksh.
    OtherShell,
    /// The script tries how this command behaves and has a branch for either case.
    Tried(CompactString),
    /// This is never reached: it stands behind `if false`.
    Never,
    /// A failure leads to another way of doing the same.
    Fallback,
    /// A failure leads to a value given otherwise, or to none: `n=$(nproc) || n=4`, `$(readlink -f "$0" || echo "$0")`, `$(nproc || true)`.
    Default,
    /// A failure alone leads to a value, the same whatever is asked: `$(stat -c %Y f || echo 0)`.
    Constant,
    /// A failure is kept quiet and leads to nothing, and no output is missed: `… >/dev/null 2>&1 || true`.
    Ignored,
    /// A failure leads to this command.
    OrElse(CompactString),
}

impl Guard {
    /// Whether it tells what becomes of a failure, and so holds for one command alone.
    pub(super) fn is_of_failure(&self) -> bool {
        matches!(self, Self::Fallback | Self::Default | Self::Constant | Self::Ignored | Self::OrElse(_))
    }
}

/// A system that scripts ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum System {
    /// macOS.
    Mac,
    /// Linux.
    Linux,
}

impl System {
    /// What `uname`, `$OSTYPE` or a variable of the script is compared with.
    pub(super) fn named(pattern: &str) -> Named {
        let pattern = &either_case(pattern);
        let lower = pattern.trim_matches(['*', '"', '\'']).to_ascii_lowercase();
        let begins = |names: &[&str]| names.iter().any(|name| lower.starts_with(name));
        if begins(&["darwin", "macos", "mac os", "osx", "os x", "iphone os"]) || lower == "mac" {
            Named::One(Self::Mac)
        } else if begins(&["linux", "gnu/linux", "ubuntu", "debian", "fedora", "centos", "alpine", "arch", "rhel"]) {
            Named::One(Self::Linux)
        } else if begins(&[
            "freebsd",
            "openbsd",
            "netbsd",
            "sunos",
            "solaris",
            "mingw",
            "msys",
            "cygwin",
            "windows",
            "aix",
            "hp-ux",
            "hpux",
            "irix",
            "haiku",
            "beos",
            "minix",
            "interix",
            "osf1",
            "qnx",
            "cegcc",
            "bsd",
            "dragonfly",
        ]) {
            Named::Neither
        } else if begins(&["apple_terminal", "iterm"]) {
            Named::PartOf(Self::Mac)
        } else {
            // `x86_64-Linux`: another machine with that system is told otherwise.
            let (before, last) = pattern.trim_matches(['*', '"', '\'']).rsplit_once(['-', '/', ':']).unwrap_or_default();
            match last {
                _ if before.starts_with("no") => Named::Unknown,
                "Linux" => Named::PartOf(Self::Linux),
                "Darwin" => Named::PartOf(Self::Mac),
                _ => Named::Unknown,
            }
        }
    }

    /// Mac for Linux, Linux for Mac.
    fn other(self) -> Self {
        match self {
            Self::Mac => Self::Linux,
            Self::Linux => Self::Mac,
        }
    }

    /// The system that has a command alone.
    pub(super) fn owning(command: &str) -> Option<Self> {
        match command {
            "sw_vers" | "osascript" | "pbcopy" | "pbpaste" | "launchctl" | "defaults" | "diskutil" | "plutil" | "xcode-select"
            | "scutil" | "md5" | "system_profiler" | "softwareupdate" | "hdiutil" | "dscl" | "networksetup" | "mdfind" => Some(Self::Mac),
            "apt-get" | "apt" | "dpkg" | "yum" | "dnf" | "pacman" | "apk" | "zypper" | "rpm" | "systemctl" | "journalctl"
            | "lsb_release" | "getent" | "update-rc.d" | "invoke-rc.d" | "deb-systemd-helper" | "ldconfig" | "modprobe" | "udevadm"
            | "ip" | "ss" | "snap" => Some(Self::Linux),
            _ => None,
        }
    }
}

/// A pattern that takes a letter small or great, `[Dd]arwin`, with the first of the two alone.
fn either_case(pattern: &str) -> Cow<'_, str> {
    let mut folded = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('[') {
        folded.push_str(before);
        match after.as_bytes() {
            [one, other, b']', ..] if one.is_ascii_alphabetic() && one.eq_ignore_ascii_case(other) => {
                folded.push(char::from(*one));
                rest = &after[3..];
            }
            _ => {
                folded.push('[');
                rest = after;
            }
        }
    }
    if folded.is_empty() { Cow::Borrowed(pattern) } else { Cow::Owned(folded + rest) }
}

/// What a pattern says about the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    One(System),
    /// This system and something else: a terminal that it alone has, a kind of machine.
    PartOf(System),
    Neither,
    Unknown,
}

/// A place in a [`Guards`] chain; none: nothing is known.
pub type GuardId = Option<u32>;

/// All guards of a script; each link knows the one that held before it.
#[derive(Debug, Default)]
pub struct Guards {
    links: Vec<(Guard, GuardId)>,
}

impl Guards {
    pub(super) fn add(&mut self, after: GuardId, guard: Guard) -> GuardId {
        // What holds already needs no second link; looking back a little keeps loops over the same test short.
        if self.since(after, None).take(16).any(|known| *known == guard) {
            return after;
        }
        let id = u32::try_from(self.links.len()).ok()?;
        self.links.push((guard, after));
        Some(id)
    }

    pub(super) fn add_all(&mut self, after: GuardId, guards: impl IntoIterator<Item = Guard>) -> GuardId {
        guards.into_iter().fold(after, |at, guard| self.add(at, guard))
    }

    /// What holds at a place, the latest first.
    pub fn at(&self, id: GuardId) -> impl Iterator<Item = &Guard> {
        self.since(id, None)
    }

    /// What came to hold between two places of one chain, the latest first.
    pub(super) fn since(&self, id: GuardId, base: GuardId) -> impl Iterator<Item = &Guard> {
        let mut at = id;
        std::iter::from_fn(move || {
            if at == base {
                return None;
            }
            let (guard, before) = self.links.get(at? as usize)?;
            at = *before;
            Some(guard)
        })
    }
}

/// What a condition tells, by its outcome.
#[derive(Debug, Default, Clone)]
pub(super) struct Told {
    pub(super) success: Vec<Guard>,
    pub(super) failure: Vec<Guard>,
}

impl Told {
    pub(super) fn has(command: &str) -> Self {
        let mut told = Self { success: vec![Guard::Has(command.into())], failure: vec![Guard::Lacks(command.into())] };
        match System::owning(command) {
            Some(System::Mac) => {
                told.success.push(Guard::On(System::Mac));
                told.failure.push(Guard::NotOn(System::Mac));
            }
            Some(System::Linux) => told.success.push(Guard::On(System::Linux)),
            // Every macOS has them, though not macOS alone.
            None if matches!(command, "shasum" | "sysctl" | "perl" | "curl") => told.failure.push(Guard::NotOn(System::Mac)),
            None => {}
        }
        told
    }

    pub(super) fn system(named: Named) -> Self {
        match named {
            // That it is not the other one is what macOS and FreeBSD have in common.
            Named::One(system) => {
                Self { success: vec![Guard::On(system), Guard::NotOn(system.other())], failure: vec![Guard::NotOn(system)] }
            }
            Named::PartOf(system) => Self { success: vec![Guard::On(system)], failure: Vec::new() },
            Named::Neither => Self { success: vec![Guard::NotOn(System::Mac), Guard::NotOn(System::Linux)], failure: Vec::new() },
            Named::Unknown => Self::default(),
        }
    }

    pub(super) fn bash(version: Version) -> Self {
        Self { success: vec![Guard::Bash(version)], failure: Vec::new() }
    }

    /// It never succeeds.
    pub(super) fn failing() -> Self {
        Self { success: vec![Guard::Never], failure: Vec::new() }
    }

    pub(super) fn swapped(self) -> Self {
        Self { success: self.failure, failure: self.success }
    }

    /// Both must succeed.
    pub(super) fn and(mut self, other: Self) -> Self {
        let failure = common(&self.failure, &other.failure);
        self.success.extend(other.success);
        Self { success: self.success, failure }
    }

    /// One must succeed.
    pub(super) fn or(self, other: Self) -> Self {
        self.swapped().and(other.swapped()).swapped()
    }
}

/// What two ways have in common; a way that is never taken says nothing.
pub(super) fn common(one: &[Guard], other: &[Guard]) -> Vec<Guard> {
    if one.contains(&Guard::Never) {
        return other.to_vec();
    }
    if other.contains(&Guard::Never) {
        return one.to_vec();
    }
    let newest =
        |guards: &[Guard]| guards.iter().filter_map(|guard| if let Guard::Bash(version) = guard { Some(*version) } else { None }).max();
    // Either way bash is at least as new as the older of the two.
    let bash = newest(one).zip(newest(other)).map(|(one, other)| Guard::Bash(one.min(other)));
    one.iter().filter(|guard| other.contains(guard)).cloned().chain(bash).collect()
}
