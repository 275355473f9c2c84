//! Configuration files of kubelets: a document by itself, beside those of kubeadm, or in a ConfigMap.
//!
//! Such a file is no command line, and no [`Invocation`](crate::Invocation) is made of it: what it says are fields, and the
//! kubelet that reads it may be given flags besides, which win (cmd/kubelet/app/server.go, kubeletConfigFlagPrecedence). The
//! command lines are in `lines`.

mod lines;
pub(in crate::declare) mod made;

use model::{Evidence, EvidenceId, Form, Gap, Kind, Location, Minor, Plane, Problem, ProblemKind, Site};
use yaml::{Cursor, Stream};

pub(crate) use self::lines::{Beside, KubeletLine, declares as runs, lines, speaks as speaks_of_line};
pub(super) use self::lines::{files, folders};
use super::{MOST_KEYS, Source, config_map, embedded, lookup::is_of};
use crate::{
    Hand, Trees,
    files::name_below,
    flags::Flag,
    kubelet::fields::{self, Odd},
    redact::parsable,
};

const KIND: &str = "KubeletConfiguration";
const GROUP: &str = "kubelet.config.k8s.io/";

/// Files of kubelets in one cluster that are looked at.
const MOST: usize = 256;

/// Whether a text holds the word without which it holds no such file.
pub(crate) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(KIND)
}

/// Whether a text is such a file, or a ConfigMap that holds one.
pub(crate) fn is_one(stream: &Stream) -> bool {
    stream.documents.iter().any(|document| {
        let root = document.cursor();
        is_configuration(&root)
            || config_maps(&root).iter().flat_map(config_map).any(|(_, text)| {
                text.text().is_some_and(speaks)
                    && embedded::parse(&text).documents.iter().any(|inner| is_configuration(&inner.cursor()))
            })
    })
}

fn is_configuration(root: &Cursor<'_>) -> bool {
    is_of(root, GROUP, KIND)
}

/// The ConfigMaps among the objects of a document.
fn config_maps<'a>(root: &Cursor<'a>) -> Vec<Cursor<'a>> {
    let is_map = |object: &Cursor<'_>| object.get("kind").and_then(|kind| kind.text()) == Some("ConfigMap");
    match root.get("items") {
        Some(items) => items.items().filter(is_map).take(MOST_KEYS).collect(),
        None if is_map(root) => vec![root.clone()],
        None => Vec::new(),
    }
}

/// The configuration of kubelets as one document has it.
#[derive(Clone)]
pub(crate) struct Configuration {
    /// The name of the file, below the root of its node where there is one.
    pub(crate) name: String,
    pub(crate) declared_in: EvidenceId,
    pub(crate) plane: Plane,
    pub(crate) written: Vec<Written>,
    /// Fields that are null, or stand in something that is.
    pub(crate) cleared: Vec<&'static str>,
    /// Where a field stands that is not written yet.
    homes: Homes,
    /// Whether kubeadm reads it first, and fills in what it leaves out.
    pub(crate) is_for_kubeadm: bool,
    /// Why fields may be set of which nothing is said here.
    pub(crate) rest: Option<Gap>,
    /// The last release in which all of it are flags, and no file is given; and the last in which that may be so.
    pub(crate) without_file: Option<Minor>,
    pub(crate) perhaps_without_file: Option<Minor>,
    pub(crate) problems: Vec<Problem>,
}

/// A field that is written, or that a distribution sets.
#[derive(Clone)]
pub(crate) struct Written {
    pub(crate) flag: &'static Flag,
    pub(crate) value: Result<String, Odd>,
    pub(crate) site: Site,
    pub(crate) hand: Hand,
    /// The releases in which that is so, both included; `None` for all.
    pub(crate) releases: Option<(Minor, Minor)>,
}

/// The document, and each map of it that is there.
#[derive(Clone)]
struct Homes {
    root: Location,
    maps: Vec<(String, Location)>,
    /// Whether pointers are those of the text itself, and not of one that stands in a string of it.
    own: bool,
    /// The one place for all fields, where a distribution makes the document.
    site: Option<Site>,
}

