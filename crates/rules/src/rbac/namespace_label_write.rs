//! Somebody who need not may label namespaces. The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-namespace-label-write",
        title: "Somebody who need not may label namespaces",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("namespace_label_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["update", "patch"], group: "", resources: &["namespaces"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave namespaces to those who provision them",
    breaks: &["Namespace provisioners, mesh injectors and GitOps tools that label namespaces fail."],
};

const PODS: &[Asked] = &[
    Asked { verbs: &["create"], group: "", resources: &["pods"] },
    Asked {
        verbs: &["create", "update", "patch"],
        group: "apps",
        resources: &["deployments", "daemonsets", "statefulsets", "replicasets"],
    },
    Asked { verbs: &["create", "update", "patch"], group: "batch", resources: &["jobs", "cronjobs"] },
];

fn ask(cluster: &Cluster) -> Verdict {
    let others = right::holders(PODS, cluster);
    right::ask(&RIGHT, BINDINGS, cluster, &|_, _, held| right::with(&others, "may also create pods", held))
}
