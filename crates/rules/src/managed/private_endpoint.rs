//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-private-endpoint",
        title: "The API has a public endpoint",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("private_endpoint.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "whether the API has a private endpoint",
        who: "whoever runs the cluster",
    }),
};
