//! k3s and RKE2, by the files of settings that their servers read: `config.yaml` and its drop-ins.
//!
//! Neither names a kind, and both programs take nearly the same settings, RKE2 being made of k3s. A file is taken for a
//! server's by keys that an agent does not have; whose it is, is told by keys that the other does not have, or by where it
//! lies. Where nothing tells, what both do alike is known and the rest is a gap. Start at [`invocations`].

pub(super) mod ansible;
pub(super) mod containers;
mod flags;
mod here;
mod installed;
mod kubelet;
pub(super) mod nested;
mod refused;
mod settings;

use model::{Body, Evidence, Gap, GapKind, Minor, Version};
use yaml::Cursor;

pub(super) use self::installed::{Script, of_machine, speaks as speaks_of_install};
use self::{
    flags::{NEWEST, Product},
    settings::{Lies, Settings},
};
use super::{
    Source,
    command::{self, Program},
    embedded::{Place, composed},
    layers::made_at_start,
    unit,
};
use crate::{Files, Hand, Invocation, Mount, Word, onward};

/// Keys that a server has and an agent has not, and no other file that anybody knows.
const SERVER: [&str; 57] = [
    "advertise-address",
    "advertise-port",
    "agent-token",
    "agent-token-file",
    "airgap-extra-registry",
    "apiserver-bind-address",
    "apiserver-port",
    "audit-policy-file",
    "cloud-controller-manager-extra-env",
    "cluster-cidr",
    "cluster-dns",
    "cluster-init",
    "cluster-reset",
    "datastore-cafile",
    "datastore-certfile",
    "datastore-endpoint",
    "datastore-keyfile",
    "default-local-storage-path",
    "disable-cloud-controller",
    "disable-controller-manager",
    "disable-etcd",
    "disable-helm-controller",
    "disable-kube-proxy",
    "disable-network-policy",
    "disable-scheduler",
    "egress-selector-mode",
    "embedded-registry",
    "etcd-arg",
    "etcd-disable-snapshots",
    "etcd-expose-metrics",
    "etcd-s3",
    "etcd-s3-bucket",
    "etcd-s3-endpoint",
    "etcd-snapshot-dir",
    "etcd-snapshot-retention",
    "etcd-snapshot-schedule-cron",
    "flannel-backend",
    "helm-job-image",
    "https-listen-port",
    "kube-apiserver-arg",
    "kube-apiserver-extra-env",
    "kube-apiserver-extra-mount",
    "kube-cloud-controller-manager-arg",
    "kube-controller-arg",
    "kube-controller-manager-arg",
    "kube-scheduler-arg",
    "pod-security-admission-config-file",
    "secrets-encryption",
    "secrets-encryption-provider",
    "service-cidr",
    "service-node-port-range",
    "servicelb-namespace",
    "supervisor-metrics",
    "tls-san",
    "tls-san-security",
    "write-kubeconfig",
    "write-kubeconfig-mode",
];

/// Keys of a server that other files have as well; beside one of [`BOTH`] they say enough.
const WORDS: [&str; 5] = ["cluster-domain", "cni", "disable", "ingress-controller", "system-default-registry"];

/// Keys that servers and agents share.
const BOTH: [&str; 24] = [
    "bind-address",
    "container-runtime-endpoint",
    "data-dir",
    "debug",
    "default-runtime",
    "docker",
    "kube-proxy-arg",
    "kubelet-arg",
    "lb-server-port",
    "node-external-ip",
    "node-ip",
    "node-label",
    "node-name",
    "node-taint",
    "pause-image",
    "private-registry",
    "profile",
    "protect-kernel-defaults",
    "resolv-conf",
    "selinux",
    "server",
    "snapshotter",
    "token",
    "token-file",
];

/// What only RKE2 has, and what only k3s has (rancher/rke2, pkg/cli/cmds/server.go, which drops flags of k3s).
const ONLY_RKE2: [&str; 14] = [
    "audit-policy-file",
    "cloud-provider-config",
    "cloud-provider-name",
    "cni",
    "control-plane-probe-configuration",
    "control-plane-resource-limits",
    "control-plane-resource-requests",
    "enable-servicelb",
    "ingress-controller",
    "kube-apiserver-extra-env",
    "kube-apiserver-extra-mount",
    "kube-apiserver-image",
    "pod-security-admission-config-file",
    "profile",
];
const ONLY_K3S: [&str; 16] = [
    "advertise-port",
    "apiserver-bind-address",
    "apiserver-port",
    "cluster-init",
    "default-local-storage-path",
    "disable-helm-controller",
    "disable-network-policy",
    "docker",
    "flannel-backend",
    "flannel-conf",
    "flannel-external-ip",
    "flannel-iface",
    "https-listen-port",
    "prefer-bundled-bin",
    "rootless",
    "vpn-auth",
];

