//! Configuration files that the API server decodes strictly.
//!
//! The server knows a file by its `apiVersion` and `kind`, and refuses fields it does not know and keys given twice
//! (apiserver pkg/server/options and pkg/kubeapiserver/options, `serializer.EnableStrict`). Only the first document counts.
//! What a kind means is in the module of that name; here is what they share.

use model::{Evidence, Location, Minor, Problem, ProblemKind, Span};
use yaml::{Cursor, FaultKind, Value};

use crate::redact::parsable;

/// What was made of a file.
pub(crate) struct Read<T> {
    /// `None` where the file says nothing that the server would take.
    pub(crate) value: Option<T>,
    pub(crate) problems: Vec<Problem>,
}

/// A kind of file, and the versions of it that releases take.
pub(crate) struct Schema {
    pub(crate) kind: &'static str,
    pub(crate) group: &'static str,
    /// The version, and the first release that takes it.
    pub(crate) versions: &'static [(&'static str, Minor)],
}

/// Reads a file of one kind as a release does. `decode` gets the document and a place to put problems.
pub(crate) fn read<T>(
    evidence: &Evidence,
    schema: &Schema,
    minor: Minor,
    decode: impl FnOnce(&Cursor<'_>, &mut Decoder<'_>) -> Option<T>,
) -> Read<T> {
    let Some(text) = evidence.text() else { return Read { value: None, problems: Vec::new() } };
    let text = parsable(evidence, text);
    let stream = yaml::parse(&text, &yaml::Limits::default());
    let mut decoder = Decoder { evidence, problems: Vec::new() };
    for fault in stream.faults.iter().filter(|fault| fault.document == 0) {
        let kind = match fault.kind {
            FaultKind::DuplicateKey => ProblemKind::Duplicate,
            _ => ProblemKind::Unreadable,
        };
        decoder.problem(kind, Some(fault.span), String::new(), fault.message.clone());
    }
    let document = stream.documents.iter().find(|document| document.index == 0);
    let Some(document) = document else {
        if decoder.problems.is_empty() {
            decoder.problem(ProblemKind::Missing, None, String::new(), format!("the file holds no {}", schema.kind));
        }
        return Read { value: None, problems: decoder.problems };
    };
    let root = document.cursor();
    let value = if decoder.is_of(&root, schema, minor) { decode(&root, &mut decoder) } else { None };
    Read { value, problems: decoder.problems }
}

/// Collects what the server would refuse, each with its place.
pub(crate) struct Decoder<'a> {
    evidence: &'a Evidence,
    problems: Vec<Problem>,
}

impl Decoder<'_> {
    /// The place of a value.
    pub(crate) fn at(&self, cursor: &Cursor<'_>) -> Location {
        let span = cursor.node().definition().unwrap_or(cursor.span());
        self.location(span, cursor.pointer())
    }

    fn location(&self, span: yaml::Span, pointer: String) -> Location {
        Location {
            evidence: self.evidence.id.clone(),
            plane: self.evidence.plane,
            span: Some(Span::new(span.start, span.end)),
            pointer,
        }
    }

    fn problem(&mut self, kind: ProblemKind, span: Option<yaml::Span>, pointer: String, message: String) {
        let location = match span {
            Some(span) => self.location(span, pointer),
            None => Location::whole(self.evidence.id.clone(), self.evidence.plane),
        };
        self.problems.push(Problem { kind, stops: true, message, hint: None, location: Some(location), setting: None });
    }

    /// The server does not take this value.
    pub(crate) fn refuse(&mut self, cursor: &Cursor<'_>, message: impl Into<String>) {
        let span = cursor.node().definition().unwrap_or(cursor.span());
        self.problem(ProblemKind::Refused, Some(span), cursor.pointer(), message.into());
    }

    /// The server wants something here that is not there.
    pub(crate) fn lacks(&mut self, cursor: &Cursor<'_>, message: impl Into<String>) {
        let span = cursor.node().definition().unwrap_or(cursor.span());
        self.problem(ProblemKind::Missing, Some(span), cursor.pointer(), message.into());
    }

    fn is_of(&mut self, root: &Cursor<'_>, schema: &Schema, minor: Minor) -> bool {
        let text = |key: &str| root.get(key).and_then(|value| value.str()).unwrap_or_default().to_owned();
        let (version, kind) = (text("apiVersion"), text("kind"));
        let known = version.strip_prefix(schema.group).and_then(|rest| rest.strip_prefix('/'));
        let since = schema.versions.iter().find(|(name, _)| Some(*name) == known);
        let message = match since {
            _ if kind != schema.kind => format!("the kind is `{kind}`, and the server wants `{}`", schema.kind),
            None => format!("`{version}` is no version of {}", schema.kind),
            Some((_, since)) if minor < *since => format!("`{version}` came in {since}, and this is {minor}"),
            Some(_) => return true,
        };
        let place = root.get(if kind == schema.kind { "apiVersion" } else { "kind" }).unwrap_or_else(|| root.clone());
        self.refuse(&place, message);
        false
    }

    /// Refuses every field that is not in the list. Names count as they are spelt, capitals included.
    pub(crate) fn only(&mut self, cursor: &Cursor<'_>, known: &[&str]) {
        for item in cursor.entries() {
            if !known.contains(&item.name.as_ref()) {
                let message = format!("unknown field `{}`", item.name);
                self.problem(ProblemKind::Unknown, Some(item.key.span), item.value.pointer(), message);
            }
        }
    }

    /// A list, or nothing where the field is not there or null.
    pub(crate) fn list<'c>(&mut self, cursor: &Cursor<'c>, key: &str) -> Vec<Cursor<'c>> {
        match cursor.get(key) {
            None => Vec::new(),
            Some(value) if value.is_null() => Vec::new(),
            Some(value) => match value.value() {
                Value::Sequence(_) => value.items().collect(),
                _ => {
                    self.refuse(&value, format!("`{key}` is no list"));
                    Vec::new()
                }
            },
        }
    }

    /// A mapping, or nothing where the field is not there or null.
    pub(crate) fn object<'c>(&mut self, cursor: &Cursor<'c>, key: &str) -> Option<Cursor<'c>> {
        let value = cursor.get(key).filter(|value| !value.is_null())?;
        if value.mapping().is_none() {
            self.refuse(&value, format!("`{key}` is no mapping"));
            return None;
        }
        Some(value)
    }

    /// A string; empty where the field is not there or null.
    pub(crate) fn string(&mut self, cursor: &Cursor<'_>, key: &str) -> String {
        let Some(value) = cursor.get(key).filter(|value| !value.is_null()) else { return String::new() };
        match value.str() {
            Some(text) => text.to_owned(),
            None => {
                self.refuse(&value, format!("`{key}` is no string"));
                String::new()
            }
        }
    }

    /// A boolean; `None` where the field is not there or null.
    pub(crate) fn boolean(&mut self, cursor: &Cursor<'_>, key: &str) -> Option<bool> {
        let value = cursor.get(key).filter(|value| !value.is_null())?;
        match value.resolved() {
            Some(yaml::Resolved::Bool(truth)) => Some(truth),
            _ => {
                self.refuse(&value, format!("`{key}` is no boolean"));
                None
            }
        }
    }
}
