//! Objects of a cluster's API, as far as the evidence holds them: what somebody keeps in files, and what an API server gave.
//!
//! A list that a server gave whole also says what is not there; one that it refused, or that was cut, does not, and objects
//! found in files never do, since nobody keeps all of a cluster in a folder. So every kind has an [`Extent`] beside its
//! objects, and a rule over all of a kind asks for [`Objects::whole`] before it is content with what it found.
//!
//! Objects are kept as far as somebody asks for them, and of a kind no more than [`live::ASKS`](crate::live::ASKS) says.
//! Nothing here knows whether an object is good or bad. Start at [`Objects`]; [`Of`] is where a kind is added.

mod admission;
pub(crate) mod entry;
pub mod images;
mod kinds;
mod network;
mod operators;
mod others;
mod read;

use std::{collections::BTreeMap, sync::Arc};

use model::{Gap, GapKind, Location, Span, Version};

use crate::advisories::Matched;

pub use admission::{
    AdmissionPolicy, Backend, Bundle, EnginePolicy, Expression, PolicyBinding, Said, Selector, Webhook, WebhookRule,
};
pub use entry::{Gateway, GatewayListener, Ingress, Named, Route};
pub use kinds::{Binding, Labels, Namespace, Pod, PolicyRule, Role, RoleRef, ServiceAccount, Subject, SubjectKind};
pub use network::{NetworkPolicy, OtherPolicy, Peers, Traffic};
pub use operators::{ComponentOperator, Override};
pub use others::{
    ApiService, Authorities, Condition, ConfigMap, Credential, CredentialOf, Definition, FlowSchema, FlowSubjects,
    Node, Request, Service, Taint,
};
pub(crate) use read::{is_one, lines, read, speaks, told_by_lines};

/// A kind of object that is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    ApiService,
    CertificateSigningRequest,
    CiliumClusterPolicy,
    CiliumPolicy,
    ClusterRole,
    ClusterRoleBinding,
    ClusterTrustBundle,
    /// Of kube-public alone, which anybody may be allowed to read.
    ConfigMap,
    CustomResourceDefinition,
    FlowSchema,
    Gateway,
    HttpRoute,
    Ingress,
    KubewardenPolicy,
    KyvernoPolicy,
    LimitRange,
    MutatingWebhook,
    Namespace,
    NetworkPolicy,
    Node,
    /// OpenShift's objects by which its operators are told how to run the API server and what belongs to it.
    OpenShiftApiServer,
    OpenShiftControllerManager,
    OpenShiftEtcd,
    OpenShiftScheduler,
    Pod,
    ProjectCalicoGlobalPolicy,
    ProjectCalicoPolicy,
    ResourceClaim,
    ResourceQuota,
    Role,
    RoleBinding,
    /// Never its data: see [`crate::live::METADATA`].
    Secret,
    Service,
    ServiceAccount,
    ValidatingPolicy,
    ValidatingPolicyBinding,
    ValidatingWebhook,
}

impl Of {
    pub const ALL: [Self; 37] = [
        Self::ApiService,
        Self::CertificateSigningRequest,
        Self::CiliumClusterPolicy,
        Self::CiliumPolicy,
        Self::ClusterRole,
        Self::ClusterRoleBinding,
        Self::ClusterTrustBundle,
        Self::ConfigMap,
        Self::CustomResourceDefinition,
        Self::FlowSchema,
        Self::Gateway,
        Self::HttpRoute,
        Self::Ingress,
        Self::KubewardenPolicy,
        Self::KyvernoPolicy,
        Self::LimitRange,
        Self::MutatingWebhook,
        Self::Namespace,
        Self::NetworkPolicy,
        Self::Node,
        Self::OpenShiftApiServer,
        Self::OpenShiftControllerManager,
        Self::OpenShiftEtcd,
        Self::OpenShiftScheduler,
        Self::Pod,
        Self::ProjectCalicoGlobalPolicy,
        Self::ProjectCalicoPolicy,
        Self::ResourceClaim,
        Self::ResourceQuota,
        Self::Role,
        Self::RoleBinding,
        Self::Secret,
        Self::Service,
        Self::ServiceAccount,
        Self::ValidatingPolicy,
        Self::ValidatingPolicyBinding,
        Self::ValidatingWebhook,
    ];

