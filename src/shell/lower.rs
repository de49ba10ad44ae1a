//! The parser's tree → ours, statement by statement; the features of bash are noted on the way.

use foldhash::{HashMap, HashMapExt};
use shuck_ast as ast;

use super::feature::Feature;
use super::source::Source;
use super::tree::{
    Action, Arm, Assignment, Block, Bytes, Command, FeatureUse, Joint, Loop, LoopKind, Piece, Redirect, RedirectKind, Statement, Test, Word,
};

/// What a text has switched on so far; the grammar of what follows depends on it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Modes {
    /// `shopt -s extglob`
    extended_patterns: bool,
    /// `set -o posix`
    pub(super) posix: bool,
    /// IFS was given a value.
    pub(super) separator: bool,
}

/// Turns one text's tree into ours.
pub(super) struct Lowering<'s> {
    pub(super) source: &'s Source,
    pub(super) features: Vec<FeatureUse>,
    pub(super) modes: Modes,
    /// How many `$( )` are open.
    pub(super) substitutions: usize,
    /// Inside backquotes.
    pub(super) backquoted: bool,
    /// Between double quotes.
    pub(super) quoted: bool,
    /// Variables with a value that the text tells, and whether splitting it into words would leave it as it is.
    pub(super) unsplit: HashMap<String, bool>,
}

impl<'s> Lowering<'s> {
    pub(super) fn new(source: &'s Source) -> Self {
        Self {
            source,
            features: Vec::new(),
            modes: Modes::default(),
            substitutions: 0,
            backquoted: false,
            quoted: false,
            unsplit: HashMap::new(),
        }
    }

