//! A plug-in that enforces quotas, limits or priorities is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-resource-plugins",
        title: "Quotas, limits or priorities do nothing",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("admission_resource_plugins.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Plugins(Plugins {
        names: &["LimitRanger", "ResourceQuota", "Priority"],
        run: Run::All,
        confidence: Confidence::Certain,
        remedy: "turn `LimitRanger` and its siblings on again",
        breaks: &["Quotas and limits become active: pods without requests may be refused in namespaces with a quota."],
    }),
};
