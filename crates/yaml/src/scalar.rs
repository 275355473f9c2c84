//! What a scalar means, and where in the source each part of it stands.
//!
//! The meaning is that of go-yaml v2, `resolve.go`, which sigs.k8s.io/yaml wraps: YAML 1.1 without base 60, with Go's
//! number syntax. A scalar keeps its text and style, and is resolved on demand. It does not know its neighbours.

use std::borrow::Cow;
use std::ops::Range;

use crate::base64;
use crate::source::{split_lines, without_break};
use crate::tree::Span;

/// A scalar as written.
#[derive(Debug)]
pub struct Scalar {
    text: Box<str>,
    span: Span,
    style: Style,
    tag: Tag,
}

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// The explicit tag of a scalar, as far as it bears on the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tag {
    None,
    /// A bare `!`.
    NonSpecific,
    Str,
    Bool,
    Int,
    Float,
    Null,
    Timestamp,
    /// Base64.
    Binary,
    /// Tagged as that, and none.
    BrokenBinary,
    Merge,
    Other,
}

/// What a scalar means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved<'a> {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// Also a date: decoded into an untyped value it stays text.
    Str(&'a str),
}

impl Scalar {
    /// What is tagged as binary is its bytes, as far as they are text (go-yaml v2, resolve.go and decode.go).
    pub(crate) fn new(text: Box<str>, span: Span, style: Style, tag: Tag) -> Scalar {
        let bytes = (tag == Tag::Binary).then(|| base64(&text)).flatten();
        let tag = if tag == Tag::Binary && bytes.is_none() { Tag::BrokenBinary } else { tag };
        let text = bytes.map_or(text, |bytes| String::from_utf8_lossy(&bytes).into());
        Scalar { text, span, style, tag }
    }

    /// The text after unescaping and folding, or out of base64. It is `""` for a value that is not written at all.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn style(&self) -> Style {
        self.style
    }

    pub fn tag(&self) -> Tag {
        self.tag
    }

    /// Where it is written, quotes or block header included.
    pub fn span(&self) -> Span {
        self.span
    }

    pub fn resolved(&self) -> Resolved<'_> {
        let text = self.text();
        let plain = match self.tag {
            Tag::None => self.style == Style::Plain,
            // libyaml resolves a scalar tagged `!` as if it were plain, even in quotes (parserc.go,
            // yaml_parser_parse_node).
            Tag::NonSpecific => true,
            Tag::Str | Tag::Timestamp | Tag::Binary | Tag::BrokenBinary | Tag::Merge | Tag::Other => false,
            Tag::Bool | Tag::Int | Tag::Float | Tag::Null => true,
        };
        if !plain {
            return Resolved::Str(text);
        }
        let resolved = resolve(text);
        match (self.tag, resolved) {
            (Tag::Float, Resolved::Int(number)) => Resolved::Float(number as f64),
            _ => resolved,
        }
    }

    /// Whether an explicit tag such as `!!int` contradicts the value, for which go-yaml refuses the document.
    pub(crate) fn contradicts_tag(&self) -> bool {
        match self.tag {
            Tag::Bool => !matches!(self.resolved(), Resolved::Bool(_)),
            Tag::Int => !matches!(self.resolved(), Resolved::Int(_)),
            Tag::Float => !matches!(self.resolved(), Resolved::Float(_)),
            Tag::Null => !matches!(self.resolved(), Resolved::Null),
            Tag::BrokenBinary => true,
            _ => false,
        }
    }

    pub(crate) fn is_merge(&self) -> bool {
        &*self.text == "<<" && (self.tag == Tag::Merge || (self.tag == Tag::None && self.style == Style::Plain))
    }

    /// The name of a mapping key in JSON: `yes` is the key `true` and `0x10` is `16`. `None` for null.
    pub(crate) fn key_name(&self) -> Option<Cow<'_, str>> {
        if self.tag == Tag::None && (self.style != Style::Plain || !could_be_other_than_text(&self.text)) {
            return Some(Cow::Borrowed(&self.text));
        }
        Some(match self.resolved() {
            Resolved::Null => return None,
            Resolved::Bool(true) => Cow::Borrowed("true"),
            Resolved::Bool(false) => Cow::Borrowed("false"),
            Resolved::Str(text) => Cow::Borrowed(text),
            Resolved::Int(number) => Cow::Owned(number.to_string()),
            // Go prints exponents for these, differently from Rust; nobody keys a mapping so.
            Resolved::Float(number) if !(1e-4..1e21).contains(&number.abs()) => Cow::Borrowed(&self.text),
            Resolved::Float(number) => Cow::Owned(number.to_string()),
        })
    }

    /// The bytes of `source` that spell the bytes `decoded` of [`text`](Self::text), where they do so exactly.
    ///
    /// `None` if an escape, a fold or a line break lies within, or if `decoded` or `source` does not fit.
    pub fn source_span(&self, decoded: Range<usize>, source: &str) -> Option<Span> {
        let wanted = self.text.get(decoded.clone())?;
        let raw = source.get(self.span.range())?;
        if wanted.contains(['\n', '\r']) {
            return None;
        }
        let offset = match self.style {
            Style::Plain => in_flow(raw, &self.text, decoded.start)?,
            Style::Single => 1 + in_flow(strip_quotes(raw, '\'')?, &self.text, decoded.start)?,
            Style::Double => 1 + in_flow(strip_quotes(raw, '"')?, &self.text, decoded.start)?,
            Style::Literal => in_block(raw, &self.text, decoded.start, false)?,
            Style::Folded => in_block(raw, &self.text, decoded.start, true)?,
        };
        let found = raw.get(offset..offset + wanted.len())?;
        let escape = match self.style {
            Style::Single => Some('\''),
            Style::Double => Some('\\'),
            Style::Plain | Style::Literal | Style::Folded => None,
        };
        if found != wanted || escape.is_some_and(|escape| found.contains(escape)) {
            return None;
        }
        let start = self.span.start as usize + offset;
        Some(Span::new(start, start + wanted.len()))
    }

    /// For each byte of the text, and for its end, the byte of `source` that spells it; `None` where that cannot be told, as
    /// of a folded scalar.
    pub fn places(&self, source: &str) -> Option<Vec<u32>> {
        crate::places::places(self, source)
    }
}

