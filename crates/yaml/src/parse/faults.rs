//! What is wrong with a text, in words, and no more of it than is listed.

use std::ops::ControlFlow;

use granit_parser as granit;
use granit_parser::ErrorKind;

use super::Builder;
use crate::tree::{Fault, FaultKind, Span};

impl Builder<'_> {
    pub(super) fn syntax(&mut self, error: &granit::ScanError) {
        let start = error.marker().byte_offset().unwrap_or(self.last_end).min(self.text.len());
        let start = self.text.floor_char_boundary(start);
        let rest = &self.text[start..];
        let length = rest.chars().next().filter(|next| !matches!(next, '\n' | '\r')).map_or(0, char::len_utf8);
        let line_start = self.text[..start].rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let line_end = rest.find(['\n', '\r']).map_or(self.text.len(), |at| start + at);
        let kind = match error.kind() {
            ErrorKind::RecursionLimitExceeded => FaultKind::Limit,
            _ => FaultKind::Syntax,
        };
        let mut message = match error.kind() {
            ErrorKind::RecursionLimitExceeded => "the text is nested deeper than is read".to_owned(),
            ErrorKind::UnclosedQuotedScalar => "the quote that opens here is never closed".to_owned(),
            ErrorKind::UnclosedFlowCollection { open } => {
                format!("the `{open}` that opens here is never closed")
            }
            ErrorKind::UnexpectedCharacter { character: '\0' } => "the text holds a NUL byte".to_owned(),
            ErrorKind::UnexpectedCharacter { character } => {
                format!("unexpected character `{}`", character.escape_debug())
            }
            kind => kind.to_string(),
        };
        // A long line is no line that a person wrote as a template, and looking through it costs.
        if line_end - line_start < 1000 && self.text[line_start..line_end].contains("{{") {
            message.push_str("; the line holds `{{`, as in a template that was not rendered");
        }
        self.fault(kind, Span::new(start, start + length), message, None);
    }

    pub(super) fn stop(&mut self, span: Span, what: &str) -> ControlFlow<()> {
        let message = format!("the text holds {what}; the rest was not looked at");
        self.fault(FaultKind::Limit, span, message, None);
        self.root = None;
        ControlFlow::Break(())
    }

    pub(super) fn is_full(&self) -> bool {
        self.full
    }

    pub(super) fn fault(&mut self, kind: FaultKind, span: Span, message: String, related: Option<(Span, String)>) {
        if self.full {
            return;
        }
        let mut fault = Fault { kind, span, message, related, document: self.document };
        if self.stream.faults.len() + 1 >= self.limits.faults {
            self.full = true;
            fault = Fault {
                kind: FaultKind::Limit,
                message: "the text has more faults than are listed".to_owned(),
                related: None,
                ..fault
            };
        }
        self.stream.faults.push(fault);
    }
}