/// What k3s deploys beside Kubernetes; RKE2's own charts begin with its name.
const K3S_PARTS: [&str; 5] = ["coredns", "local-storage", "metrics-server", "servicelb", "traefik"];

/// Whether a text holds the words without which it declares nothing: a line that begins with a key of a server.
pub(super) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    speaks_of_unit(text) || speaks_of_settings(text)
}

fn speaks_of_unit(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains("ExecStart") && text.contains("server") && (text.contains("k3s") || text.contains("rke2"))
}

fn speaks_of_settings(text: &(impl crate::Text + ?Sized)) -> bool {
    if SERVER.iter().chain(&WORDS).all(|key| text.surely_lacks(key)) {
        return false;
    }
    let text = text.text().trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('{') {
        return SERVER.iter().chain(&WORDS).any(|key| text.contains(key));
    }
    let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|end| end + 1));
    starts.filter_map(|start| text.get(start..)).any(|rest| {
        // Most lines of most files are indented, and so no key of the whole.
        if !rest.starts_with(|c: char| c.is_ascii_lowercase() || matches!(c, '"' | '\'')) {
            return false;
        }
        let line = rest.lines().next().unwrap_or_default();
        let Some((key, _)) = line.split_once(':') else { return false };
        let key = key.trim_end().trim_matches(['"', '\'']).trim_end_matches('+');
        SERVER.contains(&key) || WORDS.contains(&key)
    })
}

/// Whether a text is what a server reads, and one that runs an API server.
pub(super) fn declares(source: &Source<'_>) -> bool {
    is_unit(source) || is_settings(source)
}

/// Whether a text is a unit that starts a server.
pub(super) fn is_unit(source: &Source<'_>) -> bool {
    speaks_of_unit(source.text) && unit::starts(source, is_command)
}

/// `k3s server …`, the command behind global switches.
fn is_command(words: &[String]) -> bool {
    let program = words.first().map_or("", |first| command::base(first));
    (program == "k3s" || program == "rke2")
        && words.iter().skip(1).find(|word| !word.starts_with('-')).is_some_and(|word| word == "server")
}

fn is_settings(source: &Source<'_>) -> bool {
    speaks_of_settings(source.text) && source.documents().next().is_some_and(|document| is_server(&document.cursor()))
}

fn is_server(root: &Cursor<'_>) -> bool {
    if root.mapping().is_none() || root.get("apiVersion").is_some() || root.get("kind").is_some() {
        return false;
    }
    let (mut own, mut words, mut shared, mut strange) = (0, 0, 0, 0);
    for entry in root.entries() {
        let name = entry.name.trim_end_matches('+');
        let counted = if SERVER.contains(&name) {
            &mut own
        } else if WORDS.contains(&name) {
            &mut words
        } else if BOTH.contains(&name) || ONLY_RKE2.contains(&name) || ONLY_K3S.contains(&name) || is_alike(name) {
            &mut shared
        } else {
            &mut strange
        };
        *counted += 1;
        // Every setting is a text, a number, a switch or a list of texts.
        if entry.value.mapping().is_some() && *counted == own {
            return false;
        }
    }
    let on = |name: &str| root.get(name).is_some_and(|value| value.text() == Some("true"));
    let says_enough = own > 0 || (words > 0 && words + shared > 1);
    says_enough && strange <= own + words + shared && !on("disable-apiserver")
}

/// Names that k3s and RKE2 have many of.
fn is_alike(name: &str) -> bool {
    ["etcd-s3-", "etcd-snapshot-", "node-", "kube-", "disable-"].iter().any(|begin| name.starts_with(begin))
}

/// The API server that a server of k3s or RKE2 runs with its files.
pub(super) fn invocations(source: &Source<'_>, evidence: &[Evidence]) -> Vec<Invocation> {
    let Some((settings, product)) = settings_of(source, evidence) else { return Vec::new() };
    invocation(source, evidence, settings, product).into_iter().collect()
}

