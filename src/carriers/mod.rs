//! Where shell stands: scripts that are files, and scripts inside other files. One file a carrier; nothing of it is set up before a path
//! says that it is one.

mod comments;
mod dockerfile;
mod gitlab;
mod justfile;
mod makefile;
mod markdown;
mod package;
mod prose;
mod python;
mod runner;
mod tree;
mod unknown;
mod workflow;
mod yaml;

use std::sync::Arc;

use crate::policy::{Policy, Targets};
use crate::shell::tree::Bytes;
use crate::shell::{Checkout, Dialect, Problem, Script, Setting, Source, Suppression, Writing};

/// The size in bytes up to which a carrier is read; larger ones are generated, and hold no scripts that people write.
pub const LARGEST: usize = 4 << 20;

/// How many scripts of one carrier are read.
const MOST_SCRIPTS: usize = 10_000;

/// What a file is, as far as shell is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A script itself.
    Script(Dialect),
    /// A file that holds scripts.
    Carrier(Kind),
}

/// A kind of file that holds scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A workflow of GitHub, or of those that run the same.
    Workflow,
    /// The description of a GitHub action.
    Action,
    /// The pipeline of GitLab CI.
    GitLab,
    /// Markdown.
    Markdown,
    /// What make runs.
    Makefile,
    /// What just runs.
    Justfile,
    /// How an image is built.
    Dockerfile,
    /// What npm and its like run.
    Package,
    /// A program that runs others.
    Python,
}

impl Form {
    /// What a file is by its path and its beginning, a few hundred bytes; none if it is nothing of ours.
    pub fn of(path: &str, head: &[u8]) -> Option<Self> {
        Dialect::of(path, head).map(Self::Script).or_else(|| Kind::of(path, head).map(Self::Carrier))
    }

    /// Whether it is in no dialect that is analysed.
    pub fn is_other_shell(self) -> bool {
        matches!(self, Self::Script(dialect) if !dialect.is_analysed())
    }
}

impl Kind {
    /// The kind of carrier that a path names, or a shebang for Python.
    pub fn of(path: &str, head: &[u8]) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let yaml = matches!(extension, "yml" | "yaml");
        let workflows = || [".github/workflows", ".gitea/workflows", ".forgejo/workflows"].iter().any(|end| is_below(folder, end));
        match stem {
            _ if yaml && workflows() => Some(Self::Workflow),
            "action" if yaml => Some(Self::Action),
            _ if yaml && stem.ends_with(".gitlab-ci") => Some(Self::GitLab),
            "Makefile" | "makefile" | "GNUmakefile" if extension.is_empty() => Some(Self::Makefile),
            _ if is_dockerfile(name) => Some(Self::Dockerfile),
            "package" if extension == "json" => Some(Self::Package),
            _ if extension == "py" => Some(Self::Python),
            _ if extension.is_empty() && is_python(head) => Some(Self::Python),
            _ if extension == "mk" => Some(Self::Makefile),
            _ if extension == "just" || name.trim_start_matches('.').eq_ignore_ascii_case("justfile") => Some(Self::Justfile),
            _ if matches!(extension, "md" | "markdown" | "mdc") => Some(Self::Markdown),
            _ => None,
        }
    }
}

/// Whether a file that is nothing of ours says what else it is: by a shebang, or by the extension of another language.
pub fn is_foreign(path: &str, head: &[u8]) -> bool {
    let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
    let of_data = matches!(extension, "toml" | "yml" | "yaml" | "json" | "ini" | "lock" | "xml" | "html" | "css" | "csv" | "svg");
    let of_code = matches!(
        extension,
        "bats" | "js" | "mjs" | "cjs" | "ts" | "tsx" | "rb" | "pl" | "go" | "rs" | "c" | "h" | "java" | "php" | "lua" | "sql"
    );
    head.starts_with(b"#!") || of_data || of_code
}

/// `Dockerfile`, `Dockerfile.test`, `test.Dockerfile`, and the same for Podman's name.
fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let named =
        |word: &str| lower.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && !rest.ends_with("ignore"));
    named("dockerfile") || named("containerfile") || lower.ends_with(".dockerfile") || lower.ends_with(".containerfile")
}

