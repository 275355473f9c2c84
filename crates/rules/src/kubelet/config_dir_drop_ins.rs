//! Files that change the configuration. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, kubelets, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-config-dir-drop-ins",
        title: "Files of a folder change the configuration of the kubelet",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("config_dir_drop_ins.md"),
    },
    component: "kubelet",
    applies: Applies::from(28, "1.28 brought the folder"),
    check: Check::KubeletFlags(check),
};

const FOLDER: &str = "config-dir";

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    let folder = kubelet.get(FOLDER)?;
    if say::is_nothing(folder.in_force()) {
        return Ok(kubelets::fine(kubelet, FOLDER, folder));
    }
    // What a kubelet reports is what they come to; who may write them is for the node to say.
    Err(Unanswered::Gap(Gap {
        kind: GapKind::NotCollected,
        reason: format!("{}; who may write to that folder was not seen", kubelets::message(kubelet, FOLDER, folder)),
        wanted: folder.in_force().to_owned(),
        who_could_answer: "somebody on the node".to_owned(),
    }))
}
