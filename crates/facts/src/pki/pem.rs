//! PEM, as Go reads it: a block begins and ends on lines of its own (encoding/pem, `Decode`).

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
        // `Proc-Type: 4,ENCRYPTED` and the like, up to an empty line.
        let body = match body.split_once("\n\n") {
            Some((fields, rest)) if fields.contains(':') => rest,
            _ => body,
        };
        at = body_start + length + ending.len();
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        found.push(Block {
            label,
            body,
            start: number(start),
            end: number(at),
            first_line: number(line.trim_end().len()),
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
