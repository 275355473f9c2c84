//! What distributions ship beside Kubernetes: bindings by their names, roles and subjects.
//!
//! All three have to be theirs, and a subject is one that they alone can give out: whoever binds `jane` to their role has
//! added something. A star stands for any text.

use super::shipped::{SHIPPED, subject as named};
use crate::objects::{Binding, Subject, SubjectKind};

struct Known {
    /// Whose it is; `kubeadm`'s is known everywhere, since nothing tells a cluster that it made from another.
    by: &'static str,
    binding: &'static str,
    role: &'static str,
    subject: &'static str,
}

const fn known(by: &'static str, binding: &'static str, role: &'static str, subject: &'static str) -> Known {
    Known { by, binding, role, subject }
}

const KUBEADM: &str = "kubeadm";
const TOKENS: &str = "Group/system:bootstrappers:kubeadm:default-node-token";

const KNOWN: &[Known] = &[
    // cmd/kubeadm/app/phases/bootstraptoken/node/tlsbootstrap.go and clusterinfo.go, uploadconfig, addons and kubeconfig,
    // 1.36 and before; `kubelet-config-1.x` until 1.24.
    known(KUBEADM, "kubeadm:kubelet-bootstrap", "system:node-bootstrapper", TOKENS),
    known(KUBEADM, "kubeadm:get-nodes", "kubeadm:get-nodes", TOKENS),
    known(
        KUBEADM,
        "kubeadm:node-autoapprove-bootstrap",
        "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        TOKENS,
    ),
    known(
        KUBEADM,
        "kubeadm:node-autoapprove-certificate-rotation",
        "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        "Group/system:nodes",
    ),
    known(KUBEADM, "kubeadm:node-proxier", "system:node-proxier", "ServiceAccount/kube-system/kube-proxy"),
    known(KUBEADM, "kubeadm:cluster-admins", "cluster-admin", "Group/kubeadm:cluster-admins"),
    known(KUBEADM, "system:coredns", "system:coredns", "ServiceAccount/kube-system/coredns"),
    known(
        KUBEADM,
        "kube-public/kubeadm:bootstrap-signer-clusterinfo",
        "kubeadm:bootstrap-signer-clusterinfo",
        "User/system:anonymous",
    ),
    known(KUBEADM, "kube-system/kube-proxy", "kube-proxy", TOKENS),
    known(KUBEADM, "kube-system/kubeadm:kubelet-config*", "kubeadm:kubelet-config*", "Group/system:nodes"),
    known(KUBEADM, "kube-system/kubeadm:kubelet-config*", "kubeadm:kubelet-config*", TOKENS),
    known(KUBEADM, "kube-system/kubeadm:nodes-kubeadm-config", "kubeadm:nodes-kubeadm-config", "Group/system:nodes"),
    known(KUBEADM, "kube-system/kubeadm:nodes-kubeadm-config", "kubeadm:nodes-kubeadm-config", TOKENS),
    // manifests/ of k3s 1.35 and before: rolebindings.yaml, ccm.yaml, local-storage.yaml, metrics-server; the rest is made by
    // its helm controller (pkg/deploy, pkg/server of k3s).
    known("k3s", "kube-apiserver-kubelet-admin", "system:kubelet-api-admin", "User/kube-apiserver"),
    known("k3s", "system:k3s-controller", "system:k3s-controller", "User/system:k3s-controller"),
    known("k3s", "k3s-cloud-controller-manager*", "k3s-cloud-controller-manager", "User/k3s-cloud-controller-manager"),
    known("k3s", "k3s-cloud-controller-manager*", "system:auth-delegator", "User/k3s-cloud-controller-manager"),
    known(
        "k3s",
        "local-path-provisioner-bind",
        "local-path-provisioner-role",
        "ServiceAccount/kube-system/local-path-provisioner-service-account",
    ),
    known("k3s", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    known("k3s", "helm-kube-system-traefik*", "cluster-admin", "ServiceAccount/kube-system/helm-traefik*"),
    known("k3s", "traefik-kube-system", "traefik-kube-system", "ServiceAccount/kube-system/traefik"),
    known("rke2", "kube-apiserver-kubelet-admin", "system:kubelet-api-admin", "User/kube-apiserver"),
    known("rke2", "system:rke2-controller", "system:rke2-controller", "User/system:rke2-controller"),
    known("rke2", "rke2-cloud-controller-manager*", "*", "User/rke2-cloud-controller-manager"),
    known("rke2", "helm-kube-system-rke2-*", "cluster-admin", "ServiceAccount/kube-system/helm-rke2-*"),
    known("rke2", "*", "*", "ServiceAccount/kube-system/rke2-*"),
    known("rke2", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    // The operators of OpenShift keep their accounts in namespaces that nobody else may make (`openshift-` is refused to
    // users by its project request).
    known("openshift", "*", "*", "ServiceAccount/openshift/*"),
    known("openshift", "*", "*", "ServiceAccount/openshift-*"),
    known("openshift", "cluster-admins", "cluster-admin", "Group/system:cluster-admins"),
    known("openshift", "cluster-admins", "cluster-admin", "User/system:admin"),
    known("openshift", "cluster-readers", "cluster-reader", "Group/system:cluster-readers"),
    known("openshift", "cluster-status-binding", "cluster-status", "Group/system:*authenticated"),
    known("openshift", "basic-users", "basic-user", "Group/system:authenticated"),
    known("openshift", "self-access-reviewers", "self-access-reviewer", "Group/system:*authenticated"),
    known("openshift", "self-provisioners", "self-provisioner", "Group/system:authenticated:oauth"),
    known("openshift", "system:oauth-token-deleters", "system:oauth-token-deleter", "Group/system:*authenticated"),
    known("openshift", "system:scope-impersonation", "system:scope-impersonation", "Group/system:*authenticated"),
    known("openshift", "system:webhooks", "system:webhook", "Group/system:*authenticated"),
    known("openshift", "system:build-strategy-*-binding", "system:build-strategy-*", "Group/system:authenticated"),
    known("openshift", "system:openshift:*", "system:openshift:*", "Group/system:*authenticated"),
    known("openshift", "system:openshift:*", "system:openshift:*", "User/system:kube-*"),
    known("openshift", "helm-chartrepos-viewer", "helm-chartrepos-viewer", "Group/system:authenticated"),
    known("openshift", "console-extensions-reader", "console-extensions-reader", "Group/system:authenticated"),
    known("openshift", "cloud-controller-manager", "cloud-controller-manager", "ServiceAccount/kube-system/*"),
    known("openshift", "*/system:image-pullers", "system:image-puller", "Group/system:serviceaccounts:*"),
    known("openshift", "*/system:image-builders", "system:image-builder", "ServiceAccount/*/builder"),
    known("openshift", "*/system:deployers", "system:deployer", "ServiceAccount/*/deployer"),
    // What the services bind in every cluster that they make, as their clusters list it; users and groups of these names come
    // from their authenticators alone.
    known("eks", "eks:*", "eks:*", "User/eks:*"),
    known("eks", "eks:*", "*", "Group/eks:*"),
    known("eks", "eks:*", "*", "ServiceAccount/kube-system/*"),
    known("eks", "eks:*", "system:node-proxier", "ServiceAccount/kube-system/kube-proxy"),
    known("eks", "*/eks:*", "*", "User/eks:*"),
    known("eks", "*/eks*", "eks*", "ServiceAccount/kube-system/*"),
    known("eks", "aws-node", "aws-node", "ServiceAccount/kube-system/aws-node"),
    known(
        "eks",
        "vpc-resource-controller-rolebinding",
        "vpc-resource-controller-role",
        "User/eks:vpc-resource-controller",
    ),
    known("eks", "system:coredns", "system:coredns", "ServiceAccount/kube-system/coredns"),
    known("gke", "gce:*", "gce:*", "User/kubelet*"),
    known("gke", "gce:*", "gce:*", "ServiceAccount/kube-system/cloud-provider"),
    known("gke", "gke:*", "*", "User/*@container-engine-robot.iam.gserviceaccount.com"),
    known("gke", "kube-apiserver-kubelet-api-admin", "system:kubelet-api-admin", "User/kube-apiserver"),
    known("gke", "kubelet-bootstrap*", "system:node-bootstrapper", "User/kubelet"),
    known("gke", "kubelet-*", "system:*", "User/kubelet*"),
    known("gke", "*", "*", "User/system:gke-*"),
    known("gke", "*", "*", "User/system:gcp-*"),
    known("gke", "*", "*", "ServiceAccount/gke-managed-*"),
    known("gke", "event-exporter-*", "*", "ServiceAccount/kube-system/event-exporter-sa"),
    known("gke", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    known("aks", "aks-cluster-admin-binding", "cluster-admin", "User/clusterAdmin"),
    known("aks", "aks-service-rolebinding", "aks-service", "User/aks-support"),
    known("aks", "aks-*", "*", "User/aks-*"),
    known("aks", "*", "*", "ServiceAccount/kube-system/cloud-node-manager"),
    known("aks", "csi-azure*", "csi-azure*", "ServiceAccount/kube-system/csi-azure*"),
    known("aks", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    known("aks", "coredns*", "*", "ServiceAccount/kube-system/coredns*"),
];

/// Who ships the binding with that subject, if anybody does.
pub(super) fn ships(binding: &Binding, of: &Subject, distribution: Option<&str>) -> Option<&'static str> {
    let account = of.kind == SubjectKind::ServiceAccount;
    let home = if account && of.namespace.is_empty() { &binding.meta.namespace } else { &of.namespace };
    let subject = named(of.kind, home, &of.name);
    let namespace = if binding.of_cluster { "" } else { &*binding.meta.namespace };
    if SHIPPED.binds(namespace, &binding.meta.name, &binding.role.name, &subject) {
        return Some("Kubernetes");
    }
    let name =
        if binding.of_cluster { binding.meta.name.to_string() } else { format!("{namespace}/{}", binding.meta.name) };
    let matches = |known: &&Known| {
        (known.by == KUBEADM || distribution == Some(known.by))
            && glob(known.binding, &name)
            && glob(known.role, &binding.role.name)
            && glob(known.subject, &subject)
    };
    KNOWN.iter().find(matches).map(|known| known.by)
}

/// Whether a pattern matches the whole text; `*` is any text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return text.ends_with(part);
        }
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_held_against_the_whole_text() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*b", "ab", true),
            ("*a*", "bab", true),
            ("*/a", "n/a", true),
            ("*/a", "a", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c", false),
            ("*", "", true),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
