//! A cluster that is asked while it runs: what is asked of it, and which answer belongs to which of its servers.
//!
//! [`ASKS`] is data, so that whoever asks, whoever wants the rights for it and whoever explains a refusal read one list. The
//! answers come back as evidence named by their address; [`cluster`](crate::Cluster) resolves them beside what mirror pods
//! and ConfigMaps declare. Nothing here makes a request.

mod asks;
mod backends;
mod denied;
mod instances;
mod kept;
mod kubelets;
mod objects;
mod operator;
mod rights;

use model::{Evidence, Gap, GapKind, Kind, Plane};

use crate::objects::Of;

pub use asks::{ALL_PODS, ASKS, METADATA, NODES, PUBLISHED, SYSTEM_PODS};
pub use backends::{Backend, Lists, backends};
pub use denied::{Pods, Shown};
pub(crate) use instances::{Found, resolve};
pub(crate) use kubelets::node_of;
pub use kubelets::{
    EVERY_NODE, KUBELET_CONFIGURATION, OF_KUBELETS, is_of_kubelets, kubelet_configuration, kubelet_gap, older_names,
    proxy,
};
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

/// Ends the name of what was asked without credentials.
const NOBODY: &str = "#anonymous";

/// The nodes that a cluster lists; `None` where it was not asked, or did not say.
pub(crate) fn nodes(evidence: &[Evidence]) -> Option<Vec<Node>> {
    let list = evidence.iter().find(|piece| piece.kind == Kind::Objects && piece.id.as_str().ends_with(NODES));
    objects::nodes(list?).ok().flatten()
}

/// Whether discovery, in either of its forms, names a group.
pub(crate) fn shows(discovery: &str, group: &str) -> bool {
    discovery.contains(&format!("\"{group}\""))
}

/// Whether a text is discovery, in either of its forms: every server has groups.
pub fn is_discovery(text: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Groups {
        #[serde(default)]
        kind: String,
        #[serde(default)]
        groups: Vec<serde::de::IgnoredAny>,
        #[serde(default)]
        items: Vec<serde::de::IgnoredAny>,
    }
    serde_json::from_str(text).is_ok_and(|Groups { kind, groups, items }| match kind.as_str() {
        "APIGroupList" => !groups.is_empty(),
        "APIGroupDiscoveryList" => !items.is_empty(),
        _ => false,
    })
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

    /// What each of its objects is, where it is a list of something that Kubernetes itself serves: whoever defines a kind of his
    /// own may call a list of it what he likes.
    pub fn listed(&self) -> Option<&'static str> {
        match (self.form, self.right) {
            (Form::Objects { of, .. }, _) => (!self.where_served).then_some(of.kind()),
            (Form::List, Right::Resource { resource: "pods", .. }) => Some("Pod"),
            (Form::List, Right::Resource { resource: "leases", .. }) => Some("Lease"),
            _ => None,
        }
    }

    /// Whether every API server makes some of them at each of its starts: the namespaces of the system, the service of its own
    /// API, and an APIService for each group (Kubernetes 1.36 pkg/controlplane/controller/systemnamespaces and kubernetesservice,
    /// pkg/controlplane/apiserver/aggregator.go; 1.20 pkg/master/controller.go and cmd/kube-apiserver/app/aggregator.go).
    pub fn is_never_empty(&self) -> bool {
        use Of::{ApiService, Namespace, Service};
        matches!(self.form, Form::Objects { of: ApiService | Namespace | Service, .. })
    }

    /// Whether it is one of the lists in which a server puts what it ships of roles and bindings, at once and in all of them
    /// (pkg/registry/rbac/rest/storage_rbac.go, 1.20 and 1.36). One that authorizes by other means has none.
    pub fn is_of_roles(&self) -> bool {
        use Of::{ClusterRole, ClusterRoleBinding, Role, RoleBinding};
        matches!(self.form, Form::Objects { of: ClusterRole | ClusterRoleBinding | Role | RoleBinding, .. })
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
