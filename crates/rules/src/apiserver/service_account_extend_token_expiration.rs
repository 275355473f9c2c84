//! Tokens that pods get for an hour are accepted for a year. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-service-account-extend-token-expiration",
        title: "Tokens of pods live for a year",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("service_account_extend_token_expiration.md"),
    },
    component: "apiserver",
    applies: Applies::from(20, "1.20 brought the flag"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "service-account-extend-token-expiration",
        must: Must::Be("false"),
        only_with: None,
        cure: Cure::Set("false"),
        remedy: "let the tokens of pods end when they say they do",
        breaks: &["Workloads with old client libraries, which read the token once, lose access after about an hour."],
    }),
};
