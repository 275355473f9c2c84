//! Where things stand in the text, where the parser says it otherwise than an edit needs it.

use granit_parser::StructureStyle;

use super::{Builder, Children};
use crate::source::find_indicator;
use crate::tree::Span;

impl Builder<'_> {
    /// Notes where the anchor of the node before is written.
    pub(super) fn name_anchor(&mut self, span: Span) {
        // For a collection the event comes after its start, for a scalar after the whole of it.
        let properties = match self.open.last_mut() {
            Some(frame) => match &mut frame.children {
                Children::Items(items) => match items.last_mut() {
                    Some(last) => &mut last.properties,
                    None => &mut frame.properties,
                },
                Children::Entries(entries, key) => match (key, entries.last_mut()) {
                    (Some(key), _) => &mut key.properties,
                    (None, Some(entry)) => &mut entry.value.properties,
                    (None, None) => &mut frame.properties,
                },
            },
            None => match &mut self.root {
                Some(root) => &mut root.properties,
                None => return,
            },
        };
        properties.get_or_insert_default().anchor = Some(span);
    }

    /// The span of a block scalar from its header to the end of its last line. `content` is what the parser reports:
    /// the lines below the header with their breaks.
    pub(super) fn block_scalar(&mut self, content: Span) -> Span {
        let from = self.last_end;
        self.last_end = self.last_end.max(content.end as usize);
        let start = find_indicator(self.text, b"|>", from, content.start as usize).unwrap_or(content.start as usize);
        let raw = self.text.get(start..content.end as usize).unwrap_or_default();
        let header = raw.split(['\n', '\r', '#']).next().unwrap_or_default();
        // All blank lines at the end belong to a scalar that keeps them, none to others.
        let length = if header.contains('+') {
            let without_return = raw.strip_suffix('\n').unwrap_or(raw);
            without_return.strip_suffix('\r').unwrap_or(without_return).len()
        } else {
            raw.trim_end_matches([' ', '\t', '\n', '\r']).len().max(header.trim_end().len())
        };
        Span::new(start, start + length)
    }

    /// The parser places a list that is not indented below its key after the first dash; this is where it starts.
    pub(super) fn sequence_start(&self, span: Span, style: StructureStyle) -> Span {
        let in_mapping = self.open.last().is_some_and(|frame| matches!(frame.children, Children::Entries(..)));
        if style == StructureStyle::Flow || !in_mapping {
            return span;
        }
        match find_indicator(self.text, b"-", self.last_end, span.start as usize) {
            Some(dash) => Span::new(dash, span.end as usize),
            None => span,
        }
    }

    /// A value that is not written stands right after its colon or dash. The parser places some before the colon and
    /// some after a comment.
    pub(super) fn unwritten(&self, span: Span) -> Span {
        let Some(frame) = self.open.last() else {
            return span;
        };
        let at = span.start as usize;
        let after = match &frame.children {
            Children::Items(_) if frame.flow => None,
            Children::Items(items) => {
                let from = if items.is_empty() { frame.start.start as usize } else { self.last_end };
                find_indicator(self.text, b"-", from, at)
            }
            Children::Entries(_, None) => None,
            Children::Entries(_, Some(_)) => {
                let rest = self.text.get(at..).unwrap_or_default();
                let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                rest[blanks..].starts_with(':').then_some(at + blanks)
            }
        };
        after.map_or(span, |indicator| Span::new(indicator + 1, indicator + 1))
    }
}
