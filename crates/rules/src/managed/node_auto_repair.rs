//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-node-auto-repair",
        title: "Nodes that are ill stay",
        severity: Severity::Info,
        fix: None,
        page: include_str!("node_auto_repair.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["gke"]),
        what: "whether nodes that are ill are replaced",
        who: "whoever runs the cluster",
    }),
};
