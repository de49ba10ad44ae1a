//! The repository's configuration: changed in one step, and put back byte for byte where nobody else changed it since.

use std::ffi::OsString;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::record::{Changed, Memory, Record, replace};
use super::repository::{Kind, Repository, told};

/// Settings that keep git from putting uncommitted changes aside by itself.
const NO_AUTOSTASH: [&str; 2] = ["rebase.autoStash", "merge.autoStash"];

/// The settings an installation makes: the folder of hooks where it is not git's own, and no autostash unless the repository says otherwise.
pub(super) fn wanted(repository: &Repository, hooks_path: Option<&Path>) -> Result<Vec<Changed>> {
    let mut settings = Vec::new();
    if let Some(path) = hooks_path {
        let value = path.to_str().context("the path of the repository is not UTF-8; move it to one that is")?;
        let mut former = texts(repository.local_values("core.hooksPath")?)?;
        former.retain(|former| former != value);
        settings.push(Changed { key: "core.hooksPath".to_owned(), value: value.to_owned(), former });
    }
    let no_autostash: &[&str] = if repository.kind == Kind::Server { &[] } else { &NO_AUTOSTASH };
    for key in no_autostash.iter().copied() {
        if repository.local_values(key)?.is_empty() {
            settings.push(Changed { key: key.to_owned(), value: "false".to_owned(), former: Vec::new() });
        }
    }
    Ok(settings)
}

/// Writes down the configuration as it is and as it is going to be.
pub(super) fn remember(repository: &Repository, memory: &Memory, record: &Record) -> Result<()> {
    for setting in &record.settings {
        if repository.local_values(&setting.key)?.iter().any(|value| *value == *setting.value) {
            // What we did is in there already and its record was lost: these bytes are not the ones to put back.
            return Ok(());
        }
    }
    let before = read(&repository.config_file())?;
    let after = memory.config_after();
    replace(&memory.config_before(), &before)?;
    replace(&after, &before)?;
    for setting in &record.settings {
        let mut git = repository.git_config();
        git.arg("--file").arg(&after).args(["--replace-all", &setting.key, &setting.value]);
        told(&mut git)?;
    }
    Ok(())
}

/// The settings of a record that are not in force.
pub(super) fn missing<'r>(repository: &Repository, record: &'r Record) -> Result<Vec<&'r Changed>> {
    let mut missing = Vec::new();
    for setting in &record.settings {
        // A choice that somebody made since is theirs; but without the path no hook of ours runs.
        let values = repository.local_values(&setting.key)?;
        let stands = values.last().is_some_and(|value| *value == *setting.value || setting.key != "core.hooksPath");
        if !stands {
            missing.push(setting);
        }
    }
    Ok(missing)
}

/// Makes the settings of a record: all at once where the configuration is as it was remembered, else one by one.
pub(super) fn apply(repository: &Repository, memory: &Memory, settings: &[&Changed]) -> Result<()> {
    if settings.is_empty() || swap(repository, &memory.config_before(), &memory.config_after())? {
        return Ok(());
    }
    for setting in settings {
        told(repository.git_config().args(["--local", "--replace-all", &setting.key, &setting.value]))?;
    }
    Ok(())
}

/// Takes the settings of a record back.
pub(super) fn restore(repository: &Repository, memory: &Memory, record: &Record) -> Result<()> {
    if swap(repository, &memory.config_after(), &memory.config_before())? {
        return Ok(());
    }
    for setting in &record.settings {
        let now = repository.local_values(&setting.key)?;
        if now.last().is_some_and(|value| *value == *setting.value) {
            told(repository.git_config().args(["--local", "--unset-all", &setting.key]))?;
            for value in &setting.former {
                told(repository.git_config().args(["--local", "--add", &setting.key, value]))?;
            }
        }
    }
    Ok(())
}

/// Replaces the configuration by remembered bytes if it is `from` to the byte, under the lock that git itself takes.
fn swap(repository: &Repository, from: &Path, to: &Path) -> Result<bool> {
    let (Ok(from), Ok(to)) = (fs::read(from), fs::read(to)) else { return Ok(false) };
    let config = repository.config_file();
    let config = fs::canonicalize(&config).with_context(|| format!("`{}` cannot be read", config.display()))?;
    let mut lock = config.as_os_str().to_owned();
    lock.push(".lock");
    let lock = PathBuf::from(lock);
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&lock) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!(
                "`{}` exists: a git command changes the configuration, or was ended in the middle; try again, or remove it",
                lock.display()
            )
        }
        Err(error) => return Err(error).with_context(|| format!("`{}` cannot be made", lock.display())),
    };
    let current = read(&config)?;
    if current != from {
        fs::remove_file(&lock)?;
        return Ok(false);
    }
    let written = fs::metadata(&config)
        .and_then(|there| fs::set_permissions(&lock, there.permissions()))
        .and_then(|()| file.write_all(&to))
        .and_then(|()| fs::rename(&lock, &config));
    if let Err(error) = written {
        fs::remove_file(&lock)?;
        return Err(error).with_context(|| format!("`{}` cannot be written", config.display()));
    }
    Ok(true)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))
}

fn texts(values: Vec<OsString>) -> Result<Vec<String>> {
    let text = |value: OsString| value.into_string().ok().context("`core.hooksPath` is not UTF-8; set it to a path that is");
    values.into_iter().map(text).collect()
}
