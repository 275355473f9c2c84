//! Fields of a document by their types: what is of another one, or has a name that nobody knows, is a problem.

use model::{Location, Minor, ProblemKind};
use yaml::{Cursor, Resolved, Value};

use super::{Decoder, Placed, nearest, shown};
use crate::golang;

impl Decoder<'_> {
    /// Reports every field that is not in the list; `false` where this is no mapping at all, which the server refuses.
    ///
    /// Null is a mapping without fields.
    pub(in crate::configuration) fn fields(&mut self, cursor: &Cursor<'_>, known: &[&str]) -> bool {
        self.fields_since(cursor, known, &[])
    }

    /// The same, with fields that came in a later release.
    pub(in crate::configuration) fn fields_since(
        &mut self,
        cursor: &Cursor<'_>,
        known: &[&str],
        later: &[(&str, u16)],
    ) -> bool {
        if cursor.is_null() {
            return true;
        }
        if cursor.mapping().is_none() {
            self.wrong(cursor, "a mapping");
            return false;
        }
        let strict = self.strict;
        for item in cursor.entries() {
            let name = item.name.as_ref();
            if known.contains(&name) {
                continue;
            }
            let since = later.iter().find(|(known, _)| *known == name).map(|(_, since)| Minor::new(1, *since));
            let message = match since {
                Some(since) if self.is_from(since) => continue,
                Some(since) => format!("`{name}` came in {since}"),
                None => format!("unknown field `{}`", shown(name)),
            };
            let names = known.iter().copied().chain(later.iter().map(|(name, _)| *name));
            let near = if since.is_some() { None } else { nearest(name, names) };
            let at = self.location(item.key.span, item.value.pointer());
            self.push(ProblemKind::Unknown, strict, at, message, near.map(|near| format!("perhaps `{near}`")));
        }
        true
    }

    fn wrong(&mut self, cursor: &Cursor<'_>, wanted: &str) {
        let name = cursor.name().map_or_else(|| "this item".to_owned(), |name| format!("`{}`", shown(name)));
        self.refuse(cursor, format!("{name} takes {wanted}, and this is {}", noun(cursor)));
    }

    /// The items of a list; none where the field is not there or null.
    pub(in crate::configuration) fn list<'c>(&mut self, parent: &Cursor<'c>, key: &str) -> Vec<Cursor<'c>> {
        match child(parent, key) {
            None => Vec::new(),
            Some(list) if list.sequence().is_some() => list.items().collect(),
            Some(other) => {
                self.wrong(&other, "a list");
                Vec::new()
            }
        }
    }

    /// A list of strings, in which null is the empty one.
    pub(in crate::configuration) fn strings(&mut self, parent: &Cursor<'_>, key: &str) -> Vec<Placed<String>> {
        let mut strings = Vec::new();
        for item in self.list(parent, key) {
            match item.resolved() {
                Some(Resolved::Str(text)) => strings.push(Placed { value: text.to_owned(), at: self.at(&item) }),
                Some(Resolved::Null) => strings.push(Placed { value: String::new(), at: self.at(&item) }),
                _ => self.wrong(&item, "a string"),
            }
        }
        strings
    }

    /// A mapping; `None` where the field is not there or null.
    pub(in crate::configuration) fn object<'c>(&mut self, parent: &Cursor<'c>, key: &str) -> Option<Cursor<'c>> {
        let value = child(parent, key)?;
        if value.mapping().is_none() {
            self.wrong(&value, "a mapping");
            return None;
        }
        Some(value)
    }

    /// A string; `None` where the field is not there or null.
    pub(in crate::configuration) fn string(&mut self, parent: &Cursor<'_>, key: &str) -> Option<Placed<String>> {
        let value = child(parent, key)?;
        match value.str() {
            Some(text) => Some(Placed { value: text.to_owned(), at: self.at(&value) }),
            None => {
                self.wrong(&value, "a string");
                None
            }
        }
    }

    /// A boolean; `None` where the field is not there or null.
    pub(in crate::configuration) fn boolean(&mut self, parent: &Cursor<'_>, key: &str) -> Option<Placed<bool>> {
        let value = child(parent, key)?;
        match value.resolved() {
            Some(Resolved::Bool(truth)) => Some(Placed { value: truth, at: self.at(&value) }),
            _ => {
                self.wrong(&value, "a boolean");
                None
            }
        }
    }

    /// A whole number of so many bits; `None` where the field is not there or null.
    pub(in crate::configuration) fn integer(
        &mut self,
        parent: &Cursor<'_>,
        key: &str,
        bits: u32,
    ) -> Option<Placed<i64>> {
        let value = child(parent, key)?;
        let number = match value.resolved() {
            Some(Resolved::Int(number)) => i64::try_from(number).ok(),
            // Go writes 5.0 as 5 on its way through JSON. The bound keeps the cast exact.
            Some(Resolved::Float(number)) if number.fract() == 0.0 && number.abs() < 9e15 => Some(number as i64),
            _ => None,
        };
        let limit = 1_i64 << (bits.clamp(2, 63) - 1);
        match number.filter(|number| bits >= 64 || (-limit..limit).contains(number)) {
            Some(number) => Some(Placed { value: number, at: self.at(&value) }),
            None => {
                self.wrong(&value, "a whole number");
                None
            }
        }
    }

    /// A duration in nanoseconds; `None` where the field is not there.
    ///
    /// It is written as Go prints one. Null is refused, because the type reads null as an empty text (apimachinery
    /// pkg/apis/meta/v1, `Duration.UnmarshalJSON`), but where `optional` a null is no duration at all.
    pub(in crate::configuration) fn duration(
        &mut self,
        parent: &Cursor<'_>,
        key: &str,
        optional: bool,
    ) -> Option<Placed<i64>> {
        let value = parent.get(key)?;
        if value.is_null() && optional {
            return None;
        }
        let Some(text) = value.str() else {
            self.wrong(&value, "a duration such as `30s`");
            return None;
        };
        match golang::parse_duration(text) {
            Some(length) => Some(Placed { value: length, at: self.at(&value) }),
            None => {
                self.refuse(&value, format!("`{}` is no duration such as `30s`", shown(text)));
                None
            }
        }
    }

    /// The place of a field, or of what would hold it.
    pub(in crate::configuration) fn place(&self, parent: &Cursor<'_>, key: &str) -> Location {
        self.at(&child(parent, key).unwrap_or_else(|| parent.clone()))
    }
}

/// The value of a field; null is a field that is not there.
pub(in crate::configuration) fn child<'c>(parent: &Cursor<'c>, key: &str) -> Option<Cursor<'c>> {
    parent.get(key).filter(|value| !value.is_null())
}

pub(super) fn noun(cursor: &Cursor<'_>) -> &'static str {
    match cursor.value() {
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a mapping",
        Value::Scalar(_) => match cursor.resolved() {
            Some(Resolved::Bool(_)) => "a boolean",
            Some(Resolved::Int(_) | Resolved::Float(_)) => "a number",
            Some(Resolved::Null) | None => "null",
            Some(Resolved::Str(_)) => "a string",
        },
    }
}
