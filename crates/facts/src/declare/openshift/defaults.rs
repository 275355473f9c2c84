//! What the operator of OpenShift starts every API server with, whatever it is told (cluster-kube-apiserver-operator,
//! bindata/assets/config/defaultconfig.yaml and config-overrides.yaml, release-4.6 to release-4.23; who authorizes also in
//! pkg/operator/configobservation/node/observe_authorization_mode.go). Before 4.6 it wrote fields in the place of arguments,
//! and those are not read here.
//!
//! OpenShift 4.N has Kubernetes 1.(N+13) in it.

use crate::{declare::layers::Layers, within};

/// The Kubernetes in the first release of which it is known.
pub(super) const FIRST: u16 = 19;

/// Each flag with its values, in the releases of Kubernetes from and to which it is there.
const ADDED: [(&str, &[&str], (u16, u16)); 62] = [
    ("allow-privileged", &["true"], ALL),
    ("anonymous-auth", &["true"], ALL),
    ("api-audiences", &["https://kubernetes.default.svc"], ALL),
    ("audit-log-format", &["json"], ALL),
    ("audit-log-maxbackup", &["10"], ALL),
    ("audit-log-maxsize", &["100"], (FIRST, 25)),
    ("audit-log-maxsize", &["200"], (26, u16::MAX)),
    ("audit-log-path", &["/var/log/kube-apiserver/audit.log"], ALL),
    (
        "audit-policy-file",
        &["/etc/kubernetes/static-pod-resources/configmaps/kube-apiserver-audit-policies/default.yaml"],
        (FIRST, 21),
    ),
    (
        "audit-policy-file",
        &["/etc/kubernetes/static-pod-resources/configmaps/kube-apiserver-audit-policies/policy.yaml"],
        (22, u16::MAX),
    ),
    ("authorization-mode", &["Scope", "SystemMasters", "RBAC", "Node"], ALL),
    ("client-ca-file", &["/etc/kubernetes/static-pod-certs/configmaps/client-ca/ca-bundle.crt"], ALL),
    ("disable-admission-plugins", &["PodSecurity"], (23, 23)),
    ("enable-admission-plugins", &PLUGINS, ALL),
    ("enable-admission-plugins", &["PersistentVolumeLabel"], (FIRST, 29)),
    ("enable-admission-plugins", &["storage.openshift.io/CSIInlineVolumeSecurity"], (26, u16::MAX)),
    ("enable-admission-plugins", &["ValidatingAdmissionPolicy"], (27, u16::MAX)),
    ("enable-admission-plugins", &BINDINGS, (FIRST, 32)),
    ("enable-aggregator-routing", &["true"], ALL),
    ("enable-logs-handler", &["false"], ALL),
    ("enable-swagger-ui", &["true"], (FIRST, 23)),
    ("endpoint-reconciler-type", &["lease"], ALL),
    ("etcd-cafile", &["/etc/kubernetes/static-pod-resources/configmaps/etcd-serving-ca/ca-bundle.crt"], ALL),
    ("etcd-certfile", &["/etc/kubernetes/static-pod-resources/secrets/etcd-client/tls.crt"], ALL),
    ("etcd-healthcheck-timeout", &["9s"], (27, u16::MAX)),
    ("etcd-keyfile", &["/etc/kubernetes/static-pod-resources/secrets/etcd-client/tls.key"], ALL),
    ("etcd-prefix", &["kubernetes.io"], ALL),
    ("etcd-readycheck-timeout", &["9s"], (27, u16::MAX)),
    ("event-ttl", &["3h"], ALL),
    ("goaway-chance", &["0"], (FIRST, 30)),
    ("goaway-chance", &["0.001"], (31, u16::MAX)),
    ("http2-max-streams-per-connection", &["2000"], ALL),
    ("insecure-port", &["0"], (FIRST, 23)),
    (
        "kubelet-certificate-authority",
        &["/etc/kubernetes/static-pod-resources/configmaps/kubelet-serving-ca/ca-bundle.crt"],
        ALL,
    ),
    (
        "kubelet-client-certificate",
        &["/etc/kubernetes/static-pod-resources/secrets/kubelet-client/tls.crt"],
        (FIRST, 21),
    ),
    (
        "kubelet-client-certificate",
        &["/etc/kubernetes/static-pod-certs/secrets/kubelet-client/tls.crt"],
        (22, u16::MAX),
    ),
    ("kubelet-client-key", &["/etc/kubernetes/static-pod-resources/secrets/kubelet-client/tls.key"], (FIRST, 21)),
    ("kubelet-client-key", &["/etc/kubernetes/static-pod-certs/secrets/kubelet-client/tls.key"], (22, u16::MAX)),
    ("kubelet-https", &["true"], (FIRST, 21)),
    ("kubelet-preferred-address-types", &["InternalIP"], ALL),
    ("kubelet-read-only-port", &["0"], ALL),
    ("kubernetes-service-node-port", &["0"], ALL),
    ("max-mutating-requests-inflight", &["1000"], ALL),
    ("max-requests-inflight", &["3000"], ALL),
    ("min-request-timeout", &["3600"], ALL),
    ("proxy-client-cert-file", &["/etc/kubernetes/static-pod-certs/secrets/aggregator-client/tls.crt"], ALL),
    ("proxy-client-key-file", &["/etc/kubernetes/static-pod-certs/secrets/aggregator-client/tls.key"], ALL),
    (
        "requestheader-allowed-names",
        &["kube-apiserver-proxy", "system:kube-apiserver-proxy", "system:openshift-aggregator"],
        ALL,
    ),
    (
        "requestheader-client-ca-file",
        &["/etc/kubernetes/static-pod-certs/configmaps/aggregator-client-ca/ca-bundle.crt"],
        ALL,
    ),
    ("requestheader-extra-headers-prefix", &["X-Remote-Extra-"], ALL),
    ("requestheader-group-headers", &["X-Remote-Group"], ALL),
    ("requestheader-username-headers", &["X-Remote-User"], ALL),
    ("runtime-config", &["flowcontrol.apiserver.k8s.io/v1alpha1=true"], (FIRST, 20)),
    ("service-account-issuer", &["https://kubernetes.default.svc"], ALL),
    (
        "service-account-key-file",
        &[
            "/etc/kubernetes/static-pod-resources/configmaps/sa-token-signing-certs",
            "/etc/kubernetes/static-pod-resources/configmaps/bound-sa-token-signing-certs",
        ],
        ALL,
    ),
    ("service-account-lookup", &["true"], ALL),
    (
        "service-account-signing-key-file",
        &["/etc/kubernetes/static-pod-certs/secrets/bound-service-account-signing-key/service-account.key"],
        ALL,
    ),
    ("service-node-port-range", &["30000-32767"], ALL),
    ("shutdown-delay-duration", &["70s"], ALL),
    ("shutdown-send-retry-after", &["true"], (22, u16::MAX)),
    ("storage-backend", &["etcd3"], ALL),
    ("storage-media-type", &["application/vnd.kubernetes.protobuf"], ALL),
];

