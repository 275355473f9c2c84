//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-volume-cmek",
        title: "Volumes are encrypted with the key of the provider",
        severity: Severity::Low,
        fix: None,
        page: include_str!("volume_cmek.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Services,
        what: "by whose key volumes are encrypted",
        who: "whoever runs the cluster",
    }),
};
