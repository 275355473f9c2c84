//! The name of the node. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Confidence, Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-hostname-override",
        title: "The kubelet is given another name than its host",
        severity: Severity::Low,
        fix: None,
        page: include_str!("hostname_override.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::KubeletFlags(check),
};

const NAME: &str = "hostname-override";

const CURE: Cure = Cure {
    remedy: "let the node have the name of its host, unless the cloud provider demands another",
    to: None,
    breaks: &[
        "Removing it can rename the node: it registers anew, its certificate no longer fits and local volumes stay bound to the old name.",
    ],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let name = kubelet.get(NAME)?;
    if say::is_nothing(name.in_force()) {
        return Ok(kubelets::fine(kubelet, NAME, name));
    }
    // Some providers know their machines by names that the hosts do not have.
    let by_provider = kubelet.get("cloud-provider").map(|provider| !say::is_nothing(provider.in_force()));
    let confidence = if by_provider == Ok(false) { Confidence::Probable } else { Confidence::Possible };
    Ok(say::fail(Finding { confidence, ..kubelets::wrong(kubelet, NAME, name, &CURE) }))
}
