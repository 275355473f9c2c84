//! Somebody may register APIs. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{OF_CLUSTER, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-crd-and-apiservice-write",
        title: "Somebody may register APIs",
        severity: Severity::High,
        fix: None,
        page: include_str!("crd_and_apiservice_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask: |cluster| right::ask(&RIGHT, OF_CLUSTER, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch"], group: "apiextensions.k8s.io", resources: &["customresourcedefinitions"] },
        Asked { verbs: &["create", "update", "patch"], group: "apiregistration.k8s.io", resources: &["apiservices"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave definitions and APIServices to administrators, or limit the right by `resourceNames`",
    breaks: &["Operators that install their own CRDs at start fail."],
};
