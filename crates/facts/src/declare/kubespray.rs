//! kubespray's variables (`group_vars` of its inventory), as the API server that kubeadm starts with what it makes of them.
//!
//! The files of an inventory are one definition (`inventory`); a file that lies in none is one by itself, as those that are
//! handed to Ansible with `-e @file`. What nobody sets is kubespray's own value (`flags`), by its release: one of Kubernetes
//! is deployed by several, and what they do not agree on is a gap. A value in Jinja is one as well, but for variables to
//! which nothing is done. What the inventory file itself or a command line of Ansible sets is not seen.
//!
//! Read at v2.11.0 to v2.31.0 of kubernetes-sigs/kubespray. Start at [`invocations`].

mod files;
mod flags;
pub(super) mod kubelet;
mod line;
mod variables;

use std::collections::BTreeSet;

use model::{Evidence, Form, Gap, GapKind, Kind, Location, Site, Version};
use yaml::{Cursor, Limits};

use self::{
    files::Files,
    flags::{KNOWN, Meant},
    variables::{Said, Variables, unreadable},
};
use super::{
    Source,
    command::unfilled,
    inventory::{self, File, Playbook},
    kubeadm::{Argument, Around, Configuration, Fallback, Layer, Shape as Format, release},
    layers::made_at_start,
};
use crate::{Hand, Invocation, Word, onward, redact::parsable, within};

const NAME: &str = "kubespray";

/// More items than a list of an inventory has.
const MOST: usize = 512;

/// The groups of kubespray, with their names before 2.16.
const PLAYBOOK: Playbook = Playbook {
    groups: &["all", "k8s-cluster", "k8s_cluster", "kube-master", "kube_control_plane"],
    others: &[],
    who_could_answer: MANIFESTS,
};

/// Variables that no other playbook is known to have, each enough by itself.
const OWN: [&str; 12] = [
    "kube_api_anonymous_auth",
    "kube_apiserver_admission_control_config_file",
    "kube_apiserver_enable_admission_plugins",
    "kube_apiserver_node_port_range",
    "kube_apiserver_request_timeout",
    "kube_encrypt_secret_data",
    "kube_kubeadm_apiserver_extra_args",
    "kube_network_plugin",
    "kube_oidc_auth",
    "kube_webhook_token_auth",
    "kubernetes_audit",
    "kubernetes_audit_webhook",
];

/// Others, of which two together are.
const SHARED: [&str; 22] = [
    "audit_log_path",
    "authorization_modes",
    "auto_renew_certificates",
    "enable_nodelocaldns",
    "etcd_deployment_type",
    "event_ttl_duration",
    "kube_apiserver_ip",
    "kube_apiserver_port",
    "kube_cert_dir",
    "kube_cert_group",
    "kube_config_dir",
    "kube_encryption_algorithm",
    "kube_feature_gates",
    "kube_owner",
    "kube_pods_subnet",
    "kube_profiling",
    "kube_proxy_mode",
    "kube_service_addresses",
    "kube_token_auth",
    "kube_version",
    "tls_cipher_suites",
    "tls_min_version",
];

/// Whether a text holds the words without which it declares nothing.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("kube_") || text.contains("kubernetes_audit")
}

/// Whether a text sets variables of kubespray.
pub(super) fn declares(source: &Source<'_>) -> bool {
    source.documents().next().is_some_and(|document| is_inventory(&document.cursor()))
}

/// The file names no kind, so it is known by its variables, of which one at least has to be about Kubernetes.
fn is_inventory(root: &Cursor<'_>) -> bool {
    let sets = |name: &&&str| root.get(name).is_some();
    if root.mapping().is_none() || root.get("apiVersion").is_some() || root.get("kind").is_some() {
        return false;
    }
    if OWN.iter().any(|name| sets(&name)) {
        return true;
    }
    let known: Vec<&&str> = SHARED.iter().filter(sets).collect();
    known.len() > 1 && known.iter().any(|name| name.starts_with("kube_"))
}

