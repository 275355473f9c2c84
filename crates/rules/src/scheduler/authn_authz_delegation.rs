//! What the scheduler gives to strangers. The page beside this file explains the rule and tests it.

use model::{Listener, RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "scheduler-authn-authz-delegation",
        title: "The scheduler gives more than its health to callers without credentials",
        severity: Severity::Low,
        fix: None,
        page: include_str!("authn_authz_delegation.md"),
    },
    component: "scheduler",
    applies: Applies::from(13, "1.13 brought the port that asks who calls"),
    check: Check::Door { of: &[Listener::Scheduler], ask: controllers::secured },
};
