//! What a failure leads to: another way of doing the same, another value, nothing.

use super::condition::as_command;
use super::flow::Flow;
use super::functions::is_parameter;
use super::guard::{Guard, Named, System};
use super::options::is_bundle_with;
use super::survey::{
    commands_in, does_nothing, is_discarded, is_quiet, never_fails, own_command, prints_nothing, words_and_parts_in, words_in,
};
use super::tree::{Action, Assignment, Block, Joint, Operation, Piece, Statement, Test, Word};
use super::tried::is_probe;

impl Flow<'_> {
    /// Whether what stands after `||` does the work another way.
    pub(super) fn alternative(&self, tried: &Statement, other: &Statement) -> Option<Guard> {
        if self.statement_ends(other, self.leaves()) {
            return None;
        }
        let of_bash = own_command(tried).is_some_and(|name| crate::facts::about(name).iter().any(|fact| fact.bash.is_some()));
        let names = commands_in(other);
        let Some(first) = names.first() else {
            // `n=$(nproc) || n=4`; `timeout 5 build || failed=$?` only notes that it failed.
            let again = substituted(tried).is_some_and(|(assignment, _)| assigns(other, &assignment.name));
            return (again || (is_unheard(tried) && sets_way(other))).then_some(Guard::Default);
        };
        let empty = matches!(*first, "true" | ":" | "false");
        let quiet = self.quiet || is_quiet(&tried.redirects);
        let shares = {
            // `pidof "$1" 2>/dev/null || ps ax | awk -v name="$1" …`
            let theirs = if quiet && !is_discarded(&tried.redirects) { words_and_parts_in(other) } else { words_in(other) };
            words_in(tried).iter().any(|word| (word.len() > 1 || is_parameter(word)) && !word.starts_with('-') && theirs.contains(word))
        };
        if self.substituted > 0 {
            let way = match *first {
                _ if says_constant(other) => Guard::Constant,
                _ if empty || matches!(*first, "echo" | "printf") || !shares => Guard::Default,
                _ => Guard::Fallback,
            };
            return (!empty || quiet).then_some(way);
        }
        // `readlink -f "$1" 2>/dev/null || echo "$1"` is another way, `build || echo failed` is none.
        let feeds = matches!(other.action, Action::Pipeline(_));
        let says = matches!(*first, "echo" | "printf") && !(shares && (quiet || feeds));
        if empty || says {
            let unheard = is_discarded(&tried.redirects) || (quiet && own_command(tried).is_some_and(prints_nothing));
            return (unheard && matches!(*first, "true" | ":")).then_some(Guard::Ignored);
        }
        // `wait -n "$pid" || report "$pid"` is about the job.
        let is_another_way = shares && (!of_bash || quiet || own_command(tried) == Some(*first));
        Some(if is_another_way { Guard::Fallback } else { Guard::OrElse((*first).into()) })
    }

    /// `if ! nproc 2>/dev/null; then sysctl -n hw.ncpu; fi` is `nproc 2>/dev/null || sysctl -n hw.ncpu`, and `if x; then :; fi` is `x || :`.
    pub(super) fn otherwise(&self, condition: &Block, body: &Block, otherwise: Option<&Block>) -> Option<Guard> {
        let [tried] = condition.statements.as_slice() else { return None };
        if !tried.negated && is_probe(tried, &body.statements) {
            return Some(Guard::Fallback);
        }
        let other = if tried.negated { body } else { otherwise.or(does_nothing(body).then_some(body))? }.statements.first()?;
        if is_quiet(&tried.redirects) || substituted(tried).is_some() { self.alternative(tried, other) } else { None }
    }

    /// `n=$(nproc 2>/dev/null); [ -z "$n" ] && n=4`: what is left empty is filled right behind, which is `n=$(nproc 2>/dev/null || echo 4)`.
    pub(super) fn is_refilled(&self, statement: &Statement, next: &Statement) -> bool {
        let (assigns, handled) = match &statement.action {
            Action::Chain(first, links) => (&**first, matches!(links.as_slice(), [(Joint::Or, link)] if never_fails(link))),
            _ => (statement, false),
        };
        let Some((assignment, block)) = substituted(assigns) else { return false };
        let [asked] = block.statements.as_slice() else { return false };
        // `set -e` ends the script at an assignment that fails; `local` and a pipeline hide that.
        let parts = asked.parts();
        let hidden = parts.len() > 1 || as_command(assigns).is_some_and(|command| !command.words.is_empty());
        // `x=${x:-$(…)}` is one of several ways already.
        let expects = parts.iter().any(|part| is_quiet(&part.redirects)) || refers_to_itself(assignment);
        expects && (handled || hidden || !self.errexit) && fills(next, &assignment.name)
    }
}

/// `echo 0`: it says the same whatever went before, and not nothing.
fn says_constant(statement: &Statement) -> bool {
    let Some(command) = as_command(statement) else { return false };
    let [name, values @ ..] = &*command.words else { return false };
    let is_constant = values.iter().all(|word| word.literal().is_some()) && values.iter().any(|word| !word.text.is_empty());
    matches!(name.text.as_str(), "echo" | "printf") && is_constant
}

/// `x=${x…}`
fn refers_to_itself(assignment: &Assignment) -> bool {
    let piece = assignment.value.as_ref().and_then(Word::only_piece);
    matches!(piece, Some(Piece::Variable(variable)) if variable.name == assignment.name)
}

/// `x=$(…)`, `x=${x:-$(…)}`, also behind `local`: the assignment, and what is substituted.
fn substituted(statement: &Statement) -> Option<(&Assignment, &Block)> {
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

/// Whether nothing is left of a statement but how it ended: `… >/dev/null 2>&1`, `… | grep -q x 2>/dev/null`.
fn is_unheard(statement: &Statement) -> bool {
    let last = statement.parts().last().unwrap_or(statement);
    let is_grep = own_command(last) == Some("grep");
    let asks = is_grep && as_command(last).is_some_and(|it| it.words.iter().any(|word| is_bundle_with(&word.text, 'q')));
    is_discarded(&last.redirects) || (asks && is_quiet(&last.redirects))
}

/// `follow=-f`, `color=`, `stat='stat -f %z'`, `kind=bsd`: a variable is given what the script will do instead; not `failed=1`, `status=down`.
fn sets_way(statement: &Statement) -> bool {
    let is_way = |value: &str| {
        let first = value.split_whitespace().next().unwrap_or_default();
        first.is_empty()
            || first.starts_with('-')
            || System::named(first) != Named::Unknown
            || crate::facts::is_known(first)
            || first.strip_prefix('g').is_some_and(crate::facts::is_known)
    };
    as_command(statement).is_some_and(|command| {
        let values = command.assignments.iter().filter_map(|assignment| assignment.value.as_ref());
        command.words.is_empty() && values.filter_map(Word::literal).any(is_way)
    })
}

/// `x=…`, and what follows only then.
fn assigns(statement: &Statement, name: &str) -> bool {
    let first = if let Action::Chain(first, _) = &statement.action { first } else { statement };
    as_command(first).is_some_and(|it| it.words.is_empty() && it.assignments.iter().any(|assignment| assignment.name == name))
}
