//! Conditions → what their success and their failure tell.

use compact_str::{CompactString, format_compact};

use super::dialect::Dialect;
use super::ends::Leaves;
use super::flags::Flag;
use super::flow::Flow;
use super::guard::{Guard, Named, System, Told};
use super::options::{is_bundle_with, is_name};
use super::survey::{commands_in, is_discarded, is_muted, is_quiet, is_silenced, own_command};
use super::tree::{Action, Arm, Block, Command, Joint, Piece, Redirect, RedirectKind, Statement, Test, UNKNOWN, Word};
use super::version::version_in_arm;
use crate::policy::Version;

/// How deep functions that call functions are followed.
const MOST_CALLS: usize = 4;

/// How many statements of a function are asked what it tells to pass them; tests stand at its begin.
const MOST_PASSED: usize = 16;

impl Flow<'_> {
    pub(super) fn told_by_block(&self, block: &Block, depth: usize) -> Told {
        let Some((last, before)) = block.statements.split_last() else { return Told::default() };
        // `case … in Linux) return 0;; esac; return 1`
        if let (Some(Statement { action: Action::Case(word, arms), .. }), Some(code)) = (before.last(), returned(last)) {
            return self.told_by_case(word, arms, code);
        }
        if returned(last) == Some(1) {
            let ways = before.iter().rev().map_while(|statement| self.told_by_saying_yes(statement, depth));
            if let Some(told) = ways.reduce(Told::or) {
                return told;
            }
        }
        let mut told = self.told_by(last, depth);
        if told.success.contains(&Guard::Never) && before.iter().any(|statement| commands_in(statement).contains(&"return")) {
            told.success.clear();
        }
        told.success.extend(before.iter().take(MOST_PASSED).flat_map(|statement| self.told_by_passing(statement)));
        told
    }

    /// `if test; then return 0; fi`, `test && return 0`: where `return 1` follows, the function says what the test says.
    fn told_by_saying_yes(&self, statement: &Statement, depth: usize) -> Option<Told> {
        match &statement.action {
            Action::If(arms, _) => {
                let [(condition, body)] = arms.as_slice() else { return None };
                (returned(body.statements.last()?) == Some(0)).then(|| self.told_by_block(condition, depth))
            }
            Action::Chain(first, links) => {
                let [(Joint::And, link)] = links.as_slice() else { return None };
                (returned(link) == Some(0)).then(|| self.told_by(first, depth))
            }
            _ => None,
        }
    }

    /// What it tells that a function goes on behind a statement which may make it fail: `test || return 1`.
    fn told_by_passing(&self, statement: &Statement) -> Vec<Guard> {
        // Functions that are called there are not followed.
        let depth = MOST_CALLS;
        let fails = |told: Told| told.success.contains(&Guard::Never);
        match &statement.action {
            Action::Chain(first, links) => match links.as_slice() {
                [(Joint::Or, link)] if self.statement_ends(link, Leaves::Function) => self.told_by(statement, depth).success,
                [(Joint::And, link)] if self.statement_ends(link, Leaves::Function) && fails(self.told_by(link, depth)) => {
                    self.told_by(first, depth).failure
                }
                _ => Vec::new(),
            },
            Action::If(arms, None) => match arms.as_slice() {
                [(condition, body)] if self.ends(body, Leaves::Function) && fails(self.told_by_block(body, depth)) => {
                    self.told_by_block(condition, depth).failure
                }
                _ => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    /// What it tells that a block prints something: in `$(command -v timeout || true)` what stands last prints nothing.
    pub(super) fn told_by_output(&self, block: &Block, depth: usize) -> Told {
        let silent = |link: &(Joint, Statement)| {
            link.0 == Joint::Or && matches!(own_command(&link.1), Some("true" | ":")) && link.1.redirects.is_empty()
        };
        match block.statements.as_slice() {
            [Statement { action: Action::Chain(first, links), negated: false, .. }] if links.iter().all(silent) => {
                self.told_by(first, depth)
            }
            _ => self.told_by_block(block, depth),
        }
    }

    pub(super) fn told_by(&self, statement: &Statement, depth: usize) -> Told {
        if let Some(told) = self.told_by_versions(statement, &[]) {
            return told;
        }
        let told = match &statement.action {
            Action::Command(command) => self
                .told_by_reading(command, &statement.redirects)
                .unwrap_or_else(|| self.told_by_command(command, &statement.redirects, depth)),
            Action::Chain(first, links) => links.iter().fold(self.told_by(first, depth), |told, (joint, link)| {
                // A `return` alone hands on how what stands before it ended.
                let hands_on = ends_alone(link);
                match joint {
                    Joint::And if hands_on => told.and(Told::failing().swapped()),
                    Joint::Or if hands_on => told.or(Told::failing()),
                    Joint::And => told.and(self.told_by(link, depth)),
                    Joint::Or => told.or(self.told_by(link, depth)),
                }
            }),
            Action::Group(block) | Action::Subshell(block) => self.told_by_block(block, depth),
            Action::Test(test) => self.told_by_test(test),
            Action::Arithmetic(bytes, _) => self.told_by_arithmetic(self.script.get(bytes.clone()).unwrap_or_default()),
            Action::Pipeline(parts) => told_by_pipeline(parts),
            Action::If(arms, otherwise) => self.told_by_if(arms, otherwise.as_ref(), depth),
            Action::Case(word, arms) => self.told_by_case(word, arms, 0),
            Action::Loop(_) | Action::Function(..) => Told::default(),
        };
        let told = if self.asks_for_bash(statement) { told.and(Told::bash(Version(1, 0))) } else { told };
        let told = if let Some(tried) = declared_unheard(statement) { told.and(tried) } else { told };
        if statement.negated { told.swapped() } else { told }
    }

    /// Where `sh` is to run something of bash and may complain unheard, it asks for bash.
    fn asks_for_bash(&self, statement: &Statement) -> bool {
        let mut uses = false;
        if self.dialect == Dialect::Sh && is_silenced(&statement.redirects) {
            statement.each(&mut |inner| uses |= !inner.features.is_empty());
        }
        uses
    }

    /// `if test; then true; else false; fi`
    fn told_by_if(&self, arms: &[(Block, Block)], otherwise: Option<&Block>, depth: usize) -> Told {
        let [(condition, body)] = arms else { return Told::default() };
        let outcome = |block: &Block| block.statements.last().and_then(returned);
        match (outcome(body), otherwise.and_then(outcome)) {
            (Some(0), Some(1)) => self.told_by_block(condition, depth),
            (Some(1), Some(0)) => self.told_by_block(condition, depth).swapped(),
            // `if ! test; then return 1; fi`: success says that the test held.
            (Some(1), None) if otherwise.is_none() => Told { success: self.told_by_block(condition, depth).failure, failure: Vec::new() },
            _ => Told::default(),
        }
    }

    fn told_by_command(&self, command: &Command, redirects: &[Redirect], depth: usize) -> Told {
        let Some(name) = command.words.first() else {
            // `if path=$(command -v timeout)`
            let inner = command.assignments.last().and_then(|assignment| assignment.value.as_ref()?.only_piece());
            let Some(Piece::Command(block)) = inner else { return Told::default() };
            return self.told_by_block(block, depth);
        };
        let arguments = &command.words[1..];
        match name.text.as_str() {
            "command" => {
                self.told_by_lookup(arguments, arguments.iter().any(|word| word.text.starts_with("-v") || word.text.starts_with("-V")))
            }
            "type" | "hash" | "which" | "help" => self.told_by_lookup(arguments, true),
            "[" | "test" => self.told_by_bracket(arguments),
            "false" => Told::failing(),
            "true" | ":" => Told::failing().swapped(),
            "return" | "exit" => match arguments.first().and_then(Word::literal) {
                Some("0") => Told::failing().swapped(),
                Some(_) => Told::failing(),
                None => Told::default(),
            },
            "builtin" if matches!(arguments.first().map(|word| word.text.as_str()), Some("command" | "type" | "hash")) => {
                self.told_by_lookup(&arguments[1..], true)
            }
            "eval" => match arguments {
                [name, rest @ ..] if name.only_piece().is_some() => self.told_by_name(name, rest, redirects),
                _ => Told::default(),
            },
            "builtin" => Told::default(),
            "grep" => told_by_here_string(arguments, redirects),
            text => {
                if let Some(body) = self.functions.get(text)
                    && depth < MOST_CALLS
                {
                    return self.told_by_call(text, body, arguments, depth);
                }
                let told = probe(command).unwrap_or_else(|| self.told_by_name(name, arguments, redirects));
                // What succeeds is there.
                if crate::facts::is_known(text) && is_discarded(redirects) {
                    told.and(Told { failure: Vec::new(), ..Told::has(text) })
                } else {
                    told
                }
            }
        }
    }

    /// Functions from elsewhere, and flags that are run: `is_macos`, `$is_linux`, `have timeout`.
    fn told_by_name(&self, name: &Word, arguments: &[Word], redirects: &[Redirect]) -> Told {
        if let Some(Piece::Variable(variable)) = name.only_piece() {
            // `$ASK timeout >/dev/null`: what is printed about a command by its name alone is of no use.
            if arguments.len() == 1 && is_muted(redirects) {
                return self.told_by_lookup(arguments, true);
            }
            return self.told_by_flag(&variable.name);
        }
        let asks_for_command =
            ["have", "has", "command_exists", "exists", "has_command", "have_command", "is_installed", "has_cmd", "have_cmd"];
        if asks_for_command.iter().any(|known| known.eq_ignore_ascii_case(&name.text)) {
            return self.told_by_lookup(arguments, true);
        }
        flag_name(&name.text)
    }

    fn told_by_flag(&self, name: &str) -> Told {
        if matches!(name, "?" | "PIPESTATUS") {
            return self.outcome.clone().swapped();
        }
        let told = self.flags.get(name).map(Flag::told).unwrap_or_default();
        let told = if told.success.is_empty() && told.failure.is_empty() { flag_name(name) } else { told };
        match wanted(name) {
            Some(guard) if told.success.is_empty() && !self.is_assigned(name) => Told { success: vec![guard], ..told },
            _ => told,
        }
    }

    /// `(( BASH_VERSINFO[0] >= 4 ))`, `(( have_timeout ))`
    fn told_by_arithmetic(&self, expression: &str) -> Told {
        let name = expression.trim_matches(|char: char| char.is_whitespace() || matches!(char, '(' | ')'));
        let is_flag = |name: &str| is_name(name) && !self.holds_version(name);
        match name.strip_prefix('!').map(str::trim_start) {
            Some(name) if is_flag(name) => self.told_by_flag(name).swapped(),
            None if is_flag(name) => self.told_by_flag(name),
            _ => self.version_asked(expression, &[]).unwrap_or_default(),
        }
    }

    /// The versions of bash that any part of a condition asks for, as they hold where the condition does not.
    pub(super) fn versions_asked_in(&self, condition: &Block) -> Vec<Guard> {
        let mut asked = Vec::new();
        condition.each(&mut |statement| asked.extend(self.told_by(statement, 0).failure));
        asked.retain(|guard| matches!(guard, Guard::Bash(_)));
        asked
    }

    fn told_by_call(&self, name: &str, body: &Block, arguments: &[Word], depth: usize) -> Told {
        if let [only] = body.statements.as_slice()
            && let Some(told) = self.told_by_versions(only, arguments)
        {
            return told;
        }
        let told = self.told_by_block(body, depth + 1);
        let fill = |guards: Vec<Guard>| guards.into_iter().flat_map(|guard| self.filled(&guard, name, arguments)).collect();
        Told { success: fill(told.success), failure: fill(told.failure) }
    }

    /// A function's guard with the arguments of a call in the place of `$1`, `$@`.
    pub(super) fn filled(&self, guard: &Guard, function: &str, arguments: &[Word]) -> Vec<Guard> {
        let (name, tell): (&str, fn(&str) -> Vec<Guard>) = match guard {
            Guard::Has(name) => (name, |name| Told::has(name).success),
            Guard::Lacks(name) => (name, |name| Told::has(name).failure),
            other => return vec![other.clone()],
        };
        let Some(variable) = name.strip_prefix('$') else { return vec![guard.clone()] };
        let parameter = self.parameter(function, variable);
        let chosen: Vec<&Word> = match parameter.parse::<usize>() {
            Ok(at) => arguments.get(at.wrapping_sub(1)).into_iter().collect(),
            Err(_) if matches!(parameter, "@" | "*") => arguments.iter().collect(),
            Err(_) => Vec::new(),
        };
        chosen.into_iter().filter_map(|word| self.command_named(word)).flat_map(|name| tell(&name)).collect()
    }

    /// `grep -c processor /proc/cpuinfo 2>/dev/null`: a file that one system has alone is read, and may not be there.
    fn told_by_reading(&self, command: &Command, redirects: &[Redirect]) -> Option<Told> {
        let [name, arguments @ ..] = &*command.words else { return None };
        let reads = arguments.iter().map(|word| self.held_text(word)).any(|path| path == "/proc" || is_of_linux(path));
        let silent = name.text == "grep" && arguments.iter().any(|word| is_bundle_with(&word.text, 's'));
        if !reads || !(silent || is_quiet(redirects)) || matches!(name.text.as_str(), "[" | "test") {
            return None;
        }
        let told = Told::system(Named::One(System::Linux));
        // Where grep prints nothing, it fails by what the file holds.
        let by_content = is_muted(redirects) || arguments.iter().any(|word| is_bundle_with(&word.text, 'q'));
        Some(if name.text == "grep" && by_content { Told { failure: Vec::new(), ..told } } else { told })
    }

    fn told_by_lookup(&self, arguments: &[Word], looks: bool) -> Told {
        if !looks {
            return Told::default();
        }
        let names = arguments.iter().filter(|word| !word.text.starts_with('-')).filter_map(|word| self.command_named(word));
        names.map(|name| Told::has(&name)).reduce(Told::and).unwrap_or_default()
    }

    /// The command that a word names: its last component, or `$1`, `$name` for what only the call tells.
    pub(super) fn command_named(&self, word: &Word) -> Option<CompactString> {
        let text = self.held_text(word);
        if let Some(Piece::Variable(variable)) = word.only_piece().filter(|_| text == word.text) {
            return Some(format_compact!("${}", variable.name));
        }
        if let Some(Piece::Command(block)) = word.only_piece() {
            // `[ -x "$(command -v timeout)" ]`
            return self.told_by_block(block, MOST_CALLS).success.into_iter().find_map(|guard| match guard {
                Guard::Has(name) => Some(name),
                _ => None,
            });
        }
        let name = text.rsplit('/').next().unwrap_or_default();
        (!name.is_empty() && !name.contains(UNKNOWN)).then(|| name.into())
    }

    fn told_by_bracket(&self, arguments: &[Word]) -> Told {
        let arguments = match arguments.split_last() {
            Some((last, rest)) if last.text == "]" => rest,
            _ => arguments,
        };
        for (operator, join) in [("-o", Told::or as fn(Told, Told) -> Told), ("-a", Told::and)] {
            if let Some(at) = arguments.iter().position(|word| word.text == operator && !word.quoted)
                && at > 0
            {
                return join(self.told_by_bracket(&arguments[..at]), self.told_by_bracket(&arguments[at + 1..]));
            }
        }
        match arguments {
            [not, rest @ ..] if not.text == "!" && !rest.is_empty() => self.told_by_bracket(rest).swapped(),
            [left, operator, right] => self.told_by_comparison(left, &operator.text, right),
            [operator, word] => self.told_by_unary(&operator.text, word),
            [word] => self.told_by_unary("-n", word),
            _ => Told::default(),
        }
    }

    fn told_by_test(&self, test: &Test) -> Told {
        match test {
            Test::And(left, right) => self.told_by_test(left).and(self.told_by_test(right)),
            Test::Or(left, right) => self.told_by_test(left).or(self.told_by_test(right)),
            Test::Not(inner) => self.told_by_test(inner).swapped(),
            Test::Unary(operator, word) => self.told_by_unary(operator, word),
            Test::Binary(left, operator, right) => self.told_by_comparison(left, operator, right),
            Test::Word(word) => self.told_by_unary("-n", word),
        }
    }

    fn told_by_unary(&self, operator: &str, word: &Word) -> Told {
        match operator {
            "-z" => self.told_by_unary("-n", word).swapped(),
            "-n" | "-v" => match word.only_piece() {
                Some(piece) => self.told_by_content(piece),
                None => Told::default(),
            },
            "-x" | "-f" | "-e" | "-r" | "-d" | "-s" | "-w" => match self.held_text(word) {
                "/proc" | "/sys" | "/dev/shm" | "/run/systemd/system" | "/etc/debian_version" => Told::system(System::named("linux")),
                path if is_of_linux(path) => Told::system(System::named("linux")),
                "/System" | "/System/Library" | "/Applications" | "/Library" => Told::system(System::named("darwin")),
                path if path.contains("/bin/") && !path.contains(UNKNOWN) => Told::has(path.rsplit('/').next().unwrap_or_default()),
                path if operator == "-x" || path.contains("/bin/") => {
                    self.command_named(word).map(|name| Told::has(&name)).unwrap_or_default()
                }
                _ => Told::default(),
            },
            _ => Told::default(),
        }
    }

    /// What it tells that an expansion is not empty.
    fn told_by_content(&self, piece: &Piece) -> Told {
        match piece {
            Piece::Variable(variable) => match variable.name.as_str() {
                // A plain `sh` sets none of them.
                "BASH_VERSION" | "BASH" | "RANDOM" => Told::bash(Version(1, 0)),
                "BASHPID" => Told::bash(Version(4, 0)),
                "EPOCHSECONDS" | "EPOCHREALTIME" | "BASH_ARGV0" => Told::bash(Version(5, 0)),
                "SRANDOM" => Told::bash(Version(5, 1)),
                "WSL_DISTRO_NAME" => Told::system(System::named("linux")),
                "ZSH_VERSION" | "ZSH_NAME" | "KSH_VERSION" => Told { success: vec![Guard::OtherShell], failure: Vec::new() },
                name if name.starts_with("BASH_VERSINFO") => Told::default(),
                name => self.told_by_flag(name),
            },
            Piece::Command(block) => self.told_by_output(block, MOST_CALLS),
            Piece::Process(_) | Piece::Arithmetic(..) => Told::default(),
        }
    }

    fn told_by_comparison(&self, left: &Word, operator: &str, right: &Word) -> Told {
        if let Some(told) = self.told_by_version(left, operator, right) {
            return told;
        }
        let told = match operator {
            "=" | "==" | "=~" | "!=" => {
                let (word, pattern) = if right.text.contains(UNKNOWN) { (right, left) } else { (left, right) };
                // `[ "X$(uname)" = XDarwin ]`
                let before = word.text.strip_suffix(UNKNOWN).unwrap_or_default();
                let pattern = pattern.text.strip_prefix(before).unwrap_or(&pattern.text);
                let named = Told::system(System::named(pattern.trim_start_matches('^')));
                if !named.success.is_empty() {
                    named
                } else if let Some(piece) = empty_if_equal(left, right) {
                    self.told_by_content(piece).swapped()
                } else {
                    self.told_by_value(left, right)
                }
            }
            "-eq" | "-ne" => self.told_by_value(left, right),
            // A count that is not zero.
            "-gt" if right.text == "0" => self.told_by_unary("-n", left),
            "-ge" if right.text == "1" => self.told_by_unary("-n", left),
            _ => Told::default(),
        };
        if matches!(operator, "!=" | "-ne") { told.swapped() } else { told }
    }

    /// `[ "$HAVE_TIMEOUT" = 1 ]`
    fn told_by_value(&self, left: &Word, right: &Word) -> Told {
        let (variable, value) = match (left.only_piece(), right.only_piece()) {
            (Some(Piece::Variable(variable)), _) => (variable, right),
            // `[[ $(type -t mapfile) == builtin ]]`
            (Some(Piece::Command(block)), None) if matches!(right.text.as_str(), "builtin" | "file" | "function" | "keyword" | "alias") => {
                return self.told_by_block(block, MOST_CALLS);
            }
            // `[ "$(command -v timeout)" = "" ]`
            (Some(Piece::Command(block)), None) if right.text.is_empty() => return self.told_by_output(block, MOST_CALLS).swapped(),
            (_, Some(Piece::Variable(variable))) => (variable, left),
            _ => return Told::default(),
        };
        let told = self.told_by_flag(&variable.name);
        if is_no(&value.text) { told.swapped() } else { told }
    }

    /// A `case` that says yes in one arm and no in all others, or the other way round; `otherwise` where no arm fits.
    fn told_by_case(&self, word: &Word, arms: &[Arm], otherwise: i32) -> Told {
        let mut outcomes = vec![otherwise];
        let mut named = Vec::new();
        for arm in arms {
            let Some(outcome) = arm.body.statements.last().and_then(returned) else { return Told::default() };
            if arm.patterns.iter().any(|pattern| pattern == "*") {
                outcomes = vec![outcome];
                break;
            }
            named.push((outcome, arm));
        }
        match (named.as_slice(), outcomes.as_slice()) {
            ([(0, arm)], [1]) => self.arm_tells(&arm.patterns, word),
            ([(1, arm)], [0]) => self.arm_tells(&arm.patterns, word).swapped(),
            _ => Told::default(),
        }
    }

    /// What an arm of a `case` tells by its patterns.
    pub(super) fn arm_tells(&self, patterns: &[CompactString], word: &Word) -> Told {
        if matches!(word.only_piece(), Some(Piece::Variable(variable)) if self.holds_version(&variable.name)) {
            return version_in_arm(patterns);
        }
        let named: Vec<Named> = patterns.iter().map(|pattern| System::named(pattern)).collect();
        let not = |named: &Named| if let Named::One(system) = named { Some(Guard::NotOn(*system)) } else { None };
        let success = match named.as_slice() {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => Told::system(*first).success,
            _ if named.contains(&Named::Unknown) => Vec::new(),
            _ => {
                let others = [System::Mac, System::Linux]
                    .into_iter()
                    .filter(|system| !named.iter().any(|it| matches!(it, Named::One(it) | Named::PartOf(it) if it == system)));
                others.map(Guard::NotOn).collect()
            }
        };
        Told { success, failure: named.iter().filter_map(not).collect() }
    }
}

/// `[ "x$BASH_VERSION" = x ]`: the expansion that is empty if both are equal.
fn empty_if_equal<'w>(left: &'w Word, right: &Word) -> Option<&'w Piece> {
    let [piece] = &*left.pieces else { return None };
    let prefix = left.text.strip_suffix(UNKNOWN)?;
    (!prefix.is_empty() && prefix == right.text).then_some(piece)
}

