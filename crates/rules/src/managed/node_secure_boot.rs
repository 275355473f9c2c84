//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-node-secure-boot",
        title: "Nodes load unsigned parts",
        severity: Severity::Low,
        fix: None,
        page: include_str!("node_secure_boot.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["gke"]),
        what: "whether nodes start signed parts alone",
        who: "whoever runs the cluster",
    }),
};
