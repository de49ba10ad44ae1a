//! Does a statement end the way through, and does it bring what was missing?

use super::flow::Flow;
use super::tree::{Action, Block, Command, Joint, Statement};

/// How deep functions that call functions are followed.
const MOST_CALLS: usize = 8;

/// What a statement leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leaves {
    /// The loop or function, or more.
    Function,
    /// The script.
    Script,
}

impl Flow<'_> {
    /// Whether what follows a block is not reached from it.
    pub(super) fn ends(&self, block: &Block, leaves: Leaves) -> bool {
        self.block_ends(block, leaves, 0)
    }

    pub(super) fn statement_ends(&self, statement: &Statement, leaves: Leaves) -> bool {
        self.one_ends(statement, leaves, 0)
    }

    fn block_ends(&self, block: &Block, leaves: Leaves, depth: usize) -> bool {
        block.statements.iter().any(|statement| self.one_ends(statement, leaves, depth))
    }

    fn one_ends(&self, statement: &Statement, leaves: Leaves, depth: usize) -> bool {
        match &statement.action {
            Action::Command(command) => self.command_ends(command, leaves, depth),
            Action::Group(block) => self.block_ends(block, leaves, depth),
            Action::Chain(first, links) => {
                let always = links.iter().all(|(joint, _)| *joint == Joint::And);
                self.one_ends(first, leaves, depth) || (always && links.iter().any(|(_, link)| self.one_ends(link, leaves, depth)))
            }
            Action::If(arms, Some(otherwise)) => {
                arms.iter().all(|(_, body)| self.block_ends(body, leaves, depth)) && self.block_ends(otherwise, leaves, depth)
            }
            _ => false,
        }
    }

    fn command_ends(&self, command: &Command, leaves: Leaves, depth: usize) -> bool {
        let Some(name) = command.words.first() else { return false };
        match name.text.as_str() {
            "exit" => true,
            "return" | "break" | "continue" => leaves == Leaves::Function,
            "exec" => command.words.len() > 1,
            name => match self.functions.get(name) {
                Some(body) => depth < MOST_CALLS && self.block_ends(body, Leaves::Script, depth + 1),
                None => ends_by_name(name),
            },
        }
    }
}

/// Whether a block brings a command that was missing: defines it, installs it, or puts a folder on PATH.
pub(super) fn provides(block: &Block) -> bool {
    let mut provides = false;
    block.each(&mut |statement| provides |= statement_provides(statement));
    provides
}

pub(super) fn statement_provides(statement: &Statement) -> bool {
    let mut provides = false;
    statement.each(&mut |inner| {
        provides |= match &inner.action {
            Action::Function(..) => true,
            Action::Command(command) => {
                let name = command.words.first().map_or("", |word| word.text.as_str());
                // A file that is read in has functions.
                matches!(name, "alias" | "." | "source")
                    || name.as_bytes().windows(7).any(|part| part.eq_ignore_ascii_case(b"install"))
                    || command.words.iter().skip(1).any(|word| matches!(word.text.as_str(), "install" | "add"))
                        && matches!(name, "brew" | "apt-get" | "apt" | "yum" | "dnf" | "apk" | "sudo" | "port" | "nix-env" | "conda")
                    || command.assignments.iter().chain(&command.declared).any(|assignment| assignment.name == "PATH")
            }
            _ => false,
        };
    });
    provides
}

/// Functions of a library that is not at hand, by the names people give them.
fn ends_by_name(name: &str) -> bool {
    const NAMES: [&str; 12] =
        ["die", "fatal", "fail", "abort", "bail", "bail_out", "panic", "croak", "error_exit", "err_exit", "exit_error", "log_fatal"];
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}
