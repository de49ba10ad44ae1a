//! Walks a script in the order it runs and finds out under which guards each command and each feature stands.

use std::collections::{HashMap, HashSet};

use super::condition::is_no;
use super::ends::Leaves;
use super::guard::{Guard, GuardId, Guards, Named, System, Told, common};
use super::tree::{
    Action, Arm, Assignment, Block, Bytes, Command, FeatureUse, Joint, Loop, LoopKind, Piece, Redirect, RedirectKind, Statement, Test, Word,
};
use super::{Invocation, Occurrence};
use crate::policy::Version;

/// How deep functions that make sure of something are followed.
const MOST_CALLS: usize = 8;

/// The walk, and what it has learnt so far.
pub(super) struct Flow<'a> {
    pub(super) script: &'a str,
    /// Bodies by name; the last definition of a name counts.
    pub(super) functions: HashMap<&'a str, &'a Block>,
    /// Variables that hold an argument of their function: `local tool=$1`.
    pub(super) aliases: HashMap<String, String>,
    /// Variables that were set only under certain guards.
    pub(super) flags: HashMap<String, Vec<Guard>>,
    pub(super) guards: Guards,
    pub(super) here: GuardId,
    /// Standard error goes nowhere.
    pub(super) quiet: bool,
    /// How many substitutions are open.
    substituted: usize,
    /// How many texts that are run are open.
    pub(super) nested: usize,
    /// Features count: the text is bash's.
    pub(super) bash: bool,
    errexit: bool,
    /// Only learning: nothing found is kept.
    rehearsing: usize,
    defined_at: HashMap<usize, GuardId>,
    calls: HashMap<String, Vec<GuardId>>,
    ensured: HashMap<String, Vec<Guard>>,
    pub(super) invocations: Vec<Invocation>,
    pub(super) occurrences: Vec<Occurrence>,
}

/// A function of the script.
struct Definition<'a> {
    names: &'a [String],
    body: &'a Block,
    at: usize,
}

impl<'a> Flow<'a> {
    /// Walks a whole script.
    pub(super) fn through(script: &'a str, body: &'a Block, errexit: bool, bash: bool) -> Self {
        let definitions = definitions(body);
        let functions = definitions.iter().flat_map(|it| it.names.iter().map(|name| (name.as_str(), it.body))).collect();
        let mut flow = Self {
            script,
            functions,
            aliases: HashMap::new(),
            flags: HashMap::new(),
            guards: Guards::default(),
            here: None,
            quiet: false,
            substituted: 0,
            nested: 0,
            bash,
            errexit,
            rehearsing: 0,
            defined_at: HashMap::new(),
            calls: HashMap::new(),
            ensured: HashMap::new(),
            invocations: Vec::new(),
            occurrences: Vec::new(),
        };
        flow.block(body);
        flow.functions_in_order(&definitions, body);
        flow
    }

    /// Walks functions after their callers, under what holds at all calls.
    fn functions_in_order(&mut self, definitions: &[Definition<'a>], body: &'a Block) {
        let passed_on = names_passed_on(body, &self.functions);
        let callers = callers(definitions, &self.functions);
        let mut waiting: Vec<usize> = (0..definitions.len()).collect();
        while !waiting.is_empty() {
            let ready = |&at: &usize| callers[at].iter().all(|caller| *caller == at || !waiting.contains(caller));
            let (position, in_order) = match waiting.iter().position(ready) {
                Some(position) => (position, true),
                None => (0, false),
            };
            let definition = &definitions[waiting.remove(position)];
            let mut entry = self.defined_at.get(&definition.at).copied().flatten();
            let known = in_order && !definition.names.iter().any(|name| passed_on.contains(name.as_str()));
            if let Some(guards) = known.then(|| self.at_every_call(definition.names)).flatten() {
                entry = self.guards.add_all(entry, guards);
            }
            self.here = entry;
            self.quiet = false;
            self.aliases.clear();
            self.block(definition.body);
        }
    }

    /// What holds wherever a function is called; none if no call is seen.
    fn at_every_call(&self, names: &[String]) -> Option<Vec<Guard>> {
        let calls = names.iter().filter_map(|name| self.calls.get(name)).flatten();
        calls.map(|&at| self.guards.at(at).cloned().collect::<Vec<_>>()).reduce(|one, other| common(&one, &other))
    }

    pub(super) fn block(&mut self, block: &Block) {
        for statement in &block.statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.keep_features(&statement.features);
        let quiet = self.quiet;
        self.quiet |= is_quiet(&statement.redirects);
        for redirect in &statement.redirects {
            self.pieces(&redirect.target.pieces);
        }
        match &statement.action {
            Action::Command(command) => self.command(command, statement),
            Action::Chain(first, links) => self.chain(first, links),
            Action::Pipeline(parts) => {
                for part in parts {
                    let here = self.here;
                    self.statement(part);
                    self.here = here;
                }
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
                    self.defined_at.insert(body.statements.first().map_or(statement.bytes.start, |first| first.bytes.start), self.here);
                }
            }
            Action::Test(test) => self.test(test),
            Action::Arithmetic(_, pieces) => self.pieces(pieces),
        }
        self.quiet = quiet;
    }

