//! Somebody who need not may create PersistentVolumes. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{OF_CLUSTER, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-persistent-volume-create",
        title: "Somebody who need not may create PersistentVolumes",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("persistent_volume_create.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask: |cluster| right::ask(&RIGHT, OF_CLUSTER, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create"], group: "", resources: &["persistentvolumes"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave PersistentVolumes to provisioners and grant claims",
    breaks: &["External provisioners need the right."],
};
