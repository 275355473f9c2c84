//! PEM, as Go reads it: a block begins and ends on lines of its own (encoding/pem, `Decode`).

use super::der::private_key;
use crate::spelling;

/// Blocks that are looked at in one text; the largest bundles of authorities have a few hundred.
const MOST: usize = 1000;

pub(crate) struct Block<'t> {
    /// `CERTIFICATE`, `RSA PRIVATE KEY`.
    pub(crate) label: &'t str,
    /// What stands between the lines of dashes, without the fields that may come first.
    pub(crate) body: &'t str,
    /// Its first byte.
    pub(crate) start: u32,
    /// The first byte behind it.
    pub(crate) end: u32,
    /// The length of its first line.
    pub(crate) first_line: u32,
    /// Whether fields come first, such as `Proc-Type: 4,ENCRYPTED`.
    pub(crate) has_fields: bool,
    /// Whether something else stands on its last line, for which Go passes it over.
    pub(crate) is_followed: bool,
}

impl Block<'_> {
    /// Whether a private key stands in it, by its label, or by its bytes where the label is another one for a key or none.
    pub(crate) fn holds_private_key(&self) -> bool {
        let label = self.label.to_ascii_uppercase();
        let may = label.is_empty() || (label.ends_with("KEY") && !label.ends_with("PUBLIC KEY"));
        let digits: String = self.body.split_whitespace().collect();
        let is_one = || spelling::base64(&digits).is_some_and(|bytes| private_key(self.label, &bytes).is_some());
        // Those that were cut are all `*`.
        let was_one = || !digits.is_empty() && digits.bytes().all(|byte| byte == b'*');
        self.label.ends_with("PRIVATE KEY") || (may && (is_one() || was_one()))
    }
}

/// The blocks of a text, in order. One that does not end is none.
pub(crate) fn blocks(text: &str) -> Vec<Block<'_>> {
    const BEGIN: &str = "-----BEGIN ";
    let mut found = Vec::new();
    let mut at = 0;
    while found.len() < MOST {
        let Some(start) = text[at..].find(BEGIN).map(|offset| at + offset) else { break };
        at = start + BEGIN.len();
        let begins_a_line = start == 0 || text[..start].ends_with('\n');
        let line = text[start..].split('\n').next().unwrap_or_default();
        let label = line.trim_end().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix("-----"));
        let Some(label) = label.filter(|_| begins_a_line) else { continue };
        let body_start = (start + line.len() + 1).min(text.len());
        let ending = format!("-----END {label}-----");
        let Some(length) = text[body_start..].find(&ending) else { continue };
        let body = &text[body_start..body_start + length];
        // One that has not ended before the next begins is none.
        if body.starts_with(BEGIN) || body.contains("\n-----BEGIN ") {
            continue;
        }
        // Digits have no colon.
        let fields: usize = body.split_inclusive('\n').take_while(|line| line.contains(':')).map(str::len).sum();
        let body = body.get(fields..).unwrap_or_default();
        at = body_start + length + ending.len();
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        found.push(Block {
            label,
            body,
            start: number(start),
            end: number(at),
            first_line: number(line.trim_end().len()),
            has_fields: fields > 0,
            is_followed: text[at..].split('\n').next().is_some_and(|rest| !rest.trim_end().is_empty()),
        });
    }
    found
}

/// A block of its own, in lines of 64 digits (RFC 7468 §2).
pub fn pem(label: &str, bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = format!("-----BEGIN {label}-----\n");
    // 48 bytes are 64 digits.
    for line in bytes.chunks(48) {
        for three in line.chunks(3) {
            let held = three.iter().fold(0_u32, |held, byte| held << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
            for digit in 0..4 {
                let at = (held >> (18 - 6 * digit)) as usize & 63;
                text.push(if digit <= three.len() { char::from(DIGITS[at]) } else { '=' });
            }
        }
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
