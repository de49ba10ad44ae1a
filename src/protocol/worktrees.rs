//! The lifetime of worktrees in a script: where they are added, and what takes them and their branches away.

use crate::shell::Script;
use crate::shell::course::{Course, Frame, Git, Handler, Step, Value, Whose};

/// A `git worktree add`.
#[derive(Debug)]
pub struct Added {
    /// The number of its step.
    pub step: usize,
    /// Where it is put.
    pub path: Value,
    /// The branch that it makes by `-b` or `-B`.
    pub branch: Option<Value>,
}

/// Something that takes a worktree away.
#[derive(Debug)]
pub struct Removed {
    /// The number of its step.
    pub step: usize,
    /// What it takes away.
    pub path: Value,
    /// How.
    pub by: By,
}

/// How a worktree is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// `git worktree remove`
    Git,
    /// `rm -r`, after which git still has the entry.
    Rm,
}

/// How many worktrees and removals of one script are compared with each other.
const MOST: usize = 64;

/// A script that names git and may add worktrees, followed to its end; none where other files may do the rest.
pub fn followed(script: &Script) -> Option<&Course> {
    if !script.text.contains("worktree") {
        return None;
    }
    Some(script.course()).filter(|course| !course.sourced && !course.cut)
}

/// The call of `git worktree` with this subcommand that a step is.
fn call<'s>(step: &'s Step, subcommand: &str) -> Option<Git<'s>> {
    let git = step.git().filter(|git| git.command == "worktree")?;
    git.operands().first().is_some_and(|word| word.text == subcommand).then_some(git)
}

/// Every worktree that a script adds in a checkout that is not its own, in functions that it calls.
pub fn added(course: &Course) -> Vec<Added> {
    let concerns = |step: &Step| step.whose != Whose::Own && !step.frames.uncalled() && step.frames.handler().is_none();
    let steps = course.steps.iter().enumerate().filter(|(_, step)| concerns(step));
    steps
        .filter_map(|(at, step)| {
            let git = call(step, "add")?;
            let path = step.path(&git.value_of(git.operands().get(1)?));
            Some(Added { step: at, path, branch: git.value(&["-b", "-B"]) })
        })
        .take(MOST)
        .collect()
}

/// Everything that takes a worktree away, or may: handlers and functions that nothing calls too.
pub fn removed(course: &Course) -> Vec<Removed> {
    let mut all = Vec::new();
    for (at, step) in course.steps.iter().enumerate() {
        if let Some(git) = call(step, "remove") {
            let path = git.operands().get(1).map(|word| step.path(&git.value_of(word))).unwrap_or_default();
            all.push(Removed { step: at, path, by: By::Git });
        } else if step.name() == "rm" && step.arguments().iter().any(|word| is_recursive(&word.text)) {
            let words = step.arguments().iter().zip(&step.values[1..]);
            let paths = words.filter(|(word, _)| !word.text.starts_with('-')).map(|(_, value)| step.path(value));
            all.extend(paths.map(|path| Removed { step: at, path, by: By::Rm }));
        } else if step.words.windows(2).any(|pair| pair[0].text == "worktree" && pair[1].text == "remove") {
            // A wrapper of git that the text does not tell.
            let path = step.values.last().map(|value| step.path(value)).unwrap_or_default();
            all.push(Removed { step: at, path, by: By::Git });
        }
        if all.len() >= MOST {
            break;
        }
    }
    all
}

fn is_recursive(text: &str) -> bool {
    text == "--recursive" || (text.starts_with('-') && !text.starts_with("--") && text.contains(['r', 'R']))
}

impl Removed {
    /// Whether it may take this worktree away.
    pub fn may_be(&self, added: &Added) -> bool {
        self.surely_is(added) || self.path.may_equal(&added.path) || self.names_end_of(added)
    }

    /// Whether it takes this worktree away, or the folder that it lies in, as far as the text tells.
    pub fn surely_is(&self, added: &Added) -> bool {
        let rest = added.path.strip_prefix(&self.path);
        !self.path.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.shape().starts_with('/'))
    }

    /// git takes the last folders of a worktree's path for its name.
    fn names_end_of(&self, added: &Added) -> bool {
        let (mine, theirs) = (self.path.shape(), added.path.shape());
        let name = mine.rsplit('/').next().unwrap_or_default();
        self.by == By::Git && !name.is_empty() && theirs.rsplit('/').next() == Some(name)
    }
}

