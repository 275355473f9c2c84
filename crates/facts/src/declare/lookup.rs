//! What a definition says, by the keys on the way to it.

use model::{Location, Problem, ProblemKind};
use yaml::{Cursor, Resolved, Value};

use super::Source;
use crate::golang;

/// The value at a path of keys. Null is as good as nothing, as Go's decoders take it.
pub(super) fn find<'a>(root: &Cursor<'a>, path: &[&str]) -> Option<Cursor<'a>> {
    path.iter().try_fold(root.clone(), |here, key| here.get(key)).filter(|found| !found.is_null())
}

/// The text of a scalar, whatever it resolves to; nothing where it is empty.
pub(super) fn text_of(cursor: &Cursor<'_>, key: &str) -> Option<String> {
    cursor.get(key).and_then(|value| value.text().map(str::to_owned)).filter(|text| !text.is_empty())
}

/// `metadata.name` of an object.
pub(super) fn name_of(object: &Cursor<'_>) -> Option<String> {
    text_of(&object.get("metadata")?, "name")
}

/// Whether an object is of a kind of an API group, in whatever version; the group with the slash behind it.
pub(super) fn is_of(object: &Cursor<'_>, group: &str, kind: &str) -> bool {
    let text = |key: &str| object.get(key).and_then(|value| value.text());
    text("kind") == Some(kind) && text("apiVersion").is_some_and(|version| version.starts_with(group))
}

/// What Go's `fmt` prints of a value that was decoded without a type: `yes` is `true`, `0x10` is `16`, null is nothing, and a
/// map has its keys and values in braces.
pub(super) fn printed(value: &Cursor<'_>) -> String {
    match value.value() {
        Value::Scalar(scalar) => match scalar.resolved() {
            Resolved::Null => String::new(),
            Resolved::Bool(on) => on.to_string(),
            Resolved::Int(number) => number.to_string(),
            Resolved::Float(number) => golang::format_float(number, &format!("{number:e}")),
            Resolved::Str(text) => text.to_owned(),
        },
        Value::Sequence(_) => value.items().next().map_or_else(String::new, |first| printed(&first)),
        Value::Mapping(_) => {
            let pairs: Vec<String> =
                value.entries().map(|entry| format!("{{{} {}}}", entry.name, printed(&entry.value))).collect();
            format!("[{}]", pairs.join(" "))
        }
    }
}

impl Source<'_> {
    /// The text at a path and where it stands; nothing where it is null or empty.
    pub(super) fn text(&self, root: &Cursor<'_>, path: &[&str]) -> Option<(String, Location)> {
        let found = find(root, path)?;
        let text = found.text().filter(|text| !text.is_empty())?.to_owned();
        Some((text, self.at(&found)))
    }

    /// What keeps whoever reads the definition from making a server of it.
    pub(super) fn refused(&self, at: &Cursor<'_>, message: String) -> Problem {
        Problem {
            kind: ProblemKind::Refused,
            stops: true,
            message,
            hint: None,
            location: Some(self.at(at)),
            setting: None,
        }
    }

    /// Where a switch is on.
    pub(super) fn on(&self, root: &Cursor<'_>, path: &[&str]) -> Option<Location> {
        find(root, path).filter(Cursor::is_true).map(|found| self.at(&found))
    }
}
