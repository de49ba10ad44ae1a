//! Words and expansions: quotes resolved, features of expansions noted.

use shuck_ast as ast;

use super::feature::Feature;
use super::lower::{Lowering, is_negative_number};
use super::tree::{Action, Bytes, FeatureUse, Operation, Piece, RedirectKind, UNKNOWN, Variable, Word};

/// A word under construction.
#[derive(Default)]
struct Draft {
    text: String,
    pieces: Vec<Piece>,
    quoted: bool,
}

impl Lowering<'_> {
    pub(super) fn word(&mut self, word: &ast::Word) -> Word {
        let mut draft = Draft::default();
        self.parts(&word.parts, &mut draft);
        self.note_ranges(word);
        Word {
            text: draft.text,
            pieces: draft.pieces.into(),
            quoted: draft.quoted,
            string: word.is_fully_quoted(),
            bytes: self.bytes(word.span),
        }
    }

    /// A pattern of `case` or `[[ ]]`, as written.
    pub(super) fn pattern(&mut self, pattern: &ast::Pattern) -> Word {
        let mut draft = Draft::default();
        self.pattern_parts(pattern, &mut draft);
        let bytes = self.bytes(pattern.span);
        Word { text: draft.text, pieces: draft.pieces.into(), quoted: draft.quoted, string: false, bytes }
    }

    fn pattern_parts(&mut self, pattern: &ast::Pattern, draft: &mut Draft) {
        for part in &pattern.parts {
            match &part.kind {
                ast::PatternPart::Literal(text) => push_unescaped(&mut draft.text, text.as_str(self.text(), part.span), self.quoted),
                ast::PatternPart::AnyString => draft.text.push('*'),
                ast::PatternPart::AnyChar => draft.text.push('?'),
                ast::PatternPart::CharClass(text) => draft.text.push_str(text.slice(self.text())),
                ast::PatternPart::Group { kind, patterns } => {
                    draft.text.push(kind.prefix());
                    draft.text.push('(');
                    for (at, inner) in patterns.iter().enumerate() {
                        if at > 0 {
                            draft.text.push('|');
                        }
                        self.pattern_parts(inner, draft);
                    }
                    draft.text.push(')');
                }
                ast::PatternPart::Word(word) => self.parts(&word.parts, draft),
            }
        }
    }

    fn parts(&mut self, parts: &[ast::WordPartNode], draft: &mut Draft) {
        for part in parts {
            self.part(part, draft);
        }
    }

    fn part(&mut self, part: &ast::WordPartNode, draft: &mut Draft) {
        let piece = match &part.kind {
            ast::WordPart::Literal(text) => {
                push_unescaped(&mut draft.text, text.as_str(self.text(), part.span), self.quoted);
                return;
            }
            ast::WordPart::SingleQuoted { value, dollar } => {
                if *dollar {
                    self.note(Feature::DollarQuote, part.span);
                    if has_unicode_escape(self.slice(part.span)) {
                        self.note(Feature::UnicodeEscape, part.span);
                    }
                }
                draft.quoted = true;
                draft.text.push_str(value.slice(self.text()));
                return;
            }
            ast::WordPart::DoubleQuoted { parts, dollar } => {
                if *dollar {
                    self.note(Feature::DollarQuote, part.span);
                }
                draft.quoted = true;
                let outer = std::mem::replace(&mut self.quoted, true);
                self.parts(parts, draft);
                self.quoted = outer;
                return;
            }
            ast::WordPart::ZshQualifiedGlob(_) => {
                draft.text.push(UNKNOWN);
                return;
            }
            ast::WordPart::Variable(name) => self.variable(name.as_str(), part.span),
            ast::WordPart::CommandSubstitution { body, syntax } => self.substitution(body, *syntax),
            ast::WordPart::ArithmeticExpansion { expression, expression_ast, .. } => {
                expression_ast.as_ref().into_iter().for_each(|expression| self.note_operators(expression));
                let text = expression.slice(self.text()).to_owned();
                Piece::Arithmetic(text, expression_ast.as_ref().map(|expression| self.arithmetic(expression)).unwrap_or_default())
            }
            ast::WordPart::Parameter(parameter) => self.parameter(parameter),
            ast::WordPart::ProcessSubstitution { body, .. } => {
                self.note(Feature::ProcessSubstitution, part.span);
                if self.modes.posix {
                    self.note(Feature::ProcessInPosixMode, part.span);
                }
                Piece::Process(self.block(body))
            }
            ast::WordPart::PrefixMatch { prefix, .. } => {
                self.note(Feature::Indirection, part.span);
                variable(prefix.as_str(), Vec::new())
            }
            ast::WordPart::ArrayAccess(reference) => {
                self.note_negative(reference, part.span);
                let elements = reference.has_array_selector().then(|| self.bytes(part.span));
                self.access(reference, elements)
            }
            ast::WordPart::Length(reference) | ast::WordPart::ArrayLength(reference) | ast::WordPart::ArrayIndices(reference) => {
                self.note_negative(reference, part.span);
                let inside = self.subscript(reference);
                variable(reference.name.as_str(), inside)
            }
            ast::WordPart::Transformation { reference, operator } => {
                self.note_transformation(*operator, part.span);
                variable(reference.name.as_str(), self.subscript(reference))
            }
            ast::WordPart::ParameterExpansion { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, operator, operand_word_ast.as_deref(), part.span)
            }
            ast::WordPart::IndirectExpansion { reference, operand_word_ast, .. } => {
                self.note(Feature::Indirection, part.span);
                let mut inside = self.subscript(reference);
                inside.extend(operand_word_ast.as_deref().map(|word| self.operand(word)));
                variable(reference.name.as_str(), inside)
            }
            ast::WordPart::Substring { reference, offset, offset_word_ast, length, length_word_ast, .. }
            | ast::WordPart::ArraySlice { reference, offset, offset_word_ast, length, length_word_ast, .. } => {
                let (offset, length) = (&**offset, length.as_deref());
                self.slice_of(reference, (offset, offset_word_ast), (length, length_word_ast.as_deref()), part.span)
            }
        };
        draft.text.push(UNKNOWN);
        draft.pieces.push(piece);
    }

    pub(super) fn variable(&mut self, name: &str, span: ast::Span) -> Piece {
        if name.is_empty() {
            // bash 5.3's `${ cmd; }` and `${| cmd; }` come as a variable without a name.
            let text = self.slice(span);
            if text.starts_with("${|") {
                self.note(Feature::ValueSubstitution, span);
            } else if text.strip_prefix("${").is_some_and(|rest| rest.starts_with([' ', '\t', '\n'])) {
                self.note(Feature::FunctionSubstitution, span);
            }
        }
        self.note_variable(name, span);
        let operation = Operation::None;
        Piece::Variable(Variable { name: name.to_owned(), plain: true, elements: None, operation, inside: Vec::new() })
    }

    /// `${name}`, `${name[i]}`, `${name[@]}`
    pub(super) fn access(&mut self, reference: &ast::VarRef, elements: Option<Bytes>) -> Piece {
        let inside = self.subscript(reference);
        let plain = reference.subscript.is_none();
        let operation = if plain || elements.is_some() { Operation::None } else { Operation::Other };
        Piece::Variable(Variable { name: reference.name.as_str().to_owned(), plain, elements, operation, inside })
    }

    pub(super) fn substitution(&mut self, body: &ast::StmtSeq, syntax: ast::CommandSubstitutionSyntax) -> Piece {
        let counts = usize::from(syntax == ast::CommandSubstitutionSyntax::DollarParen);
        self.substitutions += counts;
        let outer = self.backquoted;
        self.backquoted |= syntax == ast::CommandSubstitutionSyntax::Backtick;
        let block = self.block(body);
        self.backquoted = outer;
        self.substitutions -= counts;
        if let [only] = block.statements.as_slice()
            && let Action::Command(command) = &only.action
            && command.words.is_empty()
            && command.assignments.is_empty()
            && matches!(only.redirects.as_slice(), [redirect] if redirect.kind == RedirectKind::Input)
        {
            self.features.push(FeatureUse { feature: Feature::FileSubstitution, bytes: only.bytes.clone() });
        }
        Piece::Command(block)
    }

    pub(super) fn parameter(&mut self, parameter: &ast::ParameterExpansion) -> Piece {
        use ast::BourneParameterExpansion as Bourne;
        let span = parameter.span;
        let Some(syntax) = parameter.bourne() else { return variable("", Vec::new()) };
        match syntax {
            Bourne::Access { reference } => {
                self.note_negative(reference, span);
                self.note_variable(reference.name.as_str(), span);
                let elements = reference.has_array_selector().then(|| self.bytes(span));
                self.access(reference, elements)
            }
            Bourne::Length { reference } | Bourne::Indices { reference } => {
                self.note_negative(reference, span);
                let inside = self.subscript(reference);
                variable(reference.name.as_str(), inside)
            }
            Bourne::Indirect { reference, operand_word_ast, .. } => {
                self.note(Feature::Indirection, span);
                let mut inside = self.subscript(reference);
                inside.extend(operand_word_ast.as_deref().map(|word| self.operand(word)));
                variable(reference.name.as_str(), inside)
            }
            Bourne::PrefixMatch { prefix, .. } => {
                self.note(Feature::Indirection, span);
                variable(prefix.as_str(), Vec::new())
            }
            Bourne::Slice { reference, offset, offset_word_ast, length, length_word_ast, .. } => {
                self.slice_of(reference, (offset, offset_word_ast), (length.as_ref(), length_word_ast.as_deref()), span)
            }
            Bourne::Operation { reference, operator, operand_word_ast, .. } => {
                self.operation(reference, operator, operand_word_ast.as_deref(), span)
            }
            Bourne::Transformation { reference, operator } => {
                self.note_transformation(*operator, span);
                variable(reference.name.as_str(), self.subscript(reference))
            }
        }
    }

    fn operation(&mut self, reference: &ast::VarRef, operator: &ast::ParameterOp, operand: Option<&ast::Word>, span: ast::Span) -> Piece {
        use ast::ParameterOp as Op;
        self.note_negative(reference, span);
        let mut inside = self.subscript(reference);
        let indexed = reference.subscript.is_some();
        match operator {
            Op::UpperFirst | Op::UpperAll | Op::LowerFirst | Op::LowerAll => self.note(Feature::CaseChange, span),
            Op::ReplaceFirst { pattern, replacement_word_ast, .. } | Op::ReplaceAll { pattern, replacement_word_ast, .. } => {
                self.note(Feature::Replacement, span);
                inside.push(self.pattern(pattern));
                self.note_replacement(replacement_word_ast, span);
                inside.push(self.operand(replacement_word_ast));
            }
            Op::RemovePrefixShort { pattern }
            | Op::RemovePrefixLong { pattern }
            | Op::RemoveSuffixShort { pattern }
            | Op::RemoveSuffixLong { pattern } => inside.push(self.pattern(pattern)),
            // A default makes an unset variable harmless.
            Op::UseDefault | Op::AssignDefault | Op::UseReplacement | Op::Error => {}
        }
        inside.extend(operand.map(|word| self.operand(word)));
        let operation = match operator {
            _ if indexed => Operation::Other,
            Op::UseDefault | Op::AssignDefault if !inside.is_empty() => Operation::Default,
            Op::Error => Operation::None,
            Op::RemovePrefixShort { .. } => Operation::RemovePrefix,
            Op::RemovePrefixLong { .. } => Operation::RemoveLongestPrefix,
            Op::RemoveSuffixShort { .. } => Operation::RemoveSuffix,
            Op::RemoveSuffixLong { .. } => Operation::RemoveLongestSuffix,
            Op::ReplaceFirst { .. } => Operation::Replace,
            Op::ReplaceAll { .. } => Operation::ReplaceAll,
            _ => Operation::Other,
        };
        let name = reference.name.as_str().to_owned();
        Piece::Variable(Variable { name, plain: false, elements: None, operation, inside })
    }

    /// A word in braces: an operand, a subscript.
    fn operand(&mut self, word: &ast::Word) -> Word {
        let mut draft = Draft::default();
        self.parts(&word.parts, &mut draft);
        let bytes = self.bytes(word.span);
        Word { text: draft.text, pieces: draft.pieces.into(), quoted: draft.quoted, string: word.is_fully_quoted(), bytes }
    }

    fn slice_of(
        &mut self,
        reference: &ast::VarRef,
        (offset, offset_word): (&ast::SourceText, &ast::Word),
        (length, length_word): (Option<&ast::SourceText>, Option<&ast::Word>),
        span: ast::Span,
    ) -> Piece {
        self.note(Feature::Substring, span);
        self.note_negative(reference, span);
        let of_arguments = matches!(reference.name.as_str(), "@" | "*");
        if of_arguments && offset.slice(self.text()).trim() == "0" {
            self.note(Feature::SliceFromZero, span);
        }
        if !of_arguments && !reference.has_array_selector() && length.is_some_and(|length| is_negative_number(length.slice(self.text()))) {
            self.note(Feature::NegativeLength, span);
        }
        let mut inside = self.subscript(reference);
        inside.push(self.operand(offset_word));
        inside.extend(length_word.map(|word| self.operand(word)));
        variable(reference.name.as_str(), inside)
    }

    /// A subscript that holds more than literal text.
    pub(super) fn subscript(&mut self, reference: &ast::VarRef) -> Vec<Word> {
        if reference.subscript.is_some() {
            self.note(Feature::ArrayExpansion, reference.span);
        }
        let Some(word) = reference.subscript.as_deref().and_then(ast::Subscript::word_ast) else { return Vec::new() };
        if word.parts.iter().all(|part| matches!(part.kind, ast::WordPart::Literal(_))) {
            return Vec::new();
        }
        vec![self.operand(word)]
    }

    /// The expansions in an arithmetic expression; negative subscripts in it are noted.
    pub(super) fn arithmetic(&mut self, expression: &ast::ArithmeticExprNode) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut open = vec![expression];
        while let Some(node) = open.pop() {
            use ast::ArithmeticExpr as Expr;
            match &node.kind {
                Expr::Number(_) => {}
                Expr::Variable(name) => self.note_variable(name.as_str(), node.span),
                Expr::Indexed { index, .. } => {
                    if is_negative_number(self.slice(index.span)) {
                        self.note(Feature::NegativeSubscript, node.span);
                    }
                    open.push(index);
                }
                Expr::ShellWord(word) => {
                    let mut draft = Draft::default();
                    self.parts(&word.parts, &mut draft);
                    pieces.extend(draft.pieces);
                }
                Expr::Parenthesized { expression: inner } | Expr::Unary { expr: inner, .. } | Expr::Postfix { expr: inner, .. } => {
                    open.push(inner);
                }
                Expr::Binary { left, right, .. } => open.extend([&**right, &**left]),
                Expr::Conditional { condition, then_expr, else_expr } => open.extend([&**else_expr, &**then_expr, &**condition]),
                Expr::Assignment { target, value, .. } => {
                    open.push(value);
                    if let ast::ArithmeticLvalue::Indexed { index, .. } = target {
                        open.push(index);
                    }
                }
            }
        }
        pieces
    }

    fn note_variable(&mut self, name: &str, span: ast::Span) {
        let feature = match name {
            "BASHPID" => Feature::BashPid,
            "EPOCHSECONDS" => Feature::EpochSeconds,
            "EPOCHREALTIME" => Feature::EpochRealtime,
            "SRANDOM" => Feature::Srandom,
            "BASH_ARGV0" => Feature::BashArgv0,
            "RANDOM" => Feature::Random,
            _ => return,
        };
        self.note(feature, span);
    }

    fn note_negative(&mut self, reference: &ast::VarRef, span: ast::Span) {
        let Some(subscript) = reference.subscript.as_deref() else { return };
        if is_negative_number(subscript.syntax_text(self.text())) {
            self.note(Feature::NegativeSubscript, span);
        }
    }

    fn note_transformation(&mut self, operator: char, span: ast::Span) {
        let feature = match operator {
            'Q' | 'E' | 'P' | 'A' | 'a' => Feature::Transformation,
            'U' | 'u' | 'L' | 'K' => Feature::CaseTransformation,
            'k' => Feature::PairsTransformation,
            _ => return,
        };
        self.note(feature, span);
    }

    fn note_replacement(&mut self, word: &ast::Word, span: ast::Span) {
        let raw = self.slice(word.span);
        if self.quoted && raw.contains(['"', '\'']) && word.parts.iter().any(|part| part.kind.is_quoted()) {
            self.note(Feature::QuotedReplacement, span);
        }
        if raw.starts_with('~') || (self.quoted && raw.starts_with("\\~")) {
            self.note(Feature::TildeReplacement, span);
        }
        let ampersand = word.parts.iter().any(|part| {
            matches!(part.kind, ast::WordPart::Literal(_)) && {
                let text = self.slice(part.span);
                text.match_indices('&').any(|(at, _)| !text[..at].ends_with('\\'))
            }
        });
        if ampersand {
            self.note(Feature::AmpersandReplacement, span);
        }
    }

    /// `x=${a[*]}` without quotes, once IFS was set.
    pub(super) fn note_joined(&mut self, word: &ast::Word) {
        let [part] = word.parts.as_slice() else { return };
        let ast::WordPart::Parameter(parameter) = &part.kind else { return };
        let Some(ast::BourneParameterExpansion::Access { reference }) = parameter.bourne() else { return };
        let star = reference.subscript.as_deref().and_then(ast::Subscript::selector) == Some(ast::SubscriptSelector::Star);
        if star && self.modes.separator {
            self.note(Feature::JoinedAssignment, part.span);
        }
    }

    /// `<<< $v`: numbers and the like have no blanks that could be lost.
    pub(super) fn note_here_string(&mut self, word: &ast::Word) {
        let loose = word.parts.iter().any(|part| match &part.kind {
            ast::WordPart::Variable(name) => {
                !matches!(name.as_str(), "#" | "?" | "$" | "!") && !self.unsplit.get(name.as_str()).copied().unwrap_or_default()
            }
            ast::WordPart::Parameter(_) | ast::WordPart::CommandSubstitution { .. } => true,
            _ => false,
        });
        if loose {
            self.note(Feature::UnquotedHereString, word.span);
        }
    }

    /// `{01..10}`, `{1..10..2}`, `{1..10}`, `{1..$n}`, `{a,b}`.
    fn note_ranges(&mut self, word: &ast::Word) {
        for brace in &word.brace_syntax {
            let inside = self.slice(brace.span);
            let inside = inside.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(inside);
            if brace.quote_context == ast::BraceQuoteContext::Unquoted && is_variable_range(inside) {
                self.note(Feature::VariableRange, brace.span);
                continue;
            }
            if !brace.expands() {
                continue;
            }
            let feature = match brace.kind {
                ast::BraceSyntaxKind::Expansion(ast::BraceExpansionKind::Sequence) => range(inside),
                ast::BraceSyntaxKind::Expansion(ast::BraceExpansionKind::CommaList) => Some(Feature::BraceList),
                _ => None,
            };
            if let Some(feature) = feature {
                self.note(feature, brace.span);
            }
        }
    }

    /// `**`, `++`, `--` in `$(( ))`.
    fn note_operators(&mut self, expression: &ast::ArithmeticExprNode) {
        let text = self.slice(expression.span);
        if text.contains("**") {
            self.note(Feature::Power, expression.span);
        } else if is_counting(text) {
            self.note(Feature::Increment, expression.span);
        }
    }
}