/// Whether a text is what a server reads, or an agent that is given something for its kubelet.
pub(super) fn runs_kubelet(source: &Source<'_>) -> bool {
    declares(source) || is_agent(source)
}

/// Whether a text may be that.
pub(super) fn speaks_of_kubelet(text: &(impl crate::Text + ?Sized)) -> bool {
    speaks(text) || text.contains("kubelet-arg")
}

/// A file of settings of an agent: none but what servers and agents share, with arguments of the kubelet.
fn is_agent(source: &Source<'_>) -> bool {
    let Some(document) = source.documents().next().filter(|_| source.text.contains("kubelet-arg")) else {
        return false;
    };
    let root = document.cursor();
    let is_known = |name: &str| {
        let name = name.trim_end_matches('+');
        BOTH.contains(&name) || ONLY_RKE2.contains(&name) || ONLY_K3S.contains(&name) || is_alike(name)
    };
    root.mapping().is_some()
        && (root.get("kubelet-arg").is_some() || root.get("kubelet-arg+").is_some())
        && root.entries().all(|entry| is_known(&entry.name) && entry.value.mapping().is_none())
}

/// The kubelet that a server or an agent runs with its files: its command line, and the folder of the files that win over it.
pub(super) fn kubelet(source: &Source<'_>, evidence: &[Evidence]) -> Option<(Invocation, String)> {
    let (settings, product) = settings_of(source, evidence).filter(|(settings, _)| kubelet::runs(settings))?;
    // Of one that is given nothing there is nothing to say, as long as nobody can see what lies on its node.
    if source.root.is_none() && !kubelet::is_given_something(&settings) {
        return None;
    }
    let mut words = kubelet::words(product, &settings);
    if let Some(gap) = &settings.unread {
        words.push(Word { unresolved: Some(gap.clone()), ..Word::written("", settings.home.clone()) });
    }
    let open_ended =
        command::shorten(&mut words).or_else(|| settings.unread.clone()).or_else(|| settings.beneath.clone());
    let name = settings.last("node-name").map(|given| given.text.clone());
    let folder = kubelet::folder(product, &settings);
    let (releases, distribution) = (releases(product, &settings), Some(product.name()));
    let invocation = Invocation {
        open_ended,
        version: settings.version.clone(),
        releases: Some(releases),
        distribution,
        problems: settings.problems,
        ..source.process(Program::Kubelet, name, words)
    };
    Some((invocation, folder))
}

fn settings_of(source: &Source<'_>, evidence: &[Evidence]) -> Option<(Settings, Product)> {
    Some(if is_unit(source) {
        let id = source.evidence.as_str();
        let of_drop_in = unit::drop_in_of(id);
        let has_unit = |name: &str| evidence.iter().any(|piece| piece.id.as_str().ends_with(&format!("/{name}")));
        let started = unit::started(source, evidence, is_command).filter(|_| !of_drop_in.is_some_and(has_unit))?;
        let product = if started.program == "rke2" { Product::Rke2 } else { Product::K3s };
        let lies = match &source.inside {
            Some(Place::File(_, beside)) => Lies::MachineOrBefore(beside),
            _ => Lies::Node,
        };
        (Settings::of_started(source, evidence, &started, product.program(), lies), product)
    } else {
        let mut settings = Settings::of(source, evidence).filter(|_| !is_read_with_unit(source, evidence))?;
        let product = product(source.evidence.as_str(), &settings);
        // Words of the command win over the file.
        if let Some(gap) = unit::unread(evidence, &[product.program()]) {
            settings.unread.get_or_insert_with(|| gap.clone());
        }
        (settings, product)
    })
}

