//! The part of a text that edits can have changed, where that is whole items of a list or entries of a map.
//!
//! What the lines of an item in a block collection mean depends on the lines before it only by the column that it begins in,
//! and ends where a line of no deeper column begins (YAML 1.2.2, 8.2). So where every edit stays within such lines, the part
//! that they make up is read again by itself, and the rest of the text is as it was. Whatever could reach further is left to a
//! reading of the whole: anchors, tags and block scalars (the next comment may be their text), a text with faults, and each part that does not begin and end as it did.

use std::ops::Range;

use model::Edit;
use yaml::{Cursor, Stream, Value};

use crate::{
    apply,
    check::{self, Held, Wish},
    offset,
};

/// What can reach beyond an item, or changes how its lines are read.
const FAR: [char; 7] = ['&', '*', '!', '|', '>', '%', '\t'];

/// A text of which it does not matter how much is read, in bytes.
const SHORT: usize = 1000;

/// Whether the edits make the wishes come true and nothing else. `None` where the whole text has to be read to tell.
pub(crate) fn holds(text: &str, stream: &Stream, edits: &[Edit], wishes: &[&Wish]) -> Option<bool> {
    if !stream.faults.is_empty() {
        return None;
    }
    let (document, pointer) = place(wishes.first()?)?;
    let node = stream.documents.iter().find(|one| one.index == document)?.at(pointer)?;
    let mut around = Some(&node);
    while let Some(here) = around {
        if let Some(part) = Part::of(text, here, edits) {
            return part.holds(text, document, edits, wishes).then_some(true);
        }
        around = here.parent();
    }
    None
}

/// The document and the node that a wish is about; `None` where it is none of a tree.
fn place(wish: &Wish) -> Option<(usize, &str)> {
    match wish {
        Wish::Text { document, pointer, .. }
        | Wish::Item { document, pointer, .. }
        | Wish::NoItem { document, pointer, .. }
        | Wish::Put { document, pointer, .. }
        | Wish::NoEntry { document, pointer, .. }
        | Wish::Within { document, pointer, .. } => Some((*document, pointer)),
        Wish::Words { .. } => None,
    }
}

/// Neighbouring items of a block collection, with the lines that they stand in.
struct Part<'a> {
    collection: &'a Cursor<'a>,
    items: Range<usize>,
    lines: Range<usize>,
    /// Spaces before each item.
    column: usize,
}

impl<'a> Part<'a> {
    /// The items that the edits stay within, and a neighbour on either side, so that something is left of it.
    fn of(text: &str, collection: &'a Cursor<'a>, edits: &[Edit]) -> Option<Self> {
        let places = places(collection)?;
        let (first, last) = (edits.first()?.span.range().start, edits.iter().map(|edit| edit.span.range().end).max()?);
        let mut from = places.partition_point(|place| *place < first).saturating_sub(1);
        let (start, column) = match line(text, collection, *places.get(from)?) {
            // The first entry of a map that begins behind the dash of an item.
            None => {
                from += 1;
                line(text, collection, *places.get(from)?)?
            }
            Some(begin) => begin,
        };
        let to = (places.partition_point(|place| *place < last) + 1).min(places.len());
        let end = match places.get(to) {
            Some(place) => line(text, collection, *place).filter(|(_, beside)| *beside == column)?.0,
            None => {
                let end = collection.node().full_span().range().end;
                let is_begun = !text.get(..end)?.ends_with('\n');
                let rest = text.get(end..).filter(|_| is_begun).unwrap_or_default().split_inclusive('\n').next();
                // A block scalar that keeps its last lines ends within the line of what comes next.
                let rest = rest.unwrap_or_default();
                let is_over = matches!(rest.trim_start().as_bytes().first(), None | Some(b'#'));
                is_over.then_some(end + rest.len())?
            }
        };
        let fits = start <= first && last <= end && (end - start) * 2 < text.len().max(SHORT);
        fits.then_some(Self { collection, items: from..to, lines: start..end, column })
    }

    fn holds(&self, text: &str, document: usize, edits: &[Edit], wishes: &[&Wish]) -> bool {
        let own: Option<Vec<Wish>> = wishes.iter().map(|wish| self.own(document, wish)).collect();
        let start = offset(self.lines.start);
        let moved = |edit: &Edit| {
            let span = model::Span::new(edit.span.start - start, edit.span.end - start);
            Edit { span, ..edit.clone() }
        };
        let (Some(own), Some(before)) = (own, text.get(self.lines.clone())) else { return false };
        let after = apply(before, &edits.iter().map(moved).collect::<Vec<_>>());
        let goes_on = self.lines.end < text.len();
        if before.contains(FAR) || after.contains(FAR) || !self.begins(&after) || (goes_on && !after.ends_with('\n')) {
            return false;
        }
        let was = || match self.collection.value() {
            Value::Sequence(_) => Held::of_list(self.collection.items().skip(self.items.start).take(self.items.len())),
            _ => Held::of_map(self.collection.entries().skip(self.items.start).take(self.items.len())),
        };
        check::holds(before, &was, &after, &own.iter().collect::<Vec<_>>())
    }

