//! Whether an edited text reads as the old one with exactly the wished difference.
//!
//! Both texts are read and their trees compared node by node, aliases by name. It knows nothing of how the edit was
//! made, so that it can judge it. Start at [`reads_as_wished`].

use crate::edit::{Change, Draft};
use crate::parse::{Limits, parse};
use crate::scalar::{Resolved, Scalar};
use crate::tree::{Document, Entry, Node, Span, Stream, Value};

/// The wished difference at the end of the route of a change.
#[derive(Debug, Clone)]
pub(crate) enum Expected {
    Value(Draft),
    /// One child more; for a mapping, with its name.
    Inserted(usize, Option<String>, Draft),
    Removed(usize),
}

pub(crate) fn reads_as_wished(change: &Change, old_text: &str, new_text: &str, limits: &Limits) -> bool {
    let limits = Limits { comments: true, ..*limits };
    let old = parse(old_text, &limits);
    let new = parse(new_text, &limits);
    if old.documents.len() != new.documents.len() || old.faults.len() < new.faults.len() {
        return false;
    }
    let sides = Sides { old: old_text, new: new_text };
    let mut met = false;
    let same = old.documents.iter().zip(&new.documents).all(|(before, after)| {
        if before.root.span == change.root {
            met = true;
            sides.differ_as_expected(&before.root, &after.root, &change.route, &change.expected)
        } else {
            sides.equal(&before.root, &after.root)
        }
    });
    same && met && comments(&old, old_text, change) == comments(&new, new_text, &untouched(change))
}

/// The comments of a stream that do not lie in the edited bytes.
fn comments<'t>(stream: &Stream, text: &'t str, change: &Change) -> Vec<&'t str> {
    let of_documents = stream.documents.iter().flat_map(|document: &Document| &document.comments);
    of_documents
        .chain(&stream.comments)
        .filter(|comment| !change.edits.iter().any(|edit| edit.span.contains(comment.span)))
        .map(|comment| comment.span.slice(text))
        .collect()
}

fn untouched(change: &Change) -> Change {
    Change { edits: Vec::new(), ..change.clone() }
}

/// The texts to which the spans of both trees belong.
struct Sides<'t> {
    old: &'t str,
    new: &'t str,
}

// The recursions go down the trees, whose depth the parser bounds.
impl Sides<'_> {
    fn differ_as_expected(&self, old: &Node, new: &Node, route: &[usize], expected: &Expected) -> bool {
        if !self.same_properties(old, new) {
            return false;
        }
        if let Some((&position, rest)) = route.split_first() {
            let descend = |at: usize, old: &Node, new: &Node| {
                if at == position { self.differ_as_expected(old, new, rest, expected) } else { self.equal(old, new) }
            };
            return match (old.value(), new.value()) {
                (Value::Sequence(old), Value::Sequence(new)) => {
                    old.items.len() == new.items.len()
                        && old.items.iter().zip(&new.items).enumerate().all(|(at, (old, new))| descend(at, old, new))
                }
                (Value::Mapping(old), Value::Mapping(new)) => {
                    old.entries.len() == new.entries.len()
                        && old.entries.iter().zip(&new.entries).enumerate().all(|(at, (old, new))| {
                            self.equal(&old.key, &new.key) && descend(at, &old.value, &new.value)
                        })
                }
                _ => false,
            };
        }
        match expected {
            Expected::Value(draft) => means(new, draft),
            Expected::Inserted(index, name, draft) => match (old.value(), new.value()) {
                (Value::Sequence(old), Value::Sequence(new)) => {
                    let fits = new.items.get(*index).is_some_and(|item| means(item, draft));
                    fits && self.one_less(&new.items, &old.items, *index, |new, old| self.equal(old, new))
                }
                (Value::Mapping(old), Value::Mapping(new)) => {
                    let fits = new.entries.get(*index).is_some_and(|entry| {
                        entry.key.scalar().and_then(Scalar::key_name).as_deref() == name.as_deref()
                            && means(&entry.value, draft)
                    });
                    fits && self.one_less(&new.entries, &old.entries, *index, |new, old| self.equal_entries(old, new))
                }
                _ => false,
            },
            Expected::Removed(index) => match (old.value(), new.value()) {
                (Value::Sequence(old), Value::Sequence(new)) => {
                    self.one_less(&old.items, &new.items, *index, |old, new| self.equal(old, new))
                }
                (Value::Mapping(old), Value::Mapping(new)) => {
                    self.one_less(&old.entries, &new.entries, *index, |old, new| self.equal_entries(old, new))
                }
                _ => false,
            },
        }
    }

    /// Whether `shorter` is `longer` without the element at `index`.
    fn one_less<T>(&self, longer: &[T], shorter: &[T], index: usize, equal: impl Fn(&T, &T) -> bool) -> bool {
        let rest = longer.iter().enumerate().filter(|&(at, _)| at != index).map(|(_, element)| element);
        longer.len() == shorter.len() + 1 && rest.zip(shorter).all(|(long, short)| equal(long, short))
    }

    fn equal_entries(&self, old: &Entry, new: &Entry) -> bool {
        self.equal(&old.key, &new.key) && self.equal(&old.value, &new.value)
    }

    fn equal(&self, old: &Node, new: &Node) -> bool {
        if old.is_alias() || new.is_alias() {
            return old.is_alias() == new.is_alias() && old.span.slice(self.old) == new.span.slice(self.new);
        }
        self.same_properties(old, new)
            && match (old.value(), new.value()) {
                (Value::Scalar(old), Value::Scalar(new)) => old.text() == new.text() && old.style() == new.style(),
                (Value::Sequence(old), Value::Sequence(new)) => {
                    old.flow == new.flow
                        && old.items.len() == new.items.len()
                        && old.items.iter().zip(&new.items).all(|(old, new)| self.equal(old, new))
                }
                (Value::Mapping(old), Value::Mapping(new)) => {
                    old.flow == new.flow
                        && old.entries.len() == new.entries.len()
                        && old.entries.iter().zip(&new.entries).all(|(old, new)| self.equal_entries(old, new))
                }
                _ => false,
            }
    }

    fn same_properties(&self, old: &Node, new: &Node) -> bool {
        let old_text = |span: Option<Span>| span.map(|span| span.slice(self.old));
        let new_text = |span: Option<Span>| span.map(|span| span.slice(self.new));
        old_text(old.tag()) == new_text(new.tag()) && old_text(old.anchor()) == new_text(new.anchor())
    }
}

/// Whether a node means what was to be written.
fn means(node: &Node, draft: &Draft) -> bool {
    let resolved = node.scalar().map(Scalar::resolved);
    match draft {
        Draft::Text(text) => resolved == Some(Resolved::Str(text)),
        Draft::Bool(value) => resolved == Some(Resolved::Bool(*value)),
        Draft::Int(value) => resolved == Some(Resolved::Int((*value).into())),
        Draft::Null => resolved == Some(Resolved::Null),
        Draft::List(items) => node.sequence().is_some_and(|sequence| {
            sequence.items.len() == items.len()
                && sequence.items.iter().zip(items).all(|(node, draft)| means(node, draft))
        }),
        Draft::Map(entries) => node.mapping().is_some_and(|mapping| {
            mapping.entries.len() == entries.len()
                && mapping.entries.iter().zip(entries).all(|(entry, (name, draft))| {
                    entry.key.scalar().and_then(Scalar::key_name).as_deref() == Some(name) && means(&entry.value, draft)
                })
        }),
    }
}
