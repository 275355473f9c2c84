//! What an expression says of a request.
//!
//! The rules are the language's (cel-spec, doc/langdef.md) and those of the server's libraries for strings, sets and
//! optional values (kubernetes.io/docs/reference/using-api/cel). An operand that fails is absorbed by `false && …` and
//! `true || …`, on either side. What is not followed here, such as times and URLs, is [`Fail::Unknown`]: it is
//! absorbed likewise and never guessed. Work, depth and memory are bounded.
//!
//! Start at [`Condition`].

mod convert;
mod lists;
mod network;
mod quantity;
mod text;

use std::{cell::RefCell, cmp::Ordering, collections::BTreeMap, net::IpAddr};

use regex::Regex;

use super::{
    kind::Literal,
    syntax::{Expression, parse},
};
pub(super) use convert::convert;
use network::Range;
use quantity::Quantity;
use text::compile;

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
    /// A type, by its name.
    Kind(&'static str),
    Quantity(Quantity),
    Address(IpAddr),
    Range(Range),
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

    /// The name of its type (cel-go common/types/types.go).
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null_type",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Uint(_) => "uint",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
            Self::Optional(_) => "optional_type",
            Self::Kind(_) => "type",
            Self::Quantity(_) => "kubernetes.Quantity",
            Self::Address(_) => "net.IP",
            Self::Range(_) => "net.CIDR",
        }
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

