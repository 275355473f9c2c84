//! Engines that evaluate policies of their own.

use crate::rules;

rules! { "policy":
    engine_enforce_mode,
}