/// What a sequence in braces is.
fn range(inside: &str) -> Option<Feature> {
    let ends: Vec<&str> = inside.split("..").collect();
    match ends.as_slice() {
        [_, _, step] if step.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) => Some(Feature::SteppedRange),
        [first, last] if is_number(first) && is_number(last) && (is_padded(first) || is_padded(last)) => Some(Feature::PaddedRange),
        [first, last] if (is_number(first) && is_number(last)) || (is_letter(first) && is_letter(last)) => Some(Feature::PlainRange),
        _ => None,
    }
}

/// `1..$n`: bash looks for the range before it knows the value.
fn is_variable_range(inside: &str) -> bool {
    let Some((first, last)) = inside.split_once("..") else { return false };
    let is_end = |end: &str| is_number(end) || (end.starts_with('$') && !end.contains([' ', '/', '.']));
    is_end(first) && is_end(last) && inside.contains('$')
}

/// `i++`, `--i`; not `1 - -1`.
fn is_counting(text: &str) -> bool {
    let near = |at: Option<u8>| at.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(1)).any(|at| {
        let pair = [bytes[at], bytes[at + 1]];
        let before = text[..at].trim_end().bytes().last();
        matches!(&pair, b"++" | b"--")
            && (before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') || near(bytes.get(at + 2).copied()))
    })
}

fn variable(name: &str, inside: Vec<Word>) -> Piece {
    Piece::Variable(Variable { name: name.to_owned(), plain: false, elements: None, operation: Operation::Other, inside })
}

fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_letter(text: &str) -> bool {
    text.len() == 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn is_padded(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    digits.len() > 1 && digits.starts_with('0')
}

fn has_unicode_escape(text: &str) -> bool {
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\\' {
            let escaped = bytes.next();
            if matches!(escaped, Some(b'u' | b'U')) && bytes.peek().is_some_and(u8::is_ascii_hexdigit) {
                return true;
            }
        }
    }
    false
}

/// Takes the backslashes away that the shell would take.
fn push_unescaped(into: &mut String, text: &str, quoted: bool) {
    if !text.contains('\\') {
        into.push_str(text);
        return;
    }
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            into.push(char);
            continue;
        }
        match chars.next() {
            Some('\n') | None => {}
            Some(escaped) => {
                if quoted && !matches!(escaped, '$' | '`' | '"' | '\\') {
                    into.push('\\');
                }
                into.push(escaped);
            }
        }
    }
}
