//! The part of a text that edits can have changed, where that is whole items of one list.
//!
//! What the lines of an item in a block list mean depends on the lines before it only by the column of their dash, and ends
//! where a line of no deeper column begins (YAML 1.2.2, 8.2.1). So where every edit stays within such lines, the part that they
//! make up is read again by itself, and the rest of the text is as it was. Whatever could reach further is left to a reading
//! of the whole: anchors, tags and block scalars, a text with faults, and each part that does not begin and end as it did.

use std::ops::Range;

use model::Edit;
use yaml::{Cursor, Stream};

use crate::{
    apply,
    check::{self, Held, Wish},
};

/// Indicators whose meaning can reach beyond an item, or that change how its lines are read.
const FAR: [char; 7] = ['&', '*', '!', '|', '>', '%', '\t'];

/// Whether the edits make the wishes come true and nothing else. `None` where the whole text has to be read to tell.
pub(crate) fn holds(text: &str, stream: &Stream, edits: &[Edit], wishes: &[&Wish]) -> Option<bool> {
    if !stream.faults.is_empty() {
        return None;
    }
    let places: Vec<Place<'_>> = wishes.iter().map(|wish| Place::of(wish)).collect::<Option<_>>()?;
    let Place { document, list, .. } = *places.first()?;
    if places.iter().any(|place| (place.document, place.list) != (document, list)) {
        return None;
    }
    let list = stream.documents.iter().find(|one| one.index == document)?.at(list)?;
    let count = list.sequence().map(|_| list.items().len())?;
    // An item beside those that are meant, so that something is left of the part.
    let from = places.iter().map(|place| place.index).min()?.saturating_sub(1);
    let to = (places.iter().map(|place| place.index).max()? + 2).min(count);
    let part = lines(text, &list, from..to, count)?;
    if edits.iter().any(|edit| edit.span.range().start < part.range.start || edit.span.range().end > part.range.end) {
        return None;
    }
    let before = text.get(part.range.clone())?;
    let moved: Option<Vec<Edit>> = edits.iter().map(|edit| moved(edit, part.range.start)).collect();
    let after = apply(before, &moved?);
    let goes_on = part.range.end < text.len();
    if before.contains(FAR) || after.contains(FAR) || !part.begins(&after) || (goes_on && !after.ends_with('\n')) {
        return None;
    }
    let was = || Held::of_list(list.items().skip(from).take(to - from));
    let own: Vec<Wish> = wishes.iter().zip(&places).map(|(wish, place)| place.within(wish, from)).collect();
    check::holds(before, &was, &after, &own.iter().collect::<Vec<_>>()).then_some(true)
}

/// The item of a list that a wish is about.
struct Place<'w> {
    document: usize,
    list: &'w str,
    index: usize,
    /// The pointer from the item on; `None` where the wish is about the list itself.
    rest: Option<&'w str>,
}

impl<'w> Place<'w> {
    fn of(wish: &'w Wish) -> Option<Self> {
        match wish {
            Wish::Item { document, pointer, index, .. }
            | Wish::NoItem { document, pointer, index }
            | Wish::Put { document, pointer, key: None, index, .. } => {
                Some(Self { document: *document, list: pointer, index: *index, rest: None })
            }
            Wish::Text { document, pointer, .. } => Self::below(*document, pointer),
            Wish::Put { .. } | Wish::NoEntry { .. } | Wish::Words { .. } | Wish::Within { .. } => None,
        }
    }

    /// The last number of a pointer; that it counts the items of a list, and is no key, whoever looks it up sees.
    fn below(document: usize, pointer: &'w str) -> Option<Self> {
        let mut end = pointer.len();
        loop {
            let slash = pointer.get(..end)?.rfind('/')?;
            let segment = pointer.get(slash + 1..end)?;
            if let Ok(index) = segment.parse() {
                return Some(Self { document, list: pointer.get(..slash)?, index, rest: Some(pointer.get(end..)?) });
            }
            end = slash;
        }
    }

    /// The wish, as it is about a list that begins with what was the item of that index.
    fn within(&self, wish: &Wish, first: usize) -> Wish {
        let mut wish = wish.clone();
        match &mut wish {
            Wish::Item { document, pointer, index, .. }
            | Wish::NoItem { document, pointer, index }
            | Wish::Put { document, pointer, index, .. } => {
                *document = 0;
                pointer.clear();
                *index -= first;
            }
            Wish::Text { document, pointer, .. } => {
                *document = 0;
                *pointer = format!("/{}{}", self.index - first, self.rest.unwrap_or_default());
            }
            Wish::NoEntry { .. } | Wish::Words { .. } | Wish::Within { .. } => {}
        }
        wish
    }
}

