//! Byte offsets → lines and columns, for many findings in one text.

use std::sync::Arc;

use crate::finding::Span;

/// Where the lines of the text that was asked about last begin: a text is searched for line ends once, not once a finding.
#[derive(Debug, Default)]
pub(super) struct Positions {
    text: Option<Arc<str>>,
    starts: Vec<usize>,
    /// Offsets that were asked about last, the beginning and the end of a span, and their columns from 0: on one line of many findings no
    /// stretch is counted again and again.
    last: [(usize, usize); 2],
}

impl Positions {
    /// Line and column of the first byte of a span and just behind its last, from 1, columns in Unicode scalar values.
    pub(super) fn of(&mut self, span: &Span) -> [(usize, usize); 2] {
        self.read(&span.text);
        let start = self.position(&span.text, span.bytes.start);
        self.last[0] = (span.bytes.start, start.1);
        let end = self.position(&span.text, span.bytes.end);
        self.last[1] = (span.bytes.end, end.1);
        [start, end].map(|(line, column)| (line + 1, column + 1))
    }

    /// Line and column from 0, counted from the nearest place of that line whose column is known.
    fn position(&self, text: &str, at: usize) -> (usize, usize) {
        let line = self.line(at);
        let bytes = self.starts[line]..=self.starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let known = self.last.into_iter().filter(|(known, _)| bytes.contains(known)).chain([(self.starts[line], 0)]);
        let (near, column) = known.min_by_key(|(known, _)| known.abs_diff(at)).unwrap_or_default();
        let between = text[near.min(at)..near.max(at)].chars().count();
        (line, if near <= at { column + between } else { column - between })
    }

    /// The bytes of the line that an offset lies in, without its end.
    pub(super) fn bytes_of_line(&mut self, text: &Arc<str>, at: usize) -> std::ops::Range<usize> {
        self.read(text);
        let line = self.line(at);
        let end = self.starts.get(line + 1).map_or(text.len(), |next| next - 1);
        self.starts[line]..end
    }

    fn read(&mut self, text: &Arc<str>) {
        if !self.text.as_ref().is_some_and(|known| Arc::ptr_eq(known, text)) {
            self.starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
            self.text = Some(Arc::clone(text));
            self.last = [(0, 0); 2];
        }
    }

    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|&start| start <= at) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_span_itself() {
        let text: Arc<str> = "é=1\n\nls | tac\r\nend".into();
        let mut positions = Positions::default();
        for start in (0..=text.len()).chain((0..text.len()).rev()) {
            for length in [4, 1, 9] {
                let span = Span::new(&text, start..start + length);
                assert_eq!(positions.of(&span), [span.start(), span.end()], "{start}");
            }
        }
        assert_eq!(positions.bytes_of_line(&text, 7), 6..15);
        assert_eq!(positions.bytes_of_line(&text, text.len()), 16..19);
    }
}
