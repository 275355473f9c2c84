//! How much containers may log. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, kubelets::Cure, row};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-container-log-limits",
        title: "Logs of containers fill the disk of the node",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("container_log_limits.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const SIZE: &str = "containerLogMaxSize";
const FILES: &str = "containerLogMaxFiles";

const SMALLER: Cure = Cure {
    remedy: "have logs rotated before they are large",
    to: Some("10Mi"),
    breaks: &["Smaller logs rotate away before an agent has read them."],
};
const MORE: Cure = Cure { to: Some("5"), ..SMALLER };

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let mut answer = kubelets::each(kubelet, &[SIZE], |text| kubelets::bytes(text).is_some_and(|size| size <= 100 << 20), &SMALLER)?;
    kubelets::add(&mut answer, kubelets::each(kubelet, &[FILES], |text| row::number(text).is_some_and(|files| files >= 2), &MORE));
    Ok(answer)
}
