//! OpenShift's KubeletConfig: fields that the machine config operator puts over those of its own template for a pool of nodes.
//!
//! openshift/machine-config-operator, templates/{master,worker}/01-*-kubelet/_base/files/kubelet.yaml and
//! pkg/controller/kubelet-config, release-4.2 to main of August 2026. The object names neither OpenShift's release nor that
//! of Kubernetes; 4.N runs Kubernetes 1.(N+13).

use std::sync::LazyLock;

use model::{Evidence, Form, GapKind, Named, Problem};
use yaml::{Cursor, Resolved};

use super::{MOST, NAME};
use crate::{
    declare::{
        Source,
        kubelet::{
            KubeletLine,
            made::{Made, Nodes, fields_but, unseen},
        },
        layers::map_below,
        lookup::text_of,
    },
    onward, within,
};

const KIND: &str = "KubeletConfig";
const GROUP: &str = "machineconfiguration.openshift.io/";

/// What may be written in `spec.kubeletConfig`.
static NAMED: LazyLock<Vec<Named>> = LazyLock::new(|| fields_but(&KEPT));

/// The fields that the operator keeps for itself (pkg/controller/kubelet-config/helpers.go, blacklistKubeletConfigurationFields).
const KEPT: [&str; 6] =
    ["cgroupDriver", "clusterDNS", "clusterDomain", "runtimeRequestTimeout", "staticPodPath", "featureGates"];

pub(in crate::declare) fn speaks(text: &(impl crate::Text + ?Sized)) -> bool {
    text.contains(GROUP) && text.contains(KIND)
}

fn is_one(object: &Cursor<'_>) -> bool {
    let text = |key: &str| object.get(key).and_then(|value| value.text());
    text("kind") == Some(KIND)
        && text("apiVersion").is_some_and(|version| version.starts_with(GROUP))
        && object.get("spec").is_some_and(|spec| spec.mapping().is_some())
}

pub(in crate::declare) fn runs(source: &Source<'_>) -> bool {
    speaks(source.text) && source.objects().iter().any(|(_, object)| is_one(object))
}

pub(in crate::declare) fn lines(source: &Source<'_>, _: &[Evidence]) -> Vec<KubeletLine> {
    let mut found = Vec::new();
    for (document, object) in source.objects() {
        if is_one(&object) && found.len() <= MOST {
            found.push(pool(source, &object, source.problems(document)));
        }
    }
    found
}

fn pool(source: &Source<'_>, object: &Cursor<'_>, problems: Vec<Problem>) -> KubeletLine {
    let name = object.get("metadata").and_then(|metadata| text_of(&metadata, "name"));
    let spec = object.get("spec");
    let nodes = Nodes {
        // 4.2 was the first whose template forbids anonymous requests.
        releases: onward(14),
        problems,
        made: Some(made(source, object, spec.as_ref())),
        outranked: Some(unseen(
            GapKind::NotCollected,
            "another KubeletConfig or MachineConfig of the pool may win over this one, and was not seen",
        )),
        ..Nodes::new(NAME, name.unwrap_or_else(|| source.evidence.as_str().to_owned()))
    };
    nodes.line(source)
}

fn made(source: &Source<'_>, object: &Cursor<'_>, spec: Option<&Cursor<'_>>) -> Made {
    let own = spec.and_then(|spec| spec.get("kubeletConfig"));
    let home = map_below(source, object, &["spec", "kubeletConfig"], Form::Fields(&NAMED));
    let mut made = Made::new(NAME, source, home);
    let by_release = |what: &str| unseen(GapKind::Version, format!("{what} depends on the release of OpenShift"));
    for (name, value) in [
        ("authentication.anonymous.enabled", "false"),
        ("authentication.x509.clientCAFile", "/etc/kubernetes/kubelet-ca.crt"),
        ("cgroupDriver", "systemd"),
        ("clusterDomain", "cluster.local"),
        ("containerLogMaxSize", "50Mi"),
        ("maxPods", "250"),
        ("rotateCertificates", "true"),
        ("serializeImagePulls", "false"),
        ("serverTLSBootstrap", "true"),
        ("staticPodPath", "/etc/kubernetes/manifests"),
    ] {
        made.adds(name, value);
    }
    // 4.11, 4.13 and 4.14.
    for (name, value, from) in
        [("podPidsLimit", "4096", 24), ("protectKernelDefaults", "true", 26), ("enableSystemLogQuery", "true", 27)]
    {
        made.adds_in(name, value, onward(from));
    }
    made.leaves_open("podPidsLimit", by_release("it"), within(0, 23));
    // The profile of the API server decides both since 4.18, and the template before.
    made.adds_in("tlsMinVersion", "VersionTLS12", within(20, 30));
    for (name, releases) in [("tlsMinVersion", onward(31)), ("tlsCipherSuites", None), ("tlsMinVersion", within(0, 19))]
    {
        let reason = "the profile for TLS of the cluster's API server decides it, or the release of OpenShift";
        made.leaves_open(name, unseen(GapKind::Unresolved, reason), releases);
    }
    for name in [
        "clusterDNS",
        "containerRuntimeEndpoint",
        "enforceNodeAllocatable",
        "failSwapOn",
        "featureGates",
        "kubeAPIBurst",
        "kubeAPIQPS",
        "memorySwap.swapBehavior",
        "runtimeRequestTimeout",
        "shutdownGracePeriod",
        "shutdownGracePeriodCriticalPods",
        "systemReserved",
        "systemReservedCgroup",
    ] {
        made.leaves_open(name, by_release("what the template of the operator says"), None);
    }
    if let Some(own) = &own {
        made.fields(own, source, &KEPT);
        for entry in own.entries().filter(|entry| KEPT.contains(&&*entry.name)) {
            made.problem(Problem {
                kind: model::ProblemKind::Conflict,
                stops: false,
                message: format!(
                    "the operator takes no `{}` in a KubeletConfig, and leaves the pool as it was",
                    entry.name
                ),
                hint: None,
                location: Some(source.at(&entry.value)),
                setting: None,
            });
        }
    }
    if let Some(spec) = spec {
        sized(&mut made, source, spec);
        secured(&mut made, source, spec);
    }
    made
}

/// `autoSizingReserved` has a script of the node work out what is kept for the system.
fn sized(made: &mut Made, source: &Source<'_>, spec: &Cursor<'_>) {
    let on = spec.get("autoSizingReserved").filter(|on| matches!(on.resolved(), Some(Resolved::Bool(true))));
    if on.is_some() {
        let _ = source;
        let gap = unseen(GapKind::Unresolved, "`autoSizingReserved` has it worked out on each node");
        made.leaves_open("systemReserved", gap, None);
    }
}

/// `tlsSecurityProfile` (openshift/api, config/v1, TLSProfiles).
fn secured(made: &mut Made, source: &Source<'_>, spec: &Cursor<'_>) {
    let Some(profile) = spec.get("tlsSecurityProfile") else { return };
    let Some(kind) = profile.get("type") else { return };
    let how = "`tlsSecurityProfile` decides it";
    let version = match kind.text() {
        Some("Old") => Some("VersionTLS10".to_owned()),
        Some("Intermediate") => Some("VersionTLS12".to_owned()),
        Some("Modern") => Some("VersionTLS13".to_owned()),
        Some("Custom") => profile.get("custom").and_then(|custom| text_of(&custom, "minTLSVersion")),
        _ => None,
    };
    match version {
        Some(version) if !made.is_written("tlsMinVersion") => {
            made.makes("tlsMinVersion", version, source.at(&kind), how, None);
        }
        _ => {}
    }
}
