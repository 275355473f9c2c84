//! Somebody who need not may add containers to running pods. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-ephemeral-containers",
        title: "Somebody who need not may add containers to running pods",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("ephemeral_containers.md"),
    },
    component: "rbac",
    applies: Applies::from(23, "1.23 brought the subresource `ephemeralcontainers` into ordinary use"),
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["update", "patch"], group: "", resources: &["pods/ephemeralcontainers"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "grant the right in single namespaces, to those who debug there",
    breaks: &["kubectl debug stops working."],
};
