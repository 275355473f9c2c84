//! A server of OpenShift and the configuration that it is started with, which are one: the pod names a file by
//! `--openshift-config`, and the file holds most of the arguments.
//!
//! The file lies on the node (the operator's installer puts the revisions of its ConfigMap `config` below
//! `/etc/kubernetes/static-pod-resources/kube-apiserver-pod-REVISION`, cluster-kube-apiserver-operator,
//! bindata/assets/kube-apiserver/pod.yaml), or in a ConfigMap that is mounted (HyperShift's `kas-config`). It is known by where
//! it lies, by the name of the ConfigMap, or because there is no other. One that no pod reads is a server of which only this
//! is at hand; the operator's own pod says nothing else, but one that could not be read may.

use model::{Body, Evidence, EvidenceId, Gap, GapKind, Kind, Problem, ProblemKind};
use yaml::{Cursor, Document};

use super::{CONFIG, Config, MOST, NAME};
use crate::{
    Files, Invocation, Word,
    declare::{Source, command::Program, config_map, embedded, lookup::text_of, pod},
    redact::parsable,
};

/// The flag by which a server is told of its configuration.
const FLAG: &str = "openshift-config";

/// Where the operator's installer puts what pods are given, below a root: also pods, and what earlier ones were given.
const RESOURCES: &str = "/etc/kubernetes/static-pod-resources/";
const MANIFESTS: &str = "/etc/kubernetes/manifests/";

/// A configuration among the evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Held {
    file: EvidenceId,
    /// Which object of the file it is, in their order.
    index: usize,
    pub(super) map: Option<Map>,
}

/// The entry of a ConfigMap that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Map {
    namespace: Option<String>,
    name: String,
    key: String,
}

/// The objects of a document, those of a list each by itself.
pub(super) fn listed<'a>(root: &Cursor<'a>) -> Vec<Cursor<'a>> {
    match root.get("items").filter(|items| items.sequence().is_some()) {
        Some(items) => items.items().take(MOST).collect(),
        None => vec![root.clone()],
    }
}

/// The objects of a text, and those in its ConfigMaps that may configure a server.
pub(super) fn objects(source: &Source<'_>, visit: &mut dyn FnMut(&Source<'_>, &Document, &Cursor<'_>, Held)) {
    let mut index = 0;
    let mut next = |map: Option<Map>| {
        index += 1;
        Held { file: source.evidence.clone(), index, map }
    };
    for document in source.documents() {
        for object in listed(&document.cursor()) {
            visit(source, document, &object, next(None));
            for (key, text) in config_map(&object).into_iter().filter(|(key, _)| key.starts_with("config.")) {
                if !text.text().is_some_and(|text| text.contains(CONFIG)) {
                    continue;
                }
                let metadata = object.get("metadata");
                let of = |key: &str| metadata.as_ref().and_then(|metadata| text_of(metadata, key));
                let held = next(Some(Map { namespace: of("namespace"), name: of("name").unwrap_or_default(), key }));
                let stream = embedded::parse(&text);
                let Some(inner) = embedded::source(source, &text, &stream) else { continue };
                inner.documents().for_each(|document| visit(&inner, document, &document.cursor(), held.clone()));
            }
        }
    }
}

