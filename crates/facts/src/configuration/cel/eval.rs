//! What an expression says of a request.
//!
//! The rules are the language's (cel-spec, doc/langdef.md) and those of the server's libraries for strings, sets and
//! optional values (kubernetes.io/docs/reference/using-api/cel). An operand that fails is absorbed by `false && …` and
//! `true || …`, on either side. What is not followed here, such as quantities and addresses, is [`Fail::Unknown`]: it is
//! absorbed likewise and never guessed. Work, depth and memory are bounded.
//!
//! Start at [`Condition`].

use std::{cell::RefCell, collections::BTreeMap};

use regex::{Regex, RegexBuilder};

use crate::golang;

use super::{
    kind::Literal,
    syntax::{Expression, parse},
};

/// A value of the language, as far as conditions get to see one.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::configuration) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    Text(String),
    List(Vec<Value>),
    /// Its keys are strings, numbers or booleans.
    Map(Vec<(Value, Value)>),
    Optional(Option<Box<Value>>),
}

impl Value {
    pub(in crate::configuration) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(in crate::configuration) fn texts(texts: &[String]) -> Self {
        Self::List(texts.iter().map(|text| Self::text(text)).collect())
    }

    pub(in crate::configuration) fn object(fields: Vec<(&str, Self)>) -> Self {
        Self::Map(fields.into_iter().map(|(name, value)| (Self::text(name), value)).collect())
    }

    fn get(&self, key: &Self) -> Option<&Self> {
        match self {
            Self::Map(entries) => entries.iter().find(|(known, _)| equal(known, key)).map(|(_, value)| value),
            _ => None,
        }
    }

    /// About how much memory it takes, in items.
    fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 1 + text.len() / 16,
            Self::List(items) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Map(entries) => 1 + entries.iter().map(|(key, value)| key.weight() + value.weight()).sum::<usize>(),
            Self::Optional(Some(inner)) => 1 + inner.weight(),
            _ => 1,
        }
    }
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::configuration) enum Fail {
    /// The server could not evaluate it either.
    Error(String),
    /// It is not followed here.
    Unknown,
}

type Evaluated = Result<Value, Fail>;

fn error<T>(message: impl Into<String>) -> Result<T, Fail> {
    Err(Fail::Error(message.into()))
}

/// An expression that compiles, ready to be asked.
#[derive(Debug)]
pub(in crate::configuration) struct Condition {
    /// `None` where it is not followed.
    parsed: Option<Expression>,
    patterns: RefCell<BTreeMap<String, Option<Regex>>>,
}

impl Condition {
    pub(in crate::configuration) fn new(expression: &str) -> Self {
        Self { parsed: parse(expression).ok(), patterns: RefCell::default() }
    }

    /// Whether it holds, with the variable of that name.
    pub(in crate::configuration) fn holds(&self, name: &str, value: &Value) -> Result<bool, Fail> {
        match self.value(name, value)? {
            Value::Bool(truth) => Ok(truth),
            _ => error("the result is no boolean"),
        }
    }

    /// What it comes to, with the variable of that name.
    pub(in crate::configuration) fn value(&self, name: &str, value: &Value) -> Result<Value, Fail> {
        let parsed = self.parsed.as_ref().ok_or(Fail::Unknown)?;
        let mut run = Run { bound: vec![(name.to_owned(), value.clone())], left: BUDGET, patterns: &self.patterns };
        run.of(parsed)
    }
}

/// Steps, each about a call or an item of a list; the server has a limit of its own for what an evaluation may cost.
const BUDGET: usize = 1_000_000;

struct Run<'p> {
    bound: Vec<(String, Value)>,
    left: usize,
    patterns: &'p RefCell<BTreeMap<String, Option<Regex>>>,
}

