//! Texts inside texts: a document in a string of another one, with places in the outermost.

use model::Location;
use yaml::{Cursor, Limits, Scalar, Span, Stream};

use super::Source;

/// The scalar of another text that a text stands in.
pub(super) struct Inside<'a> {
    outer: &'a Source<'a>,
    scalar: &'a Scalar,
    pointer: String,
}

impl Inside<'_> {
    /// A place in the inner text as one in the outermost; where its bytes cannot be told, the scalar as a whole.
    pub(super) fn location(&self, span: Span) -> Location {
        let part = |start: usize, end: usize| self.scalar.source_span(start..end, self.outer.text);
        let (start, end) = (span.start as usize, span.end as usize);
        // A node of several lines is no run of bytes in the outer text, but its first and its last byte have places.
        let ends = || {
            let last = self.scalar.text().get(start..end)?.trim_end().len();
            let (first, last) = (part(start, start + 1)?, part((start + last).checked_sub(1)?, start + last)?);
            (first.start < last.end).then_some(Span { start: first.start, end: last.end })
        };
        let found = part(start, end).or_else(ends);
        self.outer.location(found.unwrap_or(self.scalar.span()), self.pointer.clone())
    }
}

/// The documents in a string, read as a text of its own.
pub(super) fn parse(string: &Cursor<'_>) -> Stream {
    yaml::parse(string.text().unwrap_or_default(), &Limits::default())
}

/// The text in a string as a source whose places lie in the outer one; `None` for what is no string.
pub(super) fn source<'a>(outer: &'a Source<'a>, string: &Cursor<'a>, stream: &'a Stream) -> Option<Source<'a>> {
    let scalar = string.scalar()?;
    Some(Source {
        evidence: outer.evidence,
        plane: outer.plane,
        text: scalar.text(),
        stream,
        inside: Some(Inside { outer, scalar, pointer: string.pointer() }),
    })
}
