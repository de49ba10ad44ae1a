//! What an installation found and did, kept in the git folder so that `uninstall` can put everything back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::repository::Kind;

/// The folder of our own in the git folder.
pub(super) const FOLDER: &str = "gnp";

/// One installation. It is written before anything else is touched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// The form of this file; 1.
    pub(super) version: u32,
    /// Which hooks were installed.
    #[serde(default = "work_tree")]
    pub(super) kind: Kind,
    /// The folder our hooks stand in, from the common git folder: a repository may be moved or copied.
    pub(super) hooks: PathBuf,
    /// Whether that folder is one we made.
    pub(super) made_hooks: bool,
    /// The folder of hooks that git used before, as configured; none when it was git's own.
    pub(super) former: Option<PathBuf>,
    /// The settings made in the repository's configuration.
    pub(super) settings: Vec<Changed>,
}

/// Records were of this kind alone at first.
fn work_tree() -> Kind {
    Kind::WorkTree
}

/// One setting of ours.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Changed {
    /// E.g. `rebase.autoStash`.
    pub(super) key: String,
    /// The value we set.
    pub(super) value: String,
    /// The values that stood there before, in their order.
    pub(super) former: Vec<String>,
}

/// The files of an installation's memory.
#[derive(Debug)]
pub(super) struct Memory {
    folder: PathBuf,
}

impl Memory {
    /// Of the repository with this common git folder.
    pub(super) fn of(common: &Path) -> Self {
        Self { folder: common.join(FOLDER) }
    }

    /// The folder that holds it, and where our hooks stand when git's own folder is not in use.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The bytes of the configuration before we touched it.
    pub(super) fn config_before(&self) -> PathBuf {
        self.folder.join("config.before")
    }

    /// The bytes of the configuration as we left it.
    pub(super) fn config_after(&self) -> PathBuf {
        self.folder.join("config.after")
    }

    /// The record, if something is installed.
    ///
    /// # Errors
    /// When it is there but cannot be read.
    pub(super) fn read(&self) -> Result<Option<Record>> {
        let path = self.record();
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
        };
        let record = serde_json::from_slice(&text).with_context(|| format!("`{}` is damaged", path.display()))?;
        Ok(Some(record))
    }

    /// Writes the record, at once or not at all.
    pub(super) fn write(&self, record: &Record) -> Result<()> {
        let mut text = serde_json::to_vec_pretty(record)?;
        text.push(b'\n');
        replace(&self.record(), &text).with_context(|| format!("`{}` cannot be written", self.record().display()))
    }

    /// Forgets everything; the record goes last, so that a broken-off attempt can be repeated.
    pub(super) fn forget(&self) -> Result<()> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error).with_context(|| format!("`{}` cannot be read", self.folder.display())),
        };
        let record = self.record();
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if path != record {
                let gone = if entry.file_type()?.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
                gone.with_context(|| format!("`{}` cannot be removed", path.display()))?;
            }
        }
        fs::remove_dir_all(&self.folder).with_context(|| format!("`{}` cannot be removed", self.folder.display()))
    }

    fn record(&self) -> PathBuf {
        self.folder.join("install.json")
    }
}

/// Makes a folder for everybody whom the one above it is for: git opens a shared repository to a group whatever the umask says.
pub(super) fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    fs::create_dir(path)?;
    match path.parent() {
        Some(above) => fs::set_permissions(path, fs::metadata(above)?.permissions()),
        None => Ok(()),
    }
}

/// Puts a file in place of another in one step.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    fs::write(&new, content)?;
    fs::rename(&new, path)
}
