//! The little of a certificate that looking on depends on: who vouches for whom, and on what kind of key it rests.
//!
//! Values of DER are taken apart as far as those fields (RFC 5280 §4.1), and nothing of them is judged.

/// Names as their bytes are, without their heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parts<'c> {
    pub(super) issuer: &'c [u8],
    pub(super) subject: &'c [u8],
    /// The number of the kind of key.
    kind: &'c [u8],
}

const SEQUENCE: u8 = 0x30;

impl<'c> Parts<'c> {
    pub(super) fn of(certificate: &'c [u8]) -> Option<Self> {
        let mut whole = certificate;
        let mut outer = next(&mut whole, SEQUENCE)?;
        let mut inner = next(&mut outer, SEQUENCE)?;
        // The version stands there where it is not the first.
        if inner.first() == Some(&0xa0) {
            next(&mut inner, 0xa0)?;
        }
        next(&mut inner, 0x02)?;
        next(&mut inner, SEQUENCE)?;
        let issuer = next(&mut inner, SEQUENCE)?;
        next(&mut inner, SEQUENCE)?;
        let subject = next(&mut inner, SEQUENCE)?;
        let mut key = next(&mut inner, SEQUENCE)?;
        let mut algorithm = next(&mut key, SEQUENCE)?;
        Some(Self { issuer, subject, kind: next(&mut algorithm, 0x06)? })
    }

    /// Whether its key is one of RSA, for whatever use (RFC 8017, appendix C; pkcs-1).
    pub(super) fn is_of_rsa(&self) -> bool {
        self.kind.starts_with(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01])
    }
}

/// Takes the next value, where it has that tag.
fn next<'d>(bytes: &mut &'d [u8], tag: u8) -> Option<&'d [u8]> {
    let (&[found, first], rest) = bytes.split_first_chunk()?;
    if found != tag {
        return None;
    }
    let (length, rest) = match usize::from(first) {
        short @ ..0x80 => (short, rest),
        // A length of so many digits; a certificate has four at most, and none without an end.
        long => {
            let (digits, rest) =
                rest.split_at_checked(long & 0x7f).filter(|(digits, _)| (1..=4).contains(&digits.len()))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), rest)
        }
    };
    let (value, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(tag: u8, content: &[u8]) -> Vec<u8> {
        [&[tag, u8::try_from(content.len()).expect("short")], content].concat()
    }

    #[test]
    fn the_names_and_the_kind_of_key_are_found_with_and_without_a_version() {
        let key = value(SEQUENCE, &value(SEQUENCE, &value(6, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1])));
        let fields = [value(2, &[1]), value(SEQUENCE, &[]), value(SEQUENCE, b"issuer"), value(SEQUENCE, &[])].concat();
        let fields = [fields, value(SEQUENCE, b"subject"), key].concat();
        for version in [Vec::new(), value(0xa0, &value(2, &[2]))] {
            let inner = [&version[..], &fields].concat();
            let whole = value(SEQUENCE, &value(SEQUENCE, &inner));
            let parts = Parts::of(&whole).expect("a certificate");
            assert_eq!((parts.issuer, parts.subject, parts.is_of_rsa()), (&b"issuer"[..], &b"subject"[..], true));
            for length in 0..whole.len() {
                assert_eq!(Parts::of(&whole[..length]), None, "{length}");
            }
        }
        assert_eq!(Parts::of(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x30]), None);
        assert_eq!(Parts::of(&[0x30, 0x80, 0x30, 0x80]), None);
    }
}
