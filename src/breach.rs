//! Facts × script → breaches: what a script uses that one of its targets lacks, where no guard provides for it.

use crate::facts::{self, Fact, Failure, Grammar, Lack, State};
use crate::finding::{Place, Sink};
use crate::policy::{Targets, Version};
use crate::programs::{self, Construct};
use crate::shell::options::{Arguments, Given, matches};
use crate::shell::tree::{Bytes, UNKNOWN, Word};
use crate::shell::{Dialect, Guard, GuardId, Invocation, Script, System};

/// One use of something that a target lacks.
#[derive(Debug)]
pub struct Breach<'s> {
    /// The row that says so.
    pub fact: &'static Fact,
    /// The command that does it; none for a bash feature.
    pub invocation: Option<&'s Invocation>,
    /// Where it is used.
    pub bytes: Bytes,
    /// Which targets lack it.
    pub on: Vec<Lacking>,
    /// Whether the script is content with its failure.
    pub ignored: bool,
}

/// A target that lacks something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lacking {
    /// bash before a version.
    Bash(Version),
    /// macOS, before a version or in all.
    Mac(State, Option<Version>),
    /// Linux.
    Linux(State),
    /// A plain `sh`.
    Sh(State),
}

/// How a command without a row of its own reads its arguments: every option without a value.
const PLAIN: Grammar<'static> =
    Grammar { command: "", short: "", long: "", wraps: None, assigns: false, options: facts::Options::Anywhere };

/// The breaches of a script by all facts.
pub fn breaches(script: &Script) -> Vec<Breach<'_>> {
    let mut found: Vec<Breach<'_>> = Vec::new();
    for invocation in &script.invocations {
        let rows = invocation.facts;
        if invocation.shadowed || rows.is_empty() {
            continue;
        }
        let grammar = facts::grammar(&invocation.name).unwrap_or(&PLAIN);
        let arguments = Arguments::read(invocation.arguments(), grammar);
        let constructs = if rows.iter().any(|fact| !fact.construct.is_empty()) {
            programs::constructs(&invocation.name, &arguments)
        } else {
            Vec::new()
        };
        // `if getent --help >/dev/null 2>&1` asks whether the command is there.
        let version = |name: &str| matches!(name, "--version" | "--help");
        let asks = invocation.quiet
            && (arguments.options.iter().any(|given| version(&given.name))
                || invocation.arguments().first().is_some_and(|word| word.text == "-version"));
        let primaries = (invocation.name == "find").then(|| programs::primaries(&arguments));
        let operands = primaries.as_deref().unwrap_or(&arguments.operands);
        let before = found.len();
        for fact in rows {
            if asks && is_whole(fact) {
                continue;
            }
            // Behind a path or a wrapper stands the program of that name, not what the shell has built in.
            if fact.dash.is_some() && !invocation.is_bare() {
                continue;
            }
            if fact.bash.is_some() && fact.macos.is_none() && invocation.word().text.contains('/') {
                continue;
            }
            // Where a system refuses what is asked, it does not matter in which order.
            if fact.late && found[before..].iter().any(|other| is_usage(other.fact)) {
                continue;
            }
            let Some(bytes) =
                used(fact, invocation, (&arguments, operands)).and_then(|bytes| with_construct(fact, script, &constructs, bytes))
            else {
                continue;
            };
            if facts::is_bonus(&fact.command) && invocation.quiet {
                continue;
            }
            let on = lacking(fact, script, Some(invocation), (invocation.guards, invocation.dialect));
            if !on.is_empty() {
                // Behind `timeout 5 … || true` stands a command that is not meant to be left out.
                let ignored = reports(fact)
                    && (grammar.wraps.is_none() || arguments.operands.is_empty())
                    && script.guards(invocation.guards).any(|guard| matches!(guard, Guard::Ignored | Guard::Constant));
                found.push(Breach { fact, invocation: Some(invocation), bytes, on, ignored });
            }
        }
    }
    for occurrence in &script.occurrences {
        for fact in facts::about(occurrence.feature.name()) {
            let on = lacking(fact, script, None, (occurrence.guards, occurrence.dialect));
            if !on.is_empty() {
                found.push(Breach { fact, invocation: None, bytes: occurrence.bytes.clone(), on, ignored: false });
            }
        }
    }
    found
}

