//! Text that fits: wrapped, without control characters, and coloured only where asked for.

use std::borrow::Cow;

use anstyle::{AnsiColor, Style};
use model::Severity;
use unicode_width::UnicodeWidthStr as _;

/// Columns that a text takes.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// A text from evidence, safe to print: control characters and those that reorder a line are written out.
pub(crate) fn plain(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(
                c,
                '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
            )
    };
    if !text.contains(hidden) {
        return text.to_owned();
    }
    text.chars()
        .flat_map(|c| {
            if hidden(c) { c.escape_unicode().collect::<String>() } else { c.to_string() }.chars().collect::<Vec<_>>()
        })
        .collect()
}

/// Breaks a text at blanks so that each line fits, the first indented by `first` and the others by `rest`.
///
/// A word that fits on no line stands alone on one. The result ends in a line break.
pub(super) fn indented(text: &str, first: usize, rest: usize, columns: usize) -> String {
    let mut out = String::new();
    let mut line = " ".repeat(first);
    let mut empty = true;
    for word in text.split(' ') {
        let word = &*short(word);
        let needed = usize::from(!empty) + width(word);
        if !empty && width(&line) + needed > columns {
            out.push_str(line.trim_end());
            out.push('\n');
            line = " ".repeat(rest);
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    out.push_str(line.trim_end());
    out.push('\n');
    out
}

/// A word as people can read it: of one that would fill a screen the middle goes, as the formats for machines have all of it.
fn short(word: &str) -> Cow<'_, str> {
    let count = word.chars().count();
    if count <= LONGEST {
        return Cow::Borrowed(word);
    }
    let head: String = word.chars().take(LONGEST / 2).collect();
    let tail: String = word.chars().skip(count - LONGEST / 4).collect();
    Cow::Owned(format!("{head}…{tail}"))
}

/// Characters of a word that are shown; real ones, lists of cipher suites included, are shorter.
const LONGEST: usize = 640;

/// Lines of at most `columns`.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    indented(text, 0, 0, columns).trim_end().to_owned()
}

/// Paints, or does not.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.0 { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(super) fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub(super) fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    pub(super) fn red(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    pub(super) fn yellow(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default(), text)
    }

    pub(super) fn severity(self, severity: Severity, text: &str) -> String {
        match severity {
            Severity::Critical | Severity::High => self.red(text),
            Severity::Medium => self.yellow(text),
            Severity::Low | Severity::Info => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit() {
        assert_eq!(indented("one two three", 2, 4, 10), "  one two\n    three\n");
        assert_eq!(indented("unbreakable", 0, 0, 4), "unbreakable\n");
        assert_eq!(indented("", 0, 0, 4), "\n");
        let endless = indented(&["`", &"x".repeat(9000), "y`"].concat(), 0, 0, 80);
        assert!(endless.chars().count() < LONGEST && endless.contains('…') && endless.ends_with("xy`\n"));
    }

    #[test]
    fn nothing_moves_the_terminal() {
        assert_eq!(plain("a\u{1b}[31m\u{202e}b"), "a\\u{1b}[31m\\u{202e}b");
        assert_eq!(plain("é"), "é");
    }
}
