//! Arrays that can be empty where they are expanded under `set -u`: assignments, tests, loops and calls are followed.
//!
//! What the text does not tell is unknown and never reported.

mod told;

use std::collections::BTreeMap;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::functions::definitions;
use super::tree::{Action, Arm, Assignment, Block, Bytes, Command, Joint, Loop, LoopKind, Piece, Statement, UNKNOWN, Word};
use super::{Dialect, Script};
use crate::policy::Version;

/// How deep calls are followed.
const MOST_CALLS: usize = 8;

/// After how many statements the walk gives up.
const MOST_STEPS: usize = 50_000;

/// Since when an empty array is no unset variable.
pub const RIGHT_SINCE: Version = Version(4, 4);

/// An expansion of all elements of an array that may have none.
#[derive(Debug)]
pub struct EmptyArray {
    /// The array.
    pub name: CompactString,
    /// The expansion.
    pub bytes: Bytes,
}

/// What is known of an array's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Empty,
    /// Empty on one way here, not on another.
    Maybe,
    Filled,
    Unknown,
}

impl Fill {
    fn join(self, other: Self) -> Self {
        match (self, other) {
            _ if self == other => self,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            _ => Self::Maybe,
        }
    }
}

/// What holds at a place.
#[derive(Debug, Clone, Default)]
struct State {
    arrays: HashMap<CompactString, Fill>,
    nounset: bool,
    /// Nothing gets here.
    ended: bool,
}

impl State {
    fn fill(&self, name: &str) -> Fill {
        self.arrays.get(name).copied().unwrap_or(Fill::Unknown)
    }

    fn joined(self, other: Self) -> Self {
        match (self.ended, other.ended) {
            (true, _) => other,
            (_, true) => self,
            _ => {
                let names = self.arrays.keys().chain(other.arrays.keys());
                let arrays = names.map(|name| (name.clone(), self.fill(name).join(other.fill(name)))).collect();
                Self { arrays, nounset: self.nounset && other.nounset, ended: false }
            }
        }
    }

    fn assume(&mut self, assumed: &[(CompactString, Fill)]) {
        for (name, fill) in assumed {
            if self.arrays.contains_key(name) {
                self.arrays.insert(name.clone(), *fill);
            }
        }
    }
}

/// The expansions of a script's arrays that may be empty under `set -u`, in the order of the text.
pub fn that_may_be_empty(script: &Script) -> Vec<EmptyArray> {
    let text = &script.text;
    let expands = ["[@]}", "[*]}"].iter().any(|end| memchr::memmem::find(text.as_bytes(), end.as_bytes()).is_some());
    if script.dialect != Dialect::Bash || !expands || !may_set_nounset(text) {
        return Vec::new();
    }
    let functions = definitions(&script.body).iter().flat_map(|it| it.names.iter().map(|name| (name.as_str(), it.body))).collect();
    let nounset = shebang_sets_nounset(text);
    let mut walk = Walk {
        text,
        functions,
        state: State { nounset, arrays: only_appended(&script.body), ..State::default() },
        leaving: Vec::new(),
        returning: Vec::new(),
        locals: Vec::new(),
        active: Vec::new(),
        called: HashSet::new(),
        companions: HashMap::new(),
        sourced: false,
        counted: false,
        nullglob: memchr::memmem::find(text.as_bytes(), b"nullglob").is_some(),
        steps: 0,
        found: BTreeMap::new(),
    };
    walk.block(&script.body);
    let nounset = walk.state.nounset;
    let mut uncalled: Vec<(&str, &Block)> = walk.functions.iter().map(|(name, body)| (*name, *body)).collect();
    uncalled.sort_by_key(|(name, _)| *name);
    for (name, body) in uncalled {
        if !walk.called.contains(name) {
            walk.state = State { nounset, ..State::default() };
            walk.body_of(name, body);
        }
    }
    let sure_of_bash: HashSet<usize> = script.occurrences.iter().filter(|it| it.feature.is_old()).map(|it| it.bytes.start).collect();
    let found = walk.found.into_iter().filter(|(start, _)| !sure_of_bash.contains(start));
    found.map(|(start, (name, end))| EmptyArray { name, bytes: start..end }).collect()
}