/// Where the construct stands that a fact is about; what is there already, if it is about none.
fn with_construct(fact: &Fact, script: &Script, constructs: &[Construct<'_>], bytes: Bytes) -> Option<Bytes> {
    if fact.construct.is_empty() {
        return Some(bytes);
    }
    let construct = constructs.iter().find(|construct| construct.name == fact.construct)?;
    let word = construct.word;
    // Where quotes change the text, the whole word is shown.
    let raw = script.text.get(word.bytes.clone())?;
    let shift = raw.find(word.text.as_str()).map(|shift| word.bytes.start + shift);
    Some(shift.map_or_else(|| word.bytes.clone(), |start| start + construct.at.start..start + construct.at.end))
}

/// Where a command's arguments are what a fact is about.
fn used(fact: &Fact, invocation: &Invocation, (arguments, operands): (&Arguments<'_>, &[&Word])) -> Option<Bytes> {
    let mut bytes = invocation.word().bytes.clone();
    if arguments.options.iter().any(|given| fact.without.contains(&given.name)) {
        return None;
    }
    if !fact.option.is_empty() {
        let given = arguments.options.iter().find(|given| option_fits(fact, given))?;
        bytes = spanning(&bytes, &given.word.bytes);
    }
    if fact.late {
        bytes = spanning(&bytes, &arguments.late()?.word.bytes);
    }
    if let Some(pattern) = &fact.operand {
        let mut operands = operands.iter().enumerate();
        let fits = |at: usize, word: &Word| fact.at.is_none_or(|wanted| wanted == at) && !is_unknown(word) && matches(pattern, &word.text);
        let (_, word) = operands.find(|(at, word)| fits(*at, word))?;
        bytes = spanning(&bytes, &word.bytes);
    }
    Some(bytes)
}

fn option_fits(fact: &Fact, given: &Given<'_>) -> bool {
    let named = fact.is_about_option(&given.name) && !is_of_no_system(&given.name);
    // An option that lacks its value has an empty one.
    let value = given.value.unwrap_or_default();
    let value_fits = |pattern: &str| !value.starts_with(UNKNOWN) && fits(pattern, value);
    let valued = fact.value.as_deref().is_none_or(value_fits);
    named && valued && fact.next.as_ref().is_none_or(|next| next_fits(next, given))
}

/// `--version` and `--help` ask which implementation it is, `--` ends the options, and `--$x` may be any.
fn is_of_no_system(name: &str) -> bool {
    name.contains(UNKNOWN) || matches!(name, "--version" | "--help" | "--")
}

/// The word after an option that has no value glued to it.
fn next_fits(pattern: &str, given: &Given<'_>) -> bool {
    if given.value.is_some_and(|value| !value.is_empty()) {
        return false;
    }
    let Some(next) = given.next.filter(|next| !is_unknown(next)) else { return false };
    let is_option = pattern.len() > 1 && next.text.starts_with('-');
    !is_option && fits(pattern, &next.text)
}

/// A pattern of the tables; `!` before it turns it round.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.strip_prefix('!') {
        Some(pattern) => !matches(pattern, text),
        None => matches(pattern, text),
    }
}

fn is_unknown(word: &Word) -> bool {
    !word.text.is_empty() && word.text.chars().all(|char| char == UNKNOWN)
}

/// The targets that lack what a fact is about, less those that the guards provide for.
fn lacking(fact: &Fact, script: &Script, by: Option<&Invocation>, (at, dialect): (GuardId, Dialect)) -> Vec<Lacking> {
    let targets = &script.targets;
    if let Some(state) = fact.dash {
        let plain = dialect == Dialect::Sh && targets.linux && !is_provided_for(fact, Lacking::Sh(state), script, (by, at));
        return plain.then_some(Lacking::Sh(state)).into_iter().collect();
    }
    let bash = fact.bash.filter(|since| dialect == Dialect::Bash && targets.bash < since.0).map(|since| Lacking::Bash(since.0));
    let mac = fact.macos.as_ref().and_then(|lack| on_mac(lack, targets));
    let linux = fact.linux.as_ref().filter(|_| targets.linux).map(|lack| Lacking::Linux(lack.is));
    // A row that names both is about Apple's own build of an old bash.
    let found: Vec<Lacking> = match (fact.bash, fact.macos.as_ref()) {
        (Some(_), Some(_)) => bash.filter(|_| mac.is_some()).into_iter().collect(),
        _ => bash.into_iter().chain(mac).chain(linux).collect(),
    };
    found.into_iter().filter(|lacking| !is_provided_for(fact, *lacking, script, (by, at))).collect()
}

