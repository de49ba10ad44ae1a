//! The strings of a policy that mean something: what each kind must look like, and what to write instead.

use std::time::Duration;

use super::shape::Kind;
use super::{Strictness, Version};
use crate::pattern::{Pattern, Regex};
use crate::report::shown;
use crate::rules;

/// What is wrong with a string.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// What: a clause that begins with the string or its role.
    pub(super) message: String,
    /// What to write instead.
    pub(super) help: String,
    /// Whether a newer gnp-lint may know better.
    pub(super) age: Age,
}

/// Whether a newer gnp-lint may find nothing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// It may.
    MayBeNewer,
    /// It is wrong in every version.
    Timeless,
}

/// Checks a string that is set for `key`. At doors, where every millisecond counts, regular expressions are read but not compiled.
pub(super) fn check(kind: Kind, key: &str, text: &str, strictness: Strictness) -> Result<(), Fault> {
    if text.trim().is_empty() {
        let help = if kind == Kind::Words { "say it in a few words".to_owned() } else { format!("write {}, or remove it", example(kind)) };
        return Err(fault(format!("`{key}` is empty"), help));
    }
    let must = |fine: bool, message: &str, help: &str| {
        if fine { Ok(()) } else { Err(fault(format!("`{}` {message}", shown(text)), help)) }
    };
    match kind {
        Kind::Words => Ok(()),
        Kind::Glob | Kind::Path => path(kind, text),
        Kind::Branch => branch(text),
        Kind::Mail => glob(text, Pattern::mail(text)),
        Kind::DiskPath => must(
            !text.starts_with('~') && !text.contains('$'),
            "would be taken as it stands: nothing is expanded here",
            "write the absolute path, or one from the main checkout's root",
        ),
        Kind::Regex => regex(text, strictness),
        Kind::Rule => rule(text),
        Kind::Pointer => pointer(text),
        Kind::Percent => must(percent(text).is_some(), "is not a share from 1% to 100%", "write e.g. \"50%\""),
        Kind::Duration => must(
            duration(text).is_some(),
            "is not a duration of at most ten years",
            "write a whole number above 0 with s, m, h or d, e.g. \"90s\", \"10m\", \"2h\", \"1d\"",
        ),
        Kind::Version => must(version(text).is_some(), "is not a version of one or two numbers", "write e.g. \"3.2\" or \"12\""),
        Kind::Requirement => requirement(text),
        Kind::Variable => {
            must(!text.contains(['=', '\0']), "cannot be the name of a variable", "write it as in { GNP_WRITER = \"merge-engine\" }")
        }
    }
}

/// What a value of a kind looks like.
pub(super) fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Words => "some words in quotes",
        Kind::Glob => "a glob such as \"state/*.json\"",
        Kind::Branch => "a branch or a glob for branches such as \"main\" or \"release/*\"",
        Kind::Mail => "an e-mail address or a glob for some such as \"*-bot@example.com\"",
        Kind::Path => "a path such as \"state/stream_assignments.json\"",
        Kind::DiskPath => "a path such as \"/tmp/sim.pid\"",
        Kind::Regex => "a regular expression such as '^chore: sync'",
        Kind::Rule => "the name of a rule such as \"shrunk-collection\"",
        Kind::Pointer => "a JSON pointer such as \"/agents\"",
        Kind::Percent => "a share such as \"50%\"",
        Kind::Duration => "a duration such as \"10m\"",
        Kind::Version => "a version such as \"3.2\"",
        Kind::Requirement => "versions such as \">=0.3\"",
        Kind::Variable => "a variable such as GNP_WRITER",
    }
}

/// The known name that is meant, if one is near enough.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let name: String = name.chars().take(64).flat_map(char::to_lowercase).map(|c| if c == '_' { '-' } else { c }).collect();
    let most = (name.chars().count() / 3).max(1);
    known
        .map(|known| (strsim::osa_distance(&name, &known.replace('_', "-")), known))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, known)| known)
}

fn fault(message: impl Into<String>, help: impl Into<String>) -> Fault {
    Fault { message: message.into(), help: help.into(), age: Age::Timeless }
}