/// Branches that a script deletes: the number of the step, and the name.
pub fn deleted_branches(course: &Course) -> Vec<(usize, Value)> {
    let mut all = Vec::new();
    for (at, step) in course.steps.iter().enumerate() {
        let Some(git) = step.git() else {
            if step.words.windows(2).any(|pair| pair[0].text == "branch" && matches!(pair[1].text.as_str(), "-D" | "-d" | "--delete")) {
                all.extend(step.values.last().map(|value| (at, value.clone())));
            }
            continue;
        };
        match git.command {
            "branch" if git.has(&["-d", "-D", "--delete"]) && !git.has(&["-r", "--remotes"]) => {
                all.extend(git.operands().iter().map(|word| (at, git.value_of(word))));
            }
            "update-ref" if git.has(&["-d"]) => {
                let name = git.value(&["-d"]).or_else(|| git.operands().first().map(|word| git.value_of(word)));
                let short = name.map(|name| name.strip_prefix(&Value::text("refs/heads/")).unwrap_or(name));
                all.extend(short.map(|name| (at, name)));
            }
            _ => {}
        }
    }
    all
}

/// Branches that a script makes, in whatever way; a worktree without `-b` makes one of its folder's name.
pub fn made_branches(course: &Course) -> Vec<Value> {
    let mut all = Vec::new();
    for step in &course.steps {
        let Some(git) = step.git() else { continue };
        let operands = git.operands();
        let named = match git.command {
            "worktree" if operands.first().is_some_and(|word| word.text == "add") => {
                git.value(&["-b", "-B"]).or_else(|| operands.get(2).map(|word| git.value_of(word))).or_else(|| {
                    let path = git.value_of(operands.get(1)?);
                    Some(path.literal().map_or(path.clone(), |text| Value::text(text.rsplit('/').next().unwrap_or(text))))
                })
            }
            "checkout" => git.value(&["-b", "-B", "--orphan"]),
            "switch" => git.value(&["-c", "-C", "--create", "--force-create", "--orphan"]),
            "branch" if !git.has(&["-d", "-D", "--delete"]) => operands.first().map(|word| git.value_of(word)),
            _ => None,
        };
        all.extend(named);
    }
    all
}

/// Whether it prunes the entries of worktrees that are gone.
pub fn prunes(course: &Course) -> bool {
    course.steps.iter().any(|step| {
        call(step, "prune").is_some() || step.words.windows(2).any(|pair| pair[0].text == "worktree" && pair[1].text == "prune")
    })
}

/// The traps in force whose handler takes this worktree away; one whose commands the text does not tell may.
pub fn traps_for(course: &Course, added: &Added, removed: &[Removed]) -> Vec<usize> {
    let clears = |trap: usize| {
        removed.iter().any(|it| course.steps[it.step].frames.handler() == Some(trap) && it.may_be(added))
            || course.steps.iter().any(|step| step.frames.handler() == Some(trap) && is_cleaner(course, step))
    };
    let numbers = 0..course.traps.len();
    numbers
        .filter(|&number| {
            let trap = &course.traps[number];
            let shell = course.steps[trap.step].frames.shell();
            let reaches = shell.is_none_or(|shell| course.steps[added.step].frames.iter().any(|frame| frame == shell));
            let acts = match trap.handler {
                Handler::Commands => clears(number),
                Handler::Unknown => true,
                Handler::Nothing | Handler::Reset => false,
            };
            !trap.replaced && reaches && acts
        })
        .collect()
}

/// Whether a step is a program that the text does not tell, or one of unknown contents that is called like a cleanup.
fn is_cleaner(course: &Course, step: &Step) -> bool {
    let name = step.name();
    let calls = |other: &Step| other.frames.iter().any(|frame| matches!(frame, Frame::Call(_, called) if called == name));
    let lower = step.words.iter().map(|word| word.text.to_ascii_lowercase()).collect::<Vec<_>>().join(" ");
    let tells = ["cleanup", "clean-up", "clean_up", "teardown", "worktree"].iter().any(|part| lower.contains(part));
    if name.is_empty() && !step.words.is_empty() {
        return true;
    }
    let plain = matches!(name, "git" | "rm" | "echo" | "printf" | "cd" | "log" | "ls" | "find" | "trap" | "rmdir" | "[" | "test");
    tells && !plain && !course.steps.iter().any(calls)
}
