//! Which commits an act brings, who made them, and what of it upstream already has.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::env;
use std::fmt;

use crate::change::{After, Authors, Blob, Change, Checkout, FileChange, Objects, Stranger, WorkTree};
use crate::policy::{self, Actor, Policy, Who};
use crate::repo::{Commit, Entry, Error, Repo, TreeDiff};
use crate::state::rename;
use crate::waiver::{self, Waiver};

mod past;

/// The commits that an act makes reachable from a branch, and the one that is still in the making.
pub struct Range<'r> {
    repo: &'r Repo,
    /// Where the content of its files is read.
    objects: &'r dyn Objects,
    policy: &'r Policy,
    /// The branch's tip before the act; none if it has none.
    before: Option<String>,
    /// The commits that the branch reaches afterwards.
    tips: Vec<String>,
    /// What is not new: reachable from these.
    known: Vec<String>,
    pending: Option<Pending>,
    /// Whether the tip is a merge that is judged against one of its sides.
    side_of_merge: bool,
    env: Environment,
    work_tree: WorkTree,
    new: OnceCell<Vec<(String, Commit)>>,
    upstream: OnceCell<Vec<String>>,
    shared: OnceCell<Option<past::SharedBranch>>,
}

/// A commit that is about to be made from the index.
#[derive(Debug, Clone, Default)]
pub struct Pending {
    /// The commits besides HEAD that it will merge.
    pub sides: Vec<String>,
    /// The first line of its message, once it is known.
    pub subject: Option<String>,
}

/// Whether the environment of this process is that of the one who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Environment {
    /// A local act: it is.
    OfTheActor,
    /// A push from this checkout: others may have committed what goes out.
    OfThePusher,
    /// A push into this checkout: the pusher's, as far as it reaches here.
    Received,
    /// After the fact, or on another machine: it is not.
    Unrelated,
}

impl fmt::Debug for Range<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Range({:?}..{:?})", self.before, self.tips)
    }
}

impl<'r> Range<'r> {
    /// A branch that moves from one commit to another. What `known` reaches is not new either.
    pub fn update(repo: &'r Repo, policy: &'r Policy, before: Option<&str>, tip: &str, known: Vec<String>, env: Environment) -> Self {
        let known = known.into_iter().chain(before.map(str::to_owned)).collect();
        Self {
            repo,
            objects: repo,
            policy,
            before: before.map(str::to_owned),
            tips: vec![tip.to_owned()],
            known,
            pending: None,
            side_of_merge: false,
            env,
            work_tree: match env {
                Environment::OfTheActor | Environment::OfThePusher => WorkTree::AtHand,
                Environment::Received | Environment::Unrelated => WorkTree::Elsewhere,
            },
            new: OnceCell::new(),
            upstream: OnceCell::new(),
            shared: OnceCell::new(),
        }
    }

    /// One commit, against one of its parents (none: the commit has none). Of a merge, what another side has made itself is left out.
    ///
    /// It is judged for itself: whether upstream has it is not asked.
    pub fn of_commit(repo: &'r Repo, policy: &'r Policy, id: &str, parent: Option<&str>, env: Environment) -> Result<Self, Error> {
        let commit = repo.commit(id)?;
        let side_of_merge = commit.parents.len() > 1;
        let own = Self::update(repo, policy, parent, id, commit.parents.clone(), env);
        Ok(Self { side_of_merge, new: OnceCell::from(vec![(id.to_owned(), commit)]), upstream: OnceCell::from(Vec::new()), ..own })
    }

    /// One step of a branch: what a commit makes of its first parent, with all that it merges. Whether upstream has it is not asked.
    pub fn step(repo: &'r Repo, policy: &'r Policy, id: &str, env: Environment) -> Result<Self, Error> {
        let commit = repo.commit(id)?;
        let own = Self::update(repo, policy, commit.parents.first().map(String::as_str), id, Vec::new(), env);
        let new = if commit.parents.len() > 1 { OnceCell::new() } else { OnceCell::from(vec![(id.to_owned(), commit)]) };
        Ok(Self { new, upstream: OnceCell::from(Vec::new()), ..own })
    }

    /// The same range, its files read from elsewhere, e.g. by way of a cache.
    #[must_use]
    pub fn reading(self, objects: &'r dyn Objects) -> Self {
        Self { objects, ..self }
    }

