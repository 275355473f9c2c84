//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-boot-disk-cmek",
        title: "Disks of nodes are encrypted with the key of the provider",
        severity: Severity::Low,
        fix: None,
        page: include_str!("boot_disk_cmek.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["gke"]),
        what: "by whose key the disks of nodes are encrypted",
        who: "whoever runs the cluster",
    }),
};
