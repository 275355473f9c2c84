//! Sessions that nobody uses any more. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, row, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-streaming-idle-timeout",
        title: "The kubelet never ends idle sessions",
        severity: Severity::Low,
        fix: None,
        page: include_str!("streaming_idle_timeout.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const TIMEOUT: &str = "streamingConnectionIdleTimeout";

const CURE: Cure = Cure {
    remedy: "take `--streaming-connection-idle-timeout=0` away",
    to: None,
    breaks: &["Short values cut quiet kubectl exec, attach and port-forward sessions."],
};

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let timeout = kubelet.get(TIMEOUT)?;
    // In a file zero means four hours; only the flag can switch it off, and then the kubelet lists it as zero.
    if row::seconds(timeout.in_force()).is_some_and(|seconds| seconds > 0) {
        return Ok(kubelets::fine(kubelet, TIMEOUT, timeout));
    }
    Ok(say::fail(kubelets::wrong(kubelet, TIMEOUT, timeout, &CURE)))
}
