//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::policies::{self, KINDS};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "network-default-deny-egress",
        title: "Pods of a namespace may talk to everywhere",
        severity: Severity::Low,
        fix: None,
        page: include_str!("default_deny_egress.md"),
    },
    component: "network",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: KINDS, ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = [
        "What is not allowed is cut: DNS first of all, the API server, registries and whatever is outside.",
    ];
    let cure: (&str, &[&str]) = ("deny what goes out by default, and allow DNS and what is needed", &BREAKS);
    policies::each(cluster, "a NetworkPolicy says of every pod of people whom it may talk to", cure, |place| {
        let open = place.open(|policy| policy.egress.is_some());
        let (name, all, named) = (place.name(), place.pods.len(), policies::named(&open));
        (!open.is_empty()).then(|| format!("in `{name}` {} of {all} pods may talk to everybody: {named}", open.len()))
    })
}