/// The server that these settings make; `None` where they keep the API server from running.
fn invocation(source: &Source<'_>, evidence: &[Evidence], settings: Settings, product: Product) -> Option<Invocation> {
    if settings.on("disable-apiserver").is_some() {
        return None;
    }
    let mut words = flags::words(product, &settings);
    // What it does in a release that the data does not reach is not known.
    words.insert(0, unknown(&settings));
    if let Some(gap) = &settings.beneath {
        let is_written = |word: &Word| word.hand == Hand::Written && !word.text.is_empty();
        let at = words.iter().position(is_written).unwrap_or(words.len());
        words.insert(at, Word { unresolved: Some(gap.clone()), ..Word::written("", settings.home.clone()) });
    }
    if let Some(gap) = &settings.unread {
        words.push(Word { unresolved: Some(gap.clone()), ..Word::written("", settings.home.clone()) });
    }
    let open_ended =
        command::shorten(&mut words).or_else(|| settings.unread.clone()).or_else(|| settings.beneath.clone());
    let mut folders = vec![
        format!("{}/server/", flags::data(product, &settings)),
        "/etc/rancher/rke2/rke2-pss.yaml".to_owned(),
        "/etc/rancher/rke2/audit-policy.yaml".to_owned(),
    ];
    folders.extend(settings.last("audit-policy-file").map(|given| given.text.clone()));
    let mut carried = made_at_start(source, evidence, &words, &folders);
    for file in carried.iter_mut().filter(|file| is_policy(&words, &file.path)) {
        // What RKE2 writes where nothing is there records nothing (pkg/podtemplate/utils.go, WriteDefaultPolicyFile).
        let is_missing = source.root.is_some_and(|root| {
            let id = Files::id(root, &file.path);
            evidence.iter().any(|piece| piece.id == id && matches!(piece.body, Body::Missing))
        });
        if is_missing {
            let text = "apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: None\n";
            *file = composed(source, &file.path.clone(), text.to_owned(), Vec::new());
        }
    }
    let name = settings.last("node-name").map(|given| given.text.clone());
    let (releases, distribution) = (releases(product, &settings), Some(product.name()));
    let mut settings = settings;
    settings.problems.extend(refused::refusals(product, &settings));
    Some(Invocation {
        open_ended,
        list: Some(settings.home.clone()),
        version: version(&settings),
        releases: Some(releases),
        mounts: mounts(product, &settings),
        carried,
        contained: product == Product::Rke2,
        distribution,
        problems: settings.problems,
        ..source.process(Program::ApiServer, name, words)
    })
}

/// Whether a path is that of the policy for audit logs.
fn is_policy(words: &[Word], path: &str) -> bool {
    words.iter().any(|word| word.text.strip_prefix("--audit-policy-file=") == Some(path))
}

/// Whether a unit of the same node reads the file, and so tells the whole.
fn is_read_with_unit(source: &Source<'_>, evidence: &[Evidence]) -> bool {
    let Some(root) = source.root else { return false };
    let base = settings::base(source.evidence.as_str()).strip_prefix(root.trim_end_matches('/'));
    let Some(program) = base.and_then(|path| path.strip_prefix("/etc/rancher/")?.strip_suffix("/config.yaml")) else {
        return false;
    };
    let found = unit::beside(
        source,
        evidence,
        |_, text| speaks_of_unit(text),
        |unit| {
            let started = is_unit(unit).then(|| unit::started(unit, evidence, is_command)).flatten()?;
            let names_another =
                started.words.iter().any(|word| ["-c", "--config"].iter().any(|flag| word.text.starts_with(flag)));
            (started.program == program && !names_another).then_some(())
        },
    );
    found.is_some()
}

/// Folders in which more of what a text says may stand.
pub(super) fn drop_in_folders(source: &Source<'_>) -> Vec<String> {
    if is_unit(source) {
        let folder =
            |root: &str, program: &str| format!("{}/etc/rancher/{program}/config.yaml.d", root.trim_end_matches('/'));
        return source.root.into_iter().flat_map(|root| ["k3s", "rke2"].map(|program| folder(root, program))).collect();
    }
    if !is_settings(source) {
        return Vec::new();
    }
    settings::folder(source).into_iter().collect()
}

/// Files of the host that hold more of what a unit says.
pub(super) fn files(source: &Source<'_>, evidence: &[Evidence]) -> Vec<String> {
    let Some(started) = is_unit(source).then(|| unit::started(source, evidence, is_command)).flatten() else {
        return beside(source).into_iter().collect();
    };
    let mut found = unit::files_of_started(source, evidence);
    found.push(format!("/etc/rancher/{}/config.yaml", started.program));
    found
}

/// The file beside a drop-in below a root, by its path there.
fn beside(source: &Source<'_>) -> Option<String> {
    let base = settings::base(source.evidence.as_str());
    let below = base.strip_prefix(source.root?.trim_end_matches('/'))?;
    (base != source.evidence.as_str() && is_settings(source)).then(|| below.to_owned())
}

