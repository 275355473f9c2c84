//! How many events the kubelet writes. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Answer, RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, row, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-event-qps",
        title: "The kubelet writes events without limit",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("event_qps.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const QPS: &str = "eventRecordQPS";

const CURE: Cure = Cure {
    remedy: "limit the events of each kubelet",
    to: Some("50"),
    breaks: &["Higher values load the API server and etcd during event storms."],
};

fn check(cluster: &Cluster, kubelet: &Kubelet) -> Verdict {
    let is_a_limit = |text: &str| row::number(text).is_some_and(|number| number >= 1);
    if kubelet.default_passes(QPS, is_a_limit) && kubelet.get(QPS).is_err() {
        let because = format!("`{QPS}` is not set, and every release then has a limit");
        return Ok(Answer { because, setting: Some(QPS.to_owned()), ..Answer::default() });
    }
    let qps = kubelet.get(QPS)?;
    let number = row::number(qps.in_force());
    if number.is_some_and(|number| number >= 1) {
        return Ok(kubelets::fine(kubelet, QPS, qps));
    }
    // Zero is no limit, which is all right where the API server sets one.
    if number == Some(0) && kubelets::run_everywhere(cluster, "EventRateLimit")? {
        let because = format!("{}, and the API server limits events", kubelets::message(kubelet, QPS, qps));
        return Ok(Answer { because, ..kubelets::fine(kubelet, QPS, qps) });
    }
    Ok(say::fail(kubelets::wrong(kubelet, QPS, qps, &CURE)))
}
