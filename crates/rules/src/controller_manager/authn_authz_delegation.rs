//! What the controller manager gives to strangers. The page beside this file explains the rule and tests it.

use model::{Listener, RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "controller-manager-authn-authz-delegation",
        title: "The controller manager gives more than its health to callers without credentials",
        severity: Severity::Low,
        fix: None,
        page: include_str!("authn_authz_delegation.md"),
    },
    component: "controller-manager",
    applies: Applies::from(12, "1.12 brought the port that asks who calls"),
    check: Check::Door { of: &[Listener::ControllerManager], ask: controllers::secured },
};
