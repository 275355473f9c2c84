//! A plug-in that asks webhooks or policies is off. The page beside this file explains the rule and tests it.

use model::{Confidence, RuleCard, Severity};

use crate::{Applies, Check, Plugins, Rule, Run};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-admission-webhooks-enabled",
        title: "Admission webhooks or policies are not asked",
        severity: Severity::High,
        fix: None,
        page: include_str!("admission_webhooks_enabled.md"),
    },
    component: "apiserver",
    applies: Applies::from(9, "1.9 brought the webhooks"),
    check: Check::Plugins(Plugins {
        names: &["ValidatingAdmissionWebhook", "MutatingAdmissionWebhook", "ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"],
        run: Run::All,
        confidence: Confidence::Certain,
        remedy: "turn `ValidatingAdmissionWebhook` and its siblings on again",
        breaks: &["Webhooks that slept become active: a dead one that fails closed blocks writes."],
    }),
};
