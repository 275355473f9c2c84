//! Parts of a text as files of their own, in which every place is one of the text around; and files of which less is known.

use model::{Body, CutSecret, Evidence, EvidenceId, Kind};
use yaml::{Cursor, Limits, Resolved, Style, Value};

use super::written::gap;
use crate::{Carried, declare::Source};

/// A longer text is not copied for each file in it.
const LONGEST: usize = 1 << 20;

/// A file that is spelt in a quoted string or a URL, as evidence: blank but for each letter of it at its own place. An escape
/// takes more room than the letter that it means, so such a text is taken only where it reads as the file itself does.
pub(super) fn scattered(
    outer: &Source<'_>,
    inner: &str,
    places: &[u32],
    evidence: &[Evidence],
) -> Result<Evidence, &'static str> {
    const OTHERWISE: &str = "the letters that are escaped in it cannot be put back in their places";
    if outer.text.len() > LONGEST || outer.inside.is_some() {
        return Err("the text around it is too long");
    }
    if ["{{", "${"].iter().any(|marker| inner.contains(marker)) {
        return Err("it holds placeholders that are not filled in yet");
    }
    let is_table = is_table(inner);
    let filler = if is_table { b'\n' } else { b' ' };
    let mut blank: Vec<u8> =
        outer.text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { filler }).collect();
    let ends = places.first().zip(places.last()).map(|(start, end)| (*start as usize, *end as usize));
    let (start, end) = ends.ok_or(OTHERWISE)?;
    for (at, byte) in inner.bytes().enumerate() {
        let (Some(own), Some(next)) = (places.get(at), places.get(at + 1)) else { return Err(OTHERWISE) };
        // The line begins behind the whole escape.
        let place = if byte == b'\n' { next.checked_sub(1).ok_or(OTHERWISE)? } else { *own };
        *blank.get_mut(place as usize).ok_or(OTHERWISE)? = byte;
    }
    // The quotes around it are where its first line begins and its last one ends.
    for quote in [start.checked_sub(1), Some(end)] {
        if let Some(byte) = quote.and_then(|at| blank.get_mut(at)) {
            *byte = b'\n';
        }
    }
    let text = String::from_utf8(blank).map_err(|_| OTHERWISE)?;
    let reads_the_same = if is_table {
        let lines = |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        lines(&text) == lines(inner)
    } else {
        let (placed, own) = (yaml::parse(&text, &Limits::default()), yaml::parse(inner, &Limits::default()));
        let same = |(a, b): (&yaml::Document, &yaml::Document)| same(&a.cursor(), &b.cursor());
        placed.faults.len() == own.faults.len()
            && placed.documents.len() == own.documents.len()
            && placed.documents.iter().zip(&own.documents).all(same)
    };
    if !reads_the_same {
        return Err(OTHERWISE);
    }
    Ok(piece(outer, text, start..end, evidence))
}

/// Whether two nodes hold the same, wherever they stand. Without recursion: aliases may lead a thousand levels deep.
fn same(a: &Cursor<'_>, b: &Cursor<'_>) -> bool {
    let mut open = vec![(a.clone(), b.clone())];
    while let Some((a, b)) = open.pop() {
        match (a.value(), b.value()) {
            (Value::Scalar(a), Value::Scalar(b)) if a.text() == b.text() && a.resolved() == b.resolved() => {}
            (Value::Sequence(_), Value::Sequence(_)) if a.items().len() == b.items().len() => {
                open.extend(a.items().zip(b.items()));
            }
            (Value::Mapping(left), Value::Mapping(right)) if left.entries.len() == right.entries.len() => {
                for (a, b) in a.entries().zip(b.entries()) {
                    if a.name != b.name {
                        return false;
                    }
                    open.push((a.value, b.value));
                }
            }
            _ => return false,
        }
    }
    true
}

/// Whether a text is read by its lines, of which blank ones and blanks before a field count.
fn is_table(text: &str) -> bool {
    let stream = yaml::parse(text, &Limits::default());
    stream.documents.first().is_none_or(|document| document.cursor().scalar().is_some())
}

