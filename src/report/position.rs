//! Byte offsets → lines and columns, for many findings in one text.

use std::sync::Arc;

use crate::finding::Span;

/// Where the lines of the text that was asked about last begin: a text is searched for line ends once, not once a finding.
#[derive(Debug, Default)]
pub(super) struct Positions {
    text: Option<Arc<str>>,
    starts: Vec<usize>,
    /// The last offset that was asked about, and its column from 0: on one line of many findings none is counted twice.
    last: (usize, usize),
}

impl Positions {
    /// Line and column of the first byte of a span and just behind its last, from 1, columns in Unicode scalar values.
    pub(super) fn of(&mut self, span: &Span) -> [(usize, usize); 2] {
        self.read(&span.text);
        [span.bytes.start, span.bytes.end].map(|at| {
            let line = self.line(at);
            let start = self.starts[line];
            let (from, before) = if (start..=at).contains(&self.last.0) { self.last } else { (start, 0) };
            self.last = (at, before + span.text[from..at].chars().count());
            (line + 1, self.last.1 + 1)
        })
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
            self.starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
            self.text = Some(Arc::clone(text));
            self.last = (0, 0);
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
        for start in 0..=text.len() {
            let span = Span::new(&text, start..start + 4);
            assert_eq!(positions.of(&span), [span.start(), span.end()], "{start}");
        }
        assert_eq!(positions.bytes_of_line(&text, 7), 6..15);
        assert_eq!(positions.bytes_of_line(&text, text.len()), 16..19);
    }
}
