//! Walks a script in the order it runs and finds out under which guards each command and each feature stands.

use std::cell::OnceCell;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::ends::{Leaves, provides, statement_provides};
use super::flags::{Flag, List};
use super::functions::{Definition, Hiding, aliased, begin, bodies, callers, definitions, hidings, names_passed_on, parameters};
use super::guard::{Guard, GuardId, Guards, Told, common};
use super::invoke::Piped;
use super::survey::{
    asks_for_command, commands_in, installed, is_joined, is_quiet, is_silenced, is_test, leaves_loop, runs_again, sets_errexit, tried_names,
};
use super::tree::{Action, Arm, Block, Command, Joint, Loop, LoopKind, Piece, Statement, Word};
use super::tried::{is_probe, tried_again, tried_by, tried_in};
use super::{Dialect, Errexit, Feature, Invocation, Occurrence};

/// How deep functions that make sure of something are followed.
const MOST_CALLS: usize = 8;

/// How many ways behind `||` one command is compared with; nobody writes more.
const MOST_ALTERNATIVES: usize = 16;

/// The walk, and what it has learnt so far.
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own about one script")]
pub(super) struct Flow<'a> {
    pub(super) script: &'a str,
    pub(super) body: &'a Block,
    /// Bodies by name.
    pub(super) functions: HashMap<&'a str, &'a Block>,
    /// Those that are called as commands of the tables are.
    hidings: HashMap<&'a str, Vec<Hiding>>,
    /// What is being walked is the body of a function, which runs when it is called.
    in_function: bool,
    /// For each function, the variables that hold one of its arguments: `local tool=$1`.
    parameters: HashMap<&'a str, OnceCell<HashMap<&'a str, &'a str>>>,
    /// Functions that run their arguments as a command, and how many they leave out.
    pub(super) runners: OnceCell<HashMap<&'a str, usize>>,
    /// Names that `alias` gives.
    pub(super) aliased: HashSet<&'a str>,
    /// It makes use of them, which a script does when it is told to.
    pub(super) expands_aliases: bool,
    /// Variables that were set only under certain guards.
    pub(super) flags: HashMap<CompactString, Flag>,
    /// The text asks how a command ended.
    asks_for_status: bool,
    /// The text names bash's version.
    pub(super) asks_for_version: bool,
    /// Variables that were given the version of bash.
    pub(super) versions: HashSet<CompactString>,
    /// What the last command tells, for `$?`.
    pub(super) outcome: Told,
    /// Words that variables hold.
    pub(super) lists: HashMap<CompactString, List>,
    /// What the variables of open loops hold one after the other.
    pub(super) in_turn: HashMap<CompactString, Vec<CompactString>>,
    /// How often variables are given a value; counted when it is first asked for.
    pub(super) assigned: OnceCell<HashMap<&'a str, usize>>,
    pub(super) guards: Guards,
    pub(super) here: GuardId,
    /// Standard error goes nowhere.
    pub(super) quiet: bool,
    /// What the part of a pipeline before this one prints.
    pub(super) piped: Option<Piped>,
    /// How many conditions are open.
    pub(super) asking: usize,
    /// How many substitutions are open.
    pub(super) substituted: usize,
    /// How many texts that are run are open.
    pub(super) nested: usize,
    /// Expansions in the text that is run are those of the shell outside.
    pub(super) expanded: bool,
    /// The shell that runs what is being walked.
    pub(super) dialect: Dialect,
    pub(super) errexit: bool,
    /// Only learning: nothing found is kept.
    pub(super) rehearsing: usize,
    defined_at: HashMap<usize, GuardId>,
    calls: HashMap<CompactString, Vec<GuardId>>,
    ensured: HashMap<String, Vec<Guard>>,
    pub(super) invocations: Vec<Invocation>,
    pub(super) occurrences: Vec<Occurrence>,
    /// Variables of bash whose values are used outside of tests.
    pub(super) used: HashSet<Feature>,
}

