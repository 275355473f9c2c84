//! A mistake in a file that the user wrote for us: what, where, and what was probably meant.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer};
use model::Span;

use super::{
    finding::{Moved, Window},
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
    let columns = width.saturating_sub(12).max(24);
    let group = Group::with_title(Level::ERROR.primary_title(wrapped(&plain(&mistake.message), columns)));
    let marked = (span, AnnotationKind::Primary, plain(&mistake.label));
    let (mut group, moved) = window.show(group, plain(path), marked, width);
    if let Some(help) = &mistake.help {
        group = group.element(Level::HELP.message(wrapped(&plain(help), columns)));
    }
    let text = Renderer::plain().term_width(width).render(&[group]).to_string();
    Moved::back(moved.as_slice(), text).trim_end().to_owned()
}

/// Line and column of a byte, both 1-based.
pub fn place(text: &str, at: usize) -> (u32, u32) {
    Lines::new(text).line_column(u32::try_from(at).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_line_that_is_cut_the_place_is_the_one_in_the_file() {
        let text = format!("first = 1\n{}wrong{}\n", "é".repeat(300), "x".repeat(300));
        let start = text.find("wrong").expect("it is there");
        let words = |message: &str| message.to_owned();
        let known = Mistake { message: words("no"), start, end: start + 5, label: words("this"), help: None };
        let shown = mistake("a.toml", &text, &known, 80);
        assert!(shown.contains("--> a.toml:2:301\n"), "{shown}");
        assert_eq!(place(&text, start), (2, 301));
        let short = mistake("a.toml", "first = 1\n", &Mistake { start: 0, end: 5, ..known }, 80);
        assert!(short.contains("--> a.toml:1:1\n"), "{short}");
    }
}
