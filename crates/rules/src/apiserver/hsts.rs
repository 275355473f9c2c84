//! The API server does not tell browsers to stay with HTTPS. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-hsts",
        title: "Browsers may be sent to plain HTTP",
        severity: Severity::Info,
        fix: Some(Safety::Review),
        page: include_str!("hsts.md"),
    },
    component: "apiserver",
    applies: Applies::from(21, "1.21 brought the flag"),
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "strict-transport-security-directives",
        must: Must::Hold { test: |text| crate::row::max_age(text).is_some_and(|seconds| seconds >= 31_536_000), bad: "max-age=60", good: "max-age=31536000" },
        only_with: None,
        cure: Cure::Set("max-age=31536000"),
        remedy: "tell browsers to stay with HTTPS for a year",
        breaks: &["Browsers refuse plain HTTP for the whole host name for a year."],
    }),
};
