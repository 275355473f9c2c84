//! What clients carry to log in, and how they know whom they talk to.

use crate::rules;

rules! { "kubeconfig":
    insecure_skip_tls_verify,
    no_static_secrets,
    proxy_and_exec_trust,
}
