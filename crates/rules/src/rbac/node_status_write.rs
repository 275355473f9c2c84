//! Somebody may write the status of nodes, services or pods. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-node-status-write",
        title: "Somebody may write the status of nodes, services or pods",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("node_status_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["update", "patch"], group: "", resources: &["nodes/status", "services/status", "pods/status"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave statuses to kubelets and cloud controllers",
    breaks: &["node-problem-detector and cloud controllers need it."],
};