/// A file in which the kernel of Linux or a distribution of it tells something.
fn is_of_linux(path: &str) -> bool {
    path.starts_with("/proc/") || path.starts_with("/sys/") || (path.starts_with("/etc/") && path.ends_with("-release"))
}

/// `(declare -A m) 2>/dev/null`: asks what the shell can declare.
fn declared_unheard(statement: &Statement) -> Option<Told> {
    let only = match &statement.action {
        Action::Subshell(block) | Action::Group(block) => block.statements.first()?,
        _ => statement,
    };
    let name = own_command(only).filter(|name| is_quiet(&statement.redirects) && crate::facts::is_bonus(name))?;
    Some(Told { success: vec![Guard::Tried(name.into())], failure: Vec::new() })
}

/// `sed --version`: asks which implementation it is, and whether it is there.
fn probe(command: &Command) -> Option<Told> {
    let [name, arguments @ ..] = &*command.words else { return None };
    let asks = arguments.iter().any(|word| matches!(word.text.as_str(), "--version" | "--help" | "-V" | "-version"));
    let name = name.literal()?;
    let tried = Guard::Tried(name.into());
    asks.then(|| Told { success: vec![tried.clone(), Guard::Has(name.into())], failure: vec![tried] })
}

fn told_by_here_string(arguments: &[Word], redirects: &[Redirect]) -> Told {
    if !redirects.iter().any(|redirect| redirect.kind == RedirectKind::HereString) {
        return Told::default();
    }
    let patterns = arguments.iter().filter(|word| !word.text.starts_with('-'));
    patterns.map(|word| Told::system(System::named(&word.text))).find(|told| !told.success.is_empty()).unwrap_or_default()
}

