//! State files: what collections they hold and what a change did to them.

use std::sync::Arc;

use crate::change::FileChange;

pub mod census;
pub mod compare;
pub mod fault;
pub mod markers;
pub mod read;

/// Whether a path is that of a JSON document.
pub fn is_json(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("json"))
}

/// The old and the new content of a file.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'f> {
    /// Before; none if there was no regular file.
    pub old: Option<&'f Arc<[u8]>>,
    /// After.
    pub new: &'f Arc<[u8]>,
}

impl<'f> Contents<'f> {
    /// Both contents, where the new one can be judged against the old one.
    ///
    /// None if the file is gone, is no regular file, has not changed, or if either content is not at hand (a partial clone).
    pub fn of(file: &'f FileChange<'_>) -> Option<Self> {
        let new = file.new.as_ref()?;
        let old = file.old.as_ref().filter(|old| old.is_file());
        if old.is_some_and(|old| old.id == new.id) {
            return None;
        }
        let old = match old {
            Some(old) => Some(old.bytes()?),
            None => None,
        };
        Some(Self { old, new: new.bytes()? })
    }
}
