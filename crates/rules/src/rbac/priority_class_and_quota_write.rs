//! Somebody who need not may change priorities, quotas or limits. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-priority-class-and-quota-write",
        title: "Somebody who need not may change priorities, quotas or limits",
        severity: Severity::Low,
        fix: None,
        page: include_str!("priority_class_and_quota_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "scheduling.k8s.io", resources: &["priorityclasses"] },
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "", resources: &["resourcequotas", "limitranges"] },
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "flowcontrol.apiserver.k8s.io", resources: &["flowschemas", "prioritylevelconfigurations"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave priorities, quotas and limits to administrators",
    breaks: &["Operators that create PriorityClasses or quotas of their own fail."],
};