/// The same, of what stands behind the others in the alphabet.
const MORE: [(&str, &[&str], (u16, u16)); 3] = [
    ("strict-transport-security-directives", &["max-age=31536000,includeSubDomains,preload"], (25, u16::MAX)),
    ("tls-cert-file", &["/etc/kubernetes/static-pod-certs/secrets/service-network-serving-certkey/tls.crt"], ALL),
    (
        "tls-private-key-file",
        &["/etc/kubernetes/static-pod-certs/secrets/service-network-serving-certkey/tls.key"],
        ALL,
    ),
];

const ALL: (u16, u16) = (FIRST, u16::MAX);

/// Plugins of all those releases.
const PLUGINS: [&str; 41] = [
    "CertificateApproval",
    "CertificateSigning",
    "CertificateSubjectRestriction",
    "DefaultIngressClass",
    "DefaultStorageClass",
    "DefaultTolerationSeconds",
    "LimitRanger",
    "MutatingAdmissionWebhook",
    "NamespaceLifecycle",
    "NodeRestriction",
    "OwnerReferencesPermissionEnforcement",
    "PersistentVolumeClaimResize",
    "PodNodeSelector",
    "PodTolerationRestriction",
    "Priority",
    "ResourceQuota",
    "RuntimeClass",
    "ServiceAccount",
    "StorageObjectInUseProtection",
    "TaintNodesByCondition",
    "ValidatingAdmissionWebhook",
    "config.openshift.io/DenyDeleteClusterConfiguration",
    "config.openshift.io/ValidateAPIServer",
    "config.openshift.io/ValidateAuthentication",
    "config.openshift.io/ValidateConsole",
    "config.openshift.io/ValidateFeatureGate",
    "config.openshift.io/ValidateImage",
    "config.openshift.io/ValidateOAuth",
    "config.openshift.io/ValidateProject",
    "config.openshift.io/ValidateScheduler",
    "image.openshift.io/ImagePolicy",
    "network.openshift.io/ExternalIPRanger",
    "network.openshift.io/RestrictedEndpointsAdmission",
    "quota.openshift.io/ClusterResourceQuota",
    "quota.openshift.io/ValidateClusterResourceQuota",
    "route.openshift.io/IngressAdmission",
    "scheduling.openshift.io/OriginPodNodeEnvironment",
    "security.openshift.io/DefaultSecurityContextConstraints",
    "security.openshift.io/SCCExecRestrictions",
    "security.openshift.io/SecurityContextConstraint",
    "security.openshift.io/ValidateSecurityContextConstraints",
];

/// Plugins about RoleBindingRestrictions, which an observer of 4.20 adds where they are wanted.
const BINDINGS: [&str; 2] =
    ["authorization.openshift.io/RestrictSubjectBindings", "authorization.openshift.io/ValidateRoleBindingRestriction"];

