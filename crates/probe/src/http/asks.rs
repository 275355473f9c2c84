//! All that is ever asked over HTTP, with what each answer tells and why asking does no harm.
//!
//! The lists are data, so that whoever asks, whoever explains and whoever doubts read one. Every one of them is a GET without
//! a body; [`grpc`](super::grpc) has the only call that is no GET, because gRPC has none. Paths that do something when they
//! are got (`/exec`, `/run`, `/attach`, `/portForward` and `/checkpoint` of the kubelet, `/raft` of etcd) are in no list.

use model::{Listener, NOWHERE as NOBODYS};

/// One path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    /// With its query.
    pub path: &'static str,
    /// What an answer tells.
    pub tells: &'static str,
    pub keep: Body,
}

/// What of the body of an answer is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Body {
    /// Nothing, where it is an answer: it may be anybody's data. Of a refusal the words of the server are read.
    Nothing,
    /// The first bytes: they say what it is and hold nothing of anybody.
    Start,
}

const fn ask(path: &'static str, tells: &'static str) -> Ask {
    Ask { path, tells, keep: Body::Nothing }
}

const fn start(path: &'static str, tells: &'static str) -> Ask {
    Ask { path, tells, keep: Body::Start }
}

/// A path that nobody has. What answers it with 200 answers everything so, and its other answers show no open door.
pub const NOWHERE: Ask = start(NOBODYS, "whether every path answers alike");

/// What tells the components apart, whatever listens.
pub const FIRST: [Ask; 2] = [
    // kube-apiserver: all may read it (system:public-info-viewer, 1.14 on); etcd: `etcdserver` (etcdhttp/version.go).
    start("/version", "which release serves, where it says so"),
    start("/healthz", "which of the components it is, by how it is well"),
];

/// A kube-apiserver. Resources are asked for with `limit=1`, and the one that would come is not read.
pub const API_SERVER: [Ask; 26] = [
    start("/livez", "whether health checks pass without credentials"),
    start("/readyz", "whether health checks pass without credentials"),
    start("/livez/ping", "whether single checks are open, whose names reveal what runs inside"),
    start("/healthz/ping", "whether single checks are open, whose names reveal what runs inside"),
    ask("/", "whether the list of all paths is open"),
    start("/api", "whether discovery is open; it gets a stranger as far as the authorizer"),
    start("/apis", "whether discovery is open, and which groups are served"),
    ask("/api/v1/namespaces?limit=1", "whether objects can be read"),
    ask("/api/v1/nodes?limit=1", "whether objects can be read"),
    ask("/api/v1/pods?limit=1", "whether objects can be read"),
    ask("/api/v1/secrets?limit=1", "whether Secrets can be read"),
    ask("/api/v1/namespaces/kube-public/configmaps/cluster-info", "whether kubeadm's token discovery is open"),
    ask("/openapi/v2", "whether the schema of the API is open"),
    // Served from 1.23 on with a gate, from 1.24 on always (apiserver pkg/server/routes/openapi.go).
    ask("/openapi/v3", "whether the schema of the API is open, which 1.24 brought"),
    ask("/metrics", "whether metrics are open, which name users, objects and addresses"),
    // From 1.32 on with a gate, from 1.36 on by default (component-base zpages).
    ask("/flagz", "whether the flags of the process are open"),
    ask("/statusz", "whether the state of the process is open"),
    ask("/configz", "whether the configuration of the process is open"),
    ask("/debug/pprof/", "whether profiles are open; it is their index, and none is made"),
    // Only PUT changes it (apiserver pkg/server/routes/flags.go, StringFlagPutHandler): a GET is answered with 406.
    ask("/debug/flags/v", "whether a stranger reaches the handler that sets the log level"),
    // The listing of /var/log (--enable-logs-handler, until 1.32).
    ask("/logs/", "whether the log files of the node are open"),
    ask("/swaggerapi", "whether the schema of releases before 1.14 is open"),
    ask("/.well-known/openid-configuration", "whether the issuer of service-account tokens is published"),
    ask("/openid/v1/jwks", "whether the public keys of the issuer are published"),
    // k3s pkg/server/router.go: the authorities that nodes check before they join. They are public halves.
    start("/cacerts", "whether it is the server of k3s or RKE2"),
    ask("/.well-known/oauth-authorization-server", "whether tokens are had by OAuth, as OpenShift has it"),
];

/// Asked once with a meaningless token and once with a meaningless password: how those are told who are known to nobody.
pub const CREDENTIALS: Ask = start("/api", "whether a credential that is nobody's is refused");

