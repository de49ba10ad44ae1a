//! How the collections of one file grew and fell, version by version, and which versions did damage.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::history::{self, Listed, Past};
use super::judging::{Bench, Kept, each};
use crate::Against;
use crate::change::Blob;
use crate::finding::Finding;
use crate::repo::{Error, Repo, run};
use crate::report::{shell_quote, short};
use crate::rules::LOSSES;
use crate::state::census::{Census, Form, Holds};
use crate::state::{View, form};

/// How many collections are drawn; the largest.
const DRAWN: usize = 12;
/// From how many entries on a collection is drawn where there are more than can be.
const WORTH_DRAWING: u64 = 5;
/// From how many entries on the document itself is drawn beside its members.
const TELLING: u64 = 10;

/// The versions of a file on the first-parent line, oldest first.
pub(super) struct Timeline {
    /// Its path at the newest commit.
    pub(super) path: String,
    pub(super) versions: Vec<Version>,
    /// The document itself, then the largest collections.
    pub(super) series: Vec<Series>,
    /// How many more collections there are.
    pub(super) more: usize,
    pub(super) damage: Vec<Damage>,
}

/// One version of a file.
pub(super) struct Version {
    pub(super) commit: Listed,
    pub(super) path: String,
    pub(super) state: State,
}

/// What a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// A JSON document.
    Read,
    /// No JSON document.
    Unreadable,
    /// The file is not there.
    Gone,
    /// Its object is not in this clone.
    Missing,
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Unreadable => "unreadable",
            Self::Gone => "gone",
            Self::Missing => "missing",
        }
    }
}

/// One collection over all versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    /// Its JSON pointer; empty for the document.
    pub(super) pointer: String,
    /// The number of entries in each version; none where it is not there.
    pub(super) entries: Vec<Option<u64>>,
}

/// A version that lost what others keep in the file.
pub(super) struct Damage {
    /// Which version did it.
    pub(super) at: usize,
    /// What the rules say, or what the numbers say.
    pub(super) what: Vec<String>,
    /// The last version before that was whole, and the command that brings it back.
    pub(super) last_good: Option<(usize, String)>,
    /// The version that brought the entries back.
    pub(super) mended: Option<usize>,
}

/// What is asked for.
pub(super) struct Wanted<'a> {
    pub(super) here: &'a Path,
    /// A pathspec of one file.
    pub(super) file: OsString,
    pub(super) range: Option<&'a str>,
    pub(super) since: Option<&'a str>,
}

/// A commit and the file's path and blob (none: it is deleted) in it.
struct Step {
    commit: Listed,
    path: String,
    blob: Option<String>,
}

impl Timeline {
    /// Reads every version. None if no commit knows the file.
    ///
    /// # Errors
    /// git does not know the range.
    pub(super) fn of(repo: &Repo, wanted: &Wanted<'_>, bench: &Bench<'_>, past: &Past, stop: &AtomicBool) -> Result<Option<Self>, Error> {
        let steps = steps(repo, wanted)?;
        let Some(path) = steps.last().map(|step| step.path.clone()) else { return Ok(None) };
        let paths: HashSet<String> = steps.iter().map(|step| step.path.clone()).collect();
        let bench = Bench { against: Against::FirstParent, paths: Some(&paths), ..*bench };
        let pointers = Pointers::default();
        let read = each(
            repo,
            past,
            &steps,
            stop,
            |_| (),
            |kept, step| {
                let (state, sizes) = step.read(kept, bench.policy.state.depth, &pointers);
                let losses: Vec<Finding> =
                    bench.judge(kept, &step.commit).standing.into_iter().filter(|finding| LOSSES.contains(&finding.rule)).collect();
                (state, sizes, losses)
            },
        );
        let (mut versions, mut sizes, mut losses) = (Vec::new(), Vec::new(), Vec::new());
        for (step, result) in steps.into_iter().zip(read) {
            let Some((state, holds, found)) = result else { continue };
            versions.push(Version { commit: step.commit, path: step.path, state });
            sizes.push(holds);
            losses.push(found);
        }
        let (all, filled) = pointers.series(&sizes);
        let damage = damage(&versions, &all, losses);
        let more = filled - all.len();
        Ok(Some(Self { path, versions, series: all, more, damage }))
    }

