//! Addresses of the web (`net/url`).

/// The scheme of what `net/url.Parse` takes; `None` where it reports an error.
pub(crate) fn parse_url(text: &str) -> Option<&str> {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    if text.bytes().any(|b| b < 0x20 || b == 0x7f) || !escapes_are_whole(fragment) {
        return None;
    }
    let mut scheme = "";
    let mut rest = text;
    for (index, c) in text.char_indices() {
        match c {
            'a'..='z' | 'A'..='Z' => {}
            '0'..='9' | '+' | '-' | '.' if index > 0 => {}
            ':' if index == 0 => return None,
            ':' => {
                (scheme, rest) = (&text[..index], &text[index + 1..]);
                break;
            }
            _ => break,
        }
    }
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    if !rest.starts_with('/') {
        if !scheme.is_empty() {
            return Some(scheme);
        }
        let segment = rest.split('/').next().unwrap_or("");
        return (!segment.contains(':') && escapes_are_whole(rest)).then_some(scheme);
    }
    let mut path = rest;
    if (!scheme.is_empty() || !rest.starts_with("///")) && rest.starts_with("//") {
        let authority = &rest[2..];
        let end = authority.find('/').unwrap_or(authority.len());
        path = &authority[end..];
        if !authority_is_valid(&authority[..end]) {
            return None;
        }
    }
    escapes_are_whole(path).then_some(scheme)
}

fn escapes_are_whole(text: &str) -> bool {
    text.split('%').skip(1).all(|part| {
        let bytes = part.as_bytes();
        bytes.len() >= 2 && bytes[0].is_ascii_hexdigit() && bytes[1].is_ascii_hexdigit()
    })
}

fn authority_is_valid(authority: &str) -> bool {
    let (user, host) = authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
    if let Some(user) = user {
        let plain = user.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(&b));
        if !plain || !escapes_are_whole(user) {
            return false;
        }
    }
    let port =
        |text: &str| text.is_empty() || text.strip_prefix(':').is_some_and(|p| p.bytes().all(|b| b.is_ascii_digit()));
    if let Some(inner) = host.strip_prefix('[') {
        return inner.rsplit_once(']').is_some_and(|(_, rest)| port(rest));
    }
    if let Some(at) = host.rfind(':')
        && !port(&host[at..])
    {
        return false;
    }
    !host.bytes().any(|b| b" \\^`{|}%".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_told_from_what_is_none() {
        for text in
            ["https://kubernetes.default.svc", "a:b c", "system:x", "kubernetes/serviceaccount", "", "//host:1/x"]
        {
            assert!(parse_url(text).is_some(), "{text}");
        }
        for text in ["b,system:x", ":x", "https://a b/", "https://h:port/", "a\u{1}:b", "https://h/%zz", "a b:c"] {
            assert!(parse_url(text).is_none(), "{text}");
        }
        assert_eq!(parse_url("http://x.example.com/jwks"), Some("http"));
    }
}
