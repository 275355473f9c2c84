//! No authority is named that has to have signed the certificate of etcd. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-etcd-ca-file",
        title: "The API server trusts any public authority for etcd",
        severity: Severity::High,
        fix: None,
        page: include_str!("etcd_ca_file.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "etcd-cafile",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "name the authority that signs the certificates of etcd",
        breaks: &["With a wrong authority the API server does not start."],
    }),
};
