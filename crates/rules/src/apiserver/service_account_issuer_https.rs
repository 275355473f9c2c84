//! The issuer of service account tokens is no https address. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-service-account-issuer-https",
        title: "Tokens name an issuer that cannot be verified",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("service_account_issuer_https.md"),
    },
    component: "apiserver",
    applies: Applies::from(20, "the issuer is required from 1.20 on"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "service-account-issuer",
        must: Must::Hold { test: |text| text.trim_start_matches('[').starts_with("https://"), bad: "kubernetes", good: "https://kubernetes.default.svc" },
        only_with: None,
        cure: Cure::Manual,
        remedy: "name an https address as issuer, and keep the old issuer listed",
        breaks: &["Tokens of the old issuer are refused unless it stays listed."],
    }),
};
