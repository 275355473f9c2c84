//! The audit log keeps fewer than 10 files. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-audit-log-maxbackup",
        title: "Audit logs are deleted too early",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("audit_log_maxbackup.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "audit-log-maxbackup",
        must: Must::Hold { test: |text| crate::row::number(text).is_some_and(|count| count == 0 || count >= 10), bad: "1", good: "10" },
        only_with: Some("audit-log-path"),
        cure: Cure::Set("10"),
        remedy: "keep at least 10 files",
        breaks: &["More files need disk space on every control-plane node."],
    }),
};
