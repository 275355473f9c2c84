//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Node, Of},
};
use model::{Answer, Finding, RuleCard, Severity, Unanswered, Verdict};

use super::namespaces;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-control-plane-taints",
        title: "Anything may run beside the control plane",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("control_plane_taints.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Node, Of::Pod];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] =
        ["Pods that do not tolerate it leave these nodes; with a single node nothing is scheduled any more."];
    let objects = &cluster.objects;
    let nodes: Vec<&Node> = objects.nodes.iter().filter(|node| node.is_of_the_control_plane()).collect();
    if nodes.is_empty() && objects.whole(Of::Node).is_ok() {
        return Err(Unanswered::NotApplicable("no node says that it runs the control plane".to_owned()));
    }
    let open = nodes.iter().filter(|node| !keeps_away(node)).filter_map(|node| {
        let theirs = objects.pods.iter().find(|pod| {
            let theirs = &*pod.meta.namespace == "default" || namespaces::is_somebodys(&pod.meta.namespace);
            theirs && pod.node == node.meta.name
        });
        // A node that runs nobody's pods is as good as one that keeps them away; without all pods nobody knows.
        let pod = theirs.map(|pod| format!(", and runs `{}/{}`", pod.meta.namespace, pod.meta.name))?;
        let message = format!("the control-plane node `{}` keeps no workload away{pod}", node.meta.name);
        let remedy = say::remedy("give it the taint `node-role.kubernetes.io/control-plane:NoSchedule`", &BREAKS, None);
        Some(say::object(&*node.meta.name, message, &node.meta.at, remedy))
    });
    let findings: Vec<Finding> = open.collect();
    let tainted = nodes.iter().all(|node| keeps_away(node));
    let mut gaps: Vec<_> = objects.whole(Of::Node).err().into_iter().collect();
    if !tainted {
        gaps.extend(objects.whole(Of::Pod).err());
    }
    let because = "control-plane nodes keep workloads away, or run none".to_owned();
    Ok(Answer { findings, gaps, because, ..Answer::default() })
}

fn keeps_away(node: &Node) -> bool {
    node.taints.iter().any(|taint| {
        taint.key.starts_with("node-role.kubernetes.io/") && matches!(&*taint.effect, "NoSchedule" | "NoExecute")
    })
}
