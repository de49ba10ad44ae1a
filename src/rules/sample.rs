//! Changes made by hand, for the tests of rules.

use std::sync::Arc;

use crate::change::{
    After, Authors, Blob, Change, Checkout, Class, FileChange, History, Objects, Part, Shared, Stranger, Version, WorkTree,
};
use crate::finding::{Finding, Sink};
use crate::policy::Policy;
use crate::rule::{Check, Rule};

/// The content of the two states of one file; its ids are `old` and `new`.
struct Pair<'t>(Option<Content<'t>>, Option<Content<'t>>);

impl Objects for Pair<'_> {
    fn read(&self, id: &str) -> Option<Arc<[u8]>> {
        match if id == "old" { self.0? } else { self.1? } {
            Content::Text(text) => Some(Arc::from(text)),
            Content::Lacking | Content::Symlink => None,
        }
    }
}

#[derive(Debug)]
struct Nobody;

impl Authors for Nobody {
    fn strangers(&self, _: &str) -> Vec<Stranger> {
        Vec::new()
    }

    fn stranger_before(&self) -> Option<Stranger> {
        None
    }
}

impl History for Nobody {
    fn parts(&self) -> Vec<Part<'_>> {
        Vec::new()
    }

    fn versions(&self, _: &[&str]) -> Vec<Version> {
        Vec::new()
    }

    fn contents_before(&self, _: &str) -> Vec<(Version, Blob<'_>)> {
        Vec::new()
    }

    fn folder_before(&self, _: &str) -> Vec<(String, Blob<'_>)> {
        Vec::new()
    }

    fn file_before(&self, _: &str) -> Option<Blob<'_>> {
        None
    }

    fn shared(&self, _: Option<&str>, _: &str) -> Option<Shared> {
        None
    }

    fn work_tree_has_other(&self, _: &str, _: Option<&Blob<'_>>) -> bool {
        false
    }

    fn main_checkout_has(&self, _: &str, _: &Blob<'_>) -> bool {
        false
    }

    fn is_in_progress(&self) -> bool {
        false
    }

    fn is_exempt_from_markers(&self, _: &str) -> bool {
        false
    }

    fn is_moved_back(&self, _: &str) -> bool {
        false
    }

    fn means_to_go_back(&self, _: &str) -> bool {
        false
    }
}

/// A state of a file.
#[derive(Clone, Copy)]
pub(super) enum Content<'t> {
    /// A regular file.
    Text(&'t [u8]),
    /// A regular file whose object is not there.
    Lacking,
    /// A symlink.
    Symlink,
}

/// What a rule finds in a staged change of one file.
pub(super) fn findings(
    rule: &'static Rule,
    policy: &Policy,
    path: &str,
    old: Option<Content<'_>>,
    new: Option<Content<'_>>,
) -> Vec<Finding> {
    let pair = Pair(old, new);
    let blob = |id: &str, content: Content<'_>| {
        let mode = if matches!(content, Content::Symlink) { 0o120_000 } else { 0o100_644 };
        Blob::new(id.to_owned(), mode, &pair)
    };
    let class = match path {
        _ if path.starts_with("state/inbox/") => Class::Delta,
        _ if path.starts_with("state/") => Class::Canonical,
        _ => Class::Other,
    };
    let file = FileChange {
        path: path.to_owned(),
        renamed_from: None,
        class,
        fleet: path.starts_with("state/"),
        old: old.map(|old| blob("old", old)),
        new: new.map(|new| blob("new", new)),
    };
    let change = Change {
        reference: Some("refs/heads/main".to_owned()),
        protected: true,
        checkout: Checkout::Main,
        work_tree: WorkTree::AtHand,
        before: Some("0123456789abcdef0123456789abcdef01234567".to_owned()),
        after: After::Index,
        authors: &Nobody,
        history: &Nobody,
        files: vec![file],
    };
    let mut findings = Vec::new();
    let Check::Change(check) = rule.check else { panic!("{} does not look at changes", rule.name) };
    check(&change, policy, &mut Sink::new(rule, rule.level, &mut findings));
    findings
}

/// The policy of a repository that has none of its own.
pub(super) fn policy() -> Policy {
    Policy::built_in()
}
