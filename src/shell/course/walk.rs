//! The walk through a script: branches, loops, chains, subshells, calls.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::git::path_in;
use super::value::{Symbol, Value};
use super::{Course, Failure, Frame, Frames, Round, Whose};
use crate::shell::functions::definitions;
use crate::shell::read;
use crate::shell::source::Source;
use crate::shell::survey::own_command;
use crate::shell::tree::{Action, Arm, Block, Bytes, Joint, Loop, LoopKind, Piece, Statement, UNKNOWN, Word};
use crate::shell::{Errexit, Script, UNKNOWN_VALUE};

/// How deep calls and texts that are run are followed.
pub(super) const MOST_CALLS: usize = 12;

/// After how many statements the walk gives up.
const MOST_STATEMENTS: usize = 20_000;

/// What a variable holds.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Held {
    pub(super) value: Option<Value>,
    /// The elements of an array.
    pub(super) elements: Option<Vec<Value>>,
}

/// How far a way has come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ended {
    No,
    Loop,
    Function,
    Script,
}

/// What a shell is at, but for its variables: a subshell has a copy.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    /// Its arguments, where they are known.
    pub(super) arguments: Option<Arc<Vec<Value>>>,
    pub(super) folder: Value,
    /// What `pushd` put aside.
    pub(super) folders: Vec<Value>,
    pub(super) errexit: bool,
    pub(super) ended: Ended,
}

/// The variables, with what they were before: a way that was only tried can be taken back.
#[derive(Debug, Default)]
pub(super) struct Variables {
    held: HashMap<Arc<str>, Arc<Held>>,
    before: Vec<(Arc<str>, Option<Arc<Held>>)>,
}

impl Variables {
    pub(super) fn get(&self, name: &str) -> Option<&Arc<Held>> {
        self.held.get(name)
    }

    pub(super) fn set(&mut self, name: &str, held: Held) {
        self.put(name, Arc::new(held));
    }

    fn put(&mut self, name: &str, held: Arc<Held>) {
        let name = self.held.get_key_value(name).map_or_else(|| Arc::from(name), |(known, _)| Arc::clone(known));
        let before = self.held.insert(Arc::clone(&name), held);
        self.before.push((name, before));
    }

    /// Takes back everything since a mark, and tells what the variables were then that had changed.
    fn take_back(&mut self, mark: usize) -> BTreeMap<Arc<str>, Arc<Held>> {
        let mut changed = BTreeMap::new();
        while self.before.len() > mark {
            let Some((name, before)) = self.before.pop() else { break };
            let now = match before {
                Some(before) => self.held.insert(name.clone(), before),
                None => self.held.remove(&name),
            };
            // The first one taken back is the last that was set.
            changed.entry(name).or_insert_with(|| now.unwrap_or_default());
        }
        changed
    }
}

/// Where a way through the script has led, and what it changed.
struct Way {
    shell: Shell,
    changed: BTreeMap<Arc<str>, Arc<Held>>,
}

pub(super) struct Walk<'a> {
    pub(super) script: &'a Script,
    pub(super) functions: HashMap<&'a str, &'a Block>,
    pub(super) shell: Shell,
    pub(super) variables: Variables,
    pub(super) frames: Frames,
    /// What becomes of failures here, where something other than the shell's own way is done about them.
    pub(super) context: Option<Failure>,
    pub(super) course: Course,
    /// Whose the folders are that were asked about; true until the script makes another one.
    pub(super) places: HashMap<Value, Whose>,
    /// Functions that are being called, outermost first.
    pub(super) active: Vec<String>,
    pub(super) called: HashSet<String>,
    /// Where these calls are written, outermost first.
    pub(super) sites: Vec<Bytes>,
    /// For each open call, what its local names were outside.
    pub(super) locals: Vec<HashMap<CompactString, Option<Arc<Held>>>>,
    /// Handlers that are not walked yet: the trap, and what it runs.
    pub(super) handlers: Vec<(usize, Arc<Source>)>,
    pub(super) nested: usize,
    /// The loops over lists that are open, and the values of their variables.
    rounds: Vec<(usize, Value)>,
    statements: usize,
    serial: usize,
}

