//! The API server is given no serving certificate and makes one that nobody has signed. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-serving-cert",
        title: "The API server serves a certificate of its own making",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("serving_cert.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Settings(Several::Any(&[Row {
        process: "kube-apiserver",
        setting: "tls-cert-file",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server a serving certificate that clients can verify",
        breaks: &["Clients that pinned the old certificate fail until they hold the new authority."],
    }, Row {
        process: "kube-apiserver",
        setting: "tls-sni-cert-key",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the API server certificates by name",
        breaks: &[],
    }])),
};