/// Folders that hold more of the inventory that a text is part of.
pub(super) fn folders(source: &Source<'_>) -> Vec<String> {
    if declares(source) { inventory::folders(source.evidence.as_str(), &PLAYBOOK) } else { Vec::new() }
}

/// The API server that an inventory is about; the file that says most of it stands for all.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    with_variables(source, evidence, |variables| invocation(variables, evidence)).into_iter().collect()
}

/// What is made of the variables of an inventory, asked of the file that says most of them and of no other.
fn with_variables<T>(source: &Source<'_>, evidence: &[Evidence], make: impl FnOnce(&Variables<'_>) -> T) -> Option<T> {
    let files = inventory::files(source.evidence.as_str(), evidence, &PLAYBOOK);
    let texts: Vec<_> = files
        .iter()
        .map(|file| {
            let text = file.evidence.text().filter(|_| file.unread.is_none())?;
            let parsed = parsable(file.evidence, text);
            let stream = yaml::parse(&parsed, &Limits::default());
            Some((parsed, stream))
        })
        .collect();
    let sources: Vec<Option<Source<'_>>> = files
        .iter()
        .zip(&texts)
        .map(|(file, text)| {
            let (text, stream) = text.as_ref()?;
            Some(Source {
                evidence: &file.evidence.id,
                plane: file.evidence.plane,
                text,
                root: source.root,
                stream,
                inside: None,
            })
        })
        .collect();
    let parts: Vec<(&File<'_>, Option<&Source<'_>>)> = files.iter().zip(sources.iter().map(Option::as_ref)).collect();
    let main = most(&parts).filter(|(main, _)| *main.evidence == *source.evidence)?;
    Some(make(&Variables::of(main, &parts)))
}

/// The file that says most of kubespray's variables, and of those that say as many the one that counts most.
fn most<'a>(parts: &[(&File<'a>, Option<&'a Source<'a>>)]) -> Option<(&'a Source<'a>, Cursor<'a>)> {
    let said = |(file, source): &(&File<'a>, Option<&'a Source<'a>>)| {
        let source = (*source).filter(|_| file.evidence.kind == Kind::Workload)?;
        let root = source.documents().next()?.cursor();
        let known = OWN.iter().chain(&SHARED).filter(|name| root.get(name).is_some()).count();
        is_inventory(&root).then_some(((file.doubt.is_none(), known), (source, root)))
    };
    parts.iter().filter_map(said).max_by_key(|(weight, _)| *weight).map(|(_, main)| main)
}

