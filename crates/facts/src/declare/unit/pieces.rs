//! A unit and its drop-ins as one list of assignments, and the places of all of it.

use std::collections::BTreeMap;

use model::{Body, Evidence, EvidenceId, Gap, Location, Span};

use super::{
    declares,
    grammar::{Entry, Glyph, entries, is},
    runs,
};
use crate::{
    declare::{
        Source,
        command::Program,
        embedded::{Inside, Place, Written},
        k3s,
    },
    redact::parsable,
};

/// Where units lie below a root, the first wins (systemd.unit(5), "Unit File Load Path").
pub(super) const FOLDERS: [&str; 5] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];

/// The name of the unit that a file is, by its own name: `kube-apiserver.service`.
pub(super) fn file_name(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// A text that the unit is made of.
pub(super) struct Piece<'u> {
    pub(super) id: EvidenceId,
    /// Where it stands in another text.
    pub(super) inside: Option<&'u Inside<'u>>,
}

/// The unit and its drop-ins as one list of assignments.
pub(super) struct Unit<'u> {
    pub(super) texts: Vec<Piece<'u>>,
    pub(super) entries: Vec<Entry>,
    pub(super) unread: Option<Gap>,
}

/// The name of the unit that a file in a folder of drop-ins is for.
pub(in crate::declare) fn drop_in_of(id: &str) -> Option<&str> {
    let folder = id.rsplit('/').nth(1)?;
    folder.strip_suffix(".d").filter(|name| name.ends_with(".service"))
}

/// Where drop-ins of a unit may lie: beside it, and below the root.
pub(in crate::declare) fn drop_in_folders(source: &Source<'_>) -> Vec<String> {
    let id = source.evidence.as_str();
    let name = file_name(id);
    if !name.ends_with(".service") || !(declares(source) || runs(Program::Kubelet, source) || k3s::is_unit(source)) {
        return Vec::new();
    }
    let mut folders: Vec<String> = match source.root {
        Some(root) => FOLDERS.iter().map(|folder| format!("{}{folder}/{name}.d", root.trim_end_matches('/'))).collect(),
        None => Vec::new(),
    };
    let beside = format!("{id}.d");
    if !folders.contains(&beside) {
        folders.push(beside);
    }
    folders
}

pub(super) fn unit<'u>(source: &'u Source<'u>, evidence: &[Evidence]) -> Unit<'u> {
    let mut unit = Unit {
        texts: vec![Piece { id: source.evidence.clone(), inside: source.inside.as_ref().and_then(Place::inside) }],
        entries: entries(source.text, 0),
        unread: None,
    };
    if let Some(Place::File(file, beside)) = &source.inside {
        unit.add_written(file_name(&file.path), beside);
        return unit;
    }
    // Of two drop-ins of one name the one in the earlier folder counts; then they are read in the order of their names.
    let mut seen: BTreeMap<&str, &Evidence> = BTreeMap::new();
    for folder in drop_in_folders(source) {
        for piece in evidence {
            let inside = piece.id.as_str().strip_prefix(folder.as_str()).and_then(|rest| rest.strip_prefix('/'));
            let Some(name) = inside else {
                if piece.id.as_str() == folder
                    && let Body::Unread(gap) = &piece.body
                {
                    unit.unread.get_or_insert_with(|| gap.clone());
                }
                continue;
            };
            if name.ends_with(".conf") && !name.contains('/') {
                seen.entry(name).or_insert(piece);
            }
        }
    }
    for piece in seen.into_values() {
        match &piece.body {
            Body::Text(text) => {
                let text = parsable(piece, text).into_owned();
                unit.entries.extend(entries(&text, unit.texts.len()));
                unit.texts.push(Piece { id: piece.id.clone(), inside: None });
            }
            Body::Unread(gap) => {
                unit.unread.get_or_insert_with(|| gap.clone());
            }
            Body::Missing | Body::Folder | Body::Present => {}
        }
    }
    unit
}

impl<'u> Unit<'u> {
    /// Drop-ins that are written to the machine beside the unit.
    pub(super) fn add_written(&mut self, name: &str, beside: &'u [Written<'u>]) {
        let mut seen: BTreeMap<&str, (usize, &'u Written<'u>)> = BTreeMap::new();
        for file in beside {
            let mut parts = file.path.rsplit('/');
            let own = parts.next().filter(|own| own.ends_with(".conf"));
            let of_unit = parts.next().and_then(|folder| folder.strip_suffix(".d")) == Some(name);
            let rank = FOLDERS
                .iter()
                .position(|folder| file.path.strip_prefix(folder).is_some_and(|rest| rest.matches('/').count() == 2));
            let Some((own, rank)) = own.zip(rank).filter(|_| of_unit) else { continue };
            if seen.get(own).is_none_or(|(known, _)| rank <= *known) {
                seen.insert(own, (rank, file));
            }
        }
        for (_, file) in seen.into_values() {
            match &file.text {
                Ok(text) => {
                    self.entries.extend(entries(text, self.texts.len()));
                    self.add_text(file);
                }
                Err(_) => self.unread = self.unread.take().or_else(|| file.gap()),
            }
        }
    }

    pub(super) fn add_text(&mut self, file: &'u Written<'u>) {
        let Some(first) = self.texts.first() else { return };
        self.texts.push(Piece { id: first.id.clone(), inside: file.inside.as_ref() });
    }

    pub(super) fn service<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| is(entry, key))
    }

    /// What is left of a list once empty assignments have emptied it.
    pub(super) fn list<'a>(&'a self, key: &'a str) -> Vec<&'a Entry> {
        let mut list = Vec::new();
        for entry in self.service(key) {
            if entry.value.is_empty() { list.clear() } else { list.push(entry) }
        }
        list
    }
}

pub(super) fn place(texts: &[Piece<'_>], source: &Source<'_>, glyphs: &[Glyph]) -> Location {
    match (glyphs.first(), glyphs.last()) {
        (Some(first), Some(last)) => at(texts, source, first.text, first.start, last.end),
        _ => Location::whole(source.evidence.clone(), source.plane),
    }
}

pub(super) fn at(texts: &[Piece<'_>], source: &Source<'_>, text: usize, start: usize, end: usize) -> Location {
    let piece = texts.get(text);
    let evidence = piece.map_or_else(|| source.evidence.clone(), |piece| piece.id.clone());
    let span = u32::try_from(start).ok().zip(u32::try_from(end).ok()).map(|(start, end)| Span::new(start, end));
    if let Some((inside, span)) = piece.and_then(|piece| piece.inside).zip(span) {
        return inside.location(yaml::Span { start: span.start, end: span.end });
    }
    Location { evidence, plane: source.plane, span, pointer: String::new() }
}
