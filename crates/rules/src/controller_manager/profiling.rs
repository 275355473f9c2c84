//! Whether the controller manager profiles itself. The page beside this file explains the rule and tests it.

use model::{Listener, RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "controller-manager-profiling",
        title: "The controller manager can be made to profile itself",
        severity: Severity::Low,
        fix: None,
        page: include_str!("profiling.md"),
    },
    component: "controller-manager",
    applies: Applies::from(12, "1.12 brought the port that asks who calls"),
    check: Check::Door { of: &[Listener::ControllerManager], ask: controllers::profiling },
};
