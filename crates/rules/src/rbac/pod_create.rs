//! Somebody who need not may create pods. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, IN_NAMESPACES, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-pod-create",
        title: "Somebody who need not may create pods",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("pod_create.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: IN_NAMESPACES, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::where_pods_are_free) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create"], group: "", resources: &["pods"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "let controllers create pods, and grant the right in single namespaces that enforce Pod Security",
    breaks: &["CI runners and job controllers that create pods stop working."],
};
