//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-node-integrity-monitoring",
        title: "Nobody looks whether nodes changed",
        severity: Severity::Low,
        fix: None,
        page: include_str!("node_integrity_monitoring.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["gke"]),
        what: "whether the integrity of nodes is watched",
        who: "whoever runs the cluster",
    }),
};
