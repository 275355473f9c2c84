//! The kubelets of a Shoot's workers: `spec.kubernetes.kubelet`, in whose place `kubernetes.kubelet` of a worker counts as a
//! whole.
//!
//! gardener/gardener, pkg/component/extensions/operatingsystemconfig/original/components/kubelet/config.go (in v1.50.0
//! pkg/operation/botanist/component/extensions/…), of which v1.50.0 to the tree of August 2026 have in common what is
//! listed here.

use std::sync::LazyLock;

use model::{Evidence, Form, GapKind, Location, Named, Problem, Shape, Site, Version};
use yaml::Cursor;

use super::{MOST, NAME, objects, release, text_of};
use crate::{
    declare::{
        Source,
        command::unfilled,
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, list, named, unseen},
        },
    },
    onward,
};

/// Where a field would be written.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| named(&FIELDS));

/// Fields of a Shoot that stand for one of a kubelet (pkg/apis/core/v1beta1/types_shoot.go, KubeletConfig).
const FIELDS: [(&str, &str, Shape); 23] = [
    ("containerLogMaxFiles", "containerLogMaxFiles", Shape::Int),
    ("containerLogMaxSize", "containerLogMaxSize", Shape::Text),
    ("cpuCFSQuota", "cpuCFSQuota", Shape::Bool),
    ("cpuManagerPolicy", "cpuManagerPolicy", Shape::Text),
    ("evictionMaxPodGracePeriod", "evictionMaxPodGracePeriod", Shape::Int),
    ("evictionPressureTransitionPeriod", "evictionPressureTransitionPeriod", Shape::Text),
    ("failSwapOn", "failSwapOn", Shape::Bool),
    ("featureGates", "featureGates", Shape::Map),
    ("imageGCHighThresholdPercent", "imageGCHighThresholdPercent", Shape::Int),
    ("imageGCLowThresholdPercent", "imageGCLowThresholdPercent", Shape::Int),
    ("imageMaximumGCAge", "imageMaximumGCAge", Shape::Text),
    ("imageMinimumGCAge", "imageMinimumGCAge", Shape::Text),
    ("imagePullCredentialsVerificationPolicy", "imagePullCredentialsVerificationPolicy", Shape::Text),
    ("kubeReserved", "kubeReserved", Shape::Map),
    ("maxPods", "maxPods", Shape::Int),
    ("podPidsLimit", "podPidsLimit", Shape::Int),
    ("preloadedImagesVerificationAllowlist", "preloadedImagesVerificationAllowlist", Shape::List),
    ("protectKernelDefaults", "protectKernelDefaults", Shape::Bool),
    ("registryBurst", "registryBurst", Shape::Int),
    ("registryPullQPS", "registryPullQPS", Shape::Int),
    ("seccompDefault", "seccompDefault", Shape::Bool),
    ("serializeImagePulls", "serializeImagePulls", Shape::Bool),
    ("streamingConnectionIdleTimeout", "streamingConnectionIdleTimeout", Shape::Text),
];

/// Maps that a Shoot writes by other names, and what counts for those that it leaves out.
const EVICTIONS: [(&str, &str, &str); 5] = [
    ("imageFSAvailable", "imagefs.available", "5%"),
    ("imageFSInodesFree", "imagefs.inodesFree", "5%"),
    ("memoryAvailable", "memory.available", "100Mi"),
    ("nodeFSAvailable", "nodefs.available", "5%"),
    ("nodeFSInodesFree", "nodefs.inodesFree", "5%"),
];

/// What Gardener sets in every release that was looked at, and no field decides.
const FIXED: [(&str, &str); 12] = [
    ("authentication.anonymous.enabled", "false"),
    ("authentication.webhook.cacheTTL", "2m0s"),
    ("authentication.webhook.enabled", "true"),
    ("authentication.x509.clientCAFile", "/var/lib/kubelet/ca.crt"),
    ("authorization.mode", "Webhook"),
    ("cgroupRoot", "/"),
    ("enableDebuggingHandlers", "true"),
    ("enableServer", "true"),
    ("enforceNodeAllocatable", "[pods]"),
    ("eventRecordQPS", "50"),
    ("readOnlyPort", "0"),
    ("rotateCertificates", "true"),
];

