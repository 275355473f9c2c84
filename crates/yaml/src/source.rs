//! Scans over source text that the reader and the writer share.
//!
//! All of them know what a line break is and none knows what a document is. Start at [`find_indicator`].

/// The lines of a text with their breaks: `\n`, `\r\n` or a lone `\r`.
pub(crate) fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (line, after) = rest.split_at(line_length(rest));
        rest = after;
        Some(line)
    })
}

/// The length of the first line with its break.
fn line_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    match bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
        None => bytes.len(),
        Some(at) if bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n') => at + 2,
        Some(at) => at + 1,
    }
}

pub(crate) fn without_break(line: &str) -> &str {
    line.trim_end_matches(['\n', '\r'])
}

/// The start of the line that holds `at`; a byte order mark is no part of the first line.
pub(crate) fn line_start(text: &str, at: usize) -> usize {
    match text[..at].rfind(['\n', '\r']) {
        Some(end) => end + 1,
        None if text.starts_with('\u{feff}') && at >= '\u{feff}'.len_utf8() => '\u{feff}'.len_utf8(),
        None => 0,
    }
}

/// The end of the line that holds `at`, before its break.
pub(crate) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find(['\n', '\r']).map_or(text.len(), |end| at + end)
}

/// The line break at `at`, or `""`.
pub(crate) fn line_break(text: &str, at: usize) -> &str {
    let rest = &text[at..];
    ["\r\n", "\n", "\r"].into_iter().find(|ending| rest.starts_with(ending)).unwrap_or_default()
}

/// The first of the `indicators` in a stretch that holds no content, only white space, tags, anchors and comments.
pub(crate) fn find_indicator(text: &str, indicators: &[u8], from: usize, to: usize) -> Option<usize> {
    let bytes = text.get(from..to)?.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let length_until = |ends: &[u8]| bytes[at..].iter().take_while(|byte| !ends.contains(byte)).count();
        match byte {
            _ if indicators.contains(&byte) => return Some(from + at),
            b'#' => at += length_until(b"\r\n"),
            b'&' | b'!' => at += length_until(b" \t\r\n"),
            _ => at += 1,
        }
    }
    None
}

/// A name for use in a message: without control characters, and never long.
pub(crate) fn shorten(name: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = name.chars().take(LONGEST).flat_map(char::escape_debug).collect();
    if name.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}
