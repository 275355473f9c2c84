//! What is asked about objects before they are stored.

use crate::rules;

pub(crate) mod webhooks;

rules! { "admission":
    image_provenance,
    webhook_exclusions,
    webhook_failure_policy,
    webhook_scope,
    webhook_self_lockout,
    webhook_timeouts,
    webhook_tls,
}
