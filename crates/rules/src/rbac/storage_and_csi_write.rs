//! Somebody who need not may change storage classes, drivers or attachments. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{OF_CLUSTER, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-storage-and-csi-write",
        title: "Somebody who need not may change storage classes, drivers or attachments",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("storage_and_csi_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask: |cluster| right::ask(&RIGHT, OF_CLUSTER, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "storage.k8s.io", resources: &["storageclasses", "csidrivers", "volumeattachments"] },
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "snapshot.storage.k8s.io", resources: &["volumesnapshotcontents"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "leave storage to administrators and the drivers",
    breaks: &["CSI drivers, snapshot and backup tools fail without these rights."],
};
