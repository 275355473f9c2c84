//! Which bytes of a text spell each byte of a scalar.
//!
//! [`Scalar::source_span`] finds the place of one part. This makes the whole table, for whoever reads what a scalar holds
//! as a text of its own. Start at [`places`].

use crate::scalar::{Scalar, Style};

pub(crate) fn places(scalar: &Scalar, source: &str) -> Option<Vec<u32>> {
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

#[cfg(test)]
mod tests {
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
            let stream = crate::parse(source, &crate::Limits::default());
            let scalar = stream.documents[0].cursor().get("a").expect("a").scalar().expect("a text");
            let places = scalar.places(source).expect(source);
            let at = scalar.text().find(wanted).expect(wanted);
            let range = places[at] as usize..places[at + wanted.len()] as usize;
            assert_eq!(&source[range], spelt, "{source}");
        }
    }
}
