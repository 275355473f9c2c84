//! etcd, as it answers.

mod listeners;

use crate::rules;

rules! { "etcd":
    client_cert_auth,
    listen_not_wide,
    metrics_listener,
    peer_client_cert_auth,
    remote_probe,
    supported_version,
    tls_versions_and_ciphers,
    v2_api_off,
}
