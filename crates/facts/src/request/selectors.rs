//! The query of a request, and the selectors in it.
//!
//! A list takes its name from a field selector, unless anything in the query does not parse: then the whole query counts
//! for nothing but `watch` (apiserver pkg/endpoints/request/requestinfo.go, 1.11 to 1.36; apimachinery pkg/fields and
//! pkg/labels). So label selectors and numbers are parsed here only to know whether they do.

use model::Minor;

/// One condition of a selector, as authorization sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: &'static str,
    pub values: Vec<String>,
}

/// What a query says of a list.
#[derive(Debug, Default)]
pub(super) struct ListOptions {
    pub(super) watch: bool,
    pub(super) name: Option<String>,
}

/// Percent-decoded; `None` where an escape is broken or the bytes are no UTF-8.
pub(super) fn unescape(text: &str, plus: bool) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16));
                let (high, low) = (digit()?, digit()?);
                bytes.push(u8::try_from(high * 16 + low).ok()?);
            }
            b'+' if plus => bytes.push(b' '),
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The pairs of a query; those that do not parse are left out, as Go's `URL.Query` does.
pub(super) fn query(text: &str) -> Vec<(String, String)> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty() && !pair.contains(';'));
    pairs
        .filter_map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Some((unescape(name, true)?, unescape(value, true)?))
        })
        .collect()
}

pub(super) fn list_options(query: &[(String, String)], minor: Minor) -> ListOptions {
    let first = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let watch = first("watch").is_some_and(|value| !matches!(value.to_lowercase().as_str(), "false" | "0"));
    // Before, only `watch` was looked at.
    if minor < Minor::new(1, 11) {
        return ListOptions { watch, name: None };
    }
    let numbers = ["timeoutSeconds", "limit"].iter().all(|name| first(name).is_none_or(is_integer));
    let labels = first("labelSelector").is_none_or(|selector| label_requirements(selector).is_some());
    let Some(fields) = field_terms(first("fieldSelector").unwrap_or_default()).filter(|_| numbers && labels) else {
        return ListOptions { watch, name: None };
    };
    let name = fields.into_iter().find(|(field, equal, _)| *equal && field == "metadata.name").map(|(_, _, name)| name);
    // IsPathSegmentName.
    let name = name.filter(|name| !matches!(name.as_str(), "." | "..") && !name.contains(['/', '%']));
    ListOptions { watch, name }
}

/// strconv.ParseInt to base 10 and 64 bits.
fn is_integer(text: &str) -> bool {
    text.parse::<i64>().is_ok()
}

/// Fields, whether they have to be equal, and the value, in the order in which the server looks at them; `None` where the
/// selector does not parse.
fn field_terms(selector: &str) -> Option<Vec<(String, bool, String)>> {
    let mut terms = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, c) in selector.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                terms.push(&selector[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&selector[start..]);
    terms.sort_unstable();
    terms.into_iter().filter(|term| !term.is_empty()).map(field_term).collect()
}

fn field_term(term: &str) -> Option<(String, bool, String)> {
    let (at, operator) = term.char_indices().find_map(|(at, _)| {
        let operator = ["!=", "==", "="].into_iter().find(|operator| term[at..].starts_with(operator))?;
        Some((at, operator))
    })?;
    let mut value = String::new();
    let mut rest = term[at + operator.len()..].chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => value.push(rest.next().filter(|next| matches!(next, '\\' | ',' | '='))?),
            ',' | '=' => return None,
            other => value.push(other),
        }
    }
    Some((term[..at].to_owned(), operator != "!=", value))
}

/// The conditions of a field selector; `None` where it does not parse.
pub fn field_requirements(selector: &str) -> Option<Vec<Requirement>> {
    let terms = field_terms(selector)?.into_iter();
    Some(
        terms
            .map(|(key, equal, value)| {
                let operator = if equal { "In" } else { "NotIn" };
                Requirement { key, operator, values: vec![value] }
            })
            .collect(),
    )
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'t> {
    Word(&'t str),
    Sign(&'static str),
    End,
    Wrong,
}

/// The lexer of apimachinery pkg/labels: signs are the longest that is one.
fn tokens(text: &str) -> Vec<Token<'_>> {
    const SPECIAL: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];
    const SIGNS: [&str; 9] = ["==", "!=", ")", ",", "!", "=", ">", "<", "("];
    let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(blank);
        let Some(first) = rest.chars().next() else {
            tokens.push(Token::End);
            return tokens;
        };
        if SPECIAL.contains(&first) {
            match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
                Some(sign) => {
                    tokens.push(Token::Sign(sign));
                    rest = &rest[sign.len()..];
                }
                None => {
                    tokens.push(Token::Wrong);
                    return tokens;
                }
            }
        } else {
            let end = rest.find(|c| blank(c) || SPECIAL.contains(&c)).unwrap_or(rest.len());
            tokens.push(Token::Word(&rest[..end]));
            rest = &rest[end..];
        }
    }
}

