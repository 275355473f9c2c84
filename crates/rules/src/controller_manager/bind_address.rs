//! Whether the controller manager can be reached from other hosts. The page beside this file explains the rule and tests it.

use model::{Listener, RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "controller-manager-bind-address",
        title: "The controller manager can be reached from other hosts",
        severity: Severity::Low,
        fix: None,
        page: include_str!("bind_address.md"),
    },
    component: "controller-manager",
    applies: Applies::from(12, "1.12 brought the port that asks who calls"),
    check: Check::Door { of: &[Listener::ControllerManager], ask: controllers::bind_address },
};