/// The types that have a name of one word.
const KINDS: [&str; 10] = ["bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint"];

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
            Expression::Name(name) => {
                KINDS.iter().find(|kind| *kind == name).map(|&kind| Value::Kind(kind)).ok_or(Fail::Unknown)
            }
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
            ("all" | "exists" | "exists_one" | "existsOne" | "filter" | "map", [Expression::Name(bound), last]) => {
                return self.each(name, &receiver, &[bound], None, last);
            }
            ("map", [Expression::Name(bound), filter, last]) => {
                return self.each(name, &receiver, &[bound], Some(filter), last);
            }
            ("all" | "exists" | "exists_one" | "existsOne", [Expression::Name(key), Expression::Name(bound), last]) => {
                return self.each(name, &receiver, &[key, bound], None, last);
            }
            ("transformList" | "transformMap", [Expression::Name(key), Expression::Name(bound), filter @ .., last])
                if filter.len() <= 1 =>
            {
                return self.each(name, &receiver, &[key, bound], filter.first(), last);
            }
            ("sortBy", [Expression::Name(bound), body]) => {
                let Value::List(items) = receiver else { return error("what is sorted is no list") };
                let keys = items.iter().map(|item| {
                    self.pay(item.weight())?;
                    self.with(&[bound], std::slice::from_ref(item), body)
                });
                let keys = keys.collect::<Result<Vec<_>, _>>()?;
                return lists::sorted(items, keys);
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
                let value = self.with(&[bound], &[*inner], body)?;
                return Ok(if name == "optMap" { Value::Optional(Some(Box::new(value))) } else { value });
            }
            _ => {}
        }
        let arguments = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        self.pay(receiver.weight() + arguments.iter().map(Value::weight).sum::<usize>())?;
        self.method(&receiver, name, &arguments)
    }

    fn with(&mut self, names: &[&String], values: &[Value], body: &Expression) -> Evaluated {
        let before = self.bound.len();
        self.bound.extend(names.iter().map(|&name| name.clone()).zip(values.iter().cloned()));
        let result = self.of(body);
        self.bound.truncate(before);
        result
    }

    /// The macros over lists and maps: with one name for items and keys, with two for both (cel-go parser/macro.go,
    /// ext/comprehensions.go).
    fn each(
        &mut self,
        name: &str,
        receiver: &Value,
        bound: &[&String],
        filter: Option<&Expression>,
        body: &Expression,
    ) -> Evaluated {
        let both = bound.len() == 2;
        let index = |at: usize| Value::Int(i64::try_from(at).unwrap_or(i64::MAX));
        let items: Vec<Vec<Value>> = match receiver {
            Value::List(items) if both => {
                items.iter().enumerate().map(|(at, item)| vec![index(at), item.clone()]).collect()
            }
            Value::List(items) => items.iter().map(|item| vec![item.clone()]).collect(),
            Value::Map(entries) if both => {
                entries.iter().map(|(key, value)| vec![key.clone(), value.clone()]).collect()
            }
            Value::Map(entries) => entries.iter().map(|(key, _)| vec![key.clone()]).collect(),
            _ => return error("a macro is asked of no list and no map"),
        };
        let transforms = matches!(name, "map" | "transformList" | "transformMap");
        let mut verdicts = Vec::new();
        let mut made = Vec::new();
        for item in items {
            self.pay(item.iter().map(Value::weight).sum())?;
            if transforms {
                if let Some(filter) = filter {
                    match self.with(bound, &item, filter)? {
                        Value::Bool(true) => {}
                        Value::Bool(false) => continue,
                        _ => return error("a condition is no boolean"),
                    }
                }
                let value = self.with(bound, &item, body)?;
                made.push((item.into_iter().next().unwrap_or(Value::Null), value));
                continue;
            }
            let verdict = match self.with(bound, &item, body) {
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
                _ => made.push((Value::Null, item.into_iter().next().unwrap_or(Value::Null))),
            }
        }
        match name {
            "all" => absorbed(verdicts, false).map(Value::Bool),
            "exists" => absorbed(verdicts, true).map(Value::Bool),
            "exists_one" | "existsOne" => Ok(Value::Bool(made.len() == 1)),
            "transformMap" => Ok(Value::Map(made)),
            _ => Ok(Value::List(made.into_iter().map(|(_, value)| value).collect())),
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
                Value::List(_) => error("`has` is asked of a list"),
                // cel-go interpreter/attributes.go, refQualify: a field that cannot be there is not there.
                _ => Ok(Value::Bool(false)),
            };
        }
        let values = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        self.pay(values.iter().map(Value::weight).sum::<usize>())?;
        match (name, values.as_slice()) {
            ("size", [value]) => size(value),
            ("matches", [text, pattern]) => self.matches("matches", text, pattern, -1),
            ("type", [value]) => Ok(Value::Kind(value.kind())),
            ("isQuantity", [Value::Text(text)]) => Ok(Value::Bool(Quantity::parse(text)?.is_some())),
            ("quantity", [Value::Text(text)]) => Quantity::parse(text)?
                .map_or_else(|| error("a string is no quantity"), |quantity| Ok(Value::Quantity(quantity))),
            ("sign", [Value::Quantity(quantity)]) => Ok(Value::Int(quantity.sign())),
            ("isIP", [Value::Text(text)]) => Ok(Value::Bool(network::address(text).is_some())),
            ("ip", [Value::Text(text)]) => network::address(text)
                .map_or_else(|| error("a string is no address"), |address| Ok(Value::Address(address))),
            ("isCIDR", [Value::Text(text)]) => Ok(Value::Bool(Range::parse(text).is_some())),
            ("cidr", [Value::Text(text)]) => Range::parse(text)
                .map_or_else(|| error("a string is no range of addresses"), |range| Ok(Value::Range(range))),
            (name, [value]) => convert(name, value).unwrap_or(Err(Fail::Unknown)),
            _ => Err(Fail::Unknown),
        }
    }

    fn in_space(&mut self, space: &str, name: &str, arguments: &[Expression]) -> Evaluated {
        if let ("cel", "bind", [Expression::Name(bound), value, body]) = (space, name, arguments) {
            let value = self.of(value)?;
            return self.with(&[bound], &[value], body);
        }
        let values = arguments.iter().map(|argument| self.of(argument)).collect::<Result<Vec<_>, _>>()?;
        match (space, name, values.as_slice()) {
            ("ip", "isCanonical", [Value::Text(text)]) => match network::address(text) {
                Some(address) => Ok(Value::Bool(address.to_string() == *text)),
                None => error("a string is no address"),
            },
            ("optional", "unwrap", [Value::List(items)]) => lists::unwrapped(items),
            ("lists", "range", [Value::Int(count)]) => {
                self.pay(usize::try_from(*count).unwrap_or(0))?;
                Ok(Value::List((0..*count).map(Value::Int).collect()))
            }
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
            (_, "matches", [pattern]) => self.matches(name, receiver, pattern, -1),
            (Value::Text(_), "find" | "findAll", [pattern]) => self.matches(name, receiver, pattern, -1),
            (Value::Text(_), "findAll", [pattern, Value::Int(most)]) => self.matches(name, receiver, pattern, *most),
            (Value::Text(text), _, _) => text::method(text, name, arguments),
            (Value::List(items), _, _) => {
                if name == "distinct" {
                    self.pay(items.len().saturating_mul(items.len()))?;
                }
                lists::method(items, name, arguments)
            }
            (Value::Quantity(quantity), _, _) => quantity.method(name, arguments),
            (Value::Address(address), _, []) => network::method(*address, name),
            (Value::Range(range), _, _) => range.method(name, arguments),
            _ => Err(Fail::Unknown),
        }
    }

    fn matches(&mut self, name: &str, text: &Value, pattern: &Value, most: i64) -> Evaluated {
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
        let regex = compiled.as_ref().ok_or(Fail::Unknown)?;
        Ok(if name == "matches" { Value::Bool(regex.is_match(text)) } else { text::matched(regex, text, name, most) })
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
        (Value::Quantity(a), Value::Quantity(b)) => a.compare(*b).is_ok_and(Ordering::is_eq),
        _ => one == other,
    }
}

