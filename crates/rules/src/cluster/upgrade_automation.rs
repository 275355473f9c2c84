//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-upgrade-automation",
        title: "Upgrades wait for somebody to think of them",
        severity: Severity::Low,
        fix: None,
        page: include_str!("upgrade_automation.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Everywhere,
        what: "whether upgrades come by themselves or on a schedule",
        who: "whoever runs the cluster",
    }),
};
