//! Who may do what: what somebody granted beyond what Kubernetes and its distributions ship.
//!
//! Most of these controls ask one question of different verbs and resources; those are rows of [`right`]. An entry is about a
//! binding, a role or a service account. Rights of administrators are `rbac-cluster-admin-bindings`' alone: they hold every
//! other right too, and it would be said of them thirty times.

mod gist;
mod named;
mod pods;
pub(crate) mod right;
mod roles;

use facts::objects::Of;

pub(crate) use named::given_to_strangers;

use crate::rules;

/// What a rule about bindings looks at.
pub(crate) const BINDINGS: &[Of] = &[Of::ClusterRole, Of::ClusterRoleBinding, Of::Role, Of::RoleBinding];
/// The same of rights that only a ClusterRoleBinding grants.
pub(crate) const OF_CLUSTER: &[Of] = &[Of::ClusterRole, Of::ClusterRoleBinding];
/// The same where it matters what a namespace enforces.
const IN_NAMESPACES: &[Of] = &[Of::ClusterRole, Of::ClusterRoleBinding, Of::Namespace, Of::Role, Of::RoleBinding];

rules! { "rbac":
    aggregation_labels,
    anonymous_user_bindings,
    authenticated_group_bindings,
    avoid_system_masters,
    bind_escalate_impersonate,
    bulk_delete,
    certificate_signers,
    cluster_admin_bindings,
    crd_and_apiservice_write,
    cross_namespace_service_accounts,
    csr_approval,
    default_roles_unmodified,
    default_service_accounts,
    effective_rights_review,
    endpoints_write,
    ephemeral_containers,
    event_delete,
    idp_group_mapping,
    impersonation_scoped,
    issuer_discovery_bindings,
    kube_system_configmaps,
    namespace_label_write,
    node_status_write,
    node_write,
    nodes_proxy,
    nonresource_urls,
    persistent_volume_create,
    pod_create,
    pod_exec_attach,
    priority_class_and_quota_write,
    role_and_binding_write,
    scc_privileged,
    secrets_read,
    service_account_token_automount,
    service_account_token_create,
    serviceaccounts_group_bindings,
    stale_subjects,
    storage_and_csi_write,
    subject_name_hygiene,
    system_nodes_group_binding,
    unauthenticated_group_bindings,
    webhook_configuration_write,
    wildcards,
    workload_create,
    workload_privileged_accounts,
}
