//! Writing values so that every reader reads the same.
//!
//! A scalar stays plain only if YAML 1.1 in its widest reading, YAML 1.2 and go-yaml all take it for the same string;
//! otherwise it is quoted, with single quotes where they do. Start at [`quote`].

use std::fmt::Write as _;

use crate::scalar::{Resolved, Style, resolve};

/// A value to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    Text(String),
    Bool(bool),
    Int(i64),
    Null,
    List(Vec<Draft>),
    Map(Vec<(String, Draft)>),
}

impl Draft {
    pub(crate) fn is_empty(&self) -> bool {
        match self {
            Draft::List(items) => items.is_empty(),
            Draft::Map(entries) => entries.is_empty(),
            Draft::Text(_) | Draft::Bool(_) | Draft::Int(_) | Draft::Null => false,
        }
    }
}

impl From<&str> for Draft {
    fn from(text: &str) -> Draft {
        Draft::Text(text.to_owned())
    }
}

impl From<String> for Draft {
    fn from(text: String) -> Draft {
        Draft::Text(text)
    }
}

impl From<bool> for Draft {
    fn from(value: bool) -> Draft {
        Draft::Bool(value)
    }
}

impl From<i64> for Draft {
    fn from(value: i64) -> Draft {
        Draft::Int(value)
    }
}

/// Writes a string as a scalar of one line that is safe in block style: plain if it can be, else quoted.
pub fn quote(text: &str) -> String {
    scalar(text, Style::Plain, false)
}

/// How values are written in one place of a text.
pub(crate) struct Writer<'t> {
    /// Whether the place is within brackets or braces.
    pub(crate) flow: bool,
    /// Whether the whole document may be JSON, so that nothing else than JSON may be written.
    pub(crate) json: bool,
    /// The line break of the neighbourhood.
    pub(crate) ending: &'t str,
}

impl Writer<'_> {
    pub(crate) fn is_plain(&self, text: &str) -> bool {
        !self.json && is_plain(text, self.flow)
    }

    /// On one line.
    pub(crate) fn inline(&self, draft: &Draft, style: Style) -> String {
        self.inline_in(draft, style, self.flow)
    }

    fn inline_in(&self, draft: &Draft, style: Style, flow: bool) -> String {
        let style = if self.json { Style::Double } else { style };
        match draft {
            Draft::Text(text) => scalar(text, style, flow),
            Draft::Bool(value) => value.to_string(),
            Draft::Int(value) => value.to_string(),
            Draft::Null => "null".to_owned(),
            Draft::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.inline_in(item, style, true)).collect();
                format!("[{}]", items.join(", "))
            }
            Draft::Map(entries) => {
                let entry = |(name, value): &(String, Draft)| {
                    format!("{}: {}", scalar(name, style, true), self.inline_in(value, style, true))
                };
                let entries: Vec<String> = entries.iter().map(entry).collect();
                format!("{{{}}}", entries.join(", "))
            }
        }
    }

    /// In block style, beginning in `column`.
    pub(crate) fn block(&self, draft: &Draft, style: Style, column: usize) -> String {
        let lines: Vec<String> = match draft {
            Draft::List(items) if !items.is_empty() => {
                items.iter().map(|item| format!("- {}", self.block(item, style, column + 2))).collect()
            }
            Draft::Map(entries) if !entries.is_empty() => entries
                .iter()
                .map(|(name, value)| {
                    let key = scalar(name, Style::Plain, false);
                    format!("{key}:{}", self.under_key(value, style, column))
                })
                .collect(),
            _ => return self.inline(draft, style),
        };
        lines.join(&format!("{}{}", self.ending, " ".repeat(column)))
    }

    /// What follows the colon of a key in `column`.
    pub(crate) fn under_key(&self, draft: &Draft, style: Style, column: usize) -> String {
        match draft {
            Draft::List(_) | Draft::Map(_) if !draft.is_empty() => {
                let inner = column + 2;
                format!("{}{}{}", self.ending, " ".repeat(inner), self.block(draft, style, inner))
            }
            _ => format!(" {}", self.inline(draft, style)),
        }
    }
}

