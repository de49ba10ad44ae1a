//! What fixes would change, as a patch that `patch -p0` and `git apply -p0` take.

use std::fmt::Write as _;

use similar::TextDiff;

/// A unified diff from one text to the other; empty if they are equal.
pub fn unified(path: &str, old: &str, new: &str) -> String {
    // Lines end at a newline and nowhere else: a lone carriage return is a character like any other to patch.
    let lines = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
    let (old, new) = (lines(old), lines(new));
    let diff = TextDiff::configure().newline_terminated(true).diff_slices(&old, &new);
    let name = quoted(path);
    diff.unified_diff().context_radius(3).header(&name, &name).to_string()
}

/// A path as git writes it in patches: quoted where it has characters that would mislead, with a tab behind one that has blanks.
fn quoted(path: &str) -> String {
    let hidden = |char: char| char.is_control() || char == '"' || char == '\\';
    if !path.contains(hidden) {
        return if path.contains(' ') { format!("{path}\t") } else { path.to_owned() };
    }
    let mut text = String::from("\"");
    for char in path.chars() {
        match char {
            '"' | '\\' => text.extend(['\\', char]),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            char if char.is_control() => {
                let mut utf8 = [0; 4];
                for byte in char.encode_utf8(&mut utf8).bytes() {
                    // Writing to a string does not fail.
                    let _ = write!(text, "\\{byte:03o}");
                }
            }
            char => text.push(char),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_newline_ends_a_line() {
        assert_eq!(
            unified("a b.sh", "x\ry\nsame", "x\rz\nsame"),
            "--- a b.sh\t\n+++ a b.sh\t\n@@ -1,2 +1,2 @@\n-x\ry\n+x\rz\n same\n\\ No newline at end of file\n"
        );
        assert_eq!(unified("a", "x\n", "x\n"), "");
    }

    #[test]
    fn misleading_paths_are_quoted() {
        assert!(unified("a\n\"b\u{1b}.sh", "x\n", "y\n").starts_with("--- \"a\\n\\\"b\\033.sh\"\n+++ \"a\\n\\\"b\\033.sh\"\n@@"));
    }
}
