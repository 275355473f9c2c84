//! Somebody who need not may write roles or bindings. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-role-and-binding-write",
        title: "Somebody who need not may write roles or bindings",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("role_and_binding_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch"], group: "rbac.authorization.k8s.io", resources: &["clusterrolebindings", "clusterroles", "rolebindings", "roles"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave roles and bindings to administrators",
    breaks: &["Operators and namespace provisioners that create bindings fail."],
};

const LIFTS: &[Asked] = &[Asked {
    verbs: &["bind", "escalate"],
    group: "rbac.authorization.k8s.io",
    resources: &["clusterroles", "roles"],
}];

fn ask(cluster: &Cluster) -> Verdict {
    let others = right::holders(LIFTS, cluster);
    right::ask(&RIGHT, BINDINGS, cluster, &|_, _, held| right::with(&others, "may also `bind` or `escalate`", held))
}