fn strip_quotes(raw: &str, quote: char) -> Option<&str> {
    raw.strip_prefix(quote)?.strip_suffix(quote)
}

/// The offset in `raw`, the inside of a plain or quoted scalar, at which the decoded offset `goal` is spelled.
fn in_flow(raw: &str, text: &str, goal: usize) -> Option<usize> {
    // Most scalars are one line without escapes.
    if raw == text {
        return Some(goal);
    }
    let bytes = raw.as_bytes();
    let decoded = text.as_bytes();
    let (mut from, mut to) = (0, 0);
    while to < goal {
        match *bytes.get(from)? {
            b' ' | b'\t' | b'\n' | b'\r' => {
                let run = bytes[from..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
                let breaks = count_breaks(&bytes[from..from + run]);
                if breaks == 0 {
                    from += 1;
                    to += 1;
                } else {
                    from += run;
                    to += if breaks == 1 { 1 } else { breaks - 1 };
                }
            }
            byte if decoded.get(to) == Some(&byte) && byte != b'\\' => {
                // `''` in single quotes; no other style has a quote that is written twice, save by accident, and then
                // the comparison with the wanted text fails.
                let doubled =
                    byte == b'\'' && bytes.get(from + 1) == Some(&b'\'') && decoded.get(to + 1) != Some(&b'\'');
                from += if doubled { 2 } else { 1 };
                to += 1;
            }
            b'\\' => {
                let (spelled, meant) = escape(&bytes[from..], text.get(to..)?)?;
                from += spelled;
                to += meant;
            }
            _ => return None,
        }
    }
    (to == goal).then_some(from)
}

/// The lengths of the escape at the start of `bytes` in the source and in the text that it stands for.
fn escape(bytes: &[u8], meaning: &str) -> Option<(usize, usize)> {
    // In a plain or single-quoted scalar the backslash is itself.
    if !meaning.is_empty() && meaning.as_bytes()[0] == b'\\' && bytes.get(1) != Some(&b'\\') {
        return Some((1, 1));
    }
    let character = meaning.chars().next()?;
    let spelled = match bytes.get(1)? {
        b'x' => 4,
        b'u' if character as u32 > 0xffff => 12,
        b'u' => 6,
        b'U' => 10,
        // An escaped line break swallows the indentation that follows; too rare to follow.
        b'\n' | b'\r' => return None,
        _ => 2,
    };
    Some((spelled, character.len_utf8()))
}

fn count_breaks(bytes: &[u8]) -> usize {
    let lone_returns =
        bytes.iter().enumerate().filter(|&(at, &byte)| byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')).count();
    bytes.iter().filter(|&&byte| byte == b'\n').count() + lone_returns
}

/// The offset in `raw`, a block scalar from its header on, at which the decoded offset `goal` is spelled.
fn in_block(raw: &str, text: &str, goal: usize, folded: bool) -> Option<usize> {
    let mut lines = split_lines(raw);
    let header = lines.next()?;
    let mut at = header.len();
    // The indentation is what the first line that says something has more in the source than in the text.
    let first_source = split_lines(&raw[at..]).map(without_break).find(|line| !line.trim().is_empty())?;
    let first_text = text.split('\n').find(|line| !line.trim().is_empty())?;
    let indent = if first_source.ends_with(first_text) {
        first_source.len() - first_text.len()
    } else {
        // Folding has joined further lines to the first one of the text.
        let leading = first_text.len() - first_text.trim_start_matches(' ').len();
        (first_source.len() - first_source.trim_start_matches(' ').len()).checked_sub(leading)?
    };
    let mut decoded = 0;
    for line in lines {
        let content = without_break(line).get(indent..).unwrap_or_default();
        if folded {
            // Between two lines stand only spaces or breaks that the folding put there.
            while !content.is_empty() && !text.get(decoded..)?.starts_with(content) {
                if !matches!(text.as_bytes().get(decoded), Some(b' ' | b'\n')) {
                    return None;
                }
                decoded += 1;
            }
        }
        if !content.is_empty() && (decoded..=decoded + content.len()).contains(&goal) {
            return Some(at + indent + (goal - decoded));
        }
        decoded += content.len();
        if !folded {
            decoded += 1;
        }
        if decoded > goal {
            return None;
        }
        at += line.len();
    }
    None
}

/// Whether a plain scalar with this text may resolve to anything but text; `true` where it is worth a closer look.
fn could_be_other_than_text(text: &str) -> bool {
    match text.as_bytes().first() {
        None => true,
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') => true,
        Some(b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' | b'~') => text.len() <= 5,
        Some(_) => false,
    }
}

/// The meaning of a plain scalar.
///
/// See `resolve` in go-yaml v2, `resolve.go`.
pub(crate) fn resolve(text: &str) -> Resolved<'_> {
    if !could_be_other_than_text(text) {
        return Resolved::Str(text);
    }
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Resolved::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Resolved::Bool(false);
        }
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        ".nan" | ".NaN" | ".NAN" => return Resolved::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => {
            return Resolved::Float(f64::INFINITY);
        }
        "-.inf" | "-.Inf" | "-.INF" => return Resolved::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        // Underscores are not dropped from a number that starts with its point.
        b'.' => float(text),
        b'0'..=b'9' | b'+' | b'-' => number(text),
        _ => None,
    };
    number.unwrap_or(Resolved::Str(text))
}

