//! Files that a definition writes to a machine.

use std::borrow::Cow;

use model::{Evidence, Gap, GapKind};
use yaml::{Cursor, Style};

use super::{
    Inside, Spelling,
    files::{composed, file, scattered, unread},
};
use crate::{
    Carried,
    declare::{Source, lookup::text_of},
    inflate, spelling,
};

/// A file that a text has written to a machine.
pub(in crate::declare) struct Written<'a> {
    pub(in crate::declare) path: String,
    /// What it says, or why that is not known.
    pub(in crate::declare) text: Result<Cow<'a, str>, String>,
    /// Where it stands; `None` where nothing of it is in the text.
    pub(in crate::declare) inside: Option<Inside<'a>>,
    content: Option<Cursor<'a>>,
    /// The text of the definition spells it in a code, so that no letter of it stands there.
    is_coded: bool,
}

impl<'a> Written<'a> {
    /// A file whose content is the text of a scalar, in the code that is named, if any.
    pub(in crate::declare) fn new(outer: &'a Source<'a>, path: String, content: Cursor<'a>, code: &str) -> Self {
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
        file.inside = Some(Inside::scalar(outer, scalar, content.pointer(), spelling));
        file.content = Some(content);
        file
    }

    /// A file whose text is a part of one that has no scalars; for each of its bytes, and for its end, the byte of the outer
    /// text.
    pub(in crate::declare) fn of_part(outer: &'a Source<'a>, path: String, text: String, places: Vec<u32>) -> Self {
        let ends = places.first().zip(places.last());
        let whole = ends.map_or_else(yaml::Span::default, |(start, end)| yaml::Span { start: *start, end: *end });
        let inside = Some(Inside::part(outer, whole, places));
        Self { path, text: Ok(Cow::Owned(text)), inside, content: None, is_coded: false }
    }

    /// A file of which only the name is in the text.
    pub(in crate::declare) fn unread(path: String, reason: &str) -> Self {
        Self { path, text: Err(reason.to_owned()), inside: None, content: None, is_coded: false }
    }

    /// The same file, with something done to it that is not followed.
    pub(in crate::declare) fn but(mut self, reason: &str) -> Self {
        self.text = Err(reason.to_owned());
        self
    }

    /// An entry of cloud-init's `write_files`, whose fields Cluster API's `files` share.
    pub(in crate::declare) fn entry(outer: &'a Source<'a>, entry: &Cursor<'a>) -> Option<Self> {
        let path = text_of(entry, "path")?;
        let is_added = entry.get("append").is_some_and(|add| add.is_true());
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

    pub(in crate::declare) fn gap(&self) -> Option<Gap> {
        self.text.as_ref().err().map(|reason| gap(&self.path, reason))
    }

    /// The file as evidence, for whoever a flag of the component sends to it.
    pub(in crate::declare) fn carried(&self, outer: &Source<'_>, evidence: &[Evidence], budget: &mut usize) -> Carried {
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
            (Ok(text), None) => match self.inside.as_ref().map(|inside| &inside.spelling) {
                Some(Spelling::Bytes(_)) if *budget < outer.text.len() => Err("there are too many of them"),
                Some(Spelling::Bytes(places)) => {
                    *budget -= outer.text.len();
                    scattered(outer, text, places, evidence)
                }
                _ => Err("it is not written as a block of lines"),
            },
        };
        match read {
            Ok(evidence) => Carried { path: self.path.clone(), evidence },
            Err(reason) => unread(outer, &self.path, reason),
        }
    }
}

/// The names under which [`Written::new`] takes a `data:` URL, and one of a file that is compressed with gzip.
pub(in crate::declare) const DATA_URL: &str = "data";
pub(in crate::declare) const PACKED_URL: &str = "data+gzip";

pub(super) fn gap(path: &str, reason: &str) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason: format!("`{path}` is a file of the definition, and {reason}"),
        wanted: path.to_owned(),
        who_could_answer: "somebody on the machine".to_owned(),
    }
}
