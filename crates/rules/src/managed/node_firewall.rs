//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-node-firewall",
        title: "Nothing filters what reaches nodes",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("node_firewall.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "which rules filter what reaches nodes",
        who: "whoever runs the cluster",
    }),
};