impl<'a> Flow<'a> {
    /// Walks a whole script.
    pub(super) fn through(script: &'a str, body: &'a Block, (dialect, errexit): (Dialect, Errexit)) -> Self {
        let definitions = definitions(body);
        let mut flow = Self {
            script,
            body,
            functions: bodies(&definitions),
            hidings: hidings(script, body, &definitions),
            in_function: false,
            parameters: definitions.iter().flat_map(|it| it.names.iter().map(|name| (name.as_str(), OnceCell::new()))).collect(),
            runners: OnceCell::new(),
            aliased: if memchr::memmem::find(script.as_bytes(), b"alias").is_some() { aliased(body) } else { HashSet::new() },
            expands_aliases: memchr::memmem::find(script.as_bytes(), b"expand_aliases").is_some(),
            flags: HashMap::new(),
            asks_for_status: asks_for_status(script),
            asks_for_version: memchr::memmem::find(script.as_bytes(), b"BASH_VERS").is_some(),
            versions: HashSet::new(),
            outcome: Told::default(),
            lists: HashMap::new(),
            in_turn: HashMap::new(),
            assigned: OnceCell::new(),
            guards: Guards::default(),
            here: None,
            quiet: false,
            piped: None,
            asking: 0,
            substituted: 0,
            nested: 0,
            dialect,
            expanded: false,
            errexit: errexit == Errexit::FromStart,
            rehearsing: 0,
            defined_at: HashMap::new(),
            calls: HashMap::new(),
            ensured: HashMap::new(),
            invocations: Vec::new(),
            occurrences: Vec::new(),
            used: HashSet::new(),
        };
        flow.block(body);
        if !definitions.is_empty() {
            flow.in_function = true;
            flow.functions_in_order(&definitions, body);
        }
        flow.settle_variables();
        flow
    }

