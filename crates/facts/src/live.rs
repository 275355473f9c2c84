//! A cluster that is asked while it runs: what is asked of it, and which answer belongs to which of its servers.
//!
//! [`ASKS`] is data, so that whoever asks, whoever wants the rights for it and whoever explains a refusal read one list. The
//! answers come back as evidence named by their address; [`cluster`](crate::Cluster) resolves them beside what mirror pods
//! and ConfigMaps declare. Nothing here makes a request.

mod backends;
mod denied;
mod instances;
mod objects;
mod operator;
mod rights;

use model::{Evidence, Gap, GapKind, Kind, Plane, Version};

use crate::objects::{Of, entry};

pub use backends::{Backend, Lists, backends};
pub use denied::Shown;
pub(crate) use instances::{Found, resolve};
pub use objects::{Identity, Node, Published, addresses, advertised, node_names};
pub use operator::service;
pub use rights::{Review, Rights, allowed};

/// One thing that is asked of a cluster, with a GET.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ask {
    pub path: &'static str,
    /// Where servers of other releases have the same thing, asked for where there is no such path; the evidence is named by
    /// the path that answered.
    pub older: &'static [&'static str],
    /// What follows `?`; several where one request cannot name all that is wanted, whose objects are put together.
    pub queries: &'static [&'static str],
    /// Representations in the order they are wanted.
    pub accept: &'static str,
    /// Asked for once more where the server knows none of those.
    pub else_accept: Option<&'static str>,
    pub kind: Kind,
    pub plane: Plane,
    pub right: Right,
    pub form: Form,
    /// Whether each server of a cluster has an answer of its own.
    pub of_each_server: bool,
    /// Whether it is asked without credentials, to see how those are answered who have none.
    pub as_nobody: bool,
    /// Whether the right to it lets its holder do more than read what is wanted. Nobody is told to grant it, and only somebody
    /// who has it anyway is asked.
    pub beyond: bool,
    /// Whether only a cluster is asked whose discovery shows the group: that of a distribution, or of what somebody installed.
    pub where_served: bool,
}

/// What somebody must be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Right {
    /// To get a path that is no resource.
    Path,
    /// Nothing: it is asked without credentials.
    Nothing,
    Resource {
        verb: &'static str,
        group: &'static str,
        resource: &'static str,
        namespace: &'static str,
        name: &'static str,
    },
}

/// How an answer is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Whole,
    /// Page by page, each object as it was given.
    List,
    /// Line by line, as [`running::metrics`](crate::running::metrics::Projection) keeps them.
    Metrics,
    /// By its status code alone.
    Status,
    /// A line for each check of a server's health, whether it is well or not.
    Health,
    /// Page by page, of each object only the fields that are read, `most` objects at most. A list that is longer is given as
    /// far as it was read, and says so.
    Objects {
        of: Of,
        keep: &'static [&'static [&'static str]],
        most: usize,
    },
}

const JSON: &str = "application/json";

/// A list of what objects are called, and nothing of what is in them; servers from 1.15 on have it, and it is asked for in no
/// other form.
pub const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Ends the name of what was asked without credentials.
const NOBODY: &str = "#anonymous";

const PLAIN: Ask = Ask {
    path: "",
    older: &[],
    queries: &[""],
    accept: JSON,
    else_accept: None,
    kind: Kind::Objects,
    plane: Plane::Running,
    right: Right::Path,
    form: Form::Whole,
    of_each_server: false,
    as_nobody: false,
    beyond: false,
    where_served: false,
};

/// The flags of a process, whoever it is.
const FLAGZ: Ask = Ask {
    path: "/flagz",
    accept: "application/json;as=Flagz;v=v1beta1;g=config.k8s.io,\
             application/json;as=Flagz;v=v1alpha1;g=config.k8s.io;q=0.9,text/plain;q=0.5",
    else_accept: Some("text/plain"),
    kind: Kind::Flagz,
    ..PLAIN
};

