//! Edits of a text that stands in a scalar of another one, made where the other one spells it.
//!
//! A literal block is edited line by line, so that it stays as it is indented; a quoted string gets the new bytes as its
//! quotes want them. Start at [`inside`].

use crate::cursor::Cursor;
use crate::edit::{Edit, Refusal, own, write};
use crate::scalar::{Scalar, Style};
use crate::source::{line_break, line_end, line_start};
use crate::tree::Span;

/// Edits of what a scalar holds, as edits of `text`, in which the scalar stands.
pub fn inside(text: &str, target: &Cursor<'_>, edits: &[Edit]) -> Result<Vec<Edit>, Refusal> {
    own(target)?;
    let layout = |reason| Refusal::Layout { pointer: target.pointer(), reason };
    let scalar = target.scalar().ok_or_else(|| layout("there is no text there"))?;
    let places = scalar.places(text).ok_or_else(|| layout("its lines are folded or escaped"))?;
    let place = |at: u32| places.get(at as usize).copied().ok_or_else(|| layout("the place is not in it"));
    if scalar.style() == Style::Literal {
        let block = Block { text, inner: scalar.text(), places: &places };
        return edits.iter().map(|edit| block.edit(edit).ok_or_else(|| layout("its lines are not even"))).collect();
    }
    edits
        .iter()
        .map(|edit| {
            let span = Span { start: place(edit.span.start)?, end: place(edit.span.end)? };
            let new = spelt(scalar, &edit.text).ok_or_else(|| layout("it is no block of lines"))?;
            Ok(Edit { span, text: new })
        })
        .collect()
}

/// How a scalar of one line spells a text; `None` where it would have to be written anew.
fn spelt(scalar: &Scalar, text: &str) -> Option<String> {
    match scalar.style() {
        Style::Double => Some(write::escape(text)),
        Style::Single if write::fits_one_line(text) => Some(text.replace('\'', "''")),
        // What means something to YAML could end the scalar.
        Style::Plain => text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" -_./=@+".contains(&byte))
            .then(|| text.to_owned()),
        _ => None,
    }
}

/// A literal block, and where each byte of it stands.
struct Block<'t> {
    text: &'t str,
    inner: &'t str,
    places: &'t [u32],
}

