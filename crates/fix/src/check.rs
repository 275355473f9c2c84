//! Reads a changed text again: nothing but the wish may be different.

use yaml::{Cursor, Limits, Stream, Value};

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
}

/// A document without places and styles.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tree {
    Text(String),
    List(Vec<Tree>),
    Map(Vec<(String, Tree)>),
}

/// Whether the second text is the first with the wishes come true, and nothing else.
pub(crate) fn holds(before: &str, after: &str, wishes: &[&Wish]) -> bool {
    let was = yaml::parse(before, &Limits::default());
    let is = yaml::parse(after, &Limits::default());
    if is.faults.len() > was.faults.len() || was.documents.len() != is.documents.len() {
        return false;
    }
    let (mut wanted, mut found) = (trees(&was), trees(&is));
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
    let mut items: Vec<&&Wish> = wishes.iter().filter(|wish| !matches!(wish, Wish::Text { .. })).collect();
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
                list.insert(*index, Tree::Text(text.clone()));
            }
            (Wish::NoItem { index, .. }, Tree::List(list)) if *index < list.len() => {
                list.remove(*index);
            }
            (Wish::Put { key: None, index, value, .. }, Tree::List(list)) if *index <= list.len() => {
                list.insert(*index, value.clone());
            }
            (Wish::Put { key: Some(key), value, .. }, Tree::Map(map)) if map.iter().all(|(known, _)| known != key) => {
                map.push((key.clone(), value.clone()));
            }
            (Wish::NoEntry { name, .. }, Tree::Map(map)) => map.retain(|(known, _)| known != name),
            _ => return false,
        }
    }
    wanted == found
}

fn index(wish: &Wish) -> usize {
    match wish {
        Wish::Item { index, .. } | Wish::NoItem { index, .. } | Wish::Put { index, .. } => *index,
        Wish::Text { .. } | Wish::NoEntry { .. } => 0,
    }
}

fn trees(stream: &Stream) -> Vec<(usize, Tree)> {
    stream.documents.iter().map(|document| (document.index, tree(&document.cursor()))).collect()
}

fn tree(node: &Cursor<'_>) -> Tree {
    match node.value() {
        Value::Scalar(scalar) => Tree::Text(scalar.text().to_owned()),
        Value::Sequence(_) => Tree::List(node.items().map(|item| tree(&item)).collect()),
        Value::Mapping(_) => {
            Tree::Map(node.entries().map(|entry| (entry.name.into_owned(), tree(&entry.value))).collect())
        }
    }
}

fn at<'a>(trees: &'a mut [(usize, Tree)], document: usize, pointer: &str) -> Option<&'a mut Tree> {
    let (_, mut here) = trees.iter_mut().find(|(index, _)| *index == document).map(|(index, tree)| (index, tree))?;
    for segment in pointer.split('/').skip(1) {
        let name = segment.replace("~1", "/").replace("~0", "~");
        here = match here {
            Tree::List(items) => items.get_mut(name.parse::<usize>().ok()?)?,
            Tree::Map(entries) => entries.iter_mut().find(|(key, _)| *key == name).map(|(_, value)| value)?,
            Tree::Text(_) => return None,
        };
    }
    Some(here)
}

fn set(trees: &mut [(usize, Tree)], document: usize, pointer: &str, text: &str) -> bool {
    match at(trees, document, pointer) {
        Some(node) => {
            *node = Tree::Text(text.to_owned());
            true
        }
        None => false,
    }
}
