//! Which versions of TLS the scheduler speaks. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Rule, controllers};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "scheduler-tls-min-version",
        title: "The scheduler speaks a version of TLS that is broken",
        severity: Severity::Low,
        fix: None,
        page: include_str!("tls_min_version.md"),
    },
    component: "scheduler",
    applies: Applies::ALWAYS,
    check: Check::Listener { of: "kube-scheduler", ask: controllers::tls_versions },
};
