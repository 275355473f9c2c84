//! The smallest edits that change a text as wished, and nothing else.
//!
//! A person's file is not ours to reformat. So an edit replaces a few bytes: it keeps the quotes of the scalar it
//! replaces, copies indentation and quoting from a neighbour, ends lines as the line before does, and leaves a missing
//! final newline missing. Each operation plans one [`Change`] for one parsed document; [`Change::apply`] carries it
//! out, reads the result again and refuses unless the tree differs in the wished place and nowhere else.
//!
//! Comments stay, except those on the lines of something that is removed. Where the meaning would change in a second
//! place (aliases, merges) or a person should decide (block scalars, explicit keys), the operation is refused.
//!
//! It does not know why anything is changed. Start at [`set`], [`insert`] and [`remove`].

mod check;
mod inside;
#[cfg(test)]
mod laws;
mod write;

use std::ops::Range;

use thiserror::Error;

use crate::cursor::Cursor;
use crate::parse::Limits;
use crate::scalar::{Scalar, Style};
use crate::source::{find_indicator, line_break, line_end, line_start, shorten};
use crate::tree::{Node, Span, Value};

pub use crate::edit::inside::inside;
pub use crate::edit::write::{Draft, quote};

use crate::edit::check::Expected;
use crate::edit::write::Writer;

/// Bytes to be replaced and what takes their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub text: String,
}

/// Why edits do not fit the text or one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Conflict {
    #[error("two edits overlap at bytes {first:?} and {second:?}")]
    Overlap { first: Span, second: Span },
    #[error("the bytes {0:?} are not in the text or cut a character")]
    Outside(Span),
}

/// Carries out edits in any order. Insertions at one place keep the order in which they are given.
pub fn apply(text: &str, edits: &[Edit]) -> Result<String, Conflict> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.span);
    let grown: usize = edits.iter().map(|edit| edit.text.len()).sum();
    let mut result = String::with_capacity(text.len() + grown);
    let mut last = Span::default();
    for edit in sorted {
        if edit.span.start < last.end {
            return Err(Conflict::Overlap { first: last, second: edit.span });
        }
        if edit.span.end < edit.span.start || text.get(edit.span.range()).is_none() {
            return Err(Conflict::Outside(edit.span));
        }
        result.push_str(&text[last.end as usize..edit.span.start as usize]);
        result.push_str(&edit.text);
        last = edit.span;
    }
    result.push_str(&text[last.end as usize..]);
    Ok(result)
}