    /// Writes the timeline as one JSON document.
    pub(super) fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        let versions = self.versions.iter().enumerate().map(|(at, version)| {
            let collections: serde_json::Map<String, Value> =
                self.series.iter().filter_map(|series| Some((series.pointer.clone(), series.entries[at]?.into()))).collect();
            let Listed { id, author, date, subject } = &version.commit;
            json!({ "commit": id, "author": author, "date": date, "subject": subject, "path": version.path, "state": version.state.word(),
                    "collections": collections })
        });
        let damage = self.damage.iter().map(|damage| {
            let id = |at: usize| &self.versions[at].commit.id;
            json!({ "commit": id(damage.at), "what": damage.what, "last_good": damage.last_good.as_ref().map(|(at, _)| id(*at)),
                    "restore": damage.last_good.as_ref().map(|(_, command)| command), "mended": damage.mended.map(id) })
        });
        let (versions, damage): (Vec<Value>, Vec<Value>) = (versions.collect(), damage.collect());
        writeln!(out, "{}", json!({ "version": 1, "path": self.path, "versions": versions, "damage": damage }))
    }

    /// The damage that a version did.
    pub(super) fn damage_at(&self, version: usize) -> Option<&Damage> {
        self.damage.iter().find(|damage| damage.at == version)
    }
}

/// The commits of the first-parent line that change the file, oldest first, through renames.
fn steps(repo: &Repo, wanted: &Wanted<'_>) -> Result<Vec<Step>, Error> {
    const FORMAT: &str = "--format=tformat:%x01%H%x00%an <%ae>%x00%aI%x00%s";
    if wanted.range.is_none() && repo.resolve("HEAD").is_none() {
        return Ok(Vec::new());
    }
    let ask = |renames: &str| {
        let mut git = history::log(repo, Some(wanted.here));
        git.args([
            "--first-parent",
            "--diff-merges=first-parent",
            "--root",
            "--follow",
            renames,
            "--raw",
            "--no-abbrev",
            "--no-relative",
            FORMAT,
        ]);
        if let Some(since) = wanted.since {
            git.arg(format!("--since-as-filter={since}"));
        }
        git.arg("--end-of-options").arg(wanted.range.unwrap_or("HEAD")).arg("--").arg(&wanted.file);
        run(git, "log --follow")
    };
    // A clone without all blobs cannot compare contents; whoever is renamed as it is, is still followed.
    let text = ask("-M").or_else(|_| ask("-M100%"))?;
    let mut steps: Vec<Step> = parse(&text);
    steps.reverse();
    Ok(steps)
}

/// Reads four fields that begin with byte 1, then `:MODES IDS STATUS` and one path, or two of a rename.
fn parse(text: &str) -> Vec<Step> {
    let mut tokens = text.split('\0');
    let mut steps = Vec::new();
    let mut commit = None;
    while let Some(token) = tokens.next() {
        let token = token.trim_start_matches('\n');
        let mut next = || tokens.next().unwrap_or_default().to_owned();
        if let Some(id) = token.strip_prefix('\u{1}') {
            commit = Some(Listed::new(id, &next(), &next(), &next()));
        } else if let Some(raw) = token.strip_prefix(':') {
            let fields: Vec<&str> = raw.split(' ').collect();
            let [_, mode, _, id, status] = fields[..] else { continue };
            let mut path = next();
            if status.starts_with(['R', 'C']) {
                path = next();
            }
            let blob = (mode != "000000").then(|| id.to_owned());
            steps.extend(commit.take().map(|commit| Step { commit, path, blob }));
        }
    }
    steps
}

