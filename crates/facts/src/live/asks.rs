//! The list of all that a cluster is asked.

use model::{Kind, Plane};

use super::{
    Ask, Form, KUBELET_CONFIGURATION, Right,
    kept::{
        API_SERVICE, BINDING, CREDENTIAL, DEFINITION, GATEWAY, HTTP_ROUTE, INGRESS, LABELS, NAME, NAMESPACE, NODE,
        OPERATOR, POD, REQUEST, ROLE, SERVICE, SERVICE_ACCOUNT, VALIDATING_POLICY,
    },
};
use crate::objects::Of;

const JSON: &str = "application/json";

/// A list of what objects are called, and nothing of what is in them; servers from 1.15 on have it, and it is asked for in no
/// other form.
pub const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

pub(super) const PLAIN: Ask = Ask {
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
pub(super) const FLAGZ: Ask = Ask {
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

/// The path of the list of addresses at which the API of a cluster is served.
pub const PUBLISHED: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes";

/// The path of the list of nodes.
pub const NODES: &str = "/api/v1/nodes";

/// The path of the list of pods, and of those of the control plane.
pub const ALL_PODS: &str = "/api/v1/pods";
pub const SYSTEM_PODS: &str = "/api/v1/namespaces/kube-system/pods";

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
        path: SYSTEM_PODS,
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
    Ask { path: ALL_PODS, ..objects(Of::Pod, POD, 50_000) },
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