/// Why an operation is not carried out. Nothing is wrong with us or the text; a person can still do it by hand.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    #[error("`{pointer}` is read through an alias, an anchor or a merge key, so a change would show elsewhere too")]
    Shared { pointer: String },
    #[error("`{pointer}` is {found}, where {wanted} is needed")]
    Kind { pointer: String, found: &'static str, wanted: &'static str },
    #[error("`{pointer}` has no position {index}")]
    Position { pointer: String, index: usize },
    #[error("`{pointer}` has the key `{name}` already")]
    KeyExists { pointer: String, name: String },
    #[error("the root of a document cannot be removed")]
    Root,
    #[error("`{pointer}` is written as a block of text, which is replaced only word by word")]
    Block { pointer: String },
    #[error("`{pointer}` is laid out in a way that is not edited by machine: {reason}")]
    Layout { pointer: String, reason: &'static str },
    #[error(transparent)]
    Conflict(#[from] Conflict),
    #[error("the edited text would not read as wished, so the edit is withdrawn")]
    Differs,
}

/// One planned operation.
#[derive(Debug, Clone)]
pub struct Change {
    /// Never overlapping, in the order of the text.
    pub edits: Vec<Edit>,
    /// The root of the document that is changed, and the positions that lead from there to the changed node.
    pub(crate) root: Span,
    pub(crate) route: Vec<usize>,
    pub(crate) expected: Expected,
}

impl Change {
    /// The text after the change. `text` must be the one for which the change was planned.
    ///
    /// The result is read again and compared; [`Refusal::Differs`] if anything but the wished place has changed.
    pub fn apply(&self, text: &str, limits: &Limits) -> Result<String, Refusal> {
        let edited = apply(text, &self.edits)?;
        if check::reads_as_wished(self, text, &edited, limits) { Ok(edited) } else { Err(Refusal::Differs) }
    }

    fn new(target: &Cursor<'_>, edit: Edit, expected: Expected) -> Change {
        let mut route = Vec::new();
        let mut here = target.clone();
        while let Some(step) = here.step() {
            route.push(step.position);
            here = step.parent.clone();
        }
        route.reverse();
        Change { edits: vec![edit], root: here.span(), route, expected }
    }
}

/// Gives a node another value.
///
/// A scalar that replaces a scalar keeps its quotes where it can. A list or mapping is written in block style where
/// nothing was written (`key:`), and in brackets elsewhere.
pub fn set(text: &str, target: &Cursor<'_>, draft: &Draft) -> Result<Change, Refusal> {
    own(target)?;
    let node = target.node();
    let writer = writer_at(text, target);
    let expected = Expected::Value(draft.clone());
    if node.span.is_empty() {
        return Ok(Change::new(target, fill(text, target, draft, &writer), expected));
    }
    let style = match node.scalar().map(Scalar::style) {
        Some(Style::Literal | Style::Folded) => {
            return Err(Refusal::Block { pointer: target.pointer() });
        }
        style => style.unwrap_or(Style::Plain),
    };
    if let (Value::Sequence(_) | Value::Mapping(_), false) = (node.value(), is_flow(node)) {
        return Err(Refusal::Layout { pointer: target.pointer(), reason: "a block of several lines stands there" });
    }
    let edit = Edit { span: node.span, text: writer.inline(draft, style) };
    Ok(Change::new(target, edit, expected))
}

/// Replaces the bytes `part` of the text of a scalar, such as the value in `--anonymous-auth=true`.
///
/// Only these bytes change if the new ones can be written as they are; otherwise the scalar is written anew. Within a
/// block scalar they can be replaced within one line.
pub fn set_part(text: &str, target: &Cursor<'_>, part: Range<usize>, new: &str) -> Result<Change, Refusal> {
    own(target)?;
    let scalar = target.scalar().ok_or_else(|| Refusal::Kind {
        pointer: target.pointer(),
        found: target.value().noun(),
        wanted: "a scalar",
    })?;
    let old = scalar.text();
    if old.get(part.clone()).is_none() {
        return Err(Refusal::Position { pointer: target.pointer(), index: part.start });
    }
    let whole = [&old[..part.start], new, &old[part.end..]].concat();
    let expected = Expected::Value(Draft::Text(whole.clone()));
    let writer = writer_at(text, target);
    if target.span().is_empty() {
        return set(text, target, &Draft::Text(whole));
    }
    let span = scalar.source_span(part, text);
    let written = match scalar.style() {
        Style::Plain => writer.is_plain(&whole).then(|| new.to_owned()),
        Style::Single => write::fits_one_line(new).then(|| new.replace('\'', "''")),
        Style::Double => Some(write::escape(new)),
        Style::Literal | Style::Folded => {
            if !write::fits_one_line(new) || span.is_none() {
                return Err(Refusal::Block { pointer: target.pointer() });
            }
            Some(new.to_owned())
        }
    };
    match (span, written) {
        (Some(span), Some(text)) => Ok(Change::new(target, Edit { span, text }, expected)),
        _ => set(text, target, &Draft::Text(whole)),
    }
}

/// Puts an item into a list before the one at `index`, or after the last one.
pub fn insert(text: &str, list: &Cursor<'_>, index: usize, draft: &Draft) -> Result<Change, Refusal> {
    own(list)?;
    let Value::Sequence(sequence) = list.value() else {
        return Err(Refusal::Kind { pointer: list.pointer(), found: list.value().noun(), wanted: "a list" });
    };
    let count = sequence.items.len();
    if index > count {
        return Err(Refusal::Position { pointer: list.pointer(), index });
    }
    let writer = writer_in(text, list);
    let neighbour = index.checked_sub(1).or((count > 0).then_some(0));
    let style = neighbour.and_then(|neighbour| sequence.items[neighbour].scalar()).map_or(Style::Plain, Scalar::style);
    let edit = if sequence.flow {
        insert_in_flow(text, list.span(), &parts(text, list)?, index, &writer.inline(draft, style))
    } else {
        let parts = parts(text, list)?;
        let dash = parts[neighbour.unwrap_or_default()].start;
        let gap = match blanks(&text[dash + 1..]) {
            "" => " ",
            gap => gap,
        };
        insert_line(text, list, &parts, index, |writer, column| {
            let inner = column + 1 + gap.chars().count();
            format!("-{gap}{}", writer.block(draft, style, inner))
        })?
    };
    Ok(Change::new(list, edit, Expected::Inserted(index, None, draft.clone())))
}

/// Puts an item after the last one of a list.
pub fn append(text: &str, list: &Cursor<'_>, draft: &Draft) -> Result<Change, Refusal> {
    let count = list.sequence().map_or(0, |sequence| sequence.items.len());
    insert(text, list, count, draft)
}

/// Puts an entry into a mapping before the one at `index` as written, or after the last one.
pub fn insert_entry(
    text: &str,
    target: &Cursor<'_>,
    index: usize,
    name: &str,
    draft: &Draft,
) -> Result<Change, Refusal> {
    own(target)?;
    let Value::Mapping(mapping) = target.value() else {
        return Err(Refusal::Kind { pointer: target.pointer(), found: target.value().noun(), wanted: "a mapping" });
    };
    if target.get(name).is_some() {
        return Err(Refusal::KeyExists { pointer: target.pointer(), name: shorten(name) });
    }
    let count = mapping.entries.len();
    if index > count {
        return Err(Refusal::Position { pointer: target.pointer(), index });
    }
    let neighbour = index.checked_sub(1).or((count > 0).then_some(0)).map(|at| &mapping.entries[at]);
    let style_of = |node: Option<&Node>| node.and_then(Node::scalar).map_or(Style::Plain, Scalar::style);
    let key_style = style_of(neighbour.map(|entry| &entry.key));
    let style = style_of(neighbour.map(|entry| &entry.value));
    let parts = parts(text, target)?;
    let edit = if mapping.flow {
        if !target.span().slice(text).starts_with('{') {
            return Err(Refusal::Layout { pointer: target.pointer(), reason: "the mapping has no braces" });
        }
        let writer = writer_in(text, target);
        let key = writer.inline(&Draft::Text(name.to_owned()), key_style);
        let entry = format!("{key}: {}", writer.inline(draft, style));
        insert_in_flow(text, target.span(), &parts, index, &entry)
    } else {
        insert_line(text, target, &parts, index, |writer, column| {
            let key = writer.inline(&Draft::Text(name.to_owned()), key_style);
            format!("{key}:{}", writer.under_key(draft, style, column))
        })?
    };
    let expected = Expected::Inserted(index, Some(name.to_owned()), draft.clone());
    Ok(Change::new(target, edit, expected))
}

/// Puts an entry after the last one of a mapping.
pub fn append_entry(text: &str, target: &Cursor<'_>, name: &str, draft: &Draft) -> Result<Change, Refusal> {
    let count = target.mapping().map_or(0, |mapping| mapping.entries.len());
    insert_entry(text, target, count, name, draft)
}

/// Takes an item out of its list or an entry out of its mapping.
///
/// In block style its lines go, with the comments on them; comments above it stay. The last one out leaves `[]` or
/// `{}`.
pub fn remove(text: &str, target: &Cursor<'_>) -> Result<Change, Refusal> {
    let Some(step) = target.step() else {
        return Err(Refusal::Root);
    };
    let parent = &step.parent;
    // An item that is itself an alias may go; its value stays where it is written.
    if step.merged || !target.node().is_alias() {
        own(target)?;
    }
    own(parent)?;
    let index = step.position;
    let parts = parts(text, parent)?;
    let part = parts[index];
    let flow = is_flow(parent.node());
    let edit = if flow {
        remove_in_flow(text, parent, &parts, index)?
    } else if parts.len() == 1 {
        let brackets = if parent.sequence().is_some() { "[]" } else { "{}" };
        // A list may stand as far left as its key, but brackets may not.
        let indented = if is_indentless(text, parent) { " " } else { "" };
        Edit { span: Span::new(part.start, part.end), text: format!("{indented}{brackets}") }
    } else {
        remove_lines(text, parent, &parts, index)?
    };
    Ok(Change::new(parent, edit, Expected::Removed(index)))
}

/// Where an item or entry stands, dash and properties included.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    end: usize,
}