    fn begins(&self, text: &str) -> bool {
        let rest = text.trim_start_matches(' ');
        let is_item = rest.starts_with("- ");
        let is_list = self.collection.sequence().is_some();
        text.len() - rest.len() == self.column && is_list == is_item && !rest.starts_with(['#', '\r', '\n', '?', '.'])
    }

    /// The wish as it is about the part alone; `None` where it is about something else.
    fn own(&self, document: usize, wish: &Wish) -> Option<Wish> {
        let mut wish = wish.clone();
        let around = self.collection.pointer();
        let first = self.items.start;
        if place(&wish)?.0 != document {
            return None;
        }
        // An entry that stands outside the part is not among those that a new one is held against.
        if let Wish::Put { pointer, key: Some(key), .. } = &wish
            && *pointer == around
            && self.collection.get(key).is_some()
        {
            return None;
        }
        match &mut wish {
            Wish::Item { document, pointer, index, .. }
            | Wish::NoItem { document, pointer, index }
            | Wish::Put { document, pointer, key: None, index, .. } => {
                *document = 0;
                if *pointer == around {
                    pointer.clear();
                    *index = index.checked_sub(first)?;
                } else {
                    *pointer = self.below(pointer.strip_prefix(around.as_str())?)?;
                }
            }
            Wish::Text { document, pointer, .. } | Wish::Within { document, pointer, .. } => {
                *document = 0;
                *pointer = self.below(pointer.strip_prefix(around.as_str())?)?;
            }
            Wish::Put { document, pointer, .. } | Wish::NoEntry { document, pointer, .. } => {
                *document = 0;
                let rest = pointer.strip_prefix(around.as_str())?;
                *pointer = if rest.is_empty() { String::new() } else { self.below(rest)? };
            }
            Wish::Words { .. } => return None,
        }
        Some(wish)
    }

    /// A pointer from the collection on, as it leads from the part.
    fn below(&self, pointer: &str) -> Option<String> {
        let rest = pointer.strip_prefix('/')?;
        if self.collection.mapping().is_some() {
            return Some(pointer.to_owned());
        }
        let (index, rest) = rest.split_once('/').map_or((rest, None), |(index, rest)| (index, Some(rest)));
        let index = index.parse::<usize>().ok()?.checked_sub(self.items.start)?;
        Some(rest.map_or_else(|| format!("/{index}"), |rest| format!("/{index}/{rest}")))
    }
}

/// Where each item of a block collection begins; `None` where what is read is not just what is written there.
fn places(collection: &Cursor<'_>) -> Option<Vec<usize>> {
    if collection.is_shared() {
        return None;
    }
    match collection.value() {
        Value::Sequence(list) if !list.flow => {
            Some(list.items.iter().map(|item| item.full_span().range().start).collect())
        }
        Value::Mapping(map) if !map.flow && !map.entries.iter().any(yaml::Entry::is_merge) => {
            let places = map.entries.iter().map(|entry| entry.key.full_span().range().start);
            (collection.entries().count() == map.entries.len()).then(|| places.collect())
        }
        Value::Scalar(_) | Value::Sequence(_) | Value::Mapping(_) => None,
    }
}

/// Where the line begins that an item stands in, and the spaces before it; `None` where anything else is before it.
fn line(text: &str, collection: &Cursor<'_>, place: usize) -> Option<(usize, usize)> {
    let before = text.get(..place)?;
    let begin = before.rfind('\n').map_or(0, |at| at + 1);
    let mut spaces = before.get(begin..)?;
    if collection.sequence().is_some() {
        spaces = spaces.trim_end_matches(' ').strip_suffix('-').filter(|_| before.ends_with(' '))?;
    }
    spaces.bytes().all(|byte| byte == b' ').then_some((begin, spaces.len()))
}

#[cfg(test)]
mod tests {
    use model::{EvidenceId, Span};
    use proptest::prelude::*;

    use yaml::{
        Limits,
        edit::{self, Draft},
    };

    use super::*;

