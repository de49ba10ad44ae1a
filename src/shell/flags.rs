//! What variables stand for: flags that were set under a guard, and lists of commands that a loop asks for.

use compact_str::{CompactString, format_compact};
use foldhash::{HashMap, HashMapExt};

use super::condition::{is_no, opposite};
use super::flow::Flow;
use super::guard::{Guard, GuardId, Told, common};
use super::tree::{Action, Assignment, Block, Loop, LoopKind, Piece, Word};
use super::tried::tried_unheard;
use super::version::is_version;

/// The words that a variable holds.
#[derive(Debug, Default)]
pub(super) struct List {
    pub(super) words: Vec<CompactString>,
    /// What held where it was given them.
    pub(super) guards: GuardId,
}

/// How often a script gives each of its variables a value; another way than by an assignment counts twice where it may be any value.
fn assigned(body: &Block) -> HashMap<&str, usize> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    body.each(&mut |statement| match &statement.action {
        Action::Command(command) => {
            for assignment in command.assignments.iter().chain(&command.declared) {
                *counts.entry(&assignment.name).or_default() += 1;
            }
            let name = command.words.first().map_or("", |word| word.text.as_str());
            if matches!(name, "read" | "printf" | "mapfile" | "readarray" | "getopts" | "unset" | "local" | "declare" | "typeset") {
                for word in &command.words[1..] {
                    *counts.entry(&word.text).or_default() += 1;
                }
            }
        }
        Action::Loop(Loop { kind: LoopKind::For(variable, _), .. }) => *counts.entry(variable).or_default() += 2,
        _ => {}
    });
    counts
}

/// What is known of a variable that is tested later.
#[derive(Debug, Default)]
pub(super) struct Flag {
    /// What held wherever it was set; none: it never was.
    held: Option<Vec<Guard>>,
    /// What holds where it was not set: the opposite of what it was set for.
    unless_set: Vec<Guard>,
    /// What holds where it was not cleared.
    unless_cleared: Vec<Guard>,
}

impl Flag {
    /// What a test for it tells.
    pub(super) fn told(&self) -> Told {
        let held = self.held.iter().flatten();
        Told {
            success: held.clone().chain(&self.unless_cleared).cloned().collect(),
            failure: held.filter_map(opposite).chain(self.unless_set.iter().cloned()).collect(),
        }
    }
}

