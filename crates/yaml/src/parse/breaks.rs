//! Line breaks of YAML 1.1 that YAML 1.2, and with it the parser, takes for any other character.
//!
//! go-yaml breaks lines there (yamlprivateh.go, is_break), so that a comment ends and what follows it counts.

use std::borrow::Cow;

/// Next line, line separator and paragraph separator.
const BREAKS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Whether a text has one.
pub(super) fn has_odd(text: &str) -> bool {
    // Nearly all texts are ASCII, which is told faster.
    !text.is_ascii() && text.contains(BREAKS)
}

/// The text with line feeds for them, and blanks before those, so that every byte stays where it is.
pub(super) fn as_known(text: &str) -> Cow<'_, str> {
    if !has_odd(text) {
        return Cow::Borrowed(text);
    }
    let known = |c: char| if c == BREAKS[0] { " \n" } else { "  \n" };
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(BREAKS) {
        let (before, from) = rest.split_at(at);
        whole.push_str(before);
        let mut chars = from.chars();
        whole.extend(chars.next().map(known));
        rest = chars.as_str();
    }
    whole.push_str(rest);
    Cow::Owned(whole)
}

#[cfg(test)]
mod tests {
    use crate::{Limits, parse};

    #[test]
    fn lines_end_where_go_yaml_ends_them() {
        for odd in ["\u{85}", "\u{2028}", "\u{2029}"] {
            let text = format!("a: é # x{odd}b: 2{odd}c: 3\n");
            let stream = parse(&text, &Limits::default());
            assert_eq!(stream.faults.len(), 0, "{text}");
            let root = stream.documents[0].cursor();
            let c = root.get("c").unwrap();
            assert_eq!(root.get("b").unwrap().scalar().unwrap().text(), "2");
            assert_eq!(&text[c.span().range()], "3");
            assert_eq!(crate::outline(&text, &Limits::default()), None);
        }
    }
}
