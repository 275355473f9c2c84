//! Which namespaces are the system's, and which are somebody's.

/// Those that every cluster has.
pub(super) const BUILT_IN: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// Beginnings of names that a distribution or an add-on has for its own.
const OF_THE_SYSTEM: [&str; 15] = [
    "aks-",
    "amazon-",
    "calico-",
    "cattle-",
    "fleet-default",
    "fleet-local",
    "gke-",
    "gmp-",
    "kube-",
    "local-path-storage",
    "openshift",
    "rook-ceph",
    "system-upgrade",
    "tigera-",
    "kubernetes-dashboard",
];

/// Whether people run what they want to run there.
pub(super) fn is_somebodys(name: &str) -> bool {
    !BUILT_IN.contains(&name) && !OF_THE_SYSTEM.iter().any(|start| name.starts_with(start))
}