impl Flow<'_> {
    /// What an assignment tells: a flag that stands for a guard, a list of names.
    pub(super) fn learn(&mut self, assignment: &Assignment) {
        self.learn_names(assignment);
        let value = assignment.value.as_ref();
        match value.and_then(Word::only_piece) {
            Some(Piece::Command(block)) => {
                let told = self.told_by_output(block, 0);
                let tried = tried_unheard(block).map(|name| Guard::Tried(name.into()));
                let sure = told.success.into_iter().filter(|guard| matches!(guard, Guard::Has(_) | Guard::Tried(_))).chain(tried).collect();
                self.flags.insert(assignment.name.clone(), Flag { held: Some(sure), ..Flag::default() });
                return;
            }
            Some(Piece::Variable(variable)) if is_version(variable, self.script.get(assignment.bytes.clone()).unwrap_or_default()) => {
                self.versions.insert(assignment.name.clone());
                return;
            }
            // Zero is success.
            Some(Piece::Variable(variable)) if variable.name == "?" => {
                let outcome = self.outcome.clone();
                let flag = Flag { held: Some(outcome.failure), unless_set: outcome.success, unless_cleared: Vec::new() };
                self.flags.insert(assignment.name.clone(), flag);
                return;
            }
            _ => {}
        }
        let literal = value.and_then(Word::literal);
        let sets = match (value, literal) {
            (_, Some(text)) => !is_no(text),
            (Some(value), None) => assignment.append || refers_to(value, &assignment.name),
            (None, None) => assignment.elements.as_ref().is_some_and(|elements| !elements.is_empty()),
        };
        let clears = !sets && literal.is_some();
        if !sets && !clears {
            return;
        }
        let here: Vec<Guard> = self.guards.at(self.here).cloned().collect();
        let flag = self.flags.entry(assignment.name.clone()).or_default();
        let lacking = here.iter().filter(|guard| matches!(guard, Guard::Lacks(_))).filter_map(opposite);
        let unless = if sets { &mut flag.unless_set } else { &mut flag.unless_cleared };
        unless.extend(lacking);
        if sets && literal.is_some() {
            let mut held = here;
            held.retain(|guard| matches!(guard, Guard::Has(_) | Guard::On(_) | Guard::NotOn(_) | Guard::Bash(_) | Guard::Tried(_)));
            flag.held = Some(flag.held.as_ref().map_or_else(|| held.clone(), |earlier| common(earlier, &held)));
        }
    }

    /// `tools=(timeout flock)`, `tools="timeout flock"`
    fn learn_names(&mut self, assignment: &Assignment) {
        let words: Option<Vec<CompactString>> = match (&assignment.value, &assignment.elements) {
            (_, Some(elements)) => elements.iter().map(|word| word.literal().map(CompactString::from)).collect(),
            (Some(value), None) => value.literal().map(|text| text.split_whitespace().map(CompactString::from).collect()),
            (None, None) => None,
        };
        let guards = self.here;
        self.in_turn.remove(&assignment.name);
        match words {
            Some(words) if assignment.append => self.lists.entry(assignment.name.clone()).or_default().words.extend(words),
            Some(words) => drop(self.lists.insert(assignment.name.clone(), List { words, guards })),
            None => drop(self.lists.remove(&assignment.name)),
        }
    }

    /// The words of a variable that is run as a command, `$tool`, `"${command[@]}"`, and what held where it was given them.
    ///
    /// It is known only of a variable that the script gives a value once.
    pub(super) fn held(&self, word: &Word) -> Option<&List> {
        let Some(Piece::Variable(variable)) = word.only_piece() else { return None };
        let list = self.lists.get(&variable.name).filter(|_| self.is_assigned_once(&variable.name))?;
        let whole = variable.elements.is_some() || (variable.plain && (!word.quoted || list.words.len() == 1));
        whole.then_some(list)
    }

    /// What a word says, also where a variable holds it: `f=/proc/meminfo; [ -r "$f" ]`.
    pub(super) fn held_text<'w>(&'w self, word: &'w Word) -> &'w str {
        match self.held(word).map(|list| list.words.as_slice()) {
            Some([only]) => only,
            _ => &word.text,
        }
    }

    /// Whether the script gives a variable a value once, and by an assignment.
    pub(super) fn is_assigned_once(&self, name: &str) -> bool {
        self.assigned.get_or_init(|| assigned(self.body)).get(name) == Some(&1)
    }

    /// Whether the script gives a variable a value anywhere.
    pub(super) fn is_assigned(&self, name: &str) -> bool {
        self.assigned.get_or_init(|| assigned(self.body)).contains_key(name)
    }

    /// Whether the script gives a variable a value of its own, also by `${name:=value}`.
    pub(super) fn is_given(&self, name: &str) -> bool {
        self.is_assigned(name) || ["=", ":="].iter().any(|operator| self.script.contains(&format!("${{{name}{operator}")))
    }

    /// The commands that the words of a `for` name; of a list all of them.
    pub(super) fn names_in(&self, words: &[Word]) -> Vec<CompactString> {
        let mut names = Vec::new();
        for word in words {
            match word.only_piece() {
                Some(Piece::Variable(variable)) if variable.plain || variable.elements.is_some() => match self.lists.get(&variable.name) {
                    Some(list) => names.extend(list.words.iter().cloned()),
                    None => names.push(format_compact!("${}", variable.name)),
                },
                _ => names.extend(self.command_named(word)),
            }
        }
        names
    }

    /// After a loop over names: a flag that its body set for one of them speaks of all.
    pub(super) fn spread_flags(&mut self, each: &str, names: &[CompactString]) {
        for there in self.flags.values_mut().flat_map(|flag| [&mut flag.unless_set, &mut flag.unless_cleared]) {
            if there.iter().any(|guard| matches!(guard, Guard::Has(name) if name == each)) {
                there.retain(|guard| !matches!(guard, Guard::Has(name) if name == each));
                there.extend(names.iter().cloned().map(Guard::Has));
            }
        }
    }
}

/// `missing="$missing $tool"`
fn refers_to(value: &Word, name: &str) -> bool {
    value.pieces.iter().any(|piece| matches!(piece, Piece::Variable(variable) if variable.name == name))
}
