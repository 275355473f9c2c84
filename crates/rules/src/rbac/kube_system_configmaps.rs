//! Somebody may write the ConfigMaps that steer the cluster. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-kube-system-configmaps",
        title: "Somebody may write the ConfigMaps that steer the cluster",
        severity: Severity::High,
        fix: None,
        page: include_str!("kube_system_configmaps.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "", resources: &["configmaps"] },
    ],
    scope: Scope::Control,
    names: Names::Of(&["aws-auth", "coredns*", "extension-apiserver-authentication", "kube-proxy*", "kubeadm-config", "kubelet-config*"]),
    remedy: "grant ConfigMaps by their names",
    breaks: &["Add-on managers and identity-mapping automation fail."],
};