    /// Where the content of its files is read.
    pub fn objects(&self) -> &'r dyn Objects {
        self.objects
    }

    /// The same range, of which is known what stands in the work tree when somebody does what is said of it.
    #[must_use]
    pub fn with_work_tree(self, work_tree: WorkTree) -> Self {
        Self { work_tree, ..self }
    }

    /// What stands in the work tree then.
    pub fn work_tree(&self) -> WorkTree {
        self.work_tree
    }

    /// The same range, but what upstream has is as new in it as everything else.
    #[must_use]
    pub fn with_upstream(&self) -> Self {
        Self { upstream: OnceCell::from(Vec::new()), ..self.again() }
    }

    /// The same range, its files compared with what they were at another commit.
    #[must_use]
    pub fn since(&self, before: &str) -> Self {
        Self { before: Some(before.to_owned()), ..self.again() }
    }

    fn again(&self) -> Self {
        Self {
            before: self.before.clone(),
            tips: self.tips.clone(),
            known: self.known.clone(),
            pending: self.pending.clone(),
            new: OnceCell::new(),
            upstream: OnceCell::new(),
            shared: OnceCell::new(),
            ..*self
        }
    }

    /// The branch's tip before the act; none if it has none.
    pub fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// A commit that is about to be made from the index on top of HEAD.
    pub fn pending(repo: &'r Repo, policy: &'r Policy, head: Option<&str>, pending: Pending) -> Self {
        Self {
            repo,
            objects: repo,
            policy,
            before: head.map(str::to_owned),
            tips: pending.sides.clone(),
            known: head.map(str::to_owned).into_iter().collect(),
            pending: Some(pending),
            side_of_merge: false,
            env: Environment::OfTheActor,
            work_tree: WorkTree::AtHand,
            new: OnceCell::new(),
            upstream: OnceCell::new(),
            shared: OnceCell::new(),
        }
    }

    /// The net change: what the branch's files are before and after.
    pub fn change(&self, reference: Option<&str>) -> Result<Change<'_>, Error> {
        let branch = reference.and_then(|name| name.strip_prefix("refs/heads/"));
        let protected = branch.is_some_and(|branch| self.policy.is_protected(branch));
        let diff = match (&self.pending, self.tips.first()) {
            (Some(pending), _) => {
                let diff = self.repo.diff_index(self.before.as_deref())?;
                // Another branch takes in what the shared one has made of itself.
                if protected { diff } else { self.without_other_sides(&pending.sides, diff)? }
            }
            (None, Some(tip)) => {
                let tree = |id: &str| self.repo.commit(id).map(|commit| commit.tree);
                let old = self.before.as_deref().map(tree).transpose()?;
                let diff = self.repo.diff_trees(old.as_deref(), Some(&tree(tip)?))?;
                if self.side_of_merge { self.without_other_sides(&self.repo.commit(tip)?.parents, diff)? } else { diff }
            }
            (None, None) => Vec::new(),
        };
        let mut files = diff.into_iter().map(|file| file_change(self.objects, self.policy, file)).collect();
        rename::follow(&mut files);
        let linked = self.env == Environment::OfTheActor && self.repo.linked;
        Ok(Change {
            reference: reference.map(str::to_owned),
            protected: branch.is_some_and(|branch| self.policy.is_protected(branch)),
            before: self.before.clone(),
            after: match (&self.pending, self.tips.first()) {
                (None, Some(tip)) => After::Commit(tip.clone()),
                _ => After::Index,
            },
            checkout: match self.env {
                Environment::OfTheActor if linked => Checkout::Linked,
                Environment::OfTheActor | Environment::Received => Checkout::Main,
                Environment::OfThePusher | Environment::Unrelated => Checkout::Elsewhere,
            },
            work_tree: self.work_tree,
            authors: self,
            history: self,
            files,
        })
    }

    /// Of what a merge changes on one side, drops what another side has changed so itself since the two parted. What is left was made by
    /// the merge: by hand, or by taking a side that is merely older.
    fn without_other_sides(&self, sides: &[String], diff: Vec<TreeDiff>) -> Result<Vec<TreeDiff>, Error> {
        let Some(own) = self.before.as_deref().filter(|_| !diff.is_empty() && !sides.is_empty()) else { return Ok(diff) };
        let tree = |id: &str| self.repo.commit(id).map(|commit| commit.tree);
        let mut others = Vec::new();
        for other in sides.iter().filter(|parent| *parent != own) {
            let base = self.repo.merge_base(own, other).map(|base| tree(&base)).transpose()?;
            others.push((tree(other)?, base));
        }
        let mut kept = Vec::new();
        for file in diff {
            let path = String::from_utf8_lossy(&file.path);
            let mut made_there = false;
            for (other, base) in &others {
                let there = self.repo.entry(other, &path)?;
                let before = base.as_deref().map_or(Ok(None), |base| self.repo.entry(base, &path))?;
                made_there |= there == file.new && there != before;
            }
            if !made_there {
                kept.push(file);
            }
        }
        Ok(kept)
    }

    /// The new merges, each with the sides that the net change does not compare: all but the branch's own old tip.
    pub fn merged_sides(&self) -> Vec<(String, String)> {
        let plain =
            |id: &String| self.repo.commit(id).is_ok_and(|commit| commit.parents.iter().all(|parent| Some(parent) == self.before.as_ref()));
        if self.pending.is_some() || self.side_of_merge || self.tips.iter().all(plain) {
            return Vec::new();
        }
        let merges = self.new_commits().iter().filter(|(_, commit)| commit.parents.len() > 1);
        let sides = merges.flat_map(|(id, commit)| commit.parents.iter().map(move |parent| (id.clone(), parent.clone())));
        sides.filter(|(_, parent)| Some(parent) != self.before.as_ref()).collect()
    }

    /// The commits that are new with this act, newest first: neither known before nor upstream.
    pub fn new_commits(&self) -> &[(String, Commit)] {
        self.new.get_or_init(|| {
            let found = self.rev_list().unwrap_or_default();
            found.into_iter().filter_map(|id| self.repo.commit(&id).ok().map(|commit| (id, commit))).collect()
        })
    }

    fn rev_list(&self) -> Result<Vec<String>, Error> {
        if self.tips.is_empty() {
            return Ok(Vec::new());
        }
        let mut args = vec!["rev-list".to_owned(), "--topo-order".to_owned()];
        args.extend(self.tips.iter().cloned());
        args.push("--not".to_owned());
        args.extend(self.known.iter().cloned());
        args.extend(self.upstream().iter().cloned());
        Ok(self.repo.ask(&args)?.lines().map(str::to_owned).collect())
    }

    /// What upstream has: the tips of protected branches there, as last fetched.
    fn upstream(&self) -> &[String] {
        self.upstream.get_or_init(|| self.repo.upstream_tips(|branch| self.policy.is_protected(branch)))
    }

    /// The upstream commits that this act brings and no other of them contains: what stands in them has been let in already.
    fn brought(&self) -> Vec<String> {
        if self.upstream().is_empty() || self.tips.is_empty() {
            return Vec::new();
        }
        let new: HashSet<&str> = self.new_commits().iter().map(|(id, _)| id.as_str()).collect();
        let parents = self.new_commits().iter().flat_map(|(_, commit)| &commit.parents);
        let outside = self.tips.iter().chain(parents).filter(|id| !new.contains(id.as_str()));
        let not_before = |id: &&String| match &self.before {
            Some(before) => !self.repo.is_ancestor(id, before),
            None => true,
        };
        let candidates: HashSet<&String> = outside.filter(not_before).collect();
        let others = |id: &String| candidates.iter().any(|other| *other != id && self.repo.is_ancestor(id, other));
        candidates.iter().filter(|id| !others(id)).map(|id| (*id).clone()).collect()
    }

    /// The repository it is about.
    pub fn repo(&self) -> &'r Repo {
        self.repo
    }

    /// Whether the environment of this process is that of the one who acts.
    pub fn environment(&self) -> Environment {
        self.env
    }

    /// The files of a change that upstream already has in the very same state, so that a pull never stops.
    pub fn let_in_already(&self, change: &Change<'_>) -> HashSet<String> {
        let trees: Vec<String> = self.brought().iter().filter_map(|id| self.repo.commit(id).ok()).map(|commit| commit.tree).collect();
        let same = |file: &&FileChange<'_>| {
            let new = file.new.as_ref().map(|blob| blob.id.as_str());
            trees
                .iter()
                .any(|tree| matches!(self.repo.entry(tree, &file.path), Ok(entry) if entry.as_ref().map(|entry| entry.id.as_str()) == new))
        };
        if trees.is_empty() { HashSet::new() } else { change.files.iter().filter(same).map(|file| file.path.clone()).collect() }
    }

    /// The new commits that changed a path: it differs from what every parent has.
    pub fn commits_changing<'s>(&'s self, path: &'s str) -> impl Iterator<Item = &'s (String, Commit)> {
        self.new_commits().iter().filter(move |(_, commit)| self.changes(commit, path).unwrap_or(true))
    }

    fn changes(&self, commit: &Commit, path: &str) -> Result<bool, Error> {
        let own = self.repo.entry(&commit.tree, path)?;
        for parent in &commit.parents {
            if self.entry(parent, path)? == own {
                return Ok(false);
            }
        }
        Ok(own.is_some() || !commit.parents.is_empty())
    }

    /// What a path is at a commit; none if it is not there.
    fn entry(&self, id: &str, path: &str) -> Result<Option<Entry>, Error> {
        self.repo.entry(&self.repo.commit(id)?.tree, path)
    }

    /// Whether a path is the same at two commits, as far as both can be read.
    fn is_same(&self, path: &str, one: &str, other: &str) -> bool {
        matches!((self.entry(one, path), self.entry(other, path)), (Ok(one), Ok(other)) if one == other)
    }

    /// Whether a merge leaves a path as the branch has it, and what it so takes out of a side is nothing but what strangers made there.
    pub fn leaves_out_strangers(&self, merge: &str, side: &str, path: &str) -> bool {
        let Some(before) = self.before.as_deref().filter(|before| self.is_same(path, before, merge)) else { return false };
        let Some(base) = self.repo.merge_base(before, side) else { return false };
        let side = self.between(&base, side);
        let mut made = side.commits_changing(path).peekable();
        made.peek().is_some() && made.all(|(id, commit)| self.stranger(self.env, id, commit).is_some())
    }

    /// The commits since upstream that changed a path which now becomes again what it is there; none if it does not.
    pub fn undone(&self, path: &str) -> Vec<(String, Commit)> {
        let Some(before) = self.before.as_deref() else { return Vec::new() };
        let is_back = |base: &String| match (&self.pending, self.tips.first()) {
            (Some(_), _) => self.has_index_state(base, path),
            (None, Some(tip)) => self.is_same(path, base, tip),
            (None, None) => false,
        };
        let base = self.upstream().iter().filter_map(|upstream| self.repo.merge_base(upstream, before)).find(is_back);
        base.map_or_else(Vec::new, |base| self.between(&base, before).commits_changing(path).cloned().collect())
    }

    /// Whether a commit is surely no writer's. In whose environment it was made is not known any more.
    pub fn is_strangers(&self, id: &str, commit: &Commit) -> bool {
        self.stranger(Environment::Unrelated, id, commit).is_some()
    }

    /// All that lies between two commits, whether upstream has it or not.
    fn between(&self, from: &str, to: &str) -> Range<'r> {
        Self::update(self.repo, self.policy, Some(from), to, Vec::new(), self.env).with_upstream()
    }

    /// The waivers that count for a path: for a commit in the making the environment's, for commits their trailers.
    pub fn waivers(&self, path: Option<&str>) -> Vec<Waiver> {
        if self.pending.is_some() {
            return waiver::from_environment();
        }
        let of = |(_, commit): &(String, Commit)| waiver::from_trailers(&commit.message);
        match path {
            Some(path) => self.commits_changing(path).flat_map(of).collect(),
            None => self.new_commits().iter().flat_map(of).collect(),
        }
    }

    fn who(&self, environment: Environment, email: &str, subject: Option<&str>) -> Who<'_> {
        let env = |name: &str| env::var(name).ok();
        let env = matches!(environment, Environment::OfTheActor | Environment::Received).then_some(&env as &policy::Environment);
        self.policy.writer(&Actor { env, author_email: Some(email), subject })
    }

    /// The one who commits right now, unless a writer of the policy, or one whom only the message can tell.
    fn pending_stranger(&self, pending: &Pending) -> Option<Stranger> {
        let author = self.repo.author_of_hook();
        match self.who(self.env, crate::repo::email(&author), pending.subject.as_deref()) {
            Who::Stranger => Some(Stranger { commit: None, author, subject: pending.subject.clone() }),
            Who::Writer(_) | Who::Unknown => None,
        }
    }

    /// Whether the one new commit there is, made right on top of the old tip, is a writer's: then nothing more needs asking.
    fn is_plain_writer_commit(&self) -> bool {
        self.plain_commit().is_some_and(|(_, commit)| self.is_writers(&commit))
    }

    /// Whether all that happens is one commit by the one who acts now, or one side of a merge that is judged for itself.
    pub fn is_own_commit(&self) -> bool {
        self.side_of_merge || self.pending.is_some() || (self.env == Environment::OfTheActor && self.plain_commit().is_some())
    }

    /// The one new commit there is, if it was made right on top of the old tip.
    fn plain_commit(&self) -> Option<(&str, Commit)> {
        let ([tip], None) = (&self.tips[..], &self.pending) else { return None };
        let commit = self.repo.commit(tip).ok()?;
        commit.parents.iter().all(|parent| Some(parent) == self.before.as_ref()).then_some((tip, commit))
    }

    fn is_writers(&self, commit: &Commit) -> bool {
        matches!(self.who(self.env, commit.author_email(), Some(commit.subject())), Who::Writer(_))
    }
}

