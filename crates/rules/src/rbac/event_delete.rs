//! Somebody who need not may delete events. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-event-delete",
        title: "Somebody who need not may delete events",
        severity: Severity::Low,
        fix: None,
        page: include_str!("event_delete.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["delete", "deletecollection"], group: "", resources: &["events"] },
        Asked { verbs: &["delete", "deletecollection"], group: "events.k8s.io", resources: &["events"] },
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "auditregistration.k8s.io", resources: &["auditsinks"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "take the right away; events end by themselves",
    breaks: &[],
};
