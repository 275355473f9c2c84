//! talhelper's `talconfig.yaml`, as the configurations of machines that it has Talos make, and so as their API servers.
//!
//! talhelper generates a machine's configuration as `talosctl gen config` does, and applies patches to it: those of all
//! control planes, those of the node, then those of all nodes (budimanjojo/talhelper, pkg/generate/config.go and
//! pkg/config/nodeconfigs.go). What becomes of a patch is in siderolabs/talos, pkg/machinery/config/configpatcher and
//! pkg/machinery/config/merge. The result is read as any other configuration of Talos (`talos`), and every value keeps its place
//! here, or the place of the line that names the file with the patch. What stands in templates, in the secrets, or in files that
//! are not beside it is said to be unread.

use model::{Evidence, Form};
use yaml::{Cursor, Limits, Resolved, Span, Value};

use super::{Source, embedded, lookup::text_of, talos};
use crate::{Invocation, onward, redact::parsable};

/// Nodes, patches of one, and everything else that is listed.
const MOST: usize = 128;

/// Values of one machine; a long text counts as many.
const MOST_VALUES: usize = 20_000;

/// Bytes of a text that count as one value.
const OF_TEXT: usize = 64;

/// Steps to the place of an operation; with those of what it puts there, they bound how deep a configuration gets.
const LONGEST_PATH: usize = 16;

/// Maps in maps.
const DEEPEST: usize = 64;

const BY_HAND: Form =
    Form::ByHand("talhelper makes the configuration of the machine; change or add a patch, and generate it again");

/// Lists that a patch takes the place of; to every other one it adds (merge tags of v1alpha1_types.go).
const REPLACED: [&str; 2] = ["podSubnets", "serviceSubnets"];

/// Maps that a patch takes the place of.
const REPLACED_MAP: &str = "auditPolicy";

/// From this minor release of Talos 1.x on the generated configuration is several documents, of which nobody here knows which.
const DOCUMENTS: u16 = 14;

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    ["clusterName", "endpoint", "nodes", "controlPlane"].iter().all(|word| text.contains(word))
}

/// Whether a text is talhelper's, with a control plane.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().next().is_some_and(|document| !planes(&document.cursor()).is_empty())
}

/// The API server of every control plane that a text lists.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let Some(document) = source.documents().next() else { return Vec::new() };
    let root = document.cursor();
    let problems = source.problems(document);
    let made = |node: Cursor<'_>| {
        let mut invocation = machine(source, &root, &node, evidence)?;
        invocation.problems.extend(problems.iter().cloned());
        Some(invocation)
    };
    planes(&root).into_iter().filter_map(made).collect()
}

/// The file names no kind: it is known by the name and the endpoint of a cluster, and by nodes of which some are its planes.
fn planes<'a>(root: &Cursor<'a>) -> Vec<Cursor<'a>> {
    let is_one = root.get("kind").is_none()
        && root.get("apiVersion").is_none()
        && ["clusterName", "endpoint"].iter().all(|key| text_of(root, key).is_some());
    let Some(nodes) = root.get("nodes").filter(|_| is_one) else { return Vec::new() };
    let is_plane = |node: &Cursor<'_>| {
        let named = text_of(node, "hostname").is_some() || text_of(node, "ipAddress").is_some();
        named && node.get("controlPlane").is_some_and(|plane| plane.is_true())
    };
    nodes.items().take(MOST).filter(is_plane).collect()
}

/// A value of the configuration that is made, and where it is written.
#[derive(Clone)]
enum Tree {
    Map(Vec<(String, Tree)>),
    List(Vec<Tree>),
    /// In JSON.
    Leaf(String, Span),
}

impl Tree {
    fn text(text: &str, at: Span) -> Self {
        Self::Leaf(serde_json::Value::from(text).to_string(), at)
    }

