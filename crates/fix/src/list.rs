//! Items of a list: one more beside its siblings, or one less.

use model::Form;
use yaml::{
    Cursor,
    edit::{self, Draft},
};

use crate::{
    Done, Ground, Obstacle,
    check::Wish,
    scalar::{is_flag, names},
};

/// Adds a word behind the last flag, looking like it.
pub(crate) fn insert(ground: &Ground<'_>, word: &str) -> Result<Done, Obstacle> {
    let items: Vec<Cursor<'_>> = ground.node.items().collect();
    let text_of = |item: &Cursor<'_>| item.scalar().map(|scalar| scalar.text().to_owned()).unwrap_or_default();
    // Behind a bare `--` nothing is a flag any more.
    if items.iter().any(|item| text_of(item) == "--") {
        return Err("a `--` ends the flags there, and before it only a person can tell where".into());
    }
    let last_flag = items.iter().rposition(|item| text_of(item).starts_with("--"));
    let last = last_flag.or_else(|| items.len().checked_sub(1)).ok_or("the list is empty")?;
    // A flag whose value is the next item keeps it.
    let keeps_next = last + 1 < items.len() && !text_of(&items[last]).contains('=');
    let index = last + 1 + usize::from(keeps_next);
    let change = edit::insert(ground.text, &ground.node, index, &Draft::from(word))?;
    let wish = Wish::Item { document: ground.document, pointer: ground.node.pointer(), index, text: word.to_owned() };
    Ok(Done::new(change, wish))
}

/// Takes away a word that is a flag with its value.
pub(crate) fn remove_word(ground: &Ground<'_>, form: Form, setting: &str) -> Result<Done, Obstacle> {
    let word = ground.node.scalar().ok_or("there is no text there")?.text();
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    if !names(form, name, setting) {
        return Err(format!("the word there is not `{setting}`").into());
    }
    let (list, index) = siblings(&ground.node)?;
    if form == Form::Bare {
        return remove(ground, &list, &[index]);
    }
    let next = list.item(index + 1).and_then(|item| item.scalar().map(|scalar| scalar.text().to_owned()));
    if value.is_none() && next.is_some_and(|next| !next.starts_with('-')) {
        return Err("whether the word behind it is its value cannot be told".into());
    }
    remove(ground, &list, &[index])
}

/// Takes away a flag and the item behind it that is its value.
pub(crate) fn remove_split(ground: &Ground<'_>, setting: &str) -> Result<Done, Obstacle> {
    let (list, index) = siblings(&ground.node)?;
    let name = index.checked_sub(1).and_then(|before| list.item(before));
    let named = name.and_then(|item| item.scalar().map(|scalar| is_flag(scalar.text(), setting)));
    if named != Some(true) {
        return Err(format!("the word before it is not `{setting}`").into());
    }
    remove(ground, &list, &[index - 1, index])
}

/// Takes away an item, whatever it is.
pub(crate) fn remove_item(ground: &Ground<'_>) -> Result<Done, Obstacle> {
    let (list, index) = siblings(&ground.node)?;
    remove(ground, &list, &[index])
}

fn siblings<'a>(node: &Cursor<'a>) -> Result<(Cursor<'a>, usize), Obstacle> {
    let list = node.parent().filter(|parent| parent.sequence().is_some()).ok_or("it stands in no list")?;
    let index = node.index().ok_or("it stands in no list")?;
    Ok((list.clone(), index))
}

fn remove(ground: &Ground<'_>, list: &Cursor<'_>, indices: &[usize]) -> Result<Done, Obstacle> {
    if list.items().count() <= indices.len() {
        return Err("nothing would be left of the list".into());
    }
    let mut done = Done::default();
    for &index in indices {
        let item = list.item(index).ok_or("it is not there any more")?;
        if item.node().anchor().is_some() {
            return Err("it has a YAML anchor that something else may use".into());
        }
        let wish = Wish::NoItem { document: ground.document, pointer: list.pointer(), index };
        done.add(Done::new(edit::remove(ground.text, &item)?, wish));
    }
    Ok(done)
}
