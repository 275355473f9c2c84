//! Quoted strings (`strconv`) and lists (`encoding/csv`).

/// What stands between the quotes of `strconv.Quote(text)`.
pub(crate) fn quote(text: &str) -> String {
    if text.bytes().all(|b| (b' '..0x7f).contains(&b) && b != b'"' && b != b'\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if u32::from(c) < 0x20 || u32::from(c) == 0x7f => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if printable(c) => out.push(c),
            c if u32::from(c) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out
}

/// Near enough `unicode.IsPrint`: the letter in front keeps Rust from escaping combining marks.
fn printable(c: char) -> bool {
    c.is_ascii() || format!("a{c}").escape_debug().count() == 2
}

/// The text that [`quote`] was given.
pub(crate) fn unquote(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let width = match chars.next() {
            Some('a') => {
                out.push('\u{7}');
                continue;
            }
            Some('b') => {
                out.push('\u{8}');
                continue;
            }
            Some('f') => {
                out.push('\u{c}');
                continue;
            }
            Some('n') => {
                out.push('\n');
                continue;
            }
            Some('r') => {
                out.push('\r');
                continue;
            }
            Some('t') => {
                out.push('\t');
                continue;
            }
            Some('v') => {
                out.push('\u{b}');
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(other) => {
                out.push(other);
                continue;
            }
            None => break,
        };
        let digits: String = chars.by_ref().take(width).collect();
        out.extend(u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32));
    }
    out
}

/// The first record of `encoding/csv`; `None` where Go reports an error.
pub(crate) fn read_csv(text: &str) -> Option<Vec<String>> {
    // Empty lines are no records.
    let text = text.replace("\r\n", "\n");
    // readLine drops a `\r` before the end of the text as it does before the end of a line.
    let text = text.strip_suffix('\r').unwrap_or(&text).trim_start_matches('\n');
    if text.is_empty() {
        return None;
    }
    let mut fields = Vec::new();
    let mut rest = text;
    loop {
        let after = if let Some(quoted) = rest.strip_prefix('"') {
            let mut field = String::new();
            let mut quoted = quoted;
            loop {
                let at = quoted.find('"')?;
                field.push_str(&quoted[..at]);
                quoted = &quoted[at + 1..];
                match quoted.strip_prefix('"') {
                    Some(more) => {
                        field.push('"');
                        quoted = more;
                    }
                    None => break,
                }
            }
            fields.push(field);
            quoted
        } else {
            let end = rest.find([',', '\n']).unwrap_or(rest.len());
            let field = &rest[..end];
            if field.contains('"') {
                return None;
            }
            fields.push(field.to_owned());
            &rest[end..]
        };
        match after.chars().next() {
            None | Some('\n') => return Some(fields),
            Some(',') => rest = &after[1..],
            Some(_) => return None,
        }
    }
}

/// One record as `encoding/csv` writes it, without its line end.
pub(crate) fn write_csv<'a>(fields: impl IntoIterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for (index, field) in fields.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let quoted = field == "\\."
            || field.contains([',', '"', '\r', '\n'])
            || field.chars().next().is_some_and(char::is_whitespace);
        if quoted {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(field);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_and_print_as_csv() {
        assert_eq!(read_csv("a,b"), Some(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(read_csv("\"b,a\",c"), Some(vec!["b,a".to_owned(), "c".to_owned()]));
        assert_eq!(read_csv("a,"), Some(vec!["a".to_owned(), String::new()]));
        assert_eq!(read_csv("a\nb"), Some(vec!["a".to_owned()]));
        assert_eq!(read_csv("a\r"), Some(vec!["a".to_owned()]));
        assert_eq!(read_csv("a\"b"), None);
        assert_eq!(read_csv("\"a"), None);
        assert_eq!(read_csv("\"a\"b"), None);
        assert_eq!(write_csv(["a", " b", "c,d", "\"e\""]), "a,\" b\",\"c,d\",\"\"\"e\"\"\"");
    }

    #[test]
    fn quoting_goes_both_ways() {
        for text in ["plain", "a\"b", "a\\b", "\u{1b}[0m", "tab\t", "\u{202e}x", "\u{e9}", "\u{1f600}", "\u{a0}"] {
            assert_eq!(unquote(&quote(text)), text);
        }
        assert_eq!(quote("\u{1b}"), "\\x1b");
        assert_eq!(quote("\u{202e}"), "\\u202e");
    }
}
