//! No authority is named whose client certificates are accepted. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-client-ca-file",
        title: "The API server accepts no client certificates",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("client_ca_file.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "client-ca-file",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "name the authority of client certificates",
        breaks: &["Components that hold certificates of another authority are cut off."],
    }),
};
