//! Base64 as Go reads it, which YAML's `!!binary` and much of what these files hold are written in.

/// The bytes that standard base64 stands for; line breaks do not count (Go's encoding/base64). `None` where it is none.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    let padding = digits.iter().rev().take_while(|&&byte| byte == b'=').count();
    if !digits.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in &digits[..digits.len() - padding] {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            // Of what was read, the eight bits before those that are still held; the rest was taken before.
            bytes.push(u8::try_from((bits >> held) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_as_go_does() {
        for (text, expected) in
            [("Zm9v", Some("foo")), ("Zm\n8=", Some("fo")), ("Zg==", Some("f")), ("Zg=", None), ("Z-==", None)]
        {
            assert_eq!(base64(text), expected.map(|text| text.as_bytes().to_vec()), "{text}");
        }
    }
}
