//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-shielded-nodes",
        title: "Nodes start anything",
        severity: Severity::Low,
        fix: None,
        page: include_str!("shielded_nodes.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["gke"]),
        what: "whether nodes are shielded",
        who: "whoever runs the cluster",
    }),
};
