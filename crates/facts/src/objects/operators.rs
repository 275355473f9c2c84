//! What OpenShift's operators are told about the components that they run.

use std::sync::Arc;

use model::{Location, Span};
use yaml::Cursor;

use super::{
    Meta, Of,
    kinds::{Spot, Words},
};

/// The object that tells an operator how to run its component (openshift/api operator/v1, `OperatorSpec`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentOperator {
    pub meta: Meta,
    pub of: Of,
    /// What is laid over the configuration that the operator makes, where there is something.
    pub overrides: Option<Override>,
}

/// Settings outside of what is supported, by the names at their top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    pub keys: Vec<Arc<str>>,
    span: Span,
}

impl ComponentOperator {
    /// Where the overrides stand.
    pub fn overrides_at(&self, overrides: &Override) -> Location {
        self.meta.part("/spec/unsupportedConfigOverrides", overrides.span)
    }
}

pub(super) fn operator(
    of: Of,
    object: &Cursor<'_>,
    meta: Meta,
    spot: &Spot<'_>,
    words: &mut Words,
) -> ComponentOperator {
    let found = object.at("/spec/unsupportedConfigOverrides").filter(|found| !found.is_null());
    let overrides = found.and_then(|found| {
        let keys: Vec<Arc<str>> = found.entries().map(|entry| words.word(&entry.name)).collect();
        // An empty mapping overrides nothing; something that is no mapping is not taken for nothing.
        let is_nothing = found.mapping().is_some() && keys.is_empty() || found.text() == Some("");
        (!is_nothing).then(|| Override { keys, span: spot.span(&found) })
    });
    ComponentOperator { meta, of, overrides }
}
