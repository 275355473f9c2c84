//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{ConfigMap, Of},
};
use model::{Confidence, Finding, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-info-configmap",
        title: "What everybody may read says more than where the cluster is",
        severity: Severity::Low,
        fix: None,
        page: include_str!("info_configmap.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::ConfigMap];

fn check(cluster: &Cluster) -> Verdict {
    let open = cluster.objects.config_maps.iter().filter(|map| &*map.meta.namespace == "kube-public");
    say::about(
        cluster,
        OF,
        open.filter_map(wrong).collect(),
        "kube-public holds where the cluster is and how to know it",
    )
}

fn wrong(map: &ConfigMap) -> Option<Finding> {
    const BREAKS: [&str; 1] = ["Without cluster-info, or whoever may read it, `kubeadm join` with a token stops."];
    let name = &*map.meta.name;
    let remedy = |title: &str| say::remedy(title, &BREAKS, None);
    match name {
        "kube-root-ca.crt" => None,
        "cluster-info" => {
            if let Some(user) = map.user {
                let at = map.meta.part("/data/kubeconfig", user);
                let message = "the kubeconfig in `cluster-info` names a user";
                return Some(say::object(name, message, &at, remedy("take the user out, and replace its credentials")));
            }
            let known = |key: &str| key == "kubeconfig" || key.starts_with("jws-kubeconfig-");
            let other = map.keys.iter().find(|key| !known(&key.text))?;
            let at = map.meta.part(&format!("/data/{}", other.text), other.at);
            let message = format!("`cluster-info` also holds `{}`", other.text);
            Some(say::object(name, message, &at, remedy("keep it elsewhere")))
        }
        _ => {
            let message = format!("`{name}` is in kube-public, which anybody may be allowed to read");
            let finding = say::object(name, message, &map.meta.at, remedy("keep it elsewhere"));
            Some(Finding { confidence: Confidence::Possible, ..finding })
        }
    }
}
