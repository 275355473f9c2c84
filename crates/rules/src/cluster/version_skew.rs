//! The page beside this file explains the rule and tests it.

use std::collections::BTreeMap;

use facts::{
    Cluster,
    objects::{Of, images},
};
use model::{Answer, Finding, Gap, GapKind, Location, Minor, Release, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-version-skew",
        title: "Releases run together that are not made for it",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("version_skew.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Asked { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Node, Of::Pod];

fn check(cluster: &Cluster) -> Verdict {
    let mut servers: Vec<Minor> = Vec::new();
    for server in &cluster.apiservers {
        match &server.component().release {
            Release::Exactly(version) => servers.push(version.minor),
            Release::Within { .. } => {
                return Err(Unanswered::Gap(Gap {
                    kind: GapKind::Version,
                    reason: format!("the release of `{}` is not known", server.component().instance),
                    wanted: "--kubernetes-version".to_owned(),
                    who_could_answer: "whoever runs the API server".to_owned(),
                }));
            }
        }
    }
    let (Some(oldest), Some(newest)) = (servers.iter().min().copied(), servers.iter().max().copied()) else {
        return Err(Unanswered::NotApplicable("no API server was seen".to_owned()));
    };
    let mut findings = Vec::new();
    if newest.minor > oldest.minor + 1
        && let Some(at) = cluster.apiservers.iter().find_map(|server| server.release_at())
    {
        findings.push(finding("kube-apiserver".to_owned(), format!("API servers are of {oldest} and of {newest}"), at));
    }
    for ((component, minor), (at, count)) in others(cluster) {
        let behind = match component {
            // Version Skew Policy (kubernetes.io): three minors from 1.28 on, two before.
            "kubelet" | "kube-proxy" => {
                if oldest >= Minor::new(1, 28) {
                    3
                } else {
                    2
                }
            }
            _ => 1,
        };
        let many = if count == 1 { format!("a {component} is") } else { format!("{count} of {component} are") };
        let message = if minor > oldest {
            format!("{many} of {minor}, newer than an API server of {oldest}")
        } else if newest.minor > minor.minor + behind || newest.major != minor.major {
            format!("{many} of {minor}, more than {behind} behind an API server of {newest}")
        } else {
            continue;
        };
        findings.push(finding(format!("{component} {minor}"), message, &at));
    }
    let gaps = OF.iter().filter_map(|of| cluster.objects.whole(*of).err()).chain(untold(cluster)).collect();
    let because = format!("every release that was seen goes with API servers of {oldest}");
    Ok(Answer { findings, gaps, because, ..Answer::default() })
}

/// The releases of the other components, with a place of each and how often it runs.
fn others(cluster: &Cluster) -> BTreeMap<(&'static str, Minor), (Location, usize)> {
    let mut found: BTreeMap<(&'static str, Minor), (Location, usize)> = BTreeMap::new();
    let mut seen = |component: &'static str, minor: Minor, at: Location| {
        found.entry((component, minor)).or_insert((at, 0)).1 += 1;
    };
    for node in &cluster.objects.nodes {
        if let Some(version) = &node.kubelet {
            seen("kubelet", version.minor, node.meta.part("/status/nodeInfo/kubeletVersion", node.at));
        }
    }
    for pod in cluster.objects.pods.iter().filter(|pod| &*pod.meta.namespace == "kube-system") {
        let component = pod.images.iter().find_map(|image| images::component(image));
        if let Some((component, Some(version))) = component.filter(|(component, _)| *component != "kube-apiserver") {
            seen(component, version.minor, pod.meta.at.clone());
        }
    }
    found
}

/// Components whose image or node does not tell the release.
fn untold(cluster: &Cluster) -> Vec<Gap> {
    let nodes = cluster.objects.nodes.iter().filter(|node| node.kubelet.is_none());
    let nodes = nodes.map(|node| format!("the kubelet of {}", node.meta.name));
    let pods = cluster.objects.pods.iter().filter(|pod| &*pod.meta.namespace == "kube-system").filter(|pod| {
        let component = pod.images.iter().find_map(|image| images::component(image));
        component.is_some_and(|(component, version)| component != "kube-apiserver" && version.is_none())
    });
    let names = nodes.chain(pods.map(|pod| pod.meta.name.to_string()));
    let gap = |name: String| Gap {
        kind: GapKind::Version,
        reason: format!("the release of `{name}` is not known"),
        wanted: format!("the release of {name}"),
        who_could_answer: "whoever runs the cluster".to_owned(),
    };
    names.map(gap).collect()
}

fn finding(subject: String, message: String, at: &Location) -> Finding {
    let remedy = say::remedy("bring them together, one minor after the other and API servers first", &[], None);
    say::object(subject, message, at, remedy)
}
