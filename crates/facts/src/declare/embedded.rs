//! Texts inside texts: a document in a string of another one, with places in the outermost.

use model::{Body, Evidence, Kind, Location};
use yaml::{Cursor, Limits, Scalar, Span, Stream, Style};

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
        root: outer.root,
        stream,
        inside: Some(Inside { outer, scalar, pointer: string.pointer() }),
    })
}

/// A longer text is not copied for each file in it.
const LONGEST: usize = 1 << 20;

/// A file that is written in a string, as evidence: the outer text, blank but for the string, so that every place in it is
/// one of the outer text. `Err` says why it cannot be read so.
pub(super) fn file(outer: &Source<'_>, string: &Cursor<'_>, evidence: &[Evidence]) -> Result<Evidence, &'static str> {
    let scalar = string.scalar().filter(|scalar| scalar.style() == Style::Literal && outer.inside.is_none());
    let scalar = scalar.ok_or("it is not written as a block of lines")?;
    if outer.text.len() > LONGEST {
        return Err("the text around it is too long");
    }
    if ["{{", "${"].iter().any(|marker| scalar.text().contains(marker)) {
        return Err("it holds placeholders that are not filled in yet");
    }
    let range = scalar.span().range();
    let header = outer.text.get(range.clone()).and_then(|block| block.find('\n')).unwrap_or_default();
    let lines = range.start + header..range.end;
    let mut blank: Vec<u8> =
        outer.text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }).collect();
    let written = outer.text.as_bytes().get(lines.clone()).unwrap_or_default();
    blank.get_mut(lines.clone()).unwrap_or_default().copy_from_slice(written);
    // Indented, a line of dashes begins no document.
    let mut at = lines.start;
    for line in outer.text.get(lines.clone()).unwrap_or_default().split_inclusive('\n') {
        if line.trim_start().starts_with("---") {
            let before = blank.get(lines.start..at).unwrap_or_default();
            if line.trim() != "---" || !before.iter().all(u8::is_ascii_whitespace) {
                return Err("it holds several documents");
            }
            let end = at + line.trim_end().len();
            blank.get_mut(at..end).unwrap_or_default().fill(b' ');
        }
        at += line.len();
    }
    let text = String::from_utf8(blank).map_err(|_| "it is no text")?;
    let around = evidence.iter().find(|piece| piece.id == *outer.evidence);
    let within = |span: model::Span| lines.start <= span.range().start && span.range().end <= lines.end;
    Ok(Evidence {
        id: outer.evidence.clone(),
        plane: outer.plane,
        kind: Kind::ConfigFile,
        body: Body::Text(text.into()),
        secrets: around
            .map(|around| around.secrets.iter().filter(|secret| within(secret.span)).cloned().collect())
            .unwrap_or_default(),
        digest: None,
    })
}
