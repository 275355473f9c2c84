//! Tokens of service accounts that are gone. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-service-account-lookup",
        title: "Tokens of deleted service accounts still work",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("service_account_lookup.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "service-account-lookup",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Set("true"),
        remedy: "look each service account up before its token counts",
        breaks: &["Tokens whose service account or Secret is gone stop working, those that somebody still uses included."],
    }),
};
