//! The page beside this file explains the rule and tests it.

use std::collections::BTreeMap;

use facts::{
    Cluster,
    advisories::{self, Truth},
    objects::{Of, Pod, images},
};
use model::{Confidence, Finding, Gap, GapKind, RuleCard, Severity, Unanswered, Verdict, Version};

use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-addons-patched",
        title: "An add-on has published flaws",
        severity: Severity::Medium,
        fix: None,
        page: include_str!("addons_patched.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Pod];

/// Names of images, and the add-on that is in them.
const ADD_ONS: [(&str, &str); 4] = [
    ("coredns", "coredns"),
    ("controller", "ingress-nginx"),
    ("ingress-nginx-controller", "ingress-nginx"),
    ("nginx-ingress-controller", "ingress-nginx"),
];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["An add-on that is upgraded restarts, and may read its configuration otherwise."];
    let mut running: BTreeMap<(&str, String), (&Pod, Version)> = BTreeMap::new();
    let mut unknown: BTreeMap<&str, &str> = BTreeMap::new();
    for pod in &cluster.objects.pods {
        for image in &pod.images {
            let (name, version) = images::parts(image);
            // Of ingress-nginx the last part of the name alone could be anybody's.
            let known = ADD_ONS
                .iter()
                .find(|(known, _)| *known == name && (name != "controller" || image.contains("ingress-nginx")));
            match (known, version) {
                (Some((_, add_on)), Some(version)) => {
                    running.entry((add_on, version.to_string())).or_insert((pod, version));
                }
                (Some((_, add_on)), None) => {
                    unknown.entry(add_on).or_insert(image);
                }
                (None, _) => {}
            }
        }
    }
    let wrong = running.iter().filter_map(|((add_on, named), (pod, version))| {
        let mut found = advisories::of_add_on_in(cluster, add_on, version);
        // What this cluster is exposed to comes first.
        found.sort_by_key(|(_, exposed)| *exposed != Truth::True);
        let ids: Vec<String> = found.iter().map(|(advisory, _)| advisory.id.clone()).collect();
        let shown = if ids.len() > 4 {
            format!("{} and {} more", ids.get(..3)?.join(", "), ids.len() - 3)
        } else {
            say::and(&ids)
        };
        let message = format!("{add_on} {named} has {shown}");
        let remedy = say::remedy("upgrade it", &BREAKS, None);
        // Most of them need a configuration that was not looked at, and rights that perhaps nobody has; an old release is one
        // all the same.
        let sure = found.iter().any(|(_, exposed)| *exposed == Truth::True);
        let confidence = if sure { Confidence::Certain } else { Confidence::Probable };
        let finding = say::object(format!("{add_on} {named}"), message, &pod.meta.at, remedy);
        (!ids.is_empty()).then_some(Finding { confidence, ..finding })
    });
    let findings = wrong.collect();
    let names: Vec<String> = running.keys().map(|(add_on, version)| format!("{add_on} {version}")).collect();
    let because = format!("no published flaw of {} is known to this build", say::and(&names));
    let mut answer = say::about(cluster, OF, findings, because)?;
    answer.gaps.extend(unknown.into_iter().map(|(add_on, image)| Gap {
        kind: GapKind::Version,
        reason: format!("the image `{image}` does not tell the release of {add_on}"),
        wanted: format!("the release of {add_on}"),
        who_could_answer: "whoever installed it".to_owned(),
    }));
    if running.is_empty() && answer.gaps.is_empty() {
        return Err(Unanswered::NotApplicable("no add-on was seen whose flaws this build knows".to_owned()));
    }
    Ok(answer)
}
