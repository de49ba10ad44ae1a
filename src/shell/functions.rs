//! The functions of a script: what they are called, who calls them, which variables hold their arguments.

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::survey::own_command;
use super::tree::{Action, Block, Bytes, Piece, Statement, Word};

/// A function of the script.
pub(super) struct Definition<'a> {
    pub(super) names: &'a [String],
    pub(super) body: &'a Block,
    pub(super) at: usize,
    /// It stands in the body of another function.
    pub(super) inner: bool,
}

impl Definition<'_> {
    /// Whether its body holds a place, other than as its begin.
    fn holds(&self, at: usize) -> bool {
        self.at < at && self.body.statements.last().is_some_and(|last| at < last.bytes.end)
    }
}

pub(super) fn definitions(body: &Block) -> Vec<Definition<'_>> {
    let mut found = Vec::new();
    let mut outer_end = 0;
    body.each(&mut |statement| {
        if let Action::Function(names, body) = &statement.action {
            let inner = statement.bytes.start < outer_end;
            outer_end = outer_end.max(statement.bytes.end);
            found.push(Definition { names, body, at: begin(statement, body), inner });
        }
    });
    found
}

/// A function that stands for the command whose name it has.
pub(super) struct Hiding {
    /// Where it is defined; the begin of the text for one that a call of another function defines.
    from: usize,
    /// Where it is known: in the subshell that defines it.
    within: Bytes,
}

impl Hiding {
    /// Whether it is there when the script comes to a place outside of all functions.
    pub(super) fn reaches(&self, at: usize) -> bool {
        self.from <= at && self.within.contains(&at)
    }
}

/// The functions that are called as commands of the tables are, by name; not those that only a function defines which nobody calls.
pub(super) fn hidings<'a>(script: &str, body: &Block, definitions: &[Definition<'a>]) -> HashMap<&'a str, Vec<Hiding>> {
    let mut hidings: HashMap<&str, Vec<Hiding>> = HashMap::new();
    if !definitions.iter().flat_map(|it| it.names).any(|name| crate::facts::is_known(name)) {
        return hidings;
    }
    let subshells = subshells_in(body);
    let mut next = subshells.iter().peekable();
    let (mut around, mut inside) = (Vec::<&Definition>::new(), Vec::<&Bytes>::new());
    let mut mentioned = HashMap::new();
    let is_mentioned = |name: &str| memchr::memmem::find_iter(script.as_bytes(), name.as_bytes()).nth(1).is_some();
    for definition in definitions {
        let at = definition.at;
        around.truncate(around.iter().take_while(|outer| outer.holds(at)).count());
        while let Some(subshell) = next.next_if(|subshell| subshell.start <= at) {
            while inside.pop_if(|open| open.end <= subshell.start).is_some() {}
            inside.push(subshell);
        }
        while inside.pop_if(|open| open.end <= at).is_some() {}
        for name in definition.names.iter().filter(|name| crate::facts::is_known(name)) {
            let mut outer = around.iter().flat_map(|outer| outer.names);
            let is_called = outer.all(|name| *mentioned.entry(name.as_str()).or_insert_with(|| is_mentioned(name)));
            let known = hidings.entry(name).or_default();
            if is_called {
                let from = if definition.inner { 0 } else { at };
                known.push(Hiding { from, within: inside.last().map_or(0..script.len(), |subshell| (*subshell).clone()) });
            }
        }
        around.push(definition);
    }
    hidings
}

/// Every subshell, in the order in which they begin.
fn subshells_in(body: &Block) -> Vec<Bytes> {
    let mut found = Vec::new();
    body.each(&mut |statement| {
        if matches!(statement.action, Action::Subshell(_)) {
            found.push(statement.bytes.clone());
        }
    });
    found
}

/// Where the body of a definition begins, which tells it from all others.
pub(super) fn begin(definition: &Statement, body: &Block) -> usize {
    body.statements.first().map_or(definition.bytes.start, |first| first.bytes.start)
}

/// Bodies by name: the last definition of a name counts, and before it one that stands in no other function.
pub(super) fn bodies<'a>(definitions: &[Definition<'a>]) -> HashMap<&'a str, &'a Block> {
    let (inner, outer): (Vec<_>, Vec<_>) = definitions.iter().partition(|it| it.inner);
    inner.into_iter().chain(outer).flat_map(|it| it.names.iter().map(|name| (name.as_str(), it.body))).collect()
}

