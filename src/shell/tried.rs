//! Which commands a script tries, to see how they behave.

use super::condition::as_command;
use super::guard::{Guard, Told};
use super::survey::{commands_in, is_discarded, is_quiet, own_command, tried_names};
use super::tree::{Action, Block, Joint, Piece, Statement};

/// `found=$(getopt -T)`, where its status is looked at behind it: either way says how the command behaves.
pub(super) fn tried_by(statement: &Statement) -> Told {
    let Action::Command(command) = &statement.action else { return Told::default() };
    let value = command.assignments.last().filter(|_| command.words.is_empty()).and_then(|it| it.value.as_ref()?.only_piece());
    let name = match value {
        Some(Piece::Command(block)) => block.statements.last().and_then(own_command),
        _ => own_command(statement),
    };
    let tried: Vec<Guard> = name.filter(|name| crate::facts::is_known(name)).map(|name| Guard::Tried(name.into())).into_iter().collect();
    Told { success: tried.clone(), failure: tried }
}

/// `realpath . >/dev/null 2>&1`, where what depends on it runs the command again: it asks whether it is there.
pub(super) fn is_probe(tried: &Statement, dependent: &[Statement]) -> bool {
    let name = own_command(tried).filter(|name| is_discarded(&tried.redirects) && crate::facts::is_known(name));
    name.is_some_and(|name| dependent.iter().any(|statement| commands_in(statement).contains(&name)))
}

/// The command of `$(nproc 2>/dev/null)`, whose failure leaves nothing.
pub(super) fn tried_unheard(block: &Block) -> Option<&str> {
    let [asked] = block.statements.as_slice() else { return None };
    let first = asked.parts().first()?;
    own_command(first).filter(|name| is_quiet(&first.redirects) && crate::facts::is_known(name))
}

/// `(set -o pipefail) 2>/dev/null && set -o pipefail`: commands that a subshell tries, from which nothing else comes of it.
pub(super) fn tried_again(first: &Statement, links: &[(Joint, Statement)]) -> Vec<Guard> {
    if !matches!(first.action, Action::Subshell(_)) {
        return Vec::new();
    }
    let mut tried = commands_in(first);
    let again: Vec<&str> = links.iter().flat_map(|(_, link)| commands_in(link)).collect();
    tried.retain(|name| again.contains(name) && crate::facts::is_known(name));
    tried.into_iter().map(|name| Guard::Tried(name.into())).collect()
}

/// Commands whose behaviour the condition asks for: a branch runs them again, or all they print is thrown away.
pub(super) fn tried_in(condition: &Block, arms: &[(Block, Block)], otherwise: Option<&Block>) -> Vec<Guard> {
    let mut asked: Vec<&str> = condition.statements.iter().flat_map(tried_names).collect();
    let mut probes = Vec::new();
    condition.each(&mut |statement| {
        let Some(name) = own_command(statement) else { return };
        // Where the output of grep and its like is thrown away, that is their use.
        if is_discarded(&statement.redirects) && !matches!(name, "grep" | "egrep" | "diff" | "cmp" | "find") {
            probes.push(name);
        }
    });
    let plain = ["[", "test", "command", "type", "which", "echo", "true", "read", "wait"];
    asked.retain(|name| !plain.contains(name) && crate::facts::is_known(name));
    if asked.is_empty() {
        return Vec::new();
    }
    if otherwise.is_none() && arms.len() == 1 {
        probes.clear();
    }
    let mut again = foldhash::HashSet::default();
    for block in arms.iter().map(|(_, body)| body).chain(otherwise) {
        block.each(&mut |statement| again.extend(own_command(statement)));
    }
    let fed = condition.statements.iter().find_map(fed_constant);
    asked.retain(|name| again.contains(name) || probes.contains(name) || fed == Some(*name));
    asked.into_iter().map(|name| Guard::Tried(name.into())).collect()
}

/// `echo a | grep -qP a 2>/dev/null`: the command that is tried on a text of the script's own.
fn fed_constant(statement: &Statement) -> Option<&str> {
    let Action::Pipeline(parts) = &statement.action else { return None };
    let [first, last] = parts.as_slice() else { return None };
    let words = &as_command(first)?.words;
    let constant = matches!(words.first()?.text.as_str(), "echo" | "printf") && words.iter().all(|word| word.literal().is_some());
    own_command(last).filter(|_| constant && is_quiet(&last.redirects))
}