impl Step {
    fn read(&self, kept: &Kept<'_>, depth: usize, pointers: &Pointers) -> (State, Vec<(u32, u64)>) {
        let Some(blob) = &self.blob else { return (State::Gone, Vec::new()) };
        let view = View { form: Some(form(&self.path).unwrap_or(Form::Document)), depth };
        let blob = Blob::new(blob.clone(), 0o100_644, kept);
        match blob.look(view) {
            None => (State::Missing, Vec::new()),
            Some(look) => match look.census() {
                Some(census) => (State::Read, pointers.sizes(census)),
                None => (State::Unreadable, Vec::new()),
            },
        }
    }
}

/// A number for each JSON pointer: a document with thousands of collections has the same ones in each of its versions.
#[derive(Default)]
struct Pointers(Mutex<HashMap<String, u32>>);

impl Pointers {
    fn sizes(&self, census: &Census) -> Vec<(u32, u64)> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sizes = Vec::new();
        for place in census.places() {
            let Holds::Entries(_, entries) = place.holds() else { continue };
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            sizes.push((*known.entry(place.pointer()).or_insert(next), entries));
        }
        sizes
    }

    /// The document first, unless it is only what holds the others; then the largest collections. And how many were ever filled.
    fn series(self, sizes: &[Vec<(u32, u64)>]) -> (Vec<Series>, usize) {
        let known = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut largest: HashMap<u32, u64> = HashMap::new();
        for &(number, entries) in sizes.iter().flatten() {
            let most = largest.entry(number).or_default();
            *most = entries.max(*most);
        }
        let mut pointers: Vec<(String, u32)> =
            known.into_iter().filter(|(_, number)| largest.get(number).is_some_and(|&most| most > 0)).collect();
        let filled = pointers.len();
        // A handful of members says less about a document than the members do.
        if pointers.len() > 1 {
            pointers.retain(|(pointer, number)| !pointer.is_empty() || largest[number] >= TELLING);
        }
        // Among many, records that are members of a map are not told apart.
        if pointers.len() > DRAWN {
            pointers.retain(|(_, number)| largest[number] >= WORTH_DRAWING || largest.values().all(|&most| most < WORTH_DRAWING));
        }
        pointers.sort_by(|(a, m), (b, n)| (!a.is_empty(), largest[n], a).cmp(&(!b.is_empty(), largest[m], b)));
        let of =
            |number: u32| sizes.iter().map(|sizes| sizes.iter().find(|(known, _)| *known == number).map(|&(_, entries)| entries)).collect();
        let drawn = pointers.into_iter().take(DRAWN);
        (drawn.map(|(pointer, number)| Series { pointer, entries: of(number) }).collect(), filled)
    }
}

/// The versions that lost something.
fn damage(versions: &[Version], series: &[Series], losses: Vec<Vec<Finding>>) -> Vec<Damage> {
    let mut found: Vec<Damage> = Vec::new();
    for (at, losses) in losses.into_iter().enumerate() {
        let what: Vec<String> = losses.into_iter().map(|finding| finding.message).collect();
        let readable = |version: &usize| versions[*version].state == State::Read;
        if what.is_empty() {
            continue;
        }
        let good = (0..at).rev().find(|version| readable(version) && !found.iter().any(|damage| damage.at == *version));
        let last_good = good.map(|good| (good, restore(&versions[good])));
        let mended = good.and_then(|good| mended(series, good, at, versions));
        found.push(Damage { at, what, last_good, mended });
    }
    found
}

impl Series {
    /// The collection as a person names it.
    pub(super) fn name(&self) -> String {
        if self.pointer.is_empty() { "the document".to_owned() } else { crate::report::shown(&self.pointer) }
    }
}

fn restore(version: &Version) -> String {
    format!("git restore --source={} --staged --worktree -- {}", short(&version.commit.id), shell_quote(&version.path))
}

/// The first version after some damage in which every collection has again at least half of the entries that it had before.
fn mended(series: &[Series], good: usize, at: usize, versions: &[Version]) -> Option<usize> {
    let is_back = |version: &usize| {
        let entries = |one: &Series, version: usize| one.entries[version].unwrap_or(0);
        versions[*version].state == State::Read && series.iter().all(|one| entries(one, *version) * 2 >= entries(one, good))
    };
    (at + 1..versions.len()).find(is_back)
}
