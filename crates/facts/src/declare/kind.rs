//! kind's clusters, as the API servers that kubeadm starts in their containers.
//!
//! kind writes a kubeadm configuration of its own and lets patches change it: merge patches first, then JSON patches, those
//! of the cluster before those of the node (pkg/cluster/internal/create/actions/config, pkg/internal/patch, v0.32.0).
//! All control planes take theirs from the first one.

pub(super) mod kubelet;

use model::{Evidence, Form, Gap, GapKind, Location, Minor, Problem, ProblemKind, Site, Version};
use yaml::{Cursor, Resolved, Stream, Value};

use super::{
    Source,
    command::unfilled,
    embedded,
    kubeadm::{Argument, Around, Configuration, Fallback, Layer, Shape, tagged},
    lookup::text_of,
};
use crate::{Hand, Invocation};

const NAME: &str = "kind";

const GATES: &str = "featureGates";

const PATCHES: &str = "kubeadmConfigPatches";

/// Patches are short; together they are read up to this many bytes.
const MOST_BYTES: usize = 1 << 20;

/// More patches than anybody writes.
const MOST_PATCHES: usize = 256;

/// The versions of kubeadm's configuration that kind writes, and for which minor releases (pkg/cluster/internal/kubeadm,
/// Config: v0.7.0 to v0.32.0).
const TEMPLATES: [(&str, u16, u16); 4] =
    [("v1beta1", 13, 14), ("v1beta2", 15, 22), ("v1beta3", 23, 35), ("v1beta4", 36, u16::MAX)];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    // v1alpha3 was in the group kind.sigs.k8s.io at first.
    text.contains("kind.x-k8s.io/") || text.contains("kind.sigs.k8s.io/")
}

/// Whether a text declares a cluster of kind.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().any(|document| is_cluster(&document.cursor()))
}

fn is_cluster(root: &Cursor<'_>) -> bool {
    let text = |key: &str| root.get(key).and_then(|value| value.text());
    text("kind") == Some("Cluster")
        && text("apiVersion")
            .is_some_and(|version| version.starts_with("kind.x-k8s.io/") || version.starts_with("kind.sigs.k8s.io/"))
}

/// The API server of every cluster of kind that a text declares.
pub(super) fn invocations(source: &Source<'_>, _: &[Evidence]) -> Vec<Invocation> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if is_cluster(&root) {
            found.push(cluster(source, &root, source.problems(document)));
        }
    }
    found
}

fn cluster(source: &Source<'_>, root: &Cursor<'_>, mut problems: Vec<Problem>) -> Invocation {
    problems.extend(refusals(source, root));
    // A node without a role is a control plane.
    let is_control_plane = |node: &Cursor<'_>| text_of(node, "role").is_none_or(|role| role == "control-plane");
    let node = root.get("nodes").and_then(|nodes| nodes.items().find(is_control_plane));
    let version = node.as_ref().and_then(|node| image(source, node));

    let mut strings = Vec::new();
    for holder in [Some(root), node.as_ref()].into_iter().flatten() {
        for (key, json) in
            [(PATCHES, false), ("kubeadmConfigPatchesJSON6902", true), ("kubeadmConfigPatchesJson6902", true)]
        {
            for patch in holder.get(key).into_iter().flat_map(|list| list.items().collect::<Vec<_>>()) {
                strings.push((patch, json));
            }
        }
    }
    let written = strings.len();
    strings.truncate(MOST_PATCHES);
    let mut budget = MOST_BYTES;
    let parsed: Vec<(Cursor<'_>, Option<Cursor<'_>>, Stream)> = strings
        .into_iter()
        .filter_map(|(patch, json)| {
            let (string, target) = if json { (patch.get("patch")?, Some(patch)) } else { (patch, None) };
            // What is left out is a gap below.
            budget = budget.checked_sub(string.text().map_or(0, str::len))?;
            let stream = embedded::parse(&string);
            Some((string, target, stream))
        })
        .collect();
    let sources: Vec<(Source<'_>, Option<&Cursor<'_>>)> = parsed
        .iter()
        .filter_map(|(string, target, stream)| Some((embedded::source(source, string, stream)?, target.as_ref())))
        .collect();

    let mut patches = Patches { version: version.as_ref().map(|(version, _)| version.clone()), ..Patches::default() };
    if sources.len() < written {
        patches.open = Some(unread(source, "not every patch was read".to_owned()));
    }
    for (inner, target) in &sources {
        match target {
            None => patches.merge(inner, &mut problems),
            Some(target) => patches.operations(inner, target),
        }
    }
    let Patches { cluster, init, named, removed, changed, open, .. } = patches;

    let networking = root.get("networking");
    let family = networking.as_ref().and_then(|networking| text_of(networking, "ipFamily"));
    let shape = match &version {
        Some((version, _)) if version.minor >= Minor::new(1, 36) => Shape::Pairs,
        _ => Shape::Map,
    };
    // A patch is written for one version of the configuration, and passed over with every other.
    let releases = named.or((version.is_none()).then_some((13, u16::MAX)));
    let whole = Layer { source, node: root.clone() };
    let name = text_of(root, "name").unwrap_or_else(|| "kind".to_owned());
    // Arguments come into a patch that is there; where there is none, one would have to be added.
    let patch = cluster.last().cloned();
    let configuration = Configuration {
        root: whole.clone(),
        cluster,
        init,
        shape,
        releases: releases.map(|(from, to)| (Minor::new(1, from), Minor::new(1, to))),
        home: patch.map(|patch| (patch, &[] as &[&str])),
        around: Around {
            distribution: Some(NAME),
            instance: Some(format!("{name}-control-plane")),
            version,
            subnet: subnet(source, root, networking.as_ref(), family.as_deref()),
            // common.APIServerInternalPort
            port: Fallback::Known("6443".to_owned(), home(&whole), Hand::Default(NAME)),
            is_six: family.as_deref() == Some("ipv6"),
            beneath: beneath(source, root),
            removed,
            on_top: changed,
            merges: shape == Shape::Pairs,
            open,
            ..Around::default()
        },
    };
    configuration.invocation(problems)
}