/// The name of a ConfigMap without the number of its revision, and that: `config` and 7 of `config-7`.
fn revised(name: &str) -> (&str, Option<u64>) {
    let number = |(base, number): (&'_ str, &str)| Some((base.len(), number.parse().ok()?));
    match name.rsplit_once('-').and_then(number) {
        Some((end, number)) => (name.get(..end).unwrap_or(name), Some(number)),
        None => (name, None),
    }
}

impl Held {
    /// Whether two are revisions of one.
    fn is_kin(&self, other: &Self) -> bool {
        match (&self.map, &other.map) {
            (Some(own), Some(other)) => {
                own.namespace == other.namespace
                    && revised(&own.name).0 == revised(&other.name).0
                    && own.key == other.key
            }
            _ => false,
        }
    }
}

/// Whether of two files one starts a server with what the other may hold.
pub fn belong_together(one: &Evidence, other: &Evidence) -> bool {
    let says = |piece: &Evidence, word: &str| piece.text().is_some_and(|text| text.contains(word));
    let pair = |pod: &Evidence, config: &Evidence| {
        says(pod, FLAG) && !says(pod, CONFIG) && says(config, CONFIG) && !says(config, FLAG)
    };
    pair(one, other) || pair(other, one)
}

/// Looks at a piece of evidence as at a text of its own.
fn look(piece: &Evidence, root: Option<&str>, see: &mut dyn FnMut(&Source<'_>)) {
    let Some(text) = piece.text() else { return };
    let text = parsable(piece, text);
    let stream = yaml::parse(&text, &yaml::Limits::default());
    see(&Source { evidence: &piece.id, plane: piece.plane, text: &text, root, stream: &stream, inside: None });
}

/// Every configuration among the evidence.
fn all(evidence: &[Evidence], root: Option<&str>) -> Vec<Held> {
    let mut found = Vec::new();
    for piece in evidence.iter().filter(|piece| piece.text().is_some_and(|text| text.contains(CONFIG))) {
        look(piece, root, &mut |source| {
            objects(source, &mut |within, _, object, held| {
                if found.len() < MOST && Config::of(within, object).is_some_and(|config| config.is_file()) {
                    found.push(held);
                }
            });
        });
    }
    found
}

/// What pods beside a text read.
#[derive(Default)]
pub(super) struct Read {
    taken: Vec<Held>,
    /// Revisions of which a later one is there.
    outdated: Vec<Held>,
    /// Whether a pod is there whose files lie below the root.
    by_root: Option<String>,
    /// Why a pod may be there all the same.
    gap: Option<Gap>,
}

impl Read {
    pub(super) fn beside(source: &Source<'_>, evidence: &[Evidence]) -> Self {
        // Nobody pays for it where there is nothing to read.
        if evidence.is_empty() || !source.text.contains(CONFIG) {
            return Self::default();
        }
        let held = all(evidence, source.root);
        let mut read = Self::default();
        for piece in evidence.iter().filter(|piece| piece.kind == Kind::Workload) {
            if let Body::Unread(gap) = &piece.body {
                read.gap.get_or_insert_with(|| Gap {
                    reason: format!("a pod may start the server with more: {}", gap.reason),
                    ..gap.clone()
                });
            }
            if !piece.text().is_some_and(|text| text.contains(FLAG)) || is_resource(&piece.id, source.root) {
                continue;
            }
            look(piece, source.root, &mut |source| {
                pod::each(Program::ApiServer, source, &mut |spec, container, invocation| {
                    let Some(Ok(path)) = named(&invocation.words) else { return };
                    read.by_root = source.root.map(str::to_owned);
                    let files = files_of(source.root, invocation, evidence);
                    if let Chosen::Held(held) = choose(spec, container, &path, source, &files, &held) {
                        read.taken.push(held.clone());
                    }
                });
            });
        }
        let later = |own: &Held, other: &Held| {
            let number = |held: &Held| held.map.as_ref().map(|map| revised(&map.name).1.unwrap_or(u64::MAX));
            own.is_kin(other) && number(own) < number(other)
        };
        read.outdated = held.iter().filter(|own| held.iter().any(|other| later(own, other))).cloned().collect();
        read
    }

    /// Whether a pod reads it, or another revision of it counts.
    pub(super) fn has(&self, held: &Held) -> bool {
        self.taken.iter().any(|taken| taken == held || taken.is_kin(held))
            || self.outdated.contains(held)
            || self.by_root.as_deref().is_some_and(|root| is_resource(&held.file, Some(root)))
    }

    /// A server that no pod at hand starts.
    pub(super) fn alone(&self, mut invocation: Invocation) -> Invocation {
        if let (Some(gap), Some(list)) = (&self.gap, &invocation.list) {
            // What a pod says stands before the file.
            invocation.words.insert(0, Word { unresolved: Some(gap.clone()), ..Word::written("", list.clone()) });
        }
        invocation
    }
}

/// Whether a file is one of those that pods are given.
fn is_resource(id: &EvidenceId, root: Option<&str>) -> bool {
    root.is_some_and(|root| id.as_str().starts_with(Files::id(root, RESOURCES).as_str()))
}

/// Whether a text is the installer's copy of a pod that runs, or ran, beside the manifest that the kubelet reads.
pub(in crate::declare) fn is_copy(source: &Source<'_>, evidence: &[Evidence]) -> bool {
    let Some(root) = source.root.filter(|root| is_resource(source.evidence, Some(root))) else { return false };
    let manifests = Files::id(root, MANIFESTS);
    evidence.iter().any(|piece| {
        piece.id.as_str().starts_with(manifests.as_str())
            && piece.kind == Kind::Workload
            && piece.text().is_none_or(|text| text.contains(FLAG))
    })
}

/// The file that a server is told of, or why it is not known.
fn named(words: &[Word]) -> Option<Result<String, Gap>> {
    let at = words.iter().rposition(|word| word.text.strip_prefix("--").is_some_and(|text| text.starts_with(FLAG)))?;
    let word = &words[at];
    let value = match word.text.split_once('=') {
        Some((_, value)) => (word, value),
        None => words.get(at + 1).map(|next| (next, next.text.as_str()))?,
    };
    Some(match value {
        (Word { unresolved: Some(gap), .. }, _) => Err(gap.clone()),
        (_, path) => Ok(path.to_owned()),
    })
}

fn files_of<'a>(root: Option<&'a str>, invocation: &'a Invocation, evidence: &'a [Evidence]) -> Files<'a> {
    Files { root, mounts: &invocation.mounts, contained: invocation.contained, evidence, carried: &invocation.carried }
}

