//! What kubeadm puts on the API server's command line by itself, by release.
//!
//! Read from `getAPIServerCommand` in cmd/kubeadm/app/phases/controlplane/manifests.go (app/master/manifests.go in 1.6 and
//! 1.7) at v1.6.0, v1.7.0, v1.8.0, v1.9.0, v1.10.0, v1.11.0, in November 2018 for 1.13, and in later trees up to 1.36; where
//! a release between two of them made the change, its pull request is named. A kubeadm deploys its own minor release and
//! the one before it; here it is always of the release that it deploys.

/// One argument, as kubeadm makes it.
pub(super) struct Added {
    pub(super) flag: &'static str,
    pub(super) value: Value,
    /// The first and the last minor release of 1.x, both included.
    pub(super) releases: (u16, u16),
}

pub(super) enum Value {
    Text(&'static str),
    /// A file below the folder of certificates.
    Certificate(&'static str),
}

/// The releases before the first one, and after the last one, that the data has something to say about.
pub(super) const OLDEST: u16 = 0;
pub(super) const NEWEST: u16 = u16::MAX;

use Value::{Certificate, Text};

const fn added(flag: &'static str, value: Value, from: u16, to: u16) -> Added {
    Added { flag, value, releases: (from, to) }
}

/// What needs nothing but the folder of certificates; each is left out where `extraArgs` names the flag.
pub(super) const ADDED: [Added; 29] = [
    // v1.6.0: DefaultAdmissionControl of app/constants.
    added(
        "admission-control",
        Text(
            "NamespaceLifecycle,LimitRanger,ServiceAccount,PersistentVolumeLabel,DefaultStorageClass,ResourceQuota,DefaultTolerationSeconds",
        ),
        OLDEST,
        6,
    ),
    // v1.7.0 and v1.8.0: defaultv17AdmissionControl.
    added(
        "admission-control",
        Text(
            "Initializers,NamespaceLifecycle,LimitRanger,ServiceAccount,PersistentVolumeLabel,DefaultStorageClass,DefaultTolerationSeconds,NodeRestriction,ResourceQuota",
        ),
        7,
        8,
    ),
    // v1.9.0: defaultV19AdmissionControl.
    added(
        "admission-control",
        Text(
            "Initializers,NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,NodeRestriction,ResourceQuota",
        ),
        9,
        9,
    ),
    // v1.10.0: the same constant.
    added(
        "admission-control",
        Text(
            "NamespaceLifecycle,LimitRanger,ServiceAccount,DefaultStorageClass,DefaultTolerationSeconds,NodeRestriction,MutatingAdmissionWebhook,ValidatingAdmissionWebhook,ResourceQuota",
        ),
        10,
        10,
    ),
    added("allow-privileged", Text("true"), OLDEST, NEWEST),
    added("client-ca-file", Certificate("ca.crt"), OLDEST, NEWEST),
    added("disable-admission-plugins", Text("PersistentVolumeLabel"), 11, 11),
    added("enable-admission-plugins", Text("NodeRestriction"), 11, NEWEST),
    // UseEnableBootstrapTokenAuthFlagVersion is 1.8.0-beta.0.
    added("enable-bootstrap-token-auth", Text("true"), 8, NEWEST),
    added("experimental-bootstrap-token-auth", Text("true"), OLDEST, 7),
    // Pull request 102121 takes it away in 1.22.
    added("insecure-port", Text("0"), OLDEST, 21),
    added("kubelet-client-certificate", Certificate("apiserver-kubelet-client.crt"), OLDEST, NEWEST),
    added("kubelet-client-key", Certificate("apiserver-kubelet-client.key"), OLDEST, NEWEST),
    added("kubelet-preferred-address-types", Text("InternalIP,ExternalIP,Hostname"), OLDEST, NEWEST),
    added("proxy-client-cert-file", Certificate("front-proxy-client.crt"), 7, NEWEST),
    added("proxy-client-key-file", Certificate("front-proxy-client.key"), 7, NEWEST),
    added("requestheader-allowed-names", Text("front-proxy-client"), OLDEST, NEWEST),
    added("requestheader-client-ca-file", Certificate("front-proxy-ca.crt"), OLDEST, NEWEST),
    added("requestheader-extra-headers-prefix", Text("X-Remote-Extra-"), OLDEST, NEWEST),
    added("requestheader-group-headers", Text("X-Remote-Group"), OLDEST, NEWEST),
    added("requestheader-username-headers", Text("X-Remote-User"), OLDEST, NEWEST),
    added("service-account-key-file", Certificate("sa.pub"), OLDEST, NEWEST),
    // kubeadm's manifests of 1.20.0 have it, those of 1.19.3 do not.
    added("service-account-signing-key-file", Certificate("sa.key"), 20, NEWEST),
    added("storage-backend", Text("etcd3"), OLDEST, 6),
    added("tls-cert-file", Certificate("apiserver.crt"), OLDEST, NEWEST),
    added("tls-private-key-file", Certificate("apiserver.key"), OLDEST, NEWEST),
    // With an etcd of kubeadm's own, which has certificates from v1.10.0 on; see `etcd` for the address.
    added(ETCD[0], Certificate("etcd/ca.crt"), 10, NEWEST),
    added(ETCD[1], Certificate("apiserver-etcd-client.crt"), 10, NEWEST),
    added(ETCD[2], Certificate("apiserver-etcd-client.key"), 10, NEWEST),
];

/// What goes with the address of etcd, in the order of its fields `caFile`, `certFile` and `keyFile`.
pub(super) const ETCD: [&str; 3] = ["etcd-cafile", "etcd-certfile", "etcd-keyfile"];

/// The folders that kubeadm shows to the API server besides that of the certificates: volumes.go beside manifests.go, where
/// all but the first are shown if they exist.
pub(super) const MOUNTS: [&str; 5] = [
    "/etc/ssl/certs",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/usr/share/ca-certificates",
];