fn number(text: &str) -> Option<Resolved<'static>> {
    let plain: Cow<'_, str> = if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
    if let Some(integer) = integer(&plain)
        && (i128::from(i64::MIN)..=i128::from(u64::MAX)).contains(&integer)
        // An unsigned integer is tried without a sign.
        && (integer <= i128::from(i64::MAX) || !plain.starts_with('+'))
    {
        return Some(Resolved::Int(integer));
    }
    if is_float(&plain)
        && let Some(number) = float(&plain)
    {
        return Some(number);
    }
    // Hexadecimal and the like beyond 64 bits become a big integer, without a sign.
    integer(&plain).filter(|_| !plain.starts_with(['+', '-'])).map(Resolved::Int)
}

/// `strconv.ParseInt(text, 0, …)`: the base is in the prefix, and a leading zero means octal.
fn integer(text: &str) -> Option<i128> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let bytes = digits.as_bytes();
    let (base, digits) = match (bytes.first()?, bytes.get(1)) {
        (b'0', Some(b'x' | b'X')) => (16, &digits[2..]),
        (b'0', Some(b'o' | b'O')) => (8, &digits[2..]),
        (b'0', Some(b'b' | b'B')) => (2, &digits[2..]),
        (b'0', Some(_)) => (8, &digits[1..]),
        _ => (10, digits),
    };
    // The library would take a second sign.
    if digits.starts_with(['+', '-']) {
        return None;
    }
    i128::from_str_radix(digits, base).ok().map(|number| sign * number)
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some(("", fraction)) => !fraction.is_empty() && digits(fraction),
        Some((whole, fraction)) => digits(whole) && digits(fraction),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    mantissa_fits && exponent_fits
}

