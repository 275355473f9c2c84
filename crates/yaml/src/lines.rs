//! Lines and columns for people, from the byte offsets that everything else uses.
//!
//! A line ends at `\n`, at `\r\n` or at a lone `\r`, as in YAML. Columns count Unicode scalar values from one, and a
//! tab is one. Start at [`Lines`]; [`line_column`] is for a single look-up.

use crate::tree::Span;

/// Where the lines of a text start.
#[derive(Debug, Clone)]
pub struct Lines<'t> {
    text: &'t str,
    starts: Vec<u32>,
}

impl<'t> Lines<'t> {
    pub fn new(text: &'t str) -> Lines<'t> {
        let mut starts = vec![0];
        let bytes = text.as_bytes();
        for (at, &byte) in bytes.iter().enumerate() {
            if byte == b'\n' || (byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                starts.push(Span::new(at + 1, 0).start);
            }
        }
        Lines { text, starts }
    }

    /// The number of lines; a text that ends in a line break has an empty last line.
    pub fn count(&self) -> usize {
        self.starts.len()
    }

    /// The line of a byte, counted from one. An offset beyond the text is on the last line.
    pub fn line(&self, byte: u32) -> u32 {
        Span::new(self.starts.partition_point(|&start| start <= byte), 0).start
    }

    /// The line and the column of a byte, both counted from one.
    ///
    /// An offset within a character counts as its start, one beyond the text as the end of the text.
    pub fn line_column(&self, byte: u32) -> (u32, u32) {
        let line = self.line(byte);
        let start = self.starts[line as usize - 1] as usize;
        let end = self.text.floor_char_boundary(byte as usize).max(start);
        let column = self.text[start..end].chars().count() + 1;
        // A byte order mark is no column of the first line.
        let column = column - usize::from(line == 1 && column > 1 && self.text.starts_with('\u{feff}'));
        (line, Span::new(column, 0).start)
    }

    /// The bytes of a line, counted from one, without its line break. `None` if there is no such line.
    pub fn span(&self, line: u32) -> Option<Span> {
        let index = (line as usize).checked_sub(1)?;
        let start = *self.starts.get(index)? as usize;
        let end = self.starts.get(index + 1).map_or(self.text.len(), |&next| next as usize);
        let content = crate::source::without_break(&self.text[start..end]);
        Some(Span::new(start, start + content.len()))
    }
}

/// The line and the column of a byte, both counted from one. It reads the text up to there; see [`Lines`].
pub fn line_column(text: &str, byte: u32) -> (u32, u32) {
    let end = text.floor_char_boundary(byte as usize);
    // The character at the offset tells whether a `\r` before it ends a line.
    let after = text[end..].chars().next().map_or(end, |next| end + next.len_utf8());
    Lines::new(&text[..after]).line_column(byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_line_ends_count() {
        let text = "a\r\nb\rc\n\té d";
        let lines = Lines::new(text);
        assert_eq!(lines.count(), 4);
        let place = |needle: &str| {
            let byte = Span::new(text.find(needle).unwrap(), 0).start;
            assert_eq!(lines.line_column(byte), line_column(text, byte));
            lines.line_column(byte)
        };
        assert_eq!(place("a"), (1, 1));
        assert_eq!(place("\n"), (1, 3));
        assert_eq!(place("b"), (2, 1));
        assert_eq!(place("c"), (3, 1));
        assert_eq!(place("é"), (4, 2));
        assert_eq!(place("d"), (4, 4));
        assert_eq!(lines.line_column(1000), (4, 5));
        assert_eq!(lines.span(2).unwrap().slice(text), "b");
        assert_eq!(lines.span(4).unwrap().slice(text), "\té d");
        assert_eq!(lines.span(5), None);
    }

    #[test]
    fn a_byte_order_mark_takes_no_column() {
        assert_eq!(line_column("\u{feff}a: 1", 3), (1, 1));
        assert_eq!(line_column("\u{feff}a: 1", 6), (1, 4));
        assert_eq!(line_column("", 0), (1, 1));
    }
}
