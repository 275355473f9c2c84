//! The audit log keeps fewer than 30 days. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-audit-log-maxage",
        title: "Audit logs are deleted too early",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("audit_log_maxage.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "audit-log-maxage",
        must: Must::Hold { test: |text| crate::row::number(text).is_some_and(|count| count == 0 || count >= 30), bad: "1", good: "30" },
        only_with: Some("audit-log-path"),
        cure: Cure::Set("30"),
        remedy: "keep at least 30 days",
        breaks: &["More files need disk space on every control-plane node."],
    }),
};
