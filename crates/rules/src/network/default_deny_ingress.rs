//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::policies::{self, KINDS};
use crate::{Applies, Check, Rule, say};

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
    let mut answer = say::about(cluster, KINDS, Vec::new(), "a NetworkPolicy says of every pod of people who may talk to it")?;
    for place in policies::places(cluster) {
        let open = place.open(|policy| policy.ingress.is_some());
        if open.is_empty() {
            continue;
        }
        let name = place.name();
        match policies::maybe_elsewhere(cluster, name) {
            Some(gap) if answer.gaps.contains(&gap) => {}
            Some(gap) => answer.gaps.push(gap),
            None => {
                let remedy = say::remedy("deny what comes in by default, and allow what is needed", &BREAKS, None);
                let all = place.pods.len();
                let take = if open.len() == 1 { "takes traffic from everywhere" } else { "take traffic from everywhere" };
                let message = format!("in `{name}` {} of {all} pods {take}: {}", open.len(), policies::named(&open));
                answer.findings.push(say::object(name, message, &place.namespace.meta.at, remedy));
            }
        }
    }
    Ok(answer)
}
