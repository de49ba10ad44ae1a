//! The tree that git has written of its index already, and notes at the index's end.
//!
//! `git commit` writes it before it calls pre-commit, and commits just that. To find it costs a walk over the entries, of which nothing is
//! kept: some 5 ms at 300,000 files, where a `git diff-index` takes 70. Source of the format: gitformat-index(5).

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::objects::hex;

/// The bytes of an entry before its object id: times, device, inode, mode, owner, size.
const STAT: usize = 40;
/// The flag of an entry that has two bytes of flags more.
const EXTENDED: u16 = 0x4000;
/// The bits of an entry's flags that hold the length of its name; all set where the name is longer.
const NAME: u16 = 0x0fff;

/// The full id of the tree that an index stands for; none if git has not written it yet, or the index is of a kind that does not tell.
///
/// `width` is that of an object id in bytes.
pub(super) fn written_tree(path: &Path, width: usize) -> Option<String> {
    let file = File::open(path).ok()?;
    let length = usize::try_from(file.metadata().ok()?.len()).ok()?;
    root_of(BufReader::with_capacity(256 << 10, file), length, width).ok()?
}

fn root_of(mut index: impl BufRead, length: usize, width: usize) -> io::Result<Option<String>> {
    let [signature, version, entries] = [word(&mut index)?, word(&mut index)?, word(&mut index)?];
    let (b"DIRC", version @ 2..=4) = (&signature.to_be_bytes(), version) else { return Ok(None) };
    let mut read = 12;
    for _ in 0..entries {
        read += skip_entry(&mut index, version, width)?;
    }
    // Extensions until the checksum: a name, a length, so many bytes. Capital letters mean that it may be ignored.
    let mut root = None;
    while read + 8 + width <= length {
        let (name, size) = (word(&mut index)?.to_be_bytes(), word(&mut index)? as usize);
        match &name {
            // The entries of a split index stand elsewhere.
            b"link" => return Ok(None),
            b"TREE" => {
                let mut start = vec![0; size.min(64)];
                index.read_exact(&mut start)?;
                skip(&mut index, size - start.len())?;
                root = noted_root(&start, width);
            }
            _ => skip(&mut index, size)?,
        }
        read += 8 + size;
    }
    Ok(root)
}

/// The first entry of git's notes: an empty name, the number of files (-1: not written since they changed), the number of folders, the id.
fn noted_root(note: &[u8], width: usize) -> Option<String> {
    let rest = note.strip_prefix(b"\0")?;
    let line = rest.iter().position(|&byte| byte == b'\n')?;
    let id = rest.get(line + 1..=line + width)?;
    (!rest.starts_with(b"-")).then(|| hex(id))
}

/// Reads past one entry: how many bytes it takes.
fn skip_entry(index: &mut impl BufRead, version: u32, width: usize) -> io::Result<usize> {
    let mut fixed = [0; STAT + 32 + 2];
    let fixed = &mut fixed[..STAT + width + 2];
    index.read_exact(fixed)?;
    let flags = u16::from_be_bytes([fixed[STAT + width], fixed[STAT + width + 1]]);
    let mut length = fixed.len();
    if version > 2 && flags & EXTENDED != 0 {
        skip(index, 2)?;
        length += 2;
    }
    let name = usize::from(flags & NAME);
    if version == 4 {
        // How much of the name before to drop, in bytes of which the last has no high bit; then what comes instead.
        while {
            length += 1;
            byte(index)? & 0x80 != 0
        } {}
        return Ok(length + skip_text(index)?);
    }
    let named = if name == usize::from(NAME) { skip_text(index)? - 1 } else { 0 };
    // Ended by one to eight NULs, so that the next begins at a multiple of eight.
    let whole = (length + named.max(name) + 8) & !7;
    let rest = if named > 0 { whole - length - named - 1 } else { whole - length };
    skip(index, rest)?;
    Ok(whole)
}

fn word(index: &mut impl BufRead) -> io::Result<u32> {
    let mut bytes = [0; 4];
    index.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn byte(index: &mut impl BufRead) -> io::Result<u8> {
    let mut bytes = [0];
    index.read_exact(&mut bytes)?;
    Ok(bytes[0])
}

/// Reads past a text and the NUL behind it: how many bytes that is.
fn skip_text(index: &mut impl BufRead) -> io::Result<usize> {
    let mut length = 0;
    while {
        length += 1;
        byte(index)? != 0
    } {}
    Ok(length)
}

fn skip(index: &mut impl BufRead, mut bytes: usize) -> io::Result<()> {
    while bytes > 0 {
        let there = index.fill_buf()?.len().min(bytes);
        if there == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        index.consume(there);
        bytes -= there;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Runs shell text in a new repository of a form: what it wrote, and its index.
    fn made(format: &str, script: &str) -> (String, Vec<u8>) {
        let dir = tempfile::tempdir().unwrap();
        let script = format!(
            "git init -q --object-format={format} . && mkdir -p a/b && echo 1 >one && echo 2 >a/two && echo 3 >a/b/three && {script}"
        );
        let mut sh = Command::new("sh");
        sh.args(["-ec", &script]).current_dir(dir.path()).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
        let output = sh.env("HOME", dir.path()).env("GIT_CONFIG_NOSYSTEM", "1").output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        (String::from_utf8(output.stdout).unwrap().trim().to_owned(), std::fs::read(dir.path().join(".git/index")).unwrap())
    }

    fn root(index: &[u8], width: usize) -> Option<String> {
        root_of(index, index.len(), width).ok().flatten()
    }

    /// A path that does not fit into the length that an entry notes.
    const LONG: &str =
        "printf '100644 %s\\t%sfour\\n' $(git hash-object -w one) $(printf '%0200d/' $(seq 21)) | git update-index --index-info";

    #[test]
    fn the_tree_that_git_wrote_is_found_in_every_form_of_index() {
        for (format, width) in [("sha1", 20), ("sha256", 32)] {
            for script in
                ["git update-index --index-version 2", "git update-index --index-version 4", LONG, "git update-index --untracked-cache"]
            {
                let (tree, index) = made(format, &format!("git add . && {script} >/dev/null && git write-tree"));
                assert_eq!(root(&index, width).as_ref(), Some(&tree), "{format}: {script}");
                // Whatever is cut off, there is no panic and no other tree.
                for length in (0..index.len()).step_by(7) {
                    assert!(root(&index[..length], width).is_none_or(|found| found == tree), "{format}: {script}: {length}");
                }
            }
            let (tree, index) = made(format, "git add . && git update-index --skip-worktree one && git write-tree");
            assert_eq!((index[7], root(&index, width)), (3, Some(tree)), "an entry with more flags");
        }
    }

    #[test]
    fn where_git_has_not_written_it_none_is_found() {
        for script in [
            "git add .",
            "git add one && git write-tree >/dev/null && git add .",
            "git add one && git add --intent-to-add a/two && git write-tree >/dev/null",
            "git add . && git update-index --split-index && git write-tree >/dev/null",
        ] {
            let (_, index) = made("sha1", script);
            assert_eq!(root(&index, 20), None, "{script}");
        }
        assert_eq!(root(b"DIRC\0\0\0\x09\0\0\0\0", 20), None);
    }
}