/// Whether anything in the text looks as if it set `-u`: most scripts do not, and need no walk.
fn may_set_nounset(text: &str) -> bool {
    let by_set = |(at, _): (usize, &str)| {
        let line = text[at..].lines().next().unwrap_or_default();
        line.split_whitespace().skip(1).take_while(|word| word.starts_with(['-', '+'])).any(|word| word.contains('u'))
    };
    text.contains("nounset") || shebang_sets_nounset(text) || text.match_indices("set -").chain(text.match_indices("set +")).any(by_set)
}

fn shebang_sets_nounset(text: &str) -> bool {
    text.starts_with("#!") && text.lines().next().is_some_and(|line| line.ends_with('u') && line.contains(" -"))
}

struct Walk<'a> {
    text: &'a str,
    functions: HashMap<&'a str, &'a Block>,
    state: State,
    /// For each open loop, what holds where it is left.
    leaving: Vec<Vec<State>>,
    /// For each open call, what holds where it returns.
    returning: Vec<Vec<State>>,
    /// For each open call, what its local names were outside.
    locals: Vec<HashMap<CompactString, Fill>>,
    active: Vec<&'a str>,
    called: HashSet<&'a str>,
    /// Variables that are set where an array is appended to, and that array.
    companions: HashMap<CompactString, HashSet<CompactString>>,
    /// Functions of other files may do anything.
    sourced: bool,
    /// The number of arguments was asked for.
    counted: bool,
    /// A pattern that matches nothing may vanish, as far as the text tells.
    nullglob: bool,
    steps: usize,
    found: BTreeMap<usize, (CompactString, usize)>,
}

impl<'a> Walk<'a> {
    fn block(&mut self, block: &'a Block) {
        self.note_companions(block);
        for statement in &block.statements {
            if self.state.ended || self.steps > MOST_STEPS {
                return;
            }
            self.statement(statement);
        }
    }

    /// What changes in it does not last.
    fn apart(&mut self, run: impl FnOnce(&mut Self)) {
        let before = self.state.clone();
        run(self);
        self.state = before;
    }

    fn statement(&mut self, statement: &'a Statement) {
        self.steps += 1;
        for redirect in &statement.redirects {
            self.pieces(&redirect.target.pieces);
        }
        if statement.background {
            self.apart(|walk| walk.action(statement));
        } else {
            self.action(statement);
        }
    }

    fn action(&mut self, statement: &'a Statement) {
        match &statement.action {
            Action::Command(command) => self.command(command),
            Action::Chain(first, links) => self.chain(first, links),
            Action::Pipeline(parts) => parts.iter().for_each(|part| self.apart(|walk| walk.statement(part))),
            Action::If(arms, otherwise) => self.branches(arms, otherwise.as_ref()),
            Action::Loop(it) => self.iteration(it),
            Action::Case(word, arms) => self.case(word, arms),
            Action::Group(block) => self.block(block),
            Action::Subshell(block) => self.apart(|walk| walk.block(block)),
            Action::Function(..) => {}
            Action::Test(test) => test.words().into_iter().for_each(|word| self.pieces(&word.pieces)),
            Action::Arithmetic(_, pieces) => self.pieces(pieces),
        }
    }

    fn chain(&mut self, first: &'a Statement, links: &'a [(Joint, Statement)]) {
        self.statement(first);
        let mut told = self.told_by(first);
        for (joint, link) in links {
            if self.state.ended {
                return;
            }
            if *joint == Joint::Or {
                told = told.swapped();
            }
            let mut skipped = self.state.clone();
            skipped.assume(&told.failure);
            self.state.assume(&told.success);
            self.statement(link);
            self.state = std::mem::take(&mut self.state).joined(skipped);
            told = told.and(self.told_by(link));
            if *joint == Joint::Or {
                told = told.swapped();
            }
        }
    }

