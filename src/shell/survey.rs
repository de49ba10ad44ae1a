//! Small questions about statements: which commands they hold, where their output goes.

use super::guard::Guard;
use super::tree::{Action, Block, Bytes, Piece, Redirect, RedirectKind, Statement, Word};

/// The name of the command that a statement itself is; `command x` is `x`.
pub(super) fn own_command(statement: &Statement) -> Option<&str> {
    let Action::Command(command) = &statement.action else { return None };
    match command.words.first().and_then(Word::literal)? {
        "command" => {
            command.words.get(1).and_then(Word::literal).filter(|name| !name.is_empty() && !name.starts_with('-')).or(Some("command"))
        }
        name => Some(name),
    }
}

/// `[ … ]`, `[[ … ]]`, `(( … ))`: it is there for its outcome.
pub(super) fn is_test(statement: &Statement) -> bool {
    matches!(statement.action, Action::Test(_) | Action::Arithmetic(..)) || matches!(own_command(statement), Some("[" | "test"))
}

/// Whether a statement asks whether a command is there; told by its first word for most.
pub(super) fn asks_for_command(statement: &Statement) -> bool {
    const NAMES: [&str; 4] = ["command", "type", "which", "hash"];
    let Action::Command(command) = &statement.action else { return false };
    let begins = command.words.first().is_some_and(|word| NAMES.contains(&word.text.as_str()));
    begins && own_command(statement).is_some_and(|name| NAMES.contains(&name))
}

/// `:`, `true`
pub(super) fn never_fails(statement: &Statement) -> bool {
    matches!(own_command(statement), Some(":" | "true"))
}

/// `:`, `true`, and nothing else.
pub(super) fn does_nothing(body: &Block) -> bool {
    body.statements.iter().all(never_fails)
}

/// Whether a block starts the script anew, with another bash: `exec bash5 "$0" "$@"`.
pub(super) fn runs_again(body: &Block) -> bool {
    body.statements.iter().any(|statement| {
        let Action::Command(command) = &statement.action else { return false };
        let itself = |word: &Word| {
            word.pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Variable(variable) if matches!(variable.name.as_str(), "0" | "BASH_SOURCE")))
        };
        own_command(statement) == Some("exec") && command.words.iter().skip(2).any(itself)
    })
}

/// Whether a loop may be left from its body.
pub(super) fn leaves_loop(body: &Block) -> bool {
    let mut leaves = false;
    body.each(&mut |statement| leaves |= own_command(statement) == Some("break"));
    leaves
}

pub(super) fn commands_in(statement: &Statement) -> Vec<&str> {
    let mut names = Vec::new();
    statement.each(&mut |inner| names.extend(own_command(inner)));
    names
}

/// The commands in a statement whose failure may say that they are refused; `shopt -q globstar` asks whether the option is on.
pub(super) fn tried_names(statement: &Statement) -> Vec<&str> {
    let mut names = Vec::new();
    statement.each(&mut |inner| {
        let unheard = is_quiet(&statement.redirects) || is_quiet(&inner.redirects);
        names.extend(own_command(inner).filter(|_| unheard || !asks_for_state(inner)));
    });
    names
}

fn asks_for_state(statement: &Statement) -> bool {
    let Action::Command(command) = &statement.action else { return false };
    matches!(&*command.words, [name, option, ..] if name.text == "shopt" && option.text.starts_with('-') && option.text.contains('q'))
}

