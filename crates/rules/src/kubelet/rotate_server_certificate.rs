//! The gate of serving certificates. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Minor, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-rotate-server-certificate",
        title: "Kubelets may not ask for serving certificates",
        severity: Severity::Low,
        fix: None,
        page: include_str!("rotate_server_certificate.md"),
    },
    component: "kubelet",
    applies: Applies::from(7, "1.7 brought the gate"),
    check: Check::Kubelet(check),
};

const GATE: &str = "RotateKubeletServerCertificate";

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    kubelets::gate_is_on(
        kubelet,
        GATE,
        Minor::new(1, 12),
        &Cure {
            remedy: "leave the gate to its default",
            to: None,
            breaks: &[
                "With serverTLSBootstrap on, each kubelet serving request must be approved by someone: an unapproved kubelet \
                 serves no certificate, so exec, logs and metrics fail.",
            ],
        },
    )
}
