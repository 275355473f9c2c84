//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{NetworkPolicy, Of, Peers, Traffic},
};
use model::{Confidence, Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, cluster::namespaces, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "network-policy-no-allow-all",
        title: "A NetworkPolicy allows everything",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("policy_no_allow_all.md"),
    },
    component: "network",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::NetworkPolicy];

fn check(cluster: &Cluster) -> Verdict {
    let mut wrong = Vec::new();
    for policy in &cluster.objects.network_policies {
        let into = policy.ingress.iter().flatten().find(|rule| lets_everybody_in(rule));
        wrong.extend(into.map(|rule| found(policy, rule, "ingress", "lets everybody in at every port")));
        let out = policy.egress.iter().flatten().find(|rule| rule.peers == Peers::Anybody && !rule.has_ports);
        // Whoever limits only what comes in may well say so for what goes out.
        wrong.extend(out.map(|rule| Finding {
            confidence: Confidence::Possible,
            ..found(policy, rule, "egress", "lets its pods talk to everybody")
        }));
    }
    say::about(cluster, OF, wrong, "no NetworkPolicy allows everything")
}

fn lets_everybody_in(rule: &Traffic) -> bool {
    !rule.has_ports && !matches!(rule.peers, Peers::Some)
}

fn found(policy: &NetworkPolicy, rule: &Traffic, direction: &str, what: &str) -> Finding {
    const BREAKS: [&str; 1] = ["Without the open rule clients are cut that relied on it."];
    let path = policy.meta.path();
    let from = match &rule.peers {
        Peers::AnyAddress(network) => format!(" (`{network}`)"),
        Peers::Anybody | Peers::Some => String::new(),
    };
    let remedy = say::remedy("name the pods, namespaces or networks that need it, and the ports", &BREAKS, None);
    let message = format!("`{path}` {what}{from}, whatever other policies say");
    let confidence = match &*policy.meta.namespace {
        // What the system's own pods need only who built them knows.
        name if !name.is_empty() && !namespaces::runs_peoples_pods(name) => Confidence::Possible,
        _ => Confidence::Certain,
    };
    Finding { confidence, ..say::object(format!("{path} {direction}"), message, &policy.rule_at(rule), remedy) }
}
