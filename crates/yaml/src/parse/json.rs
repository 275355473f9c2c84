//! Texts that are JSON and nothing else, as API servers give them: hung into the same tree in one pass over the bytes.
//!
//! Read here is only what the parser of YAML reads alike, span by span, which a test holds; of everything else (a tab, a
//! surrogate, a character that YAML has its own mind about, a mistake) nothing is made, and the parser has it. So a text
//! means the same whichever of the two reads it, and only the time differs: about a tenth.

use std::ops::ControlFlow;

use super::{Builder, Children, DEEPEST, Frame, LEAF, Limits};
use crate::scalar::{Scalar, Style, Tag};
use crate::tree::{Span, Stream, Value};

/// The tree of a text that is JSON; `None` where the parser has to read it.
pub(super) fn read(text: &str, limits: &Limits) -> Option<Stream> {
    if !matches!(text.as_bytes().first(), Some(b'{' | b'[')) || limits.documents == 0 {
        return None;
    }
    let deepest = limits.depth.min(DEEPEST);
    let mut reader = Reader { text, at: 0, builder: Builder::new(text, limits) };
    let mut next = Next::Value;
    loop {
        reader.blanks();
        let byte = reader.peek()?;
        let flow = match (next, byte) {
            (Next::Value | Next::FirstItem, b'{' | b'[') => {
                // A level that is too deep is the parser's to complain of.
                if reader.builder.open.len() + 2 > deepest {
                    return None;
                }
                next = if byte == b'{' { Next::FirstKey } else { Next::FirstItem };
                reader.open(byte);
                continue;
            }
            (Next::Value | Next::FirstItem, b'"') => {
                let (span, text) = reader.string()?;
                next = Next::End;
                reader.leaf(span, text, Style::Double)
            }
            (Next::Value | Next::FirstItem, b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let span = reader.word()?;
                next = Next::End;
                reader.leaf(span, span.slice(text).into(), Style::Plain)
            }
            (Next::FirstKey | Next::Key, b'"') => {
                let (span, key) = reader.string()?;
                // No colon comes behind a key that is longer (YAML 1.2.2 §7.4.2), nor behind blanks, to be safe.
                if span.len() > LONGEST_KEY || reader.peek()? != b':' {
                    return None;
                }
                reader.at += 1;
                next = Next::Value;
                reader.leaf(span, key, Style::Double)
            }
            (Next::End, b',') => {
                next = if reader.is_in_mapping()? { Next::Key } else { Next::Value };
                reader.at += 1;
                continue;
            }
            (Next::End | Next::FirstKey, b'}') if reader.is_in_mapping()? => reader.close(&mut next),
            (Next::End | Next::FirstItem, b']') if !reader.is_in_mapping()? => reader.close(&mut next),
            _ => return None,
        };
        if flow.is_break() {
            return Some(reader.builder.finish());
        }
        if reader.builder.open.is_empty() {
            break;
        }
    }
    let end = Span::new(reader.at, reader.at);
    reader.blanks();
    if reader.at < text.len() {
        return None;
    }
    reader.builder.end_document(end);
    Some(reader.builder.finish())
}

/// YAML looks for the colon behind a key so far and no farther, in characters.
const LONGEST_KEY: usize = 1000;

/// What may come next.
#[derive(Clone, Copy)]
enum Next {
    Value,
    /// A key, or the end of the mapping.
    FirstKey,
    Key,
    /// A value, or the end of the list.
    FirstItem,
    /// A comma, or the end of what is open.
    End,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    builder: Builder<'t>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    /// `None` at the root.
    fn is_in_mapping(&self) -> Option<bool> {
        self.builder.open.last().map(|frame| matches!(frame.children, Children::Entries(..)))
    }

    fn open(&mut self, byte: u8) {
        let start = Span::new(self.at, self.at + 1);
        let children = if byte == b'{' { Children::Entries(Vec::new(), None) } else { Children::Items(Vec::new()) };
        self.at += 1;
        self.builder.last_end = self.at;
        self.builder.open.push(Frame { start, flow: true, anchor: 0, properties: None, children, size: LEAF });
    }

    fn close(&mut self, next: &mut Next) -> ControlFlow<()> {
        *next = Next::End;
        self.at += 1;
        self.builder.end(Span::new(self.at - 1, self.at))
    }

