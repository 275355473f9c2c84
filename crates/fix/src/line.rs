//! Words in texts of lines: units of systemd, files of variables, files of arguments.
//!
//! Such a text is no tree. A word is changed where it stands between blanks; a line that goes takes its continuation with
//! it, and a line that comes continues the one before. Words that are quoted in parts or computed are left to a person.
//! Start at [`change`].

use model::{Form, Span};
use yaml::edit::Edit;

use crate::{
    Done, Obstacle,
    check::Wish,
    scalar::is_flag,
    statement::{Grammar, Statement, statements},
};

/// Makes one change in a text of lines.
pub(crate) fn change(
    grammar: Grammar,
    text: &str,
    span: Span,
    form: Form,
    setting: &str,
    to: Option<&str>,
) -> Result<Done, Obstacle> {
    let (statements, _) = statements(grammar, text);
    let (start, end) = (span.start as usize, span.end as usize);
    let holds = |piece: &&(usize, usize)| piece.0 <= start && end <= piece.1;
    // Words are added behind a stretch, so its end says which word is the last.
    let is_list = matches!(form, Form::Lines | Form::List | Form::Entries | Form::Pairs);
    let ends = |piece: &&(usize, usize)| piece.0 <= end && end <= piece.1 && (piece.0 < end || start == end);
    let found = statements.iter().enumerate().find_map(|(index, statement)| {
        let piece =
            statement.pieces.iter().enumerate().find(|(_, piece)| if is_list { ends(piece) } else { holds(piece) })?.0;
        Some((index, statement, piece))
    });
    let Some((line, statement, piece)) = found else {
        // Of a script the place is all of it where a flag is to come.
        let what = to.map_or_else(|| format!("take `{setting}` away"), |to| format!("write `{setting}={to}`"));
        return Err(format!("it is no single word of a line there, so that only a person can {what}").into());
    };
    let here = Here { grammar, text, line, statement, piece, start, end };
    match (is_list, to) {
        (true, Some(to)) => here.insert(setting, to),
        (true, None) => Err("nobody wrote it there".into()),
        (false, Some(to)) => here.set(setting, to),
        (false, None) => here.remove(setting, statements.len()),
    }
}

/// A place in a word of a statement.
struct Here<'a> {
    grammar: Grammar,
    text: &'a str,
    /// Which statement of the text it is.
    line: usize,
    statement: &'a Statement,
    piece: usize,
    start: usize,
    end: usize,
}