/// `uname | grep -q Darwin`, `sed --version | grep -q GNU`
fn told_by_pipeline(parts: &[Statement]) -> Told {
    let commands: Vec<&Command> = parts.iter().filter_map(as_command).collect();
    let (Some(first), Some(last)) = (commands.first(), commands.last()) else { return Told::default() };
    let name = |command: &Command| command.words.first().map(|word| word.text.clone()).unwrap_or_default();
    if matches!(name(last).as_str(), "grep" | "egrep" | "fgrep") {
        let patterns = last.words[1..].iter().filter(|word| !word.text.starts_with('-'));
        let told = patterns.map(|word| Told::system(System::named(&word.text))).find(|told| !told.success.is_empty());
        if let Some(told) = told {
            return told;
        }
        // `shopt | grep -q globstar`: what the shell says it has.
        if matches!(name(first).as_str(), "shopt" | "enable" | "compgen") {
            let names = last.words[1..].iter().filter_map(Word::literal).filter(|text| !text.starts_with('-'));
            return Told { success: names.map(|name| Guard::Has(name.into())).collect(), failure: Vec::new() };
        }
    }
    probe(first).unwrap_or_default()
}

pub(super) fn is_no(value: &str) -> bool {
    ["", "0", "false", "no", "n", "off"].iter().any(|no| no.eq_ignore_ascii_case(value))
}

