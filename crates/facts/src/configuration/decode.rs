//! How the API server decodes a configuration file, shared by all kinds of them.
//!
//! The server turns the first YAML document into JSON and that into a Go type: names of fields count as they are spelt,
//! capitals included, null means that a field is not there, and nothing is converted (apimachinery
//! pkg/runtime/serializer/json, `Decode`). Which `apiVersion` and `kind` it takes, and whether fields it does not know
//! and keys given twice stop it, differs by file and by release; a [`Format`] says so. Further documents are never read.
//!
//! A file is parsed once and decoded once for each release that is possible. Start at [`read`].

mod fields;
mod merge;
mod names;

use std::{cell::RefCell, collections::BTreeSet};

use model::{Evidence, Location, Minor, Problem, ProblemKind, Release, Span};
use yaml::{Cursor, FaultKind};

pub(super) use self::{fields::child, merge::merge};
use self::{fields::noun, merge::Decoded};
use super::written;
use crate::{Contents, Files, distance, redact::parsable};

/// Problems that are listed of one document; a file that has more is told about the first ones.
const MOST_PROBLEMS: usize = 200;

/// What was made of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read<T> {
    /// `None` where the file says nothing that any possible release could use.
    pub value: Option<T>,
    /// One stops where every possible release refuses the file for it; where none takes it, each for its own reasons, what the
    /// newest refuses it for.
    pub problems: Vec<Problem>,
    /// The possible releases that nothing in the file stops; empty where the server does not start.
    pub taken_by: Vec<Minor>,
    /// What each of those makes of it, those together that make the same of it, in the order of the oldest of each.
    pub by_release: Vec<(Vec<Minor>, T)>,
    /// Files that this one names and that the server wants when it starts, and what of them it wants.
    pub names: Vec<(Placed<String>, Contents)>,
}

impl<T: Clone> Read<T> {
    /// A file of which nothing is known yet, so that all of these releases take it.
    pub(super) fn nothing(taken_by: Vec<Minor>) -> Self {
        Self { value: None, problems: Vec::new(), taken_by, by_release: Vec::new(), names: Vec::new() }
    }

    /// The same, where all releases that take it make one thing of it.
    pub(super) fn with(mut self, value: T) -> Self {
        if !self.taken_by.is_empty() {
            self.by_release.push((self.taken_by.clone(), value.clone()));
        }
        self.value = Some(value);
        self
    }
}

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    pub value: T,
    pub at: Location,
}

impl Placed<String> {
    pub fn as_str(&self) -> &str {
        &self.value
    }
}

/// What a file does not say itself and its meaning depends on.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    /// Issuers of service account tokens, which no other issuer may be; empty where they are not known.
    pub issuers: &'a [String],
    /// Feature gates that are set; the others have the default of the release.
    pub gates: &'a [(String, bool)],
    /// Admission plugins that run; `None` where that is not known, and then the default ones count.
    pub plugins: Option<&'a [String]>,
    /// Whether a plugin runs because the file names it: of a file that stands alone nobody knows better.
    pub named_plugins_run: bool,
    /// `--encryption-provider-config-automatic-reload`.
    pub reload: bool,
    /// The path by which the server knows the file, from which relative ones in it are counted.
    pub path: Option<&'a str>,
    /// Where files that this one names are looked for.
    pub files: Option<&'a Files<'a>>,
}

impl Around<'_> {
    /// Whether a gate is on, given whether it is by default.
    pub(super) fn gate(&self, name: &str, default: bool) -> bool {
        self.gates.iter().rev().find(|(known, _)| known == name).map_or(default, |(_, on)| *on)
    }
}

/// Decoded by way of the API machinery in every release.
pub(super) const FROM_THE_START: Minor = Minor::new(1, 0);

/// Decoded so in no release.
pub(super) const NEVER: Minor = Minor::new(u16::MAX, 0);

/// A kind of file.
pub(super) struct Format {
    /// The kind, for messages.
    pub(super) name: &'static str,
    pub(super) versions: &'static [Version],
    /// The first release that an unknown field or a key given twice stops; `None` where neither stops any.
    pub(super) strict: Option<Minor>,
    /// Whether the server knows beforehand what it decodes into, so that `kind` may be left out.
    pub(super) kind_is_known: bool,
    /// Whether `apiVersion` may be left out, too.
    pub(super) version_is_known: bool,
    /// The first release that decodes it by way of the API machinery. Before, it is YAML in any case, of which `kind` alone
    /// is looked at.
    pub(super) codec: Minor,
}

/// An `apiVersion` and `kind` of a file.
pub(super) struct Version {
    pub(super) api_version: &'static str,
    pub(super) kind: &'static str,
    pub(super) since: Minor,
    /// The first release without it.
    pub(super) until: Option<Minor>,
}

