//! Words inside a larger text, such as a shell script: changed only where they are plainly one word.

use model::{Site, Span};
use yaml::edit::Edit;

use crate::{Done, Ground, Obstacle, check::Wish, scalar::is_flag};

/// Gives a word of a script another value, or takes it away.
pub(crate) fn word(ground: &Ground<'_>, site: &Site, setting: &str, to: Option<&str>) -> Result<Done, Obstacle> {
    let span = site.at.span.ok_or("it has no place in the text")?;
    let whole = ground.node.scalar().ok_or("there is no text there")?.span();
    if whole.start == span.start && whole.end == span.end {
        return Err("it stands in a script, in which only a person can tell the words apart".into());
    }
    let word = ground.text.get(span.range()).ok_or("the place is not there any more")?;
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

/// Letters that no shell gives a meaning to.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:,=-+@%".contains(&byte))
}

/// A length within one text, which is shorter than 4 GB.
fn offset(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
