//! Compound commands: conditions, loops, `case`, groups, arithmetic, coprocesses.

use compact_str::CompactString;

use super::super::feature::Feature;
use super::super::tree::{Action, Arm, Block, Loop, LoopKind, Word};
use super::cursor::{BREAK, is};
use super::{Read, Reader};

impl Reader<'_> {
    /// The compound command that stands next; none if it is a simple one.
    pub(super) fn compound(&mut self) -> Read<Option<Action>> {
        let action = match self.next() {
            b'(' => self.round()?,
            b'{' if self.ends_word(1) => self.group()?,
            b'[' if self.sees("[[") => self.test()?,
            b'i' if self.sees("if") => self.condition()?,
            b'w' if self.sees("while") => self.while_loop("while")?,
            b'u' if self.sees("until") => self.while_loop("until")?,
            b'f' if self.sees("for") => self.for_loop()?,
            b'f' if self.sees("function") => self.function()?,
            b's' if self.sees("select") => self.select()?,
            b'c' if self.sees("case") => self.case()?,
            b'c' if self.sees("coproc") => self.coprocess()?,
            _ => return Ok(None),
        };
        Ok(Some(action))
    }

    /// `( … )` or `(( … ))`
    fn round(&mut self) -> Read<Action> {
        let start = self.at;
        if self.peek(1) == b'('
            && let Some(end) = self.arithmetic_end(start + 2)
        {
            let pieces = self.arithmetic(start + 2..end)?;
            self.at = end + 2;
            self.note(Feature::ArithmeticCommand, start..self.at);
            return Ok(Action::Arithmetic(self.bytes(start + 2..end), pieces));
        }
        self.at += 1;
        let block = self.filled()?;
        self.close(")", "(", start)?;
        Ok(Action::Subshell(block))
    }

    /// Takes the bracket that closes one.
    pub(super) fn close(&mut self, bracket: &str, opener: &str, since: usize) -> Read<()> {
        if self.takes(bracket) {
            return Ok(());
        }
        Err(self.missing(bracket, opener, since))
    }

    fn group(&mut self) -> Read<Action> {
        let start = self.at;
        self.at += 1;
        let block = self.filled()?;
        self.expect("}", "{", start)?;
        Ok(Action::Group(block))
    }

    fn condition(&mut self) -> Read<Action> {
        let start = self.at;
        let mut arms = Vec::new();
        loop {
            // Past `if` or `elif`.
            self.at += if arms.is_empty() { "if".len() } else { "elif".len() };
            let condition = self.filled()?;
            self.expect("then", "if", start)?;
            arms.push((condition, self.filled()?));
            if !self.sees("elif") {
                break;
            }
        }
        let otherwise = if self.takes_word("else") { Some(self.filled()?) } else { None };
        self.expect("fi", "if", start)?;
        Ok(Action::If(arms, otherwise))
    }

    fn while_loop(&mut self, keyword: &'static str) -> Read<Action> {
        let start = self.at;
        self.at += keyword.len();
        let condition = self.filled()?;
        self.expect("do", keyword, start)?;
        let body = self.filled()?;
        self.expect("done", keyword, start)?;
        let kind = if keyword == "while" { LoopKind::While(condition) } else { LoopKind::Until(condition) };
        Ok(Action::Loop(Loop { kind, body }))
    }

    fn for_loop(&mut self) -> Read<Action> {
        let start = self.at;
        self.at += "for".len();
        self.skip_blanks();
        if self.rest().starts_with(b"((") {
            return self.arithmetic_for(start);
        }
        let kind = self.for_words("for", start)?;
        let body = self.loop_body("for", start)?;
        Ok(Action::Loop(Loop { kind, body }))
    }

    fn select(&mut self) -> Read<Action> {
        let start = self.at;
        self.at += "select".len();
        self.skip_blanks();
        let kind = self.for_words("select", start)?;
        let body = self.loop_body("select", start)?;
        self.note(Feature::Select, start..self.at);
        Ok(Action::Loop(Loop { kind, body }))
    }

    /// `NAME in WORD …`
    fn for_words(&mut self, keyword: &'static str, start: usize) -> Read<LoopKind> {
        let end = self.until(self.at, BREAK);
        if end == self.at {
            return Err(self.missing("NAME", keyword, start));
        }
        let name = self.slice(self.at, end).into();
        self.at = end;
        self.skip_lines();
        let mut words = None;
        if self.takes_word("in") {
            words = Some(self.words_of_line()?);
        }
        self.skip_blanks();
        if self.next() == b';' && self.peek(1) != b';' {
            self.at += 1;
        }
        self.skip_lines();
        Ok(LoopKind::For(name, words))
    }

    /// Words up to the end of a line or a `;`.
    fn words_of_line(&mut self) -> Read<Vec<Word>> {
        let mut words = Vec::new();
        loop {
            self.skip_blanks();
            if self.ends_word(0) {
                return Ok(words);
            }
            words.push(self.word()?);
        }
    }

    /// `do … done` or, as bash has it too, `{ … }`.
    fn loop_body(&mut self, keyword: &'static str, start: usize) -> Read<Block> {
        if self.next() == b'{' && self.ends_word(1) {
            self.at += 1;
            let body = self.filled()?;
            self.expect("}", keyword, start)?;
            return Ok(body);
        }
        self.expect("do", keyword, start)?;
        let body = self.filled()?;
        self.expect("done", keyword, start)?;
        Ok(body)
    }

    fn arithmetic_for(&mut self, start: usize) -> Read<Action> {
        let open = self.at + 2;
        let Some(end) = self.arithmetic_end(open) else { return Err(self.missing("))", "for ((", start)) };
        self.arithmetic(open..end)?;
        self.at = end + 2;
        self.skip_blanks();
        if self.next() == b';' {
            self.at += 1;
        }
        self.skip_lines();
        let body = self.loop_body("for", start)?;
        self.note(Feature::ArithmeticFor, start..self.at);
        Ok(Action::Loop(Loop { kind: LoopKind::For(CompactString::default(), Some(Vec::new())), body }))
    }

    fn case(&mut self) -> Read<Action> {
        let start = self.at;
        self.at += "case".len();
        self.skip_blanks();
        let word = self.word()?;
        self.skip_lines();
        self.expect("in", "case", start)?;
        let mut arms = Vec::new();
        loop {
            self.skip_lines();
            if self.takes_word("esac") {
                return Ok(Action::Case(word, arms));
            }
            if self.is_done() {
                return Err(self.missing("esac", "case", start));
            }
            arms.push(self.arm()?);
        }
    }

    fn arm(&mut self) -> Read<Arm> {
        let opened = self.takes("(");
        let mut patterns = Vec::new();
        loop {
            self.skip_blanks();
            let start = self.at;
            if is(self.next(), BREAK) || self.is_done() {
                return Err(self.unexpected());
            }
            let pattern = self.pattern()?;
            if patterns.is_empty() && !opened && self.state.substitutions > 0 {
                self.note(Feature::CaseInSubstitution, start..self.at);
            }
            patterns.push(pattern.text);
            self.skip_blanks();
            if !self.takes("|") {
                break;
            }
        }
        if !self.takes(")") {
            return Err(self.unexpected());
        }
        let body = self.block()?;
        let start = self.at;
        let falls = if self.takes(";;&") {
            self.note(Feature::CaseContinue, start..self.at);
            true
        } else if self.takes(";&") {
            self.note(Feature::CaseFallThrough, start..self.at);
            true
        } else {
            if !self.takes(";;") && !self.sees("esac") {
                return Err(if self.is_done() { self.missing(";;", "case", start) } else { self.unexpected() });
            }
            false
        };
        Ok(Arm { patterns, body, falls })
    }

    /// `coproc [NAME] command`
    fn coprocess(&mut self) -> Read<Action> {
        let start = self.at;
        self.at += "coproc".len();
        self.skip_blanks();
        let name = self.at;
        let end = self.until(self.at, BREAK);
        self.at = end;
        self.skip_blanks();
        // A name stands only before a compound command.
        let named = end > name && matches!(self.next(), b'{' | b'(') && self.slice(name, end) != "{";
        if !named {
            self.at = name;
        }
        let body = self.deeper(Self::command)?;
        self.note(Feature::Coprocess, start..self.at);
        Ok(Action::Subshell(Block { statements: vec![body] }))
    }
}
