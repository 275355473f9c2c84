//! The page beside this file explains the rule and tests it.

use facts::Cluster;
use model::{RuleCard, Severity, Verdict};

use super::policies::{self, KINDS};
use crate::{Applies, Check, Rule, say};

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
    let mut answer = say::about(cluster, KINDS, Vec::new(), "a NetworkPolicy says of every pod of people whom it may talk to")?;
    for place in policies::places(cluster) {
        let open = place.open(|policy| policy.egress.is_some());
        if open.is_empty() {
            continue;
        }
        let name = place.name();
        match policies::maybe_elsewhere(cluster, name) {
            Some(gap) if answer.gaps.contains(&gap) => {}
            Some(gap) => answer.gaps.push(gap),
            None => {
                let remedy = say::remedy("deny what goes out by default, and allow DNS and what is needed", &BREAKS, None);
                let all = place.pods.len();
                let message = format!("in `{name}` {} of {all} pods may talk to everybody: {}", open.len(), policies::named(&open));
                answer.findings.push(say::object(name, message, &place.namespace.meta.at, remedy));
            }
        }
    }
    Ok(answer)
}
