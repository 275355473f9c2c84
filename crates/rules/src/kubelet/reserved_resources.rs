//! What is kept for the node itself. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-reserved-resources",
        title: "Nothing is kept for the services of the node",
        severity: Severity::Low,
        fix: None,
        page: include_str!("reserved_resources.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const RESERVED: [&str; 2] = ["systemReserved", "kubeReserved"];
const NEEDED: [&str; 3] = ["cpu", "memory", "pid"];
const ENFORCED: &str = "enforceNodeAllocatable";

const CURE: Cure = Cure {
    remedy: "reserve processor time, memory and processes for the system and for Kubernetes",
    to: None,
    breaks: &[
        "Allocatable shrinks: full nodes may no longer fit their pods; enforcing the reservation on system cgroups can starve daemons.",
    ],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let is_whole = |text: &str| {
        NEEDED.iter().all(|wanted| text.split(',').filter_map(|pair| pair.split_once('=')).any(|(name, _)| name == *wanted))
    };
    let mut answer = kubelets::each(kubelet, &RESERVED, is_whole, &CURE)?;
    let limits_pods = |text: &str| text.trim_matches(['[', ']']).split(',').any(|name| name == "pods");
    kubelets::add(&mut answer, kubelets::each(kubelet, &[ENFORCED], limits_pods, &CURE));
    Ok(answer)
}