    pub(super) fn text(&self) -> &'s str {
        &self.source.text
    }

    pub(super) fn bytes(&self, span: ast::Span) -> Bytes {
        self.source.outer_bytes(span.start.offset()..span.end.offset())
    }

    pub(super) fn slice(&self, span: ast::Span) -> &'s str {
        self.text().get(span.start.offset()..span.end.offset()).unwrap_or_default()
    }

    pub(super) fn note(&mut self, feature: Feature, span: ast::Span) {
        let bytes = self.bytes(span);
        self.features.push(FeatureUse { feature, bytes });
    }

    pub(super) fn block(&mut self, sequence: &ast::StmtSeq) -> Block {
        Block { statements: sequence.stmts.iter().map(|statement| self.statement(statement)).collect() }
    }

    fn statement(&mut self, statement: &ast::Stmt) -> Statement {
        let outer = std::mem::take(&mut self.features);
        let quoted = std::mem::replace(&mut self.quoted, false);
        let action = self.action(&statement.command);
        let redirects = self.redirects(&statement.redirects);
        if let Action::Command(command) = &action {
            self.switch_modes(command);
        }
        if statement.negated
            && let Action::Command(command) = &action
            && command.words.first().is_some_and(|word| word.text == "!")
        {
            self.note(Feature::DoubleNegation, statement.span);
        }
        self.quoted = quoted;
        Statement {
            action,
            negated: statement.negated,
            background: matches!(statement.terminator, Some(ast::StmtTerminator::Background(_))),
            backquoted: self.backquoted,
            redirects,
            features: std::mem::replace(&mut self.features, outer),
            bytes: self.bytes(statement.span),
        }
    }

    /// A statement of its own for a part of a compound that the grammar treats as one.
    fn alone(&mut self, statement: &ast::Stmt) -> Block {
        Block { statements: vec![self.statement(statement)] }
    }

    fn action(&mut self, command: &ast::Command) -> Action {
        match command {
            ast::Command::Simple(simple) => {
                let mut words = Vec::with_capacity(simple.args.len() + 1);
                let assignments = self.assignments(&simple.assignments);
                let name = self.word(&simple.name);
                if !name.text.is_empty() || name.quoted {
                    words.push(name);
                }
                words.extend(simple.args.iter().map(|argument| self.word(argument)));
                self.note_test(&words);
                self.note_sourced(&words);
                self.settle_ranges(&words);
                Action::Command(Command { assignments, words: words.into(), declared: Vec::new() })
            }
            ast::Command::Builtin(builtin) => self.builtin(builtin),
            ast::Command::Decl(clause) => self.declaration(clause),
            ast::Command::Binary(binary) => self.binary(binary),
            ast::Command::Compound(compound) => self.compound(compound),
            ast::Command::Function(function) => {
                self.note_function(function);
                let names = function.static_names().map(|name| name.as_str().to_owned()).collect();
                Action::Function(names, self.alone(&function.body))
            }
            ast::Command::AnonymousFunction(function) => Action::Group(self.alone(&function.body)),
        }
    }

    fn builtin(&mut self, builtin: &ast::BuiltinCommand) -> Action {
        let (name, first, rest, assignments, span) = match builtin {
            ast::BuiltinCommand::Break(it) => ("break", &it.depth, &it.extra_args, &it.assignments, it.span),
            ast::BuiltinCommand::Continue(it) => ("continue", &it.depth, &it.extra_args, &it.assignments, it.span),
            ast::BuiltinCommand::Return(it) => ("return", &it.code, &it.extra_args, &it.assignments, it.span),
            ast::BuiltinCommand::Exit(it) => ("exit", &it.code, &it.extra_args, &it.assignments, it.span),
        };
        let bytes = self.bytes(span);
        let mut words = vec![Word { text: name.to_owned(), bytes: bytes.start..bytes.start + name.len(), ..Word::default() }];
        let assignments = self.assignments(assignments);
        words.extend(first.iter().chain(rest).map(|word| self.word(word)));
        Action::Command(Command { assignments, words: words.into(), declared: Vec::new() })
    }

    fn declaration(&mut self, clause: &ast::DeclClause) -> Action {
        let assignments = self.assignments(&clause.assignments);
        let mut declared = Vec::new();
        let mut words = vec![Word { text: clause.variant.as_str().to_owned(), bytes: self.bytes(clause.variant_span), ..Word::default() }];
        for operand in &clause.operands {
            match operand {
                ast::DeclOperand::Flag(word) | ast::DeclOperand::Dynamic(word) => {
                    words.push(self.word(word));
                }
                ast::DeclOperand::Name(reference) => {
                    let bytes = self.bytes(reference.span);
                    words.push(Word { text: self.slice(reference.span).to_owned(), bytes, ..Word::default() });
                }
                ast::DeclOperand::Assignment(assignment) => {
                    let assignment = self.assignment(assignment);
                    let text = format!("{}={}", assignment.name, assignment.value.as_ref().map_or("", |word| &word.text));
                    words.push(Word { text, bytes: assignment.bytes.clone(), ..Word::default() });
                    declared.push(assignment);
                }
            }
        }
        Action::Command(Command { assignments, words: words.into(), declared })
    }

    /// Chains hang to the left and may be a thousand links long: they are unrolled, not recursed into.
    fn binary(&mut self, binary: &ast::BinaryCommand) -> Action {
        let mut links = vec![(binary.op, binary.op_span, &*binary.right)];
        let mut left = &*binary.left;
        while let ast::Command::Binary(inner) = &left.command
            && !left.negated
            && left.redirects.is_empty()
        {
            links.push((inner.op, inner.op_span, &*inner.right));
            left = &inner.left;
        }
        let mut chain = self.statement(left);
        for (op, span, right) in links.into_iter().rev() {
            if op == ast::BinaryOp::PipeAll {
                self.note(Feature::PipeBoth, span);
            }
            let right = self.statement(right);
            let bytes = chain.bytes.start..right.bytes.end;
            let joint = match op {
                ast::BinaryOp::And => Some(Joint::And),
                ast::BinaryOp::Or => Some(Joint::Or),
                ast::BinaryOp::Pipe | ast::BinaryOp::PipeAll => None,
            };
            let bare = !chain.negated && chain.redirects.is_empty() && chain.features.is_empty();
            let action = match (joint, chain.action) {
                (Some(joint), Action::Chain(first, mut rest)) if bare => {
                    rest.push((joint, right));
                    Action::Chain(first, rest)
                }
                (None, Action::Pipeline(mut parts)) if bare => {
                    parts.push(right);
                    Action::Pipeline(parts)
                }
                (joint, action) => {
                    let first = Statement { action, ..chain };
                    match joint {
                        Some(joint) => Action::Chain(Box::new(first), vec![(joint, right)]),
                        None => Action::Pipeline(vec![first, right]),
                    }
                }
            };
            let (redirects, features) = (Vec::new(), Vec::new());
            chain = Statement { action, negated: false, background: false, backquoted: self.backquoted, redirects, features, bytes };
        }
        chain.action
    }

    fn compound(&mut self, compound: &ast::CompoundCommand) -> Action {
        use ast::CompoundCommand as Compound;
        match compound {
            Compound::If(it) => {
                let mut arms = vec![(self.block(&it.condition), self.block(&it.then_branch))];
                for (condition, body) in &it.elif_branches {
                    arms.push((self.block(condition), self.block(body)));
                }
                Action::If(arms, it.else_branch.as_ref().map(|branch| self.block(branch)))
            }
            Compound::For(it) => {
                let name = it.targets.first().and_then(|target| target.name.as_ref()).map_or("", |name| name.as_str());
                let words = it.words.as_ref().map(|words| words.iter().map(|word| self.word(word)).collect());
                Action::Loop(Loop { kind: LoopKind::For(name.to_owned(), words), body: self.block(&it.body) })
            }
            Compound::Foreach(it) => self.for_words(it.variable.as_str(), &it.words, &it.body),
            Compound::Select(it) => {
                self.note(Feature::Select, it.span);
                self.for_words(it.variable.as_str(), &it.words, &it.body)
            }
            Compound::Repeat(it) => self.for_words("", std::slice::from_ref(&it.count), &it.body),
            Compound::ArithmeticFor(it) => {
                self.note(Feature::ArithmeticFor, it.span);
                for part in [&it.init_ast, &it.condition_ast, &it.step_ast].into_iter().flatten() {
                    self.arithmetic(part);
                }
                Action::Loop(Loop { kind: LoopKind::For(String::new(), Some(Vec::new())), body: self.block(&it.body) })
            }
            Compound::While(it) => {
                let condition = self.block(&it.condition);
                Action::Loop(Loop { kind: LoopKind::While(condition), body: self.block(&it.body) })
            }
            Compound::Until(it) => {
                let condition = self.block(&it.condition);
                Action::Loop(Loop { kind: LoopKind::Until(condition), body: self.block(&it.body) })
            }
            Compound::Case(it) => self.case(it),
            Compound::Subshell(body) => Action::Subshell(self.block(body)),
            Compound::BraceGroup(body) => Action::Group(self.block(body)),
            Compound::Arithmetic(it) => {
                self.note(Feature::ArithmeticCommand, it.span);
                let pieces = it.expr_ast.as_ref().map(|expression| self.arithmetic(expression)).unwrap_or_default();
                let bytes = it.expr_span.map_or(0..0, |span| self.bytes(span));
                Action::Arithmetic(bytes, pieces)
            }
            Compound::Time(it) => Action::Group(it.command.as_deref().map(|command| self.alone(command)).unwrap_or_default()),
            Compound::Conditional(it) => {
                self.note(Feature::TestKeyword, it.span);
                Action::Test(self.test(&it.expression))
            }
            Compound::Coproc(it) => {
                self.note(Feature::Coprocess, it.span);
                Action::Subshell(self.alone(&it.body))
            }
            Compound::Always(it) => {
                let mut body = self.block(&it.body);
                body.statements.extend(self.block(&it.always_body).statements);
                Action::Group(body)
            }
        }
    }

    fn for_words(&mut self, variable: &str, words: &[ast::Word], body: &ast::StmtSeq) -> Action {
        let words = words.iter().map(|word| self.word(word)).collect();
        Action::Loop(Loop { kind: LoopKind::For(variable.to_owned(), Some(words)), body: self.block(body) })
    }

    fn case(&mut self, case: &ast::CaseCommand) -> Action {
        let word = self.word(&case.word);
        let mut arms = Vec::with_capacity(case.cases.len());
        for item in &case.cases {
            let (feature, falls) = match item.terminator {
                ast::CaseTerminator::Break => (None, false),
                ast::CaseTerminator::FallThrough => (Some(Feature::CaseFallThrough), true),
                ast::CaseTerminator::Continue | ast::CaseTerminator::ContinueMatching => (Some(Feature::CaseContinue), true),
            };
            if let Some(feature) = feature {
                let at = item.terminator_span.or(item.patterns.first().map(|pattern| pattern.span)).unwrap_or(case.span);
                self.note(feature, at);
            }
            if self.substitutions > 0
                && let Some(pattern) = item.patterns.first()
                && self.lacks_opening(pattern.span)
            {
                self.note(Feature::CaseInSubstitution, pattern.span);
            }
            let patterns = item.patterns.iter().map(|pattern| self.pattern(pattern).text).collect();
            arms.push(Arm { patterns, body: self.block(&item.body), falls });
        }
        Action::Case(word, arms)
    }

    /// Whether a case pattern stands without the `(` before it.
    fn lacks_opening(&self, pattern: ast::Span) -> bool {
        let before = self.text().get(..pattern.start.offset()).unwrap_or_default();
        !before.trim_end().ends_with('(')
    }

    fn test(&mut self, expression: &ast::ConditionalExpr) -> Test {
        use ast::{ConditionalBinaryOp as Binary, ConditionalExpr as Expr, ConditionalUnaryOp as Unary};
        match expression {
            Expr::Parenthesized(inner) => self.test(&inner.expr),
            Expr::Unary(unary) => {
                let operand = self.test(&unary.expr);
                if unary.op == Unary::Not {
                    return Test::Not(Box::new(operand));
                }
                let word = match operand {
                    Test::Word(word) => word,
                    _ => Word::default(),
                };
                match unary.op {
                    Unary::VariableSet if word.text.contains('[') => self.note(Feature::ElementTestKeyword, unary.span()),
                    Unary::VariableSet => self.note(Feature::VariableTestKeyword, unary.span()),
                    Unary::ReferenceVariable => self.note(Feature::ReferenceTestKeyword, unary.span()),
                    _ => {}
                }
                Test::Unary(unary.op.as_str(), word)
            }
            Expr::Binary(binary) => match binary.op {
                Binary::And => Test::And(Box::new(self.test(&binary.left)), Box::new(self.test(&binary.right))),
                Binary::Or => Test::Or(Box::new(self.test(&binary.left)), Box::new(self.test(&binary.right))),
                op => {
                    let (left, right) = (self.test(&binary.left), self.test(&binary.right));
                    let word = |test| if let Test::Word(word) = test { word } else { Word::default() };
                    Test::Binary(word(left), op.as_str(), word(right))
                }
            },
            Expr::Word(word) | Expr::Regex(word) => Test::Word(self.word(word)),
            Expr::Pattern(pattern) => {
                if !self.modes.extended_patterns && has_group(pattern) {
                    self.note(Feature::ExtendedPattern, pattern.span);
                }
                Test::Word(self.pattern(pattern))
            }
            Expr::VarRef(reference) => {
                let pieces = [self.access(reference, None)].into();
                let text = self.slice(reference.span).to_owned();
                Test::Word(Word { text, pieces, bytes: self.bytes(reference.span), ..Word::default() })
            }
        }
    }

    fn assignments(&mut self, assignments: &[ast::Assignment]) -> Vec<Assignment> {
        assignments.iter().map(|assignment| self.assignment(assignment)).collect()
    }

    fn assignment(&mut self, assignment: &ast::Assignment) -> Assignment {
        let name = assignment.target.name.as_str();
        match name {
            "BASH_ARGV0" => self.note(Feature::BashArgv0, assignment.span),
            "BASH_XTRACEFD" => self.note(Feature::BashXtraceFd, assignment.span),
            _ => {}
        }
        if assignment.append {
            self.note(Feature::AppendAssignment, assignment.span);
        }
        if assignment.target.subscript.is_some() || matches!(assignment.value, ast::AssignmentValue::Compound(_)) {
            self.note(Feature::Array, assignment.span);
        }
        let subscript = assignment.target.subscript.as_deref().map(|subscript| subscript.syntax_text(self.text()).to_owned());
        if let Some(subscript) = assignment.target.subscript.as_deref()
            && is_negative_number(subscript.syntax_text(self.text()))
        {
            self.note(Feature::NegativeSubscriptAssigned, assignment.target.span.merge(subscript.span()));
        }
        let (value, elements) = match &assignment.value {
            ast::AssignmentValue::Scalar(word) => {
                self.note_joined(word);
                let value = self.word(word);
                let whole = value.literal().is_some_and(|text| text.split_whitespace().collect::<Vec<_>>().join(" ") == text);
                self.unsplit.insert(name.to_owned(), whole);
                (Some(value), None)
            }
            ast::AssignmentValue::Compound(array) => {
                (None, Some(array.elements.iter().map(|element| self.word(&element.value().word)).collect()))
            }
        };
        Assignment { name: name.to_owned(), subscript, append: assignment.append, value, elements, bytes: self.bytes(assignment.span) }
    }

    fn redirects(&mut self, redirects: &[ast::Redirect]) -> Vec<Redirect> {
        redirects.iter().map(|redirect| self.redirect(redirect)).collect()
    }

    fn redirect(&mut self, redirect: &ast::Redirect) -> Redirect {
        use ast::RedirectKind as Kind;
        if redirect.fd_var.is_some() {
            let inside = self.bytes(redirect.fd_var_span.unwrap_or(redirect.span));
            let bytes = inside.start.saturating_sub(1)..inside.end + 1;
            self.features.push(FeatureUse { feature: Feature::DescriptorVariable, bytes });
        }
        // The parser shows `&>>` as an append and a duplicate; only the text tells.
        if redirect.kind == Kind::Append && self.slice(redirect.span).starts_with("&>>") {
            self.note(Feature::AppendBoth, redirect.span);
        }
        let kind = match redirect.kind {
            Kind::Output | Kind::Clobber | Kind::Append => RedirectKind::Output,
            Kind::Input | Kind::ReadWrite => RedirectKind::Input,
            Kind::HereDoc | Kind::HereDocStrip => RedirectKind::HereDocument,
            Kind::HereString => RedirectKind::HereString,
            Kind::DupOutput | Kind::DupInput => RedirectKind::Duplicate,
            Kind::OutputBoth => RedirectKind::Both,
        };
        match &redirect.target {
            ast::RedirectTarget::Word(word) => {
                if kind == RedirectKind::HereString {
                    self.note(Feature::HereString, redirect.span);
                    self.note_here_string(word);
                }
                let target = self.word(word);
                let to_file = redirect.kind == Kind::DupOutput
                    && target
                        .literal()
                        .is_some_and(|text| text != "-" && !text.trim_end_matches('-').bytes().all(|byte| byte.is_ascii_digit()));
                if to_file || kind == RedirectKind::Both {
                    self.note(Feature::BothToFile, redirect.span);
                }
                Redirect { fd: redirect.fd, kind, target, body: None }
            }
            ast::RedirectTarget::Heredoc(document) => {
                let pieces = self.here_document(document);
                if self.substitutions > 0 && upsets_old_substitution(self.slice(document.body.span)) {
                    self.note(Feature::QuoteInSubstitutedHereDocument, document.delimiter.span);
                }
                let text = document.delimiter.cooked.as_str().to_owned();
                let bytes = self.bytes(document.delimiter.span);
                let target = Word { text, pieces: pieces.into(), quoted: document.delimiter.quoted, bytes, ..Word::default() };
                Redirect { fd: redirect.fd, kind, target, body: Some(self.bytes(document.body.span)) }
            }
        }
    }

    fn here_document(&mut self, document: &ast::Heredoc) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let quoted = std::mem::replace(&mut self.quoted, true);
        for part in &document.body.parts {
            match &part.kind {
                ast::HeredocBodyPart::Literal(_) => {}
                ast::HeredocBodyPart::Variable(name) => pieces.push(self.variable(name.as_str(), part.span)),
                ast::HeredocBodyPart::CommandSubstitution { body, syntax } => pieces.push(self.substitution(body, *syntax)),
                ast::HeredocBodyPart::ArithmeticExpansion { expression, expression_ast, .. } => {
                    let text = expression.slice(self.text()).to_owned();
                    let inside = expression_ast.as_ref().map(|expression| self.arithmetic(expression)).unwrap_or_default();
                    pieces.push(Piece::Arithmetic(text, inside));
                }
                ast::HeredocBodyPart::Parameter(parameter) => pieces.push(self.parameter(parameter)),
            }
        }
        self.quoted = quoted;
        pieces
    }

    fn switch_modes(&mut self, command: &Command) {
        let is = |at: usize, text: &str| command.words.get(at).is_some_and(|word| word.text == text);
        let extended = command.words.iter().any(|word| word.text == "extglob");
        if is(0, "shopt") && is(1, "-s") && extended {
            self.modes.extended_patterns = true;
        }
        if is(0, "set") && is(1, "-o") && is(2, "posix") {
            self.modes.posix = true;
        }
        let lasting = if command.words.is_empty() { &command.assignments } else { &command.declared };
        if lasting.iter().any(|assignment| assignment.name == "IFS") {
            self.modes.separator = true;
        }
    }

    fn note_function(&mut self, function: &ast::FunctionDef) {
        if function.uses_function_keyword() {
            self.note(Feature::FunctionKeyword, function.header.span());
        } else if function.static_names().any(|name| !name.as_str().bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) {
            self.note(Feature::FunctionName, function.header.span());
        }
    }

    /// `[ -v x ]`: only where `-v` is in the place of an operator.
    fn note_test(&mut self, words: &[Word]) {
        let Some(name) = words.first() else { return };
        if name.text != "[" && name.text != "test" {
            return;
        }
        let arguments: Vec<&Word> = words[1..].iter().filter(|word| word.text != "]" && word.text != "!").collect();
        let starts = (0..arguments.len()).filter(|&at| at == 0 || matches!(arguments[at - 1].text.as_str(), "-a" | "-o" | "("));
        for at in starts {
            let is_operator = arguments[at].text == "-v" && !arguments[at].quoted && arguments.get(at + 1).is_some();
            let compares = arguments.get(at + 1).is_some_and(|next| matches!(next.text.as_str(), "=" | "==" | "!="));
            if is_operator && !compares {
                self.features
                    .push(FeatureUse { feature: Feature::VariableTest, bytes: arguments[at].bytes.start..arguments[at + 1].bytes.end });
            }
        }
    }

    fn note_sourced(&mut self, words: &[Word]) {
        let [name, file, ..] = words else { return };
        if matches!(name.text.as_str(), "." | "source") && matches!(file.only_piece(), Some(Piece::Process(_))) {
            let bytes = name.bytes.start..file.bytes.end;
            self.features.push(FeatureUse { feature: Feature::SourcedProcess, bytes });
        }
    }

    /// `eval echo {1..$n}`: `eval` reads the braces again, with the value in them.
    fn settle_ranges(&mut self, words: &[Word]) {
        if words.first().is_some_and(|name| name.text == "eval") {
            let ranges = self.features.iter_mut().filter(|it| it.feature == Feature::VariableRange);
            ranges.for_each(|range| range.feature = Feature::PlainRange);
        }
    }
}

