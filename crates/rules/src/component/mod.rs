//! Any component: whether it knows its flags, and whether it starts with them.

mod problems;

use crate::rules;

rules! { "component":
    alpha_feature_gates,
    disabled_security_gates,
    duplicate_flags,
    emulated_version,
    log_verbosity,
    planes_disagree,
    refuses_to_start,
    removed_flags,
    replicas_differ,
    unknown_flags,
}
