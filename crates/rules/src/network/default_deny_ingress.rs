//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::policies::{self, KINDS};
use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "network-default-deny-ingress",
        title: "Pods of a namespace take traffic from everywhere",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("default_deny_ingress.md"),
    },
    component: "network",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: KINDS, ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = [
        "What is not allowed is cut: ingress controllers, scrapers, webhooks that the API server calls, with some plug-ins probes.",
    ];
    let cure: (&str, &[&str]) = ("deny what comes in by default, and allow what is needed", &BREAKS);
    policies::each(cluster, "a NetworkPolicy says of every pod of people who may talk to it", cure, |place| {
        let open = place.open(|policy| policy.ingress.is_some());
        let (name, all, named) = (place.name(), place.pods.len(), policies::named(&open));
        let take = if open.len() == 1 { "takes" } else { "take" };
        let message = || format!("in `{name}` {} of {all} pods {take} traffic from everywhere: {named}", open.len());
        (!open.is_empty()).then(message)
    })
}