/// How a server behaves, which counts where nothing tells how it is set up.
const BEHAVIOUR: Ask = Ask { accept: "*/*", kind: Kind::Status, plane: Plane::Observed, form: Form::Status, ..PLAIN };

/// How a server is, in text; a server before 1.16 knows no such path.
const HEALTH: Ask = Ask {
    accept: "text/plain,*/*;q=0.5",
    kind: Kind::Health,
    plane: Plane::Observed,
    form: Form::Health,
    of_each_server: true,
    ..PLAIN
};

/// As those are answered who have no credentials.
const AS_NOBODY: Ask = Ask { right: Right::Nothing, as_nobody: true, ..BEHAVIOUR };

const NAME: &[&str] = &["metadata", "name"];
const NAMESPACE: &[&str] = &["metadata", "namespace"];
const LABELS: &[&str] = &["metadata", "labels"];

const ROLE: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    LABELS,
    &["metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"],
    &["rules"],
    &["aggregationRule"],
];

const BINDING: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    LABELS,
    &["metadata", "annotations", "rbac.authorization.kubernetes.io/autoupdate"],
    &["roleRef"],
    &["subjects"],
];

/// Nothing of its containers but their images and what advisories ask about: their variables are nobody's business here.
const POD: &[&[&str]] = &[
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

const NODE: &[&[&str]] = &[
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
const REQUEST: &[&[&str]] = &[
    NAME,
    &["metadata", "creationTimestamp"],
    &["spec", "signerName"],
    &["spec", "username"],
    &["spec", "groups"],
    &["spec", "expirationSeconds"],
    &["spec", "request"],
    &["status", "conditions", "type"],
];

const API_SERVICE: &[&[&str]] = &[
    NAME,
    LABELS,
    &["spec", "group"],
    &["spec", "service"],
    &["spec", "insecureSkipTLSVerify"],
    &["spec", "caBundle"],
    &["status", "conditions"],
];

/// Not the schemas, which are most of it.
const DEFINITION: &[&[&str]] = &[NAME, &["spec", "group"], &["spec", "scope"], &["spec", "names", "plural"]];

/// Of annotations only those that say whose it is: others may hold what nobody shall see.
const CREDENTIAL: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["metadata", "creationTimestamp"],
    &["metadata", "annotations", "kubernetes.io/service-account.name"],
    &["metadata", "labels", "kubernetes.io/legacy-token-last-used"],
];

const SERVICE_ACCOUNT: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["metadata", "annotations", "kubernetes.io/enforce-mountable-secrets"],
    &["automountServiceAccountToken"],
];

const VALIDATING_POLICY: &[&[&str]] = &[
    NAME,
    &["spec", "failurePolicy"],
    &["spec", "matchConditions"],
    &["spec", "matchConstraints", "resourceRules"],
    &["spec", "validations", "expression"],
];

const SERVICE: &[&[&str]] =
    &[NAME, NAMESPACE, LABELS, &["spec", "type"], &["spec", "clusterIP"], &["status", "loadBalancer", "ingress", "ip"]];

/// What is passed on, under which names, and for which of them TLS is terminated; nothing of the services behind.
const INGRESS: &[&[&str]] = &[
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

const GATEWAY: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["spec", "listeners", "name"],
    &["spec", "listeners", "protocol"],
    &["spec", "listeners", "port"],
];

const HTTP_ROUTE: &[&[&str]] = &[
    NAME,
    NAMESPACE,
    &["spec", "parentRefs"],
    &["spec", "rules", "filters", "type"],
    &["spec", "rules", "filters", "requestRedirect", "scheme"],
];

