//! APIs that other servers answer.

use crate::rules;

rules! { "apiservice":
    available_and_known,
    tls_verified,
}