    fn both(text: &str, edits: &[(usize, usize, &str)], wishes: &[Wish]) -> (Option<bool>, bool) {
        let edits: Vec<Edit> = edits
            .iter()
            .map(|(start, end, text)| Edit {
                evidence: EvidenceId::new("a.yaml"),
                span: Span::new(u32::try_from(*start).unwrap(), u32::try_from(*end).unwrap()),
                text: (*text).to_owned(),
            })
            .collect();
        let stream = yaml::parse(text, &Limits::default());
        let wishes: Vec<&Wish> = wishes.iter().collect();
        let whole = check::holds(text, &|| Held::of(&stream), &apply(text, &edits), &wishes);
        (holds(text, &stream, &edits, &wishes), whole)
    }

    fn item(pointer: &str, index: usize, text: &str) -> Wish {
        Wish::Item { document: 0, pointer: pointer.to_owned(), index, text: text.to_owned() }
    }

    #[test]
    fn an_item_more_is_told_by_its_part() {
        let text = "spec:\n  containers:\n  - command:\n    - --a=1 # why\n    - --b=2\n    image: x\n";
        let at = text.find("    - --b").unwrap();
        let wish = item("/spec/containers/0/command", 1, "--c=3");
        assert_eq!(both(text, &[(at, at, "    - --c=3\n")], std::slice::from_ref(&wish)), (Some(true), true));
        assert_eq!(both(text, &[(at, at, "    - --d=3\n")], &[wish]), (None, false));
    }

    #[test]
    fn the_end_of_the_text_is_the_end_of_a_part() {
        let text = "command:\n- --a=1\n- --b=2";
        let wish = item("/command", 2, "--c=3");
        assert_eq!(both(text, &[(text.len(), text.len(), "\n- --c=3")], &[wish]), (Some(true), true));
    }

    #[test]
    fn what_reaches_further_takes_the_whole() {
        for text in
            ["a: &x\n- &y b\n- *y\nc: d\n", "a: &x\n- b\n- e\nc: *x\n", "{a: [b,\n c]}\n", "a:\n- - b\n  - c\nd: [\n"]
        {
            let wish = Wish::Text { document: 0, pointer: "/a/0".to_owned(), text: Some("z".to_owned()) };
            let at = text.find('b').unwrap();
            assert_eq!(both(text, &[(at, at + 1, "z")], &[wish]).0, None, "{text}");
        }
    }

