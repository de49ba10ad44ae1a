//! What may stand in a policy: the one description that checking, the JSON schema and printing go by.

/// A table of the policy.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its keys, in the order in which they are printed.
    pub(crate) keys: &'static [Key],
    /// At least one of these must be given; empty if none needs to be.
    pub(crate) some_of: &'static [&'static str],
}

/// A key of a table.
#[derive(Debug)]
pub(crate) struct Key {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it says, as a sentence.
    pub(crate) about: &'static str,
    /// What it takes.
    pub(crate) shape: Shape,
    /// Whether an entry without it says nothing.
    pub(crate) need: Need,
}

/// Whether a key must be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
}

/// What a key takes.
#[derive(Debug)]
pub(crate) enum Shape {
    /// A string.
    Text(Kind),
    /// One of some words.
    Word(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A whole number.
    Whole {
        /// The least that makes sense.
        least: i64,
        /// The most that makes sense.
        most: i64,
    },
    /// A version, or `false` for none.
    VersionOrFalse,
    /// Any number of the same.
    List(&'static Shape),
    /// A table with known keys.
    Table(&'static Table),
    /// One of several tables, told apart by their first keys.
    Kinds(&'static [Table]),
    /// A table with keys of the user's own.
    Map {
        /// What its keys are.
        keys: Kind,
        /// What it maps them to.
        values: &'static Shape,
    },
    /// One of some words, or a table that holds one.
    WordOrTable(&'static [&'static str], &'static Table),
}

/// What a string means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any words.
    Words,
    /// A glob for paths of the repository.
    Glob,
    /// A glob for branch names.
    Branch,
    /// A glob for e-mail addresses.
    Mail,
    /// One path of the repository.
    Path,
    /// A file anywhere on the machine.
    DiskPath,
    /// A regular expression.
    Regex,
    /// The name of a rule.
    Rule,
    /// A JSON pointer.
    Pointer,
    /// `1%` to `100%`.
    Percent,
    /// A number with `s`, `m`, `h` or `d`.
    Duration,
    /// One or two numbers with a dot between.
    Version,
    /// What cargo takes as a requirement, e.g. `>=0.3`.
    Requirement,
    /// The name of an environment variable.
    Variable,
}

use Kind::{Branch, DiskPath, Duration, Glob, Mail, Path, Percent, Pointer, Regex, Requirement, Rule, Variable, Version, Words};
use Shape::{Flag, Kinds, List, Map, Text, VersionOrFalse, Whole, Word, WordOrTable};

const GLOBS: Shape = List(&Text(Glob));
const LEVELS: &[&str] = &["allow", "warn", "deny"];
const ANY_SIZE: Shape = Whole { least: 0, most: i64::MAX };

const fn may(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, about, shape, need: Need::Optional }
}

const fn must(name: &'static str, shape: Shape, about: &'static str) -> Key {
    Key { name, about, shape, need: Need::Required }
}

const fn table(keys: &'static [Key]) -> Table {
    Table { keys, some_of: &[] }
}

/// The whole policy.
pub(crate) static POLICY: Table = table(&[
    may("protected", List(&Text(Branch)), "Globs for the names of the protected branches."),
    may("waivable", List(&Text(Rule)), "Rules that `GNP_ALLOW` may waive."),
    may("required_version", Text(Requirement), "The versions of gnp-lint that may judge by this policy."),
    may("state", Shape::Table(&STATE), "Which paths are what; deltas come before free, archive and canonical."),
    may("writer", List(&Shape::Table(&WRITER)), "Who may change canonical state."),
    may("fleet", Shape::Table(&FLEET), "Where the fleet writes, and how to tell that it runs."),
    may("worktree", Shape::Table(&WORKTREE), "New worktrees."),
    may("targets", Shape::Table(&TARGETS), "What scripts must run on."),
    may("target", List(&Shape::Table(&TARGET)), "Other targets for some paths; the last entry that matches holds."),
    may("scripts", Shape::Table(&SCRIPTS), "Where scripts are found."),
    may("rules", Map { keys: Rule, values: &WordOrTable(LEVELS, &LEVEL) }, "Levels that differ from the rules' own."),
    may("allow", List(&Shape::Table(&ALLOW)), "Exemptions, each with its reason."),
]);

static STATE: Table = table(&[
    may("canonical", GLOBS, "Files that only a writer may change."),
    may("deltas", GLOBS, "What a worktree writes instead."),
    may("free", GLOBS, "Written from worktrees, rightly."),
    may("archive", GLOBS, "Where rotated entries go."),
    may("depth", Whole { least: 0, most: 16 }, "How deep collections are looked for: 0 the root alone, 1 its members too."),
    may("delta_keys", Map { keys: Glob, values: &List(&Text(Words)) }, "Keys that the deltas of a glob must have."),
    may("assignments", Shape::Table(&ASSIGNMENTS), "Where the streams at work are listed."),
    may("collection", List(&Shape::Table(&COLLECTION)), "What single collections or numbers may do."),
]);

static ASSIGNMENTS: Table =
    table(&[may("path", Text(Path), "A file of the repository."), may("pointer", Text(Pointer), "A JSON pointer to the streams.")]);

static COLLECTION: Table = Table {
    keys: &[
        must("path", Text(Glob), "The files it is about."),
        may("pointer", Text(Pointer), "A JSON pointer, `*` for any member; without it the whole file."),
        may("drains", Flag, "Whether it is emptied as a matter of course."),
        may("min", ANY_SIZE, "The size from which a loss counts."),
        may("at", Text(Percent), "The share lost from which shrinking counts."),
        may("caps", ANY_SIZE, "The size it is kept at by its owner."),
        may("counter", Flag, "Whether a number there only grows; `false` lets it fall."),
        must("reason", Text(Words), "Why."),
    ],
    some_of: &["drains", "min", "at", "caps", "counter"],
};

static WRITER: Table = Table {
    keys: &[
        must("name", Text(Words), "What messages call it."),
        may("env", Map { keys: Variable, values: &Text(Words) }, "Variables and values that must be in the environment."),
        may("subject", List(&Text(Regex)), "Regular expressions; the subject must match one."),
        may("author", List(&Text(Mail)), "Globs; the author's e-mail must match one. `[` and `{` stand for themselves."),
        may("scripts", GLOBS, "Scripts that write canonical state on its behalf."),
        may("force_push", Flag, "Whether it may force-push protected branches."),
    ],
    some_of: &["env", "subject", "author"],
};

static FLEET: Table = table(&[
    may("paths", GLOBS, "What the fleet writes."),
    may("alive", List(&Kinds(SIGNALS)), "Signs of life; any one that holds means alive."),
    may("otherwise", Word(&["alive", "dead"]), "What holds when no sign of life is configured."),
]);

const WITHIN: Key = must("within", Text(Duration), "How long it counts.");

static SIGNALS: &[Table] = &[
    table(&[must("pid_file", Text(DiskPath), "A file that holds the id of a process; dead when that is gone.")]),
    table(&[must("lock", Text(DiskPath), "A file or folder that is touched."), WITHIN]),
    table(&[
        must("json", Text(DiskPath), "A JSON file on disk."),
        must("pointer", Text(Pointer), "A JSON pointer to a time: RFC 3339, epoch seconds or milliseconds."),
        WITHIN,
    ]),
    table(&[
        must("subject", Text(Regex), "A regular expression for the subject of a commit."),
        must("on", Text(Words), "The revision whose history is looked at."),
        WITHIN,
    ]),
];

static WORKTREE: Table = table(&[
    may("carry", GLOBS, "Copied into each new worktree when uncommitted."),
    may("branch", List(&Text(Branch)), "What the branches of streams are called."),
]);

static TARGETS: Table = table(&[
    may("bash", Text(Version), "The oldest bash."),
    may("macos", VersionOrFalse, "The oldest macOS; `false` if no mac runs them."),
    may("linux", Flag, "Whether Linux runs them."),
]);

static TARGET: Table = Table {
    keys: &[
        must("paths", GLOBS, "Which scripts."),
        may("bash", Text(Version), "The oldest bash."),
        may("macos", VersionOrFalse, "The oldest macOS; `false` if no mac runs them."),
        may("linux", Flag, "Whether Linux runs them."),
    ],
    some_of: &["bash", "macos", "linux"],
};

static SCRIPTS: Table = table(&[may("instructions", GLOBS, "Markdown whose inline code is read as commands.")]);

static LEVEL: Table = table(&[must("level", Word(LEVELS), "The level.")]);

static ALLOW: Table =
    table(&[must("rule", Text(Rule), "The rule that is exempted."), must("paths", GLOBS, "Where."), must("reason", Text(Words), "Why.")]);

impl Table {
    /// Looks a key up.
    pub(crate) fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}
