//! The kubelet, as far as it shows itself from outside.

use crate::rules;

rules! { "kubelet":
    anonymous_auth,
    cadvisor_port,
    read_only_port,
    remote_probe,
    serving_cert_probe,
}
