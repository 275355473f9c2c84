//! What must hold of bytes that say that they are a bundle.

use std::io::Cursor;

use facts::{Options, Redactor};

use super::Bundle;

/// Reads any bytes as a bundle and resolves what comes out of it; panics where a promise is broken. A fuzzer calls it, and
/// ordinary tests call it with what fuzzers start from.
///
/// # Panics
///
/// Where evidence of a bundle is not as the rest of the program relies on it.
pub fn hostile(bytes: &[u8]) {
    let Ok(mut bundle) = Bundle::open(Cursor::new(bytes)) else { return };
    // A fuzzer spends its time on shapes and not on sizes.
    bundle.left = 1 << 20;
    let mut redactor = Redactor::new();
    let mut clusters = Vec::new();
    bundle.replay("any", &mut redactor, &mut |arrived| {
        if let Ok(seen) = arrived {
            clusters.push(seen);
        }
    });
    for seen in clusters {
        for piece in &seen.gathered.evidence {
            let Some(text) = piece.text() else { continue };
            for secret in &piece.secrets {
                let cut = text.get(secret.span.range()).expect("a secret lies in its text");
                assert!(cut.bytes().all(|byte| matches!(byte, b'*' | b'\r' | b'\n')), "a secret is cut");
            }
        }
        facts::resolve(seen.gathered, &Options::default());
    }
}