/// `is_macos`, `ON_LINUX`, `is_gnu_sed`
fn flag_name(name: &str) -> Told {
    let is_one = |part: &str, names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(part));
    let any = |names: &[&str]| name.split(['_', '-']).any(|part| is_one(part, names));
    if any(&["gnu", "bsd"]) {
        let commands = name.split(['_', '-']).map(str::to_ascii_lowercase).filter(|part| crate::facts::is_known(part));
        let tried: Vec<Guard> = commands.map(|name| Guard::Tried(name.into())).collect();
        return Told { success: tried.clone(), failure: tried };
    }
    let named = if any(&["darwin", "macos", "mac", "osx", "ismac", "isdarwin", "ismacos"]) {
        System::named("darwin")
    } else if any(&["linux", "islinux"]) {
        System::named("linux")
    } else {
        return Told::default();
    };
    if any(&["not", "no", "non"]) { Told::system(named).swapped() } else { Told::system(named) }
}

/// `$HAVE_TIMEOUT`, `$want_globstar`: set elsewhere, for what it is named after.
fn wanted(name: &str) -> Option<Guard> {
    let (word, thing) = name.split_once('_')?;
    let asks = ["have", "has", "can", "with", "want", "use"].iter().any(|known| known.eq_ignore_ascii_case(word));
    (asks && !thing.is_empty()).then(|| Guard::Has(thing.to_ascii_lowercase().into()))
}

