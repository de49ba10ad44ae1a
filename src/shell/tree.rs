//! A script as a small tree: commands with resolved words, control flow, functions, each with its bytes.
//!
//! It keeps what rules ask for and nothing of how a text is read.

use std::sync::Arc;

use compact_str::CompactString;

use super::feature::Feature;

/// A stretch of the script's text.
pub type Bytes = std::ops::Range<usize>;

/// Stands in [`Word::text`] for each expansion whose value the text does not tell.
pub const UNKNOWN: char = '\u{fffc}';
/// Its first byte.
const UNKNOWN_LEAD: u8 = 0xef;

/// Statements that run one after the other.
#[derive(Debug, Default)]
pub struct Block {
    /// In the order of the text.
    pub statements: Vec<Statement>,
}

/// One statement with what belongs to it alone.
#[derive(Debug)]
pub struct Statement {
    /// What is done.
    pub action: Action,
    /// It stands after `!`.
    pub negated: bool,
    /// It ends with `&`.
    pub background: bool,
    /// It stands in backquotes, where one more layer of backslashes counts.
    pub backquoted: bool,
    /// In the order of the text.
    pub redirects: Vec<Redirect>,
    /// The bash features its own words, tests and redirections use; those of statements inside it are there.
    pub features: Vec<FeatureUse>,
    /// From its first to its last byte.
    pub bytes: Bytes,
}

/// What a statement does.
#[derive(Debug)]
pub enum Action {
    /// A command with its words; also a line of assignments alone, which has no words.
    Command(Command),
    /// `a && b || c`: what comes first, and the rest with what joins it.
    Chain(Box<Statement>, Vec<(Joint, Statement)>),
    /// `a | b | c`
    Pipeline(Vec<Statement>),
    /// `if`, each `elif` one more arm.
    If(Vec<(Block, Block)>, Option<Block>),
    /// `while`, `until`, `for`, `select`.
    Loop(Loop),
    /// `case`
    Case(Word, Vec<Arm>),
    /// `{ … }`, `time …`
    Group(Block),
    /// `( … )`, and the body of a coprocess.
    Subshell(Block),
    /// A function's definition, with every name it gives.
    Function(Vec<String>, Block),
    /// `[[ … ]]`
    Test(Box<Test>),
    /// `(( … ))`, with the bytes between the parentheses and the expansions in it.
    Arithmetic(Bytes, Arc<[Piece]>),
}

/// What joins a link of a chain to what stands before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joint {
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A command as it is written; wrappers are looked through elsewhere.
#[derive(Debug)]
pub struct Command {
    /// `NAME=value` before the words.
    pub assignments: Vec<Assignment>,
    /// Name and arguments; `declare`, `exit` and their like are no exception.
    pub words: Arc<[Word]>,
    /// Assignments among the arguments of `declare`, `local`, `export`, `readonly`, `typeset`.
    pub declared: Vec<Assignment>,
}

/// `NAME=value`, `NAME+=value`, `NAME[i]=value`, `NAME=(…)`.
#[derive(Debug)]
pub struct Assignment {
    /// The variable.
    pub name: CompactString,
    /// The text between the brackets of `NAME[i]=`.
    pub subscript: Option<String>,
    /// It appends.
    pub append: bool,
    /// The value; none of an array in parentheses.
    pub value: Option<Word>,
    /// The elements of an array in parentheses.
    pub elements: Option<Vec<Word>>,
    /// What stands in brackets and holds an expansion: the subscript, the keys of elements.
    pub keys: Vec<Word>,
    /// The whole of it.
    pub bytes: Bytes,
}

impl Assignment {
    /// The words in it that the shell expands.
    pub fn inside(&self) -> impl Iterator<Item = &Word> {
        self.keys.iter().chain(&self.value).chain(self.elements.iter().flatten())
    }
}

/// A loop.
#[derive(Debug)]
pub struct Loop {
    /// Which.
    pub kind: LoopKind,
    /// What is run again and again.
    pub body: Block,
}

