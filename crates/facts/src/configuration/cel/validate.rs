//! What the server refuses of an expression although its types are right: literals that stand for nothing.
//!
//! It looks for durations, times and patterns that are none (apiserver pkg/cel/environment/base.go, `ASTValidators`,
//! 1.29 to 1.36), for clauses of `format` that do not go with their arguments (cel-go ext/formatting.go), and it converts
//! constants when it makes the program (interpreter/decorators.go, `decOptimize`).

use super::{
    check::Written,
    eval::{self, Fail, Value},
    kind::{Literal, Type},
    syntax::Expression,
};
use crate::golang;

/// The first fault of an expression that is no deeper than the parser lets it be.
pub(super) fn fault(expression: &Expression) -> Option<String> {
    let below = |parts: &[&Expression]| parts.iter().find_map(|part| fault(part));
    match expression {
        Expression::Literal(kind, text) => literal(*kind, text, false),
        Expression::Negative(inner) => match &**inner {
            Expression::Literal(kind, text) => literal(*kind, text, true),
            inner => fault(inner),
        },
        Expression::Name(_) => None,
        Expression::Field(inner, _) | Expression::MaybeField(inner, _) | Expression::Not(inner) => fault(inner),
        Expression::Index(one, other) | Expression::MaybeIndex(one, other) | Expression::Binary(_, one, other) => {
            below(&[one, other])
        }
        Expression::Choice(condition, yes, no) => below(&[condition, yes, no]),
        Expression::Chain(_, items) => items.iter().find_map(fault),
        Expression::List(items) => items.iter().find_map(|(_, item)| fault(item)),
        Expression::Map(entries) => entries.iter().find_map(|(_, key, value)| below(&[key, value])),
        Expression::Call { target, name, arguments } => {
            let inner = target.iter().find_map(|target| fault(target)).or_else(|| arguments.iter().find_map(fault));
            inner.or_else(|| call(target.as_deref(), name, arguments))
        }
    }
}

fn literal(kind: Literal, text: &str, negative: bool) -> Option<String> {
    match (kind, eval::literal(kind, text)) {
        (Literal::Int, Err(_)) if negative && eval::integer(text, true).is_some() => None,
        (Literal::Bytes, _) => {
            let inside = text.trim_start_matches(['b', 'B']);
            let raw = inside.starts_with(['r', 'R']);
            let fault = !raw && inside.contains("\\u") || eval::string(inside).is_none();
            fault.then(|| "bytes have an escape that is none".to_owned())
        }
        (Literal::Text, Err(_)) => Some("a string has an escape that is none".to_owned()),
        (Literal::Double, Ok(Value::Double(number))) if number.is_infinite() => {
            Some(format!("the number `{text}` is too large"))
        }
        (Literal::Int | Literal::Uint | Literal::Double, Err(_)) => Some(format!("the number `{text}` is too large")),
        _ => None,
    }
}

/// The text of a literal.
fn text_of(expression: Option<&Expression>) -> Option<String> {
    match expression {
        Some(Expression::Literal(Literal::Text, text)) => eval::string(text),
        _ => None,
    }
}

