//! `gnp-lint explain timeout`, `explain sed -i`, `explain '${v^^}'`: what the tables of facts know about it.

use std::io::{self, Write};

use super::{Paint, examples, wrap};
use crate::breach::{breaches, shown_version};
use crate::facts::{self, Fact, Grade, Lack, State};
use crate::policy::{Targets, Version};
use crate::report::shown;
use crate::shell::Script;
use crate::shell::options::matches;

/// The oldest systems of the tables: every row counts.
const OLDEST: Targets = Targets { bash: Version(3, 2), macos: Some(Version(10, 15)), linux: true };

/// The facts that a person may mean: of a command, of one of its options or operands, of a bash feature, of a piece of script.
pub(super) fn meant(text: &str) -> Vec<&'static Fact> {
    let by_name = |name: &str| facts::all().filter(|fact| fact.id == name || fact.command == name || fact.feature == name).collect();
    // `globstar`, `/proc/cpuinfo`
    let by_operand = |name: &str| {
        let is_it = |operand: &str| operand == name || (operand.starts_with('/') && matches(operand, name));
        facts::all().filter(|fact| [&fact.operand, &fact.value].into_iter().flatten().any(|operand| is_it(operand))).collect()
    };
    let found: Vec<&'static Fact> = match text.split_once(char::is_whitespace) {
        None => Some(by_name(facts::canonical(text))).filter(|found: &Vec<_>| !found.is_empty()).unwrap_or_else(|| by_operand(text)),
        Some((command, rest)) => facts::all().filter(|fact| fact.command == command && is_about(fact, rest.trim())).collect(),
    };
    if found.is_empty() { in_script(text) } else { found }
}

/// Whether a fact about a command is about this option or operand of it.
fn is_about(fact: &Fact, word: &str) -> bool {
    fact.is_about_option(word) || fact.operand.as_ref().is_some_and(|operand| operand != "*" && matches(operand, word))
}

/// The facts that a piece of script breaks, for bash and for plain `sh`: a command, a word, an operator or the name of a variable.
fn in_script(text: &str) -> Vec<&'static Fact> {
    let mut found: Vec<&'static Fact> = Vec::new();
    let scripts = [
        format!(": {text}\n{text}"),
        format!("a {text} b"),
        format!("{text} a"),
        format!("{text} a ]]"),
        format!("case a in a) b {text} esac"),
        format!(": \"${text}\""),
    ];
    for (shebang, script) in ["", "#!/bin/sh\n"].into_iter().flat_map(|shebang| scripts.iter().map(move |script| (shebang, script))) {
        let script = Script::parse("text", format!("{shebang}{script}").as_bytes(), OLDEST);
        for breach in breaches(&script) {
            if !found.iter().any(|fact| fact.id == breach.fact.id) {
                found.push(breach.fact);
            }
        }
    }
    found
}

/// Whether the tables speak of a command at all.
pub(super) fn is_command(name: &str) -> bool {
    facts::is_known(name)
}

/// Every word that [`meant`] knows by itself.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    facts::all().flat_map(|fact| [&*fact.command, &*fact.feature, &*fact.id]).filter(|name| !name.is_empty())
}

/// Prints facts one after the other.
pub(super) fn print(out: &mut dyn Write, found: &[&Fact], paint: Paint) -> io::Result<()> {
    for (at, fact) in found.iter().enumerate() {
        if at > 0 {
            writeln!(out)?;
        }
        one(out, fact, paint)?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, fact: &Fact, paint: Paint) -> io::Result<()> {
    let level = if fact.denies() { "denied" } else { "warned of" };
    writeln!(out, "{} ({level})\n{}\n", paint.strong(&fact.id), wrap(&fact.what, 0))?;
    for (system, state) in systems(fact) {
        writeln!(out, "  {system:<12}{state}")?;
    }
    let effect = if fact.effect.is_empty() { fact.fails.clause() } else { &fact.effect };
    writeln!(out, "\n{}\n{}", paint.heading("How it fails"), wrap(effect, 2))?;
    writeln!(out, "\n{}\n{}", paint.heading("Instead"), wrap(&fact.instead, 2))?;
    writeln!(out, "\n{}\n{}", paint.heading("Known from"), wrap(&fact.source, 2))?;
    writeln!(out, "  Grade: {}.", evidence(fact.grade))?;
    examples(out, "Bad", &[&*fact.bad], paint)?;
    examples(out, "Good", &[&*fact.good], paint)
}

fn systems(fact: &Fact) -> Vec<(&'static str, String)> {
    if let Some(state) = fact.dash {
        return vec![("sh (dash)", word(state).to_owned()), ("bash", "works".to_owned())];
    }
    if let Some(since) = fact.bash {
        return vec![("bash", format!("right since {}; macOS ships 3.2", shown_version(since.0)))];
    }
    vec![("macOS", told(fact.macos.as_ref())), ("Linux", told(fact.linux.as_ref()))]
}

fn told(lack: Option<&Lack>) -> String {
    let Some(lack) = lack else { return "works".to_owned() };
    match lack.since {
        None => word(lack.is).to_owned(),
        Some(since) => format!("{} before {}, works since", word(lack.is), shown_version(since.0)),
    }
}

fn word(state: State) -> &'static str {
    match state {
        State::Absent => "not there",
        State::Rejected => "refused",
        State::Different => "means something else",
    }
}

fn evidence(grade: Grade) -> &'static str {
    match grade {
        Grade::Source => "read in the source",
        Grade::Ran => "run",
        Grade::RanChimera => "run in a build that is near, not the system's own",
        Grade::Recall => "from memory",
    }
}

/// Says that the tables know a command and have nothing against this use of it.
pub(super) fn nothing(out: &mut dyn Write, text: &str, command: &str) -> io::Result<()> {
    let text = shown(text);
    writeln!(out, "{}", wrap(&format!("No fact speaks against `{text}`. What is known of `{command}`: `gnp-lint explain {command}`."), 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_means_the_facts_about_it() {
        for (text, ids) in [
            ("timeout", &["timeout"][..]),
            ("sed -i", &["sed-in-place"]),
            ("sed -i ''", &["sed-in-place-empty"]),
            ("cp --archive", &["cp-long-option"]),
            ("cp --parents", &["cp-parents"]),
            ("du --si", &["du-si"]),
            ("{01..10}", &["padded-range"]),
            ("${v^^}", &["case-change"]),
            ("&>>", &["append-both"]),
            ("globstar", &["shopt-globstar"]),
            ("/proc/cpuinfo", &["linux-proc"]),
            ("no such thing", &[]),
        ] {
            let found: Vec<&str> = meant(text).iter().map(|fact| &*fact.id).collect();
            assert!(ids.iter().all(|id| found.contains(id)) && found.is_empty() == ids.is_empty(), "{text}: {found:?}");
        }
    }

    #[test]
    fn a_fact_tells_systems_failure_replacement_and_source() {
        let mut out = Vec::new();
        print(&mut out, &meant("readlink -f"), Paint(false)).unwrap();
        let text = String::from_utf8(out).unwrap();
        for part in [
            "readlink-canonical (denied)\n`readlink -f`\n",
            "  macOS       refused before 12.3, works since\n  Linux       works\n",
            "How it fails\n",
            "Instead\n  use `cd \"$(dirname \"$f\")\" && pwd -P`\n",
            "Grade: read in the source.\n",
            "Bad\n\n    readlink -f f\n",
        ] {
            assert!(text.contains(part), "{part} is not in\n{text}");
        }
    }
}
