//! No limit of at most a day is set for the life of tokens that are asked for. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-service-account-max-expiration",
        title: "Tokens may be asked for that live for years",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("service_account_max_expiration.md"),
    },
    component: "apiserver",
    applies: Applies::from(12, "1.12 brought the flag"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "service-account-max-token-expiration",
        must: Must::Hold { test: |text| crate::row::seconds(text).is_some_and(|seconds| (3600..=86_400).contains(&seconds)), bad: "8760h", good: "24h" },
        only_with: None,
        cure: Cure::Set("24h"),
        remedy: "let no token live longer than a day",
        breaks: &["Tools that ask for longer tokens get shorter ones."],
    }),
};