/// The places of the items or entries of a collection.
fn parts(text: &str, collection: &Cursor<'_>) -> Result<Vec<Part>, Refusal> {
    let explicit = || Refusal::Layout { pointer: collection.pointer(), reason: "a key is marked by `?`" };
    let mut before = collection.span().start as usize;
    let mut parts = Vec::new();
    match collection.value() {
        Value::Scalar(_) => {}
        Value::Sequence(sequence) => {
            for item in &sequence.items {
                let span = item.full_span();
                let start = if sequence.flow {
                    span.start as usize
                } else {
                    find_indicator(text, b"-", before, span.start as usize).ok_or(Refusal::Differs)?
                };
                before = span.end as usize;
                parts.push(Part { start, end: before });
            }
        }
        Value::Mapping(mapping) => {
            for entry in &mapping.entries {
                let key = entry.key.full_span();
                if find_indicator(text, b"?", before, key.start as usize).is_some() || key.is_empty() {
                    return Err(explicit());
                }
                before = key.cover(entry.value.full_span()).end as usize;
                parts.push(Part { start: key.start as usize, end: before });
            }
        }
    }
    Ok(parts)
}

fn insert_in_flow(text: &str, collection: Span, parts: &[Part], index: usize, new: &str) -> Edit {
    let on_own_line = |at: usize| blanks(&text[line_start(text, at)..]).len() == at - line_start(text, at);
    let separator = |part: Part| {
        let start = line_start(text, part.start);
        if on_own_line(part.start) && start > collection.start as usize {
            format!(",{}{}", line_break_near(text, start), blanks(&text[start..]))
        } else {
            ", ".to_owned()
        }
    };
    let (at, text) = match (parts.get(index), parts.last()) {
        (Some(&next), _) => (next.start, format!("{new}{}", separator(next))),
        (None, Some(&last)) => (last.end, format!("{}{new}", separator(last))),
        (None, None) => (collection.start as usize + 1, new.to_owned()),
    };
    Edit { span: Span::new(at, at), text }
}

