//! Texts inside texts: a document in a string of another one, with places in the outermost.

use std::borrow::Cow;

use model::{Body, CutSecret, Evidence, EvidenceId, Gap, GapKind, Kind, Location};
use yaml::{Cursor, Limits, Resolved, Scalar, Span, Stream, Style, Value};

use super::{Source, pod::text_of};
use crate::{Carried, inflate, spelling};

/// The scalar of another text that a text stands in.
pub(super) struct Inside<'a> {
    outer: &'a Source<'a>,
    scalar: &'a Scalar,
    pointer: String,
    spelling: Spelling,
}

/// How the scalar spells the text.
enum Spelling {
    /// As YAML does.
    Scalar,
    /// For each byte of the text, and for its end, the byte of the outer text.
    Bytes(Vec<u32>),
    /// In a code whose letters are no bytes of the text.
    Whole,
}

/// Longer texts are not searched for each place in them.
const LONGEST_SEARCHED: usize = 1 << 16;

impl Spelling {
    fn of(scalar: &Scalar, outer: &Source<'_>) -> Self {
        // Places are those of the text around, which may itself be no text that is written as it is read.
        match scalar.places(outer.text) {
            Some(places) => Self::Bytes(places),
            None if scalar.text().len() > LONGEST_SEARCHED => Self::Whole,
            None => Self::Scalar,
        }
    }
}

impl Inside<'_> {
    /// A place in the inner text as one in the outermost; where its bytes cannot be told, the scalar as a whole.
    pub(super) fn location(&self, span: Span) -> Location {
        let part = |start: usize, end: usize| self.scalar.source_span(start..end, self.outer.text);
        let (start, end) = (span.start as usize, span.end as usize);
        // A node of several lines is no run of bytes in the outer text, but its first and its last byte have places.
        let ends = || {
            let last = self.scalar.text().get(start..end)?.trim_end().len();
            let (first, last) = (part(start, start + 1)?, part((start + last).checked_sub(1)?, start + last)?);
            (first.start < last.end).then_some(Span { start: first.start, end: last.end })
        };
        let found = match &self.spelling {
            Spelling::Scalar => part(start, end).or_else(ends),
            Spelling::Bytes(places) => places.get(start).zip(places.get(end)).map(|(&start, &end)| Span { start, end }),
            Spelling::Whole => None,
        };
        self.outer.location(found.unwrap_or(self.scalar.span()), self.pointer.clone())
    }
}

/// A file that a text has written to a machine.
pub(super) struct Written<'a> {
    pub(super) path: String,
    /// What it says, or why that is not known.
    pub(super) text: Result<Cow<'a, str>, String>,
    /// Where it stands; `None` where nothing of it is in the text.
    pub(super) inside: Option<Inside<'a>>,
    content: Option<Cursor<'a>>,
    /// The text of the definition spells it in a code, so that no letter of it stands there.
    is_coded: bool,
}

