//! The way from the API server to kubelets. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-kubelet-https",
        title: "The API server talks to kubelets in plain text",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("kubelet_https.md"),
    },
    component: "apiserver",
    applies: Applies::until(18, "from 1.19 on the flag has no effect and connections to kubelets are always encrypted"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "kubelet-https",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Remove,
        remedy: "talk to kubelets over HTTPS",
        breaks: &["Kubelets that really serve plain HTTP lose logs, exec and metrics through the API server."],
    }),
};