    /// A node of YAML; `locate` says where its spans lie in the definition. `None` where it is too large.
    fn of(node: &Cursor<'_>, locate: &dyn Fn(Span) -> Span, depth: usize, budget: &mut usize) -> Option<Self> {
        *budget = budget.checked_sub(1)?;
        let depth = depth.checked_sub(1)?;
        Some(match node.value() {
            Value::Mapping(_) => {
                let entry = |entry: yaml::Item<'_>| {
                    Some((entry.name.clone().into_owned(), Self::of(&entry.value, locate, depth, budget)?))
                };
                Self::Map(node.entries().map(entry).collect::<Option<Vec<_>>>()?)
            }
            Value::Sequence(_) => {
                Self::List(node.items().map(|item| Self::of(&item, locate, depth, budget)).collect::<Option<Vec<_>>>()?)
            }
            Value::Scalar(scalar) => {
                // Aliases can make much of a text.
                *budget = budget.checked_sub(scalar.text().len() / OF_TEXT)?;
                let json = match scalar.resolved() {
                    Resolved::Null => "null".to_owned(),
                    Resolved::Bool(held) => held.to_string(),
                    Resolved::Int(_) | Resolved::Float(_) => scalar.text().to_owned(),
                    Resolved::Str(text) => serde_json::Value::from(text).to_string(),
                };
                Self::Leaf(json, locate(node.node().definition().unwrap_or(node.span())))
            }
        })
    }

    fn get(&self, key: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// Sets what stands at a path; maps on the way are made.
    fn set(&mut self, path: &[&str], value: Tree) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if let Self::Map(entries) = self {
            match entries.iter_mut().find(|(name, _)| name == first) {
                Some((_, inner)) => inner.set(rest, value),
                None => {
                    let mut inner = Self::Map(Vec::new());
                    inner.set(rest, value);
                    entries.push(((*first).to_owned(), inner));
                }
            }
        }
    }

    fn put(&mut self, key: &str, value: Tree) {
        let Self::Map(entries) = self else { return };
        match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => entries.push((key.to_owned(), value)),
        }
    }

    /// A strategic merge patch, of which what it takes away is applied last (configloader/internal/decoder/delete.go of v1.12.0).
    fn patch(&mut self, mut patch: Tree) -> Result<(), &'static str> {
        let mut away = Vec::new();
        patch.split_off(&mut Vec::new(), &mut away);
        self.merge(patch)?;
        away.iter().for_each(|one| self.take_away(&one.path, one.item.as_ref()));
        Ok(())
    }

    fn says_delete(&self) -> bool {
        matches!(self.get("$patch"), Some(Self::Leaf(json, _)) if json == "\"delete\"")
    }

    /// Takes out of a patch what it takes away, and what is empty then; whether nothing is left of it.
    fn split_off(&mut self, path: &mut Vec<String>, away: &mut Vec<Away>) -> bool {
        match self {
            Self::Map(entries) => {
                let before = entries.len();
                entries.retain_mut(|(name, value)| {
                    path.push(name.clone());
                    let is_gone = if value.says_delete() {
                        away.push(Away { path: path.clone(), item: None });
                        true
                    } else {
                        value.split_off(path, away)
                    };
                    path.pop();
                    !is_gone
                });
                entries.is_empty() && before > 0
            }
            Self::List(items) => {
                let before = items.len();
                items.retain(|item| {
                    let is_gone = item.says_delete();
                    if let (true, Self::Map(entries)) = (is_gone, item) {
                        let first = entries.iter().find(|(name, _)| name != "$patch").cloned();
                        away.push(Away { path: path.clone(), item: first });
                    }
                    !is_gone
                });
                items.is_empty() && before > 0
            }
            Self::Leaf(..) => false,
        }
    }

    /// Takes away what stands at a path, or the items there that have a value.
    fn take_away(&mut self, path: &[String], item: Option<&(String, Tree)>) {
        let (first, rest) = match path.split_first() {
            Some(split) => split,
            None => {
                if let (Self::List(items), Some((key, Self::Leaf(wanted, _)))) = (self, item) {
                    items.retain(|one| !matches!(one.get(key), Some(Self::Leaf(json, _)) if json == wanted));
                }
                return;
            }
        };
        let Self::Map(entries) = self else { return };
        match (rest.is_empty(), item) {
            (true, None) => entries.retain(|(name, _)| name != first),
            _ => {
                let inner = entries.iter_mut().find(|(name, _)| name == first);
                if let Some((_, inner)) = inner {
                    inner.take_away(rest, item);
                }
            }
        }
    }

    /// A strategic merge patch. `Err` for what is not followed here.
    fn merge(&mut self, patch: Tree) -> Result<(), &'static str> {
        let (Self::Map(entries), Self::Map(more)) = (&mut *self, &patch) else {
            *self = patch;
            return Ok(());
        };
        if more.iter().any(|(name, _)| name == "$patch") {
            return Err("changes a part in a way that is not followed here");
        }
        for (name, value) in more.iter().cloned() {
            let Some((_, old)) = entries.iter_mut().find(|(known, _)| *known == name) else {
                entries.push((name, value));
                continue;
            };
            match (&mut *old, value) {
                (Self::List(_), Self::List(list)) if REPLACED.contains(&name.as_str()) => *old = Self::List(list),
                (Self::List(_), Self::List(list)) if name == "admissionControl" => merge_by_name(old, list)?,
                (Self::List(known), Self::List(list)) => known.extend(list),
                (_, value @ Self::Map(_)) if name == REPLACED_MAP => *old = value,
                (_, value) => old.merge(value)?,
            }
        }
        Ok(())
    }

    /// One operation of RFC 6902. `Err` for what is not followed here.
    fn operate(&mut self, operation: &str, path: &str, value: Option<Tree>) -> Result<(), &'static str> {
        const UNKNOWN: &str = "changes what is not followed here";
        let steps: Vec<String> =
            path.split('/').skip(1).map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
        let Some((last, before)) = steps.split_last().filter(|_| steps.len() <= LONGEST_PATH) else {
            return Err(UNKNOWN);
        };
        let mut here = self;
        for step in before {
            here = match here {
                Self::Map(entries) => {
                    let at =
                        entries.iter().position(|(name, _)| name == step).ok_or("names a place that is not there")?;
                    &mut entries[at].1
                }
                Self::List(items) => step.parse().ok().and_then(|at: usize| items.get_mut(at)).ok_or(UNKNOWN)?,
                Self::Leaf(..) => return Err(UNKNOWN),
            };
        }
        match (operation, here, value) {
            ("add" | "replace", here @ Self::Map(_), Some(value)) => here.put(last, value),
            ("remove", Self::Map(entries), _) => entries.retain(|(name, _)| name != last),
            ("add", Self::List(items), Some(value)) if last == "-" => items.push(value),
            _ => return Err(UNKNOWN),
        }
        Ok(())
    }
}