/// What kind makes no cluster of: its types are decoded strictly (pkg/internal/apis/config/encoding/load.go), then validated
/// (pkg/internal/apis/config/validate.go).
fn refusals(source: &Source<'_>, root: &Cursor<'_>) -> Vec<Problem> {
    const FAMILIES: [&str; 3] = ["dual", "ipv4", "ipv6"];
    let mut found = Vec::new();
    let mut refuse = |at: &Cursor<'_>, message: String| {
        found.push(source.refused(at, format!("kind refuses the file: {message}")));
    };
    for entry in root.get(GATES).iter().flat_map(|map| map.entries()).take(MOST_PATCHES) {
        if !matches!(entry.value.resolved(), Some(Resolved::Bool(_))) {
            refuse(&entry.value, format!("the gate `{}` is neither true nor false", entry.name));
        }
    }
    for entry in root.get("runtimeConfig").iter().flat_map(|map| map.entries()).take(MOST_PATCHES) {
        if entry.value.scalar().is_none() {
            refuse(&entry.value, format!("`{}` of `runtimeConfig` is no text", entry.name));
        }
    }
    let networking = root.get("networking");
    if let Some(family) = networking.as_ref().and_then(|networking| networking.get("ipFamily"))
        && let Some(text) = family.text().filter(|text| !text.is_empty() && !FAMILIES.contains(text))
    {
        refuse(&family, format!("`{text}` is no family of addresses"));
    }
    for patches in std::iter::once(root.clone()).chain(nodes(root)).filter_map(|holder| holder.get(PATCHES)) {
        for patch in patches.items().take(MOST_PATCHES).filter(|patch| patch.scalar().is_none()) {
            refuse(&patch, "a patch is to be a text, `- |` and the patch below it".to_owned());
        }
    }
    found
}

fn nodes<'a>(root: &Cursor<'a>) -> Vec<Cursor<'a>> {
    root.get("nodes").iter().flat_map(|nodes| nodes.items().take(MOST_PATCHES)).collect()
}

/// A place that nothing is added to by machine: it would take a patch.
fn home(layer: &Layer<'_>) -> Site {
    Site { at: layer.source.at(&layer.node), form: Form::Script }
}

/// The release of a node's image, by its tag: `kindest/node:v1.29.2@sha256:…`.
fn image(source: &Source<'_>, node: &Cursor<'_>) -> Option<(Version, Location)> {
    let image = node.get("image")?;
    Some((tagged(image.text()?)?, source.at(&image)))
}

