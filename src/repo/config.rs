//! git's configuration as it holds in a checkout, whatever file it stands in.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use super::{CHECKOUT_VARIABLES, Error, Repo, plain};

/// A value of git's configuration and where it is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// `system`, `global`, `local`, `worktree` or `command`.
    pub scope: String,
    /// The value in the form that was asked for.
    pub value: OsString,
}

/// The form that a value is asked for in; git puts it into that form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `true` or `false`.
    Bool,
    /// A path; `~` is expanded.
    Path,
}

impl Repo {
    /// The value of a key that git goes by in a checkout; none if it is set nowhere.
    pub fn setting(checkout: &Path, key: &str, form: Form) -> Result<Option<Setting>, Error> {
        let form = match form {
            Form::Bool => "--type=bool",
            Form::Path => "--type=path",
        };
        let fail = |why: String| Error::Git { command: format!("config {key}"), why };
        let mut git = as_it_is(checkout);
        let output = git.args(["config", "-z", "--show-scope", form, "--get", key]).output().map_err(|error| fail(error.to_string()))?;
        match output.status.code() {
            Some(1) => Ok(None),
            Some(0) => {
                let mut parts = output.stdout.splitn(3, |&byte| byte == 0);
                let (Some(scope), Some(value)) = (parts.next(), parts.next()) else { return Err(fail("it said nothing".to_owned())) };
                Ok(Some(Setting { scope: String::from_utf8_lossy(scope).into_owned(), value: OsString::from_vec(value.to_vec()) }))
            }
            _ => Err(fail(String::from_utf8_lossy(&output.stderr).lines().next().unwrap_or("it failed and said nothing").to_owned())),
        }
    }

    /// The folder in which git looks for hooks when it works in a checkout, absolute.
    pub fn hooks_folder(checkout: &Path) -> Result<std::path::PathBuf, Error> {
        let mut git = as_it_is(checkout);
        git.args(["rev-parse", "--git-path", "hooks"]);
        let told = super::run(git, "rev-parse --git-path hooks")?;
        Ok(checkout.join(told.trim_end_matches('\n')))
    }
}

/// git with the configuration as it is: ours would hide what is asked for. Nothing that is asked in this way runs a hook.
fn as_it_is(checkout: &Path) -> std::process::Command {
    let mut git = plain();
    for variable in CHECKOUT_VARIABLES {
        git.env_remove(variable);
    }
    git.current_dir(checkout);
    git
}