impl Run<'_> {
    fn pay(&mut self, steps: usize) -> Result<(), Fail> {
        self.left = self.left.checked_sub(steps + 1).ok_or(Fail::Unknown)?;
        Ok(())
    }

    fn of(&mut self, expression: &Expression) -> Evaluated {
        self.pay(0)?;
        match expression {
            Expression::Literal(kind, text) => literal(*kind, text),
            Expression::Name(_) | Expression::Field(..) if self.seen(expression).is_some() => {
                let value = self.seen(expression).cloned().ok_or(Fail::Unknown)?;
                self.pay(value.weight())?;
                Ok(value)
            }
            Expression::Name(_) => Err(Fail::Unknown),
            Expression::Field(inner, field) => {
                let inner = self.of(inner)?;
                select(&inner, &Value::text(field), false)
            }
            Expression::MaybeField(inner, field) => {
                let inner = self.of(inner)?;
                select(&inner, &Value::text(field), true)
            }
            Expression::Index(inner, index) => {
                let inner = self.of(inner)?;
                let index = self.of(index)?;
                select(&inner, &index, false)
            }
            Expression::MaybeIndex(inner, index) => {
                let inner = self.of(inner)?;
                let index = self.of(index)?;
                select(&inner, &index, true)
            }
            Expression::List(items) => {
                let mut made = Vec::with_capacity(items.len());
                for (maybe, item) in items {
                    match self.of(item)? {
                        Value::Optional(inner) if *maybe => made.extend(inner.map(|inner| *inner)),
                        value => made.push(value),
                    }
                }
                Ok(Value::List(made))
            }
            Expression::Map(parts) => {
                let mut entries: Vec<(Value, Value)> = Vec::new();
                for (maybe, key, value) in parts {
                    let (key, value) = (self.of(key)?, self.of(value)?);
                    if entries.iter().any(|(known, _)| equal(known, &key)) {
                        return error("a key is given twice");
                    }
                    self.pay(entries.len())?;
                    match value {
                        Value::Optional(inner) if *maybe => entries.extend(inner.map(|inner| (key, *inner))),
                        value => entries.push((key, value)),
                    }
                }
                Ok(Value::Map(entries))
            }
            Expression::Not(inner) => match self.of(inner)? {
                Value::Bool(truth) => Ok(Value::Bool(!truth)),
                _ => error("`!` is asked of no boolean"),
            },
            Expression::Negative(inner) => self.negative(inner),
            Expression::Choice(condition, yes, no) => match self.of(condition)? {
                Value::Bool(true) => self.of(yes),
                Value::Bool(false) => self.of(no),
                _ => error("a condition is no boolean"),
            },
            Expression::Chain(sign, items) => {
                let mut verdicts = Vec::with_capacity(items.len());
                for item in items {
                    let verdict = self.truth(item);
                    // What decides ends it, as it does for the server.
                    if verdict == Ok(*sign == "||") {
                        return verdict.map(Value::Bool);
                    }
                    verdicts.push(verdict);
                }
                absorbed(verdicts, *sign == "||").map(Value::Bool)
            }
            Expression::Binary(sign, left, right) => {
                let (left, right) = (self.of(left)?, self.of(right)?);
                self.pay(left.weight() + right.weight())?;
                binary(sign, left, right)
            }
            Expression::Call { target, name, arguments } => self.call(target.as_deref(), name, arguments),
        }
    }

    /// The value of a name or of fields of one, where it lies: a request is not copied for one of its fields.
    fn seen(&self, expression: &Expression) -> Option<&Value> {
        match expression {
            Expression::Name(name) => self.bound.iter().rev().find(|(bound, _)| bound == name).map(|(_, value)| value),
            Expression::Field(inner, field) => match self.seen(inner)? {
                Value::Map(entries) => entries
                    .iter()
                    .find(|(key, _)| matches!(key, Value::Text(key) if key == field))
                    .map(|(_, value)| value),
                _ => None,
            },
            _ => None,
        }
    }

    fn truth(&mut self, expression: &Expression) -> Result<bool, Fail> {
        match self.of(expression)? {
            Value::Bool(truth) => Ok(truth),
            _ => error("something that is no boolean stands where only one can"),
        }
    }

    fn negative(&mut self, inner: &Expression) -> Evaluated {
        if let Expression::Literal(Literal::Int, text) = inner {
            return integer(text, true).map(Value::Int).map_or_else(|| error("a number is too large"), Ok);
        }
        match self.of(inner)? {
            Value::Int(number) => number.checked_neg().map(Value::Int).map_or_else(|| error("overflow"), Ok),
            Value::Double(number) => Ok(Value::Double(-number)),
            _ => error("`-` is asked of no number"),
        }
    }

    fn call(&mut self, target: Option<&Expression>, name: &str, arguments: &[Expression]) -> Evaluated {
        let Some(target) = target else { return self.function(name, arguments) };
        // Names before a dot that are part of a function's name.
        if let Expression::Name(space) = target
            && !self.bound.iter().any(|(bound, _)| bound == space)
        {
            return self.in_space(space, name, arguments);
        }
        let receiver = self.of(target)?;
        match (name, arguments) {
            (
                "all" | "exists" | "exists_one" | "existsOne" | "filter" | "map",
                [Expression::Name(bound), rest @ .., last],
            ) if rest.len() <= 1 => {
                return self.each(name, &receiver, bound, rest.first(), last);
            }
            ("orValue" | "or", [other]) => {
                return match receiver {
                    Value::Optional(Some(inner)) if name == "orValue" => Ok(*inner),
                    Value::Optional(Some(inner)) => Ok(Value::Optional(Some(inner))),
                    Value::Optional(None) => self.of(other),
                    _ => Err(Fail::Unknown),
                };
            }
            ("optMap" | "optFlatMap", [Expression::Name(bound), body]) => {
                let Value::Optional(inner) = receiver else { return Err(Fail::Unknown) };
                let Some(inner) = inner else { return Ok(Value::Optional(None)) };
                let value = self.with(bound, *inner, body)?;
                return Ok(if name == "optMap" { Value::Optional(Some(Box::new(value))) } else { value });
            }
            _ => {}
        }
        let arguments = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        self.pay(receiver.weight() + arguments.iter().map(Value::weight).sum::<usize>())?;
        self.method(&receiver, name, &arguments)
    }

    fn with(&mut self, name: &str, value: Value, body: &Expression) -> Evaluated {
        self.bound.push((name.to_owned(), value));
        let result = self.of(body);
        self.bound.pop();
        result
    }

    /// The macros over lists and the keys of maps.
    fn each(
        &mut self,
        name: &str,
        receiver: &Value,
        bound: &str,
        filter: Option<&Expression>,
        body: &Expression,
    ) -> Evaluated {
        let items: Vec<Value> = match receiver {
            Value::List(items) => items.clone(),
            Value::Map(entries) => entries.iter().map(|(key, _)| key.clone()).collect(),
            _ => return error("a macro is asked of no list and no map"),
        };
        if filter.is_some() && name != "map" {
            return Err(Fail::Unknown);
        }
        let mut verdicts = Vec::new();
        let mut made = Vec::new();
        for item in items {
            self.pay(item.weight())?;
            if name == "map" {
                if let Some(filter) = filter {
                    match self.with(bound, item.clone(), filter)? {
                        Value::Bool(true) => {}
                        Value::Bool(false) => continue,
                        _ => return error("a condition is no boolean"),
                    }
                }
                made.push(self.with(bound, item, body)?);
                continue;
            }
            let verdict = match self.with(bound, item.clone(), body) {
                Ok(Value::Bool(truth)) => Ok(truth),
                Ok(_) => error("a condition is no boolean"),
                Err(fail) => Err(fail),
            };
            match name {
                "all" if verdict == Ok(false) => return Ok(Value::Bool(false)),
                "exists" if verdict == Ok(true) => return Ok(Value::Bool(true)),
                "all" | "exists" => verdicts.push(verdict),
                // Neither these nor exists_one absorb anything.
                _ if !verdict? => {}
                "filter" => made.push(item),
                _ => made.push(Value::Null),
            }
        }
        match name {
            "all" => absorbed(verdicts, false).map(Value::Bool),
            "exists" => absorbed(verdicts, true).map(Value::Bool),
            "exists_one" | "existsOne" => Ok(Value::Bool(made.len() == 1)),
            _ => Ok(Value::List(made)),
        }
    }

    fn function(&mut self, name: &str, arguments: &[Expression]) -> Evaluated {
        if name == "has" {
            let [Expression::Field(inner, field)] = arguments else { return Err(Fail::Unknown) };
            if let Some(Value::Map(entries)) = self.seen(inner) {
                let named = |(key, _): &(Value, Value)| matches!(key, Value::Text(key) if key == field);
                return Ok(Value::Bool(entries.iter().any(named)));
            }
            let inner = self.of(inner)?;
            return match &inner {
                Value::Map(_) => Ok(Value::Bool(inner.get(&Value::text(field)).is_some())),
                Value::Optional(Some(inner)) => Ok(Value::Bool(inner.get(&Value::text(field)).is_some())),
                Value::Optional(None) => Ok(Value::Bool(false)),
                _ => error("`has` is asked of something that has no fields"),
            };
        }
        let values = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        self.pay(values.iter().map(Value::weight).sum::<usize>())?;
        match (name, values.as_slice()) {
            ("size", [value]) => size(value),
            ("matches", [text, pattern]) => self.matches(text, pattern),
            (name, [value]) => convert(name, value).unwrap_or(Err(Fail::Unknown)),
            _ => Err(Fail::Unknown),
        }
    }

    fn in_space(&mut self, space: &str, name: &str, arguments: &[Expression]) -> Evaluated {
        if let ("cel", "bind", [Expression::Name(bound), value, body]) = (space, name, arguments) {
            let value = self.of(value)?;
            return self.with(bound, value, body);
        }
        let values = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        match (space, name, values.as_slice()) {
            ("optional", "none", []) => Ok(Value::Optional(None)),
            ("optional", "of", [value]) => Ok(Value::Optional(Some(Box::new(value.clone())))),
            ("optional", "ofNonZeroValue", [value]) => {
                let zero = matches!(value, Value::Null | Value::Bool(false) | Value::Int(0) | Value::Uint(0))
                    || size(value) == Ok(Value::Int(0));
                Ok(Value::Optional((!zero).then(|| Box::new(value.clone()))))
            }
            ("sets", _, [Value::List(one), Value::List(other)]) => {
                self.pay(one.len().saturating_mul(other.len()))?;
                let within =
                    |all: &[Value], some: &[Value]| some.iter().all(|item| all.iter().any(|known| equal(known, item)));
                match name {
                    "contains" => Ok(Value::Bool(within(one, other))),
                    "equivalent" => Ok(Value::Bool(within(one, other) && within(other, one))),
                    "intersects" => {
                        Ok(Value::Bool(one.iter().any(|item| other.iter().any(|known| equal(known, item)))))
                    }
                    _ => Err(Fail::Unknown),
                }
            }
            _ => Err(Fail::Unknown),
        }
    }

    fn method(&mut self, receiver: &Value, name: &str, arguments: &[Value]) -> Evaluated {
        match (receiver, name, arguments) {
            (_, "size", []) => size(receiver),
            (Value::Optional(inner), "hasValue", []) => Ok(Value::Bool(inner.is_some())),
            (Value::Optional(inner), "value", []) => {
                inner.as_deref().cloned().map_or_else(|| error("an optional value is not there"), Ok)
            }
            (_, "matches", [pattern]) => self.matches(receiver, pattern),
            (Value::Text(text), _, _) => text_method(text, name, arguments),
            (Value::List(items), "join", rest) => {
                let separator = match rest {
                    [] => "",
                    [Value::Text(separator)] => separator,
                    _ => return Err(Fail::Unknown),
                };
                let texts = items.iter().map(|item| match item {
                    Value::Text(text) => Ok(text.as_str()),
                    _ => Err(Fail::Unknown),
                });
                Ok(Value::Text(texts.collect::<Result<Vec<_>, _>>()?.join(separator)))
            }
            (Value::List(items), "indexOf" | "lastIndexOf", [wanted]) => {
                let fits = |item: &Value| equal(item, wanted);
                let at = if name == "indexOf" { items.iter().position(fits) } else { items.iter().rposition(fits) };
                Ok(Value::Int(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
            }
            _ => Err(Fail::Unknown),
        }
    }

    fn matches(&mut self, text: &Value, pattern: &Value) -> Evaluated {
        /// Patterns that are kept; more come only from patterns that are made of a request.
        const KEPT: usize = 64;
        let (Value::Text(text), Value::Text(pattern)) = (text, pattern) else {
            return error("`matches` is asked of no string");
        };
        self.pay(text.len() + pattern.len())?;
        let mut patterns = self.patterns.borrow_mut();
        if patterns.len() >= KEPT && !patterns.contains_key(pattern) {
            patterns.clear();
        }
        let compiled = patterns.entry(pattern.clone()).or_insert_with(|| compile(pattern));
        compiled.as_ref().map(|regex| Value::Bool(regex.is_match(text))).ok_or(Fail::Unknown)
    }
}

/// The value as one of another type (cel-go common/types, `ConvertToType`); `None` where it is not followed.
pub(super) fn convert(name: &str, value: &Value) -> Option<Evaluated> {
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
        ("string", Value::Double(_)) => None,
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

/// A chain in which nothing decided: what fails or is unknown leaves it open.
fn absorbed(verdicts: Vec<Result<bool, Fail>>, decides: bool) -> Result<bool, Fail> {
    let mut failed = None;
    for verdict in verdicts {
        match verdict {
            Ok(_) => {}
            Err(Fail::Unknown) => return Err(Fail::Unknown),
            Err(fail) => failed = failed.or(Some(fail)),
        }
    }
    failed.map_or(Ok(!decides), Err)
}

/// Field and index; of an optional value, or with `maybe`, what is not there is no error.
fn select(inner: &Value, key: &Value, maybe: bool) -> Evaluated {
    match inner {
        Value::Optional(None) => Ok(Value::Optional(None)),
        Value::Optional(Some(inner)) => select(inner, key, true),
        _ => {
            let found = match (inner, key) {
                (Value::Map(_), _) => inner.get(key).cloned(),
                (Value::List(items), Value::Int(index)) => {
                    usize::try_from(*index).ok().and_then(|index| items.get(index)).cloned()
                }
                (Value::List(items), Value::Uint(index)) => {
                    usize::try_from(*index).ok().and_then(|index| items.get(index)).cloned()
                }
                (Value::List(_), Value::Double(_)) => return Err(Fail::Unknown),
                _ => return error("a field or an index is asked of something that has none"),
            };
            match found {
                found if maybe => Ok(Value::Optional(found.map(Box::new))),
                Some(found) => Ok(found),
                None => match key {
                    Value::Text(name) => error(format!("no such key: {}", crate::configuration::decode::shown(name))),
                    _ => error("the index is out of range"),
                },
            }
        }
    }
}

fn size(value: &Value) -> Evaluated {
    let size = match value {
        Value::Text(text) => text.chars().count(),
        Value::List(items) => items.len(),
        Value::Map(entries) => entries.len(),
        _ => return Err(Fail::Unknown),
    };
    i64::try_from(size).map(Value::Int).map_err(|_| Fail::Unknown)
}

/// Equality of the language: numbers of different types are equal where their values are.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Int(a), Value::Uint(b)) | (Value::Uint(b), Value::Int(a)) => u64::try_from(*a) == Ok(*b),
        (Value::Int(a), Value::Double(b)) | (Value::Double(b), Value::Int(a)) => *a as f64 == *b,
        (Value::Uint(a), Value::Double(b)) | (Value::Double(b), Value::Uint(a)) => *a as f64 == *b,
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Map(a), Value::Map(_)) => {
            size(one) == size(other)
                && a.iter().all(|(key, value)| other.get(key).is_some_and(|found| equal(value, found)))
        }
        _ => one == other,
    }
}

