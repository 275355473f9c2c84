//! Rights to parts of the kubelet. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Minor, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-fine-grained-authz",
        title: "The kubelet knows no right but the one to everything",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("fine_grained_authz.md"),
    },
    component: "kubelet",
    applies: Applies::from(33, "1.33 turned the gate on"),
    check: Check::Kubelet(check),
};

const GATE: &str = "KubeletFineGrainedAuthz";

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    // Who has `nodes/proxy` all the same is for `rbac-nodes-proxy`.
    kubelets::gate_is_on(
        kubelet,
        GATE,
        Minor::new(1, 33),
        &Cure {
            remedy: "leave the gate to its default, and grant agents `nodes/metrics`, `nodes/pods` or `nodes/configz`",
            to: None,
            breaks: &["Agents lose access when nodes/proxy is taken away before the narrow subresources are granted."],
        },
    )
}
