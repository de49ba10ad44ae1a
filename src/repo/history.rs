//! Questions about history and refs: asked of `git`, and only once something is found.

use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Error, Repo};
use crate::pattern::Regex;

impl Repo {
    /// The tips of the branches of all remotes, as last fetched, whose name on the remote is wanted. What a running fetch has
    /// just brought from a configured remote counts too: it moves the local branch first.
    pub fn upstream_tips(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let mut tips = Vec::new();
        if self.bare {
            // A server is everybody's upstream, itself included.
            tips.extend(self.branches().into_iter().filter(|(name, _)| wanted(name)).map(|(_, id)| id));
        }
        let remotes = if self.may_have_remotes() { self.ask(["remote"]).unwrap_or_default() } else { String::new() };
        if !remotes.is_empty() {
            tips.extend(self.tracked_tips(&remotes, &wanted));
            tips.extend(self.fetched_tips(&wanted));
        }
        tips.sort_unstable();
        tips.dedup();
        tips
    }

    fn tracked_tips(&self, remotes: &str, wanted: &impl Fn(&str) -> bool) -> Vec<String> {
        let refs = self.ask(["for-each-ref", "--format=%(objectname) %(refname)", "refs/remotes/"]).unwrap_or_default();
        let branch_of = |name: &str| {
            let name = name.strip_prefix("refs/remotes/")?;
            remotes.lines().find_map(|remote| name.strip_prefix(remote)?.strip_prefix('/').map(str::to_owned))
        };
        let tracked = refs.lines().filter_map(|line| line.split_once(' '));
        tracked.filter(|(_, name)| branch_of(name).is_some_and(|branch| wanted(&branch))).map(|(id, _)| id.to_owned()).collect()
    }

    /// The branches here: short name and tip, by name.
    pub fn branches(&self) -> Vec<(String, String)> {
        let refs = self.ask(["for-each-ref", "--format=%(objectname) %(refname:lstrip=2)", "refs/heads/"]).unwrap_or_default();
        refs.lines().filter_map(|line| line.split_once(' ')).map(|(id, name)| (name.to_owned(), id.to_owned())).collect()
    }

    /// Whether the configuration of this repository may name a remote: that costs no process to see.
    fn may_have_remotes(&self) -> bool {
        let tells = |text: String| ["[remote", "[include", "worktreeconfig"].iter().any(|word| text.to_ascii_lowercase().contains(word));
        std::fs::read_to_string(self.common_dir.join("config")).map_or(true, tells)
    }

    fn fetched_tips(&self, wanted: &impl Fn(&str) -> bool) -> Vec<String> {
        let Ok(text) = std::fs::read_to_string(self.git_dir.join("FETCH_HEAD")) else { return Vec::new() };
        let urls = self.ask(["config", "--get-regexp", r"^remote\..*\.url$"]).unwrap_or_default();
        let urls: Vec<&str> = urls.lines().filter_map(|line| line.split_once(' ')).map(|(_, url)| plain_url(url)).collect();
        let from = |line: &str| {
            let (id, rest) = line.split_once('\t')?;
            let (_, note) = rest.split_once('\t')?;
            let (branch, url) = note.strip_prefix("branch '")?.split_once("' of ")?;
            (wanted(branch) && urls.contains(&plain_url(url))).then(|| id.to_owned())
        };
        text.lines().filter_map(from).collect()
    }

    /// Whether one commit is reachable from another (or is the same one).
    pub fn is_ancestor(&self, ancestor: &str, of: &str) -> bool {
        ancestor == of || self.ask(["merge-base", "--is-ancestor", ancestor, of]).is_ok()
    }

    /// The full id of the commit that a revision names; none if there is none.
    pub fn resolve(&self, revision: &str) -> Option<String> {
        let revision = format!("{revision}^{{commit}}");
        self.ask(["rev-parse", "--verify", "--quiet", "--end-of-options", &revision]).ok().map(|id| id.trim().to_owned())
    }

    /// The best common ancestor of two commits; none if they have none.
    pub fn merge_base(&self, a: &str, b: &str) -> Option<String> {
        if a == b {
            return Some(a.to_owned());
        }
        self.ask(["merge-base", a, b]).ok().and_then(|text| text.lines().next().map(str::to_owned))
    }

    /// The commits reachable from some and not from others, oldest first.
    pub fn commits_between(&self, tips: &[String], known: &[String]) -> Result<Vec<String>, Error> {
        let args = ["rev-list", "--topo-order", "--reverse"].into_iter().map(str::to_owned);
        let args = args.chain(tips.iter().cloned()).chain(["--not".to_owned()]).chain(known.iter().cloned());
        Ok(self.ask(args)?.lines().map(str::to_owned).collect())
    }

    /// The author of the commit that is being made, as `Name <e-mail>`.
    pub fn author_of_hook(&self) -> String {
        if let (Ok(name), Ok(email)) = (env::var("GIT_AUTHOR_NAME"), env::var("GIT_AUTHOR_EMAIL")) {
            return format!("{name} <{email}>");
        }
        let ident = self.ask(["var", "GIT_AUTHOR_IDENT"]).unwrap_or_default();
        ident.rfind('>').map_or_else(String::new, |end| ident[..=end].to_owned())
    }

    /// When the newest commit of a branch was made whose subject matches, no older than a time; none if there is none.
    pub fn last_commit(&self, subject: &Regex, on: &str, within: Duration) -> Result<Option<SystemTime>, Error> {
        let since = format!("--since={} seconds ago", within.as_secs());
        let log = self.ask(["log", "-z", "--format=%ct %s", &since, "--end-of-options", on, "--"])?;
        let found = log.split_terminator('\0').filter_map(|line| line.split_once(' ')).find(|(_, line)| subject.matches(line));
        let seconds = found.and_then(|(time, _)| time.parse().ok());
        Ok(seconds.map(|seconds| UNIX_EPOCH + Duration::from_secs(seconds)))
    }
}

/// A URL as `FETCH_HEAD` shows it: without `.git` and slashes at its end.
fn plain_url(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}
