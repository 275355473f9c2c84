//! A new text for a scalar, in the quotes that it has.

use model::Span;
use yaml::{Cursor, Style};

use crate::{Done, Ground, check::Wish};

/// `--x=old` becomes `--x=new`, and a bare `--x` becomes `--x=new`.
pub(crate) fn set_word(ground: &Ground<'_>, setting: &str, to: &str) -> Result<Done, String> {
    let scalar = ground.node.scalar().ok_or("there is no text there")?;
    let word = scalar.text();
    let end = word.find('=').unwrap_or(word.len());
    if !is_flag(&word[..end], setting) {
        return Err(format!("the word there is not `{setting}`"));
    }
    if adds_up(ground, setting, to) {
        return Err("it is given more than once, and what is given adds up".to_owned());
    }
    let wanted = format!("{}={to}", &word[..end]);
    if wanted == word {
        return Err("it has that value already, so something else decides".to_owned());
    }
    // Only the value changes where its bytes can be told; the name stays as it is spelt.
    let (range, inserted) = match word.find('=') {
        Some(equals) => (equals + 1..word.len(), to.to_owned()),
        None => (word.len()..word.len(), format!("={to}")),
    };
    let narrow = scalar
        .source_span(range, ground.text)
        .filter(|_| fits(&wanted, scalar.style(), in_flow(&ground.node)))
        .zip(spelt(&inserted, scalar.style()));
    let (span, text) = match narrow {
        Some((span, text)) => (span, text),
        None => (scalar.span(), written(&wanted, scalar.style(), in_flow(&ground.node))?),
    };
    Ok(done(ground, span, text, wanted))
}

/// Whether the flag is a list that several words build together. Of other flags the last word holds, which is the place
/// that facts name.
fn adds_up(ground: &Ground<'_>, setting: &str, to: &str) -> bool {
    let Some(list) = ground.node.parent() else { return false };
    let values: Vec<String> = list
        .items()
        .filter_map(|item| {
            let (name, value) = item.scalar()?.text().split_once('=')?;
            is_flag(name, setting).then(|| value.to_owned())
        })
        .collect();
    values.len() > 1 && (to.contains(',') || values.iter().any(|value| value.contains(',')))
}

/// The whole scalar gets another text.
pub(crate) fn set_whole(ground: &Ground<'_>, to: &str) -> Result<Done, String> {
    let scalar = ground.node.scalar().ok_or("there is no text there")?;
    let text = written(to, scalar.style(), in_flow(&ground.node))?;
    // A value that is not written at all has an empty span right behind its colon.
    let text = if scalar.span().is_empty() { format!(" {text}") } else { text };
    Ok(done(ground, scalar.span(), text, to.to_owned()))
}

fn done(ground: &Ground<'_>, span: yaml::Span, text: String, wanted: String) -> Done {
    let wish = Wish::Text { document: ground.document, pointer: ground.node.pointer(), text: Some(wanted) };
    Done { splices: vec![(Span::new(span.start, span.end), text)], wishes: vec![wish] }
}

/// Whether a word names the flag, in either spelling of its dashes.
pub(crate) fn is_flag(word: &str, setting: &str) -> bool {
    word.starts_with('-')
        && word.trim_start_matches('-').replace('_', "-") == setting.trim_start_matches('-').replace('_', "-")
}

/// Whether the node lies in brackets or braces, where commas end a plain word.
pub(crate) fn in_flow(node: &Cursor<'_>) -> bool {
    node.parent().is_some_and(|parent| {
        parent.sequence().is_some_and(|list| list.flow)
            || parent.mapping().is_some_and(|map| map.flow)
            || in_flow(parent)
    })
}

/// A text in a style, quotes included; in single quotes where it cannot be plain.
pub(crate) fn written(text: &str, style: Style, flow: bool) -> Result<String, String> {
    match style {
        Style::Plain if fits(text, style, flow) => Ok(text.to_owned()),
        Style::Plain | Style::Single => Ok(format!("'{}'", spelt(text, Style::Single).ok_or("it cannot be quoted")?)),
        Style::Double => Ok(format!("\"{}\"", spelt(text, Style::Double).ok_or("it cannot be quoted")?)),
        Style::Literal | Style::Folded => Err("it is written as a block of text".to_owned()),
    }
}

/// A text as it stands inside a style; `None` where it cannot.
fn spelt(text: &str, style: Style) -> Option<String> {
    if text.chars().any(char::is_control) {
        return None;
    }
    Some(match style {
        Style::Plain | Style::Literal | Style::Folded => text.to_owned(),
        Style::Single => text.replace('\'', "''"),
        Style::Double => text.replace('\\', "\\\\").replace('"', "\\\""),
    })
}

/// Whether a text means itself in a style.
fn fits(text: &str, style: Style, flow: bool) -> bool {
    match style {
        Style::Single | Style::Double | Style::Literal | Style::Folded => true,
        Style::Plain => {
            let begins = text.starts_with("--") || text.starts_with(|letter: char| letter.is_ascii_alphanumeric());
            let ends = text.trim_end() == text && !text.ends_with(':');
            let commas = flow && text.contains([',', '[', ']', '{', '}']);
            begins && ends && !commas && !text.contains(": ") && !text.contains(" #")
        }
    }
}