    fn branches(&mut self, arms: &'a [(Block, Block)], otherwise: Option<&'a Block>) {
        let mut after: Option<State> = None;
        for (condition, body) in arms {
            self.block(condition);
            let told = self.told_by_block(condition);
            let mut failed = self.state.clone();
            failed.assume(&told.failure);
            self.state.assume(&told.success);
            self.block(body);
            let state = std::mem::replace(&mut self.state, failed);
            after = Some(match after {
                Some(other) => other.joined(state),
                None => state,
            });
        }
        if let Some(block) = otherwise {
            self.block(block);
        }
        if let Some(other) = after {
            self.state = other.joined(std::mem::take(&mut self.state));
        }
    }

    fn iteration(&mut self, it: &'a Loop) {
        self.leaving.push(Vec::new());
        let mut once = false;
        if let LoopKind::For(_, words) = &it.kind {
            words.iter().flatten().for_each(|word| self.pieces(&word.pieces));
            once = words.iter().flatten().any(|word| is_certain(word) || (!self.nullglob && is_pattern(word)))
                || (self.counted && is_over_arguments(words.as_deref()));
        }
        let before = self.state.clone();
        let mut skipped = before.clone();
        // The second round sees what the first has left.
        for round in 0..2 {
            let told = match &it.kind {
                LoopKind::While(condition) | LoopKind::Until(condition) => {
                    self.block(condition);
                    self.told_by_block(condition)
                }
                LoopKind::For(..) => told::Told::default(),
            };
            let told = if matches!(it.kind, LoopKind::Until(_)) { told.swapped() } else { told };
            self.state.assume(&told.success);
            self.block(&it.body);
            self.state.ended = false;
            if round == 0 && !once {
                self.state = std::mem::take(&mut self.state).joined(before.clone());
            }
            if round == 1 {
                self.state.assume(&told.failure);
                skipped.assume(&told.failure);
            }
        }
        let mut after = std::mem::take(&mut self.state);
        if !once {
            after = after.joined(skipped);
        }
        let left = self.leaving.pop().unwrap_or_default();
        self.state = left.into_iter().fold(after, State::joined);
    }

    fn case(&mut self, word: &'a Word, arms: &'a [Arm]) {
        self.pieces(&word.pieces);
        let before = self.state.clone();
        let whole = arms.iter().any(|arm| arm.patterns.iter().any(|pattern| pattern == "*"));
        let mut after = if whole { State { ended: true, ..State::default() } } else { before.clone() };
        for arm in arms {
            self.state = before.clone();
            self.block(&arm.body);
            after = after.joined(std::mem::take(&mut self.state));
        }
        self.state = after;
    }

    fn pieces(&mut self, pieces: &'a [Piece]) {
        for piece in pieces {
            match piece {
                Piece::Command(block) | Piece::Process(block) => self.apart(|walk| walk.block(block)),
                Piece::Arithmetic(_, inside) => self.pieces(inside),
                Piece::Variable(variable) => {
                    if let Some(bytes) = variable.elements.as_ref().filter(|_| self.state.nounset)
                        && matches!(self.state.fill(&variable.name), Fill::Empty | Fill::Maybe)
                    {
                        self.found.insert(bytes.start, (variable.name.clone(), bytes.end));
                    }
                    // `${a[@]+"${a[@]}"}` asks before it expands.
                    let asked =
                        (!variable.plain && variable.elements.is_none()).then(|| self.state.arrays.remove(&variable.name)).flatten();
                    variable.inside.iter().for_each(|word| self.pieces(&word.pieces));
                    if let Some(fill) = asked {
                        self.state.arrays.insert(variable.name.clone(), fill);
                    }
                }
            }
        }
    }

