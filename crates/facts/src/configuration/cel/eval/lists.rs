//! What is called on lists (apiserver pkg/cel/library/lists.go; cel-go ext/lists.go and cel/library.go).

use std::cmp::Ordering;

use super::{Evaluated, Fail, Value, compare, equal, error};

pub(super) fn method(items: &[Value], name: &str, arguments: &[Value]) -> Evaluated {
    match (name, arguments) {
        ("join", []) => joined(items, ""),
        ("join", [Value::Text(separator)]) => joined(items, separator),
        ("indexOf", [wanted]) => Ok(place(items.iter().position(|item| equal(item, wanted)))),
        ("lastIndexOf", [wanted]) => Ok(place(items.iter().rposition(|item| equal(item, wanted)))),
        ("isSorted", []) => {
            for pair in items.windows(2) {
                if let [one, other] = pair
                    && is(one, other, Ordering::Greater)?
                {
                    return Ok(Value::Bool(false));
                }
            }
            Ok(Value::Bool(true))
        }
        ("sum", []) => {
            let mut sum = Value::Int(0);
            for (index, item) in items.iter().enumerate() {
                sum = if index == 0 { item.clone() } else { super::binary("+", sum, item.clone())? };
            }
            Ok(sum)
        }
        ("min", []) => most(items, Ordering::Greater),
        ("max", []) => most(items, Ordering::Less),
        ("first", []) => Ok(Value::Optional(items.first().cloned().map(Box::new))),
        ("last", []) => Ok(Value::Optional(items.last().cloned().map(Box::new))),
        ("unwrapOpt", []) => unwrapped(items),
        ("distinct", []) => {
            let mut found: Vec<Value> = Vec::new();
            for item in items {
                if !found.iter().any(|known| equal(known, item)) {
                    found.push(item.clone());
                }
            }
            Ok(Value::List(found))
        }
        ("reverse", []) => Ok(Value::List(items.iter().rev().cloned().collect())),
        ("slice", [Value::Int(from), Value::Int(to)]) => {
            let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
            match range.and_then(|(from, to)| items.get(from..to)) {
                Some(part) => Ok(Value::List(part.to_vec())),
                None => error("the index is out of range"),
            }
        }
        ("flatten", []) => Ok(Value::List(flattened(items, 1))),
        ("flatten", [Value::Int(depth)]) => match u32::try_from(*depth) {
            Ok(depth) => Ok(Value::List(flattened(items, depth))),
            Err(_) => error("a level is negative"),
        },
        ("sort", []) => sorted(items.to_vec(), items.to_vec()),
        _ => Err(Fail::Unknown),
    }
}

fn joined(items: &[Value], separator: &str) -> Evaluated {
    let texts = items.iter().map(|item| match item {
        Value::Text(text) => Ok(text.as_str()),
        _ => Err(Fail::Unknown),
    });
    Ok(Value::Text(texts.collect::<Result<Vec<_>, _>>()?.join(separator)))
}

fn place(at: Option<usize>) -> Value {
    Value::Int(at.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1))
}

/// Whether two stand in that order; what is no number stands in none.
fn is(one: &Value, other: &Value, order: Ordering) -> Result<bool, Fail> {
    match compare(one, other) {
        Ok(found) => Ok(found == order),
        Err(Fail::Error(_)) => Ok(false),
        Err(unknown) => Err(unknown),
    }
}

/// The first of the items that none is beyond.
fn most(items: &[Value], beyond: Ordering) -> Evaluated {
    let mut rest = items.iter();
    let Some(mut found) = rest.next() else { return error("a list is empty") };
    for item in rest {
        if is(found, item, beyond)? {
            found = item;
        }
    }
    Ok(found.clone())
}

/// What is there of optional values.
pub(super) fn unwrapped(items: &[Value]) -> Evaluated {
    let mut made = Vec::new();
    for item in items {
        match item {
            Value::Optional(inner) => made.extend(inner.as_deref().cloned()),
            _ => return Err(Fail::Unknown),
        }
    }
    Ok(Value::List(made))
}

fn flattened(items: &[Value], depth: u32) -> Vec<Value> {
    let mut made = Vec::new();
    for item in items {
        match item {
            Value::List(inner) if depth > 0 => made.append(&mut flattened(inner, depth - 1)),
            item => made.push(item.clone()),
        }
    }
    made
}

/// Items in the order of their keys. Go's sort keeps equals in their order only where there are few.
pub(super) fn sorted(items: Vec<Value>, keys: Vec<Value>) -> Evaluated {
    const KEPT_IN_ORDER: usize = 12;
    let Some(first) = keys.first() else { return Ok(Value::List(items)) };
    let kind = first.kind();
    if keys.iter().any(|key| key.kind() != kind) {
        return error("the items of a list that is sorted are of different types");
    }
    // Where what is no number comes to stand is up to the way of sorting.
    for key in &keys {
        compare(first, key).map_err(|_| Fail::Unknown)?;
    }
    let mut pairs: Vec<(Value, Value)> = keys.into_iter().zip(items).collect();
    pairs.sort_by(|(one, _), (other, _)| compare(one, other).unwrap_or(Ordering::Equal));
    let tied = |pair: &[(Value, Value)]| matches!(pair, [(one, held), (other, beside)] if equal(one, other) && !equal(held, beside));
    if pairs.len() > KEPT_IN_ORDER && pairs.windows(2).any(tied) {
        return Err(Fail::Unknown);
    }
    Ok(Value::List(pairs.into_iter().map(|(_, item)| item).collect()))
}
