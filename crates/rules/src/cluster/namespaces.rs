//! Which namespaces are the system's, and which are somebody's.

/// Those that every cluster has.
pub(crate) const BUILT_IN: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

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
pub(crate) fn is_somebodys(name: &str) -> bool {
    !BUILT_IN.contains(&name) && !OF_THE_SYSTEM.iter().any(|start| name.starts_with(start))
}

/// Whether pods of people may run there: also in the one that everybody gets who names none.
pub(crate) fn runs_peoples_pods(name: &str) -> bool {
    name == "default" || is_somebodys(name)
}
