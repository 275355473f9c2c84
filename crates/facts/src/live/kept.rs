//! What is kept of each object that a cluster lists: the fields that something reads, and no others.

use crate::objects::entry;

pub(super) const NAME: &[&str] = &["metadata", "name"];

pub(super) const NAMESPACE: &[&str] = &["metadata", "namespace"];

pub(super) const LABELS: &[&str] = &["metadata", "labels"];

pub(super) const ROLE: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    LABELS,
    &["metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"],
    &["rules"],
    &["aggregationRule"],
];

pub(super) const BINDING: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    LABELS,
    &["metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"],
    &["roleRef"],
    &["subjects"],
];

/// Nothing of its containers but their images and what advisories ask about: their variables are nobody's business here.
pub(super) const POD: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    LABELS,
    &["metadata", "annotations", "kubernetes.io/config.mirror"],
    &["metadata", "ownerReferences", "kind"],
    &["metadata", "ownerReferences", "controller"],
    &["spec", "nodeName"],
    &["spec", "hostNetwork"],
    &["spec", "containers", "image"],
    &["spec", "containers", "ports", "hostPort"],
    &["spec", "containers", "securityContext"],
    &["spec", "securityContext"],
    &["spec", "serviceAccountName"],
    &["spec", "automountServiceAccountToken"],
    &["spec", "volumes", "name"],
    &["spec", "volumes", "azureFile"],
    &["spec", "volumes", "cephfs"],
    &["spec", "volumes", "projected", "sources", "serviceAccountToken"],
];

pub(super) const NODE: &[&[&str]] = &[
    NAME,
    LABELS,
    &["spec", "taints"],
    &["status", "addresses"],
    &["status", "images", "names"],
    &["status", "nodeInfo", "kubeletVersion"],
    &["status", "nodeInfo", "kubeProxyVersion"],
    &["status", "nodeInfo", "operatingSystem"],
    &["status", "nodeInfo", "osImage"],
    &["status", "nodeInfo", "containerRuntimeVersion"],
];

/// A request for a certificate, and not the certificate that came of it.
pub(super) const REQUEST: &[&[&str]] = &[
    NAME,
    &["metadata", "creationTimestamp"],
    &["spec", "signerName"],
    &["spec", "username"],
    &["spec", "groups"],
    &["spec", "expirationSeconds"],
    &["spec", "request"],
    &["status", "conditions", "type"],
];

pub(super) const API_SERVICE: &[&[&str]] = &[
    NAME,
    LABELS,
    &["spec", "group"],
    &["spec", "service"],
    &["spec", "insecureSkipTLSVerify"],
    &["spec", "caBundle"],
    &["status", "conditions"],
];

/// Not the schemas, which are most of it.
pub(super) const DEFINITION: &[&[&str]] = &[NAME, &["spec", "group"], &["spec", "scope"], &["spec", "names", "plural"]];

/// Of annotations only those that say whose it is: others may hold what nobody shall see.
pub(super) const CREDENTIAL: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["metadata", "creationTimestamp"],
    &["metadata", "annotations", "kubernetes.io/service-account.name"],
    &["metadata", "labels", "kubernetes.io/legacy-token-last-used"],
];

pub(super) const SERVICE_ACCOUNT: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["metadata", "annotations", "kubernetes.io/enforce-mountable-secrets"],
    &["automountServiceAccountToken"],
];

pub(super) const VALIDATING_POLICY: &[&[&str]] = &[
    NAME,
    &["spec", "failurePolicy"],
    &["spec", "matchConditions"],
    &["spec", "matchConstraints", "resourceRules"],
    &["spec", "validations", "expression"],
];

pub(super) const SERVICE: &[&[&str]] =
    &[NAME, NAMESPACE, LABELS, &["spec", "type"], &["spec", "clusterIP"], &["status", "loadBalancer", "ingress", "ip"]];

/// What is passed on, under which names, and for which of them TLS is terminated; nothing of the services behind.
pub(super) const INGRESS: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["metadata", "annotations", entry::CERTIFIED[0]],
    &["metadata", "annotations", entry::CERTIFIED[1]],
    &["metadata", "annotations", entry::CERTIFIED[2]],
    &["metadata", "annotations", entry::CERTIFIED[3]],
    &["metadata", "annotations", entry::CERTIFIED[4]],
    &["metadata", "annotations", entry::CERTIFIED[5]],
    &["spec", "rules", "host"],
    &["spec", "tls", "hosts"],
    &["spec", "tls", "secretName"],
    &["spec", "defaultBackend"],
    &["spec", "backend"],
];

pub(super) const GATEWAY: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["spec", "listeners", "name"],
    &["spec", "listeners", "protocol"],
    &["spec", "listeners", "port"],
];

pub(super) const HTTP_ROUTE: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["spec", "parentRefs"],
    &["spec", "rules", "filters", "type"],
    &["spec", "rules", "filters", "requestRedirect", "scheme"],
];

/// Of an operator only what goes past it, and of that whatever it is.
pub(super) const OPERATOR: &[&[&str]] = &[NAME, &["spec", "unsupportedConfigOverrides"]];
