//! Cheap looks at a text, so that only scripts which may do something are followed step by step.

/// Whether a name stands in a text by itself, outside of lines that are comments: `git` in `/usr/bin/git add`, but not in `digits`.
///
/// What stands before it may be an option that it is glued to, or an escape: `-ostate`, `\ngit`.
pub fn mentions(text: &str, name: &str) -> bool {
    let finder = memchr::memmem::Finder::new(name);
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(at) = finder.find(&bytes[from..]).map(|found| from + found) {
        let line = memchr::memrchr(b'\n', &bytes[from..at]).map(|end| from + end + 1);
        // Up to `from`, the line has been seen to be no comment.
        if let Some(start) = line.or((from == 0).then_some(0))
            && bytes[start..at].trim_ascii_start().starts_with(b"#")
        {
            let Some(length) = memchr::memchr(b'\n', &bytes[at..]) else { return false };
            from = at + length;
            continue;
        }
        if is_apart(bytes, at, name.len()) {
            return true;
        }
        from = at + name.len();
    }
    false
}

/// Whether no longer word is around it.
fn is_apart(bytes: &[u8], at: usize, length: usize) -> bool {
    let is_of_a_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let glued = bytes[..at].iter().rev().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let before = bytes[..at - glued].last();
    let opens = if glued > 0 { matches!(before, Some(b'-' | b'\\' | b'%')) } else { !before.is_some_and(is_of_a_word) };
    opens && !bytes.get(at + length).is_some_and(is_of_a_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_mentioned_where_it_stands_alone() {
        for text in ["git", "/usr/bin/git add", "eval 'cd x;git add .'", "printf 'x\\ngit add' | sh", "x='digits'; git", "# git\n\tgit add"]
        {
            assert!(mentions(text, "git"), "{text}");
        }
        for text in ["", "digits", "legitimate\ngitea", "# git add\n  #git commit", "#!/usr/bin/git\n", "echo digit # digit\n# git"] {
            assert!(!mentions(text, "git"), "{text}");
        }
        assert!(mentions("sort -ostate/a.json", "state") && mentions("echo >\"$d\"state/x", "state"));
        assert!(!mentions("estate upstate states --state-dir my_state", "state"));
    }

    #[test]
    fn a_long_line_is_looked_through_once() {
        assert!(!mentions(&format!("# {}", "git ".repeat(1 << 20)), "git"));
        assert!(!mentions(&"digits ".repeat(1 << 20), "git"));
    }
}