    fn leaf(&mut self, span: Span, text: Box<str>, style: Style) -> ControlFlow<()> {
        self.builder.last_end = span.end as usize;
        let scalar = Scalar::new(text, span, style, Tag::None);
        self.builder.add(span, Value::Scalar(scalar), 0, None, LEAF)
    }

    /// A number, `true`, `false` or `null`.
    fn word(&mut self) -> Option<Span> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\n'))?;
        let word = rest.get(..length)?;
        if !matches!(word, b"true" | b"false" | b"null") && !is_number(word) {
            return None;
        }
        self.at += length;
        Some(Span::new(self.at - length, self.at))
    }

    /// What stands in quotes, with its place.
    fn string(&mut self) -> Option<(Span, Box<str>)> {
        let bytes = self.text.as_bytes();
        let start = self.at;
        let mut from = start + 1;
        let mut at = from;
        let mut decoded = String::new();
        loop {
            match *bytes.get(at)? {
                b'"' => break,
                b'\\' => {
                    decoded.push_str(self.text.get(from..at)?);
                    let (meant, length) = escape(bytes.get(at + 1..)?)?;
                    decoded.push(meant);
                    at += 1 + length;
                    from = at;
                }
                0..=0x1f | 0x7f => return None,
                byte => {
                    if byte >= 0x80 && !is_alike(bytes.get(at..)?) {
                        return None;
                    }
                    at += 1;
                }
            }
        }
        let rest = self.text.get(from..at)?;
        let text: Box<str> = if decoded.is_empty() && from == start + 1 {
            rest.into()
        } else {
            decoded.push_str(rest);
            decoded.into()
        };
        self.at = at + 1;
        Some((Span::new(start, self.at), text))
    }
}

/// What an escape means, and how long it is without its backslash.
fn escape(rest: &[u8]) -> Option<(char, usize)> {
    let meant = match *rest.first()? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => {
            let digits = rest.get(1..5).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            let number = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
            // Half of a pair is no character.
            return Some((char::from_u32(number)?, 5));
        }
        _ => return None,
    };
    Some((meant, 1))
}

/// Whether YAML takes a character beyond ASCII as any other: not the controls of Latin-1, of which one breaks lines, nor the
/// other separators of lines, nor the marks of byte orders.
fn is_alike(rest: &[u8]) -> bool {
    !matches!(
        rest,
        [0xc2, 0x80..=0x9f, ..]
            | [0xe2, 0x80, 0xa8 | 0xa9, ..]
            | [0xef, 0xbb, 0xbf, ..]
            | [0xef, 0xbf, 0xbe | 0xbf, ..]
    )
}