/// What it sets where nobody says it.
const ADDED: [(&str, &str); 9] = [
    ("containerLogMaxSize", "100Mi"),
    ("cpuCFSQuota", "true"),
    ("cpuManagerPolicy", "none"),
    ("evictionMaxPodGracePeriod", "90"),
    ("evictionPressureTransitionPeriod", "4m0s"),
    ("failSwapOn", "true"),
    ("imageGCHighThresholdPercent", "50"),
    ("imageGCLowThresholdPercent", "40"),
    ("maxPods", "110"),
];

/// What depends on the release of Gardener, or on the machine.
const OPEN: [&str; 16] = [
    "cgroupDriver",
    "clusterDNS",
    "clusterDomain",
    "containerRuntimeEndpoint",
    "evictionMinimumReclaim",
    "evictionSoft",
    "evictionSoftGracePeriod",
    "hairpinMode",
    "kubeReserved",
    "protectKernelDefaults",
    "serverTLSBootstrap",
    "staticPodPath",
    "streamingConnectionIdleTimeout",
    "systemReserved",
    "tlsCipherSuites",
    "volumePluginDir",
];

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    super::speaks(text) && text.contains("kubelet")
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    source.documents().any(|document| objects(&document.cursor()).iter().any(|one| spec(one).is_some()))
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    for document in source.documents() {
        for object in objects(&document.cursor()) {
            let Some(spec) = spec(&object).filter(|_| found.len() <= MOST) else { continue };
            of_shoot(source, &object, &spec, &source.problems(document), &mut found);
        }
    }
    found
}

/// What a Shoot says, where that is something about kubelets.
fn spec<'a>(object: &Cursor<'a>) -> Option<Cursor<'a>> {
    object.get("kind")?.text().filter(|kind| *kind == "Shoot")?;
    let spec = object.get("spec")?;
    (of_all(&spec).is_some() || workers(&spec).any(|worker| of_worker(&worker).is_some())).then_some(spec)
}

fn kubelet<'a>(holder: &Cursor<'a>) -> Option<Cursor<'a>> {
    holder.get("kubernetes")?.get("kubelet").filter(|own| own.mapping().is_some())
}

fn of_all<'a>(spec: &Cursor<'a>) -> Option<Cursor<'a>> {
    kubelet(spec)
}

fn of_worker<'a>(worker: &Cursor<'a>) -> Option<Cursor<'a>> {
    kubelet(worker)
}

fn workers<'a>(spec: &Cursor<'a>) -> impl Iterator<Item = Cursor<'a>> + use<'a> {
    let list = spec.get("provider").and_then(|provider| provider.get("workers"));
    let list: Vec<Cursor<'a>> = list.iter().flat_map(|list| list.items().take(MOST)).collect();
    list.into_iter()
}

fn version(source: &Source<'_>, holder: &Cursor<'_>) -> Option<(Version, Location)> {
    let found = holder.get("kubernetes")?.get("version")?;
    Some((release(found.text()?)?, source.at(&found)))
}

/// Those of each worker that has some of its own, and one for all others.
fn of_shoot(
    source: &Source<'_>,
    object: &Cursor<'_>,
    spec: &Cursor<'_>,
    problems: &[Problem],
    found: &mut Vec<KubeletLine>,
) {
    let name = object.get("metadata").and_then(|metadata| text_of(&metadata, "name"));
    let name = name.unwrap_or_else(|| source.evidence.as_str().to_owned());
    let of_shoot = version(source, spec);
    let mut line = |instance: String, own: &Cursor<'_>, version: Option<(Version, Location)>| {
        let nodes = Nodes {
            version,
            releases: onward(18),
            problems: problems.to_vec(),
            made: Some(made(source, own)),
            ..Nodes::new(NAME, instance)
        };
        found.push(nodes.line(source));
    };
    let mut others = workers(spec).next().is_none();
    for worker in workers(spec) {
        match of_worker(&worker) {
            Some(own) => {
                let worker_name = text_of(&worker, "name").unwrap_or_default();
                let version = version(source, &worker).or_else(|| of_shoot.clone());
                line(format!("{name} ({worker_name})"), &own, version);
            }
            None => others = true,
        }
    }
    if let Some(own) = of_all(spec).filter(|_| others) {
        line(name, &own, of_shoot);
    }
}