impl Version {
    pub(super) const fn new(api_version: &'static str, kind: &'static str, since: u16) -> Self {
        Self { api_version, kind, since: Minor::new(1, since), until: None }
    }

    pub(super) const fn until(self, minor: u16) -> Self {
        Self { until: Some(Minor::new(1, minor)), ..self }
    }
}

/// Reads a file as each possible release does and says what they agree on. `decode` gets the document and a decoder.
pub(super) fn read<T: Clone + PartialEq>(
    evidence: &Evidence,
    release: &Release,
    format: &Format,
    around: &Around<'_>,
    mut decode: impl FnMut(&Cursor<'_>, &mut Decoder<'_>) -> Option<T>,
) -> Read<T> {
    let minors: Vec<Minor> = release.minors().collect();
    let Some(text) = evidence.text() else {
        return Read::nothing(minors);
    };
    let text = parsable(evidence, text);
    let stream = yaml::parse(&text, &yaml::Limits::default());
    let mut all: Vec<Decoded<T>> = Vec::new();
    let mut left = minors.as_slice();
    while let Some(first) = left.first() {
        let mut decoder = Decoder::new(evidence, *first, around);
        let value = decoder.document(&stream, &text, format, &mut decode);
        // Until the next release that was asked about, every question has the same answer.
        let next = decoder.asked.into_inner().into_iter().find(|asked| asked > first);
        let same = left.iter().take_while(|minor| next.is_none_or(|next| **minor < next)).count();
        let (minors, rest) = left.split_at(same);
        all.push((minors.to_vec(), value, decoder.problems, decoder.names));
        left = rest;
    }
    merge(all)
}

