//! Commits and trees, as git stores them.

use git2::ObjectType;

use super::{Error, Repo};

/// What a commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full id of its tree.
    pub tree: String,
    /// The full ids of its parents.
    pub parents: Vec<String>,
    /// `Name <e-mail>`.
    pub author: String,
    /// When it was committed, in seconds since 1970.
    pub time: i64,
    /// The whole message.
    pub message: String,
}

impl Commit {
    /// The author's e-mail.
    pub fn author_email(&self) -> &str {
        email(&self.author)
    }

    /// The first line of the message.
    pub fn subject(&self) -> &str {
        self.message.lines().next().unwrap_or("")
    }
}

/// The e-mail of `Name <e-mail>`.
pub fn email(author: &str) -> &str {
    author.rsplit_once('<').map_or("", |(_, rest)| rest.split('>').next().unwrap_or(""))
}

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TreeEntry {
    pub(super) name: Vec<u8>,
    pub(super) mode: u32,
    pub(super) id: String,
}

impl TreeEntry {
    pub(super) fn is_tree(&self) -> bool {
        self.mode == 0o040_000
    }
}

impl Repo {
    /// Reads a commit.
    pub fn commit(&self, id: &str) -> Result<Commit, Error> {
        let data = self.object(id, ObjectType::Commit)?;
        let text = String::from_utf8_lossy(&data);
        let (headers, message) = text.split_once("\n\n").unwrap_or((&text, ""));
        let all =
            |key: &str| headers.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix(' ').map(str::to_owned)).collect::<Vec<_>>();
        let author = all("author").into_iter().next().unwrap_or_default();
        let author = author.rfind('>').map_or(author.clone(), |end| author[..=end].to_owned());
        let committer = all("committer").into_iter().next().unwrap_or_default();
        let time = committer.rsplit_once("> ").and_then(|(_, when)| when.split(' ').next()?.parse().ok()).unwrap_or(0);
        let tree = all("tree").into_iter().next().unwrap_or_default();
        Ok(Commit { tree, parents: all("parent"), author, time, message: message.to_owned() })
    }

    /// The entries of a tree, in git's order.
    pub(super) fn tree(&self, id: &str) -> Result<Vec<TreeEntry>, Error> {
        let data = self.object(id, ObjectType::Tree)?;
        let width = id.len() / 2;
        let broken = || Error::Unreadable { what: format!("tree {id}"), why: "it is malformed".to_owned() };
        let mut entries = Vec::new();
        let mut rest: &[u8] = &data;
        while !rest.is_empty() {
            let nul = rest.iter().position(|&byte| byte == 0).ok_or_else(broken)?;
            let space = rest[..nul].iter().position(|&byte| byte == b' ').ok_or_else(broken)?;
            let mode = std::str::from_utf8(&rest[..space]).ok().and_then(|octal| u32::from_str_radix(octal, 8).ok()).ok_or_else(broken)?;
            let id = rest.get(nul + 1..=nul + width).ok_or_else(broken)?;
            entries.push(TreeEntry { name: rest[space + 1..nul].to_vec(), mode, id: hex(id) });
            rest = &rest[nul + 1 + width..];
        }
        Ok(entries)
    }
}

/// An object id as git shows it.
pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}
