//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-iam-authentication",
        title: "People are known by local accounts",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("iam_authentication.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "whether people are known by the identity service of the provider",
        who: "whoever runs the cluster",
    }),
};
