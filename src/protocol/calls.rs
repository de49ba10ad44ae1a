//! What a script has git do, and whether it does it to the checkout that everybody shares.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt, HashSet};

use crate::policy::Policy;
use crate::report::shown;
use crate::shell::course::{Course, Frame, Git, Step, Symbol, Value, Whose};
use crate::shell::tree::{UNKNOWN, Word};
use crate::shell::{Script, UNKNOWN_VALUE};

/// How many later calls are looked at for each: more prove nothing new, and nobody waits for them.
const MOST_LATER: usize = 256;

/// A call of git in a script.
#[derive(Debug)]
pub struct Call<'s> {
    /// Its number in [`Course::steps`].
    pub number: usize,
    /// The command.
    pub step: &'s Step,
    /// The same, read as git reads it.
    pub git: Git<'s>,
}

/// Every call of git in a script, in the order in which they run.
#[derive(Debug)]
pub struct Calls<'s> {
    script: &'s Script,
    /// What the script does besides.
    pub course: &'s Course,
    /// The calls.
    pub all: Vec<Call<'s>>,
    by_folder: HashMap<&'s Value, Vec<usize>>,
    /// How many lines of the file end before the script, and where those end that it stands in; looked up when first asked for.
    ends: OnceCell<(usize, Vec<usize>)>,
}

/// How sure it is that a call acts on the shared checkout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grade {
    /// The text leaves it open.
    Perhaps,
    /// The script goes to a place that it did not make, or pushes, pulls or checks out a protected branch there.
    Surely,
}

impl Grade {
    /// The checkout, for messages.
    pub fn checkout(self) -> &'static str {
        match self {
            Self::Surely => "the checkout that everybody shares",
            Self::Perhaps => "a checkout that others may share",
        }
    }
}

impl<'s> Call<'s> {
    /// The operands that are pathspecs, of a subcommand that takes nothing else behind `--`, or anywhere if there is none.
    pub fn pathspecs(&self) -> Vec<&'s Word> {
        match self.git.words.iter().position(|word| word.text == "--") {
            Some(at) => self.git.words[at + 1..].iter().collect(),
            None => self.git.operands().to_vec(),
        }
    }

    /// Whether pathspecs stand for the whole work tree; not if some are left out of it, or it is a part of the tree.
    pub fn is_everything(&self, pathspecs: &[&Word]) -> bool {
        let leaves_out = |word: &&Word| [":!", ":^", ":(exclude"].iter().any(|sign| word.text.starts_with(sign));
        let is_whole = |word: &&Word| match word.text.as_str() {
            ":/" | ":/*" | ":/." => true,
            "." | "./" | "*" | "./*" => !self.is_in_part(),
            _ => false,
        };
        pathspecs.iter().any(is_whole) && !pathspecs.iter().any(leaves_out)
    }

    /// Whether it runs in a folder below the one that the script was started in, or below what is called a root.
    pub fn is_in_part(&self) -> bool {
        let folder = self.step.folder.by_default();
        let below = folder.shape().split_once('/').is_some_and(|(_, rest)| !rest.is_empty() && !rest.starts_with(".."));
        below
            && match folder.first() {
                Some(Symbol::Start) => true,
                Some(Symbol::Variable(name)) => name.to_ascii_lowercase().contains("root"),
                _ => false,
            }
    }
}