fn glob(text: &str, pattern: Result<Pattern, String>) -> Result<(), Fault> {
    let help = "close every bracket, or put `\\` before one that stands for itself; in TOML, write it in single quotes then";
    pattern.map(drop).map_err(|error| fault(format!("glob `{}`: {error}", shown(text)), help))
}

fn regex(text: &str, strictness: Strictness) -> Result<(), Fault> {
    let outcome = match strictness {
        Strictness::Strict => Regex::new(text).map(drop),
        Strictness::Door => Regex::skim(text),
    };
    let help = "write it in single quotes, so that TOML leaves backslashes alone, and put `\\` before signs that stand for themselves";
    outcome.map_err(|error| fault(format!("regular expression `{}`: {error}", shown(text)), help))
}

fn path(kind: Kind, text: &str) -> Result<(), Fault> {
    let clean = text.trim_start_matches("./").trim_matches('/');
    if text.starts_with('/') || text.starts_with("./") {
        let message = format!("`{}` can never match: paths are counted from the repository's root", shown(text));
        return Err(fault(message, format!("write \"{}\"", shown(clean))));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(fault(format!("`{}` leaves the repository", shown(text)), "write a path from the repository's root, without `..`"));
    }
    if text.ends_with('/') {
        let help = if kind == Kind::Glob { format!("write \"{}/**\"", shown(clean)) } else { "name a file".to_owned() };
        return Err(fault(format!("`{}` is a folder, and git knows files only", shown(text)), help));
    }
    if kind == Kind::Path { Ok(()) } else { glob(text, Pattern::new(text)) }
}

fn branch(text: &str) -> Result<(), Fault> {
    match ["refs/heads/", "refs/remotes/"].iter().find_map(|prefix| text.strip_prefix(prefix)) {
        Some(name) => Err(fault(format!("`{}` is a full ref, and branches are meant", shown(text)), format!("write \"{}\"", shown(name)))),
        None => glob(text, Pattern::new(text)),
    }
}

fn rule(text: &str) -> Result<(), Fault> {
    if rules::known(text) {
        return Ok(());
    }
    let help = match nearest(text, rules::names()) {
        Some(near) => format!("write \"{near}\""),
        None => "`gnp-lint explain` lists the rules".to_owned(),
    };
    Err(Fault { message: format!("there is no rule `{}`", shown(text)), help, age: Age::MayBeNewer })
}

fn pointer(text: &str) -> Result<(), Fault> {
    if !text.starts_with('/') {
        let help = format!("write \"/{}\"", shown(&text.replace('.', "/")));
        return Err(fault(format!("the JSON pointer `{}` does not begin with `/`", shown(text)), help));
    }
    if text.split('~').skip(1).any(|rest| !rest.starts_with(['0', '1'])) {
        let message = format!("the JSON pointer `{}` holds a lone `~`", shown(text));
        return Err(fault(message, "write `~0` for `~` and `~1` for `/` in a key"));
    }
    Ok(())
}

fn requirement(text: &str) -> Result<(), Fault> {
    let Ok(required) = semver::VersionReq::parse(text) else {
        return Err(fault(format!("`{}` names no versions", shown(text)), "write e.g. \">=0.3\" or \">=0.3, <2\""));
    };
    let own = env!("CARGO_PKG_VERSION");
    if semver::Version::parse(own).is_ok_and(|own| required.matches(&own)) {
        return Ok(());
    }
    Err(Fault {
        message: format!("this policy asks for gnp-lint `{}`, and this is {own}", shown(text)),
        help: "install a version that fits, or correct `required_version`".to_owned(),
        age: Age::MayBeNewer,
    })
}

/// `90s`, `10m`, `2h`, `1d`; more than nothing, at most ten years.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let seconds = digits(number)?.checked_mul(seconds)?;
    (1..=3_660 * 86_400).contains(&seconds).then(|| Duration::from_secs(seconds))
}

/// `1%` to `100%`.
pub(super) fn percent(text: &str) -> Option<u8> {
    let share = u8::try_from(digits(text.strip_suffix('%')?)?).ok()?;
    (1..=100).contains(&share).then_some(share)
}

