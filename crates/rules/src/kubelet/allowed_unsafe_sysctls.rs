//! Kernel settings that pods may change. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-allowed-unsafe-sysctls",
        title: "Pods may change unsafe kernel settings",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("allowed_unsafe_sysctls.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "allowedUnsafeSysctls",
        must: Must::BeEmpty,
        only_with: None,
        cure: Cure::Manual,
        remedy: "allow them on dedicated nodes with a taint, or not at all",
        breaks: &["Pods that set such sysctls are refused by the kubelet."],
    }),
};
