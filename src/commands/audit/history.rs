//! Which commits an audit is about: asked of git in one call, oldest first.

use std::collections::{HashMap, HashSet};
use std::env;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use crate::Against;
use crate::policy::Policy;
use crate::repo::{Error, Repo, run};

/// A commit as a report names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    /// The full id.
    pub(super) id: String,
    /// `Name <e-mail>`.
    pub(super) author: String,
    /// When it was written: RFC 3339.
    pub(super) date: String,
    /// The first line of its message.
    pub(super) subject: String,
}

/// What is to be audited.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    /// Where pathspecs count from.
    pub(super) here: &'a Path,
    /// Commits, as git names them; none: everything that HEAD reaches.
    pub(super) range: Option<&'a str>,
    /// Everything that any ref reaches, instead.
    pub(super) all: bool,
    /// Pathspecs; none: every path.
    pub(super) paths: &'a [OsString],
    /// A date as git reads it.
    pub(super) since: Option<&'a str>,
    /// Whether merges are followed into all their sides.
    pub(super) against: Against,
}

/// What a listed commit looks like in the output of [`log`]: fields that a NUL ends.
const FORMAT: &str = "--format=tformat:%H%x00%an <%ae>%x00%aI%x00%s";
const FIELDS: usize = 4;

impl Selection<'_> {
    /// The commits, oldest first; none in a repository without any.
    ///
    /// # Errors
    /// git does not know the range.
    pub(super) fn commits(&self, repo: &Repo) -> Result<Vec<Listed>, Error> {
        if self.is_unborn(repo) {
            return Ok(Vec::new());
        }
        let text = self.log(repo, &["--topo-order", "--reverse", FORMAT])?;
        let fields: Vec<&str> = text.split_terminator('\0').collect();
        Ok(fields.chunks_exact(FIELDS).map(listed).collect())
    }

    /// The paths that the pathspecs meant in any of the commits; none if there are no pathspecs.
    ///
    /// # Errors
    /// git cannot tell, e.g. because a tree is missing.
    pub(super) fn paths(&self, repo: &Repo) -> Result<Option<HashSet<String>>, Error> {
        if self.paths.is_empty() || self.is_unborn(repo) {
            return Ok(None);
        }
        let text = self.log(repo, &["-m", "--root", "--raw", "--no-renames", "--no-relative", "--format="])?;
        let mut tokens = text.split('\0');
        let mut found = HashSet::new();
        while let Some(token) = tokens.next() {
            if token.trim_start_matches('\n').starts_with(':') {
                found.extend(tokens.next().map(str::to_owned));
            }
        }
        Ok(Some(found))
    }

    /// Whether HEAD is asked for and names a branch that has no commit yet.
    fn is_unborn(&self, repo: &Repo) -> bool {
        self.range.is_none() && !self.all && repo.resolve("HEAD").is_none()
    }

    fn log(&self, repo: &Repo, form: &[&str]) -> Result<String, Error> {
        let mut git = log(repo, Some(self.here));
        git.args(form);
        if let Some(since) = self.since {
            git.arg(format!("--since-as-filter={since}"));
        }
        if self.against == Against::FirstParent {
            git.arg("--first-parent");
        }
        if !self.paths.is_empty() {
            // What a merge threw away was changed on a side that git would leave out.
            git.arg("--full-history");
        }
        if self.all {
            git.args(["--exclude=refs/stash", "--exclude=refs/notes/*", "--all"]);
        } else {
            git.arg("--end-of-options").arg(self.range.unwrap_or("HEAD"));
        }
        git.arg("--").args(self.paths);
        run(git, "log")
    }
}

/// `git log -z`, pathspecs counted from a folder if there is one, with nothing of the user's taste in it; it fetches nothing and takes
/// commits for what they are.
pub(super) fn log(repo: &Repo, here: Option<&Path>) -> Command {
    // A repository that the user names by GIT_DIR is not found from the folder.
    let mut git = match here {
        Some(here) if env::var_os("GIT_DIR").is_none() => repo.git_in(here),
        _ => repo.git(),
    };
    git.env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_NO_LAZY_FETCH", "1");
    git.args([
        "-c",
        "log.follow=false",
        "-c",
        "log.showSignature=false",
        "log",
        "-z",
        "--encoding=UTF-8",
        "--no-ext-diff",
        "--no-textconv",
    ]);
    git
}

