//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-private-nodes",
        title: "Nodes have public addresses",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("private_nodes.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "whether nodes have public addresses",
        who: "whoever runs the cluster",
    }),
};
