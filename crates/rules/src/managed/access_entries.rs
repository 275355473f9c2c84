//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-access-entries",
        title: "Access hangs on a ConfigMap",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("access_entries.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["eks"]),
        what: "whether access is managed by entries of the service",
        who: "whoever runs the cluster",
    }),
};
