//! Which shell a text is written for, told from its path and first bytes.

/// The shell a script is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// bash; also a library without a shebang that ends in `.bash` or names no shell.
    Bash,
    /// The system's `sh`, dash and their like.
    Sh,
    /// The Korn shells.
    Ksh,
    /// zsh: recognised, not analysed.
    Zsh,
    /// fish, csh, PowerShell and others: recognised, not analysed.
    Other,
}

impl Dialect {
    /// Whether a file is a shell script, and for which shell; `head` is its beginning, a few hundred bytes are enough.
    ///
    /// The shebang decides, then a `# shellcheck shell=` line, then the extension.
    pub fn of(path: &str, head: &[u8]) -> Option<Self> {
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
        let name = path.rsplit('/').next().unwrap_or(path);
        if name.rsplit_once('.').is_some_and(|(_, extension)| extension == "py") || begins_python(head) {
            return None;
        }
        let extension = name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension);
        let named = match extension {
            Some("sh" | "bash") if name.contains("zsh") => Some(Self::Zsh),
            Some("sh" | "bash") if name.contains("fish") => Some(Self::Other),
            Some("sh" | "bash") => Some(Self::Bash),
            Some("ksh" | "mksh") => Some(Self::Ksh),
            Some("zsh") => Some(Self::Zsh),
            Some("fish" | "csh" | "tcsh" | "ps1") => Some(Self::Other),
            _ => None,
        };
        if let Some(rest) = head.strip_prefix(b"#!") {
            let line = rest.split(|&byte| byte == b'\n').next().unwrap_or(rest);
            return Self::of_interpreter(&String::from_utf8_lossy(line));
        }
        let directive = named.is_some().then(|| directive(head)).flatten();
        directive.or(named)
    }

    /// The dialect of a shebang's interpreter; none if it is no shell.
    fn of_interpreter(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut program = base_name(words.next()?);
        if program == "env" {
            program = words
                .map(|word| word.strip_prefix("-S").unwrap_or(word))
                .find(|word| !word.is_empty() && !word.starts_with('-') && !word.contains('='))
                .map(base_name)?;
        } else if program == "busybox" {
            program = base_name(words.next()?);
        }
        Self::of_name(program)
    }

    /// The dialect of a shell's name, e.g. of `sh` in `sh -c`; none if it is no shell.
    pub fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "bash" | "rbash" | "bash3" | "bash4" | "bash5" => Self::Bash,
            "sh" | "dash" | "ash" | "posh" | "yash" => Self::Sh,
            "ksh" | "ksh88" | "ksh93" | "mksh" | "oksh" | "pdksh" => Self::Ksh,
            "zsh" => Self::Zsh,
            "fish" | "csh" | "tcsh" | "pwsh" | "nu" | "elvish" | "xonsh" | "rc" => Self::Other,
            _ => return None,
        })
    }

    /// Whether a program is a bash of its own beside that of the system, e.g. Homebrew's: by a folder, or by a version in its name.
    pub(super) fn is_own_bash(program: &str) -> bool {
        match program.rsplit_once('/') {
            Some((folder, name)) => name == "bash" && !matches!(folder, "/bin" | "/usr/bin"),
            None => matches!(program, "bash4" | "bash5"),
        }
    }

    /// Whether scripts of this dialect are analysed; the others are counted and left alone.
    pub fn is_analysed(self) -> bool {
        matches!(self, Self::Bash | Self::Sh | Self::Ksh)
    }
}

fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Python that a shell starts: its second line is a string to Python and an `exec` to the shell.
fn begins_python(head: &[u8]) -> bool {
    head.split(|&byte| byte == b'\n').nth(1).is_some_and(|line| line.starts_with(b"'''exec'") || line.starts_with(b"''':'"))
}

/// `# shellcheck shell=…` among the comments that the text begins with.
fn directive(head: &[u8]) -> Option<Dialect> {
    let head = String::from_utf8_lossy(head);
    for line in head.lines().map(str::trim_start) {
        let Some(comment) = line.strip_prefix('#') else {
            if line.is_empty() {
                continue;
            }
            return None;
        };
        if let Some(keys) = comment.trim_start().strip_prefix("shellcheck ")
            && let Some(shell) = keys.split_whitespace().find_map(|key| key.strip_prefix("shell="))
        {
            return Dialect::of_name(shell);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shebang_decides() {
        let of = |path: &str, head: &str| Dialect::of(path, head.as_bytes());
        assert_eq!(of("run", "#!/bin/bash\n"), Some(Dialect::Bash));
        assert_eq!(of("run", "#! /usr/bin/env -S bash -eu\n"), Some(Dialect::Bash));
        assert_eq!(of("run", "#!/usr/bin/env -i FOO=1 dash\r\n"), Some(Dialect::Sh));
        assert_eq!(of("run.sh", "#!/bin/sh\n"), Some(Dialect::Sh));
        assert_eq!(of("run.sh", "#!/usr/bin/python3\n"), None);
        assert_eq!(of("run.sh", "#!/usr/bin/env zsh\n"), Some(Dialect::Zsh));
        assert_eq!(of("run", "#!/bin/sh\n'''exec' python3 \"$0\" \"$@\"\n"), None);
        assert_eq!(of("run", "\u{feff}#!/bin/sh\n"), Some(Dialect::Sh));
    }

    #[test]
    fn then_a_directive_then_the_extension() {
        let of = |path: &str, head: &str| Dialect::of(path, head.as_bytes());
        assert_eq!(of("lib/x.sh", "\n# about\n# shellcheck shell=dash disable=SC1\n"), Some(Dialect::Sh));
        assert_eq!(of("lib/x.bash", "f() { :; }\n# shellcheck shell=dash\n"), Some(Dialect::Bash));
        assert_eq!(of("lib/x.sh", ""), Some(Dialect::Bash));
        assert_eq!(of("completer_zsh.sh", "autoload -U x"), Some(Dialect::Zsh));
        assert_eq!(of("README", "hello\n"), None);
        assert_eq!(of(".sh", "hello\n"), None);
        assert_eq!(of("setup.ps1", "x"), Some(Dialect::Other));
    }
}
