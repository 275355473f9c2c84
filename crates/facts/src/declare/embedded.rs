//! Texts inside texts: a document in a string of another one, with places in the outermost.

mod files;
mod written;

use yaml::{Cursor, Limits, Scalar, Span, Stream};

use model::Location;

pub(super) use self::{
    files::{carried, composed, file, json, part, present, unread},
    written::{DATA_URL, PACKED_URL, Written},
};
use super::Source;

/// The part of another text that a text stands in.
pub(super) struct Inside<'a> {
    outer: &'a Source<'a>,
    /// What holds it, where that is a scalar.
    scalar: Option<&'a Scalar>,
    /// All of it.
    whole: Span,
    pointer: String,
    spelling: Spelling,
}

/// How the part spells the text.
enum Spelling {
    /// As YAML does.
    Scalar,
    /// For each byte of the text, and for its end, the byte of the outer text.
    Bytes(Vec<u32>),
    /// In a code whose letters are no bytes of the text.
    Whole,
}

/// Longer texts are not searched for each place in them.
const LONGEST_SEARCHED: usize = 1 << 16;

impl Spelling {
    fn of(scalar: &Scalar, outer: &Source<'_>) -> Self {
        // Places are those of the text around, which may itself be no text that is written as it is read.
        match scalar.places(outer.text) {
            Some(places) => Self::Bytes(places),
            None if scalar.text().len() > LONGEST_SEARCHED => Self::Whole,
            None => Self::Scalar,
        }
    }
}

impl<'a> Inside<'a> {
    fn scalar(outer: &'a Source<'a>, scalar: &'a Scalar, pointer: String, spelling: Spelling) -> Self {
        Self { outer, scalar: Some(scalar), whole: scalar.span(), pointer, spelling }
    }

    /// Of a text that is a part of one in no format that has scalars; for each of its bytes, and for its end, the byte of the
    /// outer text.
    fn part(outer: &'a Source<'a>, whole: Span, places: Vec<u32>) -> Self {
        Self { outer, scalar: None, whole, pointer: String::new(), spelling: Spelling::Bytes(places) }
    }

    /// A place in the inner text as one in the outermost; where its bytes cannot be told, the part as a whole.
    pub(super) fn location(&self, span: Span) -> Location {
        let part = |start: usize, end: usize| self.scalar?.source_span(start..end, self.outer.text);
        let (start, end) = (span.start as usize, span.end as usize);
        // A node of several lines is no run of bytes in the outer text, but its first and its last byte have places.
        let ends = || {
            let last = self.scalar?.text().get(start..end)?.trim_end().len();
            let (first, last) = (part(start, start + 1)?, part((start + last).checked_sub(1)?, start + last)?);
            (first.start < last.end).then_some(Span { start: first.start, end: last.end })
        };
        let found = match &self.spelling {
            Spelling::Scalar => part(start, end).or_else(ends),
            Spelling::Bytes(places) => places.get(start).zip(places.get(end)).map(|(&start, &end)| Span { start, end }),
            Spelling::Whole => None,
        };
        self.outer.location(found.unwrap_or(self.whole), self.pointer.clone())
    }
}

/// Where a text inside another stands.
pub(super) enum Place<'a> {
    String(Inside<'a>),
    /// A file of a machine, among those that are written beside it.
    File(&'a Written<'a>, &'a [Written<'a>]),
}

impl<'a> Place<'a> {
    pub(super) fn inside(&self) -> Option<&Inside<'a>> {
        match self {
            Self::String(inside) => Some(inside),
            Self::File(file, _) => file.inside.as_ref(),
        }
    }
}

/// The documents in a string, read as a text of its own.
pub(super) fn parse(string: &Cursor<'_>) -> Stream {
    yaml::parse(string.text().unwrap_or_default(), &Limits::default())
}

/// The text in a string as a source whose places lie in the outer one; `None` for what is no string.
pub(super) fn source<'a>(outer: &'a Source<'a>, string: &Cursor<'a>, stream: &'a Stream) -> Option<Source<'a>> {
    let scalar = string.scalar()?;
    let inside = Inside::scalar(outer, scalar, string.pointer(), Spelling::of(scalar, outer));
    Some(Source {
        evidence: outer.evidence,
        plane: outer.plane,
        text: scalar.text(),
        root: outer.root,
        stream,
        inside: Some(Place::String(inside)),
    })
}

/// A text that is put together of what a definition says, as a source whose places lie there: for each byte of it, and for its
/// end, the byte of the outer text. What is nowhere written stands at `of`, which has to hold a text.
pub(super) fn made<'a>(
    outer: &'a Source<'a>,
    of: &Cursor<'a>,
    text: &'a str,
    places: Vec<u32>,
    stream: &'a Stream,
) -> Option<Source<'a>> {
    let scalar = of.entries().find_map(|entry| entry.value.scalar())?;
    let inside = Inside::scalar(outer, scalar, of.pointer(), Spelling::Bytes(places));
    Some(Source {
        evidence: outer.evidence,
        plane: outer.plane,
        text,
        root: outer.root,
        stream,
        inside: Some(Place::String(inside)),
    })
}
