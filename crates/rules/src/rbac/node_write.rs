//! Somebody who need not may change nodes or place pods. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-node-write",
        title: "Somebody who need not may change nodes or place pods",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("node_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["update", "patch", "delete"], group: "", resources: &["nodes"] },
        Asked { verbs: &["create"], group: "", resources: &["pods/eviction", "pods/binding"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave nodes to their kubelets, the scheduler and the tools that drain them",
    breaks: &["Autoscalers, drain tools and labelling agents fail."],
};