/// All objects of a kind.
const fn objects(of: Of, keep: &'static [&'static [&'static str]], most: usize) -> Ask {
    Ask {
        right: Right::Resource { verb: "list", group: of.group(), resource: of.resource(), namespace: "", name: "" },
        form: Form::Objects { of, keep, most },
        ..PLAIN
    }
}

/// The same of a kind that not every cluster has.
const fn where_served(of: Of, keep: &'static [&'static [&'static str]], most: usize) -> Ask {
    Ask { where_served: true, ..objects(of, keep, most) }
}

/// Of an operator only what goes past it, and of that whatever it is.
const OPERATOR: &[&[&str]] = &[NAME, &["spec", "unsupportedConfigOverrides"]];

/// The path of the list of addresses at which the API of a cluster is served.
pub const PUBLISHED: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes";

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

/// The nodes that a cluster lists; `None` where it was not asked, or did not say.
pub(crate) fn nodes(evidence: &[Evidence]) -> Option<Vec<Node>> {
    let list = evidence.iter().find(|piece| piece.kind == Kind::Objects && piece.id.as_str().ends_with(NODES));
    objects::nodes(list?).ok().flatten()
}

/// The node whose kubelet an answer is of, by the name of the evidence.
pub(crate) fn node_of(name: &str) -> Option<&str> {
    let before = OF_KUBELETS.iter().find_map(|ask| name.strip_suffix(ask.path))?;
    let (_, node) = before.strip_suffix(PROXY.1)?.rsplit_once(PROXY.0)?;
    (!node.contains('/')).then_some(node)
}

/// The path of the list of nodes.
pub const NODES: &str = "/api/v1/nodes";

/// All that is asked, in order. The first one is asked alone: who gets no answer to it gets none at all.
pub const ASKS: &[Ask] = &[
    Ask { path: "/version", kind: Kind::Version, of_each_server: true, ..PLAIN },
    // Who the cluster is.
    Ask {
        path: "/api/v1/namespaces/kube-system",
        right: Right::Resource { verb: "get", group: "", resource: "namespaces", namespace: "", name: "kube-system" },
        ..PLAIN
    },
    Ask { of_each_server: true, ..FLAGZ },
    Ask {
        path: "/statusz",
        accept: "application/json;as=Statusz;v=v1beta1;g=config.k8s.io,\
                 application/json;as=Statusz;v=v1alpha1;g=config.k8s.io;q=0.9,text/plain;q=0.5",
        else_accept: Some("text/plain"),
        kind: Kind::Statusz,
        of_each_server: true,
        ..PLAIN
    },
    Ask {
        path: "/metrics",
        accept: "text/plain",
        kind: Kind::Metrics,
        form: Form::Metrics,
        of_each_server: true,
        ..PLAIN
    },
    // Which of its checks fail; each server answers for itself.
    Ask { path: "/livez", queries: &["verbose"], ..HEALTH },
    Ask { path: "/readyz", queries: &["verbose"], ..HEALTH },
    // With the resources of each group from 1.26 on; a server that knows no such form gives the groups alone.
    Ask {
        path: "/apis",
        accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                 application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList;q=0.9,application/json;q=0.5",
        else_accept: Some(JSON),
        kind: Kind::Discovery,
        ..PLAIN
    },
    // Mirror pods: kubeadm and Talos label them with a tier, kops, kubespray's like and others with an application.
    Ask {
        path: "/api/v1/namespaces/kube-system/pods",
        queries: &["labelSelector=tier%3Dcontrol-plane", "labelSelector=k8s-app%3Dkube-apiserver"],
        kind: Kind::Workload,
        plane: Plane::Declared,
        right: Right::Resource { verb: "list", group: "", resource: "pods", namespace: "kube-system", name: "" },
        form: Form::List,
        ..PLAIN
    },
    Ask {
        path: "/api/v1/namespaces/kube-system/configmaps/kubeadm-config",
        kind: Kind::Workload,
        plane: Plane::Declared,
        right: Right::Resource {
            verb: "get",
            group: "",
            resource: "configmaps",
            namespace: "kube-system",
            name: "kubeadm-config",
        },
        ..PLAIN
    },
    // What kubeadm gives the kubelet of every node that joins; `kubelet_configuration` knows the older names.
    Ask {
        path: KUBELET_CONFIGURATION,
        kind: Kind::ConfigFile,
        plane: Plane::Declared,
        right: Right::Resource {
            verb: "get",
            group: "",
            resource: "configmaps",
            namespace: "kube-system",
            name: "kubelet-config",
        },
        ..PLAIN
    },
    // Who serves: each API server renews a lease (1.20 on; the label is of 1.26, the one before it of 1.20).
    Ask {
        path: "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
        queries: &[
            "labelSelector=apiserver.kubernetes.io%2Fidentity%3Dkube-apiserver",
            "labelSelector=k8s.io%2Fcomponent%3Dkube-apiserver",
        ],
        right: Right::Resource {
            verb: "list",
            group: "coordination.k8s.io",
            resource: "leases",
            namespace: "kube-system",
            name: "",
        },
        form: Form::List,
        ..PLAIN
    },
    // Where each of them can be asked itself.
    Ask {
        path: PUBLISHED,
        older: &["/apis/discovery.k8s.io/v1beta1/namespaces/default/endpointslices/kubernetes"],
        right: Right::Resource {
            verb: "get",
            group: "discovery.k8s.io",
            resource: "endpointslices",
            namespace: "default",
            name: "kubernetes",
        },
        ..PLAIN
    },
    // Whom it believes: its clients by their certificates, and service accounts by their tokens. Public keys, both of them.
    Ask {
        path: crate::fleet::AUTHENTICATION,
        right: Right::Resource {
            verb: "get",
            group: "",
            resource: "configmaps",
            namespace: "kube-system",
            name: "extension-apiserver-authentication",
        },
        ..PLAIN
    },
    // Whom a service lets in under which name, where it keeps that in the cluster.
    Ask {
        path: crate::objects::AWS_AUTH,
        right: Right::Resource {
            verb: "get",
            group: "",
            resource: "configmaps",
            namespace: "kube-system",
            name: "aws-auth",
        },
        ..PLAIN
    },
    Ask { path: crate::fleet::KEY_SET, accept: "application/jwk-set+json", ..PLAIN },
    Ask { path: NODES, ..objects(Of::Node, NODE, 20_000) },
    Ask { path: "/api/v1/namespaces", ..objects(Of::Namespace, &[NAME, LABELS], 20_000) },
    Ask { path: "/apis/rbac.authorization.k8s.io/v1/clusterroles", ..objects(Of::ClusterRole, ROLE, 50_000) },
    Ask { path: "/apis/rbac.authorization.k8s.io/v1/roles", ..objects(Of::Role, ROLE, 50_000) },
    Ask {
        path: "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        ..objects(Of::ClusterRoleBinding, BINDING, 100_000)
    },
    Ask { path: "/apis/rbac.authorization.k8s.io/v1/rolebindings", ..objects(Of::RoleBinding, BINDING, 100_000) },
    Ask { path: "/api/v1/serviceaccounts", ..objects(Of::ServiceAccount, SERVICE_ACCOUNT, 50_000) },
    Ask { path: "/api/v1/pods", ..objects(Of::Pod, POD, 50_000) },
    Ask {
        path: "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
        older: &["/apis/admissionregistration.k8s.io/v1beta1/validatingwebhookconfigurations"],
        ..objects(Of::ValidatingWebhook, &[NAME, LABELS, &["webhooks"]], 5_000)
    },
    Ask {
        path: "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        older: &["/apis/admissionregistration.k8s.io/v1beta1/mutatingwebhookconfigurations"],
        ..objects(Of::MutatingWebhook, &[NAME, LABELS, &["webhooks"]], 5_000)
    },
    Ask {
        path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
        older: &[
            "/apis/admissionregistration.k8s.io/v1beta1/validatingadmissionpolicies",
            "/apis/admissionregistration.k8s.io/v1alpha1/validatingadmissionpolicies",
        ],
        ..objects(Of::ValidatingPolicy, VALIDATING_POLICY, 5_000)
    },
    Ask {
        path: "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
        older: &[
            "/apis/admissionregistration.k8s.io/v1beta1/validatingadmissionpolicybindings",
            "/apis/admissionregistration.k8s.io/v1alpha1/validatingadmissionpolicybindings",
        ],
        ..objects(Of::ValidatingPolicyBinding, &[NAME, &["spec", "policyName"], &["spec", "validationActions"]], 5_000)
    },
    Ask {
        path: "/apis/kyverno.io/v1/clusterpolicies",
        ..where_served(
            Of::KyvernoPolicy,
            &[
                NAME,
                &["spec", "validationFailureAction"],
                &["spec", "rules", "validate", "failureAction"],
                &["spec", "rules", "verifyImages", "failureAction"],
            ],
            5_000,
        )
    },
    Ask {
        path: "/apis/policies.kubewarden.io/v1/clusteradmissionpolicies",
        ..where_served(Of::KubewardenPolicy, &[NAME, &["spec", "mode"]], 5_000)
    },
    Ask { path: "/apis/apiregistration.k8s.io/v1/apiservices", ..objects(Of::ApiService, API_SERVICE, 5_000) },
    // What advisories ask about, beside the others.
    Ask {
        path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        older: &["/apis/apiextensions.k8s.io/v1beta1/customresourcedefinitions"],
        ..objects(Of::CustomResourceDefinition, DEFINITION, 10_000)
    },
    Ask {
        path: "/apis/networking.k8s.io/v1/networkpolicies",
        ..objects(Of::NetworkPolicy, &[NAME, NAMESPACE, &["metadata", "finalizers"], &["spec"]], 20_000)
    },
    // Ways in for everybody's traffic.
    Ask {
        path: "/apis/networking.k8s.io/v1/ingresses",
        older: &["/apis/networking.k8s.io/v1beta1/ingresses", "/apis/extensions/v1beta1/ingresses"],
        ..objects(Of::Ingress, INGRESS, 20_000)
    },
    Ask {
        path: "/apis/gateway.networking.k8s.io/v1/gateways",
        older: &["/apis/gateway.networking.k8s.io/v1beta1/gateways"],
        ..where_served(Of::Gateway, GATEWAY, 5_000)
    },
    Ask {
        path: "/apis/gateway.networking.k8s.io/v1/httproutes",
        older: &["/apis/gateway.networking.k8s.io/v1beta1/httproutes"],
        ..where_served(Of::HttpRoute, HTTP_ROUTE, 20_000)
    },
    // Network plug-ins have policies of their own, which may stand in the place of these.
    Ask {
        path: "/apis/cilium.io/v2/ciliumnetworkpolicies",
        ..where_served(Of::CiliumPolicy, &[NAME, NAMESPACE], 20_000)
    },
    Ask {
        path: "/apis/cilium.io/v2/ciliumclusterwidenetworkpolicies",
        ..where_served(Of::CiliumClusterPolicy, &[NAME], 5_000)
    },
    Ask {
        path: "/apis/crd.projectcalico.org/v1/networkpolicies",
        ..where_served(Of::ProjectCalicoPolicy, &[NAME, NAMESPACE], 20_000)
    },
    Ask {
        path: "/apis/crd.projectcalico.org/v1/globalnetworkpolicies",
        ..where_served(Of::ProjectCalicoGlobalPolicy, &[NAME], 5_000)
    },
    // How OpenShift's operators are told to run the control plane.
    Ask { path: "/apis/operator.openshift.io/v1/kubeapiservers", ..where_served(Of::OpenShiftApiServer, OPERATOR, 10) },
    Ask {
        path: "/apis/operator.openshift.io/v1/kubecontrollermanagers",
        ..where_served(Of::OpenShiftControllerManager, OPERATOR, 10)
    },
    Ask { path: "/apis/operator.openshift.io/v1/kubeschedulers", ..where_served(Of::OpenShiftScheduler, OPERATOR, 10) },
    Ask { path: "/apis/operator.openshift.io/v1/etcds", ..where_served(Of::OpenShiftEtcd, OPERATOR, 10) },
    Ask {
        path: "/apis/resource.k8s.io/v1/resourceclaims",
        // In between there was v1beta2 beside it, and before 1.32 nothing that was not alpha.
        older: &["/apis/resource.k8s.io/v1beta1/resourceclaims"],
        ..objects(Of::ResourceClaim, &[NAME, NAMESPACE], 20_000)
    },
    Ask {
        path: "/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas",
        older: &[
            "/apis/flowcontrol.apiserver.k8s.io/v1beta3/flowschemas",
            "/apis/flowcontrol.apiserver.k8s.io/v1beta2/flowschemas",
            "/apis/flowcontrol.apiserver.k8s.io/v1beta1/flowschemas",
        ],
        ..objects(Of::FlowSchema, &[NAME, &["spec"]], 5_000)
    },
    Ask {
        path: "/apis/certificates.k8s.io/v1/certificatesigningrequests",
        older: &["/apis/certificates.k8s.io/v1beta1/certificatesigningrequests"],
        ..objects(Of::CertificateSigningRequest, REQUEST, 20_000)
    },
    Ask {
        path: "/apis/certificates.k8s.io/v1beta1/clustertrustbundles",
        older: &["/apis/certificates.k8s.io/v1alpha1/clustertrustbundles"],
        ..objects(Of::ClusterTrustBundle, &[NAME, &["spec"]], 1_000)
    },
    Ask { path: "/api/v1/services", ..objects(Of::Service, SERVICE, 20_000) },
    Ask {
        path: "/api/v1/secrets",
        queries: &[
            "fieldSelector=type%3Dkubernetes.io%2Fservice-account-token",
            "fieldSelector=type%3Dbootstrap.kubernetes.io%2Ftoken",
        ],
        accept: METADATA,
        beyond: true,
        ..objects(Of::Secret, CREDENTIAL, 20_000)
    },
    Ask { path: "/api/v1/resourcequotas", ..objects(Of::ResourceQuota, &[NAME, NAMESPACE], 20_000) },
    Ask { path: "/api/v1/limitranges", ..objects(Of::LimitRange, &[NAME, NAMESPACE], 20_000) },
    Ask {
        path: "/api/v1/namespaces/kube-public/configmaps",
        right: Right::Resource { verb: "list", group: "", resource: "configmaps", namespace: "kube-public", name: "" },
        ..objects(Of::ConfigMap, &[NAME, NAMESPACE, &["data"], &["binaryData"]], 1_000)
    },
    // The index of the profiles, and none of them.
    Ask { path: "/debug/pprof/", ..BEHAVIOUR },
    Ask { path: "/api", ..AS_NOBODY },
    Ask { path: "/healthz", ..AS_NOBODY },
    // What lies below the paths that anybody may have: one check, which every server has; of profiles the one that is empty.
    Ask { path: "/healthz/ping", ..AS_NOBODY },
    Ask { path: "/livez/ping", ..AS_NOBODY },
    Ask { path: "/metrics", ..AS_NOBODY },
    Ask { path: "/debug/pprof/symbol", ..AS_NOBODY },
];

/// Whether discovery, in either of its forms, names a group.
pub(crate) fn shows(discovery: &str, group: &str) -> bool {
    discovery.contains(&format!("\"{group}\""))
}

impl Ask {
    /// The path, and those of other releases.
    pub fn paths(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.path).chain(self.older.iter().copied())
    }

    /// The name of what one server answers: its address, without the query. What is asked without credentials beside
    /// what is asked with them is told apart by a fragment, which no request has.
    pub fn name(&self, server: &str) -> String {
        let path = self.path;
        if self.as_nobody { format!("{server}{path}{NOBODY}") } else { format!("{server}{path}") }
    }

    /// What is wanted, in a form that groups: a verb and a resource, or a path.
    pub fn wanted(&self) -> String {
        match self.right {
            Right::Path => format!("get {}", self.path),
            Right::Nothing => format!("get {} without credentials", self.path),
            Right::Resource { verb, group, resource, namespace, name } => {
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                let name = if name.is_empty() { String::new() } else { format!("/{name}") };
                let namespace = if namespace.is_empty() { String::new() } else { format!(" in {namespace}") };
                format!("{verb} {resource}{group}{name}{namespace}")
            }
        }
    }

    /// Whether discovery, as a server gave it, shows the group that it is of; a group of every cluster is always there.
    pub fn is_served(&self, discovery: &str) -> bool {
        match self.right {
            Right::Resource { group, .. } if self.where_served => shows(discovery, group),
            _ => true,
        }
    }

    /// Discovery did not say whether the cluster has such a thing.
    pub fn not_shown(&self) -> Gap {
        let group = match self.right {
            Right::Resource { group, .. } => group,
            Right::Path | Right::Nothing => "",
        };
        Gap {
            kind: GapKind::Unread,
            reason: format!("whether the cluster serves {group} is not known: its discovery was not read"),
            wanted: self.wanted(),
            who_could_answer: "a user who may get /apis".to_owned(),
        }
    }

    /// The caller may not have it.
    pub fn forbidden(&self, who: Option<&str>) -> Gap {
        let who = who.map_or_else(|| "this user".to_owned(), |who| format!("`{who}`"));
        Gap {
            kind: GapKind::Unread,
            reason: format!("{who} may not {} (403)", self.wanted()),
            wanted: self.wanted(),
            who_could_answer: "a user with the role that `portcullis rbac-manifest` prints".to_owned(),
        }
    }

    /// The caller may not have it, and says so itself, so that it was not asked for.
    pub fn not_granted(&self) -> Gap {
        let reason = format!("this user may not {}, as its own access review says", self.wanted());
        Gap { reason, ..self.forbidden(None) }
    }

    /// It was asked and there is no answer.
    pub fn unanswered(&self, why: &str) -> Gap {
        Gap {
            kind: GapKind::Unread,
            reason: format!("no answer to {}: {why}", self.wanted()),
            wanted: self.wanted(),
            who_could_answer: "another run, once the API server answers".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_right_is_named_as_a_role_grants_it() {
        let wanted: Vec<String> = ASKS.iter().map(Ask::wanted).collect();
        assert_eq!(wanted[1..4], ["get namespaces/kube-system", "get /flagz", "get /statusz"]);
        assert!(wanted.contains(&"list leases.coordination.k8s.io in kube-system".to_owned()), "{wanted:?}");
        assert!(wanted.contains(&"get configmaps/kubeadm-config in kube-system".to_owned()), "{wanted:?}");
        assert_eq!(ASKS[2].forbidden(Some("jane")).reason, "`jane` may not get /flagz (403)");
    }

    #[test]
    fn nothing_is_asked_that_is_no_get_of_a_known_form() {
        for ask in ASKS {
            assert!(ask.path.starts_with('/') && !ask.path.contains(['?', ' ']), "{}", ask.path);
            assert!(!ask.queries.is_empty());
            if let Right::Resource { verb, .. } = ask.right {
                let listed = matches!(ask.form, Form::List | Form::Objects { .. });
                assert_eq!(verb == "list", listed, "{}", ask.path);
                if let Form::Objects { of, .. } = ask.form {
                    assert!(ask.paths().all(|path| path.ends_with(of.resource())), "{}", ask.path);
                }
            }
        }
    }
}
