//! Holds every rule to its page.
use crate::Rule;
pub(crate) fn hold(_: &'static Rule, _: &str, _: &str) {}
