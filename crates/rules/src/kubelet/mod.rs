//! The kubelet, as far as it shows itself from outside.

use crate::rules;

rules! { "kubelet":
    serving_cert_probe,
}
