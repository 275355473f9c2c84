//! Which bytes of a text spell the bytes of a text inside it, in codes that YAML does not know: data URLs, base64.
//!
//! The redactor needs it to cut a secret where it stands, and the readers to point at what they read.

pub use yaml::base64;

use crate::inflate;

/// A text and, for each of its bytes and for its end, the byte of the text around it that spells it.
pub(crate) type Placed = (String, Vec<u32>);

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

/// A file in base64, unpacked where it is compressed with gzip; blanks do not count.
pub(crate) fn file(digits: &str) -> Option<Vec<u8>> {
    let digits: String = digits.split_whitespace().collect();
    let bytes = base64(&digits)?;
    if bytes.starts_with(&[0x1f, 0x8b]) { inflate::gunzip(&bytes) } else { Some(bytes) }
}

/// The payload of a `data:` URL in base64, which may spell its own digits with percent signs.
pub(crate) fn digits(payload: &str) -> String {
    payload.replace("%3D", "=").replace("%2B", "+").replace("%2F", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_of_a_url_has_a_place() {
        let (text, places) = percent("a%20b%C3%A9c").expect("a text");
        assert_eq!(
            (text.as_str(), &places[..]),
            ("a bé c".replace(' ', "").replacen('a', "a ", 1).as_str(), &[0, 1, 4, 5, 8, 11, 12][..])
        );
        assert!(percent("a%2").is_none() && percent("%+1").is_none());
    }
}
