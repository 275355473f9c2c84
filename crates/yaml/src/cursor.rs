//! Walking a document while remembering the way.
//!
//! A cursor is a node and the route by which it was reached, so that whoever holds a value can also name it. It reads
//! mappings as go-yaml v2 does: entries apply in the order of the text, a later one overwrites an earlier one, and a
//! `<<` key puts its mappings in at its own place, the first of a list winning (go-yaml v2, `decode.go`, `mapping` and
//! `merge`). An explicit key therefore beats a merge above it, as everyone writes it, but not a merge below it.
//!
//! Start at [`Cursor::get`] and [`Cursor::entries`].

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::sync::Arc;

use crate::scalar::{Resolved, Scalar};
use crate::tree::{Mapping, Node, Sequence, Span, Value};

/// A node and the route to it. Cheap to clone.
#[derive(Clone)]
pub struct Cursor<'a> {
    node: &'a Node,
    step: Option<Arc<Step<'a>>>,
}

/// How a node was reached from its parent.
pub(crate) struct Step<'a> {
    pub(crate) parent: Cursor<'a>,
    pub(crate) segment: Segment<'a>,
    /// The index among the items or the entries of the collection that holds the node.
    pub(crate) position: usize,
    /// Whether the entry came in through a `<<` key and is not written in the parent.
    pub(crate) merged: bool,
}

pub(crate) enum Segment<'a> {
    Entry { name: Cow<'a, str>, key: &'a Node },
    Index,
}

/// One entry of a mapping, as it counts.
#[derive(Clone)]
pub struct Item<'a> {
    /// The name as in JSON: the key `yes` is called `true`.
    pub name: Cow<'a, str>,
    pub key: &'a Node,
    pub value: Cursor<'a>,
}

impl<'a> Cursor<'a> {
    pub(crate) fn root(node: &'a Node) -> Cursor<'a> {
        Cursor { node, step: None }
    }

    pub fn node(&self) -> &'a Node {
        self.node
    }

    /// Where the node stands; see [`Node::span`].
    pub fn span(&self) -> Span {
        self.node.span
    }