    /// Walks functions after their callers, under what holds at all calls.
    fn functions_in_order(&mut self, definitions: &[Definition<'a>], body: &'a Block) {
        let passed_on = names_passed_on(body, &self.functions);
        let callers = callers(definitions, &self.functions);
        // A function is ready once its callers are done; the others follow in the order of the text.
        let mut pending: Vec<usize> =
            callers.iter().enumerate().map(|(at, callers)| callers.iter().filter(|caller| **caller != at).count()).collect();
        let mut called: Vec<Vec<usize>> = vec![Vec::new(); definitions.len()];
        for (at, callers) in callers.iter().enumerate() {
            callers.iter().filter(|caller| **caller != at).for_each(|caller| called[*caller].push(at));
        }
        let mut ready: Vec<usize> = (0..definitions.len()).rev().filter(|at| pending[*at] == 0).collect();
        let mut done = vec![false; definitions.len()];
        let mut next = 0;
        loop {
            let (at, in_order) = match ready.pop() {
                Some(at) => (at, true),
                None => match (next..definitions.len()).find(|at| !done[*at]) {
                    Some(at) => (at, false),
                    None => break,
                },
            };
            if std::mem::replace(&mut done[at], true) {
                continue;
            }
            if !in_order {
                next = at;
            }
            for callee in &called[at] {
                pending[*callee] -= 1;
                if pending[*callee] == 0 && !done[*callee] {
                    ready.push(*callee);
                }
            }
            let definition = &definitions[at];
            let mut entry = self.defined_at.get(&definition.at).copied().flatten();
            let known = in_order && !definition.names.iter().any(|name| passed_on.contains(name.as_str()));
            if let Some(guards) = known.then(|| self.at_every_call(definition.names)).flatten() {
                entry = self.guards.add_all(entry, guards);
            }
            self.here = entry;
            self.quiet = false;
            self.block(definition.body);
        }
    }

    /// Whether a function of the script stands for a command, as far as is known when it comes to a place.
    pub(super) fn is_hidden(&self, command: &str, at: usize) -> bool {
        let later = self.in_function || self.nested > 0;
        self.hidings.get(command).is_some_and(|known| later || known.iter().any(|hiding| hiding.reaches(at)))
    }

    /// What holds wherever a function is called; none if no call is seen.
    fn at_every_call(&self, names: &[String]) -> Option<Vec<Guard>> {
        let calls = names.iter().filter_map(|name| self.calls.get(name.as_str())).flatten();
        // What a failure of the function leads to says nothing of those in it.
        let at = |at: GuardId| self.guards.at(at).filter(|guard| !guard.is_of_failure()).cloned().collect::<Vec<_>>();
        calls.map(|&call| at(call)).reduce(|one, other| common(&one, &other))
    }

    /// What counts as a way out: seen from a function's caller, a `return` is none.
    pub(super) fn leaves(&self) -> Leaves {
        if self.rehearsing > 0 { Leaves::Script } else { Leaves::Function }
    }

    pub(super) fn block(&mut self, block: &Block) {
        for (at, statement) in block.statements.iter().enumerate() {
            let here = self.here;
            let refilled = block.statements.get(at + 1).is_some_and(|next| self.is_refilled(statement, next));
            if refilled {
                self.here = self.guards.add(here, Guard::Default);
            }
            self.statement(statement);
            // A job has an end of its own.
            if statement.background || refilled {
                self.here = here;
            }
            self.outcome = if asks_for_command(statement) {
                self.told_by(statement, 0)
            } else if block.statements.get(at + 1).is_some_and(|next| self.is_about_status(next)) {
                tried_by(statement)
            } else {
                Told::default()
            };
        }
    }

    /// `if [ $? -eq 4 ]`, `[ ${PIPESTATUS[0]} -eq 4 ] && …`
    fn is_about_status(&self, statement: &Statement) -> bool {
        if !self.asks_for_status {
            return false;
        }
        let condition = match &statement.action {
            Action::If(arms, _) => arms.first().and_then(|(condition, _)| condition.statements.first()),
            Action::Chain(first, _) => Some(&**first),
            _ => None,
        };
        let text = condition.and_then(|it| self.script.get(it.bytes.clone()));
        text.is_some_and(asks_for_status)
    }

    fn statement(&mut self, statement: &Statement) {
        let quiet = self.quiet;
        self.quiet |= is_silenced(&statement.redirects);
        self.keep_features(statement);
        self.quiet = quiet || is_quiet(&statement.redirects);
        for redirect in &statement.redirects {
            self.pieces(&redirect.target.pieces);
        }
        self.redirected(&statement.redirects);
        match &statement.action {
            Action::Command(command) => self.command(command, statement),
            Action::Chain(first, links) => self.chain(first, links),
            Action::Pipeline(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    let here = self.here;
                    self.piped = at.checked_sub(1).and_then(|before| Piped::by(&parts[before]));
                    // `timeout --help 2>&1 | grep -q …`: what it complains of is asked as well.
                    let unheard = self.quiet;
                    self.quiet |= self.asking > 0 && at + 1 < parts.len() && is_joined(&part.redirects);
                    self.statement(part);
                    self.quiet = unheard;
                    self.here = here;
                }
                self.piped = None;
            }
            Action::If(arms, otherwise) => self.branches(arms, otherwise.as_ref()),
            Action::Loop(it) => self.iteration(it),
            Action::Case(word, arms) => self.case(word, arms),
            Action::Group(block) => self.block(block),
            Action::Subshell(block) => self.apart(block),
            Action::Function(_, body) => {
                if self.nested > 0 {
                    self.apart(body);
                } else if self.rehearsing == 0 {
                    self.defined_at.insert(begin(statement, body), self.here);
                }
            }
            Action::Test(test) => test.words().into_iter().for_each(|word| self.pieces(&word.pieces)),
            Action::Arithmetic(_, pieces) => self.pieces(pieces),
        }
        self.quiet = quiet;
    }

    /// Runs something whose outcome for what is known does not last.
    fn apart(&mut self, block: &Block) {
        let here = self.here;
        self.block(block);
        self.here = here;
    }

