//! The page beside this file explains the rule and tests it.

use std::collections::BTreeSet;

use facts::{
    Cluster,
    objects::{Of, images},
};
use model::{Confidence, Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-system-namespaces-reserved",
        title: "Workloads of users run in system namespaces",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("system_namespaces_reserved.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Pod];

/// Beginnings of the names of images of what distributions and add-ons run there.
const KNOWN: [&str; 78] = [
    "addon-manager",
    "addon-resizer",
    "ama-",
    "amazon-",
    "antrea",
    "aws-",
    "azure-",
    "calico",
    "cdi-",
    "cert-manager",
    "cilium",
    "cloud-controller-manager",
    "cloud-node-manager",
    "cloud-provider-",
    "cluster-autoscaler",
    "cluster-proportional-",
    "cni",
    "conformance",
    "coredns",
    "csi-",
    "defaultbackend",
    "descheduler",
    "dnsmasq",
    "ebs-",
    "efs-",
    "etcd",
    "event-exporter",
    "external-attacher",
    "external-dns",
    "external-provisioner",
    "external-resizer",
    "external-snapshotter",
    "flannel",
    "fluent",
    "gce-",
    "gcp-",
    "gke-",
    "hyperkube",
    "ip-masq",
    "k8s-dns-",
    "kindnet",
    "klipper",
    "konnectivity",
    "kube-",
    "kubernetes-dashboard",
    "kured",
    "linkerd-cni",
    "livenessprobe",
    "local-path",
    "localpv",
    "metrics-scraper",
    "metrics-server",
    "mirrored-",
    "multus",
    "netd",
    "node-cache",
    "node-driver-registrar",
    "node-exporter",
    "node-local-dns",
    "node-problem-detector",
    "node-termination-handler",
    "nodelocaldns",
    "operator-generic",
    "pause",
    "ptp-",
    "prometheus-to-sd",
    "proxy-agent",
    "proxy-server",
    "rke2-",
    "secrets-store",
    "snapshot-controller",
    "snapshot-validation",
    "storage-provisioner",
    "tiller",
    "traefik",
    "tigera",
    "vsphere",
    "weave",
];

/// The namespaces that are the system's alone.
const PLACES: [&str; 3] = ["kube-node-lease", "kube-public", "kube-system"];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["Agents of vendors that insist on kube-system have to be installed elsewhere."];
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let strange = cluster.objects.pods.iter().filter(|pod| PLACES.contains(&&*pod.meta.namespace) && !pod.is_mirror);
    let strange = strange.filter_map(|pod| {
        let image = pod.images.iter().find(|image| {
            let (name, _) = images::parts(image);
            !KNOWN.iter().any(|known| name.starts_with(known))
        })?;
        let (name, _) = images::parts(image);
        seen.insert(name).then(|| {
            let message = format!(
                "`{}` in {} runs `{name}`, which is of no component that is known",
                pod.meta.name, pod.meta.namespace
            );
            let remedy = say::remedy("move it to a namespace of its own", &BREAKS, None);
            // What is known is a list, and nobody's list is whole.
            Finding { confidence: Confidence::Possible, ..say::object(name, message, &pod.meta.at, remedy) }
        })
    });
    say::about(cluster, OF, strange.collect(), "what runs in system namespaces is of the cluster itself")
}