fn on_mac(lack: &Lack, targets: &Targets) -> Option<Lacking> {
    let since = lack.since.map(|since| since.0);
    let oldest = targets.macos?;
    since.is_none_or(|since| oldest < since).then_some(Lacking::Mac(lack.is, since))
}

fn is_provided_for(fact: &Fact, lacking: Lacking, script: &Script, (by, at): (Option<&Invocation>, GuardId)) -> bool {
    // What sends a script to bash does so before plain `sh` reads on.
    let mut guards = script.guards(at);
    if matches!(lacking, Lacking::Sh(_)) && guards.any(|guard| matches!(guard, Guard::Bash(_) | Guard::OtherShell)) {
        return true;
    }
    if fact.fails == Failure::StopsAtParse {
        return false;
    }
    let mac = matches!(lacking, Lacking::Mac(..) | Lacking::Bash(_));
    if matches!(lacking, Lacking::Mac(..)) && script.prefers_gnu {
        return true;
    }
    script.guards(at).any(|guard| match guard {
        // `$want_globstar` asks for an option of the shell.
        Guard::Has(name) if matches!(lacking, Lacking::Bash(_) | Lacking::Sh(_)) => {
            let is_feature = !fact.feature.is_empty() && names(&fact.what, name);
            is_feature || provides(fact, name) || by.is_some_and(|it| it.arguments().iter().any(|word| word.text == *name))
        }
        Guard::Has(name) => provides(fact, name),
        Guard::Lacks(name) => match lacking {
            Lacking::Mac(..) => name.strip_prefix('g') == Some(&fact.command),
            Lacking::Linux(_) => facts::about(name).iter().any(|other| other.macos.as_ref().is_some_and(|lack| lack.is == State::Absent)),
            Lacking::Bash(_) | Lacking::Sh(_) => false,
        },
        // The `sh` of macOS is bash.
        Guard::On(System::Mac) | Guard::NotOn(System::Linux) => matches!(lacking, Lacking::Linux(_) | Lacking::Sh(_)),
        Guard::OtherShell => matches!(lacking, Lacking::Bash(_) | Lacking::Sh(_)),
        Guard::On(System::Linux) | Guard::NotOn(System::Mac) => mac,
        Guard::Bash(version) => matches!(lacking, Lacking::Bash(needed) if *version >= needed),
        Guard::Tried(name) if *name == fact.command => !is_whole(fact),
        // `uname` is no other way of doing it, it asks which one is right.
        Guard::Tried(name) => is_counterpart(name, lacking) || (name != "uname" && names(&fact.instead, name)),
        Guard::Never => true,
        Guard::Fallback => reports(fact),
        // What `timeout 5 build` would run is not done by another value.
        // A command that is missing is known to fail; one that is there and refuses an option was to tell more than a constant.
        Guard::Constant if !is_whole(fact) => false,
        Guard::Default | Guard::Constant => reports(fact) && !by.is_some_and(|it| is_wrapper(fact) && !it.arguments().is_empty()),
        // GNU's tools have a `g` before their names on macOS.
        Guard::OrElse(name) => {
            let other = begins(&fact.instead, name) || name.strip_prefix('g') == Some(&fact.command) || is_counterpart(name, lacking);
            reports(fact) && other
        }
        Guard::Ignored => false,
    })
}

/// Whether a command that lacks something ends with a failure, having done nothing.
fn reports(fact: &Fact) -> bool {
    !fact.dirty && fact.fails != Failure::Silent && fact.feature.is_empty()
}

/// Whether a command is missing on the other system, so that what follows its failure is for this one: `md5 f || md5sum f`.
fn is_counterpart(name: &str, lacking: Lacking) -> bool {
    let absent = |lack: Option<&Lack>| lack.is_some_and(|lack| lack.is == State::Absent);
    facts::about(name).iter().filter(|other| is_whole(other)).any(|other| match lacking {
        Lacking::Mac(..) => absent(other.linux.as_ref()),
        Lacking::Linux(_) => absent(other.macos.as_ref()),
        Lacking::Bash(_) | Lacking::Sh(_) => false,
    })
}

/// Whether a fact is about a command as such, not about an option or operand.
pub fn is_whole(fact: &Fact) -> bool {
    !fact.command.is_empty() && fact.option.is_empty() && fact.operand.is_none() && !fact.late && fact.construct.is_empty()
}

/// Whether a fact is about how a command is used: an option, an operand; not a pattern among them.
pub fn is_usage(fact: &Fact) -> bool {
    fact.bash.is_none() && fact.dash.is_none() && !is_whole(fact) && !fact.is_pattern()
}

