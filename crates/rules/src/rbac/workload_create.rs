//! Somebody who need not may create what makes pods. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, IN_NAMESPACES, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-workload-create",
        title: "Somebody who need not may create what makes pods",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("workload_create.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: IN_NAMESPACES, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::where_pods_are_free) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch"], group: "apps", resources: &["deployments", "daemonsets", "statefulsets", "replicasets"] },
        Asked { verbs: &["create", "update", "patch"], group: "extensions", resources: &["deployments", "daemonsets", "replicasets"] },
        Asked { verbs: &["create", "update", "patch"], group: "batch", resources: &["jobs", "cronjobs"] },
        Asked { verbs: &["create", "update", "patch"], group: "", resources: &["replicationcontrollers"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "grant the right in single namespaces that enforce Pod Security",
    breaks: &["Deployment tools and operators stop working."],
};