    fn chain(&mut self, first: &Statement, links: &[(Joint, Statement)]) {
        let mut base = self.here;
        let mut told = self.told_by(first, 0);
        let tried = tried_again(first, links);
        told.success.extend(tried.iter().cloned());
        self.here = self.guards.add_all(base, tried.iter().cloned());
        self.aside(Joint::And, first, links);
        if !tried.is_empty() {
            self.here = base;
        }
        if base != self.here && !self.guards.since(self.here, base).any(Guard::is_of_failure) {
            base = self.here;
        }
        let mut before = vec![first];
        // `[ -r /proc/meminfo ] && a || b`: `b` is for where the condition does not hold.
        let mut asked = Vec::new();
        for (at, (joint, link)) in links.iter().enumerate() {
            let (holds, fails) = match joint {
                Joint::And => (&told.success, &told.failure),
                Joint::Or => (&told.failure, &told.success),
            };
            self.here = self.guards.add_all(base, holds.iter().cloned());
            match joint {
                Joint::And if is_test(link) => asked.clear(),
                Joint::And if asked.is_empty() => asked = told.failure.iter().filter(|guard| **guard != Guard::Never).cloned().collect(),
                Joint::And => {}
                Joint::Or => {
                    asked.extend(before.iter().flat_map(|earlier| tried_names(earlier)).map(|name| Guard::Tried(name.into())));
                    self.here = self.guards.add_all(self.here, std::mem::take(&mut asked));
                }
            }
            let fails = fails.clone();
            self.aside(*joint, link, &links[at + 1..]);
            if self.statement_ends(link, self.leaves()) || (*joint == Joint::Or && statement_provides(link)) {
                base = self.guards.add_all(base, fails);
            } else {
                let next = self.told_by(link, 0);
                told = match joint {
                    Joint::And => told.and(next),
                    Joint::Or => told.or(next),
                };
            }
            before.push(link);
        }
        self.here = base;
    }

    /// Walks one link of a chain, under the guard that a failure of it is provided for.
    fn aside(&mut self, joint: Joint, link: &Statement, rest: &[(Joint, Statement)]) {
        // A test does not fail because what is in it does.
        let alternatives = rest.iter().filter(|(joint, _)| *joint == Joint::Or && !is_test(link)).take(MOST_ALTERNATIVES);
        let mut guards: Vec<Guard> = alternatives.filter_map(|(_, other)| self.alternative(link, other)).collect();
        if joint == Joint::Or {
            // It is another way already: what comes last is for where there is none.
            guards.iter_mut().filter(|guard| **guard == Guard::Constant).for_each(|guard| *guard = Guard::Default);
        }
        if let [(Joint::And, next), ..] = rest
            && is_probe(link, std::slice::from_ref(next))
        {
            guards.push(Guard::Fallback);
        }
        self.here = self.guards.add_all(self.here, guards);
        if rest.is_empty() {
            self.statement(link);
        } else {
            self.asking += 1;
            self.statement(link);
            self.asking -= 1;
        }
    }

    fn branches(&mut self, arms: &[(Block, Block)], otherwise: Option<&Block>) {
        let base = self.here;
        let mut entry = base;
        let mut ways: Vec<Vec<Guard>> = Vec::new();
        let mut ended = false;
        for (condition, body) in arms {
            let known = self.guards.add_all(entry, tried_in(condition, arms, otherwise));
            let another_way = self.otherwise(condition, body, otherwise.filter(|_| arms.len() == 1));
            let tried = another_way.is_some().then(|| condition.statements.first()).flatten();
            self.here = self.guards.add_all(known, another_way.iter().cloned());
            let outcome = self.outcome.clone();
            self.condition(condition);
            self.outcome = outcome;
            // What provides for a failure of the condition is no help where it has failed.
            let learnt = self.guards.since(self.here, known).cloned().collect();
            let (succeeded, failed) = (self.here, self.join(known, vec![learnt], true));
            let succeeded = if another_way.is_some() { failed } else { succeeded };
            let negated = matches!(condition.statements.as_slice(), [only] if only.negated);
            let (holds, fails) = if negated { (failed, succeeded) } else { (succeeded, failed) };
            let mut told = self.told_by_block(condition, 0);
            if let Some(tried) = tried {
                let behind = if tried.negated { &mut told.success } else { &mut told.failure };
                behind.extend(commands_in(tried).into_iter().map(|name| Guard::Tried(name.into())));
            }
            if runs_again(body) {
                told.failure.extend(self.versions_asked_in(condition));
            }
            entry = self.guards.add_all(fails, told.failure.iter().cloned());
            self.here = self.guards.add_all(holds, told.success.iter().cloned());
            self.block(body);
            if self.ends(body, self.leaves()) {
                ended = true;
                continue;
            }
            let mut way: Vec<Guard> = self.guards.since(self.here, base).cloned().collect();
            let missing = way.iter().filter_map(|guard| if let Guard::Lacks(name) = guard { Some(name.clone()) } else { None });
            let brought: Vec<Guard> = missing.map(Guard::Has).collect();
            if !brought.is_empty() && provides(body) {
                way.extend(brought);
            }
            ways.push(way);
        }
        self.here = entry;
        if let Some(block) = otherwise {
            self.block(block);
        }
        if otherwise.is_some_and(|block| self.ends(block, self.leaves())) {
            ended = true;
        } else {
            ways.push(self.guards.since(self.here, base).cloned().collect());
        }
        self.here = self.join(base, ways, ended);
    }

