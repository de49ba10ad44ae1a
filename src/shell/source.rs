//! Text to be parsed, and where each of its bytes stands in the script: the text of a string that is run is a text of its own.

use super::tree::Bytes;

/// Text with a map back into the text that it stands in: a script in its carrier, a string that is run in its script.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The text as a shell is given it.
    pub text: String,
    /// Ascending, without gaps.
    pieces: Vec<Part>,
    /// Lines ended with CRLF; the carriage returns are blanks here.
    pub(super) crlf: bool,
}

/// A stretch of a text that stands somewhere else: byte for byte where both are of one length, otherwise as a whole.
#[derive(Debug, Clone)]
struct Part {
    inner: usize,
    outer: Bytes,
}

impl Source {
    /// The script itself; the carriage returns of CRLF lines count as blanks.
    pub(super) fn whole(text: &str) -> Self {
        let outer = 0..text.len();
        let crlf = text.contains("\r\n");
        let text = if crlf { text.replace("\\\r\n", " \\\n").replace("\r\n", " \n") } else { text.to_owned() };
        Self { text, pieces: vec![Part { inner: 0, outer }], crlf }
    }

    /// Whether each of its bytes stands where it stands outside.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self.pieces.as_slice(), [only] if only.outer == (0..self.text.len()))
    }

    /// Goes on with a piece that stands outside as it is here.
    pub fn push(&mut self, piece: &str, outer: usize) {
        let inner = self.text.len();
        self.text.push_str(piece);
        let end = outer + piece.len();
        match self.pieces.last_mut() {
            Some(last) if last.outer.end == outer && last.outer.len() == inner - last.inner => last.outer.end = end,
            _ if piece.is_empty() => {}
            _ => self.pieces.push(Part { inner, outer: outer..end }),
        }
    }

    /// Goes on with a piece that is written otherwise outside.
    pub fn replace(&mut self, piece: &str, outer: Bytes) {
        if piece.is_empty() {
            return;
        }
        self.pieces.push(Part { inner: self.text.len(), outer });
        self.text.push_str(piece);
        // What is written otherwise is one thing, of whatever length.
        let inner = self.text.len();
        let outer = self.pieces.last().map_or(0, |part| part.outer.end);
        self.pieces.push(Part { inner, outer: outer..outer });
    }

    /// Goes on with a stretch of another text that stands in the same place outside.
    pub fn follow(&mut self, other: &Self, inner: Bytes) {
        for (at, part) in other.pieces.iter().enumerate() {
            let end = other.pieces.get(at + 1).map_or(other.text.len(), |next| next.inner);
            let (from, to) = (part.inner.max(inner.start), end.min(inner.end));
            if from >= to {
                continue;
            }
            let piece = &other.text[from..to];
            if other.is_verbatim(at) {
                self.push(piece, part.outer.start + (from - part.inner));
            } else {
                self.replace(piece, part.outer.clone());
            }
        }
    }

    /// Where something that begins at an offset of this text begins outside.
    pub(super) fn outer(&self, inner: usize) -> usize {
        let at = self.pieces.partition_point(|part| part.inner <= inner);
        self.within(at.saturating_sub(1), inner)
    }

    /// Where something that ends at an offset of this text ends outside.
    fn outer_end(&self, inner: usize) -> usize {
        let at = self.pieces.partition_point(|part| part.inner < inner).saturating_sub(1);
        let whole = self.pieces.get(at).filter(|part| !self.is_verbatim(at) && part.inner < inner);
        whole.map_or_else(|| self.within(at, inner), |part| part.outer.end)
    }

    fn within(&self, at: usize, inner: usize) -> usize {
        let Some(part) = self.pieces.get(at) else { return inner };
        let inside = if self.is_verbatim(at) { inner.saturating_sub(part.inner) } else { 0 };
        (part.outer.start + inside).min(part.outer.end)
    }

    fn is_verbatim(&self, at: usize) -> bool {
        let end = self.pieces.get(at + 1).map_or(self.text.len(), |next| next.inner);
        self.pieces.get(at).is_some_and(|part| part.outer.len() == end - part.inner)
    }

    /// Where a stretch of this text stands outside.
    pub fn outer_bytes(&self, inner: Bytes) -> Bytes {
        let start = self.outer(inner.start);
        if inner.is_empty() { start..start } else { start..self.outer_end(inner.end).max(start) }
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
        let mut source = Self::default();
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
        script.get(bytes.clone())?;
        Some(Self::verbatim(script, bytes))
    }

    /// A stretch of a text as it stands; empty where the bytes are not on character boundaries.
    pub fn verbatim(text: &str, bytes: Bytes) -> Self {
        let mut source = Self::default();
        source.push(text.get(bytes.clone()).unwrap_or_default(), bytes.start);
        source
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