/// Evidence of a part of a text, with the secrets that were cut out of that part.
fn piece(outer: &Source<'_>, text: String, part: std::ops::Range<usize>, evidence: &[Evidence]) -> Evidence {
    let around = evidence.iter().find(|piece| piece.id == *outer.evidence);
    let within = |span: model::Span| part.start <= span.range().start && span.range().end <= part.end;
    Evidence {
        secrets: around
            .map(|around| around.secrets.iter().filter(|secret| within(secret.span)).cloned().collect())
            .unwrap_or_default(),
        ..of_kind(outer, Body::Text(text.into()))
    }
}

/// A file that is written in a string, as evidence: the outer text, blank but for the string, so that every place in it is
/// one of the outer text. `Err` says why it cannot be read so.
pub(in crate::declare) fn file(
    outer: &Source<'_>,
    string: &Cursor<'_>,
    evidence: &[Evidence],
) -> Result<Evidence, &'static str> {
    let scalar = string.scalar().filter(|scalar| scalar.style() == Style::Literal && outer.inside.is_none());
    let scalar = scalar.ok_or("it is not written as a block of lines")?;
    if outer.text.len() > LONGEST {
        return Err("the text around it is too long");
    }
    if ["{{", "${"].iter().any(|marker| scalar.text().contains(marker)) {
        return Err("it holds placeholders that are not filled in yet");
    }
    let range = scalar.span().range();
    let header = outer.text.get(range.clone()).and_then(|block| block.find('\n')).unwrap_or_default();
    let lines = range.start + header..range.end;
    // In a table only line breaks do not count.
    let is_table = is_table(scalar.text());
    let filler = |byte| match byte {
        b'\n' | b'\r' => byte,
        _ if is_table => b'\n',
        _ => b' ',
    };
    let mut blank: Vec<u8> = outer.text.bytes().map(filler).collect();
    let written = outer.text.as_bytes().get(lines.clone()).unwrap_or_default();
    blank.get_mut(lines.clone()).unwrap_or_default().copy_from_slice(written);
    if is_table {
        let indent = scalar.source_span(0..1, outer.text).map_or(0, |first| first.start as usize - lines.start);
        let mut at = lines.start;
        for line in outer.text.get(lines.clone()).unwrap_or_default().split_inclusive('\n') {
            let blanks = line.bytes().take_while(|byte| *byte == b' ').count().min(indent.saturating_sub(1));
            blank.get_mut(at..at + blanks).unwrap_or_default().fill(b'\n');
            at += line.len();
        }
    }
    // Indented, a line of dashes begins no document.
    let mut at = lines.start;
    for line in outer.text.get(lines.clone()).unwrap_or_default().split_inclusive('\n') {
        if line.trim_start().starts_with("---") {
            let before = blank.get(lines.start..at).unwrap_or_default();
            if line.trim() != "---" || !before.iter().all(u8::is_ascii_whitespace) {
                return Err("it holds several documents");
            }
            let end = at + line.trim_end().len();
            blank.get_mut(at..end).unwrap_or_default().fill(b' ');
        }
        at += line.len();
    }
    let text = String::from_utf8(blank).map_err(|_| "it is no text")?;
    Ok(piece(outer, text, lines, evidence))
}