fn call(target: Option<&Expression>, name: &str, arguments: &[Expression]) -> Option<String> {
    let first = text_of(arguments.first()).or_else(|| match (target, arguments.first().and_then(constant)) {
        (None, Some(Ok(Value::Text(text)))) if matches!(name, "duration" | "timestamp") => Some(text),
        _ => None,
    });
    match (name, target) {
        ("duration", None) => {
            let text = first.filter(|text| golang::parse_duration(text).is_none())?;
            Some(format!("`{text}` is no duration"))
        }
        ("timestamp", None) => {
            /// The first second of year 1, and the last of year 9999.
            const TIMES: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;
            let number = arguments.first().and_then(constant);
            match (first, number) {
                (Some(text), _) if !golang::is_timestamp(&text) => Some(format!("`{text}` is no timestamp")),
                (None, Some(Ok(Value::Int(seconds)))) if !TIMES.contains(&seconds) => {
                    Some(format!("{seconds} is no timestamp"))
                }
                _ => None,
            }
        }
        // The check takes the first argument for the pattern, also where it is the text.
        ("matches", None) => [first, text_of(arguments.get(1))].into_iter().flatten().find_map(|text| pattern(&text)),
        ("matches" | "find" | "findAll", Some(_)) => first.and_then(|text| pattern(&text)),
        (_, None) if CONVERSIONS.contains(&name) => match (arguments, arguments.first().and_then(constant)) {
            ([_], Some(Ok(value))) => match eval::convert(name, &value) {
                Some(Err(Fail::Error(why))) => Some(format!("`{name}` of a constant: {why}")),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

const CONVERSIONS: [&str; 6] = ["bool", "double", "dyn", "int", "string", "uint"];

/// The value of what the server converts before it asks about any request.
fn constant(expression: &Expression) -> Option<Result<Value, Fail>> {
    match expression {
        Expression::Literal(kind, text) => Some(eval::literal(*kind, text)),
        Expression::Negative(inner) => match &**inner {
            Expression::Literal(Literal::Int, text) => eval::integer(text, true).map(|number| Ok(Value::Int(number))),
            Expression::Literal(Literal::Double, text) => match eval::literal(Literal::Double, text) {
                Ok(Value::Double(number)) => Some(Ok(Value::Double(-number))),
                _ => None,
            },
            _ => None,
        },
        Expression::Call { target: None, name, arguments } if CONVERSIONS.contains(&name.as_str()) => {
            let [argument] = arguments.as_slice() else { return None };
            match constant(argument)? {
                Ok(value) => eval::convert(name, &value),
                fail => Some(fail),
            }
        }
        _ => None,
    }
}

fn pattern(text: &str) -> Option<String> {
    golang::regexp_error(text).map(|fault| format!("the pattern `{text}` is none: {fault}"))
}

/// Why a `format` with this literal text and these arguments is refused.
pub(super) fn formatted(literal: &str, arguments: &[Written]) -> Option<String> {
    let text = eval::string(literal)?;
    let mut rest = text.as_str();
    let mut left = arguments.iter();
    let mut asked = 0;
    while let Some((_, behind)) = rest.split_once('%') {
        if let Some(behind) = behind.strip_prefix('%') {
            rest = behind;
            continue;
        }
        asked += 1;
        let Some(argument) = left.next() else {
            return Some(format!("`format` is given {} things, and its text wants more", arguments.len()));
        };
        let clause = match behind.strip_prefix('.') {
            Some(precision) => {
                let digits = precision.bytes().take_while(u8::is_ascii_digit).count();
                let (digits, behind) = precision.split_at(digits);
                if digits.parse::<i64>().is_err() {
                    return Some("`format` has a precision that is no number".to_owned());
                }
                behind
            }
            None => behind,
        };
        let Some(letter) = clause.chars().next() else { return Some("the text of `format` ends early".to_owned()) };
        let fits = match (letter, &argument.kind) {
            ('s', _) => is_shown(argument),
            ('d' | 'o', Type::Int | Type::Uint | Type::Dyn)
            | ('f' | 'e', Type::Double | Type::Text | Type::Dyn)
            | ('b', Type::Int | Type::Uint | Type::Bool | Type::Dyn)
            | ('x' | 'X', Type::Int | Type::Uint | Type::Text | Type::Bytes | Type::Dyn) => true,
            ('d' | 'o' | 'f' | 'e' | 'b' | 'x' | 'X', _) => false,
            _ => return Some(format!("`format` knows no `%{}`", letter.escape_debug())),
        };
        if !fits {
            return Some(format!("`%{letter}` of `format` does not go with {}", argument.kind.shown()));
        }
        rest = &clause[letter.len_utf8()..];
    }
    (arguments.len() > asked)
        .then(|| format!("`format` is given {} things, and its text wants {asked}", arguments.len()))
}

fn is_shown(argument: &Written) -> bool {
    !matches!(argument.kind, Type::Any | Type::Optional(_) | Type::Named(_) | Type::Object(_))
        && argument.inner.iter().all(is_shown)
}
