//! The kubelets of a cluster of kind, where patches change what kind hands to kubeadm.
//!
//! pkg/cluster/internal/kubeadm/config.go of v0.7.0 to v0.32.0: a KubeletConfiguration of a few fields. That of a cluster goes
//! to all nodes, by way of its first control plane; `kubeletExtraArgs` of InitConfiguration go to that one, those of
//! JoinConfiguration to the others.

use model::{Evidence, Form, GapKind, Problem, Site};
use yaml::{Cursor, Stream};

use super::{MOST_BYTES, MOST_PATCHES, NAME, home, image, is_cluster};
use crate::{
    Word,
    declare::{
        Source, command,
        command::unfilled,
        embedded,
        kubeadm::Layer,
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, unseen},
        },
        lookup::text_of,
    },
    flags::KUBELET,
    onward,
};

const KIND: &str = "KubeletConfiguration";
const ARGUMENTS: &str = "kubeletExtraArgs";

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    super::speaks(text) && (text.contains(KIND) || text.contains(ARGUMENTS))
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    speaks(source.text) && source.documents().any(|document| is_cluster(&document.cursor()))
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    for document in source.documents() {
        let root = document.cursor();
        if is_cluster(&root) {
            cluster(source, &root, &source.problems(document), &mut found);
        }
    }
    found
}

/// The strings of patches that a cluster, or a node of it, has; those in JSON with what they are for.
fn strings<'a>(holder: &Cursor<'a>) -> Vec<(Cursor<'a>, Option<Cursor<'a>>)> {
    let list = |key: &str| -> Vec<Cursor<'a>> {
        holder.get(key).iter().flat_map(|list| list.items().take(MOST_PATCHES)).collect()
    };
    let plain = list("kubeadmConfigPatches").into_iter().map(|patch| (patch, None));
    let json = ["kubeadmConfigPatchesJSON6902", "kubeadmConfigPatchesJson6902"]
        .into_iter()
        .flat_map(list)
        .filter_map(|patch| Some((patch.get("patch")?, Some(patch))));
    plain.chain(json).take(MOST_PATCHES).collect()
}

fn cluster(source: &Source<'_>, root: &Cursor<'_>, problems: &[Problem], found: &mut Vec<KubeletLine>) {
    let is_control_plane = |node: &Cursor<'_>| text_of(node, "role").is_none_or(|role| role == "control-plane");
    let nodes: Vec<Cursor<'_>> = root.get("nodes").iter().flat_map(|nodes| nodes.items().take(MOST_PATCHES)).collect();
    let first = nodes.iter().find(|node| is_control_plane(node));
    let workers = nodes.iter().filter(|node| !is_control_plane(node));
    let mut holders: Vec<(&Cursor<'_>, For)> = vec![(root, For::All)];
    holders.extend(first.map(|node| (node, For::First)));
    holders.extend(workers.map(|node| (node, For::Workers)));

    let mut budget = MOST_BYTES;
    let mut parsed: Vec<(Cursor<'_>, Option<Cursor<'_>>, Stream, For)> = Vec::new();
    for (holder, whom) in holders {
        for (string, target) in strings(holder) {
            let length = string.text().map_or(0, str::len);
            let Some(left) = budget.checked_sub(length) else { continue };
            budget = left;
            let stream = embedded::parse(&string);
            parsed.push((string, target, stream, whom));
        }
    }
    let mut made = file(source, root);
    let (mut of_first, mut of_workers) = (Vec::new(), Vec::new());
    let mut says = false;
    for (string, target, stream, whom) in &parsed {
        let Some(inner) = embedded::source(source, string, stream) else { continue };
        if let Some(target) = target {
            says |= *whom != For::Workers && operations(&mut made, &inner, target);
            continue;
        }
        for document in inner.documents() {
            let node = document.cursor();
            match text_of(&node, "kind").as_deref() {
                Some(KIND) if *whom != For::Workers => {
                    made.fields(&node, &inner, &[]);
                    says = true;
                }
                Some("InitConfiguration") if *whom != For::Workers => of_first.extend(arguments(&inner, &node)),
                Some("JoinConfiguration") if *whom != For::First => of_workers.extend(arguments(&inner, &node)),
                _ => {}
            }
        }
    }
    let name = text_of(root, "name").unwrap_or_else(|| "kind".to_owned());
    let version = first.and_then(|node| image(source, node));
    let has_workers = !of_workers.is_empty();
    let mut line = |role: &str, mut words: Vec<Word>, made: Made| {
        let open_ended = command::shorten(&mut words);
        let nodes = Nodes {
            words,
            open_ended,
            list: Some(home(&Layer { source, node: root.clone() })),
            version: version.clone(),
            releases: onward(13),
            problems: problems.to_vec(),
            made: Some(made),
            ..Nodes::new(NAME, format!("{name}-{role}"))
        };
        found.push(nodes.line(source));
    };
    if has_workers {
        line("worker", of_workers, made.clone());
    }
    if says || !of_first.is_empty() {
        line("control-plane", of_first, made);
    }
}

/// Whose a patch is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    All,
    First,
    Workers,
}

