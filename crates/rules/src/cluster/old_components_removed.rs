//! The page beside this file explains the rule and tests it.

use facts::{
    Cluster,
    objects::{Of, images},
};
use model::{Answer, Confidence, Finding, Gap, GapKind, Release, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-old-components-removed",
        title: "Nodes hold images of releases that were replaced",
        severity: Severity::Low,
        fix: None,
        page: include_str!("old_components_removed.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Asked { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Node];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["What was removed cannot be rolled back to without pulling it again."];
    let releases = cluster.apiservers.iter().map(|server| &server.component().release);
    let oldest = releases.map(|release| release.bounds().0).min();
    let exact = cluster.apiservers.iter().filter_map(|server| match &server.component().release {
        Release::Exactly(version) => Some(version.clone()),
        Release::Within { .. } => None,
    });
    let (Some(oldest), Some(running)) = (oldest, exact.min()) else {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Version,
            reason: "no API server says which release it is of".to_owned(),
            wanted: "--kubernetes-version".to_owned(),
            who_could_answer: "whoever runs the API server".to_owned(),
        }));
    };
    let old = cluster.objects.nodes.iter().filter_map(|node| {
        let mut held: Vec<String> = node
            .images
            .iter()
            .filter_map(|image| {
                let (component, version) = images::component(image)?;
                let version = version?;
                // Nodes follow their API server by up to three minors, which is no leftover.
                let replaced = if component == "kube-proxy" {
                    version.minor.minor + 3 < oldest.minor
                } else {
                    version.minor < running.minor
                };
                replaced.then(|| format!("{component} {version}"))
            })
            .collect();
        held.sort();
        held.dedup();
        let message = format!("`{}` holds {}, while {running} runs", node.meta.name, say::and(&held));
        let remedy = say::remedy("remove images that nothing runs from any more", &BREAKS, None);
        (!held.is_empty()).then(|| Finding {
            confidence: Confidence::Probable,
            ..say::object(&*node.meta.name, message, &node.meta.at, remedy)
        })
    });
    let findings = old.collect();
    // A kubelet tells of fifty images (`nodeStatusMaxImages`), or of none.
    let partly =
        cluster.objects.nodes.iter().filter(|node| node.images.is_empty() || node.images.len() >= 50).map(|node| Gap {
            kind: GapKind::NotCollected,
            reason: format!("`{}` does not tell of all images that it holds", node.meta.name),
            wanted: format!("the images on {}", node.meta.name),
            who_could_answer: "whoever runs `crictl images` there".to_owned(),
        });
    let gaps = cluster.objects.whole(Of::Node).err().into_iter().chain(partly).collect();
    Ok(Answer { findings, gaps, because: "no node holds an older control plane".to_owned(), ..Answer::default() })
}
