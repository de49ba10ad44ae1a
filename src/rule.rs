//! What a rule is: plain data and one function.

use serde::{Deserialize, Serialize};

use crate::change::Change;
use crate::checkup::Checkup;
use crate::event::Event;
use crate::finding::Sink;
use crate::policy::Policy;
use crate::subject::Subject;

/// One check with a name. Every field is mandatory, so a rule without a reason or without examples does not compile.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case; names the fault and reads well after "allow". Also the key in the policy and in suppressions.
    pub name: &'static str,
    /// The article of the protocol that it holds, 1 to 8; 0 for rules about the law itself.
    pub article: u8,
    /// One clause, no full stop, code in backticks.
    pub summary: &'static str,
    /// Markdown: the harm, the incident behind it, the way out.
    pub why: &'static str,
    /// The level where the policy names none.
    pub level: Level,
    /// Shell text that the rule must report, and no other denying rule with it. Executed by the tests.
    pub bad: &'static [&'static str],
    /// The nearest shell text that no rule may report. Executed by the tests.
    pub good: &'static [&'static str],
    /// What it looks at, and how.
    pub check: Check,
}

/// The one function of a rule, by what it looks at.
#[derive(Debug, Clone, Copy)]
pub enum Check {
    /// Shell text, wherever it stands.
    Script(fn(&Subject<'_>, &Policy, &mut Sink<'_>)),
    /// An old and a new state of the files of one branch.
    Change(fn(&Change<'_>, &Policy, &mut Sink<'_>)),
    /// Something that git is about to do, or has just done.
    Event(fn(&Event<'_>, &Policy, &mut Sink<'_>)),
    /// A whole repository, as `gnp-lint doctor` finds it.
    Repository(fn(&Checkup, &Policy, &mut Sink<'_>)),
}

/// What a finding leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The rule is off.
    Allow,
    /// Reported; the act goes on and the exit code stays 0.
    Warn,
    /// Reported; the act is refused, the exit code is 1.
    Deny,
}

impl Level {
    /// The word in policies and reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}
