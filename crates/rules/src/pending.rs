//! Controls that no rule answers yet.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

/// A control without a rule, and what a rule would need.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pending {
    /// What would be judged: `apiserver`, `etcd`, `rbac`.
    pub component: String,
    pub severity: String,
    /// What must be true, in a sentence.
    pub intent: String,
    /// What can prove it.
    pub evidence: Vec<String>,
    /// Why no rule can answer it from what is looked at today, where that is known.
    pub why: Option<String>,
    /// The first minor release that it is about.
    pub min: Option<String>,
    /// The last one.
    pub max: Option<String>,
}

static TABLE: LazyLock<BTreeMap<String, Pending>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/pending.json")).expect("the embedded list of controls is well-formed")
});

/// The controls that wait for a rule, by name.
pub fn pending() -> &'static BTreeMap<String, Pending> {
    &TABLE
}
