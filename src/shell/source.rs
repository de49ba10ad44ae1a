//! Text to be parsed, and where each of its bytes stands in the script: the text of a string that is run is a text of its own.

use super::tree::Bytes;

/// Text with a map back into the script.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) text: String,
    /// Pairs of offsets, here and in the script, ascending; between two the distance stays the same.
    starts: Vec<(usize, usize)>,
}

impl Source {
    /// The script itself; the carriage returns of CRLF lines count as blanks.
    pub(super) fn whole(text: &str) -> Self {
        let text = if text.contains("\r\n") { text.replace("\\\r\n", " \\\n").replace("\r\n", " \n") } else { text.to_owned() };
        Self { text, starts: vec![(0, 0)] }
    }

    /// An empty text that stands at an offset of the script.
    fn starting_at(outer: usize) -> Self {
        Self { text: String::new(), starts: vec![(0, outer)] }
    }

    fn push(&mut self, piece: &str, outer: usize) {
        if let Some(&(inner_start, outer_start)) = self.starts.last()
            && outer.checked_sub(outer_start) != Some(self.text.len() - inner_start)
        {
            self.starts.push((self.text.len(), outer));
        }
        self.text.push_str(piece);
    }

    /// Where an offset of this text stands in the script.
    pub(super) fn outer(&self, inner: usize) -> usize {
        let at = self.starts.partition_point(|&(start, _)| start <= inner);
        let (start, outer) = self.starts[at.saturating_sub(1)];
        outer + inner.saturating_sub(start)
    }

    /// Where a stretch of this text stands in the script.
    pub(super) fn outer_bytes(&self, inner: Bytes) -> Bytes {
        self.outer(inner.start)..self.outer(inner.end)
    }

    /// The text of a quoted word of the script, as the shell that is given it reads it; `word` is the word's place there.
    ///
    /// Expansions stay as they are written: what they become is unknown, but where they end is not.
    pub(super) fn of_quoted(script: &str, word: Bytes) -> Option<Self> {
        let raw = script.get(word.clone())?;
        let quote = raw.chars().next()?;
        if !matches!(quote, '\'' | '"') || raw.len() < 2 || !raw.ends_with(quote) {
            return None;
        }
        let start = word.start + 1;
        let inside = &raw[1..raw.len() - 1];
        let mut source = Self::starting_at(start);
        if quote == '\'' {
            // `'a'\''b'` and `'a'"$b"'c'` begin and end with the same quote but are several pieces.
            return (!inside.contains('\'')).then(|| {
                source.push(inside, start);
                source
            });
        }
        let mut rest = inside;
        let mut at = start;
        while let Some(found) = rest.find('\\') {
            source.push(&rest[..found], at);
            let escaped = rest[found + 1..].chars().next()?;
            let keep = if matches!(escaped, '$' | '`' | '"' | '\\') { &rest[found + 1..=found + 1] } else { &rest[found..=found] };
            let used = if keep == "\\" && escaped != '\\' { 1 } else { 2 };
            if escaped != '\n' {
                source.push(keep, at + found + used - 1);
            }
            rest = &rest[found + used..];
            at += found + used;
        }
        source.push(rest, at);
        Some(source)
    }

    /// A stretch of the script as it stands, e.g. a here-document that a shell reads.
    pub(super) fn of_bytes(script: &str, bytes: Bytes) -> Option<Self> {
        let mut source = Self::starting_at(bytes.start);
        source.push(script.get(bytes.clone())?, bytes.start);
        Some(source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_map_back_over_escapes() {
        let script = r#"sh -c "echo \"a\" \$b; timeout 5 x""#;
        let source = Source::of_quoted(script, 6..script.len()).unwrap();
        assert_eq!(source.text, r#"echo "a" $b; timeout 5 x"#);
        let inner = source.text.find("timeout").unwrap();
        assert_eq!(source.outer(inner), script.find("timeout").unwrap());
        let inner = source.text.find("$b").unwrap();
        assert_eq!(source.outer(inner), script.find("$b").unwrap());
    }

    #[test]
    fn several_quoted_pieces_are_not_one() {
        let script = r"'a'\''b'";
        assert!(Source::of_quoted(script, 0..script.len()).is_none());
    }
}
