//! Kernel settings that the kubelet expects. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-protect-kernel-defaults",
        title: "The kubelet changes kernel settings by itself",
        severity: Severity::Low,
        fix: None,
        page: include_str!("protect_kernel_defaults.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kubelet",
        setting: "protectKernelDefaults",
        must: Must::Be("true"),
        only_with: None,
        cure: Cure::Manual,
        remedy: "set the sysctls that the kubelet expects, and then `protectKernelDefaults: true`",
        breaks: &["The kubelet refuses to start where vm.overcommit_memory, vm.panic_on_oom, kernel.panic, kernel.panic_on_oops and the key-quota settings differ from what it expects: set sysctls first."],
    }),
};
