//! Words inside a larger text, such as a shell script: changed only where they are plainly one word.

use model::Span;
use yaml::edit::Edit;

use crate::{Done, Ground, Obstacle, check::Wish, offset, scalar::is_flag};

/// Gives a word of a script another value, or takes it away.
pub(crate) fn word(ground: &Ground<'_>, span: Span, setting: &str, to: Option<&str>) -> Result<Done, Obstacle> {
    let whole = ground.node.scalar().ok_or("there is no text there")?.span();
    if whole.start == span.start && whole.end == span.end {
        return Err("it stands in a script, in which only a person can tell the words apart".into());
    }
    let word = ground.text.get(span.range()).ok_or("the place is not there any more")?;
    if !is_one_word(ground.text, span) {
        return Err("it is part of a longer word there".into());
    }
    let (name, value) = word.split_once('=').ok_or("its value stands apart from it in a script")?;
    if !is_flag(name, setting) {
        return Err(format!("the word there is not `{setting}`").into());
    }
    if !is_plain(value) {
        return Err("the script quotes or computes its value".into());
    }
    let (gone, new) = match to {
        Some(to) if is_plain(to) => (Span::new(span.start + offset(name.len() + 1), span.end), to.to_owned()),
        Some(_) => return Err("the script would have to quote the new value".into()),
        None => (without(ground.text, span)?, String::new()),
    };
    let wish = Wish::Text { document: ground.document, pointer: ground.node.pointer(), text: None };
    let edit = Edit { span: yaml::Span { start: gone.start, end: gone.end }, text: new };
    Ok(Done { edits: vec![edit], wishes: vec![wish] })
}

/// The word and the blanks before it; its whole line where it has one to itself and the line goes on.
fn without(text: &str, span: Span) -> Result<Span, Obstacle> {
    let head = text.get(..span.start as usize).unwrap_or_default();
    let tail = text.get(span.end as usize..).unwrap_or_default();
    let blank = head.len() - head.trim_end_matches([' ', '\t']).len();
    let alone = head.trim_end_matches([' ', '\t']).ends_with('\n');
    let rest = tail.split('\n').next().unwrap_or_default();
    if !alone {
        return Ok(Span::new(span.start - offset(blank), span.end));
    }
    if rest.trim() != "\\" || rest.len() == tail.len() {
        return Err("the command of the script ends with it".into());
    }
    Ok(Span::new(span.start - offset(blank), span.end + offset(rest.len() + 1)))
}

/// Whether nothing that belongs to the word stands beside the place.
pub(crate) fn is_one_word(text: &str, span: Span) -> bool {
    let ends = |letter: Option<char>| {
        letter.is_none_or(|letter| {
            letter.is_whitespace() || matches!(letter, '"' | '\'' | ';' | '&' | '|' | '(' | ')' | '`')
        })
    };
    let before = text.get(..span.start as usize).and_then(|before| before.chars().next_back());
    // An escaped line break of a quoted string ends a word too.
    let after = text.get(span.end as usize..).unwrap_or_default();
    ends(before) && (ends(after.chars().next()) || after.starts_with('\\'))
}

/// Letters that no shell gives a meaning to.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:,=-+@%".contains(&byte))
}