/// A new line in a block collection. `write` is told the column in which the items or keys start.
fn insert_line(
    text: &str,
    collection: &Cursor<'_>,
    parts: &[Part],
    index: usize,
    write: impl Fn(&Writer, usize) -> String,
) -> Result<Edit, Refusal> {
    let writer = writer_in(text, collection);
    let neighbour = parts[index.saturating_sub(1)];
    let column = column(text, collection, neighbour.start)?;
    let ending = writer.ending;
    let pad = " ".repeat(column);
    let new = write(&writer, column);
    Ok(if index == 0 {
        Edit { span: Span::new(neighbour.start, neighbour.start), text: format!("{new}{ending}{pad}") }
    } else {
        // After the comment on the line, so that it stays with what it is about. Where the text ends without a
        // newline it still does.
        let at = line_end(text, neighbour.end);
        Edit { span: Span::new(at, at), text: format!("{ending}{pad}{new}") }
    })
}

fn remove_lines(text: &str, collection: &Cursor<'_>, parts: &[Part], index: usize) -> Result<Edit, Refusal> {
    let part = parts[index];
    let start = line_start(text, part.start);
    let end = line_end(text, part.end);
    let shares_line = !text[start..part.start].chars().all(|character| character == ' ');
    let span = if shares_line {
        // The first one stands behind the dash or the key of its collection; the second one moves up to it.
        let next = parts.get(index + 1).filter(|_| index == 0).ok_or(Refusal::Differs)?;
        if text[part.end..next.start].contains('#') {
            return Err(Refusal::Layout {
                pointer: collection.pointer(),
                reason: "a comment stands between the first two",
            });
        }
        Span::new(part.start, next.start)
    } else if end < text.len() {
        Span::new(start, end + line_break(text, end).len())
    } else if index > 0 && ends_in_block(child(collection, index - 1)) {
        // What a block scalar at the very end means depends on the newline after it, so that one has to stay.
        Span::new(start, text.len())
    } else {
        // The text ends without a newline and shall do so again: the breaks before the line go with it.
        Span::new(text[..start].trim_end_matches(['\n', '\r']).len(), text.len())
    };
    Ok(Edit { span, text: String::new() })
}

/// The item, or the value of the entry, at a position.
fn child<'a>(collection: &Cursor<'a>, position: usize) -> Option<&'a Node> {
    match collection.value() {
        Value::Scalar(_) => None,
        Value::Sequence(sequence) => sequence.items.get(position),
        Value::Mapping(mapping) => mapping.entries.get(position).map(|entry| &entry.value),
    }
}

/// Whether the last thing in a value is a block scalar.
fn ends_in_block(node: Option<&Node>) -> bool {
    let mut last = node;
    while let Some(node) = last {
        last = match node.value() {
            Value::Scalar(scalar) => {
                return matches!(scalar.style(), Style::Literal | Style::Folded);
            }
            Value::Sequence(sequence) => sequence.items.last(),
            Value::Mapping(mapping) => mapping.entries.last().map(|entry| &entry.value),
        };
    }
    false
}

