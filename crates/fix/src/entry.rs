//! Arguments in a map or in a list of names and values, as cluster definitions hold them.
//!
//! They are strings there, so that a value never loses its quotes, and the name has no dashes. The map or list may not be
//! there yet: then what is missing of the way to it is made too.

use model::{Form, Named, Shape};
use yaml::{
    Cursor,
    edit::{self, Draft},
};

use crate::{
    Done, Ground, Obstacle,
    check::{Tree, Wish},
    in_text,
    scalar::is_flag,
};

/// Gives an argument another value.
pub(crate) fn set(ground: &Ground<'_>, form: Form, setting: &str, to: &str) -> Result<Done, Obstacle> {
    named(ground, form, setting, Some(to))?;
    if ground.node.scalar().is_none() {
        return Err("there is no text there".into());
    }
    // A text even where it looks like a boolean or a number.
    let change = edit::set(ground.text, &ground.node, &Draft::from(to))?;
    let wish = Wish::Text { document: ground.document, pointer: ground.node.pointer(), text: Some(to.to_owned()) };
    Ok(Done::new(change, wish))
}

/// Takes an argument away.
pub(crate) fn remove(ground: &Ground<'_>, form: Form, setting: &str) -> Result<Done, Obstacle> {
    named(ground, form, setting, None)?;
    let pair = ground.node.parent().filter(|_| form == Form::Pair);
    let target = pair.unwrap_or(&ground.node);
    let list = target.parent().ok_or("it stands in no list")?;
    let siblings =
        list.mapping().map_or(0, |map| map.entries.len()) + list.sequence().map_or(0, |list| list.items.len());
    if siblings < 2 {
        return Err("nothing would be left of the list".into());
    }
    let change = edit::remove(ground.text, target)?;
    let (document, pointer) = (ground.document, list.pointer());
    let wish = match (target.index(), target.name()) {
        (Some(index), _) => Wish::NoItem { document, pointer, index },
        (None, Some(name)) => Wish::NoEntry { document, pointer, name: name.to_owned() },
        (None, None) => return Err("it stands in no list".into()),
    };
    Ok(Done::new(change, wish))
}

/// Adds an argument where the site says, making what is missing of the way there.
pub(crate) fn insert(
    document: usize,
    mut here: Cursor<'_>,
    pointer: &str,
    form: Form,
    text: &str,
    setting: &str,
    to: &str,
) -> Result<Done, Obstacle> {
    let name = setting.trim_start_matches('-');
    let (name, value) = match form {
        Form::Fields(fields) => field(fields, setting, to)?,
        _ => (name, Draft::Text(to.to_owned())),
    };
    let mut missing: Vec<String> = Vec::new();
    for segment in pointer.split('/').skip(1) {
        let segment = segment.replace("~1", "/").replace("~0", "~");
        let next = if missing.is_empty() { child(&here, &segment) } else { None };
        match next {
            Some(next) if !next.is_null() => here = next,
            Some(_) => return Err("it is there and empty; write the first argument by hand".into()),
            None => missing.push(segment),
        }
    }
    if here.scalar().is_some() && form == Form::Bares {
        return Err(format!("there is one argument and no list; make it one and add `{name}={to}` to it").into());
    }
    if here.scalar().is_some() {
        return Err(in_text(form, setting, Some(to)));
    }
    let bare = Draft::Text(format!("{name}={to}"));
    let pair = |name: &str| {
        let entry = |key: &str, value: &str| (key.to_owned(), Draft::Text(value.to_owned()));
        Draft::Map(vec![entry("name", name), entry("value", to)])
    };
    let pointer = here.pointer();
    let (change, wish) = match (missing.split_first(), form) {
        (None, Form::Pairs) => {
            let change = edit::append(text, &here, &pair(name))?;
            let index = here.sequence().map_or(0, |list| list.items.len());
            (change, Wish::Put { document, pointer, key: None, index, value: tree(&pair(name)) })
        }
        (None, Form::Bares) => {
            let change = edit::append(text, &here, &bare)?;
            let index = here.sequence().map_or(0, |list| list.items.len());
            (change, Wish::Put { document, pointer, key: None, index, value: tree(&bare) })
        }
        (None, _) => {
            let change = edit::append_entry(text, &here, name, &value)?;
            let key = Some(name.to_owned());
            (change, Wish::Put { document, pointer, key, index: 0, value: tree(&value) })
        }
        (Some((first, rest)), _) => {
            let innermost = match form {
                Form::Pairs => Draft::List(vec![pair(name)]),
                Form::Bares => Draft::List(vec![bare]),
                _ => Draft::Map(vec![(name.to_owned(), value)]),
            };
            let value = rest.iter().rev().fold(innermost, |inner, key| Draft::Map(vec![(key.clone(), inner)]));
            let change = edit::append_entry(text, &here, first, &value)?;
            (change, Wish::Put { document, pointer, key: Some(first.clone()), index: 0, value: tree(&value) })
        }
    };
    Ok(Done::new(change, wish))
}

/// The field that sets a setting, and the value as it is written there.
fn field(fields: &'static [Named], setting: &str, to: &str) -> Result<(&'static str, Draft), Obstacle> {
    let name = setting.trim_start_matches('-');
    let Some(field) = fields.iter().find(|field| field.setting == name) else {
        return Err(format!("there is no field for `{setting}`").into());
    };
    let unfit = || Obstacle::from(format!("`{}` does not take `{to}`", field.field));
    let value = match field.shape {
        Shape::Text => Draft::Text(to.to_owned()),
        Shape::Bool => Draft::Bool(to.parse().map_err(|_| unfit())?),
        Shape::Int => Draft::Int(to.parse().map_err(|_| unfit())?),
        Shape::List => Draft::List(to.split(',').map(|item| Draft::Text(item.to_owned())).collect()),
        Shape::Map => {
            let pair = |pair: &str| {
                let (key, value) = pair.split_once('=')?;
                Some((key.to_owned(), Draft::Text(value.to_owned())))
            };
            Draft::Map(to.split(',').map(pair).collect::<Option<_>>().ok_or_else(unfit)?)
        }
    };
    Ok((field.field, value))
}

fn child<'a>(here: &Cursor<'a>, segment: &str) -> Option<Cursor<'a>> {
    match segment.parse() {
        Ok(index) if here.sequence().is_some() => here.item(index),
        _ => here.get(segment),
    }
}

fn named(ground: &Ground<'_>, form: Form, setting: &str, to: Option<&str>) -> Result<(), Obstacle> {
    let name = match form {
        Form::Pair => ground.node.parent().and_then(|pair| pair.get("name")?.text().map(str::to_owned)),
        _ => ground.node.name().map(str::to_owned),
    };
    match name {
        Some(name) if is_flag(&format!("--{name}"), setting) => Ok(()),
        _ if ground.node.scalar().is_some_and(|scalar| scalar.text().contains('\n')) => Err(in_text(form, setting, to)),
        _ => Err(format!("the argument there is not `{setting}`").into()),
    }
}

fn tree(draft: &Draft) -> Tree {
    match draft {
        Draft::Text(text) => Tree::Text(text.as_str().into()),
        Draft::Bool(held) => Tree::Text(held.to_string().into()),
        Draft::Int(held) => Tree::Text(held.to_string().into()),
        Draft::Null => Tree::Text("".into()),
        Draft::List(items) => Tree::List(items.iter().map(tree).collect()),
        Draft::Map(entries) => {
            Tree::Map(entries.iter().map(|(key, value)| (key.as_str().into(), tree(value))).collect())
        }
    }
}
