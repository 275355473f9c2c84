//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-flow-logs",
        title: "Traffic is not recorded",
        severity: Severity::Low,
        fix: None,
        page: include_str!("flow_logs.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["gke"]),
        what: "whether the network records flows",
        who: "whoever runs the cluster",
    }),
};
