//! The controller manager, as it answers.

use crate::rules;

rules! { "controller-manager":
    authn_authz_delegation,
    insecure_port,
    tls_min_version,
}
