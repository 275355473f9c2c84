//! Reads a changed text again: nothing but the wish may be different.

use std::{collections::BTreeMap, rc::Rc};

use yaml::{Cursor, Item, Limits, Stream, Value};

use crate::statement::{Grammar, Statement, statements};

/// What must be different afterwards.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wish {
    /// The scalar has another text; `None` where only the place is known, inside a script.
    Text { document: usize, pointer: String, text: Option<String> },
    /// The list has one item more, before what is at this index now.
    Item { document: usize, pointer: String, index: usize, text: String },
    /// The list has one item less.
    NoItem { document: usize, pointer: String, index: usize },
    /// The map has one entry more, or the list one item where there is no key.
    Put { document: usize, pointer: String, key: Option<String>, index: usize, value: Tree },
    /// The map has one entry less.
    NoEntry { document: usize, pointer: String, name: String },
    /// In a text of lines, so many words of one line are these; `is_new` where the line itself was not there.
    Words { line: usize, from: usize, count: usize, new: Vec<String>, is_new: bool },
    /// The wish is about the text that the scalar holds.
    Within { document: usize, pointer: String, wish: Box<Wish> },
}

/// A document without places and styles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    /// Shared, since what a text holds is held against each of its changes.
    Text(Rc<str>),
    List(Vec<Tree>),
    Map(Vec<(Rc<str>, Tree)>),
}

/// What a text holds, without places and styles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    /// By the index of the document.
    trees: Vec<(usize, Tree)>,
    faults: usize,
}

impl Held {
    pub(crate) fn of(stream: &Stream) -> Self {
        Self { trees: trees(stream), faults: stream.faults.len() }
    }

    /// Items of a list, as a list that is a text of its own.
    pub(crate) fn of_list<'a>(items: impl Iterator<Item = Cursor<'a>>) -> Self {
        Self { trees: vec![(0, Tree::List(items.map(|item| tree(&item)).collect()))], faults: 0 }
    }

    /// Entries of a map, likewise.
    pub(crate) fn of_map<'a>(entries: impl Iterator<Item = Item<'a>>) -> Self {
        Self { trees: vec![(0, Tree::Map(entries.map(named).collect()))], faults: 0 }
    }

    fn read(text: &str) -> Self {
        Self::of(&yaml::parse(text, &Limits::default()))
    }
}

/// Whether the second text is the first with the wishes come true, and nothing else. `was` is what the first one holds,
/// which nobody needs to know of a text of lines.
pub(crate) fn holds(before: &str, was: &dyn Fn() -> Held, after: &str, wishes: &[&Wish]) -> bool {
    if wishes.iter().any(|wish| matches!(wish, Wish::Words { .. })) {
        return holds_in_lines(before, after, wishes);
    }
    let (was, is) = (was(), Held::read(after));
    if is.faults > was.faults || was.trees.len() != is.trees.len() {
        return false;
    }
    let (mut wanted, mut found) = (was.trees, is.trees);
    // Texts first, while every index is still that of the text before; then items from the last to the first.
    for wish in wishes {
        if let Wish::Text { document, pointer, text } = wish {
            let changed = text.clone().unwrap_or_default();
            let here = set(&mut wanted, *document, pointer, &changed);
            let there = text.is_some() || set(&mut found, *document, pointer, &changed);
            if !here || !there {
                return false;
            }
        }
    }
    let mut within: BTreeMap<(usize, &str), Vec<&Wish>> = BTreeMap::new();
    for wish in wishes {
        if let Wish::Within { document, pointer, wish } = wish {
            within.entry((*document, pointer)).or_default().push(wish);
        }
    }
    for ((document, pointer), wishes) in within {
        let (Some(Tree::Text(was)), Some(Tree::Text(is))) =
            (at(&mut wanted, document, pointer), at(&mut found, document, pointer))
        else {
            return false;
        };
        if !holds(was, &|| Held::read(was), is, &wishes) {
            return false;
        }
        was.clone_from(is);
    }
    let is_item = |wish: &&&Wish| !matches!(wish, Wish::Text { .. } | Wish::Within { .. });
    let mut items: Vec<&&Wish> = wishes.iter().filter(is_item).collect();
    items.sort_by_key(|wish| std::cmp::Reverse(index(wish)));
    for wish in items {
        let (Wish::Item { document, pointer, .. }
        | Wish::NoItem { document, pointer, .. }
        | Wish::Put { document, pointer, .. }
        | Wish::NoEntry { document, pointer, .. }) = wish
        else {
            continue;
        };
        let Some(held) = at(&mut wanted, *document, pointer) else { return false };
        match (wish, held) {
            (Wish::Item { index, text, .. }, Tree::List(list)) if *index <= list.len() => {
                list.insert(*index, Tree::Text(text.as_str().into()));
            }
            (Wish::NoItem { index, .. }, Tree::List(list)) if *index < list.len() => {
                list.remove(*index);
            }
            (Wish::Put { key: None, index, value, .. }, Tree::List(list)) if *index <= list.len() => {
                list.insert(*index, value.clone());
            }
            (Wish::Put { key: Some(key), value, .. }, Tree::Map(map))
                if map.iter().all(|(known, _)| **known != **key) =>
            {
                map.push((key.as_str().into(), value.clone()));
            }
            (Wish::NoEntry { name, .. }, Tree::Map(map)) => map.retain(|(known, _)| **known != **name),
            _ => return false,
        }
    }
    wanted == found
}