    /// A value as somebody might write it, in lines without indentation.
    fn value() -> impl Strategy<Value = Vec<String>> {
        let leaf = prop::sample::select(vec![
            "--a=1",
            "\"--b=2\"",
            "'c d'",
            "e # f",
            "|\n  g\n  h",
            "|-\n  i",
            ">+\n  j\n",
            "[k, l]",
            "{m: n}",
            "\"o\n  p\"",
            "q\n  r",
            "",
            "&s t",
            "!u v",
            "*s",
        ]);
        let leaf = leaf.prop_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>());
        leaf.prop_recursive(3, 24, 4, |inner| {
            let items = prop::collection::vec((inner, any::<u8>()), 1..5);
            (items, any::<bool>(), any::<bool>()).prop_map(|(items, is_list, is_compact)| {
                let mut lines = Vec::new();
                for (number, (value, odd)) in items.into_iter().enumerate() {
                    let is_nested = value.first().is_some_and(|line| line.starts_with("- ") || line.contains(": "))
                        && !value.first().is_some_and(|line| line.starts_with(['[', '{', '"', '\'']));
                    match odd % 16 {
                        0 => lines.push("# w".to_owned()),
                        1 => lines.push(String::new()),
                        _ => {}
                    }
                    let head = if is_list { "-".to_owned() } else { format!("k{number}:") };
                    let (first, rest) =
                        value.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
                    let pad = if is_list && is_compact { " " } else { "" };
                    if is_nested && !is_list {
                        let pad = if is_compact && first.starts_with("- ") { "" } else { "  " };
                        lines.push(head);
                        lines.extend(value.iter().map(|line| format!("{pad}{line}")));
                    } else if is_nested {
                        lines.push(format!("- {pad}{first}"));
                        lines.extend(rest.iter().map(|line| format!("  {pad}{line}")));
                    } else {
                        lines.push(format!("{head} {first}"));
                        lines.extend(rest.iter().map(|line| format!("{pad}{line}")));
                    }
                }
                lines
            })
        })
    }

    /// Every node of a document.
    fn nodes<'a>(here: &Cursor<'a>, found: &mut Vec<Cursor<'a>>) {
        found.push(here.clone());
        here.items().for_each(|item| nodes(&item, found));
        here.entries().for_each(|entry| nodes(&entry.value, found));
    }

    /// A wish about a node with the edit that makes it come true.
    fn wished(text: &str, node: &Cursor<'_>, index: usize) -> Option<(Wish, Vec<yaml::edit::Edit>)> {
        let (document, pointer) = (0, node.pointer());
        let draft = Draft::from("--y=1");
        let (change, wish) = match (node.value(), index % 2) {
            (Value::Sequence(list), 0) => {
                let index = index % (list.items.len() + 1);
                (
                    edit::insert(text, node, index, &draft),
                    Wish::Item { document, pointer, index, text: "--y=1".to_owned() },
                )
            }
            (Value::Mapping(_), 0) => {
                let value = check::Tree::Text("--y=1".into());
                let wish = Wish::Put { document, pointer, key: Some("y".to_owned()), index: 0, value };
                (edit::append_entry(text, node, "y", &draft), wish)
            }
            (Value::Scalar(_), 0) => {
                (edit::set(text, node, &draft), Wish::Text { document, pointer, text: Some("--y=1".to_owned()) })
            }
            (_, _) => {
                let parent = node.parent()?.pointer();
                let wish = match (node.index(), node.name()) {
                    (Some(index), _) => Wish::NoItem { document, pointer: parent, index },
                    (_, Some(name)) => Wish::NoEntry { document, pointer: parent, name: name.to_owned() },
                    _ => return None,
                };
                (edit::remove(text, node), wish)
            }
        };
        Some((wish, change.ok()?.edits))
    }

    proptest! {
        /// Whatever is written, and however an edit goes wrong: what the part says holds of the whole.
        #[test]
        fn the_part_never_says_more_than_the_whole(
            lines in value(),
            indent in 0_usize..3,
            tail in prop::sample::select(vec!["", "z: 1\n", "# z\nz: 1\n", "---\nz: 1\n", "  # z\n"]),
            which in any::<prop::sample::Index>(),
            index in 0_usize..12,
            slip in 0_u8..8,
            shift in 0_u32..4,
        ) {
            let pad = " ".repeat(indent);
            let body: String = lines.iter().map(|line| format!("{pad}{line}\n")).collect();
            let text = format!("a: 1\nb:\n{body}{tail}");
            let stream = yaml::parse(&text, &Limits::default());
            let mut found = Vec::new();
            stream.documents.iter().take(1).for_each(|document| nodes(&document.cursor(), &mut found));
            let node = found.get(which.index(found.len().max(1)));
            let Some((wish, edits)) = node.and_then(|node| wished(&text, node, index)) else { return Ok(()) };
            let mut edits: Vec<(usize, usize, String)> =
                edits.into_iter().map(|edit| (edit.span.range().start, edit.span.range().end, edit.text)).collect();
            let shift = usize::try_from(shift).unwrap();
            if let Some((start, end, new)) = edits.first_mut() {
                match slip {
                    0 => *start = start.saturating_sub(shift),
                    1 => *end = (*end + shift).min(text.len()),
                    2 => *new = new.trim_end_matches('\n').to_owned(),
                    3 => *new = format!("{}{new}", " ".repeat(shift)),
                    4 => *new = new.trim_start_matches(' ').to_owned(),
                    5 => new.push_str(["\n", " ", "\"", ": "][shift]),
                    _ => {}
                }
            }
            let edits: Vec<(usize, usize, &str)> =
                edits.iter().map(|(start, end, new)| (*start, *end, new.as_str())).collect();
            let (part, whole) = both(&text, &edits, &[wish]);
            prop_assert!(part.is_none_or(|part| part == whole), "{text:?} {edits:?}");
        }

        /// The same of edits as this crate makes them, which a part is nearly always enough to tell.
        #[test]
        fn a_part_tells_of_a_plain_list(
            words in prop::collection::vec("--[a-z]{1,8}=[a-z0-9]{0,4}", 2..8),
            indent in 0_usize..5,
            at in any::<prop::sample::Index>(),
            tail in prop::sample::select(vec!["", "z: 1\n", "# z\nz: 1\n", "---\nz: 1\n"]),
        ) {
            let pad = " ".repeat(indent);
            let line = |word: &String| format!("{pad}- {word}\n");
            let head = "a:\n".to_owned();
            let index = at.index(words.len() + 1);
            let start = head.len() + words.iter().take(index).map(|word| line(word).len()).sum::<usize>();
            let text = format!("{head}{}{tail}", words.iter().map(line).collect::<String>());
            let new = line(&"--new=1".to_owned());
            prop_assert_eq!(both(&text, &[(start, start, &new)], &[item("/a", index, "--new=1")]), (Some(true), true));
            if let Some(word) = words.get(index) {
                let gone = Wish::NoItem { document: 0, pointer: "/a".to_owned(), index };
                let end = start + line(word).len();
                prop_assert_eq!(both(&text, &[(start, end, "")], &[gone]), (Some(true), true));
            }
        }
    }
}