impl Configuration {
    /// Where a field would be written.
    pub(crate) fn home(&self, flag: &Flag) -> Site {
        if let Some(site) = &self.homes.site {
            return site.clone();
        }
        let parent = flag.name.rsplit_once('.').map_or("", |(parent, _)| parent);
        let there = self.homes.maps.iter().filter(|(path, _)| {
            path == parent || parent.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with('.'))
        });
        let nearest = there.max_by_key(|(path, _)| path.len()).map_or(&self.homes.root, |(_, at)| at);
        let mut at = nearest.clone();
        if self.homes.own && !parent.is_empty() {
            at.pointer = format!("{}/{}", self.homes.root.pointer, parent.replace('.', "/"));
        }
        Site { at, form: Form::Fields(&fields::NAMED) }
    }

    /// Whether it says something of a field.
    pub(crate) fn speaks_of(&self, flag: &Flag) -> bool {
        self.written.iter().any(|one| one.flag.name == flag.name) || self.cleared.contains(&flag.name)
    }

    /// What it says of a field in a release, whoever says so.
    pub(crate) fn said(&self, flag: &Flag, minor: Minor) -> Option<&Written> {
        let is_in = |one: &&Written| one.releases.is_none_or(|(from, to)| from <= minor && minor <= to);
        self.written.iter().rev().filter(|one| one.flag.name == flag.name).find(is_in)
    }

    fn read(name: String, root: &Cursor<'_>, source: &Source<'_>, is_for_kubeadm: bool) -> Self {
        let mut problems = Vec::new();
        let mut maps = Vec::new();
        let mut written = Vec::new();
        for field in fields::written(root) {
            let at = source.at(&field.node);
            if let Err(Odd::Takes(what)) = &field.value {
                problems.push(Problem {
                    kind: ProblemKind::Refused,
                    stops: true,
                    message: format!("`{}` takes {what}", field.flag.name),
                    hint: None,
                    location: Some(at.clone()),
                    setting: Some(field.flag.name.to_owned()),
                });
            }
            let site = Site { at, form: Form::Field };
            written.push(Written { flag: field.flag, value: field.value, site, hand: Hand::Written, releases: None });
        }
        let mut open = vec![(String::new(), root.clone())];
        while let Some((path, here)) = open.pop() {
            for entry in here.entries().filter(|entry| entry.value.mapping().is_some()) {
                let path = if path.is_empty() { entry.name.to_string() } else { format!("{path}.{}", entry.name) };
                if maps.len() < MOST && path.bytes().filter(|byte| *byte == b'.').count() < 3 {
                    maps.push((path.clone(), source.at(&entry.value)));
                    open.push((path, entry.value));
                }
            }
        }
        // Strict decoding first, and where that fails without strictness, with a warning
        // (pkg/kubelet/kubeletconfig/util/codec/codec.go, DecodeKubeletConfiguration): what nobody knows is lost.
        problems.extend(fields::unknown(root).into_iter().map(|(path, node, nearest)| Problem {
            kind: ProblemKind::Unknown,
            stops: false,
            message: format!("`{path}` is no field of {KIND}, so that it does nothing"),
            hint: nearest.map(|nearest| format!("perhaps `{nearest}`")),
            location: Some(source.at(&node)),
            setting: None,
        }));
        let homes = Homes { root: source.at(root), maps, own: source.inside.is_none(), site: None };
        Self {
            name,
            declared_in: source.evidence.clone(),
            plane: source.plane,
            written,
            cleared: fields::cleared(root),
            homes,
            is_for_kubeadm,
            rest: None,
            without_file: None,
            perhaps_without_file: None,
            problems,
        }
    }
}

/// Every configuration of kubelets among the evidence, in its order.
pub(crate) fn configurations(evidence: &[Evidence], trees: &Trees, root: Option<&str>) -> Vec<Configuration> {
    let mut found = Vec::new();
    for piece in evidence.iter().filter(|piece| matches!(piece.kind, Kind::Workload | Kind::ConfigFile)) {
        found.extend(of_piece(piece, trees, root));
        if found.len() >= MOST {
            found.truncate(MOST);
            break;
        }
    }
    found
}