fn made(source: &Source<'_>, own: &Cursor<'_>) -> Made {
    let mut made = Made::new(NAME, source, Site { at: source.at(own), form: Form::Fields(&NAMED) });
    for (name, value) in FIXED.into_iter().chain(ADDED) {
        made.adds(name, value);
    }
    for name in OPEN {
        let reason = "it depends on the release of Gardener, which no Shoot names";
        made.leaves_open(name, unseen(GapKind::Version, reason), None);
    }
    for (field, setting, shape) in FIELDS {
        let Some(value) = own.get(field).filter(|value| !value.is_null()) else { continue };
        let text = value.text().map(str::to_owned);
        if let Some(gap) = text.as_deref().and_then(unfilled) {
            made.leaves_open(setting, gap, None);
            continue;
        }
        let read = match shape {
            Shape::Map if setting == "kubeReserved" => Some(reserved(&value)),
            Shape::Map => Some(pairs(&value)),
            Shape::List => {
                let items: Vec<&str> =
                    value.items().take(MOST).filter_map(|item| item.scalar().map(yaml::Scalar::text)).collect();
                Some(list(items.iter().copied()))
            }
            Shape::Bool => text.filter(|text| matches!(text.as_str(), "true" | "false")),
            Shape::Int => text.filter(|text| text.parse::<i64>().is_ok()),
            Shape::Text => text,
        };
        made.writes(setting, read, source.at(&value), Form::Field, None);
    }
    match own.get("evictionHard").filter(|map| map.mapping().is_some()) {
        Some(map) => {
            let one = |(field, signal, default): &(&str, &str, &str)| {
                let said = text_of(&map, field).filter(|text| !text.is_empty());
                format!("{signal}={}", said.as_deref().unwrap_or(default))
            };
            let all: Vec<String> = EVICTIONS.iter().map(one).collect();
            made.makes("evictionHard", all.join(","), source.at(&map), "`evictionHard` and Gardener decide it", None);
        }
        None => {
            let all: Vec<String> = EVICTIONS.iter().map(|(_, signal, default)| format!("{signal}={default}")).collect();
            made.adds("evictionHard", all.join(","));
        }
    }
    if let Some(swap) = own.get("memorySwap").and_then(|swap| swap.get("swapBehavior")) {
        let text = swap.text().map(str::to_owned);
        made.writes("memorySwap.swapBehavior", text, source.at(&swap), Form::Field, None);
    }
    made
}

fn pairs(map: &Cursor<'_>) -> String {
    let pairs = map.entries().take(MOST);
    let pairs: Vec<String> =
        pairs.map(|entry| format!("{}={}", entry.name, entry.value.text().unwrap_or_default())).collect();
    pairs.join(",")
}

/// `ephemeralStorage` is spelled as the kubelet does, and CPU and memory are there in any case.
fn reserved(map: &Cursor<'_>) -> String {
    let text = |name: &str| text_of(map, name).filter(|text| !text.is_empty());
    let mut found = vec![
        format!("cpu={}", text("cpu").as_deref().unwrap_or("80m")),
        format!("memory={}", text("memory").as_deref().unwrap_or("1Gi")),
    ];
    found.extend(text("ephemeralStorage").map(|text| format!("ephemeral-storage={text}")));
    found.extend(text("pid").map(|text| format!("pid={text}")));
    found.join(",")
}