pub(super) fn words_in(statement: &Statement) -> Vec<&str> {
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

/// The words of a statement, and the variables that are parts of them; not of those with blanks, which are there to be read.
pub(super) fn words_and_parts_in(statement: &Statement) -> Vec<&str> {
    let mut words = words_in(statement);
    statement.each(&mut |inner| {
        let Action::Command(command) = &inner.action else { return };
        let parts = command.words.iter().filter(|word| word.only_piece().is_none() && !word.text.contains(char::is_whitespace));
        for piece in parts.flat_map(|word| word.pieces.iter()) {
            if let Piece::Variable(variable) = piece {
                words.push(variable.name.as_str());
            }
        }
    });
    words
}

/// `/dev/null`, also by a variable whose name says so: `>"$NULL"`.
fn goes_nowhere(redirect: &Redirect) -> bool {
    let named = |piece: &Piece| matches!(piece, Piece::Variable(variable) if variable.plain && is_named_null(&variable.name));
    redirect.target.text == "/dev/null" || redirect.target.only_piece().is_some_and(named)
}

fn is_named_null(name: &str) -> bool {
    ["null", "devnull", "dev_null"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

pub(super) fn is_quiet(redirects: &[Redirect]) -> bool {
    redirects.iter().any(|redirect| match (redirect.kind, redirect.fd) {
        (RedirectKind::Both, _) | (RedirectKind::Output, Some(2)) => goes_nowhere(redirect),
        (RedirectKind::Duplicate, Some(2)) => {
            redirect.target.text == "1" && redirects.iter().any(|other| other.fd.is_none_or(|fd| fd == 1) && goes_nowhere(other))
        }
        _ => false,
    })
}

/// What is complained about goes where the output goes: `2>&1`.
pub(super) fn is_joined(redirects: &[Redirect]) -> bool {
    redirects.iter().any(|redirect| (redirect.kind, redirect.fd) == (RedirectKind::Duplicate, Some(2)) && redirect.target.text == "1")
}

/// Standard error alone goes nowhere, in the words of every shell.
pub(super) fn is_silenced(redirects: &[Redirect]) -> bool {
    redirects.iter().any(|redirect| redirect.fd == Some(2) && goes_nowhere(redirect))
}

/// Whether all there is to a command is what it does: POSIX has it use no standard output, or it is for eyes and ears.
pub(super) fn prints_nothing(command: &str) -> bool {
    const SILENT: [&str; 15] =
        ["chgrp", "chmod", "chown", "cp", "kill", "ln", "mkdir", "mkfifo", "mv", "renice", "rm", "rmdir", "touch", "wait", "xattr"];
    const FOR_PEOPLE: [&str; 6] = ["afplay", "notify-send", "open", "osascript", "say", "xdg-open"];
    SILENT.contains(&command) || FOR_PEOPLE.contains(&command)
}

/// Both what it prints and what it complains about go nowhere.
pub(super) fn is_discarded(redirects: &[Redirect]) -> bool {
    is_muted(redirects) && is_quiet(redirects)
}

/// What it prints goes nowhere.
pub(super) fn is_muted(redirects: &[Redirect]) -> bool {
    redirects.iter().any(|redirect| match redirect.kind {
        RedirectKind::Both => goes_nowhere(redirect),
        RedirectKind::Output => redirect.fd.is_none_or(|fd| fd == 1) && goes_nowhere(redirect),
        _ => false,
    })
}

pub(super) fn sets_errexit(arguments: &[Word]) -> bool {
    let mut words = arguments.iter().map(|word| word.text.as_str());
    words.any(|text| text == "errexit" || (text.starts_with('-') && !text.starts_with("--") && text[1..].contains('e')))
}

/// What a package manager is told to bring.
pub(super) fn installed(words: &[Word]) -> Vec<Guard> {
    let managers = ["brew", "apt-get", "apt", "yum", "dnf", "apk", "port", "pacman", "zypper"];
    let Some(at) = words.iter().position(|word| matches!(word.text.as_str(), "install" | "add")) else { return Vec::new() };
    if !words[..at].iter().any(|word| managers.contains(&word.text.as_str())) {
        return Vec::new();
    }
    words[at + 1..].iter().filter_map(Word::literal).filter(|name| !name.starts_with('-')).map(|name| Guard::Has(name.into())).collect()
}

/// From the first byte of one word to the last of another.
pub(super) fn spanning(words: &[Word]) -> Bytes {
    match words {
        [] => 0..0,
        [first, .., last] => first.bytes.start..last.bytes.end.max(first.bytes.end),
        [only] => only.bytes.clone(),
    }
}
