//! Files that only one system has: opened by a redirection, or by a command that reads what it is given.

use std::sync::Arc;

use super::Invocation;
use super::flow::Flow;
use super::options::Arguments;
use super::tree::{Redirect, RedirectKind, Word};

/// The name under which the facts know that a file is opened.
const OPENED: &str = "<";

impl Flow<'_> {
    /// Notes the files that redirections open.
    pub(super) fn redirected(&mut self, redirects: &[Redirect]) {
        for redirect in redirects {
            if matches!(redirect.kind, RedirectKind::Input | RedirectKind::Output | RedirectKind::Both) {
                self.opened(&redirect.target);
            }
        }
    }

    /// Notes the files that a command opens, where that is all it does with its operands.
    pub(super) fn opens(&mut self, name: &str, words: &[Word]) {
        if !words.iter().any(|word| is_of_one_system(&word.text)) {
            return;
        }
        let grammar = crate::facts::grammar(name).cloned().unwrap_or_default();
        let arguments = Arguments::read(words, &grammar);
        let given = |names: &[&str]| arguments.options.iter().any(|option| names.contains(&&*option.name));
        let first = match name {
            "." | "source" | "cat" | "head" | "tail" | "tac" | "wc" | "cut" | "sort" | "od" | "xxd" | "readlink" | "ls" | "cd" | "cp"
            | "mkdir" | "mktemp" | "mv" | "tee" | "touch" => 0,
            // With these it asks whether something is there.
            "grep" | "egrep" | "fgrep" if given(&["-q", "-s", "--quiet", "--silent", "--no-messages"]) => return,
            // The first operand is the program.
            "grep" | "egrep" | "fgrep" | "sed" | "awk" => usize::from(!given(&["-e", "-f", "--regexp", "--expression", "--file"])),
            _ => return,
        };
        for word in arguments.operands.iter().skip(first) {
            self.opened(word);
        }
    }

    fn opened(&mut self, word: &Word) {
        if self.rehearsing == 0 && is_of_one_system(&word.text) {
            self.invocations.push(Invocation {
                name: OPENED.to_owned(),
                facts: crate::facts::about(OPENED),
                words: Arc::from([word.clone(), word.clone()]),
                range: 0..2,
                bytes: word.bytes.clone(),
                guards: self.here,
                quiet: self.quiet,
                shadowed: false,
                dialect: self.dialect,
            });
        }
    }
}

/// Whether the facts about files may know a path.
fn is_of_one_system(path: &str) -> bool {
    const STARTS: [&str; 6] = ["/proc/", "/sys/", "/dev/shm/", "/etc/os-release", "/etc/lsb-release", "/etc/debian_version"];
    STARTS.iter().any(|start| path.starts_with(start)) || matches!(path, "/dev/shm" | "/etc/redhat-release")
}
