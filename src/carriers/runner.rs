//! What runs a job: its labels → the systems its scripts must run on, and whose checkout that is.

use crate::policy::{Targets, Version};
use crate::shell::Checkout;

/// The oldest bash of hosted Linux runners and current images.
const LINUX_BASH: Version = Version(5, 0);
/// Apple's bash, which `bash` is on hosted mac runners.
const MAC_BASH: Version = Version(3, 2);
/// The oldest macOS that a hosted runner without a version in its label has.
const HOSTED_MAC: Version = Version(14, 0);

/// What runs a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Runner {
    pub(super) targets: Targets,
    pub(super) checkout: Checkout,
    /// Its default shell is none of ours.
    pub(super) windows: bool,
}

/// Linux alone, with a bash of these years.
pub(super) fn linux() -> Targets {
    Targets { bash: LINUX_BASH, macos: None, linux: true }
}

fn mac(version: Version) -> Targets {
    Targets { bash: MAC_BASH, macos: Some(version), linux: false }
}

impl Runner {
    /// A hosted Linux machine.
    pub(super) fn linux() -> Self {
        Self { targets: linux(), checkout: Checkout::Own, windows: false }
    }

    /// By the labels of one job; the policy's targets where the machine is the user's own and its labels name no system.
    pub(super) fn of(labels: &[String], policy: &Targets) -> Self {
        let labels: Vec<String> = labels.iter().map(|label| label.to_ascii_lowercase()).collect();
        let any = |words: &[&str]| labels.iter().find(|label| words.iter().any(|word| label.contains(word)));
        let own = any(&["self-hosted"]).is_some();
        let checkout = if own { Checkout::Shared } else { Checkout::Own };
        let (targets, windows) = if let Some(label) = any(&["macos", "mac-os", "osx"]) {
            let version = version_in(label).or(if own { policy.macos } else { None });
            (mac(version.unwrap_or(HOSTED_MAC)), false)
        } else if any(&["windows"]).is_some() {
            // `shell: bash` is Git's there, with GNU's tools.
            (linux(), true)
        } else if own && any(&["linux", "ubuntu", "debian"]).is_some() {
            (Targets { macos: None, linux: true, ..policy.clone() }, false)
        } else if own {
            (policy.clone(), false)
        } else {
            (linux(), false)
        };
        Self { targets, checkout, windows }
    }

    /// What must run on all of them.
    pub(super) fn all(runners: Vec<Self>) -> Self {
        let both = |one: Self, other: Self| Self {
            targets: Targets {
                bash: one.targets.bash.min(other.targets.bash),
                macos: one.targets.macos.into_iter().chain(other.targets.macos).min(),
                linux: one.targets.linux || other.targets.linux,
            },
            checkout: if one.checkout == Checkout::Shared { one.checkout } else { other.checkout },
            windows: one.windows && other.windows,
        };
        runners.into_iter().reduce(both).unwrap_or_else(Self::linux)
    }

    /// What is left of it under a condition such as `runner.os == 'Linux'`.
    pub(super) fn under(mut self, condition: &str) -> Self {
        let Some(system) = asked(condition) else { return self };
        self.windows = system == System::Windows;
        if system == System::Mac {
            self.targets = Targets { linux: false, macos: Some(self.targets.macos.unwrap_or(HOSTED_MAC)), ..self.targets };
        } else {
            self.targets = linux();
        }
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Linux,
    Mac,
    Windows,
}

/// The one system that a condition lets through; none where it is not that simple.
fn asked(condition: &str) -> Option<System> {
    let text: String = condition.to_ascii_lowercase().chars().filter(|char| !char.is_whitespace()).collect();
    if text.contains("||") || !(text.contains(".os") || text.contains("runs-on") || text.contains("platform")) {
        return None;
    }
    let said = |word: &str| {
        ["==", "startswith(", "contains("].iter().any(|sign| text.contains(sign)) && text.contains(word) && !text.contains('!')
    };
    if text.contains("!='macos'") || text.contains("!='windows'") && text.contains("!='linux'") {
        return if text.contains("!='macos'") { Some(System::Linux) } else { Some(System::Mac) };
    }
    if text.contains("!='linux'") && !text.contains("windows") {
        return Some(System::Mac);
    }
    [(System::Mac, "macos"), (System::Linux, "linux"), (System::Linux, "ubuntu"), (System::Windows, "windows")]
        .into_iter()
        .find(|(_, word)| said(word))
        .map(|(system, _)| system)
}

/// `macos-13-large` → 13
fn version_in(label: &str) -> Option<Version> {
    let mut numbers = label.split(|char: char| !char.is_ascii_digit()).filter_map(|part| part.parse::<u16>().ok());
    let major = numbers.next().filter(|major| (10..100).contains(major))?;
    Some(Version(major, if major == 10 { numbers.next().unwrap_or(0) } else { 0 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[&str]) -> Runner {
        let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
        Runner::of(&labels, &Targets { bash: Version(3, 2), macos: Some(Version(12, 0)), linux: true })
    }

    #[test]
    fn labels_name_the_system() {
        assert_eq!(of(&["ubuntu-24.04"]), Runner::linux());
        assert_eq!(of(&["macos-13-large"]).targets, mac(Version(13, 0)));
        assert_eq!(of(&["macos-latest"]).targets, mac(HOSTED_MAC));
        assert_eq!(of(&["buildjet-4vcpu"]), Runner::linux());
        assert!(of(&["windows-2022"]).windows);
        let own = of(&["self-hosted"]);
        assert_eq!((own.targets.macos, own.checkout), (Some(Version(12, 0)), Checkout::Shared));
        assert_eq!(of(&["self-hosted", "Linux", "x64"]).targets, Targets { bash: Version(3, 2), macos: None, linux: true });
    }

    #[test]
    fn several_runners_ask_for_what_all_have() {
        let both = Runner::all(vec![of(&["ubuntu-latest"]), of(&["macos-14"]), of(&["windows-latest"])]);
        assert_eq!(both.targets, Targets { bash: MAC_BASH, macos: Some(Version(14, 0)), linux: true });
        assert!(!both.windows);
    }

    #[test]
    fn conditions_narrow_where_they_are_plain() {
        let both = || Runner::all(vec![of(&["ubuntu-latest"]), of(&["macos-14"])]);
        assert_eq!(both().under("runner.os == 'Linux'").targets, linux());
        assert_eq!(both().under("${{ startsWith(matrix.os, 'macos') && always() }}").targets, mac(Version(14, 0)));
        assert_eq!(both().under("runner.os != 'macOS'").targets, linux());
        assert_eq!(both().under("runner.os != 'Windows'"), both());
        assert_eq!(both().under("runner.os == 'Linux' || runner.os == 'macOS'"), both());
        assert_eq!(both().under("github.event_name == 'push'"), both());
    }
}