    /// Its kind, its resource and its group.
    const fn names(self) -> (&'static str, &'static str, &'static str) {
        const ADMISSION: &str = "admissionregistration.k8s.io";
        const CERTIFICATES: &str = "certificates.k8s.io";
        const RBAC: &str = "rbac.authorization.k8s.io";
        const CALICO: &str = "crd.projectcalico.org";
        const CILIUM: &str = "cilium.io";
        const GATEWAY: &str = "gateway.networking.k8s.io";
        const OPENSHIFT: &str = "operator.openshift.io";
        match self {
            Self::ApiService => ("APIService", "apiservices", "apiregistration.k8s.io"),
            Self::CertificateSigningRequest => {
                ("CertificateSigningRequest", "certificatesigningrequests", CERTIFICATES)
            }
            Self::CiliumClusterPolicy => ("CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", CILIUM),
            Self::CiliumPolicy => ("CiliumNetworkPolicy", "ciliumnetworkpolicies", CILIUM),
            Self::ClusterRole => ("ClusterRole", "clusterroles", RBAC),
            Self::ClusterRoleBinding => ("ClusterRoleBinding", "clusterrolebindings", RBAC),
            Self::ClusterTrustBundle => ("ClusterTrustBundle", "clustertrustbundles", CERTIFICATES),
            Self::ConfigMap => ("ConfigMap", "configmaps", ""),
            Self::CustomResourceDefinition => {
                ("CustomResourceDefinition", "customresourcedefinitions", "apiextensions.k8s.io")
            }
            Self::FlowSchema => ("FlowSchema", "flowschemas", "flowcontrol.apiserver.k8s.io"),
            Self::Gateway => ("Gateway", "gateways", GATEWAY),
            Self::HttpRoute => ("HTTPRoute", "httproutes", GATEWAY),
            Self::Ingress => ("Ingress", "ingresses", "networking.k8s.io"),
            Self::KubewardenPolicy => ("ClusterAdmissionPolicy", "clusteradmissionpolicies", "policies.kubewarden.io"),
            Self::KyvernoPolicy => ("ClusterPolicy", "clusterpolicies", "kyverno.io"),
            Self::LimitRange => ("LimitRange", "limitranges", ""),
            Self::MutatingWebhook => ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations", ADMISSION),
            Self::Namespace => ("Namespace", "namespaces", ""),
            Self::NetworkPolicy => ("NetworkPolicy", "networkpolicies", "networking.k8s.io"),
            Self::Node => ("Node", "nodes", ""),
            Self::OpenShiftApiServer => ("KubeAPIServer", "kubeapiservers", OPENSHIFT),
            Self::OpenShiftControllerManager => ("KubeControllerManager", "kubecontrollermanagers", OPENSHIFT),
            Self::OpenShiftEtcd => ("Etcd", "etcds", OPENSHIFT),
            Self::OpenShiftScheduler => ("KubeScheduler", "kubeschedulers", OPENSHIFT),
            Self::Pod => ("Pod", "pods", ""),
            Self::ProjectCalicoGlobalPolicy => ("GlobalNetworkPolicy", "globalnetworkpolicies", CALICO),
            Self::ProjectCalicoPolicy => ("NetworkPolicy", "networkpolicies", CALICO),
            Self::ResourceClaim => ("ResourceClaim", "resourceclaims", "resource.k8s.io"),
            Self::ResourceQuota => ("ResourceQuota", "resourcequotas", ""),
            Self::Role => ("Role", "roles", RBAC),
            Self::RoleBinding => ("RoleBinding", "rolebindings", RBAC),
            Self::Secret => ("Secret", "secrets", ""),
            Self::Service => ("Service", "services", ""),
            Self::ServiceAccount => ("ServiceAccount", "serviceaccounts", ""),
            Self::ValidatingPolicy => ("ValidatingAdmissionPolicy", "validatingadmissionpolicies", ADMISSION),
            Self::ValidatingPolicyBinding => {
                ("ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", ADMISSION)
            }
            Self::ValidatingWebhook => ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations", ADMISSION),
        }
    }

    /// As `kind:` names it.
    pub const fn kind(self) -> &'static str {
        self.names().0
    }

    /// As requests and roles name it.
    pub const fn resource(self) -> &'static str {
        self.names().1
    }

    pub const fn group(self) -> &'static str {
        self.names().2
    }

    /// The kind of that name, where its group is the one that is judged.
    pub(crate) fn find(api_version: &str, kind: &str) -> Option<Self> {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Self::ALL.into_iter().find(|of| of.is_kept_in_files() && of.kind() == kind && of.group() == group)
    }

    /// Whether it is looked for in files. Of the others only a server's whole list says anything, and a folder that holds
    /// nothing else is no cluster.
    pub(crate) fn is_kept_in_files(self) -> bool {
        !matches!(
            self,
            Self::CiliumClusterPolicy
                | Self::CiliumPolicy
                | Self::CustomResourceDefinition
                | Self::Gateway
                | Self::HttpRoute
                | Self::Ingress
                | Self::ProjectCalicoGlobalPolicy
                | Self::ProjectCalicoPolicy
                | Self::ResourceClaim
                | Self::Secret
        )
    }
}

/// Where EKS keeps whom it lets in under which name, on clusters that have no access entries alone.
pub(crate) const AWS_AUTH: &str = "/api/v1/namespaces/kube-system/configmaps/aws-auth";

/// How much of a kind is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Extent {
    /// Nobody asked for it, and no file holds one.
    #[default]
    NotAsked,
    /// Files hold some. What they do not hold may well be there.
    Found,
    /// A server gave all that there are.
    Whole,
    /// The server has no such API, so that there are none.
    Missing,
    /// It was asked for and not given, or not to its end.
    Unread(Gap),
}

/// What every object has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meta {
    /// Empty for what belongs to no namespace, and where a file leaves it to whoever applies it.
    pub namespace: Arc<str>,
    pub name: Arc<str>,
    pub labels: Labels,
    pub annotations: Labels,
    /// Its name; the pointer leads to the object.
    pub at: Location,
}

