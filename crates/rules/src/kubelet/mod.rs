//! The kubelet, as it answers.

use crate::rules;

rules! { "kubelet":
    anonymous_auth,
    cadvisor_port,
    read_only_port,
    remote_probe,
}
