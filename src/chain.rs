//! The hook that stood here before ours: run with the same arguments, input and environment, and heard.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::managers;

/// What the name of an earlier hook ends in when ours has taken its name.
pub const ASIDE: &str = ".before-gnp";

/// The file beside our hooks that names the folder git would have used without us; relative paths count from where git runs hooks.
pub const FORMER: &str = "former-hooks-path";

/// Runs the earlier hook `name`, if there is one, and returns its exit code (128 + n when signal n ended it); `None` when there is none.
///
/// `hooks_dir` is the folder our hook was called in. The earlier hook is `NAME.before-gnp` there, or `NAME` in the folder that [`FORMER`] names.
/// `stdin` is what git wrote to us; without it the hook inherits our own. The environment is inherited untouched.
/// A file that is not executable is no hook, as for git itself.
///
/// # Errors
/// When the hook is there but cannot be started (a missing interpreter, say): git would refuse the act then.
pub fn run(hooks_dir: &Path, name: &str, args: &[OsString], stdin: Option<&[u8]>) -> io::Result<Option<i32>> {
    let Some(hook) = earlier(hooks_dir, name) else { return Ok(None) };
    let direct = Command::new(&hook);
    let status = match feed(direct, args, stdin) {
        // Like git, let `sh` have what has no shebang line.
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::NOEXEC.raw_os_error()) => {
            let mut shell = Command::new("sh");
            shell.arg(&hook);
            feed(shell, args, stdin)
        }
        other => other,
    };
    match status {
        Ok(status) => Ok(Some(code(status))),
        Err(error) => Err(io::Error::new(error.kind(), format!("the earlier hook `{}` cannot be run: {error}", hook.display()))),
    }
}

/// The earlier hook's file, if git would run it.
fn earlier(hooks_dir: &Path, name: &str) -> Option<PathBuf> {
    let aside = hooks_dir.join(format!("{name}{ASIDE}"));
    if runnable(&aside) {
        // A hook manager that put its hook over ours runs ours as `NAME.legacy`: it has run already, and would run us again.
        let manager = managers::author_of(&aside);
        let circle = manager.is_some() && managers::author_of(&hooks_dir.join(name)) == manager;
        return (!circle).then_some(aside);
    }
    let former = former_folder(hooks_dir)?;
    let hook = former.join(name);
    runnable(&hook).then_some(hook)
}

/// The folder whose hooks git would run without ours, as it stood in the configuration; `None` when our hooks stand in git's own folder.
pub fn former_folder(hooks_dir: &Path) -> Option<PathBuf> {
    let mut text = fs::read(hooks_dir.join(FORMER)).ok()?;
    if text.last() == Some(&b'\n') {
        text.pop();
    }
    (!text.is_empty()).then(|| PathBuf::from(OsString::from_vec(text)))
}

fn runnable(hook: &Path) -> bool {
    fs::metadata(hook).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

fn feed(mut command: Command, args: &[OsString], stdin: Option<&[u8]>) -> io::Result<ExitStatus> {
    command.args(args);
    let Some(input) = stdin else { return command.status() };
    let mut child = command.stdin(Stdio::piped()).spawn()?;
    if let Some(mut pipe) = child.stdin.take() {
        match pipe.write_all(input) {
            // A hook need not read what git tells it.
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error),
            _ => {}
        }
    }
    child.wait()
}

fn code(status: ExitStatus) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Another process writes it: a test beside this one could fork while we hold it open, and make running it fail.
    fn hook(folder: &Path, name: &str, text: &str, mode: u32) {
        let script = r#"printf %s "$1" >"$2" && chmod "$3" "$2""#;
        let mut sh = Command::new("sh");
        sh.args(["-c", script, "sh", text]).arg(folder.join(name)).arg(format!("{mode:o}"));
        assert!(sh.status().unwrap().success());
    }

    #[test]
    fn nothing_earlier_is_none() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(run(folder.path(), "pre-commit", &[], None).unwrap(), None);
        hook(folder.path(), "pre-commit.before-gnp", "#!/bin/sh\nexit 3\n", 0o644);
        assert_eq!(run(folder.path(), "pre-commit", &[], None).unwrap(), None, "git runs no hook that is not executable");
    }

    #[test]
    fn arguments_input_and_verdict_go_through() {
        let folder = tempfile::tempdir().unwrap();
        let seen = folder.path().join("seen");
        let text = format!("#!/bin/sh\nprintf '%s|' \"$@\" > '{0}'\ncat >> '{0}'\nexit 7\n", seen.display());
        hook(folder.path(), "pre-push.before-gnp", &text, 0o755);
        let args = [OsString::from("a b"), OsString::from("")];
        assert_eq!(run(folder.path(), "pre-push", &args, Some(b"line\n")).unwrap(), Some(7));
        assert_eq!(fs::read_to_string(seen).unwrap(), "a b||line\n");
    }

    #[test]
    fn a_signal_is_128_and_its_number_and_unread_input_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        hook(folder.path(), "update.before-gnp", "#!/bin/sh\nkill -9 $$\n", 0o755);
        let long = vec![b'x'; 1 << 20];
        assert_eq!(run(folder.path(), "update", &[], Some(&long)).unwrap(), Some(137));
    }

    #[test]
    fn a_hook_without_a_shebang_line_is_run_by_sh() {
        let folder = tempfile::tempdir().unwrap();
        hook(folder.path(), "commit-msg.before-gnp", "exit \"$1\"\n", 0o755);
        assert_eq!(run(folder.path(), "commit-msg", &[OsString::from("5")], None).unwrap(), Some(5));
    }

    #[test]
    fn a_missing_interpreter_is_an_error_that_names_the_hook() {
        let folder = tempfile::tempdir().unwrap();
        hook(folder.path(), "commit-msg.before-gnp", "#!/no/such/interpreter\n", 0o755);
        let error = run(folder.path(), "commit-msg", &[], None).unwrap_err();
        assert!(error.to_string().contains("commit-msg.before-gnp` cannot be run"), "{error}");
    }

    #[test]
    fn a_manager_that_stands_in_front_of_us_is_not_run_again() {
        let folder = tempfile::tempdir().unwrap();
        let text = |code: u8| format!("#!/bin/sh\n# File generated by pre-commit: {code}\nexit {code}\n");
        hook(folder.path(), "pre-commit.before-gnp", &text(3), 0o755);
        assert_eq!(run(folder.path(), "pre-commit", &[], None).unwrap(), Some(3));
        hook(folder.path(), "pre-commit", &text(4), 0o755);
        assert_eq!(run(folder.path(), "pre-commit", &[], None).unwrap(), None);
    }

    #[test]
    fn the_former_folder_is_asked_where_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let former = folder.path().join("their hooks");
        fs::create_dir(&former).unwrap();
        hook(&former, "pre-commit", "#!/bin/sh\nexit 4\n", 0o755);
        fs::write(folder.path().join(FORMER), format!("{}\n", former.display())).unwrap();
        assert_eq!(run(folder.path(), "pre-commit", &[], None).unwrap(), Some(4));
        assert_eq!(run(folder.path(), "pre-push", &[], None).unwrap(), None);
    }
}
