//! The scheduler, as it answers.

use crate::rules;

rules! { "scheduler":
    authn_authz_delegation,
    insecure_port,
    tls_min_version,
}
