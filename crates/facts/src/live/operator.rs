//! Who runs a control plane, as far as a cluster that was asked shows it, and who therefore could tell what it hides.
//!
//! A version's suffix tells most: GKE, EKS, k3s, RKE2 and others build their own releases (see [`releases`](crate::releases)).
//! Others are told by the address of their API server, by an API group of their own, or by the system or the labels of their
//! nodes.

use model::{Body, Evidence, Kind, Version};

use super::Node;

/// A distribution or a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator {
    pub(super) name: &'static str,
    /// Who could tell what the API server runs with.
    pub(super) who_knows: &'static str,
}

const GKE: Operator =
    Operator { name: "gke", who_knows: "Google, who runs it: `gcloud container clusters describe` shows some of it" };
const EKS: Operator = Operator {
    name: "eks",
    who_knows: "AWS, who runs it: `aws eks describe-cluster` and its control-plane logs show some of it",
};
const AKS: Operator = Operator {
    name: "aks",
    who_knows: "Microsoft, who runs it: `az aks show` and its diagnostic settings show some of it",
};
const OPENSHIFT: Operator = Operator {
    name: "openshift",
    who_knows: "`oc get kubeapiserver cluster -o yaml`, and the ConfigMaps of openshift-kube-apiserver",
};
const K3S: Operator =
    Operator { name: "k3s", who_knows: "/etc/rancher/k3s/config.yaml and the unit of a server, with --root" };
const RKE2: Operator = Operator { name: "rke2", who_knows: "/etc/rancher/rke2/config.yaml of a server, with --root" };
const K0S: Operator = Operator { name: "k0s", who_knows: "/etc/k0s/k0s.yaml of a controller, with --root" };
const TALOS: Operator = Operator { name: "talos", who_knows: "`talosctl get machineconfig` of a control-plane node" };

/// Who could tell what somebody keeps to himself who runs a control plane as a service; `None` of a distribution that its
/// users run themselves.
pub fn service(name: &str) -> Option<&'static str> {
    const RUN_BY_THEIR_USERS: [Operator; 5] = [OPENSHIFT, K3S, RKE2, K0S, TALOS];
    let known = SUFFIXES
        .iter()
        .chain(&HOSTS)
        .chain(&LABELS)
        .map(|(_, operator)| operator)
        .find(|operator| operator.name == name)?;
    (!RUN_BY_THEIR_USERS.contains(known)).then_some(known.who_knows)
}

/// What a suffix of a version means.
const SUFFIXES: [(&str, Operator); 9] = [
    ("-gke.", GKE),
    ("-eks-", EKS),
    ("+k3s", K3S),
    ("+rke2r", RKE2),
    ("+k0s", K0S),
    ("-aliyun.", Operator { name: "ack", who_knows: "Alibaba Cloud, who runs it" }),
    ("-tke.", Operator { name: "tke", who_knows: "Tencent Cloud, who runs it" }),
    ("+IKS", Operator { name: "iks", who_knows: "IBM, who runs it: `ibmcloud ks cluster get` shows some of it" }),
    ("-vke", Operator { name: "vke", who_knows: "Volcano Engine, who runs it" }),
];

/// How names of API servers of services end, by their documentation.
const HOSTS: [(&str, Operator); 8] = [
    (".azmk8s.io", AKS),
    (".eks.amazonaws.com", EKS),
    (".gke.goog", GKE),
    (".k8s.ondigitalocean.com", DOKS),
    (".linodelke.net", LKE),
    (".k8s.ovh.net", Operator { name: "ovh", who_knows: "OVHcloud, who runs it" }),
    (".scw.cloud", KAPSULE),
    (".vultr-k8s.com", VULTR),
];

const DOKS: Operator = Operator { name: "doks", who_knows: "DigitalOcean, who runs it" };
const LKE: Operator = Operator { name: "lke", who_knows: "Akamai, who runs it" };
const KAPSULE: Operator = Operator { name: "kapsule", who_knows: "Scaleway, who runs it" };
const VULTR: Operator = Operator { name: "vke", who_knows: "Vultr, who runs it" };

/// How labels begin that a service puts on the nodes that it makes, by its documentation. Whoever has an address of its own, or
/// builds releases without a mark, is told by these.
static LABELS: [(&str, Operator); 9] = [
    ("cloud.google.com/gke-", GKE),
    ("doks.digitalocean.com/", DOKS),
    ("eks.amazonaws.com/", EKS),
    ("k8s.scaleway.com/", KAPSULE),
    ("kubernetes.azure.com/node-image-version", AKS),
    ("lke.linode.com/", LKE),
    ("node.exoscale.net/", Operator { name: "sks", who_knows: "Exoscale, who runs it" }),
    (
        "oke.oraclecloud.com/",
        Operator { name: "oke", who_knows: "Oracle, who runs it: `oci ce cluster get` shows some of it" },
    ),
    ("vke.vultr.com/", VULTR),
];

