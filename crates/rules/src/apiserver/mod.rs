//! The API server: who may come in, what they may do, and what it tells to whom.

mod authorizers;

use crate::rules;

rules! { "apiserver":
    admission_node_restriction,
    anonymous_auth,
    authz_no_always_allow,
    authz_node,
    authz_rbac,
    basic_auth_file,
    insecure_allow_any_token,
    insecure_port,
    kubelet_ca,
    kubelet_https,
    profiling,
    repair_malformed_updates,
    service_account_lookup,
    tls_client_trust,
    tls_min_version,
    token_auth_file,
}
