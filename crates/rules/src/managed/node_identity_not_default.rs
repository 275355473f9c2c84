//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-node-identity-not-default",
        title: "Nodes have the default identity of the project",
        severity: Severity::High,
        fix: None,
        page: include_str!("node_identity_not_default.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["gke"]),
        what: "which service account nodes run as",
        who: "whoever runs the cluster",
    }),
};
