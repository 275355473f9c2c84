//! What distributions ship beside Kubernetes: bindings by their names, roles and subjects.
//!
//! All three have to be theirs, and a subject is one that they alone can give out: whoever binds `jane` to their role has
//! added something. A star stands for any text.

mod installed;

use super::shipped::{Era, SHIPPED, subject as named};
use crate::objects::{Binding, Subject, SubjectKind};
use installed::INSTALLED;

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
    // manifests/rolebindings.yaml, ccm.yaml, coredns.yaml, local-storage.yaml and metrics-server/ of k3s, 1.20 to 1.35; what
    // it installs as a chart is installed by an account that may do everything (`roleBinding` in
    // pkg/controllers/chart/chart.go of k3s-io/helm-controller).
    known("k3s", "kube-apiserver-kubelet-admin", "system:kubelet-api-admin", "User/kube-apiserver"),
    known("k3s", "system:k3s-controller", "system:k3s-controller", "User/system:k3s-controller"),
    known("k3s", "k3s-cloud-controller-manager", "k3s-cloud-controller-manager", "User/k3s-cloud-controller-manager"),
    known(
        "k3s",
        "k3s-cloud-controller-manager-auth-delegator",
        "system:auth-delegator",
        "User/k3s-cloud-controller-manager",
    ),
    known(
        "k3s",
        "kube-system/k3s-cloud-controller-manager-authentication-reader",
        "extension-apiserver-authentication-reader",
        "User/k3s-cloud-controller-manager",
    ),
    known(
        "k3s",
        "local-path-provisioner-bind",
        "local-path-provisioner-role",
        "ServiceAccount/kube-system/local-path-provisioner-service-account",
    ),
    known("k3s", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    known("k3s", "helm-kube-system-traefik*", "cluster-admin", "ServiceAccount/kube-system/helm-traefik*"),
    known("k3s", "traefik-kube-system", "traefik-kube-system", "ServiceAccount/kube-system/traefik"),
    // `clusterRoleBindings` and `roleBindings` in pkg/rke2/clusterrole.go and clusterrole_templates.go of rke2, 1.19 to 1.35;
    // its charts are installed as k3s does.
    known("rke2", "kube-apiserver-kubelet-admin", "system:kubelet-api-admin", "User/kube-apiserver"),
    known("rke2", "system:rke2-controller", "system:rke2-controller", "User/system:rke2-controller"),
    known("rke2", "system:kube-proxy", "system:kube-proxy", "User/system:kube-proxy"),
    known(
        "rke2",
        "rke2-cloud-controller-manager",
        "rke2-cloud-controller-manager",
        "User/rke2-cloud-controller-manager",
    ),
    known(
        "rke2",
        "rke2-cloud-controller-manager-auth-delegator",
        "system:auth-delegator",
        "User/rke2-cloud-controller-manager",
    ),
    known(
        "rke2",
        "kube-system/rke2-cloud-controller-manager-authentication-reader",
        "extension-apiserver-authentication-reader",
        "User/rke2-cloud-controller-manager",
    ),
    known("rke2", "helm-kube-system-rke2-*", "cluster-admin", "ServiceAccount/kube-system/helm-rke2-*"),
    known("rke2", "*", "*", "ServiceAccount/kube-system/rke2-*"),
    known("rke2", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    // The operators of OpenShift keep their accounts in namespaces that nobody else may make (`openshift-` is refused to
    // users by its project request). The others are those of `GetOpenshiftBootstrapClusterRoleBindings`
    // (pkg/bootstrappolicy/policy.go of openshift-apiserver, 4.2) and of the three accounts that every project has.
    known("openshift", "*", "*", "ServiceAccount/openshift/*"),
    known("openshift", "*", "*", "ServiceAccount/openshift-*"),
    known("openshift", "cluster-admins", "cluster-admin", "Group/system:cluster-admins"),
    known("openshift", "cluster-admins", "cluster-admin", "User/system:admin"),
    known("openshift", "cluster-readers", "cluster-reader", "Group/system:cluster-readers"),
    known("openshift", "cluster-status-binding", "cluster-status", "Group/system:*authenticated"),
    known("openshift", "basic-users", "basic-user", "Group/system:authenticated"),
    known("openshift", "self-access-reviewers", "self-access-reviewer", "Group/system:*authenticated"),
    known("openshift", "self-provisioners", "self-provisioner", "Group/system:authenticated:oauth"),
    known("openshift", "system:masters", "system:master", "Group/system:masters"),
    known("openshift", "system:node-admins", "system:node-admin", "Group/system:node-admins"),
    known("openshift", "system:node-proxiers", "system:node-proxier", "Group/system:nodes"),
    known("openshift", "system:sdn-readers", "system:sdn-reader", "Group/system:nodes"),
    known("openshift", "system:oauth-token-deleters", "system:oauth-token-deleter", "Group/system:*authenticated"),
    known("openshift", "system:scope-impersonation", "system:scope-impersonation", "Group/system:*authenticated"),
    known("openshift", "system:webhooks", "system:webhook", "Group/system:*authenticated"),
    known("openshift", "system:build-strategy-*-binding", "system:build-strategy-*", "Group/system:authenticated"),
    // plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go of openshift/kubernetes carries these two.
    known("openshift", "system:openshift:discovery", "system:openshift:discovery", "Group/system:authenticated"),
    known(
        "openshift",
        "system:openshift:public-info-viewer",
        "system:openshift:public-info-viewer",
        "Group/system:*authenticated",
    ),
    known("openshift", "system:openshift:*", "system:openshift:*", "User/system:kube-*"),
    // manifests/04-rbac-rolebinding-cluster.yaml of openshift/console-operator.
    known("openshift", "console-extensions-reader", "console-extensions-reader", "Group/system:authenticated"),
    known("openshift", "cloud-controller-manager", "cloud-controller-manager", "ServiceAccount/kube-system/*"),
    known("openshift", "*/system:image-pullers", "system:image-puller", "Group/system:serviceaccounts:*"),
    known("openshift", "*/system:image-builders", "system:image-builder", "ServiceAccount/*/builder"),
    known("openshift", "*/system:deployers", "system:deployer", "ServiceAccount/*/deployer"),
    // Users and groups whose names begin with `eks:` are AWS's alone ("Default Amazon EKS created Kubernetes roles and users"
    // in the EKS user guide); the bindings as clusters of 1.23 to 1.33 list them.
    known("eks", "eks:*", "*", "User/eks:*"),
    known("eks", "eks:*", "*", "Group/eks:*"),
    known("eks", "eks:*", "eks:*", "ServiceAccount/kube-system/*"),
    known("eks", "eks:*", "system:node-proxier", "ServiceAccount/kube-system/kube-proxy"),
    known("eks", "eks:node-bootstrapper", "eks:node-bootstrapper", "Group/system:bootstrappers"),
    known("eks", "eks:node-bootstrapper", "eks:node-bootstrapper", "Group/system:nodes"),
    known("eks", "*/eks:*", "*", "User/eks:*"),
    known("eks", "aws-node", "aws-node", "ServiceAccount/kube-system/aws-node"),
    known(
        "eks",
        "vpc-resource-controller-rolebinding",
        "vpc-resource-controller-role",
        "User/eks:vpc-resource-controller",
    ),
    known(
        "eks",
        "kube-system/eks-vpc-resource-controller-rolebinding",
        "eks-vpc-resource-controller-role",
        "User/eks:vpc-resource-controller",
    ),
    known("eks", "system:coredns", "system:coredns", "ServiceAccount/kube-system/coredns"),
    // cluster/addons and cluster/gce/addons of Kubernetes 1.20, from which the clusters of Google are made; and what those of
    // 1.24 and 1.29 list beside it.
    known("gke", "gce:beta:kubelet-certificate-bootstrap", "gce:beta:kubelet-certificate-bootstrap", "User/kubelet*"),
    known(
        "gke",
        "gce:beta:kubelet-certificate-rotation",
        "gce:beta:kubelet-certificate-rotation",
        "Group/system:nodes",
    ),
    known("gke", "*gce:cloud-provider", "gce:cloud-provider", "ServiceAccount/kube-system/cloud-provider"),
    known("gke", "*gce:podsecuritypolicy:*", "gce:podsecuritypolicy:*", "ServiceAccount/kube-system/*"),
    known("gke", "*gce:podsecuritypolicy:*", "gce:podsecuritypolicy:*", "Group/system:serviceaccounts:kube-system"),
    known("gke", "*gce:podsecuritypolicy:*", "gce:podsecuritypolicy:*", "Group/system:nodes"),
    known("gke", "*gce:podsecuritypolicy:*", "gce:podsecuritypolicy:*", "User/kubelet"),
    known("gke", "cluster-autoscaler", "cluster-autoscaler", "User/cluster-autoscaler"),
    known("gke", "cluster-autoscaler-updateinfo", "read-updateinfo", "User/cluster-autoscaler"),
    known("gke", "kube-apiserver-kubelet-api-admin", "kubelet-api-admin", "User/kube-apiserver"),
    known("gke", "kubelet-bootstrap*", "system:node-bootstrapper", "User/kubelet"),
    known("gke", "kubelet-nodepool-bootstrap*", "*", "User/kubelet-nodepool-bootstrap"),
    known("gke", "kubelet-*", "system:*", "User/kubelet*"),
    known("gke", "npd-binding", "system:node-problem-detector", "User/system:node-problem-detector"),
    known("gke", "npd-binding", "system:node-problem-detector", "ServiceAccount/kube-system/node-problem-detector"),
    known("gke", "storage-version-migration-migrator-v2", "cluster-admin", "User/system:storageversionmigrator"),
    known("gke", "*system:controller:glbc", "system:controller:glbc", "User/system:controller:glbc"),
    known("gke", "system:glbc-status", "system:glbc-status", "User/system:controller:glbc"),
    known("gke", "system:glbc-status", "system:glbc-status", "User/system:l7-lb-controller"),
    known("gke", "system:konnectivity-server", "system:auth-delegator", "User/system:konnectivity-server"),
    known("gke", "system:kube-proxy", "system:node-proxier", "ServiceAccount/kube-system/kube-proxy"),
    known(
        "gke",
        "system:kube-dns-autoscaler",
        "system:kube-dns-autoscaler",
        "ServiceAccount/kube-system/kube-dns-autoscaler",
    ),
    // No client certificate, token or account of anybody else has such a name: the prefix is the system's.
    known("gke", "*", "*", "User/system:gke-*"),
    known("gke", "*", "*", "User/system:gcp-*"),
    known("gke", "*", "*", "ServiceAccount/gke-managed-*"),
    known("gke", "event-exporter-rb", "view", "ServiceAccount/kube-system/event-exporter-sa"),
    known("gke", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    // What clusters of 1.24 list; the three about certificates are those of the Kubernetes documentation
    // (reference/access-authn-authz/kubelet-tls-bootstrapping), `system:kube-proxy` is cluster/addons/kube-proxy, 1.20.
    known("aks", "aks-cluster-admin-binding", "cluster-admin", "User/clusterAdmin"),
    known("aks", "aks-cluster-admin-binding", "cluster-admin", "User/clusterUser"),
    known("aks", "aks-service-rolebinding", "aks-service", "User/aks-support"),
    known(
        "aks",
        "auto-approve-csrs-for-group",
        "system:certificates.k8s.io:certificatesigningrequests:nodeclient",
        "Group/system:bootstrappers",
    ),
    known(
        "aks",
        "auto-approve-renewals-for-nodes",
        "system:certificates.k8s.io:certificatesigningrequests:selfnodeclient",
        "Group/system:nodes",
    ),
    known("aks", "create-csrs-for-bootstrapping", "system:node-bootstrapper", "Group/system:bootstrappers"),
    known("aks", "system:aks-client-nodes", "system:node", "Group/system:nodes"),
    known(
        "aks",
        "system:azure-cloud-provider*",
        "system:azure-cloud-provider*",
        "ServiceAccount/kube-system/azure-cloud-provider",
    ),
    known(
        "aks",
        "system:persistent-volume-binding",
        "system:persistent-volume-secret-operator",
        "ServiceAccount/kube-system/persistent-volume-binder",
    ),
    known("aks", "system:kube-proxy", "system:node-proxier", "ServiceAccount/kube-system/kube-proxy"),
    known("aks", "cloud-node-manager", "cloud-node-manager", "ServiceAccount/kube-system/cloud-node-manager"),
    known("aks", "csi-azure*", "csi-azure*", "ServiceAccount/kube-system/csi-azure*"),
    known("aks", "*metrics-server*", "*", "ServiceAccount/kube-system/metrics-server"),
    known(
        "aks",
        "system:coredns-autoscaler",
        "system:coredns-autoscaler",
        "ServiceAccount/kube-system/coredns-autoscaler",
    ),
];

/// Who ships the binding with that subject, if anybody does.
pub(super) fn ships(binding: &Binding, of: &Subject, era: &Era, distribution: Option<&str>) -> Option<&'static str> {
    let account = of.kind == SubjectKind::ServiceAccount;
    let home = if account && of.namespace.is_empty() { &binding.meta.namespace } else { &of.namespace };
    let subject = named(of.kind, home, &of.name);
    let namespace = if binding.of_cluster { "" } else { &*binding.meta.namespace };
    if SHIPPED.binds(namespace, &binding.meta.name, &binding.role.name, &subject, era) {
        return Some("Kubernetes");
    }
    let name =
        if binding.of_cluster { binding.meta.name.to_string() } else { format!("{namespace}/{}", binding.meta.name) };
    let matches = |known: &&Known| {
        (known.by == KUBEADM || distribution.is_some_and(|name| name.eq_ignore_ascii_case(known.by)))
            && glob(known.binding, &name)
            && glob(known.role, &binding.role.name)
            && glob(known.subject, &subject)
    };
    KNOWN.iter().chain(INSTALLED).find(matches).map(|known| known.by)
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
    use model::{EvidenceId, Location, Plane, Span};

    use super::*;
    use crate::objects::{Meta, RoleRef};

    /// Who ships a binding with a subject, both named as the table names them.
    fn shipped(distribution: &str, binding: &str, role: &str, subject: &str) -> Option<&'static str> {
        let (namespace, name) = binding.split_once('/').unwrap_or(("", binding));
        let span = Span::new(0, 0);
        let meta = Meta {
            namespace: namespace.into(),
            name: name.into(),
            labels: Vec::new(),
            annotations: Vec::new(),
            at: Location::whole(EvidenceId::new("a"), Plane::Running),
        };
        let (kind, who) = subject.split_once('/').expect("a kind");
        let (kind, home, who) = match kind {
            "User" => (SubjectKind::User, "", who),
            "Group" => (SubjectKind::Group, "", who),
            _ => {
                let (home, who) = who.split_once('/').expect("a namespace");
                (SubjectKind::ServiceAccount, home, who)
            }
        };
        let subject = Subject { kind, name: who.into(), namespace: home.into(), span };
        let role = RoleRef { of_cluster: true, name: role.into(), span };
        let binding = Binding { meta, of_cluster: namespace.is_empty(), role, subjects: vec![subject.clone()] };
        ships(&binding, &subject, &Era::of(None, None), Some(distribution))
    }

    #[test]
    fn a_distribution_is_known_by_any_spelling_of_its_name() {
        assert!(shipped("OpenShift", "cluster-admins", "cluster-admin", "User/system:admin").is_some());
        assert!(shipped("Talos", "cluster-admins", "cluster-admin", "User/system:admin").is_none());
    }

    #[test]
    fn a_binding_is_a_distributions_by_all_that_it_names() {
        for (by, binding, role, subject) in [
            ("rke2", "system:kube-proxy", "system:kube-proxy", "User/system:kube-proxy"),
            (
                "k3s",
                "kube-system/k3s-cloud-controller-manager-authentication-reader",
                "extension-apiserver-authentication-reader",
                "User/k3s-cloud-controller-manager",
            ),
            ("eks", "eks:addon-cluster-admin", "cluster-admin", "User/eks:addon-manager"),
            ("eks", "eks:node-bootstrapper", "eks:node-bootstrapper", "Group/system:bootstrappers"),
            ("gke", "kube-apiserver-kubelet-api-admin", "kubelet-api-admin", "User/kube-apiserver"),
            ("gke", "event-exporter-rb", "view", "ServiceAccount/kube-system/event-exporter-sa"),
            ("aks", "aks-cluster-admin-binding", "cluster-admin", "User/clusterUser"),
            ("openshift", "system:sdn-readers", "system:sdn-reader", "Group/system:nodes"),
            ("Talos", "system:talos-nodes", "system:talos-nodes", "Group/system:nodes"),
            ("k0s", "k0s-autopilot/system:nodes:autopilot", "system:nodes:autopilot", "Group/system:nodes"),
            ("MicroK8s", "microk8s-admin", "admin", "User/front-proxy-client"),
            ("kops", "kops:system:kubelet-api-admin", "system:kubelet-api-admin", "User/kubelet-api"),
        ] {
            assert_eq!(shipped(by, binding, role, subject), Some(by), "{binding}");
            assert_eq!(shipped("kind", binding, role, subject), None, "{binding} of another");
            assert_eq!(shipped(by, binding, role, "User/jane"), None, "{binding} of somebody else");
        }
        // A name like theirs makes no binding theirs.
        assert_eq!(shipped("aks", "aks-mine", "cluster-admin", "User/aks-me"), None);
        assert_eq!(shipped("minikube", "minikube-rbac", "cluster-admin", "ServiceAccount/kube-system/default"), None);
        assert_eq!(shipped("eks", "eks:mine", "cluster-admin", "ServiceAccount/kube-system/mine"), None);
    }

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
