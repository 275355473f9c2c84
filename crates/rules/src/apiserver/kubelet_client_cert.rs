//! The API server has no client certificate for its calls to kubelets. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-kubelet-client-cert",
        title: "The API server shows kubelets no certificate",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("kubelet_client_cert.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Settings(Several::All(&[Row {
        process: "kube-apiserver",
        setting: "kubelet-client-certificate",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server a client certificate for kubelets",
        breaks: &["Where kubelets do not trust its issuer, exec, logs and port-forward fail."],
    }, Row {
        process: "kube-apiserver",
        setting: "kubelet-client-key",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server the key of its client certificate",
        breaks: &[],
    }])),
};