/// Go reports a number beyond the range of a float as an error, and so it stays text.
fn float(text: &str) -> Option<Resolved<'static>> {
    let number: f64 = text.parse().ok()?;
    number.is_finite().then_some(Resolved::Float(number))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, parse};

    #[test]
    fn binary_is_what_it_stands_for() {
        let stream = parse("a: !!binary LS14PXk=\nb: !!binary '*'\n", &Limits::default());
        let root = stream.documents[0].cursor();
        let a = root.get("a").unwrap();
        let scalar = a.scalar().unwrap();
        assert_eq!((scalar.text(), scalar.source_span(0..2, "a: !!binary LS14PXk=\n")), ("--x=y", None));
        assert!(stream.faults.iter().any(|fault| fault.message.ends_with("does not fit its tag")));
    }

    #[test]
    fn plain_scalars_mean_what_go_yaml_says() {
        let bools = ["y", "Yes", "true", "ON", "on"];
        for text in bools {
            assert_eq!(resolve(text), Resolved::Bool(true), "{text}");
        }
        for text in ["n", "No", "FALSE", "Off"] {
            assert_eq!(resolve(text), Resolved::Bool(false), "{text}");
        }
        for text in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(resolve(text), Resolved::Null, "{text}");
        }
        for (text, number) in [
            ("0", 0),
            ("0777", 511),
            ("0o17", 15),
            ("0x1F", 31),
            ("-0x1f", -31),
            ("0b101", 5),
            ("-0b11", -3),
            ("1_000", 1000),
            ("+12", 12),
            ("-6443", -6443),
            ("18446744073709551615", u64::MAX.into()),
            ("0xFFFFFFFFFFFFFFFFFF", 0xFF_FFFF_FFFF_FFFF_FFFF),
        ] {
            assert_eq!(resolve(text), Resolved::Int(number), "{text}");
        }
        for (text, number) in [
            ("1.5", 1.5),
            ("1.", 1.0),
            (".5", 0.5),
            ("08", 8.0),
            ("1e3", 1000.0),
            ("1_000.5", 1000.5),
            ("99999999999999999999", 1e20),
            ("-.inf", f64::NEG_INFINITY),
        ] {
            assert_eq!(resolve(text), Resolved::Float(number), "{text}");
        }
        for text in [
            "yEs",
            "nULL",
            "tRUE",
            "truely",
            "1:20",
            "190:20:30",
            "0x",
            "1e",
            "1e999",
            ".",
            "-",
            "+",
            "--1",
            "0x-1",
            "._5",
            "1.2.3",
            "v1",
            "2001-12-14",
            "inf",
            ".iNf",
            "+inf",
            "1e+",
            "kube",
            "0o8",
            "=",
            "<<",
        ] {
            assert_eq!(resolve(text), Resolved::Str(text), "{text}");
        }
    }

    /// Finds the words of the one scalar in `source` and checks that they are placed where they are written.
    fn place(source: &str, word: &str) -> Option<usize> {
        let stream = parse(source, &Limits::default());
        let scalar = stream.documents[0].root.mapping().unwrap().entries[0].value.scalar().unwrap();
        let at = scalar.text().find(word).unwrap();
        let span = scalar.source_span(at..at + word.len(), source)?;
        assert_eq!(span.slice(source), word);
        Some(span.start as usize)
    }

    #[test]
    fn parts_of_scalars_are_placed_in_the_source() {
        assert_eq!(place("a: --x=true # true\n", "true"), Some(7));
        assert_eq!(place("a: 'x true'\n", "true"), Some(6));
        assert_eq!(place("a: 'it''s true'\n", "true"), Some(10));
        assert_eq!(place("a: \"x true\"\n", "true"), Some(6));
        assert_eq!(place("a: \"\\u003c\\\"é true\"\n", "true"), Some(15));
        assert_eq!(place("a: \"\\ud83d\\ude00 true\"\n", "true"), Some(17));
        assert_eq!(place("a: one\n\n  two\n  true\n", "true"), Some(16));
        assert_eq!(place("a: |\n  one\n\n    two\n  a true\n", "true"), Some(24));
        assert_eq!(place("a: |-2 # true\n    one\n  true\n", "true"), Some(24));
        assert_eq!(place("a: |\r\n  one\r\n  true\r\n", "true"), Some(15));
        assert_eq!(place("a: >\n  one\n  two\n\n  a true\n", "true"), Some(22));
        assert_eq!(place("a: >-\n  one\n    more\n  true\n", "true"), Some(23));
    }

    #[test]
    fn parts_that_are_not_spelled_exactly_have_no_place() {
        assert_eq!(place("a: \"x\\\\y\"\n", "\\"), None);
        assert_eq!(place("a: 'it''s'\n", "'"), None);
        assert_eq!(place("a: one\n  two\n", "one two"), None);
        assert_eq!(place("a: |\n  one\n  two\n", "one\ntwo"), None);
        assert_eq!(place("a: \"\\x74rue\"\n", "true"), None);
    }
}
