//! The scheduler, as it answers.

use crate::rules;

rules! { "scheduler":
    authn_authz_delegation,
    bind_address,
    insecure_port,
    profiling,
    tls_min_version,
}