impl Here<'_> {
    fn word(&self) -> &str {
        self.text.get(self.start..self.end).unwrap_or_default()
    }

    fn piece(&self, index: usize) -> Option<(usize, usize)> {
        self.statement.pieces.get(index).copied()
    }

    fn piece_text(&self, index: usize) -> &str {
        self.piece(index).and_then(|(start, end)| self.text.get(start..end)).unwrap_or_default()
    }

    /// What stands before the word and behind it between the same blanks: quotes, and the name of a variable.
    fn around(&self) -> (&str, &str) {
        let (from, to) = self.piece(self.piece).unwrap_or_default();
        (self.text.get(from..self.start).unwrap_or_default(), self.text.get(self.end..to).unwrap_or_default())
    }

    fn set(&self, setting: &str, to: &str) -> Result<Done, Obstacle> {
        let by_hand = || format!("write `{setting}={to}` there by hand");
        if !is_plain(to) || to.contains(GLOB) {
            return Err(format!("the new value would have to be quoted there; {}", by_hand()).into());
        }
        let word = self.word();
        let (prefix, suffix) = self.around();
        let (gone, new) = if word.starts_with('-') {
            let name = word.split('=').next().unwrap_or_default();
            if !is_flag(name, setting) {
                return Err(format!("the word there is not `{setting}`").into());
            }
            if self.adds_up(setting, to) {
                return Err("it is given more than once, and what is given adds up".into());
            }
            match word.get(name.len() + 1..) {
                Some(value) => {
                    let inner = unquoted(value)
                        .ok_or_else(|| format!("its value is quoted in parts or computed; {}", by_hand()))?;
                    let from = self.start + name.len() + 1 + usize::from(inner.len() < value.len());
                    ((from, from + inner.len()), to.to_owned())
                }
                None => ((self.end, self.end), format!("={to}")),
            }
        } else {
            self.value_of(setting)?;
            let inner =
                unquoted(word).ok_or_else(|| format!("its value is quoted in parts or computed; {}", by_hand()))?;
            let from = self.start + usize::from(inner.len() < word.len());
            ((from, from + inner.len()), to.to_owned())
        };
        let kept = |range: std::ops::Range<usize>| self.text.get(range).unwrap_or_default();
        let changed = [prefix, kept(self.start..gone.0), &new, kept(gone.1..self.end), suffix].concat();
        if changed == self.piece_text(self.piece) {
            return Err("it has that value already, so something else decides".into());
        }
        Ok(Done { edits: vec![edit(gone.0, gone.1, new)], wishes: vec![self.wish(self.piece, 1, vec![changed])] })
    }

    /// Makes sure that the word is the value of the flag that stands before it, and tells whether that stands by itself
    /// between its blanks.
    fn value_of(&self, setting: &str) -> Result<bool, Obstacle> {
        let quotes = ['"', '\''];
        let before = self.piece.checked_sub(1).map_or("", |before| self.piece_text(before).trim_end_matches(quotes));
        // Behind the name of a variable, or a quote that opens its value.
        let name = before.rsplit(['=', '"', '\'']).next().unwrap_or_default();
        if !is_flag(name, setting) {
            return Err(format!("the word there is not `{setting}`").into());
        }
        Ok(before.trim_start_matches(quotes) == name)
    }

    /// Whether the flag is a list that several words build together; see `scalar::set_word`.
    fn adds_up(&self, setting: &str, to: &str) -> bool {
        let values: Vec<&str> = (0..self.statement.pieces.len())
            .filter_map(|index| self.piece_text(index).trim_start_matches(['"', '\'']).split_once('='))
            .filter(|(name, _)| is_flag(name, setting))
            .map(|(_, value)| value)
            .collect();
        values.len() > 1 && (to.contains(',') || values.iter().any(|value| value.contains(',')))
    }

    fn remove(&self, setting: &str, statements: usize) -> Result<Done, Obstacle> {
        let word = self.word();
        let last = self.piece;
        let mut first = last;
        if word.starts_with('-') {
            let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
            if !is_flag(name, setting) {
                return Err(format!("the word there is not `{setting}`").into());
            }
            let next = self.piece(self.piece + 1).map(|_| self.piece_text(self.piece + 1));
            if value.is_none() && self.around().1.is_empty() && next.is_some_and(|next| !begins_flag(next)) {
                return Err("whether the word behind it is its value cannot be told".into());
            }
            if value.is_some_and(|value| unquoted(value).is_none()) {
                return Err(format!("its value is quoted in parts or computed; take `{setting}` away by hand").into());
            }
        } else {
            if !self.value_of(setting)? {
                return Err("it and its value begin a quoted text; take both away by hand".into());
            }
            if unquoted(word).is_none() {
                return Err(format!("its value is quoted in parts or computed; take `{setting}` away by hand").into());
            }
            first -= 1;
        }
        let (mut prefix, mut suffix) = self.around();
        // Quotes around the whole word are the word's own.
        if prefix == suffix && matches!(prefix, "\"" | "'") {
            (prefix, suffix) = ("", "");
        }
        let next = self.piece(last + 1);
        if !prefix.is_empty() || !suffix.is_empty() {
            if first != last {
                return Err("it and its value stand at the end of a quoted text; take both away by hand".into());
            }
            return self.remove_at_quote(prefix, suffix, next);
        }
        let (start, end) = (self.piece(first).unwrap_or_default().0, self.piece(last).unwrap_or_default().1);
        if first > 0 && self.piece_text(first).starts_with(['"', '\'']) != self.piece_text(first).ends_with(['"', '\''])
        {
            return Err("a quote opens or closes in it; take it away by hand".into());
        }
        let wish = self.wish(first, last + 1 - first, Vec::new());
        if self.grammar == Grammar::Arguments && statements < 2 && last + 1 - first == self.statement.pieces.len() {
            return Err("nothing would be left of the file".into());
        }
        Ok(Done { edits: self.without(first, start, end)?, wishes: vec![wish] })
    }

    /// Takes away a word at which a quoted value begins or ends.
    fn remove_at_quote(&self, prefix: &str, suffix: &str, next: Option<(usize, usize)>) -> Result<Done, Obstacle> {
        if !prefix.is_empty() && !suffix.is_empty() {
            let left = [prefix, suffix].concat();
            let edits = vec![edit(self.start, self.end, String::new())];
            return Ok(Done { edits, wishes: vec![self.wish(self.piece, 1, vec![left])] });
        }
        if !prefix.is_empty() {
            let next = next.filter(|(start, _)| !self.between(self.end, *start).contains('\n'));
            let (until, count, left) = match next {
                Some((start, _)) => (start, 2, [prefix, self.piece_text(self.piece + 1)].concat()),
                None => (self.end, 1, prefix.to_owned()),
            };
            let edits = vec![edit(self.start, until, String::new())];
            return Ok(Done { edits, wishes: vec![self.wish(self.piece, count, vec![left])] });
        }
        // The closing quote moves up to the word before.
        let before = self.piece.checked_sub(1).ok_or("a quote closes in it; take it away by hand")?;
        let (_, from) = self.piece(before).unwrap_or_default();
        if self.between(from, self.start).contains(['#', ';']) {
            return Err("a comment stands before it in a quoted text; take it away by hand".into());
        }
        let left = [self.piece_text(before), suffix].concat();
        let edits = vec![edit(from, self.end, String::new())];
        Ok(Done { edits, wishes: vec![self.wish(before, 2, vec![left])] })
    }

    /// The edits that take away the bytes of whole words, with their line where nothing else is on it.
    fn without(&self, first: usize, start: usize, end: usize) -> Result<Vec<Edit>, Obstacle> {
        let (line_start, line_end) = (line_start(self.text, start), line_end(self.text, end));
        let before = self.between(line_start, start);
        let after = self.between(end, line_end).trim();
        let begins = before.trim().is_empty() && line_start == self::line_start(self.text, end);
        let continues = self.grammar != Grammar::Arguments;
        if begins && after.is_empty() && continues {
            let previous = first.checked_sub(1).and_then(|previous| self.piece(previous));
            let (_, from) = previous.ok_or("nothing would be left of the line")?;
            let until = self::line_end(self.text, from);
            if !matches!(self.between(from, until).trim(), "\\" | "") {
                return Err("the line before it does not end as lines do that go on".into());
            }
            let mut edits = vec![self.whole_line(line_start, line_end)];
            if until > from {
                edits.insert(0, edit(from, until, String::new()));
            }
            return Ok(edits);
        }
        if begins && (after.is_empty() || after == "\\" && continues) {
            return Ok(vec![self.whole_line(line_start, line_end)]);
        }
        if begins {
            let blanks = self.text.get(end..line_end).unwrap_or_default();
            let gap = blanks.len() - blanks.trim_start_matches([' ', '\t']).len();
            return Ok(vec![edit(start, end + gap, String::new())]);
        }
        if line_start != self::line_start(self.text, end) {
            return Err("it and its value stand on two lines; take both away by hand".into());
        }
        let blanks = before.len() - before.trim_end_matches([' ', '\t']).len();
        Ok(vec![edit(start - blanks, end, String::new())])
    }

    /// The edit that takes a line away; the last one takes the line break before it along where it has none itself.
    fn whole_line(&self, start: usize, end: usize) -> Edit {
        let ending = ending(self.text, end);
        if !ending.is_empty() {
            return edit(start, end + ending.len(), String::new());
        }
        let before = self.text.get(..start).unwrap_or_default();
        edit(before.trim_end_matches('\n').trim_end_matches('\r').len(), end, String::new())
    }

    fn insert(&self, setting: &str, to: &str) -> Result<Done, Obstacle> {
        let word = format!("{setting}={to}");
        if !is_plain(&word) || word.contains(GLOB) {
            return Err(format!("it would have to be quoted there; write `{word}` there by hand").into());
        }
        if (0..self.statement.pieces.len()).any(|index| self.piece_text(index).trim_matches(['"', '\'']) == "--") {
            return Err("a `--` ends the flags there, and before it only a person can tell where".into());
        }
        let (from, to) = self.piece(self.piece).unwrap_or_default();
        let (kept, suffix) =
            (self.text.get(from..self.end).unwrap_or_default(), self.text.get(self.end..to).unwrap_or_default());
        if !matches!(suffix, "" | "\"" | "'") {
            return Err("something else follows in the same word; add it by hand".into());
        }
        // An empty value gets its first word.
        if self.start == self.end && (kept.ends_with(['=', '"', '\'']) || kept.is_empty()) {
            let whole = [kept, &word, suffix].concat();
            let edits = vec![edit(self.end, self.end, word)];
            return Ok(Done { edits, wishes: vec![self.wish(self.piece, 1, vec![whole])] });
        }
        let line = line_start(self.text, from);
        let indent = self.between(line, from);
        let alone = indent.bytes().all(|byte| matches!(byte, b' ' | b'\t'));
        let ending = self.text.find('\n').map_or("\n", |at| match self.text.get(..at) {
            Some(before) if before.ends_with('\r') => "\r\n",
            _ => "\n",
        });
        let previous = self.piece.checked_sub(1).and_then(|previous| self.piece(previous));
        let new = match (self.grammar, previous) {
            (Grammar::Arguments, _) => format!("{ending}{}{word}", if alone { indent } else { "" }),
            (_, Some((_, end))) if alone => {
                let tail = self.between(end, line_end(self.text, end));
                let gap = tail.trim_end().strip_suffix('\\');
                // A comment line may stand between, which continues nothing.
                format!("{}{ending}{indent}{word}", gap.map(|gap| format!("{gap}\\")).unwrap_or_default())
            }
            _ => format!(" {word}"),
        };
        let edits = vec![edit(self.end, self.end, new)];
        if self.grammar == Grammar::Arguments {
            let wish = Wish::Words { line: self.line + 1, from: 0, count: 0, new: vec![word], is_new: true };
            return Ok(Done { edits, wishes: vec![wish] });
        }
        let new = vec![kept.to_owned(), [&word, suffix].concat()];
        Ok(Done { edits, wishes: vec![self.wish(self.piece, 1, new)] })
    }

    fn between(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn wish(&self, from: usize, count: usize, new: Vec<String>) -> Wish {
        Wish::Words { line: self.line, from, count, new, is_new: false }
    }
}

fn edit(start: usize, end: usize, text: String) -> Edit {
    Edit { span: yaml::Span::new(start, end), text }
}

fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1)
}

/// The end of the line, before its break.
fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let line = rest.split('\n').next().unwrap_or_default();
    let carriage = line.ends_with('\r') && line.len() < rest.len();
    at + line.len() - usize::from(carriage)
}

fn ending(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    ["\r\n", "\n"].into_iter().find(|ending| rest.starts_with(ending)).unwrap_or_default()
}

fn begins_flag(piece: &str) -> bool {
    piece.trim_start_matches(['"', '\'']).starts_with('-')
}

/// A value without the quotes around it; `None` where not each of its letters stands for itself.
fn unquoted(value: &str) -> Option<&str> {
    let inner = ['"', '\''].into_iter().find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
    let inner = inner.unwrap_or(value);
    is_plain(inner).then_some(inner)
}

/// Letters that only a shell gives a meaning to, and that nothing new is written with.
const GLOB: [char; 3] = ['*', '[', ']'];

/// Letters that systemd takes for themselves, wherever they stand.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./:,=-+@*[]".contains(&byte))
}
