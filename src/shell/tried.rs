//! Which commands a script tries, to see how they behave.

use super::condition::as_command;
use super::flow::Flow;
use super::guard::{Guard, Told};
use super::survey::{commands_in, is_discarded, is_quiet, own_command, tried_names};
use super::tree::{Action, Assignment, Block, Joint, Operation, Piece, Statement, Test, Word};

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

impl Flow<'_> {
    /// `n=$(nproc 2>/dev/null); [ -z "$n" ] && n=4`: what is left empty is filled right behind, which is `n=$(nproc 2>/dev/null || echo 4)`.
    pub(super) fn is_refilled(&self, statement: &Statement, next: &Statement) -> bool {
        let (assigns, handled) = match &statement.action {
            Action::Chain(first, links) => (&**first, matches!(links.as_slice(), [(Joint::Or, link)] if prints_and_fails_never(link))),
            _ => (statement, false),
        };
        let Some((assignment, block)) = substituted(assigns) else { return false };
        let [asked] = block.statements.as_slice() else { return false };
        // `set -e` ends the script at an assignment that fails; `local` and a pipeline hide that.
        let parts = if let Action::Pipeline(parts) = &asked.action { parts.as_slice() } else { std::slice::from_ref(asked) };
        let hidden = parts.len() > 1 || as_command(assigns).is_some_and(|command| !command.words.is_empty());
        // `x=${x:-$(…)}` is one of several ways already.
        let expects = parts.iter().any(|part| is_quiet(&part.redirects)) || refers_to_itself(assignment);
        expects && (handled || hidden || !self.errexit) && fills(next, &assignment.name)
    }
}

/// `realpath . >/dev/null 2>&1`, where what depends on it runs the command again: it asks whether it is there.
pub(super) fn is_probe(tried: &Statement, dependent: &[Statement]) -> bool {
    let name = own_command(tried).filter(|name| is_discarded(&tried.redirects) && crate::facts::is_known(name));
    name.is_some_and(|name| dependent.iter().any(|statement| commands_in(statement).contains(&name)))
}

fn refers_to_itself(assignment: &Assignment) -> bool {
    let piece = assignment.value.as_ref().and_then(Word::only_piece);
    matches!(piece, Some(Piece::Variable(variable)) if variable.name == assignment.name)
}

/// `x=$(…)`, `x=${x:-$(…)}`, also behind `local`: the assignment, and what is substituted.
pub(super) fn substituted(statement: &Statement) -> Option<(&Assignment, &Block)> {
    let command = as_command(statement)?;
    let assignment = if command.words.is_empty() { command.assignments.last()? } else { command.declared.last()? };
    match assignment.value.as_ref()?.only_piece()? {
        Piece::Command(block) => Some((assignment, block)),
        Piece::Variable(variable) if variable.operation == Operation::Default => match variable.inside.last()?.only_piece()? {
            Piece::Command(block) => Some((assignment, block)),
            _ => None,
        },
        _ => None,
    }
}

fn prints_and_fails_never(statement: &Statement) -> bool {
    matches!(own_command(statement), Some("true" | ":"))
}

/// The command of `$(nproc 2>/dev/null)`, whose failure leaves nothing.
pub(super) fn tried_unheard(block: &Block) -> Option<&str> {
    let [asked] = block.statements.as_slice() else { return None };
    let first = if let Action::Pipeline(parts) = &asked.action { parts.first()? } else { asked };
    own_command(first).filter(|name| is_quiet(&first.redirects) && crate::facts::is_known(name))
}

/// Whether a statement gives a variable a value where it is empty: `[ -z "$x" ] && x=…`, `x=${x:-…}`, `: "${x:=…}"`.
fn fills(statement: &Statement, name: &str) -> bool {
    match &statement.action {
        Action::Chain(first, links) => match links.as_slice() {
            [(joint, link)] => is_empty(first, name) == Some(*joint == Joint::And) && assigns(link, name),
            _ => false,
        },
        Action::If(arms, otherwise) => {
            let [(condition, body)] = arms.as_slice() else { return false };
            let [condition] = condition.statements.as_slice() else { return false };
            let filling = match is_empty(condition, name) {
                Some(true) => Some(body),
                Some(false) => otherwise.as_ref(),
                None => None,
            };
            filling.is_some_and(|block| block.statements.iter().any(|inner| assigns(inner, name)))
        }
        Action::Command(command) => {
            let values = command.assignments.iter().filter(|assignment| assignment.name == name).filter_map(|it| it.value.as_ref());
            let words = if own_command(statement) == Some(":") { &command.words[1..] } else { &[] };
            let is_default = |word: &Word| {
                let variable = if let Some(Piece::Variable(variable)) = word.only_piece() { Some(variable) } else { None };
                variable.is_some_and(|variable| variable.name == name && variable.operation == Operation::Default)
            };
            values.chain(words).any(is_default)
        }
        _ => false,
    }
}

/// Whether a condition holds where a variable is empty, if it asks for that alone.
fn is_empty(condition: &Statement, name: &str) -> Option<bool> {
    let (operator, word) = match &condition.action {
        Action::Command(command) => match &*command.words {
            [bracket, operator, word, _] if bracket.text == "[" => (operator.text.as_str(), word),
            [test, operator, word] if test.text == "test" => (operator.text.as_str(), word),
            [bracket, word, _] if bracket.text == "[" => ("-n", word),
            _ => return None,
        },
        Action::Test(test) => match &**test {
            Test::Unary(operator, word) => (*operator, word),
            Test::Word(word) => ("-n", word),
            _ => return None,
        },
        _ => return None,
    };
    let is_it = matches!(word.only_piece(), Some(Piece::Variable(variable)) if variable.plain && variable.name == name);
    let holds = match operator {
        "-z" | "!" => true,
        "-n" => false,
        _ => return None,
    };
    is_it.then_some(holds != condition.negated)
}

/// `follow=-f`, `stat='stat -f %z'`: a variable is given what the script will do instead; not `failed=1`, `status=down`.
pub(super) fn sets_way(statement: &Statement) -> bool {
    let is_way = |value: &str| {
        let first = value.split_whitespace().next().unwrap_or_default();
        first.starts_with('-') || crate::facts::is_known(first) || first.strip_prefix('g').is_some_and(crate::facts::is_known)
    };
    as_command(statement).is_some_and(|command| {
        let values = command.assignments.iter().filter_map(|assignment| assignment.value.as_ref());
        command.words.is_empty() && values.filter_map(Word::literal).any(is_way)
    })
}

/// `x=…`, and what follows only then.
pub(super) fn assigns(statement: &Statement, name: &str) -> bool {
    let first = if let Action::Chain(first, _) = &statement.action { first } else { statement };
    as_command(first).is_some_and(|it| it.words.is_empty() && it.assignments.iter().any(|assignment| assignment.name == name))
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
