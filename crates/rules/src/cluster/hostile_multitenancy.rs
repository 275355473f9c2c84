//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-hostile-multitenancy",
        title: "Tenants who do not trust each other share a cluster",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("hostile_multitenancy.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Everywhere,
        what: "whether tenants who do not trust each other share the cluster",
        who: "whoever gives out namespaces",
    }),
};
