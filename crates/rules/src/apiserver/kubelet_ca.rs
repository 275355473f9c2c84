//! Serving certificates of kubelets. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-kubelet-ca",
        title: "The API server does not check which kubelet answers",
        severity: Severity::Medium,
        fix: Some(Safety::Manual),
        page: include_str!("kubelet_ca.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "kubelet-certificate-authority",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "name the authority that signs the kubelets' serving certificates",
        breaks: &["Kubelets sign their own serving certificates unless `serverTLSBootstrap` is on and somebody approves the requests: until then logs, exec, port-forward and proxying fail for every one of them.", "A serving certificate without the address by which the API server reaches the node fails as well."],
    }),
};
