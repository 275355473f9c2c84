//! The page beside this file explains the rule and tests it.

use std::collections::BTreeSet;

use facts::{Cluster, objects::Of};
use model::{Confidence, Finding, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-runtime-threat-detection",
        title: "Nothing watches what containers do",
        severity: Severity::Low,
        fix: None,
        page: include_str!("runtime_threat_detection.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Pod, Of::Node];

/// Parts of the names of images of what watches from every node.
const SENSORS: [&str; 16] = [
    "aqua",
    "crowdstrike",
    "cyber-agent",
    "falco",
    "kubearmor",
    "lacework",
    "microsoft-defender",
    "neuvector",
    "prisma",
    "falcon-sensor",
    "stackrox",
    "sysdig",
    "tetragon",
    "tracee",
    "trendmicro",
    "twistlock",
];

fn check(cluster: &Cluster) -> Verdict {
    let objects = &cluster.objects;
    let watched: BTreeSet<&str> = objects
        .pods
        .iter()
        .filter(|pod| pod.owner.as_deref() == Some("DaemonSet") || &*pod.kind == "DaemonSet")
        .filter(|pod| pod.images.iter().any(|image| SENSORS.iter().any(|sensor| image.contains(sensor))))
        .map(|pod| &*pod.node)
        .collect();
    let blind: Vec<_> = objects.nodes.iter().filter(|node| !watched.contains(&*node.meta.name)).collect();
    let finding = blind.first().filter(|_| objects.whole(Of::Pod).is_ok()).map(|first| {
        let message = format!("no sensor that is known watches {} of {} nodes", blind.len(), objects.nodes.len());
        let remedy = say::remedy("run a sensor on every node, or the detection of the service", &[], None);
        // A service may watch from outside, and a sensor may have another name.
        Finding { confidence: Confidence::Possible, ..say::object("nodes", message, &first.meta.at, remedy) }
    });
    if objects.nodes.is_empty() && objects.whole(Of::Node).is_ok() {
        return Err(Unanswered::NotApplicable("there are no nodes".to_owned()));
    }
    say::about(cluster, OF, finding.into_iter().collect(), "a sensor watches every node")
}
