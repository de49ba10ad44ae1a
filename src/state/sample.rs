//! Texts in place of blobs, for the tests of comparisons.

use std::sync::Arc;

use super::Side;
use super::census::{Census, Detail, Form, Scope};
use crate::change::{Blob, Objects};

/// A text that is a blob.
pub(super) struct Text<'t>(pub(super) &'t [u8]);

impl Objects for Text<'_> {
    fn read(&self, _: &str) -> Option<Arc<[u8]>> {
        Some(self.0.into())
    }
}

impl Text<'_> {
    /// The blob.
    pub(super) fn blob(&self) -> Blob<'_> {
        Blob::new("1".repeat(40), 0o100_644, self)
    }
}

/// Compares two documents, down to a depth.
pub(super) fn compared<T>(old: &str, new: &str, depth: usize, compare: impl FnOnce(&Side<'_>, &Side<'_>) -> T) -> T {
    let (old, new) = (Text(old.as_bytes()), Text(new.as_bytes()));
    let (old, new) = (old.blob(), new.blob());
    let scope = Scope { depth, detail: Detail::Numbers };
    let taken = |blob: &Blob<'_>| blob.with(|text| Census::of(text, Form::Document, scope).unwrap()).unwrap();
    let (before, after) = (taken(&old), taken(&new));
    compare(&Side::new(&old, &before, Form::Document), &Side::new(&new, &after, Form::Document))
}
