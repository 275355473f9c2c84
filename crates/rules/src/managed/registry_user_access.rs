//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-registry-user-access",
        title: "Anybody may change what the registry holds",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("registry_user_access.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "who may change images in the registry",
        who: "whoever runs the cluster",
    }),
};
