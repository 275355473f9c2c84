//! Small files that are compressed with gzip, as definitions of machines carry them (RFC 1951 and 1952).
//!
//! Bounded, since a kilobyte can stand for a megabyte; what is longer is not unpacked at all.

/// The longest file that is unpacked: user data and Ignition are shorter than that on every platform.
const LONGEST: usize = 1 << 20;

/// The file in a gzip of one member. `None` for what is no gzip, breaks off, has another checksum than it says, or is longer
/// than anybody carries.
pub(crate) fn gunzip(packed: &[u8]) -> Option<Vec<u8>> {
    let (&[0x1f, 0x8b, 8, flags, ..], true) = (packed.get(..10)?, packed.len() >= 18) else { return None };
    let mut at = 10;
    if flags & 4 != 0 {
        let length = u16::from_le_bytes(packed.get(at..at + 2)?.try_into().ok()?);
        at += 2 + usize::from(length);
    }
    // A name and a comment, each with a zero behind it.
    for flag in [8, 16] {
        if flags & flag != 0 {
            at += packed.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    if flags & 2 != 0 {
        at += 2;
    }
    let (plain, used) = inflate(packed.get(at..)?)?;
    let trailer = packed.get(at + used..at + used + 8)?;
    let word = |from: usize| Some(u32::from_le_bytes(trailer.get(from..from + 4)?.try_into().ok()?));
    let is_whole = word(0)? == checksum(&plain) && word(4)? as usize == plain.len();
    is_whole.then_some(plain)
}

/// CRC-32 of RFC 1952, section 8.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 })
    };
    !bytes.iter().fold(!0, step)
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl Bits<'_> {
    fn bit(&mut self) -> Option<u16> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = (byte >> (self.at % 8)) & 1;
        self.at += 1;
        Some(u16::from(bit))
    }

    fn number(&mut self, width: u8) -> Option<usize> {
        (0..width).try_fold(0, |number, place| Some(number | (usize::from(self.bit()?) << place)))
    }

    /// Skips to the next byte, and gives its index.
    fn byte(&mut self) -> usize {
        self.at = self.at.next_multiple_of(8);
        self.at / 8
    }
}

/// The most bits that a code has.
const WIDEST: usize = 15;

/// A code of Huffman's: how many symbols have each length, and the symbols in the order of their codes.
struct Code {
    counts: [u16; WIDEST + 1],
    symbols: Vec<u16>,
}

