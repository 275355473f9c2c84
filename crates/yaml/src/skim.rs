//! The keys at the root of plainly written YAML, found without a parser.
//!
//! By far the most of what lies in a folder of manifests is block style in one hand: keys of letters, values of one line,
//! blocks of text. That is told line by line, many times faster than events can be made of it. Whatever is not plainly of
//! that kind is left to the parser, so that this never says anything that the parser would not say; tests hold the two side
//! by side. Start at [`skim`].

use crate::parse::Limits;

/// The keys at the root of each document, or `None` where only the parser can tell.
pub(crate) fn skim(text: &str, limits: &Limits) -> Option<Vec<Vec<String>>> {
    let mut skimmer =
        Skimmer { documents: Vec::new(), open: Vec::with_capacity(16), begun: false, rooted: false, nodes: 0, limits };
    let mut lines = Lines { rest: text.as_bytes() };
    while let Some(line) = lines.next() {
        let line = line?;
        let indent = blanks(line);
        let content = line.get(indent..)?.trim_ascii_end();
        match content.first() {
            None | Some(b'#') => continue,
            Some(b'-') if indent == 0 && content.starts_with(b"---") => {
                if content.len() > 3 {
                    return None;
                }
                skimmer.begin()?;
                continue;
            }
            // A directive, or the end of a document.
            Some(b'%' | b'.') if indent == 0 => return None,
            Some(_) => {}
        }
        if let Some(parent) = skimmer.line(indent, content)? {
            block(&mut lines, parent)?;
        }
    }
    Some(skimmer.documents)
}

/// What comes next in a collection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Map,
    List,
}

/// A collection that is open.
#[derive(Clone, Copy)]
struct Open {
    column: usize,
    kind: Kind,
    /// Its last key or dash has no value yet.
    waits: bool,
}

struct Skimmer<'l> {
    documents: Vec<Vec<String>>,
    open: Vec<Open>,
    /// A document is open, and has a root.
    begun: bool,
    rooted: bool,
    nodes: usize,
    limits: &'l Limits,
}

/// Deeper nesting is left to the parser, which knows its limit.
const DEEPEST: usize = 64;

/// A longer key is no simple key.
const LONGEST_KEY: usize = 256;

impl Skimmer<'_> {
    fn begin(&mut self) -> Option<()> {
        if self.documents.len() >= self.limits.documents {
            return None;
        }
        self.documents.push(Vec::new());
        self.open.clear();
        self.begun = true;
        self.rooted = false;
        Some(())
    }

    /// Takes a line from its first letter on. The column of the collection whose value is the block of text that follows, if
    /// one does.
    fn line(&mut self, mut column: usize, mut content: &[u8]) -> Option<Option<usize>> {
        if !self.begun {
            self.begin()?;
        }
        // Dashes in one line open one list within another.
        while content.first() == Some(&b'-') && matches!(content.get(1), None | Some(b' ')) {
            self.enter(column, Kind::List)?;
            let after = content.get(1..)?;
            let gap = blanks(after);
            column += 1 + gap;
            content = after.get(gap..)?;
            // What follows a `#` behind a blank is a comment.
            if content.is_empty() || content.first() == Some(&b'#') && gap > 0 {
                return Some(None);
            }
        }
        let value = match key(content)? {
            Some((name, value)) => {
                self.enter(column, Kind::Map)?;
                if self.open.len() == 1 {
                    self.documents.last_mut()?.push(name.to_owned());
                }
                value
            }
            // A scalar that is no value of anything on its line.
            None if self
                .open
                .last()
                .is_some_and(|open| open.kind == Kind::List && open.waits && open.column < column) =>
            {
                content
            }
            None => return None,
        };
        let top = self.open.last_mut()?;
        let value = value_of(value)?;
        top.waits = matches!(value, Value::Nothing);
        Some(matches!(value, Value::Block).then_some(top.column))
    }

    /// A key or a dash in a column: it belongs to the collection that is open there, or opens one where a value is waited for.
    fn enter(&mut self, column: usize, kind: Kind) -> Option<()> {
        // At most the collection, a key and a value.
        self.nodes += 3;
        if self.nodes > self.limits.nodes {
            return None;
        }
        while let Some(top) = self.open.last() {
            // Items may stand as far left as the key that they belong to.
            let ends = top.column > column || top.column == column && top.kind == Kind::List && kind == Kind::Map;
            if !ends {
                break;
            }
            self.open.pop();
        }
        match self.open.last_mut() {
            Some(top) if top.column == column && top.kind == kind => {
                top.waits = true;
                return Some(());
            }
            Some(top) if top.column == column => {
                if !(top.kind == Kind::Map && top.waits) {
                    return None;
                }
                top.waits = false;
            }
            Some(top) => {
                if !top.waits {
                    return None;
                }
                top.waits = false;
            }
            None if column > 0 || self.rooted => return None,
            None => self.rooted = true,
        }
        if self.open.len() >= DEEPEST.min(self.limits.depth / 2) {
            return None;
        }
        self.open.push(Open { column, kind, waits: true });
        Some(())
    }
}