impl<'a> Written<'a> {
    /// A file whose content is the text of a scalar, in the code that is named, if any.
    pub(super) fn new(outer: &'a Source<'a>, path: String, content: Cursor<'a>, code: &str) -> Self {
        let mut file =
            Self { path, text: Err("its content is no text".to_owned()), inside: None, content: None, is_coded: false };
        let Some(scalar) = content.scalar() else { return file };
        let plain = |bytes: Option<Vec<u8>>| {
            let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            text.map(Cow::Owned).ok_or_else(|| "it is no text, or a secret of it was cut out".to_owned())
        };
        let unpacked = |bytes: Option<Vec<u8>>| {
            let packed = bytes.ok_or_else(|| "it is no base64, or a secret of it was cut out".to_owned())?;
            let text = inflate::gunzip(&packed).and_then(|bytes| String::from_utf8(bytes).ok());
            text.map(Cow::Owned).ok_or_else(|| "it is compressed, and cannot be unpacked into a text".to_owned())
        };
        let bytes = |digits: &str| spelling::base64(&digits.split_whitespace().collect::<String>());
        let code = code.to_ascii_lowercase();
        let text = scalar.text();
        file.is_coded = !matches!(code.as_str(), "" | "text/plain" | DATA_URL);
        let (text, spelling) = match code.as_str() {
            "" | "text/plain" => (Ok(Cow::Borrowed(text)), Spelling::of(scalar, outer)),
            // cloudinit/config/cc_write_files.py, canonicalize_extraction
            "b64" | "base64" => (plain(bytes(text)), Spelling::Whole),
            // The first two are bytes, which a text holds as `!!binary` (cloud-init's own example of them).
            "gz" | "gzip" | "gz+b64" | "gz+base64" | "gzip+b64" | "gzip+base64" => {
                (unpacked(bytes(text)), Spelling::Whole)
            }
            DATA_URL | PACKED_URL => match spelling::data_url(text) {
                Some((payload, _, true)) => {
                    file.is_coded = true;
                    let packed = bytes(&spelling::digits(payload));
                    (if code == PACKED_URL { unpacked(packed) } else { plain(packed) }, Spelling::Whole)
                }
                Some((payload, from, false)) if code == DATA_URL => {
                    let found = spelling::percent(payload).zip(scalar.places(outer.text));
                    let spelling = found.as_ref().and_then(|((_, places), outer)| {
                        let place = |at: &u32| outer.get(from + *at as usize).copied();
                        places.iter().map(place).collect::<Option<Vec<u32>>>()
                    });
                    let text = found.map(|((text, _), _)| Cow::Owned(text));
                    let text = text.ok_or_else(|| "its URL is not written as RFC 2397 has it".to_owned());
                    (text, spelling.map_or(Spelling::Whole, Spelling::Bytes))
                }
                Some(_) => (Err("it is compressed, and not in base64".to_owned()), Spelling::Whole),
                None => (
                    Err("it is fetched from somewhere else, or a secret of it was cut out".to_owned()),
                    Spelling::Whole,
                ),
            },
            _ => (Err(format!("`{code}` is no code that is known")), Spelling::Whole),
        };
        file.text = text;
        file.inside = Some(Inside { outer, scalar, pointer: content.pointer(), spelling });
        file.content = Some(content);
        file
    }

    /// A file of which only the name is in the text.
    pub(super) fn unread(path: String, reason: &str) -> Self {
        Self { path, text: Err(reason.to_owned()), inside: None, content: None, is_coded: false }
    }

    /// The same file, with something done to it that is not followed.
    pub(super) fn but(mut self, reason: &str) -> Self {
        self.text = Err(reason.to_owned());
        self
    }

    /// An entry of cloud-init's `write_files`, whose fields Cluster API's `files` share.
    pub(super) fn entry(outer: &'a Source<'a>, entry: &Cursor<'a>) -> Option<Self> {
        let path = text_of(entry, "path")?;
        let is_added = entry.get("append").is_some_and(|add| matches!(add.resolved(), Some(Resolved::Bool(true))));
        Some(match entry.get("content") {
            _ if entry.get("contentFrom").is_some() => Self::unread(path, "a Secret holds it"),
            _ if is_added => Self::unread(path, "it is added to what is there"),
            _ if entry.get("source").is_some() => Self::unread(path, "it is fetched from somewhere else"),
            Some(content) => {
                let code = text_of(entry, "encoding").unwrap_or_default();
                Self::new(outer, path, content, &code)
            }
            None => Self::unread(path, "its content is not here"),
        })
    }

    pub(super) fn gap(&self) -> Option<Gap> {
        self.text.as_ref().err().map(|reason| gap(&self.path, reason))
    }

    /// The file as evidence, for whoever a flag of the component sends to it.
    pub(super) fn carried(&self, outer: &Source<'_>, evidence: &[Evidence], budget: &mut usize) -> Carried {
        let read = match (&self.text, &self.content) {
            (Err(reason), _) => Err(reason.as_str()),
            (Ok(text), Some(_)) if *budget < outer.text.len().max(text.len()) => Err("there are too many of them"),
            // No place of it is one of the text around it, so that it is a text of its own.
            (Ok(text), Some(_)) if self.is_coded => {
                *budget -= text.len();
                return composed(outer, &self.path, text.clone().into_owned(), Vec::new());
            }
            (Ok(text), Some(content)) => {
                *budget -= outer.text.len();
                let spelling = self.inside.as_ref().map(|inside| &inside.spelling);
                match spelling {
                    Some(Spelling::Bytes(places))
                        if content.scalar().is_none_or(|own| own.style() != Style::Literal) =>
                    {
                        scattered(outer, text, places, evidence)
                    }
                    _ => file(outer, content, evidence),
                }
            }
            _ => Err("it is not written as a block of lines"),
        };
        let evidence = read.unwrap_or_else(|reason| Evidence {
            id: outer.evidence.clone(),
            plane: outer.plane,
            kind: Kind::ConfigFile,
            body: Body::Unread(gap(&self.path, reason)),
            secrets: Vec::new(),
            digest: None,
        });
        Carried { path: self.path.clone(), evidence }
    }
}

