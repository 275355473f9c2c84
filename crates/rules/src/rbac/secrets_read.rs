//! Somebody who need not may read secrets. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-secrets-read",
        title: "Somebody who need not may read secrets",
        severity: Severity::High,
        fix: None,
        page: include_str!("secrets_read.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["get", "list", "watch"], group: "", resources: &["secrets"] },
    ],
    scope: Scope::Control,
    names: Names::Narrow,
    remedy: "give the right to single secrets by their names, or to none",
    breaks: &["Ingress controllers, cert-manager, GitOps and backup tools read secrets; take the right away only with a narrower one in place."],
};
