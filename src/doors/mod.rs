//! The doors: one function for each git hook, from what git says to a verdict.

use std::env;
use std::ffi::OsString;
use std::io::{IsTerminal, Read};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::Judged;
use crate::chain;
use crate::event::{Event, Liveness};
use crate::finding::Finding;
use crate::fleet::{self, World};
use crate::law::Law;
use crate::log;
use crate::pattern::Regex;
use crate::policy::{Actor, Policy, Who};
use crate::range::{Environment, Range};
use crate::repo::{Error, Repo};
use crate::report;
use crate::rule::Level;
use crate::waiver::{self, Waiver};

mod checkout;
mod commit;
mod guard;
mod parent;
mod push;
mod receive;
mod reference;
mod stash;
mod way_back;

pub use guard::on_panic;

/// Every hook of githooks(5), git 2.55: the names under which git may call us.
pub const GITHOOKS: &[&str] = &[
    "applypatch-msg",
    "pre-applypatch",
    "post-applypatch",
    "pre-commit",
    "pre-merge-commit",
    "prepare-commit-msg",
    "commit-msg",
    "post-commit",
    "pre-rebase",
    "post-checkout",
    "post-merge",
    "pre-push",
    "pre-receive",
    "update",
    "proc-receive",
    "post-receive",
    "post-update",
    "reference-transaction",
    "push-to-checkout",
    "pre-auto-gc",
    "post-rewrite",
    "sendemail-validate",
    "fsmonitor-watchman",
    "p4-changelist",
    "p4-prepare-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "post-index-change",
];

/// Runs a git hook that was called in a folder: an earlier hook of that name first, then the rules. Returns the exit code for git.
pub fn run(folder: &Path, name: &str, args: &[OsString]) -> u8 {
    let stdin = matches!(name, "reference-transaction" | "pre-push" | "pre-receive").then(read_stdin);
    match chain::run(folder, name, args, stdin.as_deref()) {
        Ok(None | Some(0)) => {}
        Ok(Some(code)) => return u8::try_from(code).unwrap_or(1),
        Err(error) => {
            eprint(&format!("gnp-lint: the earlier {name} hook cannot be run: {error}\n"));
            return 1;
        }
    }
    let words: Vec<String> = args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let stdin = String::from_utf8_lossy(stdin.as_deref().unwrap_or_default()).into_owned();
    let verdict = match name {
        "pre-commit" => commit::before(commit::Kind::Commit),
        "pre-merge-commit" => commit::before(commit::Kind::Merge),
        "commit-msg" => commit::message(words.first().map_or("", String::as_str)),
        "reference-transaction" => reference::transaction(words.first().map_or("", String::as_str), &stdin),
        "post-index-change" => stash::index_changed(),
        "pre-push" => push::before(words.first().map_or("", String::as_str), &stdin),
        "pre-receive" => receive::before(&stdin),
        "pre-rebase" => stash::before_rebase(),
        "post-checkout" => checkout::after(&words),
        _ => Ok(Verdict::Pass),
    };
    match verdict {
        Ok(Verdict::Pass) => 0,
        Ok(Verdict::Refuse) => 1,
        Err(error) => guard::failed(name, &error),
    }
}

/// What a door says to git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Pass,
    Refuse,
}

/// What stands at a door: the repository, the law, and what is to be said.
struct Door {
    name: &'static str,
    repo: Repo,
    law: Law,
}

impl Door {
    fn open(name: &'static str) -> Result<Self, Error> {
        let repo = Repo::of_hook()?;
        let law = Law::in_force(&repo);
        Ok(Self { name, repo, law })
    }

    fn policy(&self) -> &Policy {
        &self.law.policy
    }

    /// The writer who acts, as far as environment and author tell.
    fn writer(&self) -> Option<String> {
        let env = |name: &str| env::var(name).ok();
        let author = self.repo.author_of_hook();
        match self.policy().writer(&Actor { env: Some(&env), author_email: Some(crate::repo::email(&author)), subject: None }) {
            Who::Writer(writer) => Some(writer.name.clone()),
            Who::Stranger | Who::Unknown => None,
        }
    }