/// The document that kind hands over.
fn file(source: &Source<'_>, root: &Cursor<'_>) -> Made {
    const HOME: Form = Form::ByHand("write it in a patch of `kubeadmConfigPatches`, for the kind KubeletConfiguration");
    let mut made = Made::new(NAME, source, Site { at: source.at(root), form: HOME }).for_kubeadm();
    made.adds("cgroupRoot", "/kubelet");
    made.adds("evictionHard", "imagefs.available=0%,nodefs.available=0%,nodefs.inodesFree=0%");
    made.adds("failSwapOn", "false");
    made.adds("imageGCHighThresholdPercent", "100");
    let family = root.get("networking").and_then(|networking| text_of(&networking, "ipFamily"));
    if family.as_deref() == Some("ipv6") {
        made.adds("address", "::");
        made.adds("healthzBindAddress", "::");
    }
    for name in ["cgroupDriver", "clusterDNS", "clusterDomain", "containerRuntimeEndpoint", "resolvConf"] {
        made.leaves_open(
            name,
            unseen(GapKind::Unresolved, "kind or kubeadm decides it when the cluster is made"),
            None,
        );
    }
    if let Some(gates) = root.get("featureGates").filter(|gates| gates.entries().next().is_some()) {
        let pairs: Vec<String> =
            gates.entries().map(|entry| format!("{}={}", entry.name, entry.value.text().unwrap_or_default())).collect();
        made.makes("featureGates", pairs.join(","), source.at(&gates), "`featureGates` decides it", None);
    }
    made
}

/// What a JSON patch sets; one that does more leaves all open. Whether it is about kubelets.
fn operations(made: &mut Made, inner: &Source<'_>, target: &Cursor<'_>) -> bool {
    if text_of(target, "kind").as_deref() != Some(KIND) {
        return false;
    }
    let operations: Vec<Cursor<'_>> =
        inner.documents().flat_map(|document| document.cursor().items().collect::<Vec<_>>()).collect();
    for operation in operations {
        let path = text_of(&operation, "path").unwrap_or_default();
        let name = path.trim_start_matches('/').replace('/', ".");
        let sets = text_of(&operation, "op").is_some_and(|op| op == "add" || op == "replace");
        let is_field = KUBELET.find(&name).is_some_and(crate::flags::Flag::is_a_field);
        match operation.get("value").filter(|_| sets && is_field) {
            Some(value) => made.says(&name, &value, inner, Form::Field),
            None => made.rest(unseen(GapKind::Unread, format!("a JSON patch changes `{path}`, which is not followed"))),
        }
    }
    true
}

/// `nodeRegistration.kubeletExtraArgs`, a map or a list of pairs.
fn arguments(inner: &Source<'_>, node: &Cursor<'_>) -> Vec<Word> {
    let Some(list) = node.get("nodeRegistration").and_then(|own| own.get(ARGUMENTS)) else { return Vec::new() };
    let word = |name: &str, value: &Cursor<'_>, form: Form| {
        let text = value.text().filter(|_| !value.is_null()).unwrap_or_default();
        Word {
            unresolved: unfilled(text),
            ..Word::written(format!("--{name}={text}"), Site { at: inner.at(value), form })
        }
    };
    let mut words: Vec<Word> =
        list.entries().take(MOST_PATCHES).map(|entry| word(&entry.name, &entry.value, Form::Entry)).collect();
    for pair in list.items().take(MOST_PATCHES) {
        if let (Some(name), Some(value)) = (text_of(&pair, "name"), pair.get("value")) {
            words.push(word(&name, &value, Form::Pair));
        }
    }
    words
}
