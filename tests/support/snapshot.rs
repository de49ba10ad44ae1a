//! Every file below a folder, to compare before and after.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::rc::Rc;

/// Every file, link and folder below a folder, by its name there.
pub(crate) type Snapshot = BTreeMap<String, Entry>;

/// One file, link or folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Type and permissions.
    pub mode: u32,
    /// What it holds; a link's target.
    pub content: Rc<Vec<u8>>,
    /// Changes when the file is written or replaced.
    pub identity: Identity,
}

/// File number, and a time of its last change.
type Identity = (u64, i64, i64);

/// Looks at a folder.
pub(crate) fn snapshot(folder: &Path) -> Snapshot {
    let mut entries = Snapshot::new();
    walk(folder, Path::new(""), &mut entries);
    entries
}

/// The names that differ between two snapshots, in mode or content.
pub(crate) fn differences(one: &Snapshot, other: &Snapshot) -> Vec<String> {
    differing(one, other, |one, other| one.mode == other.mode && one.content == other.content)
}

/// The names that were written or replaced between two snapshots, even by what they held before.
pub(crate) fn touched(one: &Snapshot, other: &Snapshot) -> Vec<String> {
    differing(one, other, |one, other| one == other)
}

fn differing(one: &Snapshot, other: &Snapshot, equal: impl Fn(&Entry, &Entry) -> bool) -> Vec<String> {
    let same = |name: &String| one.get(name).zip(other.get(name)).is_some_and(|(one, other)| equal(one, other));
    let names: BTreeSet<&String> = one.keys().chain(other.keys()).filter(|name| !same(name)).collect();
    names.into_iter().cloned().collect()
}

fn walk(folder: &Path, name: &Path, entries: &mut Snapshot) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, name) = (entry.path(), name.join(entry.file_name()));
        let file = fs::symlink_metadata(&path).unwrap();
        let identity = if file.is_dir() { (0, 0, 0) } else { (file.ino(), file.mtime(), file.mtime_nsec()) };
        let content = if file.is_symlink() {
            Rc::new(fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes())
        } else if file.is_dir() {
            walk(&path, &name, entries);
            Rc::default()
        } else {
            read(&path, (file.ino(), file.ctime(), file.ctime_nsec()))
        };
        entries.insert(name.to_string_lossy().into_owned(), Entry { mode: file.permissions().mode(), content, identity });
    }
}

/// The program stands in a repository under many names and is large: each file is read once. A file number that is used again for a copy
/// comes with another change of status.
fn read(path: &Path, version: Identity) -> Rc<Vec<u8>> {
    thread_local!(static READ: RefCell<HashMap<Identity, Rc<Vec<u8>>>> = RefCell::default());
    READ.with_borrow_mut(|read| Rc::clone(read.entry(version).or_insert_with(|| Rc::new(fs::read(path).unwrap()))))
}