impl Code {
    /// `None` for lengths that more codes would need than there are.
    fn of(lengths: &[u8]) -> Option<Self> {
        let mut counts = [0_u16; WIDEST + 1];
        for length in lengths {
            *counts.get_mut(usize::from(*length))? += 1;
        }
        counts[0] = 0;
        let mut left = 1_i32;
        for count in counts.iter().skip(1) {
            left = left * 2 - i32::from(*count);
            if left < 0 {
                return None;
            }
        }
        let mut symbols = Vec::with_capacity(lengths.len());
        for width in 1..=WIDEST {
            let of_width = lengths.iter().zip(0_u16..).filter(|(length, _)| usize::from(**length) == width);
            symbols.extend(of_width.map(|(_, symbol)| symbol));
        }
        Some(Self { counts, symbols })
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Option<u16> {
        let (mut code, mut first, mut index) = (0_i32, 0_i32, 0_i32);
        for count in self.counts.iter().skip(1) {
            code |= i32::from(bits.bit()?);
            let count = i32::from(*count);
            if code - first < count {
                return self.symbols.get(usize::try_from(index + code - first).ok()?).copied();
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}

/// Lengths and distances, with the bits that follow (RFC 1951, section 3.2.5).
const LENGTHS: [(u16, u8); 29] = [
    (3, 0),
    (4, 0),
    (5, 0),
    (6, 0),
    (7, 0),
    (8, 0),
    (9, 0),
    (10, 0),
    (11, 1),
    (13, 1),
    (15, 1),
    (17, 1),
    (19, 2),
    (23, 2),
    (27, 2),
    (31, 2),
    (35, 3),
    (43, 3),
    (51, 3),
    (59, 3),
    (67, 4),
    (83, 4),
    (99, 4),
    (115, 4),
    (131, 5),
    (163, 5),
    (195, 5),
    (227, 5),
    (258, 0),
];
const DISTANCES: [(u16, u8); 30] = [
    (1, 0),
    (2, 0),
    (3, 0),
    (4, 0),
    (5, 1),
    (7, 1),
    (9, 2),
    (13, 2),
    (17, 3),
    (25, 3),
    (33, 4),
    (49, 4),
    (65, 5),
    (97, 5),
    (129, 6),
    (193, 6),
    (257, 7),
    (385, 7),
    (513, 8),
    (769, 8),
    (1025, 9),
    (1537, 9),
    (2049, 10),
    (3073, 10),
    (4097, 11),
    (6145, 11),
    (8193, 12),
    (12289, 12),
    (16385, 13),
    (24577, 13),
];

/// In this order the lengths of the code of lengths are written (section 3.2.7).
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The bytes, and how many packed ones stand for them.
fn inflate(packed: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut bits = Bits { bytes: packed, at: 0 };
    let mut plain = Vec::new();
    loop {
        let is_last = bits.bit()? == 1;
        match bits.number(2)? {
            0 => stored(&mut bits, &mut plain)?,
            1 => {
                let width = |symbol: u16| match symbol {
                    0..=143 => 8,
                    144..=255 => 9,
                    256..=279 => 7,
                    _ => 8,
                };
                let lengths: Vec<u8> = (0..288).map(width).collect();
                block(&mut bits, &Code::of(&lengths)?, &Code::of(&[5; 30])?, &mut plain)?;
            }
            2 => {
                let (lengths, distances) = codes(&mut bits)?;
                block(&mut bits, &lengths, &distances, &mut plain)?;
            }
            _ => return None,
        }
        if is_last {
            return Some((plain, bits.byte()));
        }
    }
}

fn stored(bits: &mut Bits<'_>, plain: &mut Vec<u8>) -> Option<()> {
    let from = bits.byte();
    let word = |at: usize| Some(u16::from_le_bytes(bits.bytes.get(at..at + 2)?.try_into().ok()?));
    let (length, check) = (word(from)?, word(from + 2)?);
    let end = from + 4 + usize::from(length);
    let own = bits.bytes.get(from + 4..end).filter(|own| length == !check && plain.len() + own.len() <= LONGEST)?;
    plain.extend_from_slice(own);
    bits.at = end * 8;
    Some(())
}

/// The codes that a block brings along.
fn codes(bits: &mut Bits<'_>) -> Option<(Code, Code)> {
    let (literals, distances, given) = (bits.number(5)? + 257, bits.number(5)? + 1, bits.number(4)? + 4);
    let mut own = [0_u8; 19];
    for place in ORDER.iter().take(given) {
        *own.get_mut(*place)? = u8::try_from(bits.number(3)?).ok()?;
    }
    let own = Code::of(&own)?;
    let mut lengths: Vec<u8> = Vec::with_capacity(literals + distances);
    while lengths.len() < literals + distances {
        let (length, times) = match own.symbol(bits)? {
            16 => (*lengths.last()?, 3 + bits.number(2)?),
            17 => (0, 3 + bits.number(3)?),
            18 => (0, 11 + bits.number(7)?),
            length => (u8::try_from(length).ok()?, 1),
        };
        lengths.extend(std::iter::repeat_n(length, times));
    }
    let (of_literals, of_distances) = (lengths.get(..literals)?, lengths.get(literals..literals + distances)?);
    Some((Code::of(of_literals)?, Code::of(of_distances)?))
}

fn block(bits: &mut Bits<'_>, lengths: &Code, distances: &Code, plain: &mut Vec<u8>) -> Option<()> {
    loop {
        let symbol = lengths.symbol(bits)?;
        if let Ok(byte) = u8::try_from(symbol) {
            plain.push(byte);
        } else if symbol == 256 {
            return Some(());
        } else {
            let (length, width) = LENGTHS.get(usize::from(symbol) - 257)?;
            let length = usize::from(*length) + bits.number(*width)?;
            let (distance, width) = DISTANCES.get(usize::from(distances.symbol(bits)?))?;
            let distance = usize::from(*distance) + bits.number(*width)?;
            let from = plain.len().checked_sub(distance)?;
            // What is repeated may be written while it is read.
            for at in from..from + length {
                plain.push(*plain.get(at)?);
            }
        }
        if plain.len() > LONGEST {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling::base64;

    /// gzip's own output: a stored, a fixed and a dynamic block, and one with a name.
    const PACKED: [(&str, &str); 4] = [
        ("H4sIAAAAAAAAAwEHAPj/c3RvcmVkCuKcU6UHAAAA", "stored"),
        ("H4sIAAAAAAAAA0vLrEhNUUhDkFwAwzzgqBIAAAA=", "fixed fixed fixed"),
        (
            "H4sIAAAAAAAAA6WQsQoCMRBE+3zFcrWe2En+QbCykSvWZD3Wi9mQTQ5E7t/vsLM17QzvwQwmvlJWlmgBq+fSTyftWQ7z0UwcvYWLBHZvk2sgtWYPgWYKFs5U0GNBA5BJpWa31XD7jFlqstB1u59cyWUqOizD3won8cHjC1OTJYlv4qN4ahJsUGw7gqJPwo2SQKhtQ55y//Irn2YYQEMCAAA=",
            "apiVersion: audit.k8s.io/v1\nkind: Policy",
        ),
        (
            "H4sICAAAAAAAA3BvbGljeS55YW1sAKWQsQoCMRBE+3zFcrWe2En+QbCykSvWZD3Wi9mQTQ5E7t/vsLM17QzvwQwmvlJWlmgBq+fSTyftWQ7z0UwcvYWLBHZvk2sgtWYPgWYKFs5U0GNBA5BJpWa31XD7jFlqstB1u59cyWUqOizD3won8cHjC1OTJYlv4qN4ahJsUGw7gqJPwo2SQKhtQ55y//Irn2YYQEMCAAA=",
            "apiVersion: audit.k8s.io/v1",
        ),
    ];

    #[test]
    fn what_gzip_packs_is_unpacked() {
        for (packed, start) in PACKED {
            let plain = gunzip(&base64(packed).unwrap_or_default()).unwrap_or_default();
            assert!(plain.starts_with(start.as_bytes()) && !plain.is_empty(), "{start}");
        }
    }

    #[test]
    fn what_is_cut_or_changed_is_nothing() {
        for (packed, start) in PACKED {
            let whole = base64(packed).unwrap_or_default();
            for end in 0..whole.len() {
                assert_eq!(gunzip(&whole[..end]), None, "{start} up to {end}");
            }
            // Behind the heading, whose time and system nobody reads, every bit counts.
            for at in (10..whole.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                let mut other = whole.clone();
                other[at.0] ^= 1 << at.1;
                let plain = gunzip(&other);
                assert!(plain.is_none() || plain == gunzip(&whole), "{start} at {at:?}");
            }
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        // A zero, and that many times 258 more of them, in the code that every packer knows.
        let packed = |times: usize| {
            let again = [1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0];
            let bits: Vec<u8> = [1, 1, 0].into_iter().chain([0, 0, 1, 1, 0, 0, 0, 0]).collect();
            let bits: Vec<u8> = bits.into_iter().chain(again.repeat(times)).chain([0; 7]).collect();
            bits.chunks(8).map(|byte| byte.iter().rev().fold(0, |held, bit| held << 1 | bit)).collect::<Vec<u8>>()
        };
        assert_eq!(inflate(&packed(2)).map(|(plain, _)| plain.len()), Some(1 + 2 * 258));
        assert_eq!(inflate(&packed(LONGEST / 258 + 1)), None);
    }
}