    fn command(&mut self, command: &'a Command) {
        for assignment in command.assignments.iter().chain(&command.declared) {
            for word in assignment.inside() {
                self.pieces(&word.pieces);
            }
        }
        command.words.iter().for_each(|word| self.pieces(&word.pieces));
        let Some(name) = command.words.first() else {
            command.assignments.iter().for_each(|assignment| self.assign(assignment));
            return;
        };
        let arguments = &command.words[1..];
        match name.text.as_str() {
            "local" | "declare" | "typeset" | "readonly" | "export" => self.declare(&name.text, command, arguments),
            "set" => self.switch(arguments),
            "exit" | "exec" | "die" | "fatal" | "abort" | "fail" if name.text != "exec" || !arguments.is_empty() => {
                self.state.ended = !self.functions.contains_key(name.text.as_str()) || name.text == "exit";
                if !self.state.ended {
                    self.call(name);
                }
            }
            "return" => {
                let state = self.state.clone();
                if let Some(returning) = self.returning.last_mut() {
                    returning.push(state);
                }
                self.state.ended = true;
            }
            "break" | "continue" => {
                let state = self.state.clone();
                if let Some(leaving) = self.leaving.last_mut() {
                    leaving.push(state);
                }
                self.state.ended = true;
            }
            "eval" | "." | "source" | "mapfile" | "readarray" => {
                self.sourced |= name.text != "eval";
                self.state.arrays.clear();
            }
            "echo" | "printf" if !arguments.iter().any(|word| word.text == "-v") => {}
            "trap" => arguments.first().into_iter().for_each(|handler| self.handled(handler)),
            _ => {
                self.forget_named(arguments);
                if self.sourced && name.text.contains('_') {
                    self.state.arrays.clear();
                }
                self.call(name);
            }
        }
    }

    /// A handler may be called as soon as it is set, before anything is filled.
    fn handled(&mut self, handler: &Word) {
        for name in handler.text.split([' ', ';', '\n']) {
            if let Some((&name, &body)) = self.functions.get_key_value(name)
                && !self.active.contains(&name)
            {
                self.apart(|walk| walk.body_of(name, body));
            }
        }
    }

    /// Who is given an array's name may fill it.
    fn forget_named(&mut self, arguments: &[Word]) {
        for word in arguments {
            let name = word.text.split('[').next().unwrap_or_default();
            self.state.arrays.remove(name);
        }
    }

    fn call(&mut self, name: &'a Word) {
        let Some((&name, &body)) = self.functions.get_key_value(name.text.as_str()) else { return };
        if self.active.len() >= MOST_CALLS || self.active.contains(&name) {
            self.state.arrays.clear();
            return;
        }
        self.body_of(name, body);
    }

    fn body_of(&mut self, name: &'a str, body: &'a Block) {
        self.called.insert(name);
        self.active.push(name);
        self.returning.push(Vec::new());
        self.locals.push(HashMap::new());
        let loops = std::mem::take(&mut self.leaving);
        self.block(body);
        self.leaving = loops;
        self.active.pop();
        let returned = self.returning.pop().unwrap_or_default();
        self.state = returned.into_iter().fold(std::mem::take(&mut self.state), State::joined);
        for (name, outside) in self.locals.pop().unwrap_or_default() {
            self.state.arrays.insert(name, outside);
        }
    }

    fn declare(&mut self, kind: &str, command: &'a Command, arguments: &'a [Word]) {
        let is_array = arguments.iter().any(|word| word.text.starts_with('-') && word.text.contains('a'));
        let names =
            arguments.iter().filter(|word| !word.text.starts_with(['-', '+'])).map(|word| word.text.split('=').next().unwrap_or_default());
        for name in names {
            let outside = self.state.fill(name);
            if kind != "export"
                && kind != "readonly"
                && let Some(locals) = self.locals.last_mut()
            {
                locals.entry(name.into()).or_insert(outside);
            }
            let given = command.declared.iter().any(|assignment| assignment.name == name);
            if !given && matches!(kind, "local" | "declare" | "typeset") && (kind == "local" || outside == Fill::Unknown) {
                self.state.arrays.insert(name.into(), if is_array { Fill::Empty } else { Fill::Unknown });
            }
        }
        command.declared.iter().for_each(|assignment| self.assign(assignment));
    }

    fn assign(&mut self, assignment: &Assignment) {
        let before = self.state.fill(&assignment.name);
        let fill = match &assignment.elements {
            None => Fill::Filled,
            Some(elements) => {
                let added = self.fill_of(elements);
                match (assignment.append, before, added) {
                    (false, _, added) => added,
                    (true, Fill::Filled, _) | (true, _, Fill::Filled) => Fill::Filled,
                    (true, before, Fill::Empty) => before,
                    (true, Fill::Empty | Fill::Maybe, Fill::Maybe) => Fill::Maybe,
                    _ => Fill::Unknown,
                }
            }
        };
        self.state.arrays.insert(assignment.name.clone(), fill);
    }