/// The conditions of a label selector, without those on numbers; `None` where it does not parse.
pub fn label_requirements(selector: &str) -> Option<Vec<Requirement>> {
    let tokens = tokens(selector);
    let mut at = 0;
    let mut all = Vec::new();
    let peek = |at: usize| tokens.get(at).copied().unwrap_or(Token::End);
    loop {
        if peek(at) == Token::End {
            return Some(all);
        }
        let not = peek(at) == Token::Sign("!");
        at += usize::from(not);
        let Token::Word(key) = peek(at) else { return None };
        at += 1;
        if !is_label_key(key) {
            return None;
        }
        let mut requirement = |operator, values: Vec<String>| {
            let fine = values.iter().all(|value| is_label_value(value));
            if !operator_is_number(operator) {
                all.push(Requirement { key: key.to_owned(), operator, values });
            }
            fine
        };
        let fine = match peek(at) {
            _ if not => requirement("DoesNotExist", Vec::new()),
            Token::End | Token::Sign(",") => requirement("Exists", Vec::new()),
            Token::Word(word @ ("in" | "notin")) => {
                let values = values(&tokens, &mut at)?;
                !values.is_empty() && requirement(if word == "in" { "In" } else { "NotIn" }, values)
            }
            Token::Sign(sign @ ("=" | "==" | "!=" | ">" | "<")) => {
                at += 1;
                let value = match peek(at) {
                    Token::End | Token::Sign(",") => String::new(),
                    Token::Word(word) => {
                        at += 1;
                        word.to_owned()
                    }
                    _ => return None,
                };
                match sign {
                    ">" | "<" => is_integer(&value) && requirement("Number", vec![value]),
                    "!=" => requirement("NotIn", vec![value]),
                    _ => requirement("In", vec![value]),
                }
            }
            _ => false,
        };
        if !fine {
            return None;
        }
        match peek(at) {
            Token::End => return Some(all),
            Token::Sign(",") => at += 1,
            _ => return None,
        }
        if !matches!(peek(at), Token::Word(_) | Token::Sign("!")) {
            return None;
        }
    }
}

fn operator_is_number(operator: &str) -> bool {
    operator == "Number"
}

/// `parseValues` and `parseIdentifiersList`: a list in parentheses, in which nothing between commas is an empty value.
fn values(tokens: &[Token<'_>], at: &mut usize) -> Option<Vec<String>> {
    let peek = |at: usize| tokens.get(at).copied().unwrap_or(Token::End);
    if peek(*at + 1) != Token::Sign("(") {
        return None;
    }
    *at += 2;
    let mut values = Vec::new();
    if peek(*at) == Token::Sign(")") {
        *at += 1;
        return Some(values);
    }
    loop {
        match peek(*at) {
            Token::Word(word) => {
                values.push(word.to_owned());
                *at += 1;
                if !matches!(peek(*at), Token::Sign("," | ")")) {
                    return None;
                }
            }
            Token::Sign(",") => {
                *at += 1;
                if values.is_empty() || peek(*at) == Token::Sign(")") || peek(*at) == Token::Sign(",") {
                    values.push(String::new());
                }
            }
            Token::Sign(")") => {
                *at += 1;
                return Some(values);
            }
            _ => return None,
        }
    }
}

/// IsQualifiedName of apimachinery pkg/util/validation.
pub(crate) fn is_label_key(key: &str) -> bool {
    let (prefix, name) = match key.split_once('/') {
        Some((prefix, name)) => (Some(prefix), name),
        None => (None, key),
    };
    prefix.is_none_or(crate::configuration::is_subdomain) && !name.is_empty() && is_label_value(name)
}

pub(crate) fn is_label_value(value: &str) -> bool {
    let edge = |b: Option<u8>| b.is_none_or(|b| b.is_ascii_alphanumeric());
    value.len() <= 63
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && edge(value.bytes().next())
        && edge(value.bytes().next_back())
}
