//! Where the kubelet answers about its health. The page beside this file explains the rule and tests it.

use std::net::IpAddr;

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-healthz-bind",
        title: "The kubelet answers about its health to everybody",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("healthz_bind.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const ADDRESS: &str = "healthzBindAddress";
const PORT: &str = "healthzPort";

const CURE: Cure = Cure {
    remedy: "listen on the loopback device only",
    to: Some("127.0.0.1"),
    breaks: &["Monitors that probe 10248 from other hosts lose it."],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    if let Ok(port) = kubelet.get(PORT)
        && port.in_force() == "0"
    {
        return Ok(kubelets::fine(kubelet, PORT, port));
    }
    let address = kubelet.get(ADDRESS)?;
    let is_near = address.in_force().parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if is_near {
        return Ok(kubelets::fine(kubelet, ADDRESS, address));
    }
    kubelet.get(PORT)?;
    Ok(say::fail(kubelets::wrong(kubelet, ADDRESS, address, &CURE)))
}