/// Reads the fields of [`FORMAT`].
fn listed(fields: &[&str]) -> Listed {
    let field = |at: usize| fields.get(at).copied().unwrap_or_default();
    Listed::new(field(0), field(1), field(2), field(3))
}

impl Listed {
    /// A commit from what git says of it; `+00:00`, as git before 2.40 wrote it, is `Z`.
    pub(super) fn new(id: &str, author: &str, date: &str, subject: &str) -> Self {
        let date = date.strip_suffix("+00:00").map_or_else(|| date.to_owned(), |time| format!("{time}Z"));
        Self { id: id.to_owned(), author: author.to_owned(), date, subject: subject.to_owned() }
    }
}

/// How many commits give a path one and the same blob: asked of git once, when somebody wants to know for the first time.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// What reaches all that is audited.
    tips: Vec<String>,
    /// By the hash of path and blob; none if git could not tell.
    times: OnceLock<Option<HashMap<u64, u32>>>,
}

impl Past {
    /// Of everything that some commits reach.
    pub(super) fn of(repo: &Repo, commits: &[Listed]) -> Self {
        let mut tips: HashSet<&str> = commits.iter().map(|commit| commit.id.as_str()).collect();
        for commit in commits.iter().filter_map(|commit| repo.commit(&commit.id).ok()) {
            for parent in &commit.parents {
                tips.remove(parent.as_str());
            }
        }
        Self { tips: tips.into_iter().map(str::to_owned).collect(), times: OnceLock::new() }
    }

    /// How many commits give a path a blob; a merge counts where no parent has it. None if that is not known.
    pub(super) fn times(&self, repo: &Repo, path: &str, blob: &str) -> Option<u32> {
        let times = self.times.get_or_init(|| self.count(repo).ok()).as_ref()?;
        Some(times.get(&hash(path, blob)).copied().unwrap_or(0))
    }

    fn count(&self, repo: &Repo) -> Result<HashMap<u64, u32>, Error> {
        let mut git = log(repo, None);
        git.args(["-c", "--root", "--raw", "--no-abbrev", "--no-renames", "--no-relative", "--format="]).args(&self.tips).arg("--");
        let text = run(git, "log --raw")?;
        let mut tokens = text.split('\0');
        let mut times = HashMap::new();
        while let Some(token) = tokens.next() {
            // `:modes ids status`, with as many colons as there are parents; the last id is the new one.
            let token = token.trim_start_matches('\n');
            if let (true, Some(blob)) = (token.starts_with(':'), token.rsplit(' ').nth(1)) {
                let path = tokens.next().unwrap_or_default();
                *times.entry(hash(path, blob)).or_default() += 1;
            }
        }
        Ok(times)
    }
}

fn hash(path: &str, blob: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (path, blob).hash(&mut hasher);
    hasher.finish()
}

/// Which commits are part of a protected branch, here or as last fetched.
#[derive(Debug)]
pub(super) enum Protected {
    /// All of them: nothing else is audited, or there is no protected branch to tell them from.
    All,
    /// These.
    Some(HashSet<String>),
}

impl Protected {
    /// Asks git, unless everything that is audited is reached from tips of protected branches.
    ///
    /// # Errors
    /// git cannot walk the branches.
    pub(super) fn of(repo: &Repo, policy: &Policy, commits: &[Listed], past: &Past) -> Result<Self, Error> {
        let heads = repo.ask(["for-each-ref", "--format=%(objectname) %(refname)", "refs/heads/"])?;
        let is_protected = |name: &str| name.strip_prefix("refs/heads/").is_some_and(|branch| policy.is_protected(branch));
        let own = heads.lines().filter_map(|line| line.split_once(' ')).filter(|(_, name)| is_protected(name));
        let mut tips: Vec<String> = own.map(|(id, _)| id.to_owned()).collect();
        tips.extend(repo.upstream_tips(|branch| policy.is_protected(branch)));
        tips.retain(|tip| repo.commit(tip).is_ok());
        if tips.is_empty() || past.tips.iter().all(|tip| tips.contains(tip)) {
            return Ok(Self::All);
        }
        let listed: HashSet<&str> = commits.iter().map(|commit| commit.id.as_str()).collect();
        let reached = repo.commits_between(&tips, &[])?;
        Ok(Self::Some(reached.into_iter().filter(|id| listed.contains(id.as_str())).collect()))
    }

    /// Whether a commit is part of one.
    pub(super) fn has(&self, id: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(ids) => ids.contains(id),
        }
    }
}