/// The configuration that a kubelet reads in a file: the first document alone.
pub(crate) fn configuration_in(piece: &Evidence, trees: &Trees, root: Option<&str>) -> Option<Configuration> {
    let text = piece.text().filter(speaks)?;
    let parsed = parsable(piece, text);
    let stream = trees.of(piece, text);
    let source = Source { evidence: &piece.id, plane: piece.plane, text: &parsed, root, stream: &stream, inside: None };
    let document = source.documents().next().filter(|document| is_configuration(&document.cursor()))?;
    let mut one = Configuration::read(name_below(root, &piece.id).to_owned(), &document.cursor(), &source, false);
    one.problems.extend(source.problems(document));
    Some(one)
}

/// What kubeadm hands to a kubelet where a document of its own has no more to say.
fn for_kubeadm(source: &Source<'_>, root: &Cursor<'_>) -> Configuration {
    Configuration {
        name: name_below(source.root, source.evidence).to_owned(),
        declared_in: source.evidence.clone(),
        plane: source.plane,
        written: Vec::new(),
        cleared: Vec::new(),
        homes: Homes { root: source.at(root), maps: Vec::new(), own: false, site: None },
        is_for_kubeadm: true,
        rest: None,
        without_file: None,
        perhaps_without_file: None,
        problems: Vec::new(),
    }
}

fn of_piece(piece: &Evidence, trees: &Trees, root: Option<&str>) -> Vec<Configuration> {
    let mut found = Vec::new();
    let Some(text) = piece.text().filter(speaks) else { return found };
    let parsed = parsable(piece, text);
    let stream = trees.of(piece, text);
    let source = Source { evidence: &piece.id, plane: piece.plane, text: &parsed, root, stream: &stream, inside: None };
    let name = name_below(root, &piece.id);
    let is_for_kubeadm = source.documents().any(|document| {
        let version = document.cursor().get("apiVersion").and_then(|version| version.text().map(str::to_owned));
        version.is_some_and(|version| version.starts_with("kubeadm.k8s.io/"))
    });
    for document in source.documents() {
        let root = document.cursor();
        if is_configuration(&root) {
            let mut one = Configuration::read(name.to_owned(), &root, &source, is_for_kubeadm);
            one.problems.extend(source.problems(document));
            found.push(one);
        }
        for object in config_maps(&root) {
            found.extend(of_config_map(&object, &source, name));
        }
    }
    // Several of one name are told apart by their numbers.
    if found.len() > 1 {
        for (index, one) in found.iter_mut().enumerate() {
            one.name = format!("{}#{}", one.name, index + 1);
        }
    }
    found
}

/// Those in the texts of one ConfigMap: kubeadm keeps one in `kubelet-config`, under `kubelet`
/// (cmd/kubeadm/app/constants, KubeletBaseConfigurationConfigMapKey).
fn of_config_map(object: &Cursor<'_>, source: &Source<'_>, file: &str) -> Vec<Configuration> {
    let named = object.get("metadata").and_then(|metadata| metadata.get("name")?.text().map(str::to_owned));
    let mut found = Vec::new();
    for (key, text) in config_map(object) {
        if !text.text().is_some_and(speaks) {
            continue;
        }
        let stream = embedded::parse(&text);
        let Some(inner) = embedded::source(source, &text, &stream) else { continue };
        for document in inner.documents().filter(|document| is_configuration(&document.cursor())) {
            // What a server gave goes by the name of the object, and a file by its own.
            let name = match &named {
                Some(named) if file.contains("://") => named.clone(),
                _ => format!("{file} ({key})"),
            };
            let mut one = Configuration::read(name, &document.cursor(), &inner, false);
            one.problems.extend(inner.problems(document));
            found.push(one);
        }
    }
    found
}