impl Authors for Range<'_> {
    fn strangers(&self, path: &str) -> Vec<Stranger> {
        if self.is_plain_writer_commit() {
            return Vec::new();
        }
        let mut found: Vec<Stranger> = Vec::new();
        if let Some(pending) = &self.pending
            && !pending.sides.iter().any(|side| self.has_index_state(side, path))
        {
            found.extend(self.pending_stranger(pending));
        }
        found.extend(self.commits_changing(path).filter_map(|(id, commit)| self.stranger(self.env, id, commit)));
        found
    }

    fn stranger_before(&self) -> Option<Stranger> {
        let ([tip], Some(before), None) = (&self.tips[..], &self.before, &self.pending) else { return None };
        if self.env != Environment::OfTheActor || self.repo.linked {
            return None;
        }
        let commit = self.repo.commit(tip).ok()?;
        // The cheap questions first: mostly a writer's commit stands before.
        if commit.parents != std::slice::from_ref(before) {
            return None;
        }
        let earlier = self.repo.commit(before).ok().filter(|earlier| earlier.parents.len() < 2)?;
        // The environment in which that one was made is not known any more.
        let stranger = self.stranger(Environment::Unrelated, before, &earlier)?;
        self.stranger(self.env, tip, &commit)?;
        let pushed = |upstream: &String| self.repo.is_ancestor(before, upstream);
        (!self.upstream().is_empty() && !self.upstream().iter().any(pushed)).then_some(stranger)
    }
}

