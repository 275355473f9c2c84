//! From bytes to text: the door at which other encodings are turned away with a reason.
//!
//! Only UTF-8 passes, because that is what the readers of these files take for granted. It does not look at the text
//! itself; a byte order mark stays, so that spans count from the first byte of the file. Start at [`decode`].

use thiserror::Error;

/// Why bytes are not text we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodingFault {
    #[error("the text is UTF-16 ({order}), not UTF-8; convert it, for example with `iconv -f {order} -t UTF-8`")]
    Utf16 {
        /// `UTF-16LE` or `UTF-16BE`.
        order: &'static str,
    },
    #[error("the text is UTF-32, not UTF-8; convert it, for example with `iconv -f UTF-32 -t UTF-8`")]
    Utf32,
    #[error("the data is compressed with gzip; unpack it, for example with `gunzip`")]
    Gzip,
    #[error("the text is not valid UTF-8 at byte {offset} (0x{byte:02x}); it may be Latin-1 or binary data")]
    Invalid { offset: usize, byte: u8 },
}

impl EncodingFault {
    /// The first byte that does not belong.
    pub fn offset(&self) -> usize {
        match self {
            EncodingFault::Invalid { offset, .. } => *offset,
            EncodingFault::Utf16 { .. } | EncodingFault::Utf32 | EncodingFault::Gzip => 0,
        }
    }
}

/// The bytes as text, uncopied. A byte order mark of UTF-8 stays where it is.
pub fn decode(bytes: &[u8]) -> Result<&str, EncodingFault> {
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return Err(EncodingFault::Utf32),
        // Without a mark, the first characters of a manifest are ASCII, and every other byte is then zero.
        [0xff, 0xfe, ..] | [1..=0x7f, 0, 1..=0x7f, 0, ..] => {
            return Err(EncodingFault::Utf16 { order: "UTF-16LE" });
        }
        [0xfe, 0xff, ..] | [0, 1..=0x7f, 0, 1..=0x7f, ..] => {
            return Err(EncodingFault::Utf16 { order: "UTF-16BE" });
        }
        [0x1f, 0x8b, ..] => return Err(EncodingFault::Gzip),
        _ => {}
    }
    std::str::from_utf8(bytes).map_err(|error| EncodingFault::Invalid {
        offset: error.valid_up_to(),
        byte: bytes.get(error.valid_up_to()).copied().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_are_named() {
        let utf16 =
            |text: &str, mark: &[u16]| -> Vec<u16> { mark.iter().copied().chain(text.encode_utf16()).collect() };
        let little: Vec<u8> = utf16("kind: é", &[0xfeff]).iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = utf16("kind: é", &[]).iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(decode(&little), Err(EncodingFault::Utf16 { order: "UTF-16LE" }));
        assert_eq!(decode(&big), Err(EncodingFault::Utf16 { order: "UTF-16BE" }));
        assert_eq!(decode(b"a: \xe9"), Err(EncodingFault::Invalid { offset: 3, byte: 0xe9 }));
        assert_eq!(decode(b"\xef\xbb\xbfa: 1"), Ok("\u{feff}a: 1"));
        assert_eq!(decode(b""), Ok(""));
        assert!(decode(&[0x1f, 0x8b, 8]).is_err());
    }
}
