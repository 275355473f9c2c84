//! A mistake in a file that the user wrote for us: what, where, and what was probably meant.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use model::Span;

use super::{
    finding::Window,
    wrap::{plain, wrapped},
};
use crate::places::Lines;

/// Something in a file of settings or waivers that cannot be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    pub message: String,
    /// Bytes of the file.
    pub start: usize,
    pub end: usize,
    /// Stands at the caret; empty for none.
    pub label: String,
    pub help: Option<String>,
}

/// The line with the mistake underlined. The text begins with `error: ` and ends without a line break; nothing in it moves a
/// terminal.
pub fn mistake(path: &str, text: &str, mistake: &Mistake, width: usize) -> String {
    let offset = |at: usize| u32::try_from(at.min(text.len())).unwrap_or(u32::MAX);
    let span = Span::new(offset(mistake.start), offset(mistake.end.max(mistake.start)));
    let window = Window::of(&Lines::new(text), span);
    let (source, place) = window.cut(span, width);
    let mut caret = AnnotationKind::Primary.span(place);
    if !mistake.label.is_empty() {
        caret = caret.label(plain(&mistake.label));
    }
    let columns = width.saturating_sub(12).max(24);
    let mut group = Group::with_title(Level::ERROR.primary_title(wrapped(&plain(&mistake.message), columns)))
        .element(Snippet::source(source).line_start(window.first).path(plain(path)).annotation(caret));
    if let Some(help) = &mistake.help {
        group = group.element(Level::HELP.message(wrapped(&plain(help), columns)));
    }
    Renderer::plain().term_width(width).render(&[group]).to_string().trim_end().to_owned()
}

/// Line and column of a byte, both 1-based.
pub fn place(text: &str, at: usize) -> (u32, u32) {
    Lines::new(text).line_column(u32::try_from(at).unwrap_or(u32::MAX))
}
