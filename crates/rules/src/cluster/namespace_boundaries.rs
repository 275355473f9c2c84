//! The page beside this file explains the rule and tests it.

use facts::{Cluster, objects::Of};
use model::{Gap, GapKind, RuleCard, Severity, Unanswered, Verdict};

use super::namespaces;
use crate::{Applies, Check, Rule, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "cluster-namespace-boundaries",
        title: "Everything shares the namespaces that come with the cluster",
        severity: Severity::Low,
        fix: None,
        page: include_str!("namespace_boundaries.md"),
    },
    component: "cluster",
    applies: Applies::ALWAYS,
    check: Check::Objects { of: OF, ask: check },
};

const OF: &[Of] = &[Of::Namespace];

fn check(cluster: &Cluster) -> Verdict {
    const BREAKS: [&str; 1] = ["What moves has another DNS name, and other policies."];
    let objects = &cluster.objects;
    objects.whole(Of::Namespace)?;
    let theirs = objects.namespaces.iter().filter(|one| namespaces::is_somebodys(&one.meta.name)).count();
    if theirs > 0 {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::Manual,
            reason: format!(
                "whether what different people own is in different ones of {theirs} namespaces only they can tell"
            ),
            wanted: "who owns which workloads".to_owned(),
            who_could_answer: "whoever gives out namespaces".to_owned(),
        }));
    }
    let Some(first) = objects.namespaces.first() else {
        return Err(Unanswered::NotApplicable("there are no namespaces at all".to_owned()));
    };
    let remedy = say::remedy("give every team and system a namespace of its own", &BREAKS, None);
    let message = "there is no namespace but those that come with the cluster";
    Ok(say::fail(say::object("namespaces", message, &first.meta.at, remedy)))
}