/// The names under which [`Written::new`] takes a `data:` URL, and one of a file that is compressed with gzip.
pub(super) const DATA_URL: &str = "data";
pub(super) const PACKED_URL: &str = "data+gzip";

fn gap(path: &str, reason: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{path}` is a file of the definition, and {reason}"),
        wanted: path.to_owned(),
        who_could_answer: "somebody on the machine".to_owned(),
    }
}

/// Where a text inside another stands.
pub(super) enum Place<'a> {
    String(Inside<'a>),
    /// A file of a machine, among those that are written beside it.
    File(&'a Written<'a>, &'a [Written<'a>]),
}

impl<'a> Place<'a> {
    pub(super) fn inside(&self) -> Option<&Inside<'a>> {
        match self {
            Self::String(inside) => Some(inside),
            Self::File(file, _) => file.inside.as_ref(),
        }
    }
}

/// The documents in a string, read as a text of its own.
pub(super) fn parse(string: &Cursor<'_>) -> Stream {
    yaml::parse(string.text().unwrap_or_default(), &Limits::default())
}

/// The text in a string as a source whose places lie in the outer one; `None` for what is no string.
pub(super) fn source<'a>(outer: &'a Source<'a>, string: &Cursor<'a>, stream: &'a Stream) -> Option<Source<'a>> {
    let scalar = string.scalar()?;
    let inside = Inside { outer, scalar, pointer: string.pointer(), spelling: Spelling::of(scalar, outer) };
    Some(Source {
        evidence: outer.evidence,
        plane: outer.plane,
        text: scalar.text(),
        root: outer.root,
        stream,
        inside: Some(Place::String(inside)),
    })
}

/// A text that is put together of what a definition says, as a source whose places lie there: for each byte of it, and for its
/// end, the byte of the outer text. What is nowhere written stands at `of`, which has to hold a text.
pub(super) fn made<'a>(
    outer: &'a Source<'a>,
    of: &Cursor<'a>,
    text: &'a str,
    places: Vec<u32>,
    stream: &'a Stream,
) -> Option<Source<'a>> {
    let scalar = of.entries().find_map(|entry| entry.value.scalar())?;
    let inside = Inside { outer, scalar, pointer: of.pointer(), spelling: Spelling::Bytes(places) };
    Some(Source {
        evidence: outer.evidence,
        plane: outer.plane,
        text,
        root: outer.root,
        stream,
        inside: Some(Place::String(inside)),
    })
}

/// A longer text is not copied for each file in it.
const LONGEST: usize = 1 << 20;

/// A file that is spelt in a quoted string or a URL, as evidence: blank but for each letter of it at its own place. An escape
/// takes more room than the letter that it means, so such a text is taken only where it reads as the file itself does.
fn scattered(outer: &Source<'_>, inner: &str, places: &[u32], evidence: &[Evidence]) -> Result<Evidence, &'static str> {
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
pub(super) fn file(outer: &Source<'_>, string: &Cursor<'_>, evidence: &[Evidence]) -> Result<Evidence, &'static str> {
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
pub(super) fn part(
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

fn of_kind(outer: &Source<'_>, body: Body) -> Evidence {
    Evidence {
        id: outer.evidence.clone(),
        plane: outer.plane,
        kind: Kind::ConfigFile,
        body,
        secrets: Vec::new(),
        digest: None,
    }
}

/// A file that a distribution makes of settings of its own, so that it stands in no text: its name is that of the
/// definition with the path behind it. A secret of the definition in it stays one.
pub(super) fn composed(outer: &Source<'_>, path: &str, text: String, secrets: Vec<CutSecret>) -> Carried {
    let id = EvidenceId::new(format!("{}!{path}", outer.evidence));
    Carried { path: path.to_owned(), evidence: Evidence { id, secrets, ..of_kind(outer, Body::Text(text.into())) } }
}

/// A file that is there, and that nobody can look into here.
pub(super) fn unread(outer: &Source<'_>, path: &str, reason: &str) -> Carried {
    Carried { path: path.to_owned(), evidence: of_kind(outer, Body::Unread(gap(path, reason))) }
}

/// A file that is there, and of which nothing more is wanted.
pub(super) fn present(outer: &Source<'_>, path: String) -> Carried {
    Carried { path, evidence: of_kind(outer, Body::Present) }
}

/// A node as JSON, for a file that is composed of parts; `None` for one of more nodes than the budget, which aliases can
/// make of a small text.
pub(super) fn json(node: &Cursor<'_>, budget: &mut usize) -> Option<String> {
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