/// Collects what a release would refuse, each with its place.
pub(super) struct Decoder<'a> {
    pub(super) evidence: &'a Evidence,
    minor: Minor,
    pub(super) around: &'a Around<'a>,
    pub(super) problems: Vec<Problem>,
    pub(super) names: Vec<(Placed<String>, Contents)>,
    strict: bool,
    /// The releases in which an answer may change that this decoder was given.
    asked: RefCell<BTreeSet<Minor>>,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(evidence: &'a Evidence, minor: Minor, around: &'a Around<'a>) -> Self {
        Self {
            evidence,
            minor,
            around,
            problems: Vec::new(),
            names: Vec::new(),
            strict: true,
            asked: RefCell::default(),
        }
    }

    /// Whether the release is this one or a later one.
    pub(super) fn since(&self, minor: u16) -> bool {
        self.is_from(Minor::new(1, minor))
    }

    /// The same, and the only way to ask: what is asked decides which releases read a file alike.
    fn is_from(&self, minor: Minor) -> bool {
        self.asked.borrow_mut().insert(minor);
        self.minor >= minor
    }

    fn document<T>(
        &mut self,
        stream: &yaml::Stream,
        text: &str,
        format: &Format,
        decode: &mut impl FnMut(&Cursor<'_>, &mut Decoder<'_>) -> Option<T>,
    ) -> Option<T> {
        self.strict = format.strict.is_some_and(|since| self.is_from(since));
        // What begins like JSON is not read as YAML (apimachinery pkg/util/yaml/decoder.go, `IsJSONBuffer`).
        if self.is_from(format.codec)
            && let Some(fault) = json_fault(text)
        {
            let at = Location::whole(self.evidence.id.clone(), self.evidence.plane);
            self.push(ProblemKind::Unreadable, true, at, fault, Some("write YAML, or mend the JSON".to_owned()));
            return None;
        }
        let mut limited = false;
        for fault in stream.faults.iter().filter(|fault| fault.document == 0) {
            let (kind, stops) = match fault.kind {
                FaultKind::DuplicateKey => (ProblemKind::Duplicate, self.strict),
                FaultKind::Limit => (ProblemKind::Unreadable, false),
                other => (ProblemKind::Unreadable, other.is_fatal()),
            };
            limited |= fault.kind == FaultKind::Limit;
            let at = self.location(fault.span, String::new());
            self.push(kind, stops, at, fault.message.clone(), None);
        }
        let document = stream.documents.iter().find(|document| document.index == 0);
        if !limited
            && !self.problems.iter().any(|problem| problem.stops)
            && !text.trim_start().starts_with('{')
            && let Some((span, fault)) = written::fault(text, stream)
        {
            let at = self.location(span, String::new());
            self.push(ProblemKind::Unreadable, true, at, fault, None);
            return None;
        }
        match document {
            _ if limited => None,
            None if self.problems.iter().any(|problem| problem.stops) => None,
            Some(document) => {
                let root = document.cursor();
                if self.is_of(&root, format) { decode(&root, self) } else { None }
            }
            None if format.version_is_known => {
                let nothing = yaml::parse("{}", &yaml::Limits::default());
                nothing.documents.first().and_then(|document| decode(&document.cursor(), self))
            }
            None => {
                let what = if text.is_empty() { "is empty" } else { "holds no document" };
                let at = Location::whole(self.evidence.id.clone(), self.evidence.plane);
                self.push(ProblemKind::Missing, true, at, format!("the file {what}"), None);
                None
            }
        }
    }

    /// Whether the document is what the server takes for this file, by its `apiVersion` and `kind`.
    fn is_of(&mut self, root: &Cursor<'_>, format: &Format) -> bool {
        if root.mapping().is_none() && !root.is_null() {
            self.refuse(root, format!("a {} is a mapping, and this is {}", format.name, noun(root)));
            return false;
        }
        let before = self.problems.len();
        let [api_version, kind] = ["apiVersion", "kind"].map(|key| {
            // The two are looked up whatever their capitals, before anything else is.
            let spelt = root.entries().map(|item| item.name).find(|name| name.eq_ignore_ascii_case(key));
            let key = spelt.as_deref().filter(|_| root.get(key).is_none()).unwrap_or(key);
            let written = self.string(root, key).filter(|written| !written.value.is_empty());
            written.map(|written| written.value)
        });
        if self.problems.len() > before {
            return false;
        }
        if kind.is_none() && !format.kind_is_known {
            self.lacks(root, "`kind`", format!("the file names no `kind`; the server wants `{}`", format.name));
            return false;
        }
        if !self.is_from(format.codec) {
            let wrong = kind.as_deref().filter(|kind| !format.kind_is_known && *kind != format.name);
            if let Some(kind) = wrong {
                let place = root.get("kind").unwrap_or_else(|| root.clone());
                self.refuse(&place, format!("the kind is `{}`, and the server wants `{}`", shown(kind), format.name));
            }
            return wrong.is_none();
        }
        let Some(api_version) = api_version else {
            if !format.version_is_known {
                self.lacks(root, "`apiVersion`", "the file names no `apiVersion`");
                return false;
            }
            let wrong = kind.filter(|kind| !format.versions.iter().any(|version| version.kind == kind));
            if let Some(kind) = &wrong {
                let place = root.get("kind").unwrap_or_else(|| root.clone());
                self.refuse(&place, format!("the kind is `{}`, and the server wants `{}`", shown(kind), format.name));
            }
            return wrong.is_none();
        };
        let fits = |version: &&Version| kind.as_deref().is_none_or(|kind| kind == version.kind);
        let known = format.versions.iter().filter(fits).find(|version| version.api_version == api_version);
        let at = |key: &str| root.get(key).unwrap_or_else(|| root.clone());
        match known {
            Some(Version { since, .. }) if !self.is_from(*since) => {
                self.refuse(&at("apiVersion"), format!("`{api_version}` of {} came in {since}", format.name));
            }
            Some(Version { until: Some(until), .. }) if self.is_from(*until) => {
                let message = format!("`{api_version}` of {} was removed in {until}", format.name);
                let place = at("apiVersion");
                let location = self.at(&place);
                self.push(ProblemKind::Removed, true, location, message, None);
            }
            Some(_) => return true,
            None => match &kind {
                Some(kind) if !format.versions.iter().any(|version| version.kind == kind) => {
                    let message = format!("the kind is `{kind}`, and the server wants `{}`", format.name);
                    self.refuse(&at("kind"), message);
                }
                _ => {
                    let there: Vec<&str> = format
                        .versions
                        .iter()
                        .filter(fits)
                        .filter(|version| {
                            self.is_from(version.since) && version.until.is_none_or(|until| !self.is_from(until))
                        })
                        .map(|version| version.api_version)
                        .collect();
                    let hint = nearest(&api_version, there.iter().copied()).map(|near| format!("perhaps `{near}`"));
                    let place = at("apiVersion");
                    let location = self.at(&place);
                    let message = format!("`{api_version}` is no version of {}", format.name);
                    self.push(ProblemKind::Refused, true, location, message, hint);
                }
            },
        }
        false
    }

    /// Decodes a document inside this one, which has its own `apiVersion`, `kind` and strictness.
    pub(super) fn inner<T>(
        &mut self,
        root: &Cursor<'_>,
        format: &Format,
        decode: impl FnOnce(&Cursor<'_>, &mut Decoder<'_>) -> Option<T>,
    ) -> Option<T> {
        let outer = self.strict;
        self.strict = format.strict.is_some_and(|since| self.is_from(since));
        let value = if self.is_of(root, format) { decode(root, self) } else { None };
        self.strict = outer;
        value
    }

    /// Decodes another file that this one names, in the same release.
    pub(super) fn other<T>(
        &mut self,
        evidence: &Evidence,
        format: &Format,
        mut decode: impl FnMut(&Cursor<'_>, &mut Decoder<'_>) -> Option<T>,
    ) -> Option<T> {
        let text = evidence.text()?;
        let text = parsable(evidence, text);
        let stream = yaml::parse(&text, &yaml::Limits::default());
        let mut decoder = Decoder::new(evidence, self.minor, self.around);
        let value = decoder.document(&stream, &text, format, &mut decode);
        self.problems.append(&mut decoder.problems);
        self.names.append(&mut decoder.names);
        self.asked.borrow_mut().append(decoder.asked.get_mut());
        value
    }

    /// The place of a value; for an alias that of what it stands for.
    pub(super) fn at(&self, cursor: &Cursor<'_>) -> Location {
        self.location(cursor.node().definition().unwrap_or(cursor.span()), cursor.pointer())
    }

    fn location(&self, span: yaml::Span, pointer: String) -> Location {
        Location {
            evidence: self.evidence.id.clone(),
            plane: self.evidence.plane,
            span: Some(Span::new(span.start, span.end)),
            pointer,
        }
    }

    pub(super) fn push(
        &mut self,
        kind: ProblemKind,
        stops: bool,
        at: Location,
        message: impl Into<String>,
        hint: Option<String>,
    ) {
        // What stops the server is never lost behind what does not.
        let counts = stops && !self.problems.iter().any(|problem| problem.stops);
        if self.problems.len() < MOST_PROBLEMS || counts {
            let message = message.into();
            self.problems.push(Problem { kind, stops, message, hint, location: Some(at), setting: None });
        }
    }

    /// The server does not take this value.
    pub(super) fn refuse(&mut self, cursor: &Cursor<'_>, message: impl Into<String>) {
        let at = self.at(cursor);
        self.push(ProblemKind::Refused, true, at, message, None);
    }

    /// The server does not take this value.
    pub(super) fn refuse_placed(&mut self, at: &Location, message: impl Into<String>) {
        self.push(ProblemKind::Refused, true, at.clone(), message, None);
    }

    /// The same value stands where each may stand once only.
    pub(super) fn twice(&mut self, at: &Location, message: impl Into<String>) {
        self.push(ProblemKind::Duplicate, true, at.clone(), message, None);
    }

    /// The server wants something below this value that is not there.
    pub(super) fn lacks(&mut self, cursor: &Cursor<'_>, what: &str, message: impl Into<String>) {
        let at = self.at(cursor);
        self.push(ProblemKind::Missing, true, at, message, Some(format!("write {what}")));
    }

    /// It is taken, and does less than it seems to.
    pub(super) fn warn(&mut self, kind: ProblemKind, at: &Location, message: impl Into<String>) {
        self.push(kind, false, at.clone(), message, None);
    }
}