/// Whether options that a shell is started with hold `-e`, alone or in a bundle.
fn has_errexit<'w>(words: impl IntoIterator<Item = &'w str>) -> bool {
    words.into_iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains('e'))
}

fn is_python(head: &[u8]) -> bool {
    let line = head.split(|&byte| byte == b'\n').next().unwrap_or_default();
    line.starts_with(b"#!") && String::from_utf8_lossy(line).contains("python")
}

/// Whether a folder is one of that name, in a repository's root or deeper.
fn is_below(folder: &str, name: &str) -> bool {
    folder.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// The scripts of a file.
#[derive(Debug, Default)]
pub struct Reading {
    /// Those that are analysed, in the order of the text; behind them the carrier itself, if it has something to say.
    pub scripts: Vec<Script>,
    /// How many are for shells that are not analysed.
    pub other_shells: usize,
}

/// Reads the scripts of a file. It never fails: what cannot be read is a problem of one of them.
pub fn read(form: Form, path: &str, bytes: &[u8], policy: &Policy) -> Reading {
    let kind = match form {
        Form::Script(dialect) => {
            let script = Script::parse_as(path, bytes, dialect, policy.targets_for(path).clone());
            return Reading { scripts: vec![script], other_shells: 0 };
        }
        Form::Carrier(_) if bytes.len() > LARGEST || bytes.contains(&0) => return Reading::default(),
        Form::Carrier(kind) => kind,
    };
    let mut carrier = Carrier::new(path, bytes, policy);
    match kind {
        Kind::Workflow => workflow::read_workflow(&mut carrier),
        Kind::Action => workflow::read_action(&mut carrier),
        Kind::GitLab => gitlab::read(&mut carrier),
        Kind::Markdown => markdown::read(&mut carrier),
        Kind::Makefile => makefile::read(&mut carrier),
        Kind::Justfile => justfile::read(&mut carrier),
        Kind::Dockerfile => dockerfile::read(&mut carrier),
        Kind::Package => package::read(&mut carrier),
        Kind::Python => python::read(&mut carrier),
    }
    carrier.finish(if kind == Kind::Markdown { "<!--" } else { "#" })
}

/// A file on its way to its scripts.
struct Carrier<'p> {
    path: String,
    text: Arc<str>,
    policy: &'p Policy,
    scripts: Vec<Script>,
    problems: Vec<Problem>,
    other_shells: usize,
}

impl<'p> Carrier<'p> {
    fn new(path: &str, bytes: &[u8], policy: &'p Policy) -> Self {
        let text = String::from_utf8_lossy(bytes).into();
        Self { path: path.to_owned(), text, policy, scripts: Vec::new(), problems: Vec::new(), other_shells: 0 }
    }

    /// What the policy says that scripts here must run on.
    fn targets(&self) -> Targets {
        self.policy.targets_for(&self.path).clone()
    }

    /// What is pasted or run by hand: bash, on whatever the policy names.
    fn by_hand(&self) -> Setting {
        let targets = self.targets();
        Setting { dialect: Dialect::Bash, targets, checkout: Checkout::Shared, errexit: false, provided: &[], folder: None, excerpt: false }
    }

    fn add(&mut self, source: Source, writing: Writing, setting: Setting) {
        if self.scripts.len() == MOST_SCRIPTS {
            if self.problems.is_empty() {
                let at = source.outer_bytes(0..0);
                self.fault(format!("it holds more than {MOST_SCRIPTS} scripts"), at);
            }
        } else if setting.dialect.is_analysed() {
            self.scripts.push(Script::carried(&self.path, &self.text, source, writing, setting));
        } else {
            self.other_shells += 1;
        }
    }

    fn fault(&mut self, reason: impl Into<String>, bytes: Bytes) {
        self.problems.push(Problem { reason: reason.into(), bytes });
    }

    fn finish(mut self, comment: &str) -> Reading {
        let suppressions: Vec<Suppression> = comments::find(&self.text, comment, &self.scripts);
        if !suppressions.is_empty() || !self.problems.is_empty() {
            let targets = self.targets();
            self.scripts.push(Script::carrier(&self.path, &self.text, targets, self.problems, suppressions));
        }
        Reading { scripts: self.scripts, other_shells: self.other_shells }
    }
}
