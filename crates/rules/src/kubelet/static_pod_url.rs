//! Pods that come from a URL. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-static-pod-url",
        title: "The kubelet runs pods that a URL gives it",
        severity: Severity::High,
        fix: None,
        page: include_str!("static_pod_url.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "staticPodURL",
        must: Must::BeEmpty,
        only_with: None,
        cure: Cure::Manual,
        remedy: "take `staticPodURL` out, and run these pods another way",
        breaks: &["Pods that came from the URL disappear."],
    }),
};
