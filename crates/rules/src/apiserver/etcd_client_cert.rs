//! The API server has no client certificate for etcd. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-etcd-client-cert",
        title: "The API server shows etcd no certificate",
        severity: Severity::High,
        fix: None,
        page: include_str!("etcd_client_cert.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Settings(Several::All(&[Row {
        process: "kube-apiserver",
        setting: "etcd-certfile",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server a client certificate that etcd trusts",
        breaks: &["Where etcd does not trust its issuer the API server does not start."],
    }, Row {
        process: "kube-apiserver",
        setting: "etcd-keyfile",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server the key of its client certificate",
        breaks: &[],
    }])),
};
