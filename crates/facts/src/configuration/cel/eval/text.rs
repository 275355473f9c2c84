//! What is called on strings (cel-go ext/strings.go, whose places count characters; apiserver pkg/cel/library/regex.go).

use regex::{Regex, RegexBuilder};

use super::{Evaluated, Fail, Value, error};

/// How much a text may grow.
const LARGEST: usize = 1 << 20;

pub(super) fn method(text: &str, name: &str, arguments: &[Value]) -> Evaluated {
    let count = text.chars().count();
    let within = |at: i64| usize::try_from(at).ok().filter(|at| *at <= count);
    match (name, arguments) {
        ("startsWith", [Value::Text(part)]) => Ok(Value::Bool(text.starts_with(part.as_str()))),
        ("endsWith", [Value::Text(part)]) => Ok(Value::Bool(text.ends_with(part.as_str()))),
        ("contains", [Value::Text(part)]) => Ok(Value::Bool(text.contains(part.as_str()))),
        ("lowerAscii", []) => Ok(Value::Text(text.to_ascii_lowercase())),
        ("upperAscii", []) => Ok(Value::Text(text.to_ascii_uppercase())),
        ("trim", []) => Ok(Value::text(text.trim())),
        ("replace", [Value::Text(from), Value::Text(to)]) => replaced(text, from, to, -1),
        ("replace", [Value::Text(from), Value::Text(to), Value::Int(most)]) => replaced(text, from, to, *most),
        ("split", [Value::Text(separator)]) => Ok(Value::List(split(text, separator, -1))),
        ("split", [Value::Text(separator), Value::Int(most)]) => Ok(Value::List(split(text, separator, *most))),
        ("indexOf", [Value::Text(part)]) => found(text, part, 0, true),
        ("indexOf", [Value::Text(part), Value::Int(from)]) => found(text, part, *from, true),
        ("lastIndexOf", [Value::Text(part)]) if part.is_empty() => Ok(index(count)),
        ("lastIndexOf", [Value::Text(part)]) if count == 0 => found(text, part, 0, false),
        ("lastIndexOf", [Value::Text(part)]) => found(text, part, i64::try_from(count - 1).unwrap_or(-1), false),
        ("lastIndexOf", [Value::Text(part), Value::Int(from)]) => found(text, part, *from, false),
        ("charAt", [Value::Int(at)]) => match within(*at) {
            Some(at) => Ok(Value::Text(text.chars().skip(at).take(1).collect())),
            None => error("the index is out of range"),
        },
        ("substring", [Value::Int(from)]) => match within(*from) {
            Some(from) => Ok(Value::Text(text.chars().skip(from).collect())),
            None => error("the index is out of range"),
        },
        ("substring", [Value::Int(from), Value::Int(to)]) => match (within(*from), within(*to)) {
            (Some(from), Some(to)) if from <= to => Ok(Value::Text(text.chars().skip(from).take(to - from).collect())),
            _ => error("the index is out of range"),
        },
        _ => Err(Fail::Unknown),
    }
}

fn index(at: usize) -> Value {
    Value::Int(i64::try_from(at).unwrap_or(-1))
}

/// The first place of a part at or behind `from`, or the last at or before it.
fn found(text: &str, part: &str, from: i64, first: bool) -> Evaluated {
    if part.is_empty() {
        return Ok(Value::Int(from));
    }
    let Ok(from) = usize::try_from(from) else { return error("the index is out of range") };
    let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let fits = |at: &usize| places.get(*at).is_some_and(|byte| text[*byte..].starts_with(part));
    let at = match (from < places.len(), first) {
        (false, _) => None,
        (true, true) => (from..places.len()).find(fits),
        (true, false) => (0..=from).rev().find(fits),
    };
    Ok(at.map_or(Value::Int(-1), index))
}

/// `strings.Replace`, of which less than 0 means all.
fn replaced(text: &str, from: &str, to: &str, most: i64) -> Evaluated {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if text.len().saturating_mul(to.len()) > LARGEST {
        return Err(Fail::Unknown);
    }
    Ok(Value::Text(text.replacen(from, to, most)))
}

/// `strings.SplitN`: less than 0 means all.
fn split(text: &str, separator: &str, most: i64) -> Vec<Value> {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    if most == 0 {
        return Vec::new();
    }
    if !separator.is_empty() {
        return text.splitn(most, separator).map(Value::text).collect();
    }
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if parts.len() + 1 == most {
            break;
        }
        let (part, after) = rest.split_at(first.len_utf8());
        parts.push(Value::text(part));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Value::text(rest));
    }
    parts
}

/// What a pattern finds: the first, or up to so many, of which less than 0 means all.
pub(super) fn matched(regex: &Regex, text: &str, name: &str, most: i64) -> Value {
    if name == "find" {
        return Value::text(regex.find(text).map_or("", |found| found.as_str()));
    }
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    Value::List(regex.find_iter(text).take(most).map(|found| Value::text(found.as_str())).collect())
}

/// A pattern of RE2, whose classes know ASCII only; `None` for one that is not followed.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            translated.push(c);
            continue;
        }
        match rest.next()? {
            'd' => translated.push_str("[0-9]"),
            'D' => translated.push_str("[^0-9]"),
            'w' => translated.push_str("[0-9A-Za-z_]"),
            'W' => translated.push_str("[^0-9A-Za-z_]"),
            's' => translated.push_str("[\\t\\n\\f\\r ]"),
            'S' => translated.push_str("[^\\t\\n\\f\\r ]"),
            'b' => translated.push_str("(?-u:\\b)"),
            'Q' | 'E' | 'C' | 'B' => return None,
            other => translated.extend(['\\', other]),
        }
    }
    // Set operations in classes are an invention of the other dialect.
    if ["&&", "--", "~~", "[["].iter().any(|sign| pattern.contains(sign)) {
        return None;
    }
    RegexBuilder::new(&translated).size_limit(LARGEST).dfa_size_limit(LARGEST).nest_limit(100).build().ok()
}
