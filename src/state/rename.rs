//! A canonical file that goes and another that comes → one file that was renamed.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::change::{Blob, Class, FileChange};

/// How much of the larger content must be in both, in percent. Less, and the one is gone and the other new.
const ALIKE: usize = 50;

/// More files than this that come or go in one change are compared by their ids alone.
const MOST: usize = 20;

/// Makes one file of each canonical path that is gone and a new one with the same content, or much of it.
pub fn follow(files: &mut Vec<FileChange<'_>>) {
    let is = |file: &&FileChange<'_>, gone: Option<&Blob<'_>>, other: Option<&Blob<'_>>| {
        file.class == Class::Canonical && other.is_none() && gone.is_some_and(Blob::is_file)
    };
    let count = |files: &[FileChange<'_>]| {
        let gone = files.iter().filter(|file| is(file, file.old.as_ref(), file.new.as_ref())).count();
        let come = files.iter().filter(|file| is(file, file.new.as_ref(), file.old.as_ref())).count();
        (gone, come)
    };
    let (gone, come) = count(files);
    if gone == 0 || come == 0 {
        return;
    }
    let by_content = gone <= MOST && come <= MOST;
    let mut paired: Vec<(usize, usize)> = Vec::new();
    for (at, file) in files.iter().enumerate().filter(|(_, file)| is(file, file.new.as_ref(), file.old.as_ref())) {
        let Some(new) = &file.new else { continue };
        let free = files.iter().enumerate().filter(|(_, file)| is(file, file.old.as_ref(), file.new.as_ref()));
        let free = free.filter(|(index, _)| !paired.iter().any(|(from, _)| from == index));
        let likeness = |(index, old): (usize, &FileChange<'_>)| {
            let old = old.old.as_ref()?;
            let likeness = if old.id == new.id {
                101
            } else if by_content {
                likeness(old, new)?
            } else {
                0
            };
            (likeness >= ALIKE).then_some((likeness, index))
        };
        paired.extend(free.filter_map(likeness).max().map(|(_, from)| (from, at)));
    }
    let mut former: HashMap<usize, (String, Option<Blob<'_>>)> = HashMap::new();
    for (from, to) in &paired {
        former.insert(*to, (files[*from].path.clone(), files[*from].old.take()));
    }
    for (at, (path, old)) in former {
        files[at].old = old;
        files[at].renamed_from = Some(path);
    }
    let mut index = 0;
    files.retain(|_| {
        index += 1;
        !paired.iter().any(|(from, _)| *from + 1 == index)
    });
}

/// How much of two contents is the same, in percent of the larger; none if one is not at hand.
fn likeness(old: &Blob<'_>, new: &Blob<'_>) -> Option<usize> {
    let (old, new) = (old.bytes()?, new.bytes()?);
    let larger = old.len().max(new.len()).max(1);
    let mut parts: HashMap<u64, usize> = HashMap::new();
    for part in parts_of(&old) {
        *parts.entry(part.0).or_default() += part.1;
    }
    let mut shared = 0;
    for (hash, length) in parts_of(&new) {
        if let Some(left) = parts.get_mut(&hash).filter(|left| **left >= length) {
            *left -= length;
            shared += length;
        }
    }
    Some(shared * 100 / larger)
}

/// The pieces of a text, between line ends and commas, with their lengths.
fn parts_of(text: &[u8]) -> impl Iterator<Item = (u64, usize)> {
    text.split_inclusive(|byte| matches!(byte, b'\n' | b',')).map(|part| {
        let mut hasher = DefaultHasher::new();
        part.trim_ascii().hash(&mut hasher);
        (hasher.finish(), part.len())
    })
}