fn invocation(variables: &Variables<'_>, evidence: &[Evidence]) -> Invocation {
    let source = variables.source;
    let meant = Meant::of(variables);
    let version = version(variables);
    let folder = variables.folder("kube_cert_dir");
    let mut words = flags::words(variables, meant);
    let authorizers = taken_by_kubeadm(&mut words);
    let fallback = |variable: &str, own: &str| match variables.text(variable) {
        Said::Value(text, at) => {
            let site = Site { at, form: Form::Field };
            Fallback::Known(text, site, Hand::Made(format!("`{variable}` decides it")))
        }
        Said::Open(gap) => Fallback::Unseen(gap),
        Said::Nothing => Fallback::Known(own.to_owned(), variables.home(), Hand::Default(NAME)),
    };
    let domain = match variables.text("dns_domain") {
        Said::Nothing => fallback("cluster_name", "cluster.local"),
        _ => fallback("dns_domain", ""),
    };
    let configuration = Configuration {
        root: Layer { source, node: variables.root.clone() },
        cluster: Vec::new(),
        init: Vec::new(),
        shape: Format::Map,
        releases: onward(meant.oldest()),
        home: None,
        around: Around {
            distribution: Some(NAME),
            // Flags give it, where it is not kubeadm's own.
            subnet: Fallback::Kubeadm,
            domain,
            port: fallback("kube_apiserver_port", "6443"),
            beneath: authorizers.iter().map(argument).collect(),
            certificates: Some(folder.clone().unwrap_or_else(|_| UNKNOWN_FOLDER.to_owned())),
            version: version.clone(),
            ..Around::default()
        },
    };
    let mut invocation = configuration.invocation(variables.problems.clone());
    let home = variables.home();
    let own: BTreeSet<String> = words.iter().filter_map(flag_of).map(str::to_owned).collect();
    invocation.words.retain(|word| !flag_of(word).is_some_and(|name| own.contains(name)));
    for word in &mut invocation.words {
        // What kubeadm adds is still written among kubespray's variables.
        if matches!(word.hand, Hand::Default(_)) {
            word.site = home.clone();
        }
        if word.site == home && word.hand == Hand::Written {
            word.hand = Hand::Default(NAME);
        }
        if let (Err(gap), true) = (&folder, word.text.contains(UNKNOWN_FOLDER)) {
            word.unresolved = Some(gap.clone());
        }
    }
    if folder.is_err() {
        invocation.mounts.retain(|mount| mount.container != UNKNOWN_FOLDER);
        invocation.carried.retain(|file| !file.path.starts_with(UNKNOWN_FOLDER));
    }
    invocation.words.extend(words);
    let open = may_be_added(variables).or_else(|| may_be_patched(variables));
    if let Some(gap) = &open {
        // They take the place of most of what variables say.
        for word in &mut invocation.words {
            word.unresolved.get_or_insert_with(|| gap.clone());
        }
    }
    invocation.words.extend(unknown(&home));

    let minor = version.as_ref().map(|(version, _)| version.minor.minor);
    let files = Files::of(variables, evidence, meant, minor);
    invocation.carried.extend(files.carried);
    invocation.mounts.extend(files.mounts);
    let folders: Vec<String> = [folder, variables.folder("kube_config_dir"), variables.folder("etcd_cert_dir")]
        .into_iter()
        .flatten()
        .map(|folder| format!("{folder}/"))
        .collect();
    let made = made_at_start(source, evidence, &invocation.words, &folders);
    let fresh: Vec<_> =
        made.into_iter().filter(|file| invocation.carried.iter().all(|known| known.path != file.path)).collect();
    invocation.carried.extend(fresh);
    invocation.list = Some(home);
    invocation.open_ended = open;
    invocation
}

/// The authorizers, where a flag names them in every release: kubeadm reads that flag before it passes it on.
fn taken_by_kubeadm(words: &mut Vec<Word>) -> Option<Word> {
    let is_mode = |word: &Word| flag_of(word) == Some("authorization-mode");
    if words.iter().any(|word| flag_of(word) == Some("authorization-config")) {
        return None;
    }
    let first = words.iter().find(|word| is_mode(word))?.clone();
    if !words.iter().filter(|word| is_mode(word)).all(|word| word.text == first.text && word.site == first.site) {
        return None;
    }
    words.retain(|word| !is_mode(word));
    Some(first)
}

/// Why arguments may be passed on that nobody sees.
fn may_be_added(variables: &Variables<'_>) -> Option<Gap> {
    match variables.node(EXTRA) {
        Said::Value((_, map), _) if map.mapping().is_some() => None,
        Said::Value((_, other), _) if other.is_null() => None,
        Said::Value((_, other), _) => other.text().and_then(unfilled).or_else(|| Some(unreadable(EXTRA, "is no map"))),
        Said::Open(gap) => Some(gap),
        Said::Nothing => None,
    }
}

