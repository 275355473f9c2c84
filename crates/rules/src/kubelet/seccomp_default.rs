//! The seccomp profile of pods that name none. The page beside this file explains the rule and tests it.

use model::{RuleCard, Safety, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-seccomp-default",
        title: "Pods that name no seccomp profile run without one",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("seccomp_default.md"),
    },
    component: "kubelet",
    applies: Applies::from(22, "1.22 brought the setting"),
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "seccompDefault",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Set("true"),
        remedy: "give pods the profile of the runtime where they name none",
        breaks: &["Workloads that need blocked system calls (some profilers, nested containers, old runtimes) fail; try it on one node pool first."],
    }),
};