/// The same of a text of lines: every other word and every comment stays as it is spelt, in its order.
fn holds_in_lines(before: &str, after: &str, wishes: &[&Wish]) -> bool {
    let Some(grammar) = Grammar::of(before) else { return false };
    let read = |text| {
        let (statements, comments) = statements(grammar, text);
        let words = |statement: &Statement| -> Vec<String> {
            let words = statement.pieces.iter().filter_map(|(start, end)| text.get(*start..*end));
            words.map(str::to_owned).collect()
        };
        let comments: Vec<String> = comments.into_iter().map(str::to_owned).collect();
        (statements.iter().map(words).collect::<Vec<_>>(), comments)
    };
    let (mut wanted, comments) = read(before);
    // From the last word to the first, while the places of those before are still those of the text before.
    let mut wishes = wishes.to_vec();
    wishes.sort_by(|a, b| b.cmp(a));
    for wish in wishes {
        let Wish::Words { line, from, count, new, is_new } = wish else { return false };
        if *is_new {
            if *line > wanted.len() {
                return false;
            }
            wanted.insert(*line, new.clone());
            continue;
        }
        let Some(words) = wanted.get_mut(*line).filter(|words| from + count <= words.len()) else { return false };
        words.splice(*from..*from + *count, new.iter().cloned());
    }
    wanted.retain(|words| !words.is_empty());
    read(after) == (wanted, comments)
}

fn index(wish: &Wish) -> usize {
    match wish {
        Wish::Item { index, .. } | Wish::NoItem { index, .. } | Wish::Put { index, .. } => *index,
        Wish::Text { .. } | Wish::NoEntry { .. } | Wish::Words { .. } | Wish::Within { .. } => 0,
    }
}

fn trees(stream: &Stream) -> Vec<(usize, Tree)> {
    stream.documents.iter().map(|document| (document.index, tree(&document.cursor()))).collect()
}

fn tree(node: &Cursor<'_>) -> Tree {
    match node.value() {
        Value::Scalar(scalar) => Tree::Text(scalar.text().into()),
        Value::Sequence(_) => Tree::List(node.items().map(|item| tree(&item)).collect()),
        Value::Mapping(_) => Tree::Map(node.entries().map(named).collect()),
    }
}

fn named(entry: Item<'_>) -> (Rc<str>, Tree) {
    (Rc::from(&*entry.name), tree(&entry.value))
}

fn at<'a>(trees: &'a mut [(usize, Tree)], document: usize, pointer: &str) -> Option<&'a mut Tree> {
    let (_, mut here) = trees.iter_mut().find(|(index, _)| *index == document).map(|(index, tree)| (index, tree))?;
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        here = match here {
            Tree::List(items) => items.get_mut(name.parse::<usize>().ok()?)?,
            Tree::Map(entries) => entries.iter_mut().find(|(key, _)| **key == *name).map(|(_, value)| value)?,
            Tree::Text(_) => return None,
        };
    }
    Some(here)
}

fn set(trees: &mut [(usize, Tree)], document: usize, pointer: &str, text: &str) -> bool {
    match at(trees, document, pointer) {
        Some(node) => {
            *node = Tree::Text(text.into());
            true
        }
        None => false,
    }
}
