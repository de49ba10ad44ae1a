//! Questions about history and refs: asked of `git`, and only once something is found.

use std::collections::{BinaryHeap, HashMap};
use std::env;
use std::io::Read;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Error, Repo};
use crate::change::Version;
use crate::pattern::Regex;

/// How many commits back, among those that changed a file, its versions are looked up.
const VERSIONS: &str = "200";

/// How long that may take: in a very long history of a file that hardly changes, what was found by then must do.
const PATIENCE: Duration = Duration::from_millis(500);

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
    ///
    /// Near ones are found here, because one more process would cost more than the walk; about far ones, and where several are as good,
    /// git is asked.
    pub fn merge_base(&self, a: &str, b: &str) -> Option<String> {
        if a == b {
            return Some(a.to_owned());
        }
        match self.near_merge_bases(a, b).as_deref() {
            Some([]) => None,
            Some([one]) => Some(one.clone()),
            _ => self.ask(["merge-base", a, b]).ok().and_then(|text| text.lines().next().map(str::to_owned)),
        }
    }

    /// Walks back from both, the newest commits first, until all that is left is known to lie behind a common one. None where that takes
    /// too long, or a commit is not here. Where commits are dated before their parents, of several some may lie behind others.
    fn near_merge_bases(&self, a: &str, b: &str) -> Option<Vec<String>> {
        const FAR: usize = 1000;
        const BOTH: u8 = 0b011;
        const BEHIND: u8 = 0b100;
        let mut seen: HashMap<String, u8> = HashMap::new();
        let mut queue: BinaryHeap<(i64, String)> = BinaryHeap::new();
        for (id, side) in [(a, 0b001), (b, 0b010)] {
            seen.insert(id.to_owned(), side);
            queue.push((self.commit(id).ok()?.time, id.to_owned()));
        }
        let mut common: Vec<String> = Vec::new();
        let mut walked = 0;
        while queue.iter().any(|(_, id)| seen[id] & BEHIND == 0) {
            let (_, id) = queue.pop()?;
            walked += 1;
            if walked > FAR {
                return None;
            }
            let mut sides = seen[&id];
            if sides & BOTH == BOTH && sides & BEHIND == 0 {
                common.push(id.clone());
                sides |= BEHIND;
            }
            for parent in self.commit(&id).ok()?.parents {
                let known = seen.entry(parent.clone()).or_default();
                if *known & sides != sides {
                    *known |= sides;
                    // Where a shallow clone ends, parents are named that are not there.
                    queue.push((self.commit(&parent).ok()?.time, parent));
                }
            }
        }
        common.sort_unstable();
        common.dedup();
        common.retain(|id| seen[id] & BEHIND == 0);
        Some(common)
    }

    /// The commits reachable from some and not from others, oldest first.
    pub fn commits_between(&self, tips: &[String], known: &[String]) -> Result<Vec<String>, Error> {
        let args = ["rev-list", "--topo-order", "--reverse"].into_iter().map(str::to_owned);
        let args = args.chain(tips.iter().cloned()).chain(["--not".to_owned()]).chain(known.iter().cloned());
        Ok(self.ask(args)?.lines().map(str::to_owned).collect())
    }

    /// What some files held after a commit and before, the newest first. Of a merge only what it changes of its first parent counts.
    pub fn versions(&self, tip: &str, paths: &[&str]) -> Vec<Version> {
        let mut git = self.git();
        git.args([
            "log",
            "-z",
            "--raw",
            "--no-abbrev",
            "--no-renames",
            "--no-ext-diff",
            "--no-show-signature",
            "--diff-merges=first-parent",
        ]);
        git.args(["-n", VERSIONS, "--encoding=UTF-8", "--format=tformat:%x01%H%x00%s", tip, "--"]);
        git.args(paths.iter().map(|path| format!(":(top,literal){path}")));
        let Ok(mut child) = git.stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else { return Vec::new() };
        let (done, waiting) = mpsc::channel();
        let mut output = child.stdout.take();
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // What cannot be read is not known.
            let _ = output.as_mut().map(|output| output.read_to_end(&mut bytes));
            let _ = done.send(bytes);
        });
        let bytes = waiting.recv_timeout(PATIENCE).or_else(|_| {
            let _ = child.kill();
            waiting.recv()
        });
        let _ = child.wait();
        versions(&String::from_utf8_lossy(&bytes.unwrap_or_default()))
    }

    /// The author of the commit that is being made, as `Name <e-mail>`.
    pub fn author_of_hook(&self) -> String {
        if let (Ok(name), Ok(email)) = (env::var("GIT_AUTHOR_NAME"), env::var("GIT_AUTHOR_EMAIL")) {
            return format!("{name} <{email}>");
        }
        let ident = self.ask(["var", "GIT_AUTHOR_IDENT"]).unwrap_or_default();
        ident.rfind('>').map_or_else(String::new, |end| ident[..=end].to_owned())
    }

    /// When the newest commit of a branch was made whose subject matches; none if it is older than a time, or there is none.
    ///
    /// Not by `--since`: that ends at the first commit whose clock went back, whatever lies behind it. No branch gets more than a commit a
    /// second for long.
    pub fn last_commit(&self, subject: &Regex, on: &str, within: Duration) -> Result<Option<SystemTime>, Error> {
        let at_most = format!("--max-count={}", within.as_secs().max(1));
        let log = self.ask(["log", "-z", "--format=%ct %s", &at_most, "--end-of-options", on, "--"])?;
        let oldest = SystemTime::now().checked_sub(within).unwrap_or(UNIX_EPOCH);
        let commits = log.split_terminator('\0').filter_map(|line| line.split_once(' ')).filter(|(_, line)| subject.matches(line));
        let times = commits.filter_map(|(time, _)| UNIX_EPOCH.checked_add(Duration::from_secs(time.parse().ok()?)));
        Ok(times.max().filter(|time| *time >= oldest))
    }
}

/// Reads what `git log --raw -z` writes: id and subject, the id after a byte 1, then pairs of status and path.
fn versions(text: &str) -> Vec<Version> {
    let mut fields = text.split_terminator('\0');
    let mut versions = Vec::new();
    let (mut commit, mut subject) = (String::new(), String::new());
    while let Some(field) = fields.next() {
        let field = field.trim_start_matches('\n');
        if let Some(id) = field.strip_prefix('\u{1}') {
            id.clone_into(&mut commit);
            fields.next().unwrap_or_default().clone_into(&mut subject);
        } else if field.starts_with(':')
            && let (Some(blob), Some(path)) = (field.split(' ').nth(3), fields.next())
        {
            let blob = (!Repo::is_null(blob)).then(|| blob.to_owned());
            versions.push(Version { path: path.to_owned(), blob, commit: commit.clone(), subject: subject.clone() });
        }
    }
    versions
}

/// A URL as `FETCH_HEAD` shows it: without `.git` and slashes at its end.
fn plain_url(url: &str) -> &str {
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}
