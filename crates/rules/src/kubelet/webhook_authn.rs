//! Bearer tokens that are shown to the kubelet. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-webhook-authn",
        title: "The kubelet does not verify bearer tokens",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("webhook_authn.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "authentication.webhook.enabled",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Set("true"),
        remedy: "have tokens verified by the API server",
        breaks: &["The kubelet must reach the API server to check tokens."],
    }),
};