/// Whether a command that is there makes up for a lack: itself, or the package it comes in.
fn provides(fact: &Fact, name: &str) -> bool {
    if !is_whole(fact) {
        return false;
    }
    let in_coreutils = matches!(
        &*fact.command,
        "timeout" | "tac" | "shuf" | "nproc" | "numfmt" | "factor" | "hostid" | "realpath" | "truncate" | "stdbuf" | "md5sum"
    ) || fact.command.ends_with("sum");
    name == fact.command || (name == "coreutils" && in_coreutils)
}

/// Whether a text names a command in code.
fn names(text: &str, command: &str) -> bool {
    text.split('`')
        .skip(1)
        .step_by(2)
        .any(|code| code.split(|char: char| !char.is_ascii_alphanumeric() && char != '_' && char != '-').any(|word| word == command))
}

/// Whether a piece of code in a text begins with a command, or has it behind `||`; a test is none.
fn begins(text: &str, command: &str) -> bool {
    let mut pieces = text.split('`').skip(1).step_by(2).flat_map(|code| code.split("||"));
    command != "[" && pieces.any(|code| code.split_whitespace().next() == Some(command))
}

/// Whether a fact is about a command as such, which runs another.
fn is_wrapper(fact: &Fact) -> bool {
    is_whole(fact) && facts::grammar(&fact.command).is_some_and(|grammar| grammar.wraps.is_some())
}

fn spanning(one: &Bytes, other: &Bytes) -> Bytes {
    one.start.min(other.start)..one.end.max(other.end)
}

impl Breach<'_> {
    /// Reports something of a command that some targets refuse or take for something else.
    pub fn report_refused(&self, script: &Script, sink: &mut Sink<'_>) {
        let fact = self.fact;
        let snippet = crate::report::shown(script.text.get(self.bytes.clone()).unwrap_or_default());
        let what = if fact.what.contains(&format!("`{snippet}`")) { String::new() } else { format!("`{snippet}`: ") };
        let ending = if self.on.len() == 1 { "s" } else { "" };
        let how = match self.on.first().and_then(|lacking| lacking.state()) {
            Some(State::Different) => format!("take{ending} {} for something else", fact.what),
            Some(State::Absent) => format!("{} no {}", if self.on.len() == 1 { "has" } else { "have" }, fact.what),
            Some(State::Rejected) | None => format!("refuse{ending} {}", fact.what),
        };
        let effect = if fact.effect.is_empty() { String::new() } else { format!(": {}", fact.effect) };
        let message = format!("{what}{} {how}{effect}", self.systems());
        let help = format!("{}.", fact.advice());
        self.report(script.place(&self.bytes), message, help, sink);
    }

    /// Reports it; only warns where the fact is not sure enough, or where the script is content with the failure.
    pub fn report(&self, place: Place, message: String, help: String, sink: &mut Sink<'_>) {
        match (self.fact.denies(), self.ignored) {
            (true, false) => sink.report(place, message, help),
            (_, true) => sink.warn(place, format!("{message}, and nobody hears of it"), help),
            (false, false) => sink.warn(place, message, help),
        }
    }

    /// What becomes of the script: a clause.
    pub fn effect(&self) -> &str {
        if self.fact.effect.is_empty() { self.fact.fails.clause() } else { &self.fact.effect }
    }

    /// The targets that lack it, e.g. "macOS before 13 and Linux".
    pub fn systems(&self) -> String {
        let names: Vec<String> = self.on.iter().map(|lacking| lacking.name()).collect();
        names.join(" and ")
    }
}

impl Lacking {
    fn name(self) -> String {
        match self {
            Self::Bash(version) => format!("bash before {}", shown_version(version)),
            Self::Mac(_, None) => "macOS".to_owned(),
            Self::Mac(_, Some(version)) => format!("macOS before {}", shown_version(version)),
            Self::Linux(_) => "Linux".to_owned(),
            Self::Sh(_) => "`sh`".to_owned(),
        }
    }

    /// In what way it is lacking; none for bash.
    pub fn state(self) -> Option<State> {
        match self {
            Self::Bash(_) => None,
            Self::Mac(state, _) | Self::Linux(state) | Self::Sh(state) => Some(state),
        }
    }
}

/// `3.2`, and `13` for a release that is known by its first number.
pub fn shown_version(version: Version) -> String {
    if version.1 == 0 && version.0 >= 11 { version.0.to_string() } else { format!("{}.{}", version.0, version.1) }
}
