//! The policy: whether it can be read, what it protects, and whether a protected branch holds what the doors would have refused.

use std::fs;

use super::Patient;
use super::line::{Line, listed};
use crate::commands::install::Kind;
use crate::commands::policy::unmatched;
use crate::finding::Finding;
use crate::law::{self, FILE};
use crate::pattern::Pattern;
use crate::policy::{Policy, Strictness};
use crate::range::{Environment, Range};
use crate::report::shown;
use crate::rule::Level;
use crate::rules::LOSSES;

/// How far back a protected branch without an upstream is looked at, in commits.
const COMMITS: usize = 50;

pub(super) fn lines(patient: &Patient) -> Vec<Line> {
    let mut lines = vec![in_force(patient)];
    lines.extend(work_tree(patient));
    let policy = &patient.law.policy;
    let branches: Vec<(String, String)> = patient.repo.branches().into_iter().filter(|(name, _)| policy.is_protected(name)).collect();
    if branches.is_empty() {
        let names = listed(policy.protected.0.iter().map(Pattern::text));
        let line = Line::warning("protected branches", format!("none is here; the policy protects {names}"));
        lines.push(line.advised(format!("name yours in {FILE} and commit it: protected = [\"BRANCH\"]")));
    }
    if patient.repository.kind == Kind::WorkTree {
        lines.extend(branches.iter().flat_map(|(name, tip)| unjudged(patient, name, tip)));
    } else if let Some(note) = law::blind_spot(policy) {
        lines.push(Line::warning("policy", note));
    }
    lines
}

fn in_force(patient: &Patient) -> Line {
    let law = &patient.law;
    if let Some(problems) = &law.broken {
        let mut line = Line::wrong("policy", format!("the committed {FILE} cannot be read, so the built-in policy is in force"));
        line.details = problems.to_string().lines().map(shown).collect();
        return line.advised(format!("correct {FILE} and commit it; such a commit passes"));
    }
    match &law.commit {
        Some(commit) => Line::ok("policy", format!("{FILE} of commit {} is in force", commit.get(..12).unwrap_or(commit))),
        None => Line::ok("policy", format!("the built-in one is in force; no {FILE} is committed")),
    }
}

/// What is wrong with the file in the work tree, which will be in force once it is committed.
fn work_tree(patient: &Patient) -> Option<Line> {
    let top = &patient.repository.top;
    let text = fs::read_to_string(top.join(FILE)).ok()?;
    match Policy::read(&text, FILE, Strictness::Strict) {
        Err(problems) => {
            let mut line = Line::warning("policy", format!("{FILE} in the work tree has mistakes"));
            line.details = problems.to_string().lines().map(shown).collect();
            Some(line.advised("correct it before you commit it"))
        }
        Ok((policy, _)) => {
            let idle = unmatched(&policy, top).ok().filter(|idle| !idle.is_empty())?;
            let mut line = Line::warning("policy", format!("{FILE} in the work tree exempts what is not there"));
            line.details = idle;
            Some(line.advised("correct these entries, or take them out"))
        }
    }
}

/// Judges once more what a protected branch has and upstream lacks: whatever way it came, with the hooks or past them.
fn unjudged(patient: &Patient, name: &str, tip: &str) -> Vec<Line> {
    let about = "protected branches";
    let (base, since) = base(patient, tip);
    let shown_name = shown(name);
    let reference = format!("refs/heads/{name}");
    let range = Range::update(&patient.repo, &patient.law.policy, base.as_deref(), tip, Vec::new(), Environment::Unrelated);
    let judged = match crate::judge_range(&range, Some(&reference), &patient.law.policy) {
        Ok(judged) => judged,
        Err(problem) => return vec![Line::warning(about, format!("`{shown_name}` cannot be judged: {problem}"))],
    };
    let denied: Vec<Finding> = judged.standing.into_iter().filter(|finding| finding.level == Level::Deny).collect();
    if denied.is_empty() {
        return vec![Line::ok(about, format!("`{shown_name}` holds nothing {since} that would be refused"))];
    }
    denied.into_iter().map(|finding| past_the_doors(&shown_name, &finding)).collect()
}

/// Lost state is wrong now; other things may have been let in before the hooks were.
fn past_the_doors(branch: &str, finding: &Finding) -> Line {
    let message = format!("`{branch}` holds what would be refused ({}): {}", finding.rule, finding.message);
    let mut line = if LOSSES.contains(&finding.rule) {
        Line::wrong("protected branches", message)
    } else {
        Line::warning("protected branches", message)
    };
    line.cure = finding.help.iter().flat_map(|help| help.lines()).map(str::to_owned).collect();
    line
}

/// Where upstream and a branch part, else some commits back; with the words for it.
fn base(patient: &Patient, tip: &str) -> (Option<String>, String) {
    let upstream = patient.repo.upstream_tips(|branch| patient.law.policy.is_protected(branch));
    if let Some(base) = upstream.iter().find_map(|upstream| patient.repo.merge_base(upstream, tip)) {
        return (Some(base), "that upstream lacks and".to_owned());
    }
    let count = format!("--max-count={}", COMMITS + 1);
    let told = patient.repo.ask(["rev-list", "--first-parent", &count, tip]).unwrap_or_default();
    (told.lines().last().map(str::to_owned), format!("of its last {COMMITS} commits"))
}