/// A part of a definition that becomes a file of its own, as evidence: the outer text, blank but for the part, so that
/// every place in it is one of the outer text.
///
/// With `key` the part stands under that key, in place of the longer one it has; entries of `more` that the part lacks
/// stand behind it. `Err` says why it cannot be read so.
pub(in crate::declare) fn part(
    outer: &Source<'_>,
    part: &Cursor<'_>,
    key: Option<&str>,
    more: &[(&str, &str)],
    evidence: &[Evidence],
) -> Result<Evidence, &'static str> {
    if outer.inside.is_some() || outer.text.len() > LONGEST {
        return Err("the text around it is not read so");
    }
    if part.is_shared() {
        return Err("parts of it stand elsewhere in the text");
    }
    let written = part.span().range();
    let text = outer.text.get(written.clone()).unwrap_or_default();
    if ["{{", "${"].iter().any(|marker| text.contains(marker)) {
        return Err("it holds placeholders that are not filled in yet");
    }
    let is_flow = part.mapping().map(|map| map.flow).or_else(|| part.sequence().map(|list| list.flow));
    let around_is_flow = part.parent().and_then(|parent| parent.mapping()).is_some_and(|map| map.flow);
    let lacking: Vec<_> = more.iter().filter(|(name, _)| key.is_some() || part.get(name).is_none()).collect();
    if (!lacking.is_empty() && key.is_none() && is_flow != Some(false)) || (key.is_some() && around_is_flow) {
        return Err("it is not written as a block of lines");
    }
    let mut blank: Vec<u8> =
        outer.text.bytes().map(|byte| if matches!(byte, b'\n' | b'\r') { byte } else { b' ' }).collect();
    let mut start = written.start;
    if let Some(key) = key {
        let old = part.key().map(|key| key.span.range()).ok_or("it has no name")?;
        let named = format!("{key}:");
        if old.len() + 1 < named.len() || outer.text.as_bytes().get(old.end) != Some(&b':') {
            return Err("it is not written as a block of lines");
        }
        start = old.start;
        blank.get_mut(start..start + named.len()).unwrap_or_default().copy_from_slice(named.as_bytes());
    }
    blank.get_mut(written.clone()).unwrap_or_default().copy_from_slice(text.as_bytes());
    // Whoever takes the part out writes it anew, so that one in braces need not be JSON: a text that begins with a comment is
    // read as YAML.
    if outer.text.get(..start).is_some_and(|before| before.contains('\n'))
        && let Some(first) = blank.first_mut().filter(|first| **first == b' ')
    {
        *first = b'#';
    }
    if !lacking.is_empty() {
        let line = outer.text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let indent = " ".repeat(start - line);
        for (name, value) in lacking {
            blank.extend_from_slice(format!("\n{indent}{name}: {value}").as_bytes());
        }
        blank.push(b'\n');
    }
    let text = String::from_utf8(blank).map_err(|_| "it is no text")?;
    Ok(piece(outer, text, written, evidence))
}

/// A file that the text brings along, with what is known of it; its places are those of the text.
pub(in crate::declare) fn carried(outer: &Source<'_>, path: impl Into<String>, body: Body) -> Carried {
    Carried { path: path.into(), evidence: of_kind(outer, body) }
}

fn of_kind(outer: &Source<'_>, body: Body) -> Evidence {
    Evidence::of(outer.evidence.clone(), outer.plane, Kind::ConfigFile, body)
}

/// A file that a distribution makes of settings of its own, so that it stands in no text: its name is that of the
/// definition with the path behind it. A secret of the definition in it stays one.
pub(in crate::declare) fn composed(outer: &Source<'_>, path: &str, text: String, secrets: Vec<CutSecret>) -> Carried {
    let id = EvidenceId::new(format!("{}!{path}", outer.evidence));
    Carried { path: path.to_owned(), evidence: Evidence { id, secrets, ..of_kind(outer, Body::Text(text.into())) } }
}

/// A file that is there, and that nobody can look into here.
pub(in crate::declare) fn unread(outer: &Source<'_>, path: &str, reason: &str) -> Carried {
    carried(outer, path, Body::Unread(gap(path, reason)))
}

/// A file that is there, and of which nothing more is wanted.
pub(in crate::declare) fn present(outer: &Source<'_>, path: String) -> Carried {
    carried(outer, path, Body::Present)
}

/// A node as JSON, for a file that is composed of parts; `None` for one of more nodes than the budget, which aliases can
/// make of a small text.
pub(in crate::declare) fn json(node: &Cursor<'_>, budget: &mut usize) -> Option<String> {
    *budget = budget.checked_sub(1)?;
    Some(match node.value() {
        Value::Scalar(scalar) => match scalar.resolved() {
            Resolved::Null => "null".to_owned(),
            Resolved::Bool(held) => held.to_string(),
            Resolved::Int(_) | Resolved::Float(_) => scalar.text().to_owned(),
            Resolved::Str(text) => quoted(text),
        },
        Value::Sequence(_) => {
            let items: Option<Vec<String>> = node.items().map(|item| json(&item, budget)).collect();
            format!("[{}]", items?.join(","))
        }
        Value::Mapping(_) => {
            let entry =
                |entry: yaml::Item<'_>| Some(format!("{}:{}", quoted(&entry.name), json(&entry.value, budget)?));
            let entries: Option<Vec<String>> = node.entries().map(entry).collect();
            format!("{{{}}}", entries?.join(","))
        }
    })
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