impl Meta {
    /// `a`, or `n/a` of what belongs to a namespace.
    pub fn path(&self) -> String {
        match &*self.namespace {
            "" => self.name.to_string(),
            namespace => format!("{namespace}/{}", self.name),
        }
    }

    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(known, _)| **known == *key).map(|(_, value)| &**value)
    }

    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.iter().find(|(known, _)| **known == *key).map(|(_, value)| &**value)
    }

    /// A part of the object.
    pub fn part(&self, pointer: &str, span: Span) -> Location {
        Location { span: Some(span), pointer: format!("{}{pointer}", self.at.pointer), ..self.at.clone() }
    }
}

/// The objects of one cluster, in the order of their evidence.
#[derive(Clone, Debug, Default)]
pub struct Objects {
    extents: BTreeMap<Of, Extent>,
    /// The list that was read of a kind.
    sources: BTreeMap<Of, Location>,
    /// Namespaced and not.
    pub roles: Vec<Role>,
    pub bindings: Vec<Binding>,
    pub service_accounts: Vec<ServiceAccount>,
    /// Pods, and in files also what pods are made from.
    pub pods: Vec<Pod>,
    pub namespaces: Vec<Namespace>,
    /// One for each webhook of each configuration.
    pub webhooks: Vec<Webhook>,
    pub policies: Vec<AdmissionPolicy>,
    pub policy_bindings: Vec<PolicyBinding>,
    pub engine_policies: Vec<EnginePolicy>,
    pub api_services: Vec<ApiService>,
    pub services: Vec<Service>,
    /// Secrets that let somebody in: tokens of service accounts, and those by which nodes join.
    pub credentials: Vec<Credential>,
    pub flow_schemas: Vec<FlowSchema>,
    pub requests: Vec<Request>,
    pub trust_bundles: Vec<Authorities>,
    pub config_maps: Vec<ConfigMap>,
    /// Why it is not known whom the ConfigMap `aws-auth` maps to which groups, of a cluster that was asked for it.
    pub mapping_gap: Option<Gap>,
    pub nodes: Vec<Node>,
    pub network_policies: Vec<NetworkPolicy>,
    /// Policies of network plug-ins that have kinds of their own, by their names.
    pub other_network_policies: Vec<OtherPolicy>,
    pub ingresses: Vec<Ingress>,
    pub gateways: Vec<Gateway>,
    pub routes: Vec<Route>,
    pub operators: Vec<ComponentOperator>,
    pub definitions: Vec<Definition>,
    /// Objects that some advisory asks about, by the number of its question.
    pub(crate) matched: BTreeMap<usize, Matched>,
    pub quotas: Vec<Meta>,
    pub limit_ranges: Vec<Meta>,
}

impl Objects {
    pub fn extent(&self, of: Of) -> &Extent {
        const NOT_ASKED: &Extent = &Extent::NotAsked;
        self.extents.get(&of).unwrap_or(NOT_ASKED)
    }

    /// The nodes of each release of the kubelet.
    pub fn nodes_by_kubelet(&self) -> BTreeMap<Version, Vec<&Node>> {
        let mut found: BTreeMap<Version, Vec<&Node>> = BTreeMap::new();
        for node in &self.nodes {
            if let Some(version) = &node.kubelet {
                found.entry(version.clone()).or_default().push(node);
            }
        }
        found
    }

    /// The list that a server gave of a kind, for whoever says what is not in it.
    pub fn list(&self, of: Of) -> Option<&Location> {
        self.sources.get(&of)
    }

    /// Whether the evidence could say anything about the kind.
    pub fn is_asked(&self, of: Of) -> bool {
        *self.extent(of) != Extent::NotAsked
    }

    /// Whether an object of the kind that was not found is not there.
    ///
    /// # Errors
    ///
    /// Why that is not known: of kind `not-collected` where nobody asked an API server.
    pub fn whole(&self, of: Of) -> Result<(), Gap> {
        match self.extent(of) {
            Extent::Whole | Extent::Missing => Ok(()),
            Extent::Unread(gap) => Err(gap.clone()),
            extent @ (Extent::NotAsked | Extent::Found) => {
                let what = of.resource();
                let reason = match extent {
                    Extent::Found => format!("files hold some {what} and never prove that there are no others"),
                    _ => format!("no {what} were looked at"),
                };
                Err(Gap {
                    kind: GapKind::NotCollected,
                    reason,
                    wanted: format!("list {what}"),
                    who_could_answer: "the running cluster: `portcullis audit --context NAME`".to_owned(),
                })
            }
        }
    }

    /// Notes how much of a kind is known; of two sources that differ the less complete counts.
    fn extend(&mut self, of: Of, extent: Extent) {
        let rank = |extent: &Extent| match extent {
            Extent::NotAsked => 0,
            Extent::Missing => 1,
            Extent::Whole => 2,
            Extent::Found => 3,
            Extent::Unread(_) => 4,
        };
        let known = self.extents.entry(of).or_default();
        if rank(&extent) > rank(known) {
            *known = extent;
        }
    }
}
