//! etcd, as it answers.

use crate::rules;

rules! { "etcd":
    client_cert_auth,
    metrics_listener,
    remote_probe,
    v2_api_off,
}
