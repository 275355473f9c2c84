//! What only shows across clusters: each of these is asked once of a run, and never of one cluster.

mod shared;
mod shared_ca;
mod shared_service_account_key;

#[cfg(test)]
mod tests;

pub(crate) static RULES: &[&crate::Rule] = &[&shared_ca::RULE, &shared_service_account_key::RULE];