/// The folder that a script is started in.
fn started_in(script: &Script) -> Value {
    let start = Value::symbol(Symbol::Start);
    let Some(folder) = &script.folder else { return start };
    let mut path = Value::default();
    for (at, known) in folder.split(UNKNOWN_VALUE).enumerate() {
        if at > 0 {
            path.push(&Value::symbol(Symbol::Varying(0)));
        }
        path.push_str(known);
    }
    path_in(&start, &path)
}

impl<'a> Walk<'a> {
    /// Walks a whole script.
    pub(super) fn through(script: &'a Script) -> Course {
        let functions = definitions(&script.body).iter().flat_map(|it| it.names.iter().map(|name| (name.as_str(), it.body))).collect();
        let shell = Shell {
            arguments: None,
            folder: started_in(script),
            folders: Vec::new(),
            errexit: script.errexit == Errexit::FromStart,
            ended: Ended::No,
        };
        let mut walk = Self {
            script,
            functions,
            shell,
            variables: Variables::default(),
            frames: Frames::default(),
            context: None,
            course: Course::default(),
            places: HashMap::new(),
            active: Vec::new(),
            called: HashSet::new(),
            sites: Vec::new(),
            locals: Vec::new(),
            handlers: Vec::new(),
            nested: 0,
            rounds: Vec::new(),
            statements: 0,
            serial: 0,
        };
        walk.block(&script.body);
        walk.end_shell(0);
        walk.uncalled();
        walk.mark_replaced();
        walk.course
    }

    /// Functions that nothing calls may be called from elsewhere.
    fn uncalled(&mut self) {
        let mut names: Vec<&str> = self.functions.keys().copied().collect();
        names.sort_unstable();
        self.shell.ended = Ended::No;
        for name in names {
            if self.called.contains(name) {
                continue;
            }
            let Some(&body) = self.functions.get(name) else { continue };
            let made = self.course.made.len();
            self.try_way(|walk| {
                walk.shell.arguments = None;
                walk.shell.folder = started_in(walk.script);
                walk.active.push(name.to_owned());
                walk.within(Frame::Uncalled(name.to_owned()), |walk| walk.block(body));
                walk.active.pop();
            });
            // Its `$1` is not that of the next one.
            self.course.made.truncate(made);
            self.places.clear();
        }
    }

    /// A number that was not given before.
    pub(super) fn next(&mut self) -> usize {
        self.serial += 1;
        self.serial
    }

    /// A value that nothing is known of.
    pub(super) fn varying(&mut self) -> Value {
        Value::symbol(Symbol::Varying(self.next()))
    }

    pub(super) fn within(&mut self, frame: Frame, act: impl FnOnce(&mut Self)) {
        let outer = std::mem::take(&mut self.frames);
        self.frames = outer.with(frame);
        act(self);
        self.frames = outer;
    }

    /// In a shell of its own.
    pub(super) fn apart(&mut self, frame: Frame, act: impl FnOnce(&mut Self)) {
        let waiting = self.handlers.len();
        self.try_way(|walk| {
            walk.within(frame, |walk| {
                act(walk);
                walk.end_shell(waiting);
            });
        });
    }

    /// Follows a way and comes back; where it led is told.
    fn try_way(&mut self, act: impl FnOnce(&mut Self)) -> Way {
        let (outer, mark) = (self.shell.clone(), self.variables.before.len());
        act(self);
        let shell = std::mem::replace(&mut self.shell, outer);
        Way { shell, changed: self.variables.take_back(mark) }
    }