/// What a patch takes away: what stands at a path, or of a list there the items that have this key with this value.
struct Away {
    path: Vec<String>,
    item: Option<(String, Tree)>,
}

/// Plugins are merged by their names (AdmissionPluginConfigList.Merge).
fn merge_by_name(old: &mut Tree, list: Vec<Tree>) -> Result<(), &'static str> {
    let Tree::List(known) = old else { return Ok(()) };
    let name = |tree: &Tree| match tree.get("name") {
        Some(Tree::Leaf(json, _)) => Some(json.clone()),
        _ => None,
    };
    for item in list {
        match known.iter_mut().find(|other| name(other).is_some() && name(other) == name(&item)) {
            Some(other) => other.merge(item)?,
            None => known.push(item),
        }
    }
    Ok(())
}

/// A text that is put together, with the byte of the definition for each of its own.
struct Made {
    text: String,
    places: Vec<u32>,
    /// Where the value that was written last ends.
    end: Option<u32>,
}

impl Made {
    fn push(&mut self, text: &str, at: u32) {
        for (index, _) in text.bytes().enumerate() {
            let end = self.end.take().filter(|_| index == 0);
            self.places.push(end.unwrap_or(at));
        }
        self.text.push_str(text);
    }

    /// In braces and brackets; what is nobody's own stands `here`.
    fn write(&mut self, tree: &Tree, here: u32) {
        match tree {
            Tree::Leaf(json, at) => {
                self.push(json, at.start);
                self.end = Some(at.end);
            }
            Tree::List(items) => {
                self.push("[", here);
                for (index, item) in items.iter().enumerate() {
                    self.push(if index == 0 { " " } else { ", " }, here);
                    self.write(item, here);
                }
                self.push(" ]", here);
            }
            Tree::Map(entries) => {
                self.push("{", here);
                for (index, (name, value)) in entries.iter().enumerate() {
                    let name = serde_json::Value::from(name.as_str()).to_string();
                    self.push(&format!("{}{name}: ", if index == 0 { " " } else { ", " }), here);
                    self.write(value, here);
                }
                self.push(" }", here);
            }
        }
    }
}