/// Why a text that begins like JSON is none; `None` where it is JSON or begins otherwise.
pub(super) fn json_fault(text: &str) -> Option<String> {
    if !text.trim_start().starts_with('{') {
        return None;
    }
    match serde_json::from_str::<serde::de::IgnoredAny>(text) {
        Ok(_) => None,
        // Deeper than serde follows is no fault.
        Err(error) if error.to_string().contains("recursion") => None,
        Err(error) => Some(format!("a text that begins with `{{` is read as JSON, and this is none: {error}")),
    }
}

/// A text as a message can hold it: without control characters, and not for pages.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 120;
    let mut shown: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

/// The name that somebody may have meant.
pub(super) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    if name.len() > 64 {
        return None;
    }
    let plain = |text: &str| text.replace(['-', '_'], "").to_ascii_lowercase();
    let wanted = plain(name);
    names
        .map(|candidate| (distance(&plain(candidate), &wanted), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 4).clamp(1, 3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// Whether a name is a DNS-1123 label: what namespaces are called.
pub(super) fn is_label(name: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty() && name.len() <= 63 && name.bytes().all(inside) && !name.starts_with('-') && !name.ends_with('-')
}

/// Whether a name is a DNS-1123 subdomain: what most objects are called (apimachinery pkg/util/validation).
///
/// Its parts are not bounded in length, only the whole is.
pub(crate) fn is_subdomain(name: &str) -> bool {
    let inside = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    name.len() <= 253
        && name
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(inside) && !part.starts_with('-') && !part.ends_with('-'))
}

/// A domain with a path behind it, such as `example.org/role` (`IsDomainPrefixedPath` of apimachinery
/// pkg/util/validation).
pub(super) fn is_domain_prefixed_path(text: &str) -> bool {
    let inside = |b: u8| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b);
    text.split_once('/')
        .is_some_and(|(domain, path)| is_subdomain(domain) && !path.is_empty() && path.bytes().all(inside))
}