    /// Whether the fleet runs.
    fn liveness(&self) -> Liveness {
        let root = self.repo.main_checkout().ok().flatten().unwrap_or_default();
        let last_commit =
            |subject: &Regex, on: &str, within: Duration| self.repo.last_commit(subject, on, within).map_err(|error| error.to_string());
        fleet::liveness(&self.policy().fleet, &World { root: &root, now: SystemTime::now(), last_commit: &last_commit })
    }

    /// Whose environment this is: in a bare repository nobody works, it is pushed to from elsewhere.
    fn environment(&self) -> Environment {
        match self.repo.bare {
            true => Environment::Unrelated,
            false if parent::receives() => Environment::Received,
            false => Environment::OfTheActor,
        }
    }

    /// Judges the net change of a range, less what upstream has and what waivers lift.
    fn judge(&self, range: &Range<'_>, reference: Option<&str>) -> Result<Vec<Finding>, Error> {
        Ok(self.standing(crate::judge_range(range, reference, self.policy())?))
    }

    /// What is found, and not waived; what is waived is noted.
    fn standing(&self, judged: Judged) -> Vec<Finding> {
        self.note_waivers(&judged.lifted);
        judged.standing
    }

    /// Judges an act that leaves no commit to carry a trailer: where it is the actor's own, the environment's waivers lift.
    fn judge_event(&self, event: &Event<'_>) -> Vec<Finding> {
        let findings = crate::judge_event(event, self.policy());
        if findings.is_empty() || self.environment() == Environment::Unrelated {
            return findings;
        }
        let (standing, lifted) = waiver::apply(findings, self.policy(), |_| waiver::from_environment());
        self.note_waivers(&lifted);
        standing
    }

    fn note_waivers(&self, lifted: &[(Finding, Waiver)]) {
        for (finding, waiver) in lifted {
            log::write(&self.repo, self.name, finding, Some(&waiver.reason));
            eprint(&format!("gnp-lint: `{}` is waived here: {}\n", finding.rule, report::shown(&waiver.reason)));
        }
    }

    /// Says so where the law cannot be read.
    fn say_law(&self) {
        if let Some(problems) = &self.law.broken {
            eprint(&format!("gnp-lint: the committed policy cannot be read, the built-in one is in force:\n{problems}\n"));
        }
    }

    /// Logs and shows findings; any denial is a refusal. `aftermath` tells what a refusal leaves behind, and the way back.
    fn say(&self, findings: &[Finding], act: &str, aftermath: impl FnOnce() -> Option<String>) -> Verdict {
        self.say_law();
        for finding in findings {
            log::write(&self.repo, self.name, finding, None);
        }
        let refused = findings.iter().any(|finding| finding.level == Level::Deny);
        let aftermath = if refused { aftermath() } else { None };
        if refused {
            for problem in waiver::problems(self.policy()) {
                eprint(&format!("gnp-lint: {problem}\n"));
            }
        }
        let stderr = std::io::stderr();
        let color = report::color(report::ColorChoice::Auto, stderr.is_terminal(), |name| env::var_os(name));
        let root = way_up(&env::var("GIT_PREFIX").unwrap_or_default());
        let door = report::Door { act, aftermath: aftermath.as_deref(), root: root.as_deref() };
        // If nobody listens any more, the verdict still holds.
        let _ = report::door(&mut stderr.lock(), &door, findings, color);
        if refused { Verdict::Refuse } else { Verdict::Pass }
    }
}

/// The way up to the root from a folder below it, as git names that in `GIT_PREFIX`: `state/old/` → `../..`.
fn way_up(prefix: &str) -> Option<String> {
    let depth = prefix.split('/').filter(|folder| !folder.is_empty()).count();
    (depth > 0).then(|| vec![".."; depth].join("/"))
}

/// No aftermath: nothing has been touched.
fn untouched() -> Option<String> {
    None
}

/// Writes to stderr; if nobody listens any more, the verdict still holds.
fn eprint(text: &str) {
    use std::io::Write;
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn read_stdin() -> Vec<u8> {
    let mut bytes = Vec::new();
    // A closed or broken stdin tells nothing; what cannot be read is judged as empty.
    let _ = std::io::stdin().read_to_end(&mut bytes);
    bytes
}