impl<'s> Calls<'s> {
    /// The calls of git of a script.
    pub fn of(script: &'s Script) -> Self {
        let course = script.course();
        let read = |(number, step): (usize, &'s Step)| Some(Call { number, step, git: step.git()? });
        let all: Vec<Call<'s>> = course.steps.iter().enumerate().filter_map(read).collect();
        let mut by_folder: HashMap<&Value, Vec<usize>> = HashMap::new();
        for (at, call) in all.iter().enumerate() {
            by_folder.entry(&call.step.folder).or_default().push(at);
        }
        Self { script, course, all, by_folder, ends: OnceCell::new() }
    }

    /// Those calls that may act on the shared checkout and are what is asked for; one for each place, the surest.
    pub fn shared(&self, wanted: impl Fn(&Call<'s>) -> bool) -> Vec<&Call<'s>> {
        self.places(|call| call.step.whose > Whose::Own && wanted(call))
    }

    /// Those calls that are what is asked for, wherever they act; one for each place, the surest.
    pub fn places(&self, wanted: impl Fn(&Call<'s>) -> bool) -> Vec<&Call<'s>> {
        let mut places: BTreeMap<(usize, usize), &Call<'s>> = BTreeMap::new();
        for call in self.all.iter().filter(|call| wanted(call)) {
            let best = places.entry((call.step.bytes.start, call.step.bytes.end)).or_insert(call);
            if call.step.whose > best.step.whose {
                *best = call;
            }
        }
        places.into_values().collect()
    }

    /// The calls that are what is asked for and may run after another one, in the same folder.
    pub fn later<'c>(&'c self, first: &'c Call<'s>, wanted: impl Fn(&Call<'s>) -> bool + 'c) -> impl Iterator<Item = &'c Call<'s>> {
        let here = self.by_folder.get(&first.step.folder).map(Vec::as_slice).unwrap_or_default();
        let from = here.partition_point(|at| self.all[*at].number <= first.number);
        let calls = here[from..].iter().take(MOST_LATER).map(|at| &self.all[*at]);
        calls.filter(move |call| wanted(call) && self.may_follow(first, call.number))
    }

    /// Whether a step may run after a call.
    pub fn may_follow(&self, first: &Call<'s>, number: usize) -> bool {
        // Two functions that nothing calls here are called from elsewhere, in an order that nobody knows.
        uncalled(first.step) == uncalled(&self.course.steps[number]) && self.course.may_precede(first.number, number)
    }

    /// Grades calls by what the whole script does in their folders.
    pub fn grades(&self, policy: &Policy) -> impl Fn(&Call<'s>) -> Grade {
        let protected: HashSet<&Value> =
            self.all.iter().filter(|call| is_about_protected(call, policy)).map(|call| &call.step.folder).collect();
        move |call| {
            if call.step.whose == Whose::Shared || protected.contains(&call.step.folder) { Grade::Surely } else { Grade::Perhaps }
        }
    }

    /// A call for messages: as it is written, or as it runs where that tells more.
    pub fn told(&self, call: &Call<'s>) -> String {
        let written = self.script.text.get(call.step.bytes.clone()).unwrap_or_default();
        if written.contains(call.git.command) {
            let known = written.replace(UNKNOWN_VALUE, "…");
            return shown(&known.split_whitespace().filter(|word| *word != "\\").collect::<Vec<_>>().join(" "));
        }
        let words: Vec<String> = call.step.words.iter().map(|word| word.text.replace(UNKNOWN, "…")).collect();
        shown(&words.join(" "))
    }

    /// The line of the file that a step stands in, from 1.
    pub fn line(&self, step: &Step) -> usize {
        let file = self.script.file().as_bytes();
        let outer = |bytes| self.script.place(&bytes).span.map_or(0..0, |span| span.bytes);
        let (before, ends) = self.ends.get_or_init(|| {
            let whole = outer(0..self.script.text.len());
            let ends = memchr::memchr_iter(b'\n', &file[whole.clone()]).map(|at| whole.start + at).collect();
            (memchr::memchr_iter(b'\n', &file[..whole.start]).count(), ends)
        });
        let start = outer(step.bytes.clone()).start;
        before + ends.partition_point(|end| *end < start) + 1
    }
}

/// The function that a step stands in and that nothing calls.
fn uncalled(step: &Step) -> Option<&str> {
    step.frames.iter().find_map(|frame| if let Frame::Uncalled(name) = frame { Some(name.as_str()) } else { None })
}

/// Whether a call pushes, pulls or checks out a protected branch.
fn is_about_protected(call: &Call<'_>, policy: &Policy) -> bool {
    let git = &call.git;
    let is_protected = |value: &Value, side: fn(&str) -> &str| {
        value.by_default().alternatives().iter().filter_map(Value::literal).any(|text| {
            let name = side(text.trim_start_matches('+'));
            policy.is_protected(name.strip_prefix("refs/heads/").unwrap_or(name))
        })
    };
    let values = || git.operands().iter().map(|word| git.value_of(word));
    match git.command {
        "push" => values().skip(1).any(|value| is_protected(&value, |text| text.rsplit(':').next().unwrap_or(text))),
        "pull" => values().skip(1).any(|value| is_protected(&value, |text| text.split(':').next().unwrap_or(text))),
        "checkout" | "switch" => {
            let new = git.value(&["-B", "-C", "--force-create"]);
            let old = values().next().filter(|_| git.operands().len() == 1 && new.is_none() && !git.words.iter().any(|it| it.text == "--"));
            new.or(old).is_some_and(|value| is_protected(&value, |text| text))
        }
        _ => false,
    }
}

/// Whether a call of pull rebases, by its own options and `-c`: the last one holds.
pub fn pulls_by_rebase(git: &Git<'_>) -> bool {
    let last = git.options().iter().rev().find(|given| matches!(&*given.name, "--rebase" | "--no-rebase" | "-r"));
    git.command == "pull"
        && match last {
            Some(given) => given.name != "--no-rebase" && given.value.is_none_or(|value| truth(value) == Some(true)),
            None => set_for_once(git, "pull.rebase") == Some(true),
        }
}

/// Whether a call of pull, rebase or merge stashes by itself; none where it leaves that to the configuration.
pub fn autostashes(git: &Git<'_>) -> Option<bool> {
    let last = git.options().iter().rev().find(|given| matches!(&*given.name, "--autostash" | "--no-autostash"));
    let once = || {
        let merges = set_for_once(git, "merge.autostash");
        let rebases = set_for_once(git, "rebase.autostash");
        match git.command {
            "merge" => merges,
            "rebase" => rebases,
            "pull" if pulls_by_rebase(git) => rebases,
            "pull" => rebases.or(merges),
            _ => None,
        }
    };
    last.map(|given| given.name == "--autostash").or_else(once)
}

/// The name, in lower case, and the value that a call of `git config` sets.
pub fn configures(git: &Git<'_>) -> Option<(String, bool)> {
    const ASKS: &[&str] = &[
        "--get",
        "--get-all",
        "--get-regexp",
        "--get-urlmatch",
        "--unset",
        "--unset-all",
        "--list",
        "-l",
        "--edit",
        "-e",
        "--file",
        "-f",
        "--blob",
        "--rename-section",
        "--remove-section",
    ];
    if git.command != "config" || git.has(ASKS) {
        return None;
    }
    let operands: Vec<&str> = git.operands().iter().map(|word| word.text.as_str()).collect();
    match operands.as_slice() {
        ["get" | "unset" | "list" | "edit" | "rename-section" | "remove-section", ..] => None,
        ["set", name, value, ..] | [name, value, ..] => Some((name.to_ascii_lowercase(), truth(value)?)),
        _ => None,
    }
}

/// What `-c name=value` sets for this one call.
fn set_for_once(git: &Git<'_>, name: &str) -> Option<bool> {
    let given = git.settings.iter().rev().find_map(|setting| {
        let (given, value) = setting.split_once('=').unwrap_or((setting, "true"));
        given.eq_ignore_ascii_case(name).then_some(value)
    })?;
    truth(given)
}

/// A value of the configuration as yes or no: what is neither, such as `merges`, is yes.
fn truth(value: &str) -> Option<bool> {
    let lower = value.to_ascii_lowercase();
    (!lower.contains(UNKNOWN)).then_some(!matches!(lower.as_str(), "false" | "no" | "off" | "0" | ""))
}
