//! The audit log: what is recorded, and what becomes of it.

use crate::rules;

rules! { "audit":
    log_backend_mode,
}
