//! Requests may take longer than five minutes, or less than ten seconds. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-request-timeout",
        title: "Requests may take for ever, or hardly any time",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("request_timeout.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "request-timeout",
        must: Must::Hold { test: |text| crate::row::seconds(text).is_some_and(|seconds| (10..=300).contains(&seconds)), bad: "1h", good: "60s" },
        only_with: None,
        cure: Cure::Set("1m0s"),
        remedy: "let requests take a minute",
        breaks: &["Requests that take longer than that fail."],
    }),
};