    fn fill_of(&self, elements: &[Word]) -> Fill {
        if elements.is_empty() {
            return Fill::Empty;
        }
        if elements.iter().any(is_certain) {
            return Fill::Filled;
        }
        let [only] = elements else { return Fill::Unknown };
        match only.only_piece() {
            Some(Piece::Variable(variable)) if variable.elements.is_some() => self.state.fill(&variable.name),
            _ => Fill::Unknown,
        }
    }

    fn switch(&mut self, arguments: &[Word]) {
        for (at, word) in arguments.iter().enumerate() {
            let text = word.text.as_str();
            let (on, letters) = match (text.strip_prefix('-'), text.strip_prefix('+')) {
                (Some(letters), _) if !letters.is_empty() && letters != "-" => (true, letters),
                (_, Some(letters)) => (false, letters),
                _ => return,
            };
            let named = letters.ends_with('o') && arguments.get(at + 1).is_some_and(|next| next.text == "nounset");
            if letters.contains('u') || named {
                self.state.nounset = on;
            }
        }
    }

    /// What is set to the length of an array tells whether it has any, what is set beside an appending whether that was done.
    fn note_companions(&mut self, block: &Block) {
        let assignments: Vec<&Assignment> = block
            .statements
            .iter()
            .filter_map(|statement| if let Action::Command(command) = &statement.action { Some(command) } else { None })
            .flat_map(|command| &command.assignments)
            .collect();
        for counting in &assignments {
            if let Some(Piece::Variable(counted)) = counting.value.as_ref().and_then(Word::only_piece)
                && self.text.get(counting.bytes.clone()).is_some_and(|raw| raw.contains("${#"))
            {
                self.companions.entry(counting.name.clone()).or_default().insert(counted.name.clone());
            }
        }
        for appended in assignments.iter().filter(|assignment| assignment.elements.is_some() && assignment.append) {
            for other in assignments.iter().filter(|assignment| assignment.name != appended.name) {
                self.companions.entry(other.name.clone()).or_default().insert(appended.name.clone());
            }
        }
    }
}

/// Arrays that a script appends to and gives no value otherwise: they begin as unset variables.
fn only_appended(body: &Block) -> HashMap<CompactString, Fill> {
    let mut appended = HashMap::new();
    let mut others = HashSet::new();
    body.each(&mut |statement| {
        let Action::Command(command) = &statement.action else { return };
        for assignment in &command.assignments {
            if assignment.append && assignment.elements.is_some() {
                appended.insert(assignment.name.clone(), Fill::Empty);
            } else {
                others.insert(assignment.name.as_str());
            }
        }
        others.extend(command.words.iter().map(|word| word.text.split(['=', '[']).next().unwrap_or_default()));
    });
    appended.retain(|name, _| !others.contains(name.as_str()));
    appended
}

/// Whether a word is one element at least: quoted, or plain text.
fn is_certain(word: &Word) -> bool {
    let expands_all = word.pieces.iter().any(|piece| match piece {
        Piece::Variable(variable) => variable.elements.is_some() || !variable.plain || matches!(variable.name.as_str(), "@" | "*"),
        _ => false,
    });
    if expands_all && word.text.chars().all(|char| char == UNKNOWN) {
        return false;
    }
    // A pattern may match nothing.
    word.quoted || (!is_pattern(word) && word.text.chars().any(|char| char != UNKNOWN))
}

fn is_pattern(word: &Word) -> bool {
    word.text.contains(['*', '?', '['])
}

