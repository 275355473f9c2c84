//! Any component: whether it knows its flags, and whether it starts with them.

mod problems;

use crate::rules;

rules! { "component":
    duplicate_flags,
    emulated_version,
    log_verbosity,
    refuses_to_start,
    removed_flags,
    unknown_flags,
}