    /// Goes on from where ways meet; those that end do not come here.
    fn meet(&mut self, ways: Vec<Way>) {
        let (open, ended): (Vec<Way>, Vec<Way>) = ways.into_iter().partition(|way| way.shell.ended == Ended::No);
        if open.is_empty() {
            if let Some(least) = ended.iter().map(|way| way.shell.ended).min() {
                self.shell.ended = least;
            }
            return;
        }
        let names: BTreeSet<&Arc<str>> = open.iter().flat_map(|way| way.changed.keys()).collect();
        for name in names {
            let here = self.variables.get(name).cloned().unwrap_or_default();
            let each: Vec<Arc<Held>> = open.iter().map(|way| way.changed.get(name).unwrap_or(&here).clone()).collect();
            match each.as_slice() {
                [held, others @ ..] if held.elements.is_none() && others.iter().all(|other| Arc::ptr_eq(held, other)) => {
                    self.variables.put(name, Arc::clone(held));
                }
                _ => {
                    let held = self.either(name, &each);
                    self.variables.set(name, held);
                }
            }
        }
        let folders = open.iter().map(|way| way.shell.folder.clone());
        self.shell.folder = Value::among(folders).unwrap_or_else(|| self.varying());
        self.shell.errexit |= open.iter().any(|way| way.shell.errexit);
        if let [only] = open.as_slice() {
            self.shell = only.shell.clone();
        }
    }

    /// The way that changes nothing.
    fn unchanged(&self) -> Way {
        Way { shell: self.shell.clone(), changed: BTreeMap::new() }
    }

