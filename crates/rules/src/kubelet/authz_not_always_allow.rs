//! Who may do what on the kubelet. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-authz-not-always-allow",
        title: "The kubelet lets every caller do everything",
        severity: Severity::High,
        fix: Some(Safety::Review),
        page: include_str!("authz_not_always_allow.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const MODE: &str = "authorization.mode";

const CURE: Cure = Cure {
    remedy: "have the kubelet ask the API server who may do what",
    to: Some("Webhook"),
    breaks: &[
        "Callers need rights on nodes subresources: without system:kubelet-api-admin for the API server exec and logs fail.",
        "Metrics agents need nodes/metrics or nodes/stats.",
    ],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let mode = kubelet.get(MODE)?;
    if mode.in_force() == "Webhook" {
        return Ok(kubelets::fine(kubelet, MODE, mode));
    }
    let mut finding = kubelets::wrong(kubelet, MODE, mode, &CURE);
    // Whom it takes for nobody is then let in like everybody.
    if let Some(strangers) = kubelets::takes_strangers(kubelet) {
        finding.severity = Some(Severity::Critical);
        finding.because.extend(say::label(&strangers.origin, "and callers without credentials are taken"));
    }
    Ok(say::fail(finding))
}