    /// What holds where several ways meet again.
    fn join(&mut self, base: GuardId, ways: Vec<Vec<Guard>>, ended: bool) -> GuardId {
        let mut both = ways.into_iter().reduce(|one, other| common(&one, &other)).unwrap_or_default();
        both.retain(|guard| match guard {
            Guard::Tried(_) => ended,
            guard => !guard.is_of_failure(),
        });
        both.reverse();
        self.guards.add_all(base, both)
    }

    fn condition(&mut self, block: &Block) {
        self.asking += 1;
        self.block(block);
        self.asking -= 1;
    }

    fn iteration(&mut self, it: &Loop) {
        let base = self.here;
        match &it.kind {
            LoopKind::While(condition) => {
                self.condition(condition);
                let told = self.told_by_block(condition, 0);
                let over = self.here;
                self.here = self.guards.add_all(self.here, told.success);
                self.block(&it.body);
                self.here = if leaves_loop(&it.body) { base } else { self.guards.add_all(over, told.failure) };
            }
            LoopKind::Until(condition) => {
                self.condition(condition);
                let told = self.told_by_block(condition, 0);
                let over = self.here;
                self.block(&it.body);
                self.here = if leaves_loop(&it.body) { base } else { self.guards.add_all(over, told.success) };
            }
            LoopKind::For(variable, words) => {
                for word in words.iter().flatten() {
                    self.pieces(&word.pieces);
                }
                let names = words.as_ref().map_or_else(|| vec!["$@".into()], |words| self.names_in(words));
                self.in_turn.insert(variable.clone(), names.clone());
                self.block(&it.body);
                self.in_turn.remove(variable);
                let each = format!("${variable}");
                let sure = self.guards.since(self.here, base).any(|guard| matches!(guard, Guard::Has(name) if *name == each));
                self.here = base;
                self.spread_flags(&each, &names);
                if sure {
                    self.here = self.guards.add_all(base, names.into_iter().map(Guard::Has));
                }
            }
        }
    }

