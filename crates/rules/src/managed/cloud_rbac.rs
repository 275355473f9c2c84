//! The page beside this file explains the control, which a person answers.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Manual, Rule, Where};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "managed-cloud-rbac",
        title: "Roles of the cloud do not decide about the cluster",
        severity: Severity::Info,
        fix: None,
        page: include_str!("cloud_rbac.md"),
    },
    component: "managed",
    applies: Applies::ALWAYS,
    check: Check::Manual(Manual {
        of: Where::Of(&["aks"]),
        what: "whether roles of the cloud decide about access",
        who: "whoever runs the cluster",
    }),
};