enum Value {
    Nothing,
    Line,
    Block,
}

/// What a value is that begins behind its key or dash; `None` for one that the parser has to look at.
fn value_of(value: &[u8]) -> Option<Value> {
    let first = match value.first() {
        None | Some(b'#') => return Some(Value::Nothing),
        Some(first) => *first,
    };
    match first {
        b'|' | b'>' => matches!(value, [_] | [_, b'-' | b'+']).then_some(Value::Block),
        b'"' => {
            let end = value.get(1..)?.iter().position(|byte| matches!(byte, b'"' | b'\\'))? + 1;
            (value.get(end) == Some(&b'"') && is_over(value.get(end + 1..)?)).then_some(Value::Line)
        }
        b'\'' => {
            let end = memchr::memchr(b'\'', value.get(1..)?)? + 1;
            (is_over(value.get(end + 1..)?)).then_some(Value::Line)
        }
        b'{' | b'[' => {
            let closed = matches!(value.get(..2)?, b"{}" | b"[]");
            (closed && is_over(value.get(2..)?)).then_some(Value::Line)
        }
        b'-' if !matches!(value.get(1), Some(b' ') | None) => plain(value),
        b'/' | b'_' | b'.' | b'+' | b'$' | b'(' | b'=' | b'<' | b'^' | b';' | b'\\' => plain(value),
        _ if first.is_ascii_alphanumeric() => plain(value),
        _ => None,
    }
}

/// A plain scalar of one line: no colon that ends a key is in it.
fn plain(value: &[u8]) -> Option<Value> {
    for (at, byte) in value.iter().enumerate() {
        match byte {
            b':' if matches!(value.get(at + 1), None | Some(b' ')) => return None,
            b'#' if value.get(at.checked_sub(1)?) == Some(&b' ') => return Some(Value::Line),
            _ => {}
        }
    }
    Some(Value::Line)
}

/// Whether nothing but a comment follows a quoted value.
fn is_over(rest: &[u8]) -> bool {
    let gap = blanks(rest);
    rest.len() == gap || gap > 0 && rest.get(gap) == Some(&b'#')
}

/// A key of plain letters and what follows it; `Some(None)` where the line has none and cannot have one.
#[expect(clippy::option_option, reason = "a key, no key, or a line for the parser")]
fn key(content: &[u8]) -> Option<Option<(&str, &[u8])>> {
    let letters = content
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
        .count();
    let is_key = content.get(letters) == Some(&b':') && matches!(content.get(letters + 1), None | Some(b' '));
    if !is_key {
        return Some(None);
    }
    let name = std::str::from_utf8(content.get(..letters)?).ok()?;
    // Null is no key, and what begins with a dash may be anything.
    let is_odd = match name.as_bytes().first() {
        None | Some(b'-') => true,
        Some(b'n' | b'N') => matches!(name, "null" | "Null" | "NULL"),
        Some(_) => false,
    };
    if is_odd || letters > LONGEST_KEY {
        return None;
    }
    let after = content.get(letters + 1..)?;
    Some(Some((name, after.get(blanks(after)..)?)))
}

/// Takes the lines of a block of text below a collection in that column.
fn block(lines: &mut Lines<'_>, parent: usize) -> Option<()> {
    let mut indent = None;
    loop {
        let mut ahead = Lines { rest: lines.rest };
        let Some(line) = ahead.next() else { return Some(()) };
        let line = line?;
        let own = blanks(line);
        let is_blank = own == line.len();
        match indent {
            // A blank line above the text must not be wider than its indentation.
            None if is_blank && own > 0 => return None,
            None if is_blank => {}
            None if own > parent => indent = Some(own),
            None => return Some(()),
            Some(indent) if is_blank || own >= indent => {}
            Some(_) if own <= parent => return Some(()),
            Some(_) => return None,
        }
        lines.rest = ahead.rest;
    }
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b' ').count()
}

