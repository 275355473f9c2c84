//! What is asked of kubelets, through the API server, and where their configuration is kept in a cluster.

use model::{Gap, GapKind, Kind, Version};

use super::{
    Ask, Right,
    asks::{FLAGZ, PLAIN},
};

/// What stands in an address between the API server and the kubelet of a node, before and behind the node's name.
const PROXY: (&str, &str) = ("/api/v1/nodes/", "/proxy");

/// To get something from a kubelet through the API server. The names of 1.32 for parts of a kubelet's API (`nodes/configz`) are
/// asked about by the kubelet itself, of who speaks with it (pkg/kubelet/server/auth.go); on this way that is the API server,
/// which wants `nodes/proxy` of its caller whatever the path (apiserver pkg/endpoints/request/requestinfo.go).
const OF_A_NODE: Right = Right::Resource { verb: "get", group: "", resource: "nodes/proxy", namespace: "", name: "" };

/// What is asked of each kubelet, where the user wants that; the paths are those of the kubelet.
pub const OF_KUBELETS: &[Ask] =
    &[Ask { path: "/configz", kind: Kind::Configz, right: OF_A_NODE, ..PLAIN }, Ask { right: OF_A_NODE, ..FLAGZ }];

/// Why what the kubelet of a node runs with is not known.
pub fn kubelet_gap(node: &str, why: &str) -> Gap {
    let (of, wanted) = match node {
        EVERY_NODE => ("the kubelets of all nodes".to_owned(), "the kubelets of all nodes".to_owned()),
        node => (format!("the kubelet of `{node}`"), format!("the kubelet of {node}")),
    };
    Gap {
        kind: GapKind::Unread,
        reason: format!("{of} could not be asked: {why}"),
        wanted,
        who_could_answer: "the arguments and the file of the kubelet, on its node".to_owned(),
    }
}

/// Stands in place of a node's name for nodes that could not be asked.
pub const EVERY_NODE: &str = "*";

/// Where the kubelet of a node is asked, below the address of an API server; `None` for a name that no node can have
/// (apimachinery pkg/util/validation, IsDNS1123Subdomain), which could lead elsewhere.
pub fn proxy(node: &str) -> Option<String> {
    let is_inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let is_a_name = !node.is_empty()
        && node.len() <= 253
        && node.bytes().all(is_inside)
        && node.split('.').all(|part| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-'));
    (is_a_name || node == EVERY_NODE).then(|| format!("{}{node}{}", PROXY.0, PROXY.1))
}

/// Where kubeadm keeps what the kubelets of all nodes are given.
pub const KUBELET_CONFIGURATION: &str = "/api/v1/namespaces/kube-system/configmaps/kubelet-config";

/// Where it kept them before 1.24, when the name had the release in it (kubeadm's gate UnversionedKubeletConfigMap).
const OLDER_KUBELET_CONFIGURATIONS: [&str; 13] = [
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.11",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.12",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.13",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.14",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.15",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.16",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.17",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.18",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.19",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.20",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.21",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.22",
    "/api/v1/namespaces/kube-system/configmaps/kubelet-config-1.23",
];

/// The names of those that a right to read one is a right to read as well.
pub fn older_names(name: &str) -> impl Iterator<Item = &'static str> {
    let is_meant = KUBELET_CONFIGURATION.ends_with(&format!("/{name}"));
    let names = OLDER_KUBELET_CONFIGURATIONS.into_iter().filter_map(|path| path.rsplit('/').next());
    names.filter(move |_| is_meant)
}

/// Where kubeadm keeps it in a cluster that says of itself to be of such a release; `None` where it has but the one name.
pub fn kubelet_configuration(version: &str) -> Option<&'static str> {
    let version: serde_json::Value = serde_json::from_str(version).ok()?;
    let release: Version = version.get("gitVersion")?.as_str()?.parse().ok()?;
    let end = format!("-{}", release.minor);
    OLDER_KUBELET_CONFIGURATIONS.into_iter().find(|path| path.ends_with(&end))
}

/// Whether it is asked for the sake of kubelets alone.
pub fn is_of_kubelets(ask: &Ask) -> bool {
    ask.right == OF_A_NODE || ask.path == KUBELET_CONFIGURATION
}

/// The node whose kubelet an answer is of, by the name of the evidence.
pub(crate) fn node_of(name: &str) -> Option<&str> {
    let before = OF_KUBELETS.iter().find_map(|ask| name.strip_suffix(ask.path))?;
    let (_, node) = before.strip_suffix(PROXY.1)?.rsplit_once(PROXY.0)?;
    (!node.contains('/')).then_some(node)
}
