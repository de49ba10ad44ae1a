//! Act-by-act waivers: `GNP_ALLOW` in the environment, `GNP-Allow:` trailers in commits.

use std::env;

use crate::finding::Finding;
use crate::policy::Policy;

/// The variable that waives rules for one act.
pub const VARIABLE: &str = "GNP_ALLOW";

/// The trailer that carries a waiver on.
pub const TRAILER: &str = "GNP-Allow";

/// One rule, waived once, with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// The rule's name.
    pub rule: String,
    /// Why.
    pub reason: String,
}

/// The waivers of `GNP_ALLOW='rule: reason; rule: reason'`; what has no reason is not one.
pub fn from_environment() -> Vec<Waiver> {
    parse(&env::var(VARIABLE).unwrap_or_default()).0
}

/// What `GNP_ALLOW` says that is no waiver, as clauses for a message.
pub fn problems(policy: &Policy) -> Vec<String> {
    let (waivers, wrong) = parse(&env::var(VARIABLE).unwrap_or_default());
    let mut problems: Vec<String> =
        wrong.into_iter().map(|part| format!("`{part}` in {VARIABLE} is not `RULE: REASON` and waives nothing")).collect();
    for waiver in waivers.iter().filter(|waiver| !policy.waivable.contains(&waiver.rule)) {
        problems.push(format!("`{}` in {VARIABLE} is not a rule that the policy lets be waived (its `waivable` list)", waiver.rule));
    }
    problems
}

/// The waivers in the last paragraph of a commit message.
pub fn from_trailers(message: &str) -> Vec<Waiver> {
    let Some((_, last)) = message.trim_end().rsplit_once("\n\n") else { return Vec::new() };
    last.lines().filter_map(|line| waiver(line.strip_prefix(TRAILER)?.strip_prefix(':')?)).collect()
}

/// Parts the findings into those that stand and those that the waivers lift.
pub fn apply(findings: Vec<Finding>, policy: &Policy, waivers: impl Fn(&Finding) -> Vec<Waiver>) -> (Vec<Finding>, Vec<(Finding, Waiver)>) {
    let mut standing = Vec::new();
    let mut lifted = Vec::new();
    for finding in findings {
        let waivable = policy.waivable.iter().any(|rule| rule == finding.rule);
        let waiver = if waivable { waivers(&finding).into_iter().find(|waiver| waiver.rule == finding.rule) } else { None };
        match waiver {
            Some(waiver) => lifted.push((finding, waiver)),
            None => standing.push(finding),
        }
    }
    (standing, lifted)
}

fn parse(text: &str) -> (Vec<Waiver>, Vec<String>) {
    let mut waivers = Vec::new();
    let mut wrong = Vec::new();
    for part in text.split([';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
        match waiver(part) {
            Some(waiver) => waivers.push(waiver),
            None => wrong.push(crate::report::shown(part)),
        }
    }
    (waivers, wrong)
}

fn waiver(text: &str) -> Option<Waiver> {
    let (rule, reason) = text.split_once(':')?;
    let (rule, reason) = (rule.trim(), reason.trim());
    (!rule.is_empty() && !reason.is_empty()).then(|| Waiver { rule: rule.to_owned(), reason: reason.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waivers_need_a_rule_and_a_reason() {
        let (waivers, wrong) = parse("emptied-collection: reseeding: incident 12; stale-revert:; x");
        assert_eq!(waivers, [Waiver { rule: "emptied-collection".into(), reason: "reseeding: incident 12".into() }]);
        assert_eq!(wrong, ["stale-revert:", "x"]);
    }

    #[test]
    fn trailers_stand_in_the_last_paragraph() {
        let message = "reseed\n\nGNP-Allow: a-rule: not here\n\nSigned-off-by: x\nGNP-Allow: emptied-collection: reseeding\n";
        assert_eq!(from_trailers(message), [Waiver { rule: "emptied-collection".into(), reason: "reseeding".into() }]);
        assert_eq!(from_trailers("GNP-Allow: a: b in the subject of a one-line message"), []);
    }
}
