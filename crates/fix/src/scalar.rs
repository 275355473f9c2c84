//! A new text for a scalar, in the quotes that it has.

use model::Form;
use yaml::{
    Resolved,
    edit::{self, Draft},
};

use crate::{Done, Ground, Obstacle, check::Wish};

/// `--x=old` becomes `--x=new`, and a bare `--x` becomes `--x=new`; the name stays as it is spelt.
pub(crate) fn set_word(ground: &Ground<'_>, form: Form, setting: &str, to: &str) -> Result<Done, Obstacle> {
    let word = ground.node.scalar().ok_or("there is no text there")?.text();
    let end = word.find('=').unwrap_or(word.len());
    if !names(form, &word[..end], setting) {
        return Err(format!("the word there is not `{setting}`").into());
    }
    if adds_up(ground, form, setting, to) {
        return Err("it is given more than once, and what is given adds up".into());
    }
    let wanted = format!("{}={to}", &word[..end]);
    if wanted == word {
        return Err("it has that value already, so something else decides".into());
    }
    let change = match word.find('=') {
        Some(equals) => edit::set_part(ground.text, &ground.node, equals + 1..word.len(), to),
        None => edit::set_part(ground.text, &ground.node, word.len()..word.len(), &format!("={to}")),
    };
    Ok(Done::new(change?, wish(ground, wanted)))
}

/// Whether the flag is a list that several words build together. Of other flags the last word holds, which is the place
/// that facts name.
fn adds_up(ground: &Ground<'_>, form: Form, setting: &str, to: &str) -> bool {
    let Some(list) = ground.node.parent() else { return false };
    let values: Vec<String> = list
        .items()
        .filter_map(|item| {
            let (name, value) = item.scalar()?.text().split_once('=')?;
            names(form, name, setting).then(|| value.to_owned())
        })
        .collect();
    values.len() > 1 && (to.contains(',') || values.iter().any(|value| value.contains(',')))
}

/// The whole scalar gets another text; what is a boolean or a number stays one.
pub(crate) fn set_whole(ground: &Ground<'_>, to: &str) -> Result<Done, Obstacle> {
    let draft = match (ground.node.resolved(), to.parse::<bool>(), to.parse::<i64>()) {
        (Some(Resolved::Bool(_) | Resolved::Null), Ok(value), _) => Draft::Bool(value),
        (Some(Resolved::Int(_) | Resolved::Null), _, Ok(value)) => Draft::Int(value),
        _ => Draft::from(to),
    };
    Ok(Done::new(edit::set(ground.text, &ground.node, &draft)?, wish(ground, to.to_owned())))
}

fn wish(ground: &Ground<'_>, wanted: String) -> Wish {
    Wish::Text { document: ground.document, pointer: ground.node.pointer(), text: Some(wanted) }
}

/// Whether a word names the flag as words of its form do.
pub(crate) fn names(form: Form, word: &str, setting: &str) -> bool {
    is_flag(word, setting) || (form == Form::Bare && is_flag(&format!("--{word}"), setting))
}

/// Whether a word names the flag, in either spelling of its dashes.
pub(crate) fn is_flag(word: &str, setting: &str) -> bool {
    word.starts_with('-')
        && word.trim_start_matches('-').replace('_', "-") == setting.trim_start_matches('-').replace('_', "-")
}
