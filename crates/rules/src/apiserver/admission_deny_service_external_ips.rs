//! The plug-in `DenyServiceExternalIPs` is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-deny-service-external-ips",
        title: "Services can claim addresses that are not theirs",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_deny_service_external_ips.md"),
    },
    component: "apiserver",
    applies: Applies::from(21, "1.21 brought the plug-in"),
    check: Check::Plugins(Plugins {
        names: &["DenyServiceExternalIPs"],
        run: Run::One,
        confidence: Confidence::Probable,
        remedy: "turn `DenyServiceExternalIPs` on",
        breaks: &["Services that set `externalIPs` are refused for everybody, controllers that set the field included."],
    }),
};