/// `for x`, `for x in "$@"`
fn is_over_arguments(words: Option<&[Word]>) -> bool {
    let Some(words) = words else { return true };
    words.iter().any(|word| matches!(word.only_piece(), Some(Piece::Variable(variable)) if variable.name == "@"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Targets, Version};

    fn found(text: &str) -> Vec<String> {
        let targets = Targets { bash: Version(3, 2), macos: Some(Version(12, 0)), linux: true };
        let script = Script::parse("a.bash", format!("set -u\n{text}").as_bytes(), targets);
        that_may_be_empty(&script).into_iter().map(|empty| empty.name.into()).collect()
    }

    #[test]
    fn arrays_that_may_be_empty_are_found() {
        for text in [
            "a=(); x \"${a[@]}\"",
            "a=(); for i in \"$@\"; do a+=(\"$i\"); done; x \"${a[@]}\"",
            "a=(); while read -r l; do a+=(\"$l\"); done < f; for i in \"${a[@]}\"; do x; done",
            "a=(); ls | while read -r l; do a+=(\"$l\"); done; x \"${a[*]}\"",
            "a=(); add() { a+=(1); }; if y; then add; fi; x \"${a[@]}\"",
            "f() { local a=(); y && a=(1); x \"${a[@]}\"; }; f",
            "a=(); if [ ${#a[@]} -eq 0 ]; then echo \"${a[@]}\"; fi",
            "a=(1); b=(); case $1 in y) b=(2);; esac; x \"${a[@]}\" \"${b[@]}\"",
            "a=(); until y; do a+=(1); done; x \"${a[@]}\"",
            "a=(); b=(\"${a[@]}\")",
            "for i in \"$@\"; do a+=(\"$i\"); done; x \"${a[@]}\"",
            "a=(); end() { kill \"${a[@]}\"; }; trap end EXIT; x & a+=($!); wait",
            "a=(); end() { kill \"${a[@]}\"; }; trap 'rc=$?; end; exit $rc' EXIT; x & a+=($!); wait",
        ] {
            assert_eq!(found(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn arrays_that_are_filled_or_unknown_are_left_alone() {
        for text in [
            "a=(1); x \"${a[@]}\"",
            "x \"${a[@]}\"",
            "a=(); read -ra a <<< x; x \"${a[@]}\"",
            "a=(); fill a; x \"${a[@]}\"",
            "a=(); add() { a+=(1); }; add; x \"${a[@]}\"",
            "a=(); if y; then a=(1); else a=(2); fi; x \"${a[@]}\"",
            "a=(); case $1 in y) a=(1);; *) a=(2);; esac; x \"${a[@]}\"",
            "a=(); if y; then a=(1); else exit 1; fi; x \"${a[@]}\"",
            "a=(); y || a+=(1); [ ${#a[@]} -eq 0 ] && exit; x \"${a[@]}\"",
            "a=(); y || a+=(1); [[ ${#a[@]} -gt 0 && -n $2 ]] && x \"${a[@]}\"",
            "a=(); y || a+=(1); while (( ${#a[@]} > 0 )); do x \"${a[@]}\"; a=(\"${a[@]:1}\"); done",
            "a=(); while [ ${#a[@]} -eq 0 ]; do y && a+=(1); done; x \"${a[@]}\"",
            "a=(); n=0; for i in \"$@\"; do a+=(\"$i\"); n=$((n + 1)); done; if [ $n -gt 0 ]; then x \"${a[@]}\"; fi",
            "[ $# -gt 0 ] || exit; a=(); for i; do a+=(\"$i\"); done; x \"${a[@]}\"",
            "a=(); . ./lib.sh; x \"${a[@]}\"",
            "a=(); set +u; x \"${a[@]}\"",
            "a=(); (( BASH_VERSINFO[0] >= 5 )) || exit 1; x \"${a[@]}\"",
            "a=(); x \"${#a[@]}\" \"${a[@]:-}\" ${a[@]+\"${a[@]}\"}",
            "a=(*.txt); x \"${a[@]}\"",
            "a+=(1); x \"${a[@]}\"",
            ". ./lib.sh; for i in \"$@\"; do a+=(\"$i\"); done; x \"${a[@]}\"",
            "a=(1); end() { kill \"${a[@]}\"; }; trap end EXIT",
            "a=(); end() { [ ${#a[@]} -eq 0 ] || kill \"${a[@]}\"; }; trap end EXIT; x & a+=($!)",
            "end() { kill \"${a[@]}\"; }; trap end EXIT; a=(1)",
            "a=(); end() { kill \"${a[@]}\"; }; trap - EXIT; a=(1); end",
            "read -ra a; for i in \"$@\"; do a+=(\"$i\"); done; x \"${a[@]}\"",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }
}
