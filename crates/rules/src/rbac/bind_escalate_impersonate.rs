//! Somebody may lift their own rights. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-bind-escalate-impersonate",
        title: "Somebody may lift their own rights",
        severity: Severity::High,
        fix: None,
        page: include_str!("bind_escalate_impersonate.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::less_in_one_namespace) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["bind", "escalate"], group: "rbac.authorization.k8s.io", resources: &["clusterroles", "roles"] },
        Asked { verbs: &["impersonate"], group: "", resources: &["users", "groups", "serviceaccounts"] },
        Asked { verbs: &["impersonate"], group: "authentication.k8s.io", resources: &["uids", "userextras"] },
        Asked { verbs: &["impersonate:", "impersonate-on:"], group: "authentication.k8s.io", resources: &["users", "groups", "serviceaccounts", "uids", "userextras", "nodes"] },
    ],
    scope: Scope::Anywhere,
    names: Names::NarrowBut(&["cluster-admin", "admin", "edit", "system:masters", "system:nodes"]),
    remedy: "take the verb away, or limit it to single roles, users or accounts by `resourceNames`",
    breaks: &["Rancher, GitOps tools and authenticating proxies work by impersonation; operators that create roles need bind or escalate on named roles."],
};
