//! Policies that the API server itself evaluates.

use crate::rules;

rules! { "validating":
    admission_policy_enforcing,
}