/// `3.2` or `12`.
pub(super) fn version(text: &str) -> Option<Version> {
    let number = |text: &str| digits(text).and_then(|number| u16::try_from(number).ok());
    match text.split_once('.') {
        Some((major, minor)) => Some(Version(number(major)?, number(minor)?)),
        None => Some(Version(number(text)?, 0)),
    }
}

fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_shares_and_versions() {
        let seconds = |text| duration(text).map(|duration| duration.as_secs());
        assert_eq!(["90s", "10m", "2h", "1d"].map(seconds), [Some(90), Some(600), Some(7200), Some(86400)]);
        for wrong in ["", "s", "0s", "-1m", "+1m", "1.5h", "10", "10 m", "10min", "99999999999999999999s", "5000d", "1é"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
        assert_eq!(
            ["1%", "50%", "100%", "0%", "101%", "50", "%", "5.5%"].map(percent),
            [Some(1), Some(50), Some(100), None, None, None, None, None]
        );
        assert_eq!(["3.2", "12", "10.15"].map(version), [Some(Version(3, 2)), Some(Version(12, 0)), Some(Version(10, 15))]);
        for wrong in ["", ".", "3.", ".2", "3.2.57", "v3", "70000", "3 .2"] {
            assert_eq!(version(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_can_never_match_is_said() {
        let help = |kind, text| check(kind, "key", text, Strictness::Strict).err().map(|fault| fault.help);
        assert_eq!(help(Kind::Glob, "/state/*.json").as_deref(), Some("write \"state/*.json\""));
        assert_eq!(help(Kind::Glob, "./state/").as_deref(), Some("write \"state\""));
        assert_eq!(help(Kind::Glob, "state/").as_deref(), Some("write \"state/**\""));
        assert_eq!(help(Kind::Branch, "refs/heads/main").as_deref(), Some("write \"main\""));
        assert_eq!(help(Kind::Pointer, "last.run").as_deref(), Some("write \"/last/run\""));
        assert_eq!(help(Kind::Rule, "emptied-colection").as_deref(), Some("write \"emptied-collection\""));
        for (kind, fine) in [
            (Kind::Glob, "state/{a,b}/..x/*.json"),
            (Kind::Glob, "**/*.md"),
            (Kind::Branch, "dc/*/frame-*"),
            (Kind::Mail, "41898282+github-actions[bot]@users.noreply.github.com"),
            (Kind::DiskPath, "/tmp/sim.pid"),
            (Kind::Pointer, "/a~1b/*/~0c"),
            (Kind::Pointer, "/"),
            (Kind::Requirement, ">=0.1"),
            (Kind::Variable, "GNP_WRITER"),
            (Kind::Rule, "emptied-collection"),
        ] {
            assert_eq!(check(kind, "key", fine, Strictness::Strict), Ok(()), "{fine}");
        }
        for (kind, wrong) in [
            (Kind::Glob, "state/[a"),
            (Kind::Glob, "../state/*.json"),
            (Kind::Glob, " "),
            (Kind::DiskPath, "~/sim.pid"),
            (Kind::DiskPath, "$HOME/sim.pid"),
            (Kind::Regex, "("),
            (Kind::Regex, "(a{1000}){1000}{1000}"),
            (Kind::Pointer, "/a~b"),
            (Kind::Requirement, "new"),
            (Kind::Variable, "A=B"),
        ] {
            assert!(check(kind, "key", wrong, Strictness::Strict).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_version_that_is_asked_for_in_vain_may_come() {
        assert_eq!(
            check(Kind::Requirement, "required_version", ">=99", Strictness::Strict).map_err(|fault| fault.age),
            Err(Age::MayBeNewer)
        );
        assert_eq!(check(Kind::Requirement, "required_version", "new", Strictness::Strict).map_err(|fault| fault.age), Err(Age::Timeless));
    }

    #[test]
    fn only_near_names_are_offered() {
        let known = || ["canonical", "deltas", "delta_keys"].into_iter();
        assert_eq!(nearest("cannonical", known()), Some("canonical"));
        assert_eq!(nearest("delta-keys", known()), Some("delta_keys"));
        assert_eq!(nearest("Deltas", known()), Some("deltas"));
        assert_eq!(nearest("colour", known()), None);
    }
}