/// What is generated before any patch, as far as it says something of the API server (siderolabs/talos v1.9.0,
/// pkg/machinery/config/generate/init.go).
fn generated(root: &Cursor<'_>, node: &Cursor<'_>) -> Tree {
    let here = node.span();
    let here = Span { start: here.start, end: here.start };
    let given = |holder: &Cursor<'_>, key: &str| {
        let cursor = holder.get(key)?;
        let text = cursor.text().filter(|text| !text.is_empty())?.to_owned();
        Some((text, cursor.node().definition().unwrap_or(cursor.span())))
    };
    let mut tree = Tree::Map(Vec::new());
    let mut set = |path: &[&str], text: &str, at: Span| tree.set(path, Tree::text(text, at));
    set(&["version"], "v1alpha1", here);
    set(&["machine", "type"], "controlplane", here);
    if let Some((hostname, at)) = given(node, "hostname") {
        set(&["machine", "network", "hostname"], &hostname, at);
    }
    if let Some((version, at)) = given(root, "talosVersion") {
        let image = text_of(node, "talosImageURL").unwrap_or_else(|| "ghcr.io/siderolabs/installer".to_owned());
        set(&["machine", "install", "image"], &format!("{image}:v{}", version.trim_start_matches('v')), at);
    }
    if let Some((endpoint, at)) = given(root, "endpoint") {
        set(&["cluster", "controlPlane", "endpoint"], &endpoint, at);
    }
    if let Some((domain, at)) = given(root, "domain") {
        set(&["cluster", "network", "dnsDomain"], &domain, at);
    }
    if let Some((version, at)) = given(root, "kubernetesVersion") {
        let image = format!("registry.k8s.io/kube-apiserver:v{}", version.trim_start_matches('v'));
        set(&["cluster", "apiServer", "image"], &image, at);
    }
    let nets = root.get("clusterSvcNets");
    let nets: Vec<Tree> = nets
        .iter()
        .flat_map(|nets| nets.items())
        .take(MOST)
        .filter_map(|net| Some(Tree::text(net.text()?, net.span())))
        .collect();
    if !nets.is_empty() {
        tree.set(&["cluster", "network", "serviceSubnets"], Tree::List(nets));
    }
    tree.set(&["cluster", "apiServer", "disablePodSecurityPolicy"], Tree::Leaf("true".to_owned(), here));
    let level = |name: &str, level: &str| (name.to_owned(), Tree::text(level, here));
    let defaults = Tree::Map(vec![
        level("enforce", "baseline"),
        level("enforce-version", "latest"),
        level("audit", "restricted"),
        level("audit-version", "latest"),
        level("warn", "restricted"),
        level("warn-version", "latest"),
    ]);
    let exemptions = Tree::Map(vec![("namespaces".to_owned(), Tree::List(vec![Tree::text("kube-system", here)]))]);
    let configuration = Tree::Map(vec![
        level("apiVersion", "pod-security.admission.config.k8s.io/v1alpha1"),
        level("kind", "PodSecurityConfiguration"),
        ("defaults".to_owned(), defaults),
        ("exemptions".to_owned(), exemptions),
    ]);
    let plugin = Tree::Map(vec![level("name", "PodSecurity"), ("configuration".to_owned(), configuration)]);
    tree.set(&["cluster", "apiServer", "admissionControl"], Tree::List(vec![plugin]));
    tree
}

/// The patches of a node, in the order in which they are applied.
fn patches<'a>(root: &Cursor<'a>, node: &Cursor<'a>) -> Vec<Cursor<'a>> {
    let list = |holder: Option<&Cursor<'a>>| -> Vec<Cursor<'a>> {
        let list = holder.and_then(|holder| holder.get("patches"));
        list.iter().flat_map(|list| list.items().collect::<Vec<_>>()).take(MOST).collect()
    };
    let overrides = node.get("overridePatches").is_some_and(|held| held.is_true());
    let mut found = if overrides { Vec::new() } else { list(root.get("controlPlane").as_ref()) };
    found.extend(list(Some(node)));
    found.extend(list(Some(root)));
    found
}

/// A machine, with the places of all that is written of it.
fn machine(source: &Source<'_>, root: &Cursor<'_>, node: &Cursor<'_>, evidence: &[Evidence]) -> Option<Invocation> {
    let mut tree = generated(root, node);
    let mut others: Vec<Tree> = Vec::new();
    let mut open: Option<String> = None;
    let mut budget = MOST_VALUES;
    for patch in patches(root, node) {
        if let Err(reason) = apply(source, evidence, &patch, &mut tree, &mut others, &mut budget) {
            open.get_or_insert(reason);
        }
    }
    let minor = text_of(root, "talosVersion").and_then(|version| version.parse::<model::Version>().ok());
    if minor.is_some_and(|version| version.minor.minor >= DOCUMENTS) {
        open.get_or_insert_with(|| "what this release of Talos generates is not known to this build".to_owned());
    }
    let here = node.span().start;
    let mut made = Made { text: String::new(), places: Vec::new(), end: None };
    for (index, document) in std::iter::once(&tree).chain(&others).enumerate() {
        made.push(if index == 0 { "" } else { "\n---\n" }, here);
        made.write(document, here);
    }
    made.push("\n", here);
    made.places.push(here);
    let stream = yaml::parse(&made.text, &Limits::default());
    let inner = embedded::made(source, node, &made.text, made.places, &stream)?;
    let mut invocation = talos::made(&inner, open, evidence)?;
    for word in &mut invocation.words {
        word.site.form = BY_HAND;
    }
    // Talos 1.0 was the first one that it knew, and deploys 1.23 unless it is told otherwise.
    invocation.releases = onward(23);
    if let Some(list) = &mut invocation.list {
        list.form = BY_HAND;
    }
    Some(invocation)
}

