//! The keys at the root of each document, without a tree.

use granit_parser::{Event, Parser};

use super::{Limits, breaks, options};
use crate::skim::skim;

/// The keys at the root of each document, without the trees below them: for whoever only wants to know what a text is.
///
/// `None` where only [`parse()`](crate::parse()) can tell: of a text with a fault, a tag, an anchor, an alias or an odd line break. Where there are keys, `parse`
/// finds the same and no fault that is fatal.
pub fn outline(text: &str, limits: &Limits) -> Option<Vec<Vec<String>>> {
    if text.len() > limits.bytes.min(u32::MAX as usize) || breaks::has_odd(text) {
        return None;
    }
    skim(text, limits).or_else(|| outline_by_events(text, limits))
}

/// The same of any text, as the parser tells it.
pub(crate) fn outline_by_events(text: &str, limits: &Limits) -> Option<Vec<Vec<String>>> {
    /// What comes next in a collection.
    #[derive(Clone, Copy, PartialEq)]
    enum Next {
        Key,
        Value,
        Item,
    }
    let mut documents: Vec<Vec<String>> = Vec::new();
    let mut open: Vec<Next> = Vec::new();
    let mut nodes = 0_usize;
    let mut parser = Parser::new_from_str_with_options(text, options(limits));
    while let Some(event) = parser.next_event() {
        let (event, _) = event.ok()?;
        let opened = match &event {
            Event::DocumentStart(..) if documents.len() >= limits.documents => return None,
            Event::DocumentStart(..) => {
                documents.push(Vec::new());
                continue;
            }
            Event::Scalar(_, _, 0, None) => None,
            Event::MappingStart(_, 0, None) => Some(Next::Key),
            Event::SequenceStart(_, 0, None) => Some(Next::Item),
            Event::MappingEnd | Event::SequenceEnd => {
                open.pop();
                continue;
            }
            Event::Scalar(..) | Event::MappingStart(..) | Event::SequenceStart(..) => return None,
            Event::Anchor(..) | Event::Alias(_) | Event::UnresolvedAlias(_) => return None,
            _ => continue,
        };
        nodes += 1;
        if nodes > limits.nodes {
            return None;
        }
        let at_root = open.len() == 1;
        match open.last_mut() {
            Some(next @ Next::Key) => {
                let Event::Scalar(key, ..) = event else { return None };
                // Null is no key, and two smaller signs merge.
                if matches!(&*key, "" | "~" | "null" | "Null" | "NULL" | "<<") {
                    return None;
                }
                if at_root {
                    documents.last_mut()?.push(key.into_owned());
                }
                *next = Next::Value;
            }
            Some(next @ Next::Value) => *next = Next::Key,
            Some(Next::Item) | None => {}
        }
        open.extend(opened);
    }
    Some(documents)
}
