//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-workload-identity",
        title: "Workloads use the identity of their node",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("workload_identity.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "whether workloads have identities of their own in the cloud",
        who: "whoever runs the cluster",
    }),
};
