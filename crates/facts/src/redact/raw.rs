//! Secrets that any text may hold, whatever its format: keys in PEM, passwords in addresses, flags and variables.

use model::Span;

use super::{push, push_lines};
use crate::{pki, spelling};

/// Secrets that are known by their own shape: private keys, tokens, passwords in addresses and arguments.
pub(super) fn raw_spans(text: &str, spans: &mut Vec<Span>) {
    for at in places(text, "PRIVATE KEY-----") {
        let start = at + "PRIVATE KEY-----".len();
        let before = &text[..at];
        let begins = before.rfind("-----").is_some_and(|dash| before[dash..].starts_with("-----BEGIN"));
        if begins {
            let end = text[start..].find("-----END").map_or(text.len(), |end| start + end);
            push_lines(text, start, end, spans);
        }
    }
    // Under another label, which Go reads as well.
    for block in pki::blocks(text).iter().filter(|block| !block.label.ends_with("PRIVATE KEY")) {
        if block.holds_private_key() {
            let ending = "-----END -----".len() + block.label.len();
            push_lines(text, (block.start + block.first_line) as usize, block.end as usize - ending, spans);
        }
    }
    // A private key in base64, as definitions of clusters hold them: `-----BEGIN`.
    for at in places(text, "LS0tLS1CRUdJTi") {
        let length = text[at..]
            .bytes()
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
            .count();
        let head = spelling::base64(&text[at..at + (length / 4 * 4).min(60)]);
        if head.is_some_and(|head| head.windows(11).any(|part| part == b"PRIVATE KEY")) {
            push(at, at + length, spans);
        }
    }
    for at in places(text, "eyJ") {
        let token = &text[at..];
        let length =
            token.bytes().take_while(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')).count();
        if length > 40 && token[..length].bytes().filter(|&b| b == b'.').count() == 2 {
            push(at, at + length, spans);
        }
    }
    for at in places(text, "://") {
        let rest = &text[at + 3..];
        let authority = &rest
            [..rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | ',')).unwrap_or(rest.len())];
        if let Some((user, _)) = authority.rsplit_once('@')
            && let Some(colon) = user.find(':')
        {
            push(at + 3 + colon + 1, at + 3 + user.len(), spans);
        }
    }
    for marker in ["password=", "passwd=", "secret=", "token=", "secret-key=", "access-key="] {
        for at in places(text, marker) {
            let start = at + marker.len();
            let rest = &text[start..];
            let length = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']' | '}'))
                .unwrap_or(rest.len());
            // Only as the end of an argument's name: `--etcd-password=…`.
            let line = &text[text[..at].rfind(['\n', ' ', '"', '\'', '[', ',']).map_or(0, |before| before + 1)..at];
            if line.starts_with("--") {
                push(start, start + length, spans);
            }
        }
    }
    // The same, as the next word: `k3s server --token …`; and the key of a VPN within a value.
    for marker in ["token ", "secret-key ", "access-key ", "joinKey="] {
        for at in places(text, marker) {
            let start = at + marker.len();
            let rest = text.get(start..).unwrap_or_default();
            let ends = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ']' | '}');
            let length = rest.find(ends).unwrap_or(rest.len());
            let word = &text[text[..at].rfind([' ', '\n', '"', '\'', '[']).map_or(0, |before| before + 1)..at];
            if (word.starts_with("--") || marker == "joinKey=") && !rest.starts_with(['-', '$', '<', '{']) {
                push(start, start + length, spans);
            }
        }
    }
    // A bootstrap token behind an argument of its name: `kubeadm join --token abcdef.0123456789abcdef`.
    for at in places(text, ".") {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) else { continue };
        let is_letter = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let (left, right) = (
            before.chars().rev().take(8).take_while(is_letter).count(),
            after.chars().take(18).take_while(is_letter).count(),
        );
        if left == 6 && right == 16 {
            let near = before.bytes().rev().take(64).take_while(|byte| *byte != b'\n').count();
            let is_named =
                before.as_bytes().get(at - near..).is_some_and(|line| line.windows(5).any(|w| w == b"token"));
            if !is_named {
                continue;
            }
            push(at - 6, at + 17, spans);
        }
    }
    // Variables of a unit or an environment file. One that holds flags, a path or another variable is none.
    for marker in ["PASSWORD=", "PASSWD=", "SECRET=", "TOKEN=", "API_KEY=", "ACCESS_KEY=", "SECRET_KEY="] {
        for at in places(text, marker) {
            let mut start = at + marker.len();
            let quote = text[start..].chars().next().filter(|c| matches!(c, '"' | '\''));
            start += usize::from(quote.is_some());
            // `Environment="NAME=a b"`: the quote may stand before the name.
            let before = text[..at].trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
            let quote = quote.or_else(|| before.chars().next_back().filter(|c| matches!(c, '"' | '\'')));
            let rest = &text[start..];
            let ends =
                |c: char| quote.map_or(c.is_whitespace() || matches!(c, '"' | '\''), |quote| c == quote || c == '\n');
            let length = rest.find(ends).unwrap_or(rest.len());
            if !rest.starts_with(['-', '/', '$']) {
                push(start, start + length, spans);
            }
        }
    }
}

/// Where a word stands in a text. Most texts have none of them, and all are looked for in each.
fn places<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> + use<'t> {
    memchr::memmem::find_iter(text.as_bytes(), word.as_bytes())
}