    pub fn value(&self) -> &'a Value {
        self.node.value()
    }

    pub fn scalar(&self) -> Option<&'a Scalar> {
        self.node.scalar()
    }

    pub fn sequence(&self) -> Option<&'a Sequence> {
        self.node.sequence()
    }

    pub fn mapping(&self) -> Option<&'a Mapping> {
        self.node.mapping()
    }

    /// The text if the scalar is a string; `None` for `true`, `12`, null and for collections.
    pub fn str(&self) -> Option<&'a str> {
        match self.resolved()? {
            Resolved::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar whatever it resolves to.
    pub fn text(&self) -> Option<&'a str> {
        self.scalar().map(Scalar::text)
    }

    /// What a scalar means; `None` for a collection.
    pub fn resolved(&self) -> Option<Resolved<'a>> {
        self.scalar().map(Scalar::resolved)
    }

    /// Whether this is a scalar that means null, or an alias that leads nowhere.
    pub fn is_null(&self) -> bool {
        matches!(self.resolved(), Some(Resolved::Null))
    }

    /// Whether this is a scalar that means `true`.
    pub fn is_true(&self) -> bool {
        matches!(self.resolved(), Some(Resolved::Bool(true)))
    }

    /// The value of a key. `None` if there is no such key or this is not a mapping.
    pub fn get(&self, name: &str) -> Option<Cursor<'a>> {
        let found = find(self.mapping()?, name)?;
        Some(self.entry(found))
    }

    /// Where a key itself is written.
    pub fn key_span(&self, name: &str) -> Option<Span> {
        let found = find(self.mapping()?, name)?;
        Some(found.mapping.entries[found.position].key.span)
    }

    /// The key under which this node was reached; `None` for an item of a list and for the root.
    pub fn key(&self) -> Option<&'a Node> {
        match self.step.as_ref()?.segment {
            Segment::Entry { key, .. } => Some(key),
            Segment::Index => None,
        }
    }

    /// The name of that key as in JSON.
    pub fn name(&self) -> Option<&str> {
        match &self.step.as_ref()?.segment {
            Segment::Entry { name, .. } => Some(name),
            Segment::Index => None,
        }
    }

    /// The position in the list in which this node was reached.
    pub fn index(&self) -> Option<usize> {
        let step = self.step.as_ref()?;
        matches!(step.segment, Segment::Index).then_some(step.position)
    }

    /// The item of a list.
    pub fn item(&self, index: usize) -> Option<Cursor<'a>> {
        let node = self.sequence()?.items.get(index)?;
        Some(self.child(node, index, false, Segment::Index))
    }

    /// The items of a list; none if this is not a list.
    pub fn items(&self) -> impl ExactSizeIterator<Item = Cursor<'a>> + use<'a> {
        let parent = self.clone();
        let items: &'a [Node] = self.sequence().map_or(&[], |sequence| &sequence.items);
        items.iter().enumerate().map(move |(index, node)| parent.child(node, index, false, Segment::Index))
    }

    /// The entries of a mapping that count, merges included and in the order of the text; none if it is no mapping.
    ///
    /// An entry whose key is null or a collection is left out, and so is one that a later entry overwrites.
    pub fn entries(&self) -> Entries<'a> {
        let Some(mapping) = self.mapping() else {
            return Entries(Source::Chosen(self.clone(), Vec::new().into_iter()));
        };
        if mapping.simple {
            return Entries(Source::All(self.clone(), mapping, 0));
        }
        let mut chosen = Vec::new();
        choose(mapping, false, &mut HashSet::new(), &mut chosen);
        chosen.reverse();
        Entries(Source::Chosen(self.clone(), chosen.into_iter()))
    }

    /// Follows a JSON Pointer (RFC 6901) from here. The empty pointer leads to this node.
    pub fn at(&self, pointer: &str) -> Option<Cursor<'a>> {
        let mut here = self.clone();
        if pointer.is_empty() {
            return Some(here);
        }
        for segment in pointer.strip_prefix('/')?.split('/') {
            let name: Cow<'_, str> = if segment.contains('~') {
                Cow::Owned(segment.replace("~1", "/").replace("~0", "~"))
            } else {
                Cow::Borrowed(segment)
            };
            here = match here.value() {
                Value::Mapping(_) => here.get(&name)?,
                Value::Sequence(_) if name == "0" || !name.starts_with(['0', '+']) => here.item(name.parse().ok()?)?,
                Value::Sequence(_) | Value::Scalar(_) => return None,
            };
        }
        Some(here)
    }

    /// The route from the root of the document, as a JSON Pointer (RFC 6901); `""` for the root.
    pub fn pointer(&self) -> String {
        let mut route = Vec::new();
        let mut here = self.step.as_deref();
        while let Some(step) = here {
            route.push(step);
            here = step.parent.step.as_deref();
        }
        let mut pointer = String::new();
        for step in route.into_iter().rev() {
            pointer.push('/');
            match &step.segment {
                Segment::Entry { name, .. } => {
                    for character in name.chars() {
                        match character {
                            '~' => pointer.push_str("~0"),
                            '/' => pointer.push_str("~1"),
                            other => pointer.push(other),
                        }
                    }
                }
                // Writing to a string cannot fail.
                Segment::Index => _ = write!(pointer, "{}", step.position),
            }
        }
        pointer
    }

    /// The collection in which this node was reached; `None` for the root.
    pub fn parent(&self) -> Option<&Cursor<'a>> {
        self.step.as_deref().map(|step| &step.parent)
    }

    /// Whether a change here would show elsewhere too: an alias or a `<<` key lies on the route, or an anchor that is
    /// used.
    pub fn is_shared(&self) -> bool {
        let mut here = self;
        loop {
            if here.node.is_shared() {
                return true;
            }
            match here.step.as_deref() {
                None => return false,
                Some(step) if step.merged => return true,
                Some(step) => here = &step.parent,
            }
        }
    }

    pub(crate) fn step(&self) -> Option<&Step<'a>> {
        self.step.as_deref()
    }

    fn entry(&self, found: Found<'a>) -> Cursor<'a> {
        let entry = &found.mapping.entries[found.position];
        let segment =
            Segment::Entry { name: entry.key.scalar().and_then(Scalar::key_name).unwrap_or_default(), key: &entry.key };
        self.child(&entry.value, found.position, found.merged, segment)
    }

    fn child(&self, node: &'a Node, position: usize, merged: bool, segment: Segment<'a>) -> Cursor<'a> {
        Cursor { node, step: Some(Arc::new(Step { parent: self.clone(), segment, position, merged })) }
    }
}

impl fmt::Debug for Cursor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}", self.pointer(), self.node)
    }
}

/// Iterates over the entries of a mapping; see [`Cursor::entries`].
pub struct Entries<'a>(Source<'a>);

enum Source<'a> {
    All(Cursor<'a>, &'a Mapping, usize),
    Chosen(Cursor<'a>, std::vec::IntoIter<Found<'a>>),
}

impl<'a> Iterator for Entries<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        let (parent, found) = match &mut self.0 {
            Source::All(parent, mapping, next) => {
                let position = *next;
                *next += 1;
                (mapping.entries.len() > position).then_some((parent, Found { mapping, position, merged: false }))?
            }
            Source::Chosen(parent, chosen) => {
                let found = chosen.next()?;
                (parent, found)
            }
        };
        let entry = &found.mapping.entries[found.position];
        Some(Item {
            name: entry.key.scalar().and_then(Scalar::key_name).unwrap_or_default(),
            key: &entry.key,
            value: parent.entry(found),
        })
    }
}

/// An entry in the mapping in which it is written.
#[derive(Clone, Copy)]
struct Found<'a> {
    mapping: &'a Mapping,
    position: usize,
    merged: bool,
}

