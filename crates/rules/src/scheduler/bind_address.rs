//! Whether the scheduler can be reached from other hosts. The page beside this file explains the rule and tests it.

use model::{Listener, RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "scheduler-bind-address",
        title: "The scheduler can be reached from other hosts",
        severity: Severity::Low,
        fix: None,
        page: include_str!("bind_address.md"),
    },
    component: "scheduler",
    applies: Applies::from(13, "1.13 brought the port that asks who calls"),
    check: Check::Door { of: &[Listener::Scheduler], ask: controllers::bind_address },
};
