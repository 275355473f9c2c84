//! Bundles: what was seen, in one file that another machine can judge.
//!
//! A bundle holds the evidence of any number of clusters as a run saw it, secrets already cut, with all that a run knows
//! besides: what was missing, what could not be read and why, who each cluster is, what asking it took. So a report on the
//! bundle is the report of that run. `docs/bundles.md` describes the bytes:
//!
//! ```text
//! head      8 bytes of magic, the version (u32)
//! members   DEFLATE streams, one behind the other, each named by the SHA-256 of what it holds
//! manifest  one more, which names the record of each cluster and what became of each target
//! tail      where the manifest is (u64), how long packed and unpacked (u64 each), its SHA-256, a public key, a signature,
//!           8 bytes of magic
//! ```
//!
//! The manifest names records by digest and records name texts by digest, so that one digest stands for all of it, and that is
//! what is signed. Numbers are little-endian.
//!
//! Whatever is read here may have been made to hurt: every length is bounded before anything is unpacked, and names are
//! names, never paths that are opened. Start at [`Writer`] and [`Bundle`].

mod hostile;
mod read;
mod record;
mod sign;
mod words;
mod write;

use std::{fs::File, io::Read as _, path::Path};

pub use hostile::hostile;
pub use read::{Bundle, Signed, Unusable};
pub use sign::{KeyError, PrivateKey, PublicKey};
pub use write::{Size, Writer};

/// Not a text in any code, and changed by whoever translates line ends.
const MAGIC: [u8; 8] = *b"\x8fPORTC\r\n";
const END: [u8; 8] = *b"\r\nbundle";

/// Of the bytes and of the records in them. A reader that knows another one reads nothing.
const VERSION: u32 = 1;

const HEAD: u64 = 12;
const TAIL: usize = 8 + 8 + 8 + 32 + 32 + 64 + 8;

/// Unpacked bytes of the manifest, and of the record of one cluster.
const LARGEST_RECORD: u64 = 64 << 20;

/// Of one text; no larger file is read, and no larger answer is taken.
const LARGEST_TEXT: u64 = 64 << 20;

/// Of all texts of one cluster.
const LARGEST_CLUSTER: u64 = 512 << 20;

/// Of all that is unpacked of one bundle: a few thousand clusters of a few megabytes.
const LARGEST_WHOLE: u64 = 16 << 30;

const MOST_CLUSTERS: usize = 100_000;

/// Pieces of evidence of one cluster.
const MOST_PIECES: usize = 100_000;

/// A name, a reason, a hint.
const LONGEST: usize = 64 << 10;

/// Whether a file begins as bundles do.
pub fn is_one(path: &Path) -> bool {
    // A pipe would hold us for ever.
    if !path.is_file() {
        return false;
    }
    let mut head = [0; MAGIC.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut head)).is_ok() && head == MAGIC
}

fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != 2 * N || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; N];
    for (at, byte) in bytes.iter_mut().enumerate() {
        let digits = text.get(2 * at..2 * at + 2)?;
        if digits.bytes().any(|digit| !matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        *byte = u8::from_str_radix(digits, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests;