/// The configuration that a pod reads.
enum Chosen<'h> {
    Held(&'h Held),
    Missing(EvidenceId),
    Unknown(Option<Gap>),
}

/// The volume of a container that holds a path, and the rest of the path.
fn volume<'a>(spec: &Cursor<'a>, container: &Cursor<'a>, path: &str) -> Option<(Cursor<'a>, String)> {
    let items = |of: Option<Cursor<'a>>| of.into_iter().flat_map(|of| of.items().take(MOST).collect::<Vec<_>>());
    let mount = items(container.get("volumeMounts"))
        .filter_map(|mount| {
            let folder = text_of(&mount, "mountPath")?;
            let rest = path.strip_prefix(folder.trim_end_matches('/'))?;
            Some((folder.len(), text_of(&mount, "name")?, rest.strip_prefix('/').unwrap_or(rest).to_owned()))
        })
        .max_by_key(|(length, _, _)| *length)?;
    let volume = items(spec.get("volumes")).find(|volume| text_of(volume, "name").as_ref() == Some(&mount.1))?;
    Some((volume, mount.2))
}

/// The ConfigMap behind a path of a volume, with its key.
fn mapped(volume: &Cursor<'_>, rest: &str) -> Option<(String, String)> {
    let projected = volume.get("projected").and_then(|projected| projected.get("sources"));
    let sources: Vec<Cursor<'_>> = projected.iter().flat_map(|sources| sources.items().take(MOST)).collect();
    std::iter::once(volume.clone()).chain(sources).find_map(|source| {
        let map = source.get("configMap")?;
        let items = map.get("items");
        let moved = items
            .iter()
            .flat_map(|items| items.items().take(MOST))
            .find_map(|item| (text_of(&item, "path")? == rest).then(|| text_of(&item, "key")).flatten());
        Some((text_of(&map, "name")?, moved.unwrap_or_else(|| rest.to_owned())))
    })
}

fn choose<'h>(
    spec: &Cursor<'_>,
    container: &Cursor<'_>,
    path: &str,
    source: &Source<'_>,
    files: &Files<'_>,
    held: &'h [Held],
) -> Chosen<'h> {
    let host = files.host_path(path).ok();
    if let (Some(root), Some(host)) = (files.root, &host) {
        let id = Files::id(root, host);
        match files.evidence.iter().find(|piece| piece.id == id).map(|piece| &piece.body) {
            Some(Body::Missing) => return Chosen::Missing(id),
            Some(Body::Unread(gap)) => return Chosen::Unknown(Some(gap.clone())),
            Some(_) => {
                let own = held.iter().find(|held| held.file == id && held.map.is_none());
                return own.map_or(Chosen::Unknown(None), Chosen::Held);
            }
            None => {}
        }
    }
    let of_map = |name: &str, key: &str| {
        let is_it = |held: &&Held| held.map.as_ref().is_some_and(|map| map.name == name && map.key == key);
        let mut all = held.iter().filter(is_it);
        let first = all.next()?;
        // In one file with the pod, or the only one.
        all.next()
            .is_none()
            .then_some(first)
            .or_else(|| held.iter().filter(is_it).find(|held| held.file == *source.evidence))
    };
    let volume = volume(spec, container, path);
    if let Some((volume, rest)) = &volume {
        if let Some((name, key)) = mapped(volume, rest) {
            return of_map(&name, &key).map_or(Chosen::Unknown(None), Chosen::Held);
        }
        if volume.get("hostPath").is_none() {
            return Chosen::Unknown(None);
        }
    }
    // `configmaps/NAME/KEY` of a revision.
    let parts: Vec<&str> = path.rsplit('/').take(3).collect();
    if let [key, name, "configmaps"] = parts[..] {
        let revision = host.as_deref().and_then(|host| {
            let folder = host.strip_prefix(RESOURCES)?.split('/').next()?;
            revised(folder).1
        });
        let of_revision = revision.and_then(|revision| of_map(&format!("{name}-{revision}"), key));
        if let Some(found) = of_revision.or_else(|| of_map(name, key)) {
            return Chosen::Held(found);
        }
    }
    // A file by the end of its path, or the only one.
    let plain: Vec<&Held> = held.iter().filter(|held| held.map.is_none()).collect();
    let ends = |end: &str| {
        let mut all = plain.iter().filter(|held| held.file.as_str().ends_with(end));
        all.next().filter(|_| all.next().is_none()).copied()
    };
    let tail = format!("/{}", parts.iter().rev().copied().collect::<Vec<_>>().join("/"));
    let only = || match plain[..] {
        [only] if held.len() == 1 => Some(only),
        _ => None,
    };
    host.as_deref().and_then(ends).or_else(|| ends(&tail)).or_else(only).map_or(Chosen::Unknown(None), Chosen::Held)
}

