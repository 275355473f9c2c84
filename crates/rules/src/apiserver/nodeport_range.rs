//! The range for node ports reaches below 1024, or into ports of etcd, the API server or the kubelet. The page beside this file explains the rule and tests it.

use model::{RuleCard, Severity};

use crate::{Applies, Check, Cure, Must, Row, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-nodeport-range",
        title: "Node ports overlap ports of the host",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("nodeport_range.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Setting(Row {
        process: "kube-apiserver",
        setting: "service-node-port-range",
        must: Must::Hold { test: is_free, bad: "1-32767", good: "30000-32767" },
        only_with: None,
        cure: Cure::Manual,
        remedy: "keep node ports away from those of the host",
        breaks: &[
            "Services cannot be created again with a port that the new range lacks.",
            "Firewalls and load balancers may name the old range.",
        ],
    }),
};

/// Ports that a control-plane node has itself: etcd, the API server, and the kubelet with the rest of the components
/// (k8s.io/docs/reference/networking/ports-and-protocols).
const TAKEN: [(u16, u16); 4] = [(0, 1023), (2379, 2381), (6443, 6443), (10248, 10260)];

/// Whether a range as the server prints it, `30000-32767`, has none of them. One that is empty stands for the default
/// (pkg/controlplane/instance.go, Complete).
fn is_free(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let ends = text.split_once('-').and_then(|(from, to)| Some((from.parse::<u16>().ok()?, to.parse::<u16>().ok()?)));
    ends.is_some_and(|(from, to)| TAKEN.iter().all(|&(first, last)| to < first || last < from))
}
