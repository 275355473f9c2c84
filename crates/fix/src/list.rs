//! Items of a list: one more beside its siblings, or one less.

use model::Span;
use yaml::{Cursor, Style};

use crate::{
    Done, Ground,
    check::Wish,
    scalar::{self, is_flag},
};

/// Adds a word behind the last flag, looking like it.
pub(crate) fn insert(ground: &Ground<'_>, word: &str) -> Result<Done, String> {
    let list = ground.node.sequence().ok_or("the command is no list there")?;
    let items: Vec<Cursor<'_>> = ground.node.items().collect();
    let text_of = |item: &Cursor<'_>| item.scalar().map(|scalar| scalar.text().to_owned()).unwrap_or_default();
    // Behind a bare `--` nothing is a flag any more.
    if items.iter().any(|item| text_of(item) == "--") {
        return Err("a `--` ends the flags there, and before it only a person can tell where".to_owned());
    }
    let is_word = |item: &Cursor<'_>| text_of(item).starts_with("--");
    let index = items.iter().rposition(is_word).or_else(|| items.len().checked_sub(1)).ok_or("the list is empty")?;
    let sibling = items.get(index).ok_or("the list is empty")?;
    if sibling.node().is_alias() || is_block(sibling) {
        return Err("its neighbour is written in a way that a new word cannot copy".to_owned());
    }
    // A flag whose value is the next item keeps it.
    let is_split = sibling.scalar().is_some_and(|scalar| !scalar.text().contains('='));
    let value = items.get(index + 1).filter(|_| is_split);
    let (sibling, index) = value.map_or((sibling, index), |value| (value, index + 1));
    let style = sibling.scalar().map_or(Style::Plain, yaml::Scalar::style);
    let text = scalar::written(word, style, list.flow)?;
    let node = sibling.node().full_span();
    let line = Line::around(ground.text, node.start as usize, node.end as usize);
    let splice = if list.flow {
        let at = node.end;
        let separator =
            if line.before.trim().is_empty() { format!(",{}{}", line.ending, line.before) } else { ", ".to_owned() };
        (Span::new(at, at), format!("{separator}{text}"))
    } else {
        let dash = dash(line.before)?;
        let (at, text) = if line.ends_file {
            (line.end, format!("{}{dash}{text}", line.ending))
        } else {
            (line.end, format!("{dash}{text}{}", line.ending))
        };
        let at = offset(at)?;
        (Span::new(at, at), text)
    };
    let wish = Wish::Item {
        document: ground.document,
        pointer: ground.node.pointer(),
        index: index + 1,
        text: word.to_owned(),
    };
    Ok(Done { splices: vec![splice], wishes: vec![wish] })
}

/// Takes away a word that is a flag with its value.
pub(crate) fn remove_word(ground: &Ground<'_>, setting: &str) -> Result<Done, String> {
    let word = ground.node.scalar().ok_or("there is no text there")?.text();
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    if !is_flag(name, setting) {
        return Err(format!("the word there is not `{setting}`"));
    }
    let (list, index) = siblings(&ground.node)?;
    let next = list.item(index + 1).and_then(|item| item.scalar().map(|scalar| scalar.text().to_owned()));
    if value.is_none() && next.is_some_and(|next| !next.starts_with('-')) {
        return Err("whether the word behind it is its value cannot be told".to_owned());
    }
    remove(ground, &list, &[index])
}

/// Takes away a flag and the item behind it that is its value.
pub(crate) fn remove_split(ground: &Ground<'_>, setting: &str) -> Result<Done, String> {
    let (list, index) = siblings(&ground.node)?;
    let name = index.checked_sub(1).and_then(|before| list.item(before));
    let named = name.and_then(|item| item.scalar().map(|scalar| is_flag(scalar.text(), setting)));
    if named != Some(true) {
        return Err(format!("the word before it is not `{setting}`"));
    }
    remove(ground, &list, &[index - 1, index])
}

fn siblings<'a>(node: &Cursor<'a>) -> Result<(Cursor<'a>, usize), String> {
    let list = node.parent().filter(|parent| parent.sequence().is_some()).ok_or("it stands in no list")?;
    let index = node.index().ok_or("it stands in no list")?;
    Ok((list.clone(), index))
}

