//! The settings that k3s and RKE2 take, by the files in which they are written.
//!
//! `config.yaml` comes first, then `config.yaml.d/*.yaml` by name: a key takes the place of the same one before it, and one
//! that ends in `+` adds to it (k3s-io/k3s, pkg/configfilearg/parser.go, readConfigFile; drop-ins since 1.21). Each file is
//! a map of the names that `k3s server --help` shows.

use std::collections::BTreeMap;

use model::{Body, Evidence, Form, Gap, GapKind, Kind, Location, Problem, Site};
use yaml::{Cursor, Limits};

use super::super::{Source, command::unfilled};
use crate::{Hand, Word, golang, redact::parsable};

/// More keys, and more values of one, than anybody writes.
const MOST: usize = 512;

/// Drop-ins that are read.
const MOST_FILES: usize = 64;

/// The arguments of the API server.
pub(super) const ARGUMENTS: &str = "kube-apiserver-arg";

/// A value of a setting, and where it stands.
#[derive(Clone)]
pub(super) struct Given {
    pub(super) text: String,
    pub(super) at: Location,
}

impl Given {
    pub(super) fn word(&self, name: &str, value: &str, releases: Option<(model::Minor, model::Minor)>) -> Word {
        Word {
            unresolved: unfilled(value),
            hand: Hand::Written,
            releases,
            ..Word::written(format!("--{name}={value}"), Site { at: self.at.clone(), form: Form::Bare })
        }
    }
}

/// Everything that the files of one server say.
pub(super) struct Settings {
    values: BTreeMap<String, Vec<Given>>,
    /// Where an argument of the API server would be added.
    pub(super) home: Site,
    pub(super) problems: Vec<Problem>,
    /// Why more may be set than could be read.
    pub(super) unread: Option<Gap>,
}

impl Settings {
    /// Of a file with what lies beside it; `None` where an earlier one of them stands for all.
    pub(super) fn of(source: &Source<'_>, evidence: &[Evidence]) -> Option<Self> {
        let mut settings = Self {
            values: BTreeMap::new(),
            home: Site { at: Location::whole(source.evidence.clone(), source.plane), form: Form::Bares },
            problems: Vec::new(),
            unread: None,
        };
        let files = files(source, evidence);
        if files.iter().find(|file| file.kind == Kind::Workload).is_some_and(|first| first.id != *source.evidence) {
            return None;
        }
        let mut placed = false;
        if files.is_empty() {
            settings.take(source, &mut placed);
        }
        let folder = folder(source);
        let unread = evidence.iter().filter(|piece| Some(piece.id.as_str()) == folder.as_deref());
        for piece in unread.chain(files.iter().copied()) {
            if let Body::Unread(gap) = &piece.body {
                settings.unread.get_or_insert_with(|| gap.clone());
            }
        }
        for file in files {
            let Some(text) = file.text() else { continue };
            let parsed = parsable(file, text);
            let stream = yaml::parse(&parsed, &Limits::default());
            let inner = Source {
                evidence: &file.id,
                plane: file.plane,
                text: &parsed,
                root: source.root,
                stream: &stream,
                inside: None,
            };
            settings.take(&inner, &mut placed);
        }
        Some(settings)
    }

    /// The keys of one file. Several documents are one more than k3s reads.
    fn take(&mut self, source: &Source<'_>, placed: &mut bool) {
        if source.stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
            self.unread.get_or_insert_with(|| Gap {
                kind: GapKind::Unread,
                reason: format!("`{}` cannot be read as YAML", source.evidence),
                wanted: source.evidence.to_string(),
                who_could_answer: "whoever can mend the file".to_owned(),
            });
        }
        let Some(document) = source.documents().next() else { return };
        self.problems.extend(source.problems(document));
        let root = document.cursor();
        if !*placed && root.mapping().is_some() {
            self.home.at = Location { pointer: format!("/{ARGUMENTS}"), ..source.at(&root) };
            *placed = true;
        }
        for entry in root.entries().take(MOST) {
            let (name, adds) = match entry.name.strip_suffix('+') {
                Some(name) => (name, true),
                None => (entry.name.as_ref(), false),
            };
            if name == ARGUMENTS {
                self.home.at = source.at(&entry.value);
            }
            let given = values(source, &entry.value);
            let known = self.values.entry(name.to_owned()).or_default();
            if !adds {
                known.clear();
            }
            known.extend(given);
        }
    }

    /// The value that counts of a setting with one.
    pub(super) fn last(&self, name: &str) -> Option<&Given> {
        self.values.get(name)?.last().filter(|given| !given.text.is_empty())
    }

    pub(super) fn all(&self, name: &str) -> &[Given] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Where a switch is on.
    pub(super) fn on(&self, name: &str) -> Option<&Given> {
        self.last(name).filter(|given| golang::parse_bool(&given.text) == Some(true))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.values.keys().map(String::as_str)
    }
}

fn values(source: &Source<'_>, value: &Cursor<'_>) -> Vec<Given> {
    let one = |value: &Cursor<'_>| {
        let text = if value.is_null() { String::new() } else { value.text().unwrap_or_default().to_owned() };
        Given { text, at: source.at(value) }
    };
    if value.sequence().is_some() {
        return value.items().take(MOST).map(|item| one(&item)).collect();
    }
    if value.scalar().is_some() { vec![one(value)] } else { Vec::new() }
}

/// The file that drop-ins are beside, by the name of one of them.
pub(super) fn base(id: &str) -> &str {
    let folder = id.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.strip_suffix(".d").filter(|base| is_yaml(base)).unwrap_or(id)
}

fn is_yaml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with(".yaml") || name.ends_with(".yml")
}

/// The files that are read together, in the order in which they are.
fn files<'e>(source: &Source<'_>, evidence: &'e [Evidence]) -> Vec<&'e Evidence> {
    let base = base(source.evidence.as_str());
    if !is_yaml(base) || source.inside.is_some() {
        return evidence.iter().filter(|piece| piece.id == *source.evidence).collect();
    }
    let of_base = |piece: &&Evidence| {
        let id = piece.id.as_str();
        let drop_in = id.strip_prefix(base).and_then(|rest| rest.strip_prefix(".d/"));
        id == base || drop_in.is_some_and(|name| !name.contains('/') && is_yaml(name))
    };
    let mut found: Vec<&Evidence> = evidence.iter().filter(of_base).collect();
    found.sort_by_key(|piece| (piece.id.as_str() != base, piece.id.as_str()));
    found.truncate(MOST_FILES);
    found
}

/// Folders in which every YAML file adds to what a file of settings says.
pub(super) fn folder(source: &Source<'_>) -> Option<String> {
    let id = source.evidence.as_str();
    (is_yaml(id) && base(id) == id && source.inside.is_none()).then(|| format!("{id}.d"))
}
