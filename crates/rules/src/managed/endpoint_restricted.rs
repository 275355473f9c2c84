//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-endpoint-restricted",
        title: "The public endpoint takes requests from everywhere",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("endpoint_restricted.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "from which addresses the public endpoint takes requests",
        who: "whoever runs the cluster",
    }),
};