/// A kubelet (pkg/kubelet/server/server.go and auth.go, 1.36). Of pods and their logs no body is read.
pub const KUBELET: [Ask; 10] = [
    ask("/pods", "whether pods with their environment are open, and with them most likely exec"),
    ask("/runningpods/", "whether pods are open"),
    ask("/metrics", "whether metrics are open"),
    ask("/metrics/cadvisor", "whether metrics of containers are open"),
    ask("/stats/summary", "whether usage of pods is open"),
    ask("/configz", "whether the configuration of the kubelet is open"),
    ask("/logs/", "whether the log files of the node are open"),
    ask("/debug/pprof/", "whether profiles are open; it is their index, and none is made"),
    ask("/flagz", "whether the flags of the process are open"),
    ask("/statusz", "whether the state of the process is open"),
];

/// etcd for clients (server/etcdserver/api/etcdhttp and, until 3.5, v2http). No key is read: of `/v2/keys`, which lists the
/// names at the root of the old store, there is the status alone.
pub const ETCD: [Ask; 4] = [
    start("/health", "whether it answers a stranger, and whether it is well"),
    ask("/v2/keys", "whether the API of etcd 2 is served"),
    ask("/metrics", "whether metrics are open"),
    // `--enable-pprof`.
    ask("/debug/pprof/", "whether profiles are open; it is their index, and none is made"),
];

/// etcd for its members (etcdhttp/peer.go).
pub const ETCD_PEER: [Ask; 1] = [ask("/members", "whether the members of the cluster are told to a stranger")];

/// kube-controller-manager and kube-scheduler, which have the same server (component-base and apiserver pkg/server).
pub const CONTROLLER: [Ask; 7] = [
    start("/livez", "whether health checks pass without credentials"),
    start("/readyz", "whether health checks pass without credentials"),
    ask("/metrics", "whether metrics are open, which name nodes and workloads"),
    ask("/configz", "whether the configuration is open"),
    ask("/flagz", "whether the flags of the process are open"),
    ask("/statusz", "whether the state of the process is open"),
    ask("/debug/pprof/", "whether profiles are open; it is their index, and none is made"),
];

/// What is nothing that we know.
pub const STRANGER: [Ask; 2] =
    [start("/api", "whether it is an API server behind something else"), ask("/metrics", "whether metrics are open")];

/// etcd's metrics at a port of their own (server/embed/etcd.go, `serveMetrics`).
pub const ETCD_METRICS: [Ask; 2] = [
    start("/health", "whether it answers a stranger, and whether it is well"),
    ask("/metrics", "whether metrics are open, which name members and sizes"),
];

/// Every list, for whoever wants to know all that is ever asked.
pub const LISTS: [&[Ask]; 9] =
    [&FIRST, &[NOWHERE, CREDENTIALS], &API_SERVER, &KUBELET, &ETCD, &ETCD_PEER, &ETCD_METRICS, &CONTROLLER, &STRANGER];

/// The questions for whatever a door leads to, beside those that are put to all.
pub fn of(listener: Option<Listener>) -> &'static [Ask] {
    match listener {
        Some(Listener::ApiServer | Listener::ApiServerInsecure) => &API_SERVER,
        Some(Listener::Kubelet | Listener::KubeletReadOnly) => &KUBELET,
        Some(Listener::Etcd) => &ETCD,
        Some(Listener::EtcdPeer) => &ETCD_PEER,
        Some(Listener::EtcdMetrics) => &ETCD_METRICS,
        Some(
            Listener::ControllerManager
            | Listener::ControllerManagerInsecure
            | Listener::Scheduler
            | Listener::SchedulerInsecure,
        ) => &CONTROLLER,
        Some(Listener::Cadvisor | Listener::Webhook | Listener::AggregatedApi) | None => &STRANGER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_does_something_is_asked_and_no_list_of_objects_without_a_limit() {
        for ask in LISTS.concat() {
            assert!(ask.path.starts_with('/') && ask.path.is_ascii() && !ask.path.contains([' ', '#']), "{}", ask.path);
            for verb in
                ["exec", "attach", "portForward", "/run/", "checkpoint", "proxy", "watch", "raft", "containerLogs"]
            {
                assert!(!ask.path.contains(verb), "{}", ask.path);
            }
            let resources = ["namespaces", "nodes", "pods", "secrets"];
            if resources.iter().any(|name| ask.path == format!("/api/v1/{name}")) {
                panic!("{} would list everything", ask.path);
            }
            // What may hold somebody's data is not read.
            let sensitive = ["secret", "pods", "metrics", "configmap", "flagz", "logs", "keys", "configz"];
            if sensitive.iter().any(|word| ask.path.contains(word)) {
                assert_eq!(ask.keep, Body::Nothing, "{}", ask.path);
            }
            assert!(!ask.tells.is_empty() && !ask.tells.ends_with('.'), "{}", ask.path);
        }
    }
}