    fn under(&mut self, context: Option<Failure>, act: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.context, context);
        act(self);
        self.context = outer;
    }

    pub(super) fn block(&mut self, block: &Block) {
        for statement in &block.statements {
            if self.shell.ended > Ended::No {
                return;
            }
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        self.statements += 1;
        if self.statements > MOST_STATEMENTS {
            self.course.cut = true;
            return;
        }
        if statement.background {
            self.apart(Frame::Background(statement.bytes.clone()), |walk| walk.under(None, |walk| walk.act(statement)));
        } else if statement.negated {
            self.under(Some(Failure::Tested), |walk| walk.act(statement));
        } else {
            self.act(statement);
        }
    }

    fn act(&mut self, statement: &Statement) {
        if !matches!(statement.action, Action::Command(_)) {
            self.redirected(statement);
        }
        match &statement.action {
            Action::Command(command) => self.command(command, statement),
            Action::Chain(first, links) => self.chain(first, links, statement),
            Action::Pipeline(parts) => {
                let outer = self.context;
                for (at, part) in parts.iter().enumerate() {
                    let last = at + 1 == parts.len();
                    let context = if last { outer } else { Some(outer.unwrap_or(Failure::Unseen)) };
                    self.apart(Frame::Subshell(part.bytes.start), |walk| walk.under(context, |walk| walk.statement(part)));
                }
            }
            Action::If(arms, otherwise) => self.branches(arms, otherwise.as_ref(), statement.bytes.start),
            Action::Loop(it) => self.iteration(it, statement),
            Action::Case(word, arms) => self.case(word, arms, statement.bytes.start),
            Action::Group(block) => self.block(block),
            Action::Subshell(block) => self.apart(Frame::Subshell(statement.bytes.start), |walk| walk.block(block)),
            Action::Function(..) => {}
            Action::Test(test) => test.words().into_iter().for_each(|word| self.look_into(word)),
            Action::Arithmetic(_, pieces) => self.pieces(pieces),
        }
    }

    fn chain(&mut self, first: &Statement, links: &[(Joint, Statement)], statement: &Statement) {
        let failure = |at: usize| -> Option<Failure> {
            let rest = &links[at..];
            match rest.first()? {
                (Joint::Or, other) => Some(alternative(other)),
                (Joint::And, _) => match rest.iter().find(|(joint, _)| *joint == Joint::Or) {
                    Some((_, other)) if alternative(other) == Failure::Tested => Some(Failure::Tested),
                    _ => Some(Failure::Skips(statement.bytes.end)),
                },
            }
        };
        let outer = self.context;
        self.under(failure(0), |walk| walk.statement(first));
        for (at, (joint, link)) in links.iter().enumerate() {
            if self.shell.ended > Ended::No {
                return;
            }
            let context = failure(at + 1).or(outer);
            let frame = Frame::Link(statement.bytes.start, at);
            let way = self.try_way(|walk| walk.within(frame, |walk| walk.under(context, |walk| walk.statement(link))));
            // `cd x && …` goes on in `x`; `cd x || …` has not left.
            let goes_on = *joint == Joint::And && way.shell.ended == Ended::No;
            let folder = if goes_on { way.shell.folder.clone() } else { self.shell.folder.clone() };
            let unchanged = self.unchanged();
            self.meet(vec![unchanged, way]);
            self.shell.folder = folder;
        }
    }

    fn branches(&mut self, arms: &[(Block, Block)], otherwise: Option<&Block>, at: usize) {
        let mut ways = Vec::new();
        for (way, (condition, body)) in arms.iter().enumerate() {
            let from = self.course.steps.len();
            self.under(Some(Failure::Tested), |walk| walk.block(condition));
            let chosen = self.chosen_by(from);
            ways.push(self.try_way(|walk| walk.within(Frame::Branch(at, way), |walk| walk.way(body, chosen))));
        }
        ways.push(match otherwise {
            Some(block) => self.try_way(|walk| walk.within(Frame::Branch(at, arms.len()), |walk| walk.block(block))),
            None => self.unchanged(),
        });
        self.meet(ways);
    }

    fn case(&mut self, word: &Word, arms: &[Arm], at: usize) {
        let value = self.joined_word(word);
        let mut ways = Vec::new();
        for (way, arm) in arms.iter().enumerate() {
            let one = matches!(arm.patterns.as_slice(), [only] if !only.contains(['*', '?', '[', UNKNOWN]));
            let chosen = self.round_of(&value).filter(|_| one);
            ways.push(self.try_way(|walk| walk.within(Frame::Branch(at, way), |walk| walk.way(&arm.body, chosen))));
        }
        if !arms.iter().any(|arm| arm.patterns.iter().any(|pattern| pattern == "*")) {
            ways.push(self.unchanged());
        }
        self.meet(ways);
    }

    fn way(&mut self, body: &Block, chosen: Option<usize>) {
        match chosen {
            Some(number) => self.within(Frame::Chosen(number), |walk| walk.block(body)),
            None => self.block(body),
        }
    }

    /// The open loop whose variable has this value.
    fn round_of(&self, value: &Value) -> Option<usize> {
        self.rounds.iter().rev().find(|(_, each)| each == value && each.literal().is_none()).map(|(number, _)| *number)
    }

    /// The loop for one value of whose variable a condition holds: `[ "$x" = a ]`; `from` is the number of the condition's first step.
    fn chosen_by(&self, from: usize) -> Option<usize> {
        let [step] = self.course.steps.get(from..)? else { return None };
        let [name, one, sign, other, ..] = &*step.values else { return None };
        let equals = matches!(name.literal(), Some("[" | "test")) && matches!(sign.literal(), Some("=" | "=="));
        let ends = step.values.len() == 4 || step.values.get(4).and_then(Value::literal) == Some("]");
        if !equals || !ends {
            return None;
        }
        match (one.literal(), other.literal()) {
            (None, Some(_)) => self.round_of(one),
            (Some(_), None) => self.round_of(other),
            _ => None,
        }
    }

    /// What a variable holds where ways meet.
    fn either(&mut self, name: &str, ways: &[Arc<Held>]) -> Held {
        let mut elements: Option<Vec<Value>> = None;
        for value in ways.iter().filter_map(|held| held.elements.as_ref()).flatten() {
            let all = elements.get_or_insert_default();
            if !all.contains(value) {
                all.push(value.clone());
            }
        }
        if elements.is_none() && ways.iter().any(|held| held.elements.is_some()) {
            elements = Some(Vec::new());
        }
        let value = ways.iter().any(|held| held.value.is_some()).then(|| {
            let unset = || Value::symbol(Symbol::Variable(name.into()));
            Value::among(ways.iter().map(|held| held.value.clone().unwrap_or_else(unset))).unwrap_or_else(|| self.varying())
        });
        Held { value, elements }
    }

    fn iteration(&mut self, it: &Loop, statement: &Statement) {
        let mut times = None;
        let each = match &it.kind {
            LoopKind::For(name, words) => {
                let values = match words {
                    Some(words) => self.listed(words),
                    None => self.all_arguments(),
                };
                times = values.iter().all(|value| value.literal().is_some()).then_some(values.len()).filter(|_| !name.is_empty());
                Some((name, one_of(values)))
            }
            LoopKind::While(_) | LoopKind::Until(_) => None,
        };
        self.forget_changing(&it.body);
        let number = self.course.loops.len();
        self.course.loops.push(Round { bytes: statement.bytes.clone(), times });
        if let LoopKind::While(condition) | LoopKind::Until(condition) = &it.kind {
            self.forget_changing(condition);
            self.within(Frame::Loop(number), |walk| walk.under(Some(Failure::Tested), |walk| walk.block(condition)));
        }
        let open = self.rounds.len();
        if let Some((name, value)) = each.filter(|(name, _)| !name.is_empty()) {
            self.rounds.push((number, value.clone()));
            self.variables.set(name, Held { value: Some(value), elements: None });
        }
        self.within(Frame::Loop(number), |walk| walk.block(&it.body));
        self.rounds.truncate(open);
        self.shell.ended = Ended::No;
    }

    /// Variables that a round of a loop changes have another value in each; arrays keep what is in them.
    fn forget_changing(&mut self, body: &Block) {
        let mut names = BTreeSet::new();
        body.each(&mut |statement| {
            if let Action::Command(command) = &statement.action {
                let lasting = if command.words.is_empty() { &command.assignments } else { &command.declared };
                names.extend(lasting.iter().filter(|it| it.elements.is_none()).map(|it| it.name.as_str()));
                if own_command(statement) == Some("read") {
                    names.extend(command.words[1..].iter().filter_map(Word::literal).filter(|text| !text.starts_with('-')));
                }
            }
        });
        for name in names {
            let value = Some(self.varying());
            let elements = self.variables.get(name).and_then(|held| held.elements.clone());
            self.variables.set(name, Held { value, elements });
        }
    }

    /// Walks a text that is run as shell.
    pub(super) fn text(&mut self, source: &Source) {
        if self.nested >= MOST_CALLS {
            return;
        }
        let block = match read::read(source) {
            Ok(block) => block,
            Err(partial) => partial.block,
        };
        self.nested += 1;
        self.block(&block);
        self.nested -= 1;
    }

    pub(super) fn pieces(&mut self, pieces: &[Piece]) {
        for piece in pieces {
            self.piece(piece);
        }
    }
}

/// What becomes of a failure that is followed by `||` and this.
fn alternative(other: &Statement) -> Failure {
    let mut ignored = true;
    other.each(&mut |inner| {
        ignored &= match &inner.action {
            Action::Command(command) => {
                let name = command.words.first().and_then(Word::literal).unwrap_or_default();
                let says = ["true", ":", "echo", "printf", "warn", "warning", "log", "logger", "info", "debug", "log_warn", "say"];
                says.contains(&name)
            }
            Action::Group(_) | Action::Chain(..) | Action::Pipeline(_) | Action::Subshell(_) => true,
            _ => false,
        };
    });
    if ignored { Failure::Ignored } else { Failure::Tested }
}

/// What the variable of a loop is.
fn one_of(values: Vec<Value>) -> Value {
    match values.as_slice() {
        // A list of unknown length: the same list in another loop is the same.
        [only] if only.literal().is_none() => Value::symbol(Symbol::Changed("each".into(), only.clone())),
        _ => {
            let all = values.iter().fold(Value::default(), |mut all, value| {
                all.push(value);
                all.push_str(" ");
                all
            });
            Value::among(values).unwrap_or_else(|| Value::symbol(Symbol::Changed("each".into(), all)))
        }
    }
}
