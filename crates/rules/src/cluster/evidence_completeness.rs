//! The page beside this file explains the rule and tests it.

use std::collections::BTreeSet;

use facts::{Cluster, objects::Of};
use model::{Answer, Body, Gap, GapKind, RuleCard, Severity, Verdict};

use crate::{Applies, Check, Rule};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-evidence-completeness",
        title: "Something was asked for and not seen",
        severity: Severity::Info,
        fix: None,
        page: include_str!("evidence_completeness.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Asked { of: &[Of::Node], ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    let mut gaps: Vec<Gap> = Vec::new();
    for piece in &cluster.evidence {
        if let Body::Unread(gap) = &piece.body {
            gaps.push(gap.clone());
        }
    }
    let judged: BTreeSet<&str> = cluster
        .apiservers
        .iter()
        .filter(|server| server.told().is_some())
        .map(|server| server.component().instance.as_str())
        .collect();
    let said = cluster.identities.iter().flatten().filter_map(|identity| identity.host.as_deref());
    let of_nodes =
        cluster.objects.nodes.iter().filter(|node| node.is_of_the_control_plane()).map(|node| &*node.meta.name);
    // Who serves says so itself where it renews a lease, and goes by the name of its host, which need not be that of its node.
    let mut there: BTreeSet<&str> = said.collect();
    if there.is_empty() {
        there.extend(of_nodes);
    }
    // Where one answered and one is there, they are the same, whatever it is called.
    if there.len() > judged.len() {
        for host in there.difference(&judged) {
            gaps.push(Gap {
                kind: GapKind::NotCollected,
                reason: format!("the API server on `{host}` was not asked itself"),
                wanted: format!("the answers of {host}"),
                who_could_answer: "a run that reaches the API server of that node".to_owned(),
            });
        }
    }
    gaps.extend(cluster.objects.whole(Of::Node).err());
    if there.is_empty() && cluster.objects.whole(Of::Node).is_ok() {
        gaps.push(Gap {
            kind: GapKind::NotCollected,
            reason: "no node and no lease tells how many API servers there are".to_owned(),
            wanted: "how many API servers there are".to_owned(),
            who_could_answer: "whoever runs the control plane".to_owned(),
        });
    }
    let because = format!("nothing that was asked for was refused, and {} API servers answered", judged.len());
    Ok(Answer { gaps, because, ..Answer::default() })
}
