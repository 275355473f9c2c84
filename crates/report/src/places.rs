//! Bytes into lines and columns.

use std::collections::BTreeMap;

use model::{Evidence, EvidenceId, Location, Span};

use crate::wire;

/// The line starts of every piece of evidence that has a text, each found when first asked for.
pub(crate) struct Places<'a> {
    texts: BTreeMap<&'a EvidenceId, Lines<'a>>,
}

/// One text and where its lines begin.
pub(crate) struct Lines<'a> {
    pub(crate) text: &'a str,
    starts: Vec<u32>,
}

impl<'a> Lines<'a> {
    /// A line ends at `\n`, `\r\n` or a lone `\r`, as in YAML.
    pub(crate) fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        for (at, byte) in bytes.iter().enumerate() {
            let ends = match byte {
                b'\n' => true,
                b'\r' => bytes.get(at + 1) != Some(&b'\n'),
                _ => false,
            };
            if ends {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Self { text, starts }
    }

    /// 1-based; the column counts Unicode scalar values.
    pub(crate) fn line_column(&self, byte: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|&start| start <= byte);
        let start = self.starts.get(line.saturating_sub(1)).copied().unwrap_or(0) as usize;
        let end = (byte as usize).clamp(start, self.text.len());
        let column = self.text.get(start..end).map_or(1, |before| before.chars().count() + 1);
        (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
    }

    /// The bytes of a 1-based line, without what ends it.
    pub(crate) fn line(&self, line: u32) -> &'a str {
        let index = line.saturating_sub(1) as usize;
        let Some(&start) = self.starts.get(index) else { return "" };
        let end = self.starts.get(index + 1).map_or(self.text.len(), |&end| end as usize);
        self.text.get(start as usize..end).unwrap_or_default().trim_end_matches(['\n', '\r'])
    }
}

impl<'a> Places<'a> {
    pub(crate) fn new(evidence: &'a [Evidence]) -> Self {
        let texts = evidence
            .iter()
            .filter_map(|evidence| evidence.text().map(|text| (&evidence.id, Lines::new(text))))
            .collect();
        Self { texts }
    }

    pub(crate) fn lines(&self, evidence: &EvidenceId) -> Option<&Lines<'a>> {
        self.texts.get(evidence)
    }

    /// Line and column of both ends; `None` where the evidence has no text.
    pub(crate) fn ends(&self, evidence: &EvidenceId, span: Span) -> Option<((u32, u32), (u32, u32))> {
        let lines = self.lines(evidence)?;
        Some((lines.line_column(span.start), lines.line_column(span.end)))
    }

    pub(crate) fn wire(&self, at: &Location, label: Option<&str>) -> wire::Location {
        let ends = at.span.and_then(|span| self.ends(&at.evidence, span));
        wire::Location {
            evidence: at.evidence.to_string(),
            plane: at.plane.name(),
            pointer: at.pointer.clone(),
            line: ends.map(|ends| ends.0.0),
            column: ends.map(|ends| ends.0.1),
            end_line: ends.map(|ends| ends.1.0),
            end_column: ends.map(|ends| ends.1.1),
            label: label.filter(|label| !label.is_empty()).map(str::to_owned),
            excerpt: None,
        }
    }

    /// The line that a place begins in, as much of it as a reader wants.
    pub(crate) fn excerpt(&self, at: &Location) -> Option<wire::Excerpt> {
        const LONGEST: usize = 160;
        const BEFORE: usize = 40;
        let lines = self.lines(&at.evidence)?;
        let (line, column) = lines.line_column(at.span?.start);
        let text = lines.line(line);
        let length = text.chars().count();
        let column = column as usize;
        let first = if length <= LONGEST { 0 } else { column.saturating_sub(BEFORE).min(length - LONGEST) };
        let text: String = text.chars().skip(first).take(LONGEST).collect();
        Some(wire::Excerpt { text, column: u32::try_from(first + 1).unwrap_or(u32::MAX) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_lines_end_as_in_yaml() {
        let lines = Lines::new("aé\tb\r\nc\rd\n");
        assert_eq!(lines.line_column(0), (1, 1));
        assert_eq!(lines.line_column(4), (1, 4));
        assert_eq!(lines.line_column(7), (2, 1));
        assert_eq!(lines.line_column(9), (3, 1));
        assert_eq!(lines.line_column(11), (4, 1));
        assert_eq!(
            [lines.line(1), lines.line(2), lines.line(3), lines.line(4), lines.line(9)],
            ["aé\tb", "c", "d", "", ""]
        );
    }
}
