//! Root in a container is not root. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Minor, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-user-namespaces",
        title: "Pods of the node cannot have users of their own",
        severity: Severity::Info,
        fix: None,
        page: include_str!("user_namespaces.md"),
    },
    component: "kubelet",
    applies: Applies::from(33, "1.33 turned the gate on"),
    check: Check::Kubelet(check),
};

const GATE: &str = "UserNamespacesSupport";

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    kubelets::gate_is_on(
        kubelet,
        GATE,
        Minor::new(1, 33),
        &Cure { remedy: "leave the gate to its default", to: None, breaks: &[] },
    )
}
