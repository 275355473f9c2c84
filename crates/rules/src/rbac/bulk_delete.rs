//! Somebody who need not may delete namespaces or volumes. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-bulk-delete",
        title: "Somebody who need not may delete namespaces or volumes",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("bulk_delete.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["delete", "deletecollection"], group: "", resources: &["namespaces", "persistentvolumes", "persistentvolumeclaims"] },
        Asked { verbs: &["delete", "deletecollection"], group: "snapshot.storage.k8s.io", resources: &["volumesnapshots"] },
    ],
    scope: Scope::Wide,
    names: Names::Narrow,
    remedy: "grant deletion in single namespaces",
    breaks: &["Clean-up jobs and self-service namespace deletion fail."],
};
