//! Keys and certificates: how long they hold, how strong they are, and that each has one purpose.

use crate::rules;

rules! { "pki":
    ca_expiry,
    cert_expiry,
    certificate_requests,
    cluster_trust_bundles,
    front_proxy_ca_distinct,
    key_strength,
    key_usage,
    leaf_lifetime,
    no_shared_keys,
    proxy_client_cert,
    serving_cert_san,
    system_masters_certs,
}