/// Lines that whole items of a block list stand in.
struct Lines {
    range: Range<usize>,
    /// Spaces before each dash.
    column: usize,
}

impl Lines {
    fn begins(&self, text: &str) -> bool {
        let rest = text.trim_start_matches(' ');
        text.len() - rest.len() == self.column && rest.starts_with("- ")
    }
}

fn lines(text: &str, list: &Cursor<'_>, items: Range<usize>, count: usize) -> Option<Lines> {
    let (start, column) = dash(text, &list.item(items.start)?)?;
    let end = if items.end < count {
        let (end, beside) = dash(text, &list.item(items.end)?)?;
        (beside == column).then_some(end)?
    } else {
        let end = list.item(items.end.checked_sub(1)?)?.node().full_span().range().end;
        let rest = text.get(end..)?;
        if text.get(..end)?.ends_with('\n') { end } else { end + rest.find('\n').map_or(rest.len(), |at| at + 1) }
    };
    Some(Lines { range: start..end, column })
}

/// Where the line begins that an item stands in, and the spaces before its dash; `None` where anything else is before it.
fn dash(text: &str, item: &Cursor<'_>) -> Option<(usize, usize)> {
    let before = text.get(..item.node().full_span().range().start)?;
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let spaces = before.get(line..)?.trim_end_matches(' ').strip_suffix('-')?;
    (spaces.bytes().all(|byte| byte == b' ') && before.ends_with(' ')).then_some((line, spaces.len()))
}

/// The edit in a text that begins there.
fn moved(edit: &Edit, start: usize) -> Option<Edit> {
    let start = u32::try_from(start).ok()?;
    let span = model::Span::new(edit.span.start.checked_sub(start)?, edit.span.end.checked_sub(start)?);
    Some(Edit { span, ..edit.clone() })
}

#[cfg(test)]
mod tests {
    use model::{EvidenceId, Span};
    use proptest::prelude::*;

    use yaml::Limits;

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
            ["a: &x\n- &y b\n- *y\nc: d\n", "a:\n- |\n  b\n- c\nd: e\n", "a: [b,\n c]\n", "a:\n- - b\n  - c\nd: [\n"]
        {
            let wish = Wish::Text { document: 0, pointer: "/a/0".to_owned(), text: Some("z".to_owned()) };
            let at = text.find('b').unwrap();
            assert_eq!(both(text, &[(at, at + 1, "z")], &[wish]).0, None, "{text}");
        }
    }

    fn line() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "- --a=1",
            "- \"--b=2\"",
            "- '--c'",
            "- d # e",
            "# f",
            "",
            "-  g",
            "- h: i",
            "  j: k",
            "- - l",
            "  - m",
            "- n:",
            "  - o",
            "-",
            "  p",
            "- [q, r]",
            "- s: {t: u}",
            "- \"v",
            "  w\"",
            "- x\r",
        ])
    }

    proptest! {
        /// Whatever is spliced into whatever list: what the part says holds of the whole.
        #[test]
        fn the_part_never_says_more_than_the_whole(
            lines in prop::collection::vec(line(), 1..8),
            indent in 0_usize..5,
            tail in prop::sample::select(vec!["", "z: 1\n", "# z\nz: 1\n", "---\nz: 1\n", "  z: 1\n"]),
            at in any::<prop::sample::Index>(),
            cut in 0_usize..6,
            new in prop::sample::select(vec![
                "", "2", "- --y=1\n", "\n- --y=1", "  - --y=1\n", "    - --y=1\n", " # c", "\"", "- ", ": ", "\n", "]", "z: 2\n", "---\n",
            ]),
            index in 0_usize..6,
            which in 0_usize..4,
        ) {
            let pad = " ".repeat(indent);
            let body: String = lines.iter().map(|line| format!("{pad}{line}\n")).collect();
            let text = format!("a:\n{body}{tail}");
            let start = at.index(text.len() + 1);
            let end = (start + cut).min(text.len());
            let pointer = "/a".to_owned();
            let wish = match which {
                0 => item("/a", index, "--y=1"),
                1 => Wish::NoItem { document: 0, pointer, index },
                2 => Wish::Text { document: 0, pointer: format!("/a/{index}"), text: Some("2".to_owned()) },
                _ => Wish::Text { document: 0, pointer: format!("/a/{index}"), text: None },
            };
            let (part, whole) = both(&text, &[(start, end, new)], &[wish]);
            prop_assert!(part.is_none_or(|part| part == whole), "{text:?}");
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
