//! Which versions of TLS the controller manager speaks. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "controller-manager-tls-min-version",
        title: "The controller manager speaks a version of TLS that is broken",
        severity: Severity::Low,
        fix: None,
        page: include_str!("tls_min_version.md"),
    },
    component: "controller-manager",
    applies: Applies::ALWAYS,
    check: Check::Listener { of: "kube-controller-manager", ask: controllers::tls_versions },
};