    fn keep_features(&mut self, features: &[FeatureUse]) {
        if self.rehearsing > 0 || !self.bash {
            return;
        }
        let here = self.here;
        self.occurrences.extend(features.iter().map(|it| Occurrence { feature: it.feature, bytes: it.bytes.clone(), guards: here }));
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
        self.aside(first, next_alternative(links));
        if base != self.here && !self.guards.since(self.here, base).any(|guard| matches!(guard, Guard::Fallback | Guard::OrElse(_))) {
            base = self.here;
        }
        let mut before = vec![first];
        for (at, (joint, link)) in links.iter().enumerate() {
            let (holds, fails) = match joint {
                Joint::And => (&told.success, &told.failure),
                Joint::Or => (&told.failure, &told.success),
            };
            self.here = self.guards.add_all(base, holds.iter().cloned());
            if *joint == Joint::Or {
                let tried = before.iter().flat_map(|earlier| commands_in(earlier)).map(|name| Guard::Tried(name.to_owned()));
                self.here = self.guards.add_all(self.here, tried.collect::<Vec<_>>());
            }
            let fails = fails.clone();
            self.aside(link, next_alternative(&links[at + 1..]));
            if self.statement_ends(link, Leaves::Function) || (*joint == Joint::Or && self.statement_provides(link)) {
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
    fn aside(&mut self, link: &Statement, alternative: Option<&Statement>) {
        if let Some(guard) = alternative.and_then(|alternative| self.alternative(link, alternative)) {
            self.here = self.guards.add(self.here, guard);
        }
        self.statement(link);
    }

    /// Whether what stands after `||` does the work another way.
    fn alternative(&self, tried: &Statement, other: &Statement) -> Option<Guard> {
        if self.statement_ends(other, Leaves::Function) {
            return None;
        }
        let names = commands_in(other);
        let Some(first) = names.first() else {
            return matches!(&other.action, Action::Command(command) if !command.assignments.is_empty()).then_some(Guard::Fallback);
        };
        let empty = matches!(*first, "true" | ":" | "false");
        if self.substituted > 0 {
            let quiet = self.quiet || is_quiet(&tried.redirects);
            return (!empty || quiet).then_some(Guard::Fallback);
        }
        if empty || matches!(*first, "echo" | "printf") {
            return None;
        }
        let shares = {
            let theirs = words_in(other);
            words_in(tried).iter().any(|word| word.len() > 1 && !word.starts_with('-') && theirs.contains(word))
        };
        Some(if shares { Guard::Fallback } else { Guard::OrElse((*first).to_owned()) })
    }

    fn branches(&mut self, arms: &[(Block, Block)], otherwise: Option<&Block>) {
        let base = self.here;
        let mut entry = base;
        let mut ways: Vec<Vec<Guard>> = Vec::new();
        let mut ended = false;
        for (condition, body) in arms {
            let tried = self.tried_in(condition, arms, otherwise);
            self.here = self.guards.add_all(entry, tried);
            self.block(condition);
            let told = self.told_by_block(condition, 0);
            entry = self.guards.add_all(self.here, told.failure.iter().cloned());
            self.here = self.guards.add_all(self.here, told.success.iter().cloned());
            self.block(body);
            if self.ends(body, Leaves::Function) {
                ended = true;
                continue;
            }
            let mut way: Vec<Guard> = self.guards.since(self.here, base).cloned().collect();
            if self.provides(body) {
                let missing = way.iter().filter_map(|guard| if let Guard::Lacks(name) = guard { Some(name.clone()) } else { None });
                let brought: Vec<Guard> = missing.map(Guard::Has).collect();
                way.extend(brought);
            }
            ways.push(way);
        }
        self.here = entry;
        if let Some(block) = otherwise {
            self.block(block);
        }
        if otherwise.is_some_and(|block| self.ends(block, Leaves::Function)) {
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
            Guard::Fallback | Guard::OrElse(_) => false,
            Guard::Tried(_) => ended,
            _ => true,
        });
        both.reverse();
        self.guards.add_all(base, both)
    }

    /// Commands that the condition runs and a branch runs again: the script finds out which kind it has.
    fn tried_in(&self, condition: &Block, arms: &[(Block, Block)], otherwise: Option<&Block>) -> Vec<Guard> {
        let mut asked = Vec::new();
        condition.each(&mut |statement| asked.extend(own_command(statement)));
        asked
            .retain(|name| !matches!(*name, "[" | "test" | "command" | "type" | "which" | "echo" | "true") && crate::facts::is_known(name));
        if asked.is_empty() {
            return Vec::new();
        }
        let mut again = HashSet::new();
        for block in arms.iter().map(|(_, body)| body).chain(otherwise) {
            block.each(&mut |statement| again.extend(own_command(statement)));
        }
        asked.into_iter().filter(|name| again.contains(name)).map(|name| Guard::Tried(name.to_owned())).collect()
    }

    fn iteration(&mut self, it: &Loop) {
        let base = self.here;
        match &it.kind {
            LoopKind::While(condition) => {
                self.block(condition);
                let told = self.told_by_block(condition, 0);
                self.here = self.guards.add_all(self.here, told.success);
                self.block(&it.body);
                self.here = base;
            }
            LoopKind::Until(condition) => {
                self.block(condition);
                self.block(&it.body);
                self.here = base;
            }
            LoopKind::For(variable, words) => {
                for word in words.iter().flatten() {
                    self.pieces(&word.pieces);
                }
                self.block(&it.body);
                let each = format!("${variable}");
                let sure = self.guards.since(self.here, base).any(|guard| matches!(guard, Guard::Has(name) if *name == each));
                self.here = base;
                if sure {
                    let names: Vec<String> = match words {
                        Some(words) => words.iter().filter_map(|word| self.command_named(word)).collect(),
                        None => vec!["$@".to_owned()],
                    };
                    self.here = self.guards.add_all(base, names.into_iter().map(Guard::Has));
                }
            }
        }
    }

    fn case(&mut self, word: &Word, arms: &[Arm]) {
        self.pieces(&word.pieces);
        let base = self.here;
        let asked: Vec<Guard> = match word.only_piece() {
            Some(Piece::Command(block)) => {
                let told = self.told_by_block(block, 0);
                told.success.into_iter().filter(|guard| matches!(guard, Guard::Tried(_))).collect()
            }
            _ => Vec::new(),
        };
        let version = matches!(word.only_piece(), Some(Piece::Variable(variable)) if variable.name.starts_with("BASH_VERS"));
        let mut excluded = Vec::new();
        let mut ways = Vec::new();
        let (mut ended, mut whole) = (false, false);
        for arm in arms {
            let any = arm.patterns.iter().any(|pattern| pattern == "*");
            whole |= any;
            let told = if any { Told::default() } else { arm_tells(&arm.patterns, version) };
            let entry = self.guards.add_all(base, asked.iter().chain(&excluded).chain(&told.success).cloned().collect::<Vec<_>>());
            excluded.extend(told.failure);
            self.here = entry;
            self.block(&arm.body);
            if self.ends(&arm.body, Leaves::Function) {
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

    fn test(&mut self, test: &Test) {
        match test {
            Test::And(left, right) | Test::Or(left, right) => {
                self.test(left);
                self.test(right);
            }
            Test::Not(inner) => self.test(inner),
            Test::Unary(_, word) | Test::Word(word) => self.pieces(&word.pieces),
            Test::Binary(left, _, right) => {
                self.pieces(&left.pieces);
                self.pieces(&right.pieces);
            }
        }
    }

    fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            match piece {
                Piece::Command(block) | Piece::Process(block) => {
                    self.substituted += 1;
                    self.apart(block);
                    self.substituted -= 1;
                }
                Piece::Variable(variable) => self.pieces(&variable.inside),
                Piece::Arithmetic(inside) => self.pieces(inside),
            }
        }
    }

    fn command(&mut self, command: &Command, statement: &Statement) {
        for assignment in command.assignments.iter().chain(&command.declared) {
            for word in assignment.value.iter().chain(assignment.elements.iter().flatten()) {
                self.pieces(&word.pieces);
            }
        }
        for word in command.words.iter() {
            self.pieces(&word.pieces);
        }
        let lasting = if command.words.is_empty() { &command.assignments } else { &command.declared };
        for assignment in lasting {
            self.learn(assignment);
        }
        let Some(name) = command.words.first() else { return };
        self.invoked(command, statement);
        match name.text.as_str() {
            "set" => self.errexit |= sets_errexit(&command.words[1..]),
            "command" | "type" | "which" | "hash" | "[" | "test" if self.errexit && !statement.negated => {
                let told = self.told_by(statement, 0);
                self.here = self.guards.add_all(self.here, told.success);
            }
            _ => self.called(name, &command.words[1..]),
        }
    }

    /// A call of a function of the script: where it stands, and what it makes sure of.
    fn called(&mut self, name: &Word, arguments: &[Word]) {
        let Some(&body) = self.functions.get(name.text.as_str()) else {
            let requires =
                matches!(name.text.as_str(), "require" | "need_cmd" | "require_cmd" | "require_command" | "check_cmd" | "need" | "ensure");
            if requires {
                let names: Vec<Guard> =
                    arguments.iter().filter_map(|word| word.literal()).map(|name| Guard::Has(name.to_owned())).collect();
                self.here = self.guards.add_all(self.here, names);
            }
            return;
        };
        if self.rehearsing == 0 {
            self.calls.entry(name.text.clone()).or_default().push(self.here);
        }
        let ensured: Vec<Guard> = self.ensured_by(&name.text, body).iter().flat_map(|guard| self.filled(guard, arguments)).collect();
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
        let aliases = std::mem::take(&mut self.aliases);
        self.rehearsing += 1;
        self.here = None;
        self.block(body);
        let mut held: Vec<Guard> = self.guards.at(self.here).cloned().collect();
        held.retain(|guard| !matches!(guard, Guard::Tried(_) | Guard::Fallback | Guard::OrElse(_)));
        self.rehearsing -= 1;
        (self.here, self.quiet, self.substituted, self.aliases) = (here, quiet, substituted, aliases);
        self.ensured.insert(name.to_owned(), held.clone());
        held
    }

    /// What an assignment tells: an argument's other name, or a flag that stands for a guard.
    fn learn(&mut self, assignment: &Assignment) {
        let Some(value) = &assignment.value else { return };
        match value.only_piece() {
            Some(Piece::Variable(variable)) if is_parameter(&variable.name) => {
                self.aliases.insert(assignment.name.clone(), variable.name.clone());
            }
            Some(Piece::Command(block)) => {
                let told = self.told_by_block(block, 0);
                let sure: Vec<Guard> = told.success.into_iter().filter(|guard| matches!(guard, Guard::Has(_))).collect();
                self.flags.insert(assignment.name.clone(), sure);
            }
            _ if value.literal().is_some_and(|text| !is_no(text)) => {
                let held: Vec<Guard> = self
                    .guards
                    .at(self.here)
                    .filter(|guard| matches!(guard, Guard::Has(_) | Guard::On(_) | Guard::NotOn(_)))
                    .cloned()
                    .collect();
                let held = match self.flags.get(&assignment.name) {
                    Some(earlier) => common(earlier, &held),
                    None => held,
                };
                self.flags.insert(assignment.name.clone(), held);
            }
            _ => {}
        }
    }

    pub(super) fn found(&mut self, invocation: Invocation) {
        if self.rehearsing == 0 {
            self.invocations.push(invocation);
        }
    }
}

fn definitions<'a>(body: &'a Block) -> Vec<Definition<'a>> {
    let mut found = Vec::new();
    body.each(&mut |statement| {
        if let Action::Function(names, body) = &statement.action {
            let at = body.statements.first().map_or(statement.bytes.start, |first| first.bytes.start);
            found.push(Definition { names, body, at });
        }
    });
    found
}

/// For each definition, the definitions whose bodies call it.
fn callers(definitions: &[Definition<'_>], functions: &HashMap<&str, &Block>) -> Vec<HashSet<usize>> {
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (at, definition) in definitions.iter().enumerate() {
        for name in definition.names {
            by_name.entry(name).or_default().push(at);
        }
    }
    let mut callers = vec![HashSet::new(); definitions.len()];
    for (caller, definition) in definitions.iter().enumerate() {
        definition.body.each(&mut |statement| {
            let called = own_command(statement).filter(|name| functions.contains_key(name));
            for &at in called.and_then(|name| by_name.get(name)).into_iter().flatten() {
                callers[at].insert(caller);
            }
        });
    }
    callers
}

/// Functions whose names stand among arguments: somebody else may call them.
fn names_passed_on<'a>(body: &'a Block, functions: &HashMap<&str, &Block>) -> HashSet<&'a str> {
    let mut names = HashSet::new();
    body.each(&mut |statement| {
        if let Action::Command(command) = &statement.action {
            let arguments = command.words.iter().skip(1).map(|word| word.text.as_str());
            names.extend(arguments.filter(|text| functions.contains_key(text)));
        }
    });
    names
}

