//! No encryption configuration is named, so that Secrets are stored as plain text. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-encryption-provider-config",
        title: "Secrets lie in etcd as they are",
        severity: Severity::High,
        fix: None,
        page: include_str!("encryption_provider_config.md"),
    },
    component: "apiserver",
    applies: Applies::from(7, "1.7 brought encryption at rest"),
    check: Check::Settings(Several::Any(&[Row {
        process: "kube-apiserver",
        setting: "encryption-provider-config",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "name an encryption configuration that covers Secrets",
        breaks: &["Existing Secrets stay plain until they are written again.", "API servers without the same file cannot read what others encrypt, and losing the key loses the Secrets."],
    }, Row {
        process: "kube-apiserver",
        setting: "experimental-encryption-provider-config",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "name an encryption configuration that covers Secrets",
        breaks: &[],
    }])),
};