/// The lines of a text without their breaks; `None` in the place of one that holds more than printable ASCII.
struct Lines<'t> {
    rest: &'t [u8],
}

impl<'t> Iterator for Lines<'t> {
    type Item = Option<&'t [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
        let (line, rest) = self.rest.split_at(end);
        self.rest = rest.get(1..).unwrap_or_default();
        let line = line.strip_suffix(b"\r").filter(|_| !rest.is_empty()).unwrap_or(line);
        // Without a branch for each byte, which is what makes this fast.
        let is_plain = line.iter().fold(true, |plain, byte| plain & (0x20..0x7f).contains(byte));
        Some(is_plain.then_some(line))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::parse::outline_by_events;

    fn agrees(text: &str) -> bool {
        let limits = Limits::default();
        let found = skim(text, &limits);
        if let Some(found) = &found {
            assert_eq!(outline_by_events(text, &limits).as_ref(), Some(found), "{text}");
        }
        found.is_some()
    }

    #[test]
    fn plain_manifests_need_no_parser() {
        for text in [
            "",
            "# nothing\n",
            "a: 1\nb:\n  c: d # e\n  f:\n  - g\n  - h: i\n    j: k\n  l: m\nn:\n- o\n- p: q\n",
            "---\na: x\n---\nb: y\n---\n",
            "kind: Pod\r\nspec:\r\n  a: |\r\n    x: [\r\n\r\n  b: \"c\"\r\n",
            "a:\n- - b\n  - c\n-\n  d\n",
            "a: 'b' # c\nd: {}\ne: []\nf: --g=:80\nh: http://i/j#k\nl:\n",
            "a: >-\n  text: {\n   more\n  - less\nb: |+\n c\n\n\nd: e\n",
        ] {
            assert!(agrees(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_plain_is_left_to_the_parser() {
        for text in [
            "a: [b, c]\n",
            "{\"a\": 1}\n",
            "a: &b c\n",
            "a: b\n  c\n",
            "a: b\n  c: d\n",
            "- a\nb: c\n",
            "a: 1\n- b\n",
            "a:\n    b: c\n  d: e\n",
            "a: |\n    b\n  c\n",
            "a: |2\n  b\n",
            "a: |\n    \n  b\n",
            "a: b: c\n",
            "a: \"b\n",
            "a: \"b\\n\"\n",
            "a:\tb\n",
            "a: é\n",
            "%YAML 1.2\n---\na: b\n",
            "a: b\n...\n",
            "~: a\n",
            "null: a\n",
            " a: b\nc: d\n",
        ] {
            assert!(skim(text, &Limits::default()).is_none(), "{text}");
        }
    }

    #[test]
    fn real_files_read_the_same() {
        let Some(folder) = std::env::var_os("PORTCULLIS_CORPUS") else { return };
        let mut pending = vec![std::path::PathBuf::from(folder)];
        let (mut plain, mut all) = (0, 0);
        while let Some(path) = pending.pop() {
            if path.is_dir() {
                pending.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let Ok(bytes) = std::fs::read(&path) else { continue };
            let Ok(text) = crate::decode(&bytes) else { continue };
            all += 1;
            plain += usize::from(agrees(text));
        }
        assert!(plain * 4 > all, "of {all} files only {plain} are plain");
    }

    const PIECES: [&str; 40] = [
        "a:", "b: c", "- d", "-", "- e: f", "- - g", "# h", "", "---", "i: |", "j: >-", "- |", "k: \"l\"", "m: 'n'",
        "o: {}", "p: []", "q: [r]", "s: t # u", "v:  w", "x", "y z", "- -", "- # c", "0: 1", "a: - b", "a: b:", "a:b",
        "- a: |", "...", "\"q\": r", "null: s", "'", "\"", "-  a: b", "key: -x", "- ---", "a: #b", "<<: c", "a: ? b",
        "- a: - b",
    ];

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_skimmed_the_parser_reads_the_same(
            lines in proptest::collection::vec((0_usize..7, 0..PIECES.len(), 0_usize..12), 0..12),
        ) {
            let mut text = String::new();
            for (indent, piece, ending) in lines {
                text.push_str(&" ".repeat(indent));
                text.push_str(PIECES[piece]);
                text.push_str(match ending { 0 => "  \n", 1 => "\r\n", _ => "\n" });
            }
            agrees(&text);
            agrees(text.trim_end());
        }
    }
}
