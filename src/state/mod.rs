//! State files: what collections they hold and what a change did to them.

use std::sync::Arc;

use crate::change::{Blob, Change, FileChange};
use crate::finding::Place;
use crate::policy::Policy;

pub mod census;
pub mod clock;
pub mod compare;
pub mod counters;
pub mod delta;
pub mod fault;
mod look;
pub mod markers;
pub mod read;
pub mod rename;
#[cfg(test)]
mod sample;
pub mod shrink;
pub mod terms;
pub mod window;

pub use compare::Side;
pub use look::{Look, View};

use census::Form;

/// The form of the state file at a path; none if it is no JSON.
pub fn form(path: &str) -> Option<Form> {
    let (_, extension) = path.rsplit_once('.')?;
    match extension {
        _ if extension.eq_ignore_ascii_case("json") => Some(Form::Document),
        _ if extension.eq_ignore_ascii_case("jsonl") => Some(Form::Lines),
        _ => None,
    }
}

/// The size in bytes up to which a content is kept with a finding, to be shown around the place that is meant.
const SHOWN: usize = 4 << 20;

/// The content of a file that a change leaves behind, to be judged against what was there before.
#[derive(Debug, Clone, Copy)]
pub struct Contents<'f> {
    /// After.
    pub new: &'f Look,
    file: &'f FileChange<'f>,
    blob: &'f Blob<'f>,
    before: Option<&'f Blob<'f>>,
    views: (View, View),
}

impl<'f> Contents<'f> {
    /// None if the file is gone, is no regular file, has not changed, or if its content is not at hand (a partial clone).
    pub fn of(file: &'f FileChange<'f>, policy: &Policy) -> Option<Self> {
        let blob = file.new.as_ref()?;
        let before = file.old.as_ref().filter(|old| old.is_file());
        if before.is_some_and(|old| old.id == blob.id) {
            return None;
        }
        let views = (file.old_view(policy), file.view(policy));
        Some(Self { new: blob.look(views.1)?, file, blob, before, views })
    }

    /// Whether there was no regular file before.
    pub fn is_added(&self) -> bool {
        self.before.is_none()
    }

    /// Before; none if there was no regular file, or its content is not at hand.
    pub fn old(&self) -> Option<&'f Look> {
        self.before?.look(self.views.0)
    }

    /// Whether what was there before can be looked at: it can, or there was no regular file.
    pub fn is_comparable(&self) -> bool {
        self.is_added() || self.old().is_some()
    }

    /// Both contents: before, which is empty if there was no regular file, and after.
    pub fn texts(&self) -> Option<[Arc<[u8]>; 2]> {
        let old = self.before.map_or_else(|| Some([].into()), Blob::bytes)?;
        Some([old, self.blob.bytes()?])
    }

    /// Before and after as two sides that can be compared; none unless both are JSON.
    pub fn sides(&self) -> Option<(Side<'f>, Side<'f>)> {
        let old = Side::new(self.before?, self.old()?.census()?, self.views.0.form?);
        Some((old, Side::new(self.blob, self.new.census()?, self.views.1.form?)))
    }

    /// Something that was there earlier still, and after; none unless both are JSON.
    pub fn sides_since<'s>(&'s self, earlier: &'s Blob<'_>) -> Option<(Side<'s>, Side<'s>)> {
        let old = Side::new(earlier, earlier.look(self.views.0)?.census()?, self.views.0.form?);
        Some((old, Side::new(self.blob, self.new.census()?, self.views.1.form?)))
    }

    /// The character at a byte of the new content; of one that cannot be shown, or is too large to be, the file as a whole.
    pub fn place(&self, change: &Change<'_>, offset: usize) -> Place {
        let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
            Ok(text) if bytes.len() <= SHOWN && !text.contains('\0') => Some(Arc::<str>::from(text)),
            _ => None,
        };
        let Some(text) = self.blob.with(text).flatten() else { return change.place(self.file) };
        let width = text.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        change.locate(Place::in_text(&self.file.path, &text, offset..offset + width))
    }
}
