//! Which bytes of a text spell the bytes of a text inside it: escapes of quoted strings, data URLs, base64.
//!
//! The redactor needs it to cut a secret where it stands, and the readers to point at what they read.

use yaml::{Scalar, Style};

/// A text and, for each of its bytes and for its end, the byte of the text around it that spells it.
pub(crate) type Placed = (String, Vec<u32>);

/// For each byte of a scalar, and for its end, the byte of the source that spells it; `None` for one that is folded.
pub(crate) fn offsets(scalar: &Scalar, source: &str) -> Option<Vec<u32>> {
    let span = scalar.span();
    let raw = source.get(span.range())?;
    let text = scalar.text();
    let identity = |from: u32| (0..=u32::try_from(text.len()).ok()?).map(|at| from.checked_add(at)).collect();
    match scalar.style() {
        Style::Plain if raw == text => identity(span.start),
        Style::Single if raw.get(1..raw.len().checked_sub(1)?)? == text => identity(span.start + 1),
        Style::Double => {
            let inner = raw.get(1..raw.len().checked_sub(1)?)?;
            let mut places = Vec::with_capacity(text.len() + 1);
            let mut at = 0;
            for meant in text.chars() {
                let rest = inner.get(at..)?;
                let width = match rest.strip_prefix('\\') {
                    None if rest.starts_with(meant) => meant.len_utf8(),
                    None => return None,
                    Some(escape) => match escape.chars().next()? {
                        'x' => 4,
                        // JSON spells what lies beyond the first plane as two halves.
                        'u' if meant.len_utf8() == 4 => 12,
                        'u' => 6,
                        'U' => 10,
                        '\n' | '\r' => return None,
                        escaped => 1 + escaped.len_utf8(),
                    },
                };
                let place = span.start + 1 + u32::try_from(at).ok()?;
                places.extend(std::iter::repeat_n(place, meant.len_utf8()));
                // Unescaped, each byte has a place of its own.
                if width == meant.len_utf8() {
                    let first = places.len() - width;
                    for (place, offset) in places.get_mut(first..)?.iter_mut().zip(0..) {
                        *place += offset;
                    }
                }
                at += width;
            }
            (at == inner.len()).then_some(())?;
            places.push(span.start + 1 + u32::try_from(at).ok()?);
            Some(places)
        }
        Style::Literal => lines(raw, text, span.start),
        _ => None,
    }
}

/// The places of a literal block: each of its lines ends a line of the source, behind blanks.
fn lines(raw: &str, text: &str, start: u32) -> Option<Vec<u32>> {
    let mut at = raw.find('\n')? + 1;
    let mut places = Vec::with_capacity(text.len() + 1);
    for line in text.split_inclusive('\n') {
        let meant = line.strip_suffix('\n').unwrap_or(line);
        let rest = raw.get(at..)?;
        let whole = rest.split_inclusive('\n').next().unwrap_or_default();
        let spelt = whole.trim_end_matches(['\n', '\r']);
        let indent = spelt.strip_suffix(meant)?;
        // A line of blanks may be shorter than the indentation.
        if !indent.bytes().all(|byte| byte == b' ') {
            return None;
        }
        let from = start + u32::try_from(at + indent.len()).ok()?;
        places.extend((0..=u32::try_from(meant.len()).ok()?).take(line.len()).map(|offset| from + offset));
        at += whole.len();
        if meant.len() == line.len() {
            places.push(from + u32::try_from(meant.len()).ok()?);
        }
    }
    if text.ends_with('\n') || text.is_empty() {
        places.push(start + u32::try_from(at.min(raw.len())).ok()?);
    }
    (places.len() == text.len() + 1).then_some(places)
}

/// What follows the comma of a `data:` URL (RFC 2397), where that begins, and whether it is base64.
pub(crate) fn data_url(text: &str) -> Option<(&str, usize, bool)> {
    let (head, payload) = text.strip_prefix("data:")?.split_once(',')?;
    Some((payload, "data:".len() + head.len() + 1, head.ends_with(";base64")))
}

/// A text without its percent signs, with the offset in it of every byte and of the end.
pub(crate) fn percent(text: &str) -> Option<Placed> {
    let bytes = text.as_bytes();
    let (mut found, mut places, mut at) = (Vec::with_capacity(bytes.len()), Vec::new(), 0);
    while let Some(&byte) = bytes.get(at) {
        let digits = bytes.get(at + 1..at + 3).and_then(|digits| std::str::from_utf8(digits).ok());
        let (byte, width) = match byte {
            b'%' => (u8::from_str_radix(digits.filter(|digits| !digits.starts_with('+'))?, 16).ok()?, 3),
            _ => (byte, 1),
        };
        found.push(byte);
        places.push(u32::try_from(at).ok()?);
        at += width;
    }
    places.push(u32::try_from(at).ok()?);
    Some((String::from_utf8(found).ok()?, places))
}

/// The bytes that standard base64 stands for; line breaks do not count (Go's encoding/base64). `None` where it is none.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let padding = digits.iter().rev().take_while(|&&byte| byte == b'=').count();
    if !digits.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in &digits[..digits.len() - padding] {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            // Of what was read, the eight bits before those that are still held; the rest was taken before.
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_as_go_does() {
        for (text, expected) in
            [("Zm9v", Some("foo")), ("Zm\n8=", Some("fo")), ("Zg==", Some("f")), ("Zg=", None), ("Z-==", None)]
        {
            assert_eq!(base64(text), expected.map(|text| text.as_bytes().to_vec()), "{text}");
        }
    }

    #[test]
    fn every_byte_of_an_escaped_text_has_a_place() {
        for (source, wanted, spelt) in [
            (r#"{"a": "x\ny\"z"}"#, "z", "z"),
            (r#"{"a": "x\ny\"z"}"#, "\"", "\\\""),
            (r#"{"a": "\ud83d\ude00b"}"#, "b", "b"),
            (r#"{"a": "\u00e4é\tb"}"#, "é\tb", "é\\tb"),
            ("a: 'x y'", "y", "y"),
            ("a: |\n  x\n\n    y z\n", "z", "z"),
            ("a: |-\r\n  x\r\n    y z", "y z", "y z"),
            ("a: |2\n   x\n \n  y\n", "x", "x"),
            ("a: |\n  x\n  y\nb: c", "y\n", "y"),
        ] {
            let stream = yaml::parse(source, &yaml::Limits::default());
            let scalar = stream.documents[0].cursor().get("a").expect("a").scalar().expect("a text");
            let places = offsets(scalar, source).expect(source);
            let at = scalar.text().find(wanted).expect(wanted);
            let range = places[at] as usize..places[at + wanted.len()] as usize;
            assert_eq!(&source[range], spelt, "{source}");
        }
        let (text, places) = percent("a%20b%C3%A9c").expect("a text");
        assert_eq!(
            (text.as_str(), &places[..]),
            ("a bé c".replace(' ', "").replacen('a', "a ", 1).as_str(), &[0, 1, 4, 5, 8, 11, 12][..])
        );
        assert!(percent("a%2").is_none() && percent("%+1").is_none());
    }
}