/// Whether a text holds the words without which no server in it is told of its configuration.
pub(in crate::declare) fn names_its_configuration(text: &str) -> bool {
    text.contains(FLAG)
}

/// Files of the host in which pods of a text are configured.
pub(in crate::declare) fn files(source: &Source<'_>) -> Vec<String> {
    let mut found = Vec::new();
    if source.root.is_some() && source.text.contains(FLAG) {
        pod::each(Program::ApiServer, source, &mut |_, _, invocation| {
            if let Some(Ok(path)) = named(&invocation.words) {
                found.extend(files_of(source.root, invocation, &[]).host_path(&path));
            }
        });
    }
    found
}

/// Puts what the file says, of which a server is told, behind its own arguments.
pub(in crate::declare) fn complete(
    invocation: &mut Invocation,
    spec: &Cursor<'_>,
    container: &Cursor<'_>,
    source: &Source<'_>,
    evidence: &[Evidence],
) {
    let Some(path) = named(&invocation.words) else { return };
    let held = all(evidence, source.root);
    invocation.distribution = Some(NAME);
    let chosen = match &path {
        Ok(path) => {
            let files = files_of(source.root, invocation, evidence);
            choose(spec, container, path, source, &files, &held)
        }
        Err(gap) => Chosen::Unknown(Some(gap.clone())),
    };
    let file = path.as_deref().unwrap_or("the file of --openshift-config");
    let gap = match chosen {
        Chosen::Held(held) => return put_behind(invocation, held, file, source, evidence),
        Chosen::Missing(id) => {
            invocation.problems.push(Problem {
                kind: ProblemKind::Missing,
                stops: true,
                message: format!("the server is told to read `{file}`, which is not there"),
                hint: Some(format!("`{id}` is where it would be")),
                location: Some(invocation.place()),
                setting: None,
            });
            None
        }
        Chosen::Unknown(gap) => gap,
    };
    let gap = Gap {
        kind: GapKind::Unread,
        reason: match gap {
            Some(gap) => format!("the server reads its arguments from the file of `--{FLAG}`: {}", gap.reason),
            None => format!("the server reads its arguments from the file of `--{FLAG}`"),
        },
        wanted: file.to_owned(),
        who_could_answer: "whoever may read that KubeAPIServerConfig".to_owned(),
    };
    // The file counts before what is written here.
    if let Some(last) = invocation.words.last() {
        let site = last.site.clone();
        invocation.words.push(Word { unresolved: Some(gap.clone()), ..Word::written("", site) });
    }
    invocation.open_ended.get_or_insert(gap);
}

fn put_behind(invocation: &mut Invocation, held: &Held, path: &str, source: &Source<'_>, evidence: &[Evidence]) {
    let Some(piece) = evidence.iter().find(|piece| piece.id == held.file) else { return };
    let root = source.root;
    let mut words = Vec::new();
    look(piece, root, &mut |source| {
        objects(source, &mut |within, document, object, this| {
            if this != *held {
                return;
            }
            let Some(config) = Config::of(within, object) else { return };
            let config = config.read(path);
            words.extend(config.words(&None));
            invocation.problems.extend(within.problems(document));
            invocation.problems.extend(config.problems());
            invocation.list = Some(config.home());
            if let Some((file, mount)) = config.carried() {
                invocation.carried.push(file);
                invocation.mounts.push(mount);
            }
        });
    });
    // `ToFlagSlice` sorts them.
    let name = |word: &Word| word.text.split('=').next().unwrap_or_default().to_owned();
    words.sort_by_key(name);
    // A folder of keys stands for the files in it (configdefault, ResolveDirectoriesForSATokenVerification).
    let files = files_of(root, invocation, evidence);
    for word in words.iter_mut().filter(|word| word.text.starts_with("--service-account-key-file=")) {
        let mut paths = word.text.split(['=', ',']).skip(1);
        if let Some(folder) = paths.find(|path| matches!(files.look(path), crate::File::Folder(_))) {
            word.unresolved = Some(Gap {
                kind: GapKind::NotCollected,
                reason: format!("the keys are the files in `{folder}`"),
                wanted: folder.to_owned(),
                who_could_answer: "a server of the cluster".to_owned(),
            });
        }
    }
    invocation.releases = super::RELEASES;
    invocation.words.extend(words);
}
