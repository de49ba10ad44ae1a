//! Writes a file anew in one step: whoever reads it sees the old text or the new one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use thiserror::Error;

/// Why a file was left as it is.
#[derive(Debug, Error)]
pub enum Refusal {
    /// Nobody may write to it.
    #[error("it is read-only")]
    ReadOnly,
    /// It is no longer what was read.
    #[error("it has changed meanwhile; nothing was written: run it again")]
    Changed,
    /// The system says so.
    #[error("{}", told(.0))]
    Io(#[from] io::Error),
}

fn told(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::PermissionDenied { "permission denied".to_owned() } else { error.to_string() }
}

/// Puts `new` in the place of `old`. A symbolic link stays, what it points to is written; mode and owner stay too.
///
/// # Errors
/// A [`Refusal`]: then the file is as it was.
pub fn replace(path: &Path, old: &[u8], new: &[u8]) -> Result<(), Refusal> {
    let target = fs::canonicalize(path)?;
    let before = fs::metadata(&target)?;
    if before.permissions().mode() & 0o222 == 0 {
        return Err(Refusal::ReadOnly);
    }
    // Who may not write to the file shall not replace it either, though the folder would let them.
    drop(OpenOptions::new().write(true).open(&target)?);
    let folder = target.parent().unwrap_or(Path::new("/"));
    let mut temporary = tempfile::Builder::new().prefix(".gnp-lint-").tempfile_in(folder)?;
    temporary.write_all(new)?;
    let mine = temporary.as_file().metadata()?;
    if (mine.uid(), mine.gid()) != (before.uid(), before.gid()) {
        // Another's file cannot always be given back to them; then it is not ours to replace.
        chown(temporary.path(), Some(before.uid()), Some(before.gid()))?;
    }
    temporary.as_file().set_permissions(before.permissions())?;
    temporary.as_file().sync_all()?;
    if fs::read(&target)? != old {
        return Err(Refusal::Changed);
    }
    temporary.persist(&target).map_err(|error| error.error)?;
    Ok(())
}
