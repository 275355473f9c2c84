//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-image-scanning",
        title: "Images run that nobody has looked into",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("image_scanning.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Everywhere,
        what: "whether images are looked into for known flaws",
        who: "whoever runs the registry",
    }),
};
