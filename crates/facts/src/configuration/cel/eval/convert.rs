//! From one type to another.

use super::{Evaluated, Value, error};
use crate::golang;

/// The value as one of another type (cel-go common/types, `ConvertToType`); `None` where it is not followed.
pub(in crate::configuration::cel) fn convert(name: &str, value: &Value) -> Option<Evaluated> {
    /// Two to the power of 63 and of 64.
    const SIGNED: f64 = 9_223_372_036_854_775_808.0;
    const UNSIGNED: f64 = 18_446_744_073_709_551_616.0;
    let none = || Some(error("such a value cannot be converted"));
    let number = |value: Option<Value>| Some(value.map_or_else(|| error("the number does not fit"), Ok));
    match (name, value) {
        (_, Value::Optional(_)) => None,
        ("dyn", value)
        | ("string", value @ Value::Text(_))
        | ("bool", value @ Value::Bool(_))
        | ("int", value @ Value::Int(_))
        | ("uint", value @ Value::Uint(_))
        | ("double", value @ Value::Double(_)) => Some(Ok(value.clone())),
        ("string", Value::Int(number)) => Some(Ok(Value::Text(number.to_string()))),
        ("string", Value::Uint(number)) => Some(Ok(Value::Text(number.to_string()))),
        ("string", Value::Bool(truth)) => Some(Ok(Value::Text(truth.to_string()))),
        ("string", Value::Double(held)) => Some(Ok(Value::Text(golang::format_float(*held, &format!("{held:e}"))))),
        ("string", Value::Kind(kind)) => Some(Ok(Value::text(kind))),
        ("string", Value::Address(address)) => Some(Ok(Value::Text(address.to_string()))),
        ("string", Value::Range(range)) => Some(Ok(Value::Text(range.to_string()))),
        ("bool", Value::Text(text)) => Some(match text.as_str() {
            "1" | "t" | "true" | "TRUE" | "True" => Ok(Value::Bool(true)),
            "0" | "f" | "false" | "FALSE" | "False" => Ok(Value::Bool(false)),
            _ => error("a string is no boolean"),
        }),
        ("int", Value::Uint(held)) => number(i64::try_from(*held).ok().map(Value::Int)),
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range was looked at, and the server cuts the rest off"
        )]
        ("int", Value::Double(held)) => {
            number((held.is_finite() && held.abs() < SIGNED).then_some(Value::Int(*held as i64)))
        }
        ("int", Value::Text(text)) => Some(text.parse().map(Value::Int).or_else(|_| error("a string is no number"))),
        ("uint", Value::Int(held)) => number(u64::try_from(*held).ok().map(Value::Uint)),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the range was looked at, and the server cuts the rest off"
        )]
        ("uint", Value::Double(held)) => {
            number((held.is_finite() && *held >= 0.0 && *held < UNSIGNED).then_some(Value::Uint(*held as u64)))
        }
        ("uint", Value::Text(text)) => {
            let digits = text.bytes().all(|b| b.is_ascii_digit());
            Some(match text.parse() {
                Ok(held) if digits => Ok(Value::Uint(held)),
                _ => error("a string is no number"),
            })
        }
        #[expect(clippy::cast_precision_loss, reason = "as the language has it")]
        ("double", Value::Int(held)) => Some(Ok(Value::Double(*held as f64))),
        #[expect(clippy::cast_precision_loss, reason = "as the language has it")]
        ("double", Value::Uint(held)) => Some(Ok(Value::Double(*held as f64))),
        ("double", Value::Text(text)) => Some(
            golang::parse_float(text).map_or_else(|| error("a string is no number"), |held| Ok(Value::Double(held))),
        ),
        ("string" | "bool" | "int" | "uint" | "double", _) => none(),
        _ => None,
    }
}
