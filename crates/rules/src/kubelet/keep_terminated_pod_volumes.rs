//! Volumes of pods that have ended. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-keep-terminated-pod-volumes",
        title: "The kubelet leaves volumes of pods mounted that have ended",
        severity: Severity::Low,
        fix: Some(Safety::Review),
        page: include_str!("keep_terminated_pod_volumes.md"),
    },
    component: "kubelet",
    applies: Applies::until(30, "1.31 removed the flag"),
    check: Check::KubeletFlags(check),
};

const KEEP: &str = "keep-terminated-pod-volumes";

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let keep = kubelet.get(KEEP)?;
    if keep.in_force() == "false" {
        return Ok(kubelets::fine(kubelet, KEEP, keep));
    }
    let remedy = say::remedy(
        "take `--keep-terminated-pod-volumes` away",
        &["Nobody can look into the volumes of a pod any more once it has ended."],
        say::remove(KEEP, keep),
    );
    Ok(say::fail(say::wrong(KEEP, kubelets::message(kubelet, KEEP, keep), &keep.origin, remedy)))
}