/// What governs a loop.
#[derive(Debug)]
pub enum LoopKind {
    /// As long as it succeeds.
    While(Block),
    /// As long as it fails.
    Until(Block),
    /// Over words; none: over the arguments. The variable is empty for `for ((…))`.
    For(CompactString, Option<Vec<Word>>),
}

/// One `pattern)` of a `case`.
#[derive(Debug)]
pub struct Arm {
    /// Patterns as written, expansions as [`UNKNOWN`].
    pub patterns: Vec<CompactString>,
    /// What is run.
    pub body: Block,
    /// It goes on into the next arm (`;&`, `;;&`).
    pub falls: bool,
}

/// An expression in `[[ … ]]`.
#[derive(Debug)]
pub enum Test {
    /// `a && b`
    And(Box<Test>, Box<Test>),
    /// `a || b`
    Or(Box<Test>, Box<Test>),
    /// `! a`
    Not(Box<Test>),
    /// `-x word`
    Unary(&'static str, Word),
    /// `word == word`
    Binary(Word, &'static str, Word),
    /// `word`
    Word(Word),
}

impl Test {
    /// The words in it, in the order of the text.
    pub fn words(&self) -> Vec<&Word> {
        let mut words = Vec::new();
        self.gather(&mut words);
        words
    }

    fn gather<'t>(&'t self, words: &mut Vec<&'t Word>) {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.gather(words);
                right.gather(words);
            }
            Self::Not(inner) => inner.gather(words),
            Self::Unary(_, word) | Self::Word(word) => words.push(word),
            Self::Binary(left, _, right) => words.extend([left, right]),
        }
    }
}

/// A redirection.
#[derive(Debug)]
pub struct Redirect {
    /// Which descriptor, where it is named.
    pub fd: Option<i32>,
    /// Which way.
    pub kind: RedirectKind,
    /// Its target; the delimiter of a here-document.
    pub target: Word,
    /// The body of a here-document.
    pub body: Option<Bytes>,
}

/// Which way a redirection goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RedirectKind {
    /// From a file.
    Input,
    /// To a file.
    Output,
    /// Standard output and error to a file.
    Both,
    /// To or from another descriptor.
    Duplicate,
    /// `<<`
    HereDocument,
    /// `<<<`
    HereString,
}

/// A word with its quotes resolved.
#[derive(Debug, Default, Clone)]
pub struct Word {
    /// Its value as far as the text tells; [`UNKNOWN`] for each expansion.
    pub text: CompactString,
    /// The expansions in it, in order.
    pub pieces: Arc<[Piece]>,
    /// Some part of it is quoted.
    pub quoted: bool,
    /// It is one quoted string and nothing else.
    pub string: bool,
    /// The whole of it.
    pub bytes: Bytes,
}

impl Word {
    /// Its value, if the text tells it whole.
    pub fn literal(&self) -> Option<&str> {
        // It is asked of every command: the byte that the mark begins with stands in few words.
        let is_whole = !self.text.as_bytes().contains(&UNKNOWN_LEAD) || !self.text.contains(UNKNOWN);
        is_whole.then_some(self.text.as_str())
    }

    /// The one expansion that it consists of.
    pub fn only_piece(&self) -> Option<&Piece> {
        let [piece] = &*self.pieces else { return None };
        let mut chars = self.text.chars();
        (chars.next() == Some(UNKNOWN) && chars.next().is_none()).then_some(piece)
    }
}

/// An expansion in a word.
#[derive(Debug)]
pub enum Piece {
    /// `$name`, `${name…}`
    Variable(Variable),
    /// `$(…)`, backquotes
    Command(Block),
    /// `<(…)`, `>(…)`
    Process(Block),
    /// `$((…))`: the expression as written, and the expansions in it.
    Arithmetic(String, Arc<[Piece]>),
}

/// An expansion of a variable.
#[derive(Debug)]
pub struct Variable {
    /// Its name.
    pub name: CompactString,
    /// `${name}` and nothing more.
    pub plain: bool,
    /// Its place, where it is `${name[@]}` or `${name[*]}` and nothing more.
    pub elements: Option<Bytes>,
    /// What is made of its value.
    pub operation: Operation,
    /// The words in its braces, the operation's own last: subscript, pattern, replacement, default.
    pub inside: Vec<Word>,
}