/// The variables of a function that are given one of its arguments.
pub(super) fn parameters(body: &Block) -> HashMap<&str, &str> {
    let mut held = HashMap::new();
    body.each(&mut |statement| {
        let Action::Command(command) = &statement.action else { return };
        for assignment in command.assignments.iter().chain(&command.declared) {
            if let Some(Piece::Variable(variable)) = assignment.value.as_ref().and_then(Word::only_piece)
                && is_parameter(&variable.name)
            {
                held.insert(assignment.name.as_str(), variable.name.as_str());
            }
        }
    });
    held
}

/// The functions that run their arguments as a command, `run() { "$@"; }`, and how many of them they leave out.
pub(super) fn runners<'a>(script: &str, functions: &HashMap<&'a str, &'a Block>) -> HashMap<&'a str, usize> {
    if !["$@", "${@"].iter().any(|sign| memchr::memmem::find(script.as_bytes(), sign.as_bytes()).is_some()) {
        return HashMap::new();
    }
    functions.iter().filter_map(|(&name, body)| Some((name, runs_arguments(script, body)?))).collect()
}

fn runs_arguments(script: &str, body: &Block) -> Option<usize> {
    if let [Statement { action: Action::Group(inside) | Action::Subshell(inside), .. }] = body.statements.as_slice() {
        return runs_arguments(script, inside);
    }
    let shifts = |statement: &Statement| match &statement.action {
        Action::Command(command) if command.words.first().is_some_and(|word| word.text == "shift") => {
            Some(command.words.get(1).map_or(Some(1), |word| word.text.parse().ok()))
        }
        _ => None,
    };
    let (mut runs, mut all) = (false, 0);
    body.each(&mut |statement| {
        let Action::Command(command) = &statement.action else { return };
        let first = command.words.first().and_then(Word::only_piece);
        runs |= matches!(first, Some(Piece::Variable(variable)) if variable.name == "@");
        all += usize::from(shifts(statement).is_some());
    });
    if !runs {
        return None;
    }
    // One that asks for the command or the system may run it where it is there alone.
    let text = script.get(body.statements.first()?.bytes.start..body.statements.last()?.bytes.end)?;
    if ["command -v", "type ", "hash ", "which ", "uname", "OSTYPE"].iter().any(|asks| text.contains(asks)) {
        return None;
    }
    // A shift behind leaves out who knows how many.
    let plain: Vec<Option<usize>> = body.statements.iter().filter_map(shifts).collect();
    if plain.len() == all { plain.into_iter().sum() } else { None }
}

/// The names that `alias` gives anywhere.
pub(super) fn aliased(body: &Block) -> HashSet<&str> {
    let mut names = HashSet::new();
    body.each(&mut |statement| {
        if let Action::Command(command) = &statement.action
            && own_command(statement) == Some("alias")
        {
            names.extend(command.words.iter().filter_map(|word| word.text.split_once('=')).map(|(name, _)| name));
        }
    });
    names
}

/// For each definition, the definitions whose bodies call it or make it.
pub(super) fn callers(definitions: &[Definition<'_>], functions: &HashMap<&str, &Block>) -> Vec<HashSet<usize>> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, definition) in definitions.iter().enumerate() {
        for name in definition.names {
            by_name.entry(name).or_default().push(at);
        }
    }
    let inner: HashMap<usize, usize> = definitions.iter().enumerate().filter(|(_, it)| it.inner).map(|(at, it)| (it.at, at)).collect();
    let mut callers = vec![HashSet::new(); definitions.len()];
    for (caller, definition) in definitions.iter().enumerate() {
        definition.body.each(&mut |statement| {
            if let Action::Function(_, body) = &statement.action
                && let Some(&at) = inner.get(&begin(statement, body))
            {
                callers[at].insert(caller);
            }
            let called = own_command(statement).filter(|name| functions.contains_key(name));
            for &at in called.and_then(|name| by_name.get(name)).into_iter().flatten() {
                callers[at].insert(caller);
            }
        });
    }
    callers
}

/// Functions whose names stand among arguments: somebody else may call them.
pub(super) fn names_passed_on<'a>(body: &'a Block, functions: &HashMap<&str, &Block>) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    body.each(&mut |statement| {
        if let Action::Command(command) = &statement.action {
            let arguments = command.words.iter().skip(1).map(|word| word.text.as_str());
            names.extend(arguments.filter(|text| functions.contains_key(text)));
        }
    });
    names
}

/// `$1`, `$@`
pub(super) fn is_parameter(name: &str) -> bool {
    matches!(name, "@" | "*") || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()))
}