pub(super) fn opposite(guard: &Guard) -> Option<Guard> {
    match guard {
        Guard::Has(name) => Some(Guard::Lacks(name.clone())),
        Guard::On(system) => Some(Guard::NotOn(*system)),
        Guard::Lacks(name) => Some(Guard::Has(name.clone())),
        Guard::Tried(name) => Some(Guard::Tried(name.clone())),
        _ => None,
    }
}

pub(super) fn as_command(statement: &Statement) -> Option<&Command> {
    match &statement.action {
        Action::Command(command) => Some(command),
        _ => None,
    }
}

/// The outcome that a statement says outright: `return 0`, `true`.
fn returned(statement: &Statement) -> Option<i32> {
    let words = &as_command(statement)?.words;
    let name = words.first()?.text.as_str();
    let code = words.get(1).map(|word| word.text.as_str());
    match (name, code) {
        ("true" | ":", None) | ("return" | "exit", Some("0")) | ("echo", Some("true" | "yes" | "1")) => Some(0),
        ("false", None) | ("return" | "exit", Some("1")) => Some(1),
        _ => None,
    }
}

/// `return`, `exit` with no status of its own.
fn ends_alone(statement: &Statement) -> bool {
    as_command(statement).is_some_and(|it| matches!(&*it.words, [only] if matches!(only.text.as_str(), "return" | "exit")))
}
