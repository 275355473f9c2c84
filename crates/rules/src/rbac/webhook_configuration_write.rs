//! Somebody may change what admission asks. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use super::{OF_CLUSTER, right::{self, Asked, Names, Right, Scope}};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "rbac-webhook-configuration-write",
        title: "Somebody may change what admission asks",
        severity: Severity::High,
        fix: None,
        page: include_str!("webhook_configuration_write.md"),
    },
    component: "rbac",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF_CLUSTER, ask: |cluster| right::ask(&RIGHT, OF_CLUSTER, cluster, &right::as_it_is) },
};

const RIGHT: Right = Right {
    of: &[
        Asked { verbs: &["create", "update", "patch", "delete", "deletecollection"], group: "admissionregistration.k8s.io", resources: &["mutatingwebhookconfigurations", "validatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"] },
    ],
    scope: Scope::Anywhere,
    names: Names::Narrow,
    remedy: "limit the right to the configuration of its own by `resourceNames`",
    breaks: &["Policy engines and cert injectors that maintain their own webhook configuration fail."],
};
