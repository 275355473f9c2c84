//! etcd, as it is started and as it answers.

mod listeners;
mod members;

use crate::rules;

rules! { "etcd":
    client_cert_auth,
    initial_corruption_check,
    listen_not_wide,
    listen_urls_https,
    metrics_listener,
    no_auto_tls,
    no_peer_auto_tls,
    no_pprof_debug,
    no_public_discovery,
    peer_cert,
    peer_client_cert_auth,
    remote_probe,
    serving_cert,
    supported_version,
    tls_versions_and_ciphers,
    v2_api_off,
}