fn remove_in_flow(text: &str, collection: &Cursor<'_>, parts: &[Part], index: usize) -> Result<Edit, Refusal> {
    let part = parts[index];
    let span = match (index.checked_sub(1), parts.get(index + 1)) {
        (_, Some(next)) => Span::new(part.start, next.start),
        (Some(previous), None) => Span::new(parts[previous].end, part.end),
        (None, None) => {
            let after = &text[part.end..collection.span().end as usize];
            let comma = after.trim_start().starts_with(',');
            let length = if comma { after.len() - after.trim_start().len() + 1 } else { 0 };
            Span::new(part.start, part.end + length)
        }
    };
    let outside = [span.start as usize..part.start, part.end..span.end as usize];
    if outside.into_iter().any(|range| text[range].contains('#')) {
        return Err(Refusal::Layout {
            pointer: collection.pointer(),
            reason: "a comment stands between two of its values",
        });
    }
    Ok(Edit { span, text: String::new() })
}

/// Writes a value where none is written.
fn fill(text: &str, target: &Cursor<'_>, draft: &Draft, writer: &Writer) -> Edit {
    let at = target.span().start as usize;
    let key = target.key().filter(|_| !writer.flow);
    if let (Some(key), Draft::List(_) | Draft::Map(_)) = (key, draft)
        && !draft.is_empty()
    {
        // Below the line of the key, comment and all.
        let end = line_end(text, at);
        let start = key.full_span().start as usize;
        let column = text[line_start(text, start)..start].chars().count();
        return Edit { span: Span::new(end, end), text: writer.under_key(draft, Style::Plain, column) };
    }
    // In `{a}` even the colon is missing.
    let announced = target.node().full_span() != target.span()
        || target.step().is_none()
        || text[..at].trim_end().ends_with([':', '-', '?']);
    let colon = if announced { "" } else { ":" };
    let apart = at == line_start(text, at) || text[..at].ends_with([' ', '\t']);
    let rest = &text[at..line_end(text, at)];
    let trailing = if rest.trim().is_empty() { rest.len() } else { 0 };
    let gap = if apart && announced { "" } else { " " };
    Edit { span: Span::new(at, at + trailing), text: format!("{colon}{gap}{}", writer.inline(draft, Style::Plain)) }
}

fn own(target: &Cursor<'_>) -> Result<(), Refusal> {
    if target.is_shared() {
        return Err(Refusal::Shared { pointer: target.pointer() });
    }
    Ok(())
}

fn is_flow(node: &Node) -> bool {
    match node.value() {
        Value::Sequence(sequence) => sequence.flow,
        Value::Mapping(mapping) => mapping.flow,
        Value::Scalar(_) => false,
    }
}

/// Whether a block list stands in the same column as the key it belongs to.
fn is_indentless(text: &str, list: &Cursor<'_>) -> bool {
    let Some(key) = list.key() else { return false };
    let offset = |at: u32| at as usize - line_start(text, at as usize);
    offset(key.full_span().start) >= offset(list.span().start)
}

/// The column of an item or key, counted from zero.
fn column(text: &str, collection: &Cursor<'_>, at: usize) -> Result<usize, Refusal> {
    let before = &text[line_start(text, at)..at];
    if before.contains('\t') {
        return Err(Refusal::Layout { pointer: collection.pointer(), reason: "it is indented by a tab" });
    }
    Ok(before.chars().count())
}

fn blanks(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches(' ').len()]
}

/// The break of the line at `at`, else of the line before, else `\n`.
fn line_break_near(text: &str, at: usize) -> &str {
    let here = line_break(text, line_end(text, at));
    if !here.is_empty() {
        return here;
    }
    match break_before(text, line_start(text, at)) {
        "" => "\n",
        ending => ending,
    }
}

/// The line break that ends at `at`, or `""`.
fn break_before(text: &str, at: usize) -> &str {
    let before = &text[..at];
    ["\r\n", "\n", "\r"].into_iter().find(|ending| before.ends_with(ending)).unwrap_or_default()
}

/// How values are written in the place of a node.
fn writer_at<'t>(text: &'t str, target: &Cursor<'_>) -> Writer<'t> {
    let flow = target.parent().is_some_and(|parent| is_flow(parent.node()));
    writer(text, target, flow)
}

/// How values are written within a collection.
fn writer_in<'t>(text: &'t str, collection: &Cursor<'_>) -> Writer<'t> {
    writer(text, collection, is_flow(collection.node()))
}

fn writer<'t>(text: &'t str, target: &Cursor<'_>, flow: bool) -> Writer<'t> {
    let mut root = target.clone();
    while let Some(parent) = root.parent() {
        root = parent.clone();
    }
    // The line of the end, because a block may have been started on a line of another kind.
    let end = line_break_near(text, target.span().end as usize);
    Writer { flow: flow || is_flow(root.node()), json: is_flow(root.node()), ending: end }
}