impl Block<'_> {
    fn edit(&self, edit: &Edit) -> Option<Edit> {
        let (start, end) = (edit.span.start as usize, edit.span.end as usize);
        let indent = self.indent(start)?;
        // Whole lines go and come with their indentation.
        let is_whole = edit.text.is_empty() || edit.text.ends_with('\n');
        let is_whole = is_whole && self.is_line_start(start) && self.is_line_start(end);
        let (from, to) = if is_whole {
            (self.before_line(start)?, self.before_line(end)?)
        } else {
            (self.place(start)?, self.place(end)?)
        };
        let ending = line_break(self.text, line_end(self.text, self.place(0)?));
        let ending = if ending.is_empty() { "\n" } else { ending };
        let mut new = String::new();
        for (index, line) in edit.text.split_inclusive('\n').enumerate() {
            let content = line.strip_suffix('\n').unwrap_or(line);
            if (is_whole || index > 0) && !content.is_empty() {
                new.push_str(indent);
            }
            new.push_str(content);
            if content.len() < line.len() {
                new.push_str(ending);
            }
        }
        (from <= to).then(|| Edit { span: Span::new(from, to), text: new })
    }

    fn place(&self, at: usize) -> Option<usize> {
        self.places.get(at).map(|&at| at as usize)
    }

    fn is_line_start(&self, at: usize) -> bool {
        at == 0 || self.inner.get(..at).is_some_and(|before| before.ends_with('\n'))
    }

    /// Where the source line begins that spells the line of the block; behind the last one for the block's end.
    fn before_line(&self, at: usize) -> Option<usize> {
        if at < self.inner.len() {
            return Some(line_start(self.text, self.place(at)?));
        }
        let last = line_end(self.text, self.place(at.checked_sub(1)?)?);
        let ending = line_break(self.text, last);
        (!ending.is_empty()).then_some(last + ending.len())
    }

    /// What stands before the lines of the block: that of the line there, or of the nearest one above that is not empty.
    fn indent(&self, at: usize) -> Option<&str> {
        let mut from = self.inner.get(..at)?.rfind('\n').map_or(0, |end| end + 1);
        loop {
            let place = self.place(from)?;
            if self.inner.get(from..)?.starts_with(|c| c != '\n') {
                let indent = self.text.get(line_start(self.text, place)..place)?;
                return indent.bytes().all(|byte| byte == b' ').then_some(indent);
            }
            from = self.inner.get(..from.checked_sub(1)?)?.rfind('\n').map_or(0, |end| end + 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::apply;
    use crate::{Limits, parse};

    /// Replaces the first `old` of the scalar under `a`.
    fn edited(source: &str, old: &str, new: &str) -> Option<String> {
        let stream = parse(source, &Limits::default());
        let cursor = stream.documents[0].cursor().get("a").unwrap();
        let inner = cursor.scalar().unwrap().text();
        let start = inner.find(old).unwrap();
        let edit = Edit { span: Span::new(start, start + old.len()), text: new.to_owned() };
        let edits = inside(source, &cursor, std::slice::from_ref(&edit)).ok()?;
        let after = apply(source, &edits).unwrap();
        let read = parse(&after, &Limits::default());
        assert!(read.faults.is_empty(), "{after}");
        let text = read.documents[0].cursor().get("a").unwrap().text().unwrap().to_owned();
        assert_eq!(text, apply(inner, &[edit]).unwrap(), "{after}");
        Some(after)
    }

    #[test]
    fn a_block_is_edited_line_by_line() {
        for (source, old, new, after) in [
            ("a: |\n  x: 1\n  y: 2\nb: c\n", "1", "3", "a: |\n  x: 3\n  y: 2\nb: c\n"),
            ("a: |\n  x: 1\n  y: 2\nb: c\n", "x: 1\n", "", "a: |\n  y: 2\nb: c\n"),
            ("a: |\n  x: 1\n  y: 2\nb: c\n", "y: 2\n", "", "a: |\n  x: 1\nb: c\n"),
            (
                "a: |\n  x: 1\n  y: 2\nb: c\n",
                "y: 2",
                "y: 2\nz:\n  w: 3",
                "a: |\n  x: 1\n  y: 2\n  z:\n    w: 3\nb: c\n",
            ),
            ("a: |\n  x: 1\n\n  y: 2\nb: c\n", "y", "w: 0\ny", "a: |\n  x: 1\n\n  w: 0\n  y: 2\nb: c\n"),
            ("a: |\n  x: 1\n  y: 2\nb: c\n", "y: 2\n", "z: 3\nw: 4\n", "a: |\n  x: 1\n  z: 3\n  w: 4\nb: c\n"),
            ("a: |\r\n  x: 1\r\n  y: 2\r\nb: c\r\n", "1", "1\nz: 2", "a: |\r\n  x: 1\r\n  z: 2\r\n  y: 2\r\nb: c\r\n"),
            ("a: |-\n  x: 1\n  y: 2", "2", "2\nz: 3", "a: |-\n  x: 1\n  y: 2\n  z: 3"),
            ("b:\n- a\na: \"x\\n\\ty: 1\\n\"\n", "1", "\"2\"\nz", "b:\n- a\na: \"x\\n\\ty: \\\"2\\\"\\nz\\n\"\n"),
            ("{\"a\": \"x\\ny\"}", "x\n", "", "{\"a\": \"y\"}"),
            ("a: 'x y'\n", "y", "it's", "a: 'x it''s'\n"),
            ("a: x y\n", "y", "z", "a: x z\n"),
        ] {
            assert_eq!(edited(source, old, new).as_deref(), Some(after), "{source}");
        }
    }

    #[test]
    fn what_is_not_written_as_it_reads_is_left_alone() {
        assert_eq!(edited("a: >\n  x\n  y\n", "y", "z"), None);
        assert_eq!(edited("a: x y\n", "y", "z: 1"), None);
        assert_eq!(edited("a: 'x'\n", "x", "y\nz"), None);
        assert_eq!(edited("a: &a |\n  x\nb: *a\n", "x", "y"), None);
    }
}