/// Whom a label of a node is of.
pub(super) fn by_label(key: &str) -> Option<&'static Operator> {
    LABELS.iter().find(|(start, _)| key.starts_with(start)).map(|(_, operator)| operator)
}

/// Who runs it; `None` where nothing tells.
pub(super) fn recognise(
    host: &str,
    version: Option<&Version>,
    nodes: &[Node],
    evidence: &[Evidence],
) -> Option<Operator> {
    let suffix = version.map_or("", |version| version.suffix.as_str());
    if let Some((_, operator)) = SUFFIXES.iter().find(|(mark, _)| suffix.starts_with(mark)) {
        return Some(*operator);
    }
    let name = host.split(['/', ':']).next().unwrap_or_default();
    if let Some((_, operator)) = HOSTS.iter().find(|(end, _)| name.ends_with(end)) {
        return Some(*operator);
    }
    let served = evidence.iter().filter(|piece| piece.kind == Kind::Discovery).find_map(|piece| match &piece.body {
        Body::Text(text) => Some(text),
        _ => None,
    });
    if served.is_some_and(|text| text.contains("\"config.openshift.io\"")) {
        return Some(OPENSHIFT);
    }
    if nodes.iter().any(|node| node.system.starts_with("Talos")) {
        return Some(TALOS);
    }
    let all = |prefix: &str| !nodes.is_empty() && nodes.iter().all(|node| node.name.starts_with(prefix));
    if all("aks-") {
        return Some(AKS);
    }
    // The kubelets of a service carry its suffix where its API server does not.
    let by_kubelet = nodes.iter().filter_map(|node| node.version.as_ref()).find_map(|version| {
        SUFFIXES.iter().find(|(mark, _)| version.suffix.starts_with(mark)).map(|(_, operator)| *operator)
    });
    by_kubelet.or_else(|| nodes.iter().find_map(|node| node.operator).copied())
}

#[cfg(test)]
mod tests {
    use model::{EvidenceId, Location, Plane};

    use super::*;

    fn node(name: &str, version: &str, system: &str) -> Node {
        Node {
            name: name.to_owned(),
            version: version.parse().ok(),
            address: None,
            system: system.to_owned(),
            runtime: String::new(),
            operator: None,
            at: Location::whole(EvidenceId::new("https://h/api/v1/nodes"), Plane::Running),
        }
    }

    #[test]
    fn a_service_is_run_by_somebody_else() {
        assert!(service("eks").is_some_and(|who| who.starts_with("AWS")));
        assert!(service("doks").is_some_and(|who| who.starts_with("DigitalOcean")));
        assert_eq!((service("k3s"), service("talos"), service("kubeadm")), (None, None, None));
    }

    #[test]
    fn an_operator_is_told_by_what_is_its_own() {
        let known = |host: &str, version: &str, nodes: &[Node]| {
            recognise(host, version.parse().ok().as_ref(), nodes, &[]).map(|operator| operator.name)
        };
        for (host, version, expected) in [
            ("10.0.0.1:6443", "v1.33.5-eks-113cf36", Some("eks")),
            ("10.0.0.1", "v1.33.5-gke.1080000", Some("gke")),
            ("10.0.0.1", "v1.33.5+k3s1", Some("k3s")),
            ("abc.hcp.westeurope.azmk8s.io:443", "v1.33.5", Some("aks")),
            ("azmk8s.io.example.org", "v1.33.5", None),
            ("10.0.0.1", "v1.33.5", None),
        ] {
            assert_eq!(known(host, version, &[]), expected, "{host} {version}");
        }
        assert_eq!(known("h", "v1.33.5", &[node("aks-nodepool1-1", "v1.33.5", "")]), Some("aks"));
        assert_eq!(known("h", "v1.33.5", &[node("n", "v1.33.5", "Talos (v1.11.0)")]), Some("talos"));
        assert_eq!(known("h", "v1.33.5", &[node("n", "v1.33.1-eks-ba24e9c", "")]), Some("eks"));
        for (label, expected) in [
            ("oke.oraclecloud.com/pool.name", Some("oke")),
            ("doks.digitalocean.com/node-pool", Some("doks")),
            ("kubernetes.azure.com/node-image-version", Some("aks")),
            ("kubernetes.io/os", None),
        ] {
            let node = Node { operator: by_label(label), ..node("n", "v1.33.5", "") };
            assert_eq!(known("10.0.0.1", "v1.33.5", &[node]), expected, "{label}");
        }
    }
}
