//! What is kept of a secret: what kind it is, and how hard it is to guess by its shape.

use model::{Nature, PrivateKey, Strength};

use crate::{pki, placeholder, spelling};

/// The private keys of a text in PEM: where each begins and ends, and what of it is public.
pub(super) fn private_keys(text: &str) -> Vec<(u32, u32, Nature)> {
    if !text.contains("-----BEGIN ") {
        return Vec::new();
    }
    let blocks = pki::blocks(text).into_iter().filter(pki::Block::holds_private_key);
    blocks.map(|block| (block.start, block.end, Nature::PrivateKey(private_key(&block)))).collect()
}

fn private_key(block: &pki::Block<'_>) -> PrivateKey {
    // The lines of a key are 64 digits long, and a word such as `REDACTED` is base64 by chance.
    const LEAST: usize = 40;
    let digits: String = block.body.split_whitespace().collect();
    let digit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let is_word = (5..LEAST).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_alphabetic());
    match spelling::base64(&digits) {
        Some(bytes) if bytes.is_empty() || is_word => PrivateKey::Absent,
        Some(bytes) => pki::private_key(block.label, &bytes)
            .map_or(PrivateKey::Unreadable, |(key, form)| PrivateKey::Read(key, form)),
        None if block.body.lines().any(|line| line.len() >= LEAST && line.bytes().all(digit)) => PrivateKey::Spoilt,
        None => PrivateKey::Absent,
    }
}

/// What kind of secret a text is, where its own shape tells.
pub(super) fn nature(secret: &str) -> Option<Nature> {
    let secret = secret.trim();
    if placeholder(secret).is_some_and(|marker| marker.len() == secret.len()) {
        return Some(Nature::Placeholder(secret.to_owned()));
    }
    // bootstraputil.BootstrapTokenPattern of k8s.io/cluster-bootstrap.
    let word = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    if secret.split_once('.').is_some_and(|(id, rest)| word(id, 6) && word(rest, 16)) {
        return Some(Nature::BootstrapToken);
    }
    if secret.starts_with("eyJ") {
        return signed(secret);
    }
    // `client-key-data`: a key in PEM, once more in base64.
    let pem = secret.starts_with("LS0tLS1CRUdJTi").then(|| spelling::base64(secret)).flatten()?;
    let (_, _, key) = private_keys(&String::from_utf8_lossy(&pem)).into_iter().next()?;
    Some(key)
}

/// For whom a token is, and until when. Of subjects only service accounts are kept: the others are people.
fn signed(token: &str) -> Option<Nature> {
    let payload = token.split('.').nth(1)?;
    let mut digits = payload.replace('-', "+").replace('_', "/");
    digits.push_str(["", "", "==", "="].get(digits.len() % 4).copied().unwrap_or_default());
    let claims: serde_json::Value = serde_json::from_slice(&spelling::base64(&digits)?).ok()?;
    let subject = claims.get("sub").and_then(|subject| subject.as_str());
    let account = subject.filter(|subject| subject.starts_with("system:serviceaccount:") && subject.len() < 512);
    let ends = claims.get("exp").and_then(serde_json::Value::as_i64);
    Some(Nature::SignedToken { subject: account.map(str::to_owned), ends })
}

/// Bytes that standard base64 stands for; `None` for a text that is no base64.
///
/// Line breaks do not count (Go's encoding/base64). In quotes they and a slash may be escaped, and a backslash means
/// nothing else here.
pub(super) fn base64_length(text: &str) -> Option<u32> {
    let text = text.replace("\\n", "").replace("\\r", "").replace("\\/", "/");
    let text = text.trim_matches(['\n', '\r']);
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let plain = body.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    if !plain || text.is_empty() || !text.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    u32::try_from(text.len() / 4 * 3 - padding).ok()
}

/// How hard a secret is to guess, by the shape of the bytes that it stands for.
pub(crate) fn strength(text: &str) -> Strength {
    let text = text.trim();
    if placeholder(text).is_some() || (text.starts_with('<') && text.ends_with('>')) {
        return Strength::Placeholder;
    }
    let decoded = spelling::base64(text);
    let bytes = decoded.as_deref().unwrap_or(text.as_bytes());
    let mut seen = [false; 256];
    bytes.iter().for_each(|byte| seen[usize::from(*byte)] = true);
    let distinct = seen.iter().filter(|seen| **seen).count();
    let steps = || bytes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    let counts_up = steps().next().is_some_and(|first| steps().all(|step| step == first));
    let repeats = (1..=bytes.len() / 2)
        .any(|period| bytes.len().is_multiple_of(period) && bytes.chunks(period).all(|chunk| bytes.starts_with(chunk)));
    if distinct * 8 <= bytes.len() || counts_up || repeats {
        return Strength::Pattern;
    }
    // Of 16 random bytes all are printable once in eight million, of 32 never.
    let printable = bytes.iter().all(|byte| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\n' | b'\r' | b'\t'));
    if printable && bytes.len() >= 8 && decoded.is_some() { Strength::Readable } else { Strength::Plain }
}
