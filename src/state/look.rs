//! What shows of one state of a file when it is read once; small, whatever the file is.

use std::io::Read;

use super::census::{Census, Detail, Form, Scope};
use super::fault::Fault;
use super::window::Window;
use super::{form, markers};
use crate::change::{Class, FileChange};
use crate::policy::Policy;

/// What is looked for in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// Its form, if it is a state file that is JSON.
    pub form: Option<Form>,
    /// How deep its census goes.
    pub depth: usize,
}

/// What one state of a file shows.
#[derive(Debug)]
pub struct Look {
    /// Its first bytes.
    pub head: Box<[u8]>,
    /// Whether a line of it looks like a conflict marker.
    pub marked: bool,
    /// Whether it is a pointer of Git LFS.
    pub is_lfs_pointer: bool,
    /// For a state file that is JSON: what it holds, or why it is none.
    pub census: Option<Result<Census, Fault>>,
}

/// How much of a file's beginning is kept.
const HEAD: usize = 256;

impl View {
    /// What is looked for in a file that has (or had) a path.
    pub fn of(path: &str, file: &FileChange<'_>, policy: &Policy) -> Self {
        let state = matches!(file.class, Class::Canonical | Class::Delta);
        Self { form: form(path).filter(|_| state), depth: super::terms::deepest(file, policy) }
    }
}

impl Look {
    /// Reads a content once.
    pub fn of(bytes: &[u8], view: View) -> Self {
        let scope = Scope { depth: view.depth, detail: Detail::Numbers };
        Self {
            head: bytes[..bytes.len().min(HEAD)].into(),
            marked: markers::has_any(bytes),
            is_lfs_pointer: bytes.starts_with(super::fault::LFS_POINTER),
            census: view.form.map(|form| Census::of(bytes, form, scope)),
        }
    }

    /// Reads a content once, piece by piece. None where that does not tell all, so that it must be read as a whole.
    pub fn through(content: &mut dyn Read, view: View) -> Option<Self> {
        let mut window = Window::new(content);
        let begin = window.at_hand();
        let (head, is_lfs_pointer) = (begin[..begin.len().min(HEAD)].into(), begin.starts_with(super::fault::LFS_POINTER));
        let census = match view.form {
            Some(Form::Lines) => return None,
            Some(Form::Document) => Some(Ok(Census::through(&mut window, Scope { depth: view.depth, detail: Detail::Numbers })?)),
            None => None,
        };
        Some(Self { head, marked: window.is_marked()?, is_lfs_pointer, census })
    }

    /// About how many bytes of memory it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + self.head.len() + self.census().map_or(0, Census::weight)
    }

    /// What it holds; none if it is not JSON.
    pub fn census(&self) -> Option<&Census> {
        self.census.as_ref()?.as_ref().ok()
    }

    /// Why it is not JSON.
    pub fn fault(&self) -> Option<&Fault> {
        self.census.as_ref()?.as_ref().err()
    }
}
