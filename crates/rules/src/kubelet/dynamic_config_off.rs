//! Configuration that the API hands to kubelets while they run. The page beside this file explains the rule and tests it.

use facts::{Cluster, kubelet::Kubelet};
use model::{Minor, RuleCard, Safety, Severity, Verdict};

use crate::{Applies, Check, Rule, kubelets, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "kubelet-dynamic-config-off",
        title: "The kubelet takes another configuration from the API while it runs",
        severity: Severity::Medium,
        fix: Some(Safety::Review),
        page: include_str!("dynamic_config_off.md"),
    },
    component: "kubelet",
    applies: Applies {
        from: Some(Minor::new(1, 8)),
        to: Some(Minor::new(1, 23)),
        because: "`--dynamic-config-dir` is in 1.8 to 1.23",
    },
    check: Check::KubeletFlags(check),
};

const FOLDER: &str = "dynamic-config-dir";

fn check(_: &Cluster, kubelet: &Kubelet) -> Verdict {
    // The gate alone, which was on by default in 1.11 to 1.21, does nothing (cmd/kubelet/app/server.go, 1.20.2).
    let folder = kubelet.get(FOLDER)?;
    if say::is_nothing(folder.in_force()) {
        return Ok(kubelets::fine(kubelet, FOLDER, folder));
    }
    let message = kubelets::message(kubelet, FOLDER, folder);
    let remedy = say::remedy(
        "take `--dynamic-config-dir` away",
        &["Nodes fall back to the file on them when they start again."],
        say::remove(FOLDER, folder),
    );
    Ok(say::fail(say::wrong(FOLDER, message, &folder.origin, remedy)))
}