/// The order of two of a type, or of two numbers (cel-go common/types/compare.go).
fn compare(one: &Value, other: &Value) -> Result<Ordering, Fail> {
    /// Two to the power of 63 and of 64.
    const SIGNED: f64 = 9_223_372_036_854_775_808.0;
    const UNSIGNED: f64 = 18_446_744_073_709_551_616.0;
    let floats = |a: f64, b: f64| match a.partial_cmp(&b) {
        Some(order) => Ok(order),
        None => error("what is no number has no order"),
    };
    #[expect(clippy::cast_precision_loss, reason = "as the language has it")]
    match (one, other) {
        (Value::Int(a), Value::Int(b)) => Ok(a.cmp(b)),
        (Value::Uint(a), Value::Uint(b)) => Ok(a.cmp(b)),
        (Value::Int(a), Value::Uint(b)) => Ok(i128::from(*a).cmp(&i128::from(*b))),
        (Value::Uint(a), Value::Int(b)) => Ok(i128::from(*a).cmp(&i128::from(*b))),
        (Value::Double(a), Value::Double(b)) => floats(*a, *b),
        (Value::Double(a), Value::Int(_)) if *a >= SIGNED => Ok(Ordering::Greater),
        (Value::Double(a), Value::Uint(_)) if *a >= UNSIGNED => Ok(Ordering::Greater),
        (Value::Double(a), Value::Int(b)) => floats(*a, *b as f64),
        (Value::Double(a), Value::Uint(b)) => floats(*a, *b as f64),
        (Value::Int(_) | Value::Uint(_), Value::Double(_)) => compare(other, one).map(Ordering::reverse),
        (Value::Text(a), Value::Text(b)) => Ok(a.cmp(b)),
        (Value::Bool(a), Value::Bool(b)) => Ok(a.cmp(b)),
        _ => error("two values of these types have no order"),
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
            let order = compare(&left, &right)?;
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
            _ => error("two fractions have no remainder"),
        },
        _ => error("two values of these types do not go together"),
    }
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
            // Quantities, as 1.36.2 counts them.
            "quantity('1Ki').asInteger() == 1024 && !quantity('1000m').isInteger() && !isQuantity('1 k')",
            "quantity('1.5Gi').isGreaterThan(quantity('1500M')) && quantity('1k').add(quantity('24')).sub(1).compareTo(quantity('1023')) == 0",
            "quantity('1.0') == quantity('1') && sign(quantity('-1m')) == -1 && quantity('0.5n') == quantity('1n')",
            // Addresses and ranges.
            "isIP('::1') && !isIP('::ffff:1.2.3.4') && !isIP('fe80::1%eth0') && !isIP('01.2.3.4')",
            "ip('2001:DB8::0:1') == ip('2001:db8::1') && !ip.isCanonical('2001:DB8::1') && string(ip('::1')) == '::1'",
            "ip('10.0.0.1').isGlobalUnicast() && ip('127.1.2.3').isLoopback() && ip('fe80::1').family() == 6",
            "cidr('10.1.2.3/8').containsIP('10.9.9.9') && !cidr('10.0.0.0/8').containsIP(ip('::1'))",
            "cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')",
            "!isCIDR('10.0.0.0/08') && string(cidr('10.1.2.3/8')) == '10.1.2.3/8'",
            // Lists.
            "request.groups.sort() == ['ops', 'team-a'] && request.groups.sortBy(g, -g.size())[0] == 'team-a'",
            "[2, 1].isSorted() == false && [1, 2].sum() == 3 && [1.5, 0.5].min() == 0.5 && ['b', 'a'].max() == 'b'",
            "[1, 1, 2].distinct() == [1, 2] && [[1], [2, 3]].flatten().reverse() == [3, 2, 1] && lists.range(3).slice(1, 2) == [1]",
            "[].first().hasValue() == false && [1, 2].last().value() == 2 && optional.unwrap([optional.of(1), optional.none()]) == [1]",
            "[5, 6].exists(i, v, i == 1 && v == 6) && {'a': 1}.transformList(k, v, k) == ['a']",
            // Types and texts.
            "type(request.user) == string && type(request.groups) == list && type(type(1)) == type && type(null) == null_type",
            "string(1e7) == '1e+07' && string(1.5) == '1.5' && 1 < 1.5 && 2u > 1.5 && 1e19 > 9223372036854775807",
            "'a-b-c'.split('-', 2) == ['a', 'b-c'] && 'ab'.split('') == ['a', 'b'] && 'aaa'.replace('a', 'b', 2) == 'bba'",
            "'abab'.indexOf('a', 1) == 2 && 'abab'.lastIndexOf('b', 2) == 1 && 'x1y22'.findAll('[0-9]+') == ['1', '22']",
            "!(double('NaN') < 1.0 || false) || true",
            "!has(dyn(1).requirements)",
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
            "double('NaN') < 1.0",
            "ip('1.2.3') == ip('1.2.3.4')",
            "quantity('1.5').asInteger() == 1",
            "[1].slice(0, 2) == []",
            "dyn(1) < dyn('a')",
        ] {
            assert!(matches!(holds(expression), Err(Fail::Error(_))), "{expression}: {:?}", holds(expression));
        }
        let deep = format!("{}true{}", "(".repeat(5_000), ")".repeat(5_000));
        let many =
            format!("{}.all(a, {0}.all(b, {0}.all(c, {0}.all(d, true))))", format_args!("[{}]", "1,".repeat(99)));
        let chain = format!("{}true", "true && ".repeat(10_000));
        for expression in [
            "url('/a').getHost() == ''",
            "request.user.matches('(?=a)')",
            &deep,
            &many,
            "1 / 0 == 1 || url('/a') == url('/b')",
        ] {
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
