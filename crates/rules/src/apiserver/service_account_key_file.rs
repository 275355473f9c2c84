//! No key is named for the tokens of service accounts. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-service-account-key-file",
        title: "Tokens of service accounts are signed with the serving key",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("service_account_key_file.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Settings(Several::Any(&[Row {
        process: "kube-apiserver",
        setting: "service-account-key-file",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "give the tokens of service accounts a key of their own",
        breaks: &["Tokens that the old key signed are refused unless that key stays as a second file."],
    }, Row {
        process: "kube-apiserver",
        setting: "service-account-signing-endpoint",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "name an external signer",
        breaks: &[],
    }])),
};