/// The entry that counts for a name.
// The recursion goes down the tree only, which the parser has bounded in depth and in expanded size.
fn find<'a>(mapping: &'a Mapping, name: &str) -> Option<Found<'a>> {
    for (position, entry) in mapping.entries.iter().enumerate().rev() {
        if !mapping.simple && entry.is_merge() {
            let inner = merged_mappings(&entry.value).find_map(|mapping| find(mapping, name));
            if let Some(found) = inner {
                return Some(Found { merged: true, ..found });
            }
        } else if entry.key.scalar().is_some_and(|key| key.key_name().as_deref() == Some(name)) {
            return Some(Found { mapping, position, merged: false });
        }
    }
    None
}

/// Gathers the entries that count, the last one first.
fn choose<'a>(mapping: &'a Mapping, merged: bool, taken: &mut HashSet<Cow<'a, str>>, chosen: &mut Vec<Found<'a>>) {
    for (position, entry) in mapping.entries.iter().enumerate().rev() {
        if !mapping.simple && entry.is_merge() {
            for inner in merged_mappings(&entry.value) {
                choose(inner, true, taken, chosen);
            }
        } else if let Some(name) = entry.key.scalar().and_then(Scalar::key_name)
            && taken.insert(name)
        {
            chosen.push(Found { mapping, position, merged });
        }
    }
}

/// The mappings under a `<<` key, the strongest first.
fn merged_mappings(node: &Node) -> impl Iterator<Item = &Mapping> {
    let listed: &[Node] = node.sequence().map_or(&[], |sequence| &sequence.items);
    node.mapping().into_iter().chain(listed.iter().filter_map(Node::mapping))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Limits, parse};

    fn check(text: &str, pointer: &str, expected: &str) {
        let stream = parse(text, &Limits::default());
        let cursor = stream.documents[0].at(pointer);
        let found = cursor.as_ref().and_then(Cursor::text).unwrap_or("-");
        assert_eq!(found, expected, "{pointer} in {text}");
        if let Some(cursor) = cursor {
            assert_eq!(cursor.pointer(), pointer);
        }
    }

    fn names(text: &str) -> String {
        let stream = parse(text, &Limits::default());
        let entries = stream.documents[0].cursor().entries();
        let listed: Vec<String> =
            entries.map(|item| format!("{}={}", item.name, item.value.text().unwrap_or("-"))).collect();
        listed.join(" ")
    }

    #[test]
    fn routes_are_json_pointers() {
        let text = "a/b:\n  - c~d: x\n  - {e: [1, [y]]}\n1: one\nyes: two\n";
        check(text, "/a~1b/0/c~0d", "x");
        check(text, "/a~1b/1/e/1/0", "y");
        check(text, "/a~1b/2", "-");
        check(text, "/a~1b/00", "-");
        check(text, "/1", "one");
        check(text, "/true", "two");
        check(text, "/yes", "-");
    }

    #[test]
    fn merges_apply_where_they_stand() {
        let text = "a: &a {x: 1, v: 1}\nb: &b {v: 2, z: 2}\n";
        check(&format!("{text}c: {{<<: *a, v: 9}}\n"), "/c/v", "9");
        check(&format!("{text}c: {{v: 9, <<: *a}}\n"), "/c/v", "1");
        check(&format!("{text}c: {{<<: [*a, *b]}}\n"), "/c/v", "1");
        check(&format!("{text}c: {{<<: [*b, *a]}}\n"), "/c/v", "2");
        check(&format!("{text}c: {{\"<<\": *a}}\n"), "/c/v", "-");
        check(&format!("{text}c: &c {{<<: *a, w: 3}}\nd: {{<<: *c}}"), "/d/x", "1");
        assert_eq!(names("<<: [{a: 1, b: 2}, {b: 3, c: 4}]\nb: 5\nd: 6\n"), "c=4 a=1 b=5 d=6");
    }

    #[test]
    fn of_equal_keys_the_last_counts() {
        check("a: 1\na: 2\n", "/a", "2");
        assert_eq!(names("a: 1\nb: 2\na: 3\n~: 4\n? [x]\n: 5\n"), "b=2 a=3");
    }

    #[test]
    fn the_place_of_a_merged_value_is_its_definition() {
        let text = "base: &base {command: [x]}\npod: {<<: *base}\n";
        let stream = parse(text, &Limits::default());
        let command = stream.documents[0].at("/pod/command/0").unwrap();
        assert_eq!(command.span().slice(text), "x");
        assert_eq!(command.parent().unwrap().key().unwrap().span.slice(text), "command");
        assert!(command.is_shared());
        assert!(stream.documents[0].at("/base/command").unwrap().is_shared());
        assert!(!stream.documents[0].at("/pod").unwrap().is_shared());
    }

    #[test]
    fn strings_are_told_from_other_scalars() {
        let text = "[true, \"true\", x, 12, '12', , !!str 1, !x 1, 2001-01-01]";
        let stream = parse(&text.replace(", ,", ", ~,"), &Limits::default());
        let strings: Vec<_> = stream.documents[0].cursor().items().map(|item| item.str()).collect();
        let expected =
            [None, Some("true"), Some("x"), None, Some("12"), None, Some("1"), Some("1"), Some("2001-01-01")];
        assert_eq!(strings, expected);
    }
}
