//! Whether the scheduler profiles itself. The page beside this file explains the rule and tests it.

use model::{Listener, RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "scheduler-profiling",
        title: "The scheduler can be made to profile itself",
        severity: Severity::Low,
        fix: None,
        page: include_str!("profiling.md"),
    },
    component: "scheduler",
    applies: Applies::from(13, "1.13 brought the port that asks who calls"),
    check: Check::Door { of: &[Listener::Scheduler], ask: controllers::profiling },
};
