//! The audit log is rotated below 100 megabytes, or from 1.36 on never. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-audit-log-maxsize",
        title: "The audit log is rotated too early, or never",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("audit_log_maxsize.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "audit-log-maxsize",
        must: Must::Hold { test: |text| crate::row::number(text).is_some_and(|megabytes| megabytes >= 100), bad: "10", good: "100" },
        only_with: Some("audit-log-path"),
        cure: Cure::Set("100"),
        remedy: "rotate at 100 megabytes",
        breaks: &["Larger files need disk space on every control-plane node."],
    }),
};