fn remove(ground: &Ground<'_>, list: &Cursor<'_>, indices: &[usize]) -> Result<Done, String> {
    let sequence = list.sequence().ok_or("it stands in no list")?;
    if sequence.items.len() <= indices.len() {
        return Err("nothing would be left of the list".to_owned());
    }
    let mut done = Done::default();
    for &index in indices {
        let item = list.item(index).ok_or("it is not there any more")?;
        if item.node().anchor().is_some() {
            return Err("it has a YAML anchor that something else may use".to_owned());
        }
        let splice = if sequence.flow {
            without_in_brackets(ground.text, list, index)?
        } else {
            without_line(ground.text, &item)?
        };
        done.splices.push(splice);
        done.wishes.push(Wish::NoItem { document: ground.document, pointer: list.pointer(), index });
    }
    // Two neighbours in brackets share a comma: they go as one.
    if sequence.flow
        && let [(first, _), (second, _)] = done.splices[..]
    {
        let whole = Span::new(first.start.min(second.start), first.end.max(second.end));
        done.splices = vec![(whole, String::new())];
    }
    Ok(done)
}

/// The item's line, or what of it is not its comment.
fn without_line(text: &str, item: &Cursor<'_>) -> Result<(Span, String), String> {
    let node = item.node().full_span();
    let line = Line::around(text, node.start as usize, node.end as usize);
    dash(line.before)?;
    let behind = text.get(node.end as usize..line.end).unwrap_or_default();
    let comment = behind.trim_start_matches([' ', '\t']);
    let indent = line.before.len() - line.before.trim_start().len();
    if comment.starts_with('#') {
        let start = line.start + indent;
        return Ok((Span::new(offset(start)?, offset(line.end - comment.len())?), String::new()));
    }
    if !comment.trim().is_empty() {
        return Err("something else stands on its line".to_owned());
    }
    // The last line of a file without a final line break takes the break before it along.
    let start = if line.ends_file && !text.ends_with('\n') {
        text.get(..line.start).map_or(line.start, |before| before.trim_end_matches(['\r', '\n']).len())
    } else {
        line.start
    };
    Ok((Span::new(offset(start)?, offset(line.end)?), String::new()))
}

/// The item and one of its commas.
fn without_in_brackets(text: &str, list: &Cursor<'_>, index: usize) -> Result<(Span, String), String> {
    let this = list.item(index).ok_or("it is not there any more")?.node().full_span();
    let before = index.checked_sub(1).and_then(|before| list.item(before)).map(|item| item.node().full_span().end);
    let after = list.item(index + 1).map(|item| item.node().full_span().start);
    let span = match (before, after) {
        (Some(before), _) => Span::new(before, this.end),
        (None, Some(after)) => Span::new(this.start, after),
        (None, None) => return Err("nothing would be left of the list".to_owned()),
    };
    let gone = text.get(span.range()).unwrap_or_default();
    let own = text.get(this.start as usize..this.end as usize).unwrap_or_default();
    if gone.replacen(own, "", 1).contains('#') {
        return Err("a comment stands between it and its neighbour".to_owned());
    }
    Ok((span, String::new()))
}

fn is_block(item: &Cursor<'_>) -> bool {
    item.scalar().is_some_and(|scalar| matches!(scalar.style(), Style::Literal | Style::Folded))
}

/// The line, or lines, on which a range of the text stands.
struct Line<'a> {
    start: usize,
    /// Behind the line break, where there is one.
    end: usize,
    /// What stands before the range on its first line.
    before: &'a str,
    /// The line break of this line, or of the text where this line has none.
    ending: &'static str,
    /// Whether there is no line break behind it.
    ends_file: bool,
}

impl<'a> Line<'a> {
    fn around(text: &'a str, from: usize, to: usize) -> Self {
        let head = text.get(..from).unwrap_or_default();
        let start = head.rfind('\n').map_or(0, |at| at + 1);
        let tail = text.get(to..).unwrap_or_default();
        let length = tail.find('\n').map(|at| at + 1);
        let end = to + length.unwrap_or(tail.len());
        let breaks = text.get(..end).unwrap_or_default();
        let ending = if breaks.contains("\r\n") { "\r\n" } else { "\n" };
        Self { start, end, before: head.get(start..).unwrap_or_default(), ending, ends_file: length.is_none() }
    }
}

/// What stands before an item's value, if that is nothing but its dash: copied, it makes a sibling.
fn dash(before: &str) -> Result<&str, String> {
    let rest = before.trim_start_matches([' ', '\t']).strip_prefix('-');
    match rest {
        Some(rest) if rest.trim().is_empty() && !before.contains('\t') => Ok(before),
        _ => Err("its line begins with something else than its dash".to_owned()),
    }
}

fn offset(at: usize) -> Result<u32, String> {
    u32::try_from(at).map_err(|_| "the text is too long".to_owned())
}
