//! The folder of static pods. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, kubelets, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-static-pod-path",
        title: "The kubelet runs whatever lies in a folder",
        severity: Severity::Low,
        fix: None,
        page: include_str!("static_pod_path.md"),
    },
    component: "kubelet",
    applies: Applies::ALWAYS,
    check: Check::Kubelet(check),
};

const PATH: &str = "staticPodPath";

fn check(cluster: &Cluster, kubelet: &Kubelet) -> Verdict {
    let path = kubelet.get(PATH)?;
    if say::is_nothing(path.in_force()) {
        return Ok(kubelets::fine(kubelet, PATH, path));
    }
    let mut nodes = cluster.objects.nodes.iter();
    let node = nodes.find(|node| kubelet.node.as_deref() == Some(&*node.meta.name));
    if node.is_some_and(|node| node.is_of_the_control_plane()) {
        let reason = "a node of the control plane runs its components as static pods; the folder is judged by its owner and mode";
        return Err(Unanswered::NotApplicable(reason.to_owned()));
    }
    // kubeadm sets it on every node, and where the folder is empty and root's alone nothing comes of that.
    Err(Unanswered::Gap(Gap {
        kind: GapKind::NotCollected,
        reason: format!("{}; who may write to that folder and what lies in it was not seen", kubelets::message(kubelet, PATH, path)),
        wanted: path.in_force().to_owned(),
        who_could_answer: "somebody on the node".to_owned(),
    }))
}