/// The name of a file that a patch stands in, by that of the definition.
fn named(source: &Source<'_>, path: &str) -> String {
    let folder = source.evidence.as_str().rfind('/').map_or("", |at| &source.evidence.as_str()[..=at]);
    let (mut folder, mut path) = (folder, path.trim());
    loop {
        if let Some(rest) = path.strip_prefix("./") {
            path = rest;
        } else if let Some(rest) = path.strip_prefix("../").filter(|_| !folder.is_empty()) {
            folder = folder.trim_end_matches('/').rfind('/').map_or("", |at| &folder[..=at]);
            path = rest;
        } else {
            return format!("{folder}{path}");
        }
    }
}

/// Folders of the files that patches stand in.
pub(super) fn folders(source: &Source<'_>) -> Vec<String> {
    let Some(document) = source.documents().next() else { return Vec::new() };
    let root = document.cursor();
    let mut found = Vec::new();
    for node in planes(&root) {
        for patch in patches(&root, &node) {
            let named = patch.text().and_then(|text| text.strip_prefix('@')).map(|path| named(source, path));
            found.extend(named.and_then(|name| name.rsplit_once('/').map(|(folder, _)| folder.to_owned())));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn apply(
    source: &Source<'_>,
    evidence: &[Evidence],
    patch: &Cursor<'_>,
    tree: &mut Tree,
    others: &mut Vec<Tree>,
    budget: &mut usize,
) -> Result<(), String> {
    let Some(text) = patch.text() else { return Err("a patch is no text".to_owned()) };
    if let Some(path) = text.strip_prefix('@') {
        let name = named(source, path);
        let piece = evidence.iter().find(|piece| piece.id.as_str() == name);
        let Some((piece, text)) = piece.and_then(|piece| Some((piece, piece.text()?))) else {
            return Err(format!("the patch in `{}` was not read", path.trim()));
        };
        let parsed = parsable(piece, text);
        let stream = yaml::parse(&parsed, &Limits::default());
        return documents(&stream, &parsed, &|_| patch.span(), tree, others, budget);
    }
    let stream = embedded::parse(patch);
    let Some(inner) = embedded::source(source, patch, &stream) else { return Err("a patch is no text".to_owned()) };
    let locate = |span: Span| {
        let place = inner.location(span, String::new()).span;
        place.map_or(patch.span(), |place| Span { start: place.start, end: place.end })
    };
    documents(&stream, text, &locate, tree, others, budget)
}

/// The documents of a patch, one after the other; `locate` says where they stand in the definition.
fn documents(
    stream: &yaml::Stream,
    text: &str,
    locate: &dyn Fn(Span) -> Span,
    tree: &mut Tree,
    others: &mut Vec<Tree>,
    budget: &mut usize,
) -> Result<(), String> {
    // A template may become anything; one that speaks of the machine alone says nothing of the API server.
    if text.contains("{{") && (text.contains("cluster") || text.contains("apiServer") || text.contains("kind:")) {
        return Err("a patch is a template, which is filled in when the configuration is generated".to_owned());
    }
    if stream.faults.iter().any(|fault| fault.kind.is_fatal()) {
        return if text.contains("{{") { Ok(()) } else { Err("a patch is no YAML that can be read".to_owned()) };
    }
    for document in &stream.documents {
        let root = document.cursor();
        let too_large = || "the patches are too long".to_owned();
        if root.sequence().is_some() {
            for operation in root.items().take(MOST) {
                let (Some(what), Some(path)) = (text_of(&operation, "op"), text_of(&operation, "path")) else {
                    return Err("an operation of a patch names no place".to_owned());
                };
                let value = match operation.get("value") {
                    Some(value) => Some(Tree::of(&value, locate, DEEPEST, budget).ok_or_else(too_large)?),
                    None => None,
                };
                tree.operate(&what, &path, value).map_err(|reason| format!("a patch {reason}: `{path}`"))?;
            }
            continue;
        }
        let part = Tree::of(&root, locate, DEEPEST, budget).ok_or_else(too_large)?;
        if root.get("kind").is_some() {
            others.push(part);
        } else if matches!(part, Tree::Map(_)) {
            tree.patch(part).map_err(|reason| format!("a patch {reason}"))?;
        }
    }
    Ok(())
}
