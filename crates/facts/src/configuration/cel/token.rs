//! The words and signs of an expression.

use super::kind::Literal;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Name(String),
    /// A number or a string as it is written.
    Literal(Literal, String),
    Sign(&'static str),
    End,
}

impl Token {
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Name(name) => format!("`{name}`"),
            Self::Literal(Literal::Text | Literal::Bytes, _) => "a string".to_owned(),
            Self::Literal(..) => "a number".to_owned(),
            Self::Sign(sign) => format!("`{sign}`"),
            Self::End => "its end".to_owned(),
        }
    }
}

/// Longer ones first.
pub(super) const SIGNS: [&str; 26] = [
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "?", ":", "+", "-", "*", "/", "%", ".", ",", "(", ")", "[", "]",
    "{", "}", "=", "|",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', '\r', '\n', '\u{c}']);
        if let Some(comment) = rest.strip_prefix("//") {
            rest = comment.find('\n').map_or("", |end| &comment[end..]);
            continue;
        }
        let Some(first) = rest.chars().next() else {
            tokens.push(Token::End);
            return Ok(tokens);
        };
        if let Some((bytes, length)) = string(rest)? {
            let (written, behind) = rest.split_at_checked(length).unwrap_or((rest, ""));
            tokens.push(Token::Literal(if bytes { Literal::Bytes } else { Literal::Text }, written.to_owned()));
            rest = behind;
        } else if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            tokens.push(Token::Name(rest[..length].to_owned()));
            rest = &rest[length..];
        } else if first.is_ascii_digit() || (first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit())) {
            let (kind, length) = number(rest);
            tokens.push(Token::Literal(kind, rest[..length].to_owned()));
            rest = &rest[length..];
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            if matches!(*sign, "=" | "|") {
                return Err(format!("`{sign}` means nothing; write it twice"));
            }
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            return Err(format!("`{}` means nothing there", first.escape_debug()));
        }
    }
}

/// Whether a string at the start is one of bytes, and how long it is; `None` where there is none.
pub(super) fn string(text: &str) -> Result<Option<(bool, usize)>, String> {
    let behind = text.strip_prefix(['b', 'B']);
    let bytes = behind.is_some();
    let raw = behind.unwrap_or(text).strip_prefix(['r', 'R']);
    let quoted = raw.or(behind).unwrap_or(text);
    let (prefix, raw) = (text.len() - quoted.len(), raw.is_some());
    let Some(quote) = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quoted.starts_with(quote)) else {
        return Ok(None);
    };
    let inside = &quoted[quote.len()..];
    let mut skip = false;
    for (at, c) in inside.char_indices() {
        if skip {
            skip = false;
        } else if c == '\\' && !raw {
            skip = true;
        } else if inside[at..].starts_with(quote) {
            return Ok(Some((bytes, prefix + quote.len() + at + quote.len())));
        } else if matches!(c, '\n' | '\r') && quote.len() == 1 {
            break;
        }
    }
    Err("a string is not closed".to_owned())
}

pub(super) fn number(text: &str) -> (Literal, usize) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    if let Some(hex) = text.strip_prefix("0x").filter(|hex| hex.starts_with(|c: char| c.is_ascii_hexdigit())) {
        let length = 2 + hex.bytes().take_while(u8::is_ascii_hexdigit).count();
        let unsigned = text[length..].starts_with(['u', 'U']);
        return if unsigned { (Literal::Uint, length + 1) } else { (Literal::Int, length) };
    }
    let mut length = digits(text);
    let mut kind = Literal::Int;
    if text[length..].starts_with('.') && digits(&text[length + 1..]) > 0 {
        length += 1 + digits(&text[length + 1..]);
        kind = Literal::Double;
    }
    if text[length..].starts_with(['e', 'E']) {
        let sign = usize::from(text[length + 1..].starts_with(['+', '-']));
        let exponent = digits(&text[length + 1 + sign..]);
        if exponent > 0 {
            length += 1 + sign + exponent;
            kind = Literal::Double;
        }
    }
    if kind == Literal::Int && text[length..].starts_with(['u', 'U']) {
        return (Literal::Uint, length + 1);
    }
    (kind, length)
}