/// Adds all of it.
pub(super) fn add(flags: &mut Layers) {
    for (flag, values, (from, to)) in ADDED.iter().chain(&MORE) {
        for value in *values {
            flags.adds_in(flag, value, within(*from, *to));
        }
    }
}

/// Where HyperShift puts the policy.
pub(super) const HOSTED_POLICY: &str = "/etc/kubernetes/audit/policy.yaml";

/// The Kubernetes in OpenShift 4.11, the first of which HyperShift's arguments are known.
const HOSTED_FIRST: u16 = 24;

const HOSTED: (u16, u16) = (HOSTED_FIRST, u16::MAX);

/// What HyperShift starts every API server with (openshift/hypershift, control-plane-operator/controllers/hostedcontrolplane,
/// kas/config.go of release-4.11 to release-4.17, v2/kas/config.go of release-4.18 to August 2026).
const BY_HYPERSHIFT: [(&str, &[&str], (u16, u16)); 43] = [
    ("allow-privileged", &["true"], HOSTED),
    ("anonymous-auth", &["true"], HOSTED),
    ("audit-log-format", &["json"], HOSTED),
    ("audit-log-maxbackup", &["10"], (HOSTED_FIRST, 27)),
    ("audit-log-maxbackup", &["1"], (28, u16::MAX)),
    ("audit-log-maxsize", &["100"], (HOSTED_FIRST, 27)),
    ("audit-log-maxsize", &["10"], (28, u16::MAX)),
    ("audit-log-path", &["/var/log/kube-apiserver/audit.log"], HOSTED),
    ("audit-policy-file", &[HOSTED_POLICY], HOSTED),
    ("authorization-mode", &["Scope", "SystemMasters", "RBAC", "Node"], HOSTED),
    ("client-ca-file", &["/etc/kubernetes/certs/client-ca/ca.crt"], HOSTED),
    ("egress-selector-config-file", &["/etc/kubernetes/egress-selector/config.yaml"], HOSTED),
    ("enable-aggregator-routing", &["true"], HOSTED),
    ("enable-logs-handler", &["false"], HOSTED),
    ("endpoint-reconciler-type", &["lease"], (HOSTED_FIRST, 27)),
    ("endpoint-reconciler-type", &["none"], (28, u16::MAX)),
    ("etcd-cafile", &["/etc/kubernetes/certs/etcd-ca/ca.crt"], (28, u16::MAX)),
    ("etcd-certfile", &["/etc/kubernetes/certs/etcd/etcd-client.crt"], (28, u16::MAX)),
    ("etcd-keyfile", &["/etc/kubernetes/certs/etcd/etcd-client.key"], (28, u16::MAX)),
    ("etcd-prefix", &["kubernetes.io"], HOSTED),
    ("event-ttl", &["3h"], HOSTED),
    ("http2-max-streams-per-connection", &["2000"], HOSTED),
    ("kubelet-certificate-authority", &["/etc/kubernetes/certs/kubelet-ca/ca.crt"], HOSTED),
    ("kubelet-client-certificate", &["/etc/kubernetes/certs/kubelet/tls.crt"], HOSTED),
    ("kubelet-client-key", &["/etc/kubernetes/certs/kubelet/tls.key"], HOSTED),
    ("kubelet-preferred-address-types", &["InternalIP"], HOSTED),
    ("kubelet-read-only-port", &["0"], HOSTED),
    ("kubernetes-service-node-port", &["0"], HOSTED),
    ("min-request-timeout", &["3600"], HOSTED),
    ("proxy-client-cert-file", &["/etc/kubernetes/certs/aggregator/tls.crt"], HOSTED),
    ("proxy-client-key-file", &["/etc/kubernetes/certs/aggregator/tls.key"], HOSTED),
    ("requestheader-client-ca-file", &["/etc/kubernetes/certs/aggregator-ca/ca.crt"], HOSTED),
    ("requestheader-extra-headers-prefix", &["X-Remote-Extra-"], HOSTED),
    ("requestheader-group-headers", &["X-Remote-Group"], HOSTED),
    ("requestheader-username-headers", &["X-Remote-User"], HOSTED),
    ("service-account-lookup", &["true"], HOSTED),
    ("service-account-signing-key-file", &["/etc/kubernetes/secrets/svcacct-key/service-account.key"], HOSTED),
    ("shutdown-delay-duration", &["70s"], HOSTED),
    ("shutdown-send-retry-after", &["true"], HOSTED),
    ("storage-backend", &["etcd3"], HOSTED),
    ("storage-media-type", &["application/vnd.kubernetes.protobuf"], HOSTED),
    ("tls-cert-file", &["/etc/kubernetes/certs/server/tls.crt"], HOSTED),
    ("tls-private-key-file", &["/etc/kubernetes/certs/server/tls.key"], HOSTED),
];

/// The same of a control plane that is hosted.
pub(super) fn add_hosted(flags: &mut Layers) {
    for (flag, values, (from, to)) in &BY_HYPERSHIFT {
        for value in *values {
            flags.adds_in(flag, value, within(*from, *to));
        }
    }
}
