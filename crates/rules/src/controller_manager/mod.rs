//! The controller manager, as it answers.

use crate::rules;

rules! { "controller-manager":
    authn_authz_delegation,
    bind_address,
    insecure_port,
    profiling,
    tls_min_version,
}