/// Arguments that kind makes of its own fields (ConfigData.Derive).
fn beneath(source: &Source<'_>, root: &Cursor<'_>) -> Vec<Argument> {
    // Gates are switches, and `yes` is one that is on; settings of APIs are texts.
    let printed = |field: &str, value: &Cursor<'_>| match value.resolved() {
        Some(Resolved::Bool(on)) if field == GATES => on.to_string(),
        _ => value.text().unwrap_or_default().to_owned(),
    };
    let pairs = |field: &str| {
        let map = root.get(field)?;
        let mut pairs: Vec<String> =
            map.entries().map(|entry| format!("{}={}", entry.name, printed(field, &entry.value))).collect();
        pairs.sort();
        (!pairs.is_empty()).then(|| (pairs.join(","), source.at(&map)))
    };
    let mut arguments = Vec::new();
    for (field, flag) in [(GATES, "feature-gates"), ("runtimeConfig", "runtime-config")] {
        let made = pairs(field)
            .map(|(value, at)| (value, Site { at, form: Form::Field }, Hand::Made(format!("`{field}` decides it"))));
        // Without any, kind still gives an empty list of APIs.
        let empty = || {
            (flag == "runtime-config")
                .then(|| (String::new(), home(&Layer { source, node: root.clone() }), Hand::Default(NAME)))
        };
        let Some((value, site, hand)) = made.or_else(empty) else { continue };
        let unresolved = unfilled(&value);
        arguments.push(Argument { name: flag.to_owned(), value, site, hand, unresolved });
    }
    arguments
}

/// The addresses of services (pkg/internal/apis/config/default.go).
fn subnet(source: &Source<'_>, root: &Cursor<'_>, networking: Option<&Cursor<'_>>, family: Option<&str>) -> Fallback {
    let written = networking.and_then(|networking| networking.get("serviceSubnet"));
    if let Some((written, text)) = written.as_ref().and_then(|found| Some((found, found.text()?)))
        && !text.is_empty()
    {
        return match unfilled(text) {
            Some(gap) => Fallback::Unseen(gap),
            None => {
                let site = Site { at: source.at(written), form: Form::Field };
                Fallback::Known(text.to_owned(), site, Hand::Written)
            }
        };
    }
    let text = match family {
        Some("ipv6") => "fd00:10:96::/112",
        Some("dual") => "10.96.0.0/16,fd00:10:96::/112",
        _ => "10.96.0.0/16",
    };
    Fallback::Known(text.to_owned(), home(&Layer { source, node: root.clone() }), Hand::Default(NAME))
}

/// Why a configuration may be another one than it seems.
fn unread(source: &Source<'_>, reason: String) -> Gap {
    Gap {
        kind: GapKind::Unread,
        reason,
        wanted: "the manifest as kubeadm wrote it".to_owned(),
        who_could_answer: format!("give /etc/kubernetes/manifests of a node of {}", source.evidence),
    }
}

/// What patches make of the configuration.
#[derive(Default)]
struct Patches<'a> {
    version: Option<Version>,
    cluster: Vec<Layer<'a>>,
    init: Vec<Layer<'a>>,
    /// The releases that the patches are for, where they say so and the image does not.
    named: Option<(u16, u16)>,
    /// Arguments that JSON patches take away, and those that they set.
    removed: Vec<String>,
    changed: Vec<Argument>,
    open: Option<Gap>,
}

impl<'a> Patches<'a> {
    /// Whether kind applies a patch for that version of the configuration; one that names none is always applied.
    fn applies(&mut self, api_version: &str) -> bool {
        let named = api_version.strip_prefix("kubeadm.k8s.io/").unwrap_or(api_version);
        let template = TEMPLATES.iter().find(|(name, ..)| *name == named);
        match (template, &self.version) {
            _ if api_version.is_empty() => true,
            (None, _) => false,
            (Some((_, from, to)), Some(version)) => {
                Minor::new(1, *from) <= version.minor && version.minor <= Minor::new(1, *to)
            }
            (Some((_, from, to)), None) => *self.named.get_or_insert((*from, *to)) == (*from, *to),
        }
    }

