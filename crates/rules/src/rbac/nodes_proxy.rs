//! Somebody may reach kubelets through the API server. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{OF_CLUSTER, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-nodes-proxy",
        title: "Somebody may reach kubelets through the API server",
        severity: Severity::High,
        fix: None,
        page: include_str!("nodes_proxy.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask: |cluster| right::ask(&RIGHT, OF_CLUSTER, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["get", "create", "update", "patch", "delete", "list", "watch"], group: "", resources: &["nodes/proxy"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Any,
    remedy: "grant `nodes/metrics`, `nodes/stats` or `nodes/log` in its place",
    breaks: &["Prometheus, metrics and backup agents that scrape through nodes/proxy fail until they use nodes/metrics and nodes/stats."],
};