/// Why the manifest may be another than the one that kubeadm makes: patches of it (roles/kubernetes/kubeadm_common, from v2.27.0
/// on; before, a folder of them that was switched on).
fn may_be_patched(variables: &Variables<'_>) -> Option<Gap> {
    const PATCHES: &str = "kubeadm_patches";
    let gap = || Gap {
        kind: GapKind::Unresolved,
        reason: format!("`{PATCHES}` change the manifest that kubeadm makes"),
        wanted: "the manifest as kubeadm wrote it".to_owned(),
        who_could_answer: MANIFESTS.to_owned(),
    };
    let (_, patches) = match variables.node(PATCHES) {
        Said::Value(found, _) => found,
        Said::Open(gap) => return Some(gap),
        Said::Nothing => return None,
    };
    if let Some(gap) = patches.text().and_then(unfilled) {
        return Some(gap);
    }
    if patches.get("enabled").is_some_and(|on| on.is_true()) {
        return Some(gap());
    }
    let may_matter = |patch: Cursor<'_>| {
        let text = |key: &str| patch.get(key).and_then(|value| value.text().map(str::to_owned));
        let is_ours = text("target").is_none_or(|target| target == "kube-apiserver" || unfilled(&target).is_some());
        is_ours && (text("type").is_some_and(|kind| kind != "strategic") || touches(&patch))
    };
    patches.items().take(MOST).any(may_matter).then(gap)
}

/// Whether a patch changes what a server is started with, or sees; labels and what it may use it does not.
fn touches(patch: &Cursor<'_>) -> bool {
    const OTHER: [&str; 7] =
        ["name", "imagePullPolicy", "livenessProbe", "readinessProbe", "resources", "securityContext", "startupProbe"];
    let Some(patch) = patch.get("patch").filter(|patch| patch.mapping().is_some()) else { return true };
    let spec = match (patch.get("spec"), patch.entries().all(|entry| matches!(&*entry.name, "metadata" | "spec"))) {
        (_, false) => return true,
        (None, true) => return false,
        (Some(spec), true) => spec,
    };
    let is_other = |entry: yaml::Item<'_>| match &*entry.name {
        "containers" => entry.value.items().take(MOST).all(|container| {
            container.mapping().is_some() && container.entries().all(|entry| OTHER.contains(&&*entry.name))
        }),
        "priorityClassName" | "securityContext" | "tolerations" | "nodeSelector" | "dnsPolicy" => true,
        _ => false,
    };
    spec.mapping().is_none() || !spec.entries().all(is_other)
}

fn version(variables: &Variables<'_>) -> Option<(Version, Location)> {
    let Said::Value(text, at) = variables.text("kube_version") else { return None };
    Some((release(&text)?, at))
}

const EXTRA: &str = "kube_kubeadm_apiserver_extra_args";

/// Stands for a folder that is not known.
const UNKNOWN_FOLDER: &str = "{{ kube_cert_dir }}";

fn flag_of(word: &Word) -> Option<&str> {
    let long = word.text.strip_prefix("--")?;
    Some(long.split_once('=').map_or(long, |(name, _)| name))
}

fn argument(word: &Word) -> Argument {
    let (name, value) = word.text.trim_start_matches('-').split_once('=').unwrap_or_default();
    Argument {
        name: name.to_owned(),
        value: value.to_owned(),
        site: word.site.clone(),
        hand: word.hand.clone(),
        unresolved: word.unresolved.clone(),
    }
}

/// Words that leave everything open in releases of which nothing is known. They come last: they may set again what others
/// set.
fn unknown(home: &Site) -> [Word; 2] {
    [(0, KNOWN.0 - 1), (KNOWN.1 + 1, u16::MAX)].map(|(from, to)| Word {
        hand: Hand::Default(NAME),
        unresolved: Some(Gap {
            kind: GapKind::Version,
            reason: "what kubespray makes of its variables in that release is not known to this build".to_owned(),
            wanted: "the manifest as kubeadm wrote it".to_owned(),
            who_could_answer: MANIFESTS.to_owned(),
        }),
        releases: within(from, to),
        ..Word::written("", home.clone())
    })
}

const MANIFESTS: &str = "give /etc/kubernetes/manifests of a control plane node";