/// `-1` and its like: digits alone, as what a name holds is unknown.
pub(super) fn is_negative_number(text: &str) -> bool {
    let digits = text.trim().strip_prefix('-').unwrap_or_default().trim();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.bytes().any(|byte| byte != b'0')
}

fn has_group(pattern: &ast::Pattern) -> bool {
    pattern.parts.iter().any(|part| matches!(part.kind, ast::PatternPart::Group { .. }))
}

/// bash before 4.0 looks for the end of `$( )` without knowing here-documents: quotes and parentheses in one must pair.
fn upsets_old_substitution(body: &str) -> bool {
    let mut bytes = body.bytes();
    let mut depth = 0usize;
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                bytes.next();
            }
            b'\'' | b'"' | b'`' if !skip_quoted(&mut bytes, byte) => return true,
            b'(' => depth += 1,
            b')' if depth == 0 => return true,
            b')' => depth -= 1,
            _ => {}
        }
    }
    false
}

/// Runs to the closing quote; tells whether there is one.
fn skip_quoted(bytes: &mut std::str::Bytes<'_>, quote: u8) -> bool {
    while let Some(byte) = bytes.next() {
        if byte == b'\\' && quote != b'\'' {
            bytes.next();
        } else if byte == quote {
            return true;
        }
    }
    false
}
