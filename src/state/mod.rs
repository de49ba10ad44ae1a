//! State files: what collections they hold and what a change did to them.

use std::sync::Arc;

use crate::change::{Blob, FileChange};

pub mod census;
pub mod compare;
pub mod fault;
pub mod markers;
pub mod read;

/// Whether a path is that of a JSON document.
pub fn is_json(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("json"))
}

/// The content of a file that a change leaves behind, to be judged against what was there before.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'f> {
    /// After.
    pub new: &'f Arc<[u8]>,
    before: Option<&'f Blob<'f>>,
}

impl<'f> Contents<'f> {
    /// None if the file is gone, is no regular file, has not changed, or if its content is not at hand (a partial clone).
    pub fn of(file: &'f FileChange<'f>) -> Option<Self> {
        let new = file.new.as_ref()?;
        let before = file.old.as_ref().filter(|old| old.is_file());
        if before.is_some_and(|old| old.id == new.id) {
            return None;
        }
        Some(Self { new: new.bytes()?, before })
    }

    /// Whether there was no regular file before.
    pub fn is_added(&self) -> bool {
        self.before.is_none()
    }

    /// Before, which is empty if there was no regular file; none if that content is not at hand.
    pub fn old(&self) -> Option<&'f [u8]> {
        match self.before {
            Some(old) => old.bytes().map(|bytes| &**bytes),
            None => Some(&[]),
        }
    }
}