fn scalar(text: &str, style: Style, flow: bool) -> String {
    match style {
        Style::Plain | Style::Literal | Style::Folded if is_plain(text, flow) => text.to_owned(),
        Style::Double => format!("\"{}\"", escape(text)),
        _ if fits_one_line(text) => format!("'{}'", text.replace('\'', "''")),
        _ => format!("\"{}\"", escape(text)),
    }
}

/// Whether every character stands for itself on a line: no breaks, and nothing invisible but spaces.
pub(crate) fn fits_one_line(text: &str) -> bool {
    !text.chars().any(is_unprintable)
}

fn is_unprintable(character: char) -> bool {
    character.is_control()
        // Line breaks of YAML 1.1, zero-width and bidirectional marks, the byte order mark, and what YAML forbids.
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

/// The text for use between double quotes, in YAML as in JSON.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' => escaped.push_str("\\\""),
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            // Writing to a string cannot fail.
            odd if is_unprintable(odd) => _ = write!(escaped, "\\u{:04x}", u32::from(odd)),
            usual => escaped.push(usual),
        }
    }
    escaped
}

/// Whether the text may stand without quotes and means itself to every reader.
fn is_plain(text: &str, flow: bool) -> bool {
    let mut characters = text.chars();
    let Some(first) = characters.next() else {
        return false;
    };
    let second = characters.next();
    let first_fits = match first {
        '-' => second.is_some_and(|second| !second.is_whitespace() && !",[]{}".contains(second)),
        '?' | ':' | ',' | '[' | ']' | '{' | '}' | '#' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
            false
        }
        _ => true,
    };
    first_fits
        && fits_one_line(text)
        && text.trim() == text
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && !text.starts_with("---")
        && !text.starts_with("...")
        && !(flow && text.contains([',', '[', ']', '{', '}']))
        // Readers differ on a colon before a bracket, within flow collections and on keys.
        && !(flow && text.contains("::"))
        && !could_be_other_than_text(text)
}

/// Whether any reader might take the plain text for something else than a string.
fn could_be_other_than_text(text: &str) -> bool {
    const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "=", "<<"];
    if !matches!(resolve(text), Resolved::Str(_)) || WORDS.iter().any(|word| word.eq_ignore_ascii_case(text)) {
        return true;
    }
    // Numbers of all bases, base 60 and dates included, in whatever syntax.
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let numeric = |byte: u8| byte.is_ascii_hexdigit() || b"+-._:xXoO \tTZz".contains(&byte);
    let begins = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    let special = matches!(text.to_ascii_lowercase().trim_start_matches(['+', '-']), ".inf" | ".nan");
    special || (begins && digits > 0 && text.bytes().all(numeric))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_used_where_readers_differ() {
        for plain in [
            "kube-apiserver",
            "--anonymous-auth=false",
            "--enable-admission-plugins=A,B",
            "-v=4",
            "a: b".split(':').next().unwrap(),
            "registry.k8s.io/kube-apiserver:v1.31.0",
            "/etc/kubernetes/pki/ca.crt",
            "a#b",
            "x y",
            "é",
            "nope",
            "v1",
        ] {
            assert_eq!(quote(plain), plain);
        }
        for quoted in [
            "",
            " ",
            "yes",
            "No",
            "y",
            "ON",
            "tRUE",
            "null",
            "~",
            "12",
            "0x1f",
            "1:20",
            "190:20:30",
            "1e3",
            "1_000",
            "0o7",
            ".5",
            ".inf",
            "2001-12-14",
            "2001-12-14 21:59:43",
            "10.0.0.1",
            "=",
            "<<",
            "- a",
            "-",
            "---",
            "--- a",
            "?",
            "# a",
            "a: b",
            "a #b",
            "a:",
            "&a",
            "*a",
            "!a",
            "|",
            ">",
            "%a",
            "@a",
            "`a",
            "[a]",
            "{a}",
            " a",
            "a ",
            "\"a\"",
            "::",
            ",a",
        ] {
            assert_eq!(quote(quoted), format!("'{quoted}'"));
        }
        assert_eq!(quote("it's: so"), "'it''s: so'");
        assert_eq!(quote("a\nb\t\"\\\u{202e}"), "\"a\\nb\\t\\\"\\\\\\u202e\"");
    }
}
