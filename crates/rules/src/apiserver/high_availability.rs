//! The page beside this file explains the rule and tests it.

use facts::{Cluster, live, objects::Of};
use model::{Answer, Confidence, Finding, Gap, GapKind, Origin, RuleCard, Severity, Unanswered, Verdict};

use crate::{Applies, Check, Rule, manual, say};

pub(super) static RULE: Rule = Rule {
    info: RuleCard {
        id: "apiserver-high-availability",
        title: "The cluster has one API server",
        severity: Severity::Info,
        fix: None,
        page: include_str!("high_availability.md"),
    },
    component: "apiserver",
    applies: Applies::ALWAYS,
    check: Check::Asked { of: &[Of::Node], ask: check },
};

fn check(cluster: &Cluster) -> Verdict {
    let published = cluster.published.as_ref().map_err(|gap| Unanswered::Gap(gap.clone()))?;
    let Some(published) = published.as_ref().filter(|list| !list.is_empty()) else {
        return Err(Unanswered::NotApplicable("the cluster does not publish where its API is served".to_owned()));
    };
    let seen: Vec<Origin> = published.iter().map(|one| Origin::Reported(one.at.clone())).collect();
    let [only] = &published[..] else {
        let because = format!("the API is served at {} addresses", published.len());
        return Ok(Answer { seen, because, ..Answer::default() });
    };
    // Several may stand behind the one address that a service publishes.
    if let Some((name, who)) = cluster.distribution.and_then(|name| Some((name, live::service(name)?))) {
        return Err(Unanswered::Gap(Gap {
            kind: GapKind::NotCollected,
            reason: format!("{name} publishes one address, behind which it may run several servers"),
            wanted: "how many API servers there are".to_owned(),
            who_could_answer: who.to_owned(),
        }));
    }
    if let Some(gap) = manual::maybe_a_service(cluster) {
        return Err(gap.into());
    }
    Ok(say::fail(Finding {
        subject: None,
        setting: None,
        message: format!("the API is served at {} alone", only.address),
        severity: None,
        // A balancer may publish one address for several.
        confidence: Confidence::Probable,
        primary: Origin::Reported(only.at.clone()),
        because: Vec::new(),
        remedy: Some(say::remedy(
            "add control-plane nodes, or accept that an outage of this one is one of the cluster",
            &[],
            None,
        )),
    }))
}