/// The name of the command that a statement itself is.
pub(super) fn own_command(statement: &Statement) -> Option<&str> {
    match &statement.action {
        Action::Command(command) => command.words.first().and_then(Word::literal),
        _ => None,
    }
}

fn commands_in(statement: &Statement) -> Vec<&str> {
    let mut names = Vec::new();
    statement.each(&mut |inner| names.extend(own_command(inner)));
    names
}

fn words_in(statement: &Statement) -> Vec<&str> {
    let mut words = Vec::new();
    statement.each(&mut |inner| {
        if let Action::Command(command) = &inner.action {
            for word in command.words.iter() {
                match word.only_piece() {
                    Some(Piece::Variable(variable)) => words.push(variable.name.as_str()),
                    _ => words.push(word.text.as_str()),
                }
            }
        }
    });
    words
}

fn next_alternative(links: &[(Joint, Statement)]) -> Option<&Statement> {
    links.iter().find(|(joint, _)| *joint == Joint::Or).map(|(_, statement)| statement)
}

fn arm_tells(patterns: &[String], version: bool) -> Told {
    if version {
        let lowest = patterns.iter().map(|pattern| super::condition::leading_version(pattern)).collect::<Option<Vec<Version>>>();
        return lowest.and_then(|versions| versions.into_iter().min()).map(Told::bash).unwrap_or_default();
    }
    let named: Vec<Named> = patterns.iter().map(|pattern| System::named(pattern)).collect();
    match named.as_slice() {
        [first, rest @ ..] if rest.iter().all(|other| other == first) => Told::system(*first),
        _ if !named.contains(&Named::Unknown) && !named.contains(&Named::One(System::Mac)) => {
            Told { success: vec![Guard::NotOn(System::Mac)], failure: Vec::new() }
        }
        _ => Told::default(),
    }
}

fn is_quiet(redirects: &[Redirect]) -> bool {
    let nowhere = |redirect: &Redirect| redirect.target.text == "/dev/null";
    redirects.iter().any(|redirect| match (redirect.kind, redirect.fd) {
        (RedirectKind::Both, _) | (RedirectKind::Output, Some(2)) => nowhere(redirect),
        (RedirectKind::Duplicate, Some(2)) => {
            redirect.target.text == "1" && redirects.iter().any(|other| other.fd.is_none_or(|fd| fd == 1) && nowhere(other))
        }
        _ => false,
    })
}

fn sets_errexit(arguments: &[Word]) -> bool {
    let mut words = arguments.iter().map(|word| word.text.as_str());
    words.any(|text| text == "errexit" || (text.starts_with('-') && !text.starts_with("--") && text[1..].contains('e')))
}

fn is_parameter(name: &str) -> bool {
    matches!(name, "@" | "*") || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// From the first byte of one word to the last of another.
pub(super) fn spanning(words: &[Word]) -> Bytes {
    match words {
        [] => 0..0,
        [first, .., last] => first.bytes.start..last.bytes.end.max(first.bytes.end),
        [only] => only.bytes.clone(),
    }
}
