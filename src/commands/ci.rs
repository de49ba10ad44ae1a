//! `gnp-lint ci`: judges every new commit that this CI job is about.

use std::env;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

use super::{Exit, Streams};
use crate::cli::CiArgs;
use crate::law::{self, Law};
use crate::repo::Repo;
use crate::report::{self, Summary, shown};
use crate::{Against, judge_commit};

/// Judges the commits between the base and HEAD, oldest first, by the policy of the base.
///
/// # Errors
/// There is no repository or no base; a commit cannot be read.
pub fn run(args: &CiArgs, streams: &mut Streams<'_>) -> anyhow::Result<Exit> {
    let repo = Repo::containing(&env::current_dir()?)?;
    let head = repo.tip("HEAD").or_else(|| repo.resolve("HEAD")).context("HEAD has no commit yet: there is nothing to judge")?;
    let base = base(&repo, args.base.as_deref(), &head)?;
    let law = Law::at(&repo, &base);
    if let Some(problems) = &law.broken {
        writeln!(streams.err, "gnp-lint: the policy at the base cannot be read, the built-in one is in force:\n{problems}")?;
    }
    if let Some(note) = law::blind_spot(&law.policy) {
        writeln!(streams.err, "gnp-lint: {note}")?;
    }
    let shared = law::shared_branch(&repo);
    let commits = repo.commits_between(std::slice::from_ref(&head), std::slice::from_ref(&base))?;
    let mut findings = Vec::new();
    for id in &commits {
        let judged = judge_commit(&repo, &repo, &law.policy, id, Some(&shared), Against::EachParent);
        findings.extend(judged.with_context(|| format!("cannot judge commit {}", shown(id)))?.standing);
    }
    report::sort(&mut findings);
    let summary = Summary { commits: Some(commits.len()), ..Summary::of(&findings) };
    args.report.write(streams, &findings, &summary)?;
    Ok(if summary.deny > 0 { Exit::Denied } else { Exit::Clean })
}

/// Where the new commits start: what was named, what the CI's environment says, else where HEAD left its upstream.
fn base(repo: &Repo, named: Option<&str>, head: &str) -> anyhow::Result<String> {
    const DEEPER: &str = "fetch the whole history (with actions/checkout: `fetch-depth: 0`), or name a base with --base";
    if let Some(name) = named {
        let id = repo.resolve(name).with_context(|| format!("there is no revision `{}` here; {DEEPER}", shown(name)))?;
        return repo.merge_base(&id, head).with_context(|| format!("`{}` and HEAD have no common history; {DEEPER}", shown(name)));
    }
    if let Some(branch) = env::var("GITHUB_BASE_REF").ok().filter(|branch| !branch.is_empty()) {
        let id = repo.resolve(&format!("refs/remotes/origin/{branch}")).or_else(|| repo.resolve(&format!("refs/heads/{branch}")));
        let id = id.with_context(|| format!("the base branch `{}` was not fetched; {DEEPER}", shown(&branch)))?;
        return repo.merge_base(&id, head).with_context(|| format!("`{}` and HEAD have no common history; {DEEPER}", shown(&branch)));
    }
    if let Some(id) = pushed_from()? {
        let known = repo.resolve(&id).with_context(|| format!("the commit before the push, {}, is not here; {DEEPER}", shown(&id)))?;
        return repo
            .merge_base(&known, head)
            .with_context(|| format!("the commit before the push and HEAD have no common history; {DEEPER}"));
    }
    let upstream = ["@{upstream}", "refs/remotes/origin/HEAD"].into_iter().find_map(|name| repo.resolve(name));
    match upstream.and_then(|id| repo.merge_base(&id, head)) {
        Some(id) => Ok(id),
        None => bail!("HEAD has no upstream to compare with; name a base with --base"),
    }
}

/// What GitHub's event says of a push: the branch's tip before it; none for other events and new branches.
fn pushed_from() -> anyhow::Result<Option<String>> {
    let Some(path) = env::var_os("GITHUB_EVENT_PATH").filter(|path| !path.is_empty()) else { return Ok(None) };
    let text = fs::read_to_string(Path::new(&path))
        .with_context(|| format!("cannot read GITHUB_EVENT_PATH, {}", shown(&path.to_string_lossy())))?;
    let event: Value = serde_json::from_str(&text).context("the event in GITHUB_EVENT_PATH is not JSON")?;
    let at = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).filter(|id| !id.is_empty() && !Repo::is_null(id));
    Ok(["/pull_request/base/sha", "/merge_group/base_sha", "/before"].into_iter().find_map(at).map(str::to_owned))
}