/// What an expansion makes of a variable's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Nothing.
    None,
    /// `${x:-word}`, `${x=word}`: the word where it is unset.
    Default,
    /// `${x#pattern}`
    RemovePrefix,
    /// `${x##pattern}`
    RemoveLongestPrefix,
    /// `${x%pattern}`
    RemoveSuffix,
    /// `${x%%pattern}`
    RemoveLongestSuffix,
    /// `${x/pattern/word}`
    Replace,
    /// `${x//pattern/word}`
    ReplaceAll,
    /// Anything else, an element of an array too.
    Other,
}

/// A bash feature in use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeatureUse {
    /// Which.
    pub feature: Feature,
    /// Where.
    pub bytes: Bytes,
    /// It is a variable of which only is asked whether it holds anything.
    pub asked: bool,
}

impl Block {
    /// Visits every statement in it, those in substitutions and functions too, each before what it holds.
    pub fn each<'t>(&'t self, visit: &mut dyn FnMut(&'t Statement)) {
        for statement in &self.statements {
            statement.each(visit);
        }
    }
}

impl Statement {
    /// The parts of a pipeline; any other statement is one by itself.
    pub fn parts(&self) -> &[Self] {
        if let Action::Pipeline(parts) = &self.action { parts } else { std::slice::from_ref(self) }
    }

    /// Visits this statement and every one in it.
    pub fn each<'t>(&'t self, visit: &mut dyn FnMut(&'t Statement)) {
        visit(self);
        for redirect in &self.redirects {
            each_piece(&redirect.target.pieces, visit);
        }
        match &self.action {
            Action::Command(command) => command.each(visit),
            Action::Chain(first, links) => {
                first.each(visit);
                for (_, link) in links {
                    link.each(visit);
                }
            }
            Action::Pipeline(parts) => {
                for part in parts {
                    part.each(visit);
                }
            }
            Action::If(arms, otherwise) => {
                for (condition, body) in arms {
                    condition.each(visit);
                    body.each(visit);
                }
                if let Some(branch) = otherwise {
                    branch.each(visit);
                }
            }
            Action::Loop(it) => {
                match &it.kind {
                    LoopKind::While(condition) | LoopKind::Until(condition) => condition.each(visit),
                    LoopKind::For(_, words) => words.iter().flatten().for_each(|word| each_piece(&word.pieces, visit)),
                }
                it.body.each(visit);
            }
            Action::Case(word, arms) => {
                each_piece(&word.pieces, visit);
                for arm in arms {
                    arm.body.each(visit);
                }
            }
            Action::Group(block) | Action::Subshell(block) | Action::Function(_, block) => block.each(visit),
            Action::Test(test) => test.each(visit),
            Action::Arithmetic(_, pieces) => each_piece(pieces, visit),
        }
    }
}

impl Command {
    fn each<'t>(&'t self, visit: &mut dyn FnMut(&'t Statement)) {
        for assignment in self.assignments.iter().chain(&self.declared) {
            assignment.inside().for_each(|word| each_piece(&word.pieces, visit));
        }
        self.words.iter().for_each(|word| each_piece(&word.pieces, visit));
    }
}

impl Test {
    fn each<'t>(&'t self, visit: &mut dyn FnMut(&'t Statement)) {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.each(visit);
                right.each(visit);
            }
            Self::Not(inner) => inner.each(visit),
            Self::Unary(_, word) | Self::Word(word) => each_piece(&word.pieces, visit),
            Self::Binary(left, _, right) => {
                each_piece(&left.pieces, visit);
                each_piece(&right.pieces, visit);
            }
        }
    }
}

fn each_piece<'t>(pieces: &'t [Piece], visit: &mut dyn FnMut(&'t Statement)) {
    for piece in pieces {
        match piece {
            Piece::Command(block) | Piece::Process(block) => block.each(visit),
            Piece::Variable(variable) => variable.inside.iter().for_each(|word| each_piece(&word.pieces, visit)),
            Piece::Arithmetic(_, inside) => each_piece(inside, visit),
        }
    }
}
