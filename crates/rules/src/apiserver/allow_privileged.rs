//! Whether the API server refuses privileged containers by itself. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-allow-privileged",
        title: "Privileged containers are not refused by the API server itself",
        severity: Severity::Info,
        fix: None,
        page: include_str!("allow_privileged.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "allow-privileged",
        must: Must::Be("false"),
        only_with: None,
        cure: Cure::Manual,
        remedy: "let admission policies decide who may run privileged containers",
        breaks: &["With `false` kube-proxy and most network and storage drivers cannot be created."],
    }),
};
