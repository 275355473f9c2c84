//! Logs of the host. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-system-log-query",
        title: "The kubelet gives away the logs of its host",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("system_log_query.md"),
    },
    component: "kubelet",
    applies: Applies::from(19, "1.19 brought the field"),
    check: Check::Kubelet(check),
};

const CURE: Cure = Cure {
    remedy: "serve no logs of the host",
    to: Some("false"),
    breaks: &[
        "kubectl get --raw on node logs and support tools that use it stop working; kubectl logs is not affected.",
    ],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    kubelets::each(kubelet, &["enableSystemLogHandler", "enableSystemLogQuery"], |text| text == "false", &CURE)
}