fn binary(sign: &str, left: Value, right: Value) -> Evaluated {
    let overflow = |value: Option<Value>| value.map_or_else(|| error("a number is too large, or divided by 0"), Ok);
    match (sign, left, right) {
        ("==", left, right) => Ok(Value::Bool(equal(&left, &right))),
        ("!=", left, right) => Ok(Value::Bool(!equal(&left, &right))),
        ("in", item, Value::List(items)) => Ok(Value::Bool(items.iter().any(|known| equal(known, &item)))),
        ("in", key, map @ Value::Map(_)) => Ok(Value::Bool(map.get(&key).is_some())),
        ("<" | "<=" | ">" | ">=", left, right) => {
            let order = match (&left, &right) {
                (Value::Int(a), Value::Int(b)) => Some(a.cmp(b)),
                (Value::Uint(a), Value::Uint(b)) => Some(a.cmp(b)),
                (Value::Int(a), Value::Uint(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
                (Value::Uint(a), Value::Int(b)) => Some(i128::from(*a).cmp(&i128::from(*b))),
                (Value::Double(a), Value::Double(b)) => match a.partial_cmp(b) {
                    None => return Ok(Value::Bool(false)),
                    order => order,
                },
                (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
                (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
                _ => None,
            };
            let order = order.ok_or(Fail::Unknown)?;
            Ok(Value::Bool(match sign {
                "<" => order.is_lt(),
                "<=" => order.is_le(),
                ">" => order.is_gt(),
                _ => order.is_ge(),
            }))
        }
        ("+", Value::Text(a), Value::Text(b)) => Ok(Value::Text(a + &b)),
        ("+", Value::List(mut a), Value::List(b)) => {
            a.extend(b);
            Ok(Value::List(a))
        }
        (_, Value::Int(a), Value::Int(b)) => overflow(
            match sign {
                "+" => a.checked_add(b),
                "-" => a.checked_sub(b),
                "*" => a.checked_mul(b),
                "/" => a.checked_div(b),
                _ => a.checked_rem(b),
            }
            .map(Value::Int),
        ),
        (_, Value::Uint(a), Value::Uint(b)) => overflow(
            match sign {
                "+" => a.checked_add(b),
                "-" => a.checked_sub(b),
                "*" => a.checked_mul(b),
                "/" => a.checked_div(b),
                _ => a.checked_rem(b),
            }
            .map(Value::Uint),
        ),
        (_, Value::Double(a), Value::Double(b)) => match sign {
            "+" => Ok(Value::Double(a + b)),
            "-" => Ok(Value::Double(a - b)),
            "*" => Ok(Value::Double(a * b)),
            "/" => Ok(Value::Double(a / b)),
            _ => Err(Fail::Unknown),
        },
        _ => Err(Fail::Unknown),
    }
}

/// The methods of strings (cel-go ext/strings.go), whose places count characters.
fn text_method(text: &str, name: &str, arguments: &[Value]) -> Evaluated {
    let place = |at: Option<usize>| {
        let at = at.map(|at| text[..at].chars().count());
        Ok(Value::Int(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1)))
    };
    let count = text.chars().count();
    let within = |at: i64| usize::try_from(at).ok().filter(|at| *at <= count);
    match (name, arguments) {
        ("startsWith", [Value::Text(part)]) => Ok(Value::Bool(text.starts_with(part.as_str()))),
        ("endsWith", [Value::Text(part)]) => Ok(Value::Bool(text.ends_with(part.as_str()))),
        ("contains", [Value::Text(part)]) => Ok(Value::Bool(text.contains(part.as_str()))),
        ("lowerAscii", []) => Ok(Value::Text(text.to_ascii_lowercase())),
        ("upperAscii", []) => Ok(Value::Text(text.to_ascii_uppercase())),
        ("trim", []) => Ok(Value::text(text.trim())),
        ("replace", [Value::Text(from), Value::Text(to)]) if !from.is_empty() => {
            if text.len().saturating_mul(to.len()) > 1 << 20 {
                return Err(Fail::Unknown);
            }
            Ok(Value::Text(text.replace(from.as_str(), to)))
        }
        ("split", [Value::Text(separator)]) if !separator.is_empty() => {
            Ok(Value::List(text.split(separator.as_str()).map(Value::text).collect()))
        }
        ("indexOf", [Value::Text(part)]) => place(text.find(part.as_str())),
        ("lastIndexOf", [Value::Text(part)]) => place(text.rfind(part.as_str())),
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

/// A pattern of RE2, whose classes know ASCII only; `None` for one that is not followed.
fn compile(pattern: &str) -> Option<Regex> {
    const LARGEST: usize = 1 << 20;
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

pub(super) fn literal(kind: Literal, text: &str) -> Evaluated {
    let number = |value: Option<Value>| value.map_or_else(|| error("a number is too large"), Ok);
    match kind {
        Literal::Bool => Ok(Value::Bool(text == "true")),
        Literal::Null => Ok(Value::Null),
        Literal::Int => number(integer(text, false).map(Value::Int)),
        Literal::Uint => {
            let digits = text.trim_end_matches(['u', 'U']);
            let parsed = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
                Some(hex) => u64::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            number(parsed.ok().map(Value::Uint))
        }
        Literal::Double => number(text.parse().ok().map(Value::Double)),
        Literal::Text => string(text).map(Value::Text).ok_or(Fail::Unknown),
        _ => Err(Fail::Unknown),
    }
}

pub(super) fn integer(text: &str, negative: bool) -> Option<i64> {
    let sign = if negative { -1 } else { 1 };
    let magnitude = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i128::from_str_radix(hex, 16),
        None => text.parse::<i128>(),
    };
    i64::try_from(magnitude.ok()? * sign).ok()
}

/// What a string stands for; its quotes and prefix are still there.
pub(super) fn string(written: &str) -> Option<String> {
    let quoted = written.trim_start_matches(['r', 'R']);
    let raw = quoted.len() < written.len();
    let quote = ["\"\"\"", "'''", "\"", "'"].into_iter().find(|quote| quoted.starts_with(quote))?;
    let inside = quoted.get(quote.len()..quoted.len().checked_sub(quote.len())?)?;
    if raw {
        return Some(inside.to_owned());
    }
    let mut text = String::with_capacity(inside.len());
    let mut rest = inside.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        let first = rest.next()?;
        let (digits, radix) = match first {
            'x' | 'X' => (2, 16),
            'u' => (4, 16),
            'U' => (8, 16),
            '0'..='3' => (2, 8),
            _ => (0, 0),
        };
        if digits > 0 {
            let more: String = rest.by_ref().take(digits).collect();
            let written = if radix == 8 { format!("{first}{more}") } else { more };
            text.push(u32::from_str_radix(&written, radix).ok().and_then(char::from_u32)?);
            continue;
        }
        text.push(match first {
            'a' => '\u{7}',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            '\\' | '?' | '"' | '\'' | '`' => first,
            _ => return None,
        });
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(expression: &str) -> Result<bool, Fail> {
        let attributes = ["namespace", "verb", "group", "version", "resource", "subresource", "name"]
            .map(|name| (name, Value::text(if name == "namespace" { "kube-system" } else { "" })));
        let request = Value::object(vec![
            ("user", Value::text("system:serviceaccount:a:b")),
            ("groups", Value::texts(&["team-a".to_owned(), "ops".to_owned()])),
            ("uid", Value::text("")),
            ("extra", Value::object(vec![("k", Value::texts(&["v".to_owned()]))])),
            ("resourceAttributes", Value::object(attributes.to_vec())),
        ]);
        Condition::new(expression).holds("request", &request)
    }

    #[test]
    fn conditions_hold_or_do_not() {
        for expression in [
            "request.user.startsWith('system:serviceaccount:') && !request.user.endsWith(\"c\")",
            "request.groups.exists(g, g.startsWith('team-')) && request.groups.all(g, g != '')",
            "request.groups.exists_one(g, g == 'ops') && 'ops' in request.groups",
            "has(request.resourceAttributes) && request.resourceAttributes.namespace in ['kube-system', 'x']",
            "!has(request.nonResourceAttributes) || request.nonResourceAttributes.path == '/x'",
            "has(request.uid) && request.uid == '' && has(request.resourceAttributes.name)",
            "request.?nonResourceAttributes.path.orValue('none') == 'none'",
            "request.?nonResourceAttributes.?path == optional.none()",
            "request.extra['k'][0] == 'v' && 'z' in request.extra == false",
            "request.extra[?'z'].hasValue() ? false : true",
            "request.user.matches('^system:[a-z]+:\\\\w') && request.user.matches(r'a:b$')",
            "request.user.split(':')[2] == 'a' && request.user.lastIndexOf(':') == 23",
            "request.user.substring(7, 14).upperAscii() == 'SERVICE'",
            "size(request.groups) == 2 && request.groups.filter(g, g == 'x').size() == 0",
            "request.groups.map(g, g.size() > 3, g + '!')[0] == 'team-a!'",
            "request.nonResourceAttributes.path == '/x' || true",
            "true || request.nonResourceAttributes.path == '/x'",
            "sets.intersects(request.groups, ['ops']) && sets.contains(request.groups, [])",
            "-9223372036854775808 < 0 && 7 / 2 == 3 && -7 % 2 == -1 && 0x10u == 16u && 1.5 + 1.5 == 3.0",
            "'\\u00e9\\x41\\101\\n' == 'éAA\\n' && r'\\n' == '\\\\n' && '''a'b''' == \"a'b\"",
            "cel.bind(u, request.user, u == request.user)",
            "{'a': 1, 'b': 2}.all(k, k in ['a', 'b']) && {'a': 1}.a == 1 && [1, 2] == [1, 2]",
            "(request.resourceAttributes.namespace == 'kube-system') == true",
        ] {
            assert_eq!(holds(expression), Ok(true), "{expression}");
        }
        for expression in ["false", "request.user == 'x'", "false && quantity('1').isInteger()", "'a' > 'b'"] {
            assert_eq!(holds(expression), Ok(false), "{expression}");
        }
    }

    #[test]
    fn what_fails_is_told_apart_from_what_is_not_followed() {
        for expression in [
            "request.nonResourceAttributes.path == '/x'",
            "request.nonResourceAttributes.path == '/x' && true",
            "request.nonResourceAttributes.path == '/x' || false",
            "has(request.nonResourceAttributes.path)",
            "request.groups[7] == 'x'",
            "request.extra['z'] == []",
            "1 / 0 == 1",
            "9223372036854775807 + 1 == 0",
            "request.groups.exists_one(g, request.nonResourceAttributes.path == g)",
            "int('x') == 1",
        ] {
            assert!(matches!(holds(expression), Err(Fail::Error(_))), "{expression}: {:?}", holds(expression));
        }
        let deep = format!("{}true{}", "(".repeat(5_000), ")".repeat(5_000));
        let many =
            format!("{}.all(a, {0}.all(b, {0}.all(c, {0}.all(d, true))))", format_args!("[{}]", "1,".repeat(99)));
        let chain = format!("{}true", "true && ".repeat(10_000));
        for expression in
            ["quantity('1').isInteger()", "request.user.matches('(?=a)')", &deep, &many, "1 / 0 == 1 || ip('::1') == 1"]
        {
            assert_eq!(holds(expression), Err(Fail::Unknown), "{}", &expression[..20]);
        }
        assert_eq!(holds(&chain), Ok(true));
        let mut nested = "1".to_owned();
        for _ in 0..38 {
            nested = format!("{}({nested}{}){}", "-".repeat(38), "+1".repeat(38), "[0]".repeat(38));
        }
        let nested = format!("{nested} == 1");
        let request =
            super::super::Environment { variable: super::super::Variable::Request, minor: 36, selectors: true };
        let _ = (holds(&nested), super::super::check(&nested, request, true));
        let large = "request.user.matches('(a{1000}){1000}')";
        assert_eq!(holds(large), Err(Fail::Unknown));
    }
}
