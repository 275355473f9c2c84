//! Somebody may make tokens of service accounts. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{BINDINGS, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-service-account-token-create",
        title: "Somebody may make tokens of service accounts",
        severity: Severity::High,
        fix: None,
        page: include_str!("service_account_token_create.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: BINDINGS, ask: |cluster| right::ask(&RIGHT, BINDINGS, cluster, &right::less_in_one_namespace) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create"], group: "", resources: &["serviceaccounts/token"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "limit the right to single accounts by `resourceNames`, in their namespace",
    breaks: &["Tools that mint tokens (Vault, dashboards, CI) fail."],
};
