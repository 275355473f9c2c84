//! The API server writes no audit events, neither to a file nor to a webhook. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule, Several};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-audit-log-path",
        title: "The API server keeps no record of what was done",
        severity: Severity::High,
        fix: None,
        page: include_str!("audit_log_path.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Settings(Several::Any(&[Row {
        process: "kube-apiserver",
        setting: "audit-log-path",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "write audit events to a file that outlives the pod, with a policy that says which",
        breaks: &["Without a writable mount for the path the API server does not start.", "A full disk blocks requests in blocking mode."],
    }, Row {
        process: "kube-apiserver",
        setting: "audit-webhook-config-file",
        must: Must::BeSet,
        only_with: None,
        cure: Cure::Manual,
        remedy: "send audit events to a collector",
        breaks: &[],
    }])),
};