impl Range<'_> {
    /// A commit that is there, as one that no writer made.
    fn stranger(&self, environment: Environment, id: &str, commit: &Commit) -> Option<Stranger> {
        matches!(self.who(environment, commit.author_email(), Some(commit.subject())), Who::Stranger).then(|| Stranger {
            commit: Some(id.to_owned()),
            author: commit.author.clone(),
            subject: Some(commit.subject().to_owned()),
        })
    }

    /// Whether the index holds a path just as a side of the pending merge has it, so that the merge itself changed nothing.
    fn has_index_state(&self, side: &str, path: &str) -> bool {
        let Ok(commit) = self.repo.commit(side) else { return false };
        let staged = self.repo.diff_index(Some(side)).is_ok_and(|diff| diff.iter().any(|file| file.path == path.as_bytes()));
        !commit.tree.is_empty() && !staged
    }
}

/// A file of a diff, with what the policy says of its path.
pub fn file_change<'r>(objects: &'r dyn Objects, policy: &Policy, diff: TreeDiff) -> FileChange<'r> {
    let path = String::from_utf8(diff.path).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
    let blob = |entry: crate::repo::Entry| Blob::new(entry.id, entry.mode, objects);
    let (class, fleet) = (policy.class(&path), policy.is_fleet_path(&path));
    FileChange { class, fleet, old: diff.old.map(blob), new: diff.new.map(blob), renamed_from: None, path }
}
