//! The scripts of one file → their findings: every script rule at the level in force, less what is suppressed or allowed.

use foldhash::{HashSet, HashSetExt};

use crate::finding::{Finding, Sink};
use crate::policy::Policy;
use crate::rule::{Check, Level};
use crate::rules;
use crate::shell::Script;
use crate::shell::tree::Bytes;
use crate::subject::Subject;

/// The findings of one script, in the order of their places, without repetitions.
pub fn lint(script: &Script, policy: &Policy) -> Vec<Finding> {
    lint_file(std::slice::from_ref(script), policy)
}

/// The findings of all scripts that one file holds.
pub fn lint_file(scripts: &[Script], policy: &Policy) -> Vec<Finding> {
    let Some(first) = scripts.first() else { return Vec::new() };
    let mut findings: Vec<Finding> = Vec::new();
    for script in scripts {
        let (subject, mut found) = (Subject::of(script), Vec::new());
        for rule in rules::RULES {
            let Check::Script(check) = rule.check else { continue };
            let level = policy.level(rule);
            if level > Level::Allow {
                check(&subject, policy, &mut Sink::new(rule, level, &mut found));
            }
        }
        if script.is_carried() {
            for finding in &mut found {
                finding.help = finding.help.take().map(|help| script.help(help));
                finding.fix = finding.fix.take().and_then(|fix| script.fix(fix));
            }
        }
        gather(&mut findings, found);
    }
    suppress(scripts, policy, &mut findings);
    findings.retain(|finding| policy.allows(finding.rule, &first.path).is_none());
    findings.sort_by_key(|finding| (start(finding), finding.rule));
    let mut seen = HashSet::new();
    let first: Vec<bool> = findings.iter().map(|finding| seen.insert((finding.rule, start(finding), finding.message.as_str()))).collect();
    drop(seen);
    let mut first = first.into_iter();
    findings.retain(|_| first.next().unwrap_or(true));
    findings
}

/// Puts findings behind others; there may be very many, which are not moved where there are no others.
pub fn gather(findings: &mut Vec<Finding>, more: Vec<Finding>) {
    if findings.is_empty() {
        *findings = more;
    } else {
        findings.extend(more);
    }
}

fn start(finding: &Finding) -> usize {
    finding.place.span.as_ref().map_or(0, |span| span.bytes.start)
}

/// Takes away what comments allow, and reports the comments that allow nothing.
fn suppress(scripts: &[Script], policy: &Policy, findings: &mut Vec<Finding>) {
    let covered = |script: &Script, covers: &Bytes| script.place(covers).span.map_or(0..0, |span| span.bytes);
    let suppressions: Vec<_> = scripts
        .iter()
        .flat_map(|script| script.suppressions.iter().map(move |suppression| (script, suppression)))
        .map(|(script, suppression)| (script, suppression, covered(script, &suppression.covers)))
        .collect();
    if suppressions.is_empty() {
        return;
    }
    let mut used = HashSet::new();
    findings.retain(|finding| {
        let mut kept = true;
        for (at, (_, suppression, covers)) in suppressions.iter().enumerate() {
            let named = suppression.rules.iter().any(|rule| rule == finding.rule);
            if named && finding.place.span.is_some() && covers.contains(&start(finding)) {
                used.insert((at, finding.rule));
                kept = false;
            }
        }
        kept
    });
    let Some(rule) = rules::find("suppression-without-reason") else { return };
    let level = policy.level(rule);
    let mut sink = Sink::new(rule, level, findings);
    for (at, (script, suppression, _)) in suppressions.iter().enumerate() {
        for name in &suppression.rules {
            if runs(name, policy) && !used.iter().any(|(place, used)| *place == at && used == name) {
                let message = format!("this comment allows `{name}`, which finds nothing there");
                sink.report(script.place(&suppression.bytes), message, format!("Take `{name}` out of the comment."));
            }
        }
    }
}

/// Whether a rule by that name looked at the script.
fn runs(name: &str, policy: &Policy) -> bool {
    rules::find(name).is_some_and(|rule| matches!(rule.check, Check::Script(_)) && policy.level(rule) > Level::Allow)
}