fn unknown(settings: &Settings) -> Word {
    Word {
        unresolved: Some(Gap {
            kind: GapKind::Version,
            reason: "what is added to the API server of that release is not known to this build".to_owned(),
            wanted: "the arguments of the running server".to_owned(),
            who_could_answer: "a server of the cluster".to_owned(),
        }),
        releases: onward(NEWEST + 1),
        ..Word::written("", settings.home.clone())
    }
}

/// Whose settings they are, by the place of their file and by what they say.
fn product(id: &str, settings: &Settings) -> Product {
    for (path, product) in [("etc/rancher/rke2/", Product::Rke2), ("etc/rancher/k3s/", Product::K3s)] {
        if id.contains(path) {
            return product;
        }
    }
    let parts = |given: &str, own: &dyn Fn(&str) -> bool| given.split(',').any(|part| own(part.trim()));
    let disables = |own: &dyn Fn(&str) -> bool| settings.all("disable").iter().any(|given| parts(&given.text, own));
    let joins = |port: &str| settings.last("server").is_some_and(|url| url.text.trim_end_matches('/').ends_with(port));
    let is_rke2 = settings.names().any(|name| ONLY_RKE2.contains(&name))
        || disables(&|part| part.starts_with("rke2-"))
        || joins(":9345")
        || settings.mentions("/rancher/rke2/");
    let is_k3s = settings.names().any(|name| ONLY_K3S.contains(&name))
        || disables(&|part| K3S_PARTS.contains(&part))
        || joins(":6443")
        || settings.mentions("/rancher/k3s/");
    match (is_rke2, is_k3s) {
        (true, false) => Product::Rke2,
        (false, true) => Product::K3s,
        // Neither tells, or they contradict each other; a name that somebody gave the file may.
        _ => match (id.contains("rke2"), id.contains("k3s")) {
            (true, false) => Product::Rke2,
            (false, true) => Product::K3s,
            _ => Product::Either,
        },
    }
}

/// The releases that read such a file: k3s since 1.19 (pkg/configfilearg), RKE2 from its first, 1.18. A profile narrows
/// them: RKE2 ends where it does not know the one that it is given (pkg/cli/cmds/profile_linux.go, pkg/rke2/rke2.go).
fn releases(product: Product, settings: &Settings) -> (Minor, Minor) {
    let (mut from, mut to) = (if product == Product::K3s { 19 } else { 18 }, u16::MAX);
    match settings.last("profile").map(|given| given.text.as_str()) {
        Some("cis-1.5" | "cis-1.6") => to = 24,
        Some("cis-1.23") => (from, to) = (25, 29),
        Some("cis") => from = 25,
        _ => {}
    }
    (Minor::new(1, from), Minor::new(1, to))
}

/// RKE2 may be told another image for the server; else it is of the release that was asked for.
fn version(settings: &Settings) -> Option<(Version, model::Location)> {
    let image = settings.last("kube-apiserver-image");
    let image = image.and_then(|image| Some((super::kubeadm::tagged(&image.text)?, image.at.clone())));
    image.or_else(|| settings.version.clone())
}

/// What RKE2's static pod sees of its node: its own folder, those of certificates, and what the settings add.
fn mounts(product: Product, settings: &Settings) -> Vec<Mount> {
    if product != Product::Rke2 {
        return Vec::new();
    }
    let data = flags::data(product, settings);
    let mut found = vec![Mount::same(format!("{data}/server")), Mount::same("/etc/ssl/certs".to_owned())];
    // Files that flags name are mounted one by one (pkg/podtemplate, addVolumes).
    for file in ["/etc/rancher/rke2", "/etc/pki", "/etc/ca-certificates"] {
        found.push(Mount::same(file.to_owned()));
    }
    for given in settings.all(settings::ARGUMENTS) {
        if let Some((_, path)) = given.text.split_once("=/") {
            found.push(Mount::same(format!("/{path}")));
        }
    }
    for name in ["audit-policy-file", "pod-security-admission-config-file"] {
        found.extend(settings.last(name).map(|given| Mount::same(given.text.clone())));
    }
    for given in settings.all("kube-apiserver-extra-mount") {
        found.extend(Mount::bind(&given.text));
    }
    found
}