    /// The documents of a merge patch.
    fn merge(&mut self, inner: &'a Source<'a>, problems: &mut Vec<Problem>) {
        for fault in inner.stream.faults.iter().filter(|fault| fault.kind.is_fatal()) {
            self.open.get_or_insert_with(|| unread(inner, "a patch cannot be read".to_owned()));
            problems.push(Problem {
                kind: ProblemKind::Unreadable,
                stops: false,
                message: format!("a patch cannot be read: {}", fault.message),
                hint: None,
                location: Some(inner.location(fault.span, String::new())),
                setting: None,
            });
        }
        for document in inner.documents() {
            let node = document.cursor();
            let kind = text_of(&node, "kind").unwrap_or_default();
            if !matches!(kind.as_str(), "ClusterConfiguration" | "InitConfiguration") {
                continue;
            }
            if !self.applies(&text_of(&node, "apiVersion").unwrap_or_default()) {
                problems.push(Problem {
                    kind: ProblemKind::Conflict,
                    stops: false,
                    message: "kind passes this patch over: it is for another version of the configuration than the one that kind writes"
                        .to_owned(),
                    hint: Some("leave out its `apiVersion`".to_owned()),
                    location: Some(inner.at(&node)),
                    setting: None,
                });
                continue;
            }
            problems.extend(inner.problems(document));
            // The patches of the node come after the JSON patches of the cluster.
            let arguments = node.get("apiServer").and_then(|server| server.get("extraArgs"));
            for entry in arguments.iter().flat_map(|arguments| arguments.entries()) {
                self.changed.retain(|known| known.name != entry.name);
                self.removed.retain(|known| *known != entry.name);
            }
            let layer = Layer { source: inner, node };
            if kind == "ClusterConfiguration" { self.cluster.push(layer) } else { self.init.push(layer) }
        }
    }

    /// The operations of a JSON patch: what they do to arguments is followed, what they do elsewhere is a gap.
    fn operations(&mut self, inner: &'a Source<'a>, target: &Cursor<'_>) {
        const ARGUMENTS: &str = "/apiServer/extraArgs";
        let text = |key: &str| text_of(target, key).unwrap_or_default();
        let api_version = match (text("group"), text("version")) {
            (group, version) if group.is_empty() => version,
            (group, version) => format!("{group}/{version}"),
        };
        if !matches!(text("kind").as_str(), "ClusterConfiguration" | "InitConfiguration") || !self.applies(&api_version)
        {
            return;
        }
        let operations: Vec<Cursor<'a>> =
            inner.documents().flat_map(|document| document.cursor().items().collect::<Vec<_>>()).collect();
        for operation in operations {
            let path = text_of(&operation, "path").unwrap_or_default();
            let kind = text_of(&operation, "op").unwrap_or_default();
            if kind == "test" {
                continue;
            }
            let removes = kind == "remove";
            let value = operation.get("value").filter(|_| kind == "add" || kind == "replace");
            let argument = path.strip_prefix(ARGUMENTS).and_then(|rest| rest.strip_prefix('/'));
            match (argument, &value) {
                (Some(name), _) if removes && name.parse::<usize>().is_err() => {
                    let name = name.replace("~1", "/").replace("~0", "~");
                    self.changed.retain(|argument| argument.name != name);
                    self.removed.push(name);
                }
                (Some("-"), Some(pair)) => {
                    if let (Some(name), Some(value)) = (text_of(pair, "name"), pair.get("value")) {
                        self.set(inner, name, &value);
                    }
                }
                (Some(name), Some(value)) if name.parse::<usize>().is_err() => {
                    self.set(inner, name.replace("~1", "/").replace("~0", "~"), value);
                }
                (None, Some(map)) if path == ARGUMENTS && matches!(map.value(), Value::Mapping(_)) => {
                    for entry in map.entries() {
                        self.set(inner, entry.name.into_owned(), &entry.value);
                    }
                }
                _ if path.starts_with("/apiServer/certSANs") || path.starts_with("/apiServer/extraVolumes") => {}
                _ if ["/controllerManager", "/scheduler", "/dns", "/nodeRegistration"]
                    .iter()
                    .any(|part| path.starts_with(part)) => {}
                _ => {
                    let reason = format!("a JSON patch changes `{path}`, which is not followed");
                    self.open.get_or_insert_with(|| unread(inner, reason));
                }
            }
        }
    }

    fn set(&mut self, inner: &Source<'_>, name: String, value: &Cursor<'_>) {
        let text = value.text().unwrap_or_default().to_owned();
        // Of a pair the name stands beside it; else the path of the operation ends in it.
        let is_pair = value.parent().is_some_and(|pair| pair.get("name").is_some());
        let site = Site { at: inner.at(value), form: if is_pair { Form::Pair } else { Form::Field } };
        self.changed.retain(|known| known.name != name);
        self.changed.push(Argument { unresolved: unfilled(&text), name, value: text, site, hand: Hand::Written });
    }
}