/// RFC 8259 §6.
fn is_number(word: &[u8]) -> bool {
    let word = word.strip_prefix(b"-").unwrap_or(word);
    let digits = |word: &[u8]| word.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(word);
    if whole == 0 || (whole > 1 && word.first() == Some(&b'0')) {
        return false;
    }
    let mut rest = &word[whole..];
    if let Some(fraction) = rest.strip_prefix(b".") {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = &fraction[length..];
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let exponent = exponent.strip_prefix(b"+").or(exponent.strip_prefix(b"-")).unwrap_or(exponent);
        return !exponent.is_empty() && digits(exponent) == exponent.len();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::by_parser;

    /// Both readers see the same, where this one sees anything.
    fn alike(text: &str, limits: &Limits) -> bool {
        let Some(seen) = read(text, limits) else { return false };
        assert_eq!(format!("{seen:?}"), format!("{:?}", by_parser(text, limits)), "{text:?}");
        true
    }

    #[test]
    fn json_is_read_as_the_parser_of_yaml_reads_it() {
        for text in [
            "{}",
            "[]\n",
            r#"{"kind":"List","items":[{"a":1},{"b":[true,false,null,-0.5e+3,12]}]}"#,
            "{\n  \"a\": {\n    \"b\": [\n      \"c\"\n    ]\n  }\n}\n\n",
            r##"{"a":"","b":" x ","c":"# no comment","d":"{{ x }}","e":"- y","f":"\"\\\/\b\f\n\r\té"}"##,
            r#"{"é":"日本","<<":{"a":1},"a":1,"a":2,"null":0,"1":1}"#,
            r#"["---","...","&a","*a","!t","a: b"]"#,
        ] {
            assert!(alike(text, &Limits::default()), "{text}");
            assert!(alike(text, &Limits { comments: true, ..Limits::default() }), "{text}");
        }
    }

    #[test]
    fn what_the_two_might_read_otherwise_is_left_to_the_parser() {
        for text in [
            "",
            " {}",
            "{",
            "{}}",
            "{}{}",
            "{} # a",
            "{\"a\":1,}",
            "[1,]",
            "[,]",
            "{\"a\"}",
            "{a: 1}",
            "{'a':1}",
            "[01]",
            "[.5]",
            "[1.]",
            "[+1]",
            "[1e]",
            "[yes]",
            "[\"a\": 1]",
            "{\"a\" :1}",
            "{\"a\":\t1}",
            "[\"\t\"]",
            "[\"a\nb\"]",
            "[\"\\ud83d\\ude00\"]",
            "[\"\\x41\"]",
            "[\"\u{85}\"]",
            "[\"\u{2028}\"]",
            "[\"\u{feff}\"]",
            "[\"\u{7f}\"]",
            "{}\n---\n{}",
            "- {}",
            "\"a\"",
            "1",
        ] {
            assert!(!alike(text, &Limits::default()), "{text:?}");
        }
        let long = format!("{{\"{}\":1}}", "a".repeat(1100));
        assert!(!alike(&long, &Limits::default()));
    }

    #[test]
    fn bounds_are_met_alike() {
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        for depth in [1, 2, 100, 253, 254, 255, 256, 300] {
            alike(&deep(depth), &Limits::default());
            alike(&deep(depth), &Limits { depth: 10, ..Limits::default() });
        }
        assert!(alike(&deep(200), &Limits::default()));
        for nodes in 0..12 {
            alike(r#"{"a":[1,2,{"b":3}],"c":4}"#, &Limits { nodes, ..Limits::default() });
        }
        alike("{}", &Limits { documents: 0, ..Limits::default() });
        alike(r#"{"a":1,"a":2,"a":3,"a":4}"#, &Limits { faults: 2, ..Limits::default() });
    }

    fn value() -> impl Strategy<Value = String> {
        let text = "(\\PC|[ \\x80-\\xff\\u{2028}\\u{feff}]|\\\\[\"\\\\/bfnrtu0x]|\\\\u[0-9a-f]{4}){0,8}"
            .prop_map(|text| format!("\"{text}\""));
        let word = prop_oneof![
            Just("true".to_owned()),
            Just("null".to_owned()),
            "-?[0-9]{1,3}(\\.[0-9]{0,2})?([eE][+-]?[0-9]{0,2})?"
        ];
        let leaf = prop_oneof![text.clone(), word];
        leaf.prop_recursive(5, 40, 5, move |inner| {
            let blanks = "[ \n]{0,2}";
            prop_oneof![
                (proptest::collection::vec((blanks, inner.clone()), 0..5), blanks).prop_map(|(items, end)| {
                    let items: Vec<String> = items.into_iter().map(|(blank, item)| format!("{blank}{item}")).collect();
                    format!("[{}{end}]", items.join(","))
                }),
                (proptest::collection::vec((blanks, text.clone(), blanks, inner), 0..5), blanks).prop_map(
                    |(items, end)| {
                        let items: Vec<String> = items
                            .into_iter()
                            .map(|(one, key, other, item)| format!("{one}{key}:{other}{item}"))
                            .collect();
                        format!("{{{}{end}}}", items.join(","))
                    }
                ),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_alike(text in value(), blanks in "[ \n]{0,3}") {
            alike(&format!("{text}{blanks}"), &Limits::default());
        }

        #[test]
        fn a_text_with_a_mistake_is_read_alike(text in value(), at in any::<prop::sample::Index>(), put in "[\\[\\]{},:\"' \n\t#&*!-]?") {
            let mut text = text;
            let places: Vec<usize> = text.char_indices().map(|(place, _)| place).collect();
            if let Some(place) = places.get(at.index(places.len().max(1))) {
                let next = text[*place..].chars().next().map_or(0, char::len_utf8);
                text.replace_range(*place..*place + next, &put);
            }
            alike(&text, &Limits::default());
        }
    }
}