    fn case(&mut self, word: &Word, arms: &[Arm]) {
        let base = self.here;
        if arms.iter().flat_map(|arm| &arm.patterns).any(|pattern| is_echoed_option(pattern)) {
            self.here = self.guards.add(base, Guard::Tried("echo".into()));
        }
        self.pieces(&word.pieces);
        self.here = base;
        let asked: Vec<Guard> = match word.only_piece() {
            Some(Piece::Command(block)) => {
                let told = self.told_by_block(block, 0);
                told.success.into_iter().filter(|guard| matches!(guard, Guard::Tried(_))).collect()
            }
            _ => Vec::new(),
        };
        let mut excluded = Vec::new();
        let mut ways = Vec::new();
        let (mut ended, mut whole) = (false, false);
        for arm in arms {
            let any = arm.patterns.iter().any(|pattern| pattern == "*");
            whole |= any;
            let told = if any { Told::default() } else { self.arm_tells(&arm.patterns, word) };
            let entry = self.guards.add_all(base, asked.iter().chain(&excluded).chain(&told.success).cloned().collect::<Vec<_>>());
            excluded.extend(told.failure);
            self.here = entry;
            self.block(&arm.body);
            if self.ends(&arm.body, self.leaves()) {
                ended = true;
            } else {
                ways.push(self.guards.since(self.here, base).cloned().collect());
            }
        }
        if !whole {
            ways.push(excluded);
        }
        self.here = self.join(base, ways, ended);
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Command(block) | Piece::Process(block) => {
                    self.substituted += 1;
                    self.apart(block);
                    self.substituted -= 1;
                }
                Piece::Variable(variable) => variable.inside.iter().for_each(|word| self.pieces(&word.pieces)),
                Piece::Arithmetic(_, inside) => self.pieces(inside),
            }
        }
    }

    fn command(&mut self, command: &Command, statement: &Statement) {
        for assignment in command.assignments.iter().chain(&command.declared) {
            for word in assignment.inside() {
                self.pieces(&word.pieces);
            }
        }
        let here = self.here;
        if command.words.iter().any(|word| is_echoed_option(&word.text)) {
            self.here = self.guards.add(here, Guard::Tried("echo".into()));
        }
        for word in command.words.iter() {
            self.pieces(&word.pieces);
        }
        self.here = here;
        let lasting = if command.words.is_empty() { &command.assignments } else { &command.declared };
        for assignment in lasting {
            self.learn(assignment);
            if assignment.name == "PROMPT_COMMAND" {
                let expanded = assignment.value.as_ref().is_some_and(|value| !value.pieces.is_empty());
                self.assigned_text(assignment.bytes.clone(), expanded);
            }
        }
        let Some(name) = command.words.first() else { return };
        self.invoked(command, statement);
        match name.text.as_str() {
            "set" => self.errexit |= sets_errexit(&command.words[1..]),
            // `set -e` does not end a script at what it only asks.
            "command" | "type" | "which" | "hash" | "[" | "test" if self.errexit && self.asking == 0 && !statement.negated => {
                let told = self.told_by(statement, 0);
                self.here = self.guards.add_all(self.here, told.success);
            }
            _ => self.called(name, &command.words[1..]),
        }
        if self.rehearsing == 0 {
            self.here = self.guards.add_all(self.here, installed(&command.words));
        }
    }

    /// A call of a function of the script: where it stands, and what it makes sure of.
    fn called(&mut self, name: &Word, arguments: &[Word]) {
        let Some(&body) = self.functions.get(name.text.as_str()) else {
            let requires =
                matches!(name.text.as_str(), "require" | "need_cmd" | "require_cmd" | "require_command" | "check_cmd" | "need" | "ensure");
            if requires {
                let names: Vec<Guard> = arguments.iter().filter_map(|word| word.literal()).map(|name| Guard::Has(name.into())).collect();
                self.here = self.guards.add_all(self.here, names);
            }
            return;
        };
        if self.rehearsing == 0 {
            self.calls.entry(name.text.clone()).or_default().push(self.here);
        }
        let ensured: Vec<Guard> =
            self.ensured_by(&name.text, body).iter().flat_map(|guard| self.filled(guard, &name.text, arguments)).collect();
        self.here = self.guards.add_all(self.here, ensured);
    }

    /// What holds once a function has returned, found by walking it without keeping anything.
    fn ensured_by(&mut self, name: &str, body: &Block) -> Vec<Guard> {
        if let Some(known) = self.ensured.get(name) {
            return known.clone();
        }
        if self.rehearsing >= MOST_CALLS {
            return Vec::new();
        }
        self.ensured.insert(name.to_owned(), Vec::new());
        let (here, quiet, substituted) = (self.here, self.quiet, self.substituted);
        self.rehearsing += 1;
        self.here = None;
        self.block(body);
        let mut held: Vec<Guard> = self.guards.at(self.here).cloned().collect();
        held.retain(|guard| !matches!(guard, Guard::Tried(_)) && !guard.is_of_failure());
        self.rehearsing -= 1;
        (self.here, self.quiet, self.substituted) = (here, quiet, substituted);
        self.ensured.insert(name.to_owned(), held.clone());
        held
    }

    /// The argument that a variable of a function holds; the variable's own name if it holds none.
    pub(super) fn parameter<'n>(&'n self, function: &str, variable: &'n str) -> &'n str {
        let Some((held, body)) = self.parameters.get(function).zip(self.functions.get(function)) else { return variable };
        held.get_or_init(|| parameters(body)).get(variable).copied().unwrap_or(variable)
    }
}

fn asks_for_status(text: &str) -> bool {
    ["$?", "${PIPESTATUS[0]}"].iter().any(|sign| memchr::memmem::find(text.as_bytes(), sign.as_bytes()).is_some())
}

/// `[ "$(echo -e x)" = "-e x" ]`: what is printed by an `echo` that has no such option.
fn is_echoed_option(text: &str) -> bool {
    text.strip_prefix("-e").or_else(|| text.strip_prefix("-n")).is_some_and(|rest| rest.starts_with([' ', '*']))
}
