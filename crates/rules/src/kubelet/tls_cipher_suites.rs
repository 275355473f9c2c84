//! The cipher suites that the kubelet agrees to. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-tls-cipher-suites",
        title: "The kubelet agrees to weak cipher suites",
        severity: Severity::Low,
        fix: None,
        page: include_str!("tls_cipher_suites.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const SUITES: &str = "tlsCipherSuites";
const LEAST: &str = "tlsMinVersion";

const CURE: Cure = Cure {
    remedy: "offer only suites with ECDHE and AEAD, or TLS 1.3 alone",
    to: None,
    breaks: &["Scrapers without these suites fail; an unknown suite name stops the kubelet."],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    // The list is about TLS 1.2, which is not spoken where 1.3 is the least.
    let least = kubelet.get(LEAST);
    if let Ok(least) = &least
        && least.in_force() == "VersionTLS13"
    {
        return Ok(kubelets::fine(kubelet, LEAST, least));
    }
    let suites = kubelet.get(SUITES)?;
    if say::are_strong_suites(suites.in_force()) {
        return Ok(kubelets::fine(kubelet, SUITES, suites));
    }
    least?;
    Ok(say::fail(kubelets::wrong(kubelet, SUITES, suites, &CURE)))
}
