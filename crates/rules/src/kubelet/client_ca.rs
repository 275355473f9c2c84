//! Whose certificates the kubelet takes. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-client-ca",
        title: "The kubelet takes no client certificates",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("client_ca.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const FILE: &str = "authentication.x509.clientCAFile";

const CURE: Cure = Cure {
    remedy: "give the kubelet the authority of its callers, of the API server first of all",
    to: None,
    breaks: &["A bundle without the issuer of the API server's kubelet client certificate breaks exec and logs."],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let file = kubelet.get(FILE)?;
    if !say::is_nothing(file.in_force()) {
        return Ok(kubelets::fine(kubelet, FILE, file));
    }
    let mut finding = kubelets::wrong(kubelet, FILE, file, &CURE);
    // The API server gets in as a stranger, and so does everybody else.
    if let Some(strangers) = kubelets::takes_strangers(kubelet) {
        finding.severity = Some(Severity::High);
        finding.because.extend(say::label(&strangers.origin, "and callers without credentials are taken"));
    } else if let Some(mode) = kubelets::allows_all(kubelet) {
        finding.severity = Some(Severity::High);
        finding.because.extend(say::label(&mode.origin, "and whoever is taken may do everything"));
    }
    Ok(say::fail(finding))
}
