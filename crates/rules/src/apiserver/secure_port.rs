//! The secure port is switched off. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-secure-port",
        title: "The API server serves no TLS",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("secure_port.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "secure-port",
        must: Must::NotBe("0"),
        only_with: None,
        cure: Cure::Remove,
        remedy: "serve on the secure port",
        breaks: &[],
    }),
};
